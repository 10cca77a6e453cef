"""What every page has, and how much of it goes over a weak line."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.test import Client, RequestFactory, TestCase, override_settings
from django.urls import reverse

from danvan import views
from danvan.navigation import MENU
from reports.workflow.periods import open_period
from tests.cast import build_cast

FIRST_VISIT, LATER_PAGE = 60 * 1024, 15 * 1024
STATIC_OF_EVERY_PAGE = (
    *("vendor/bootstrap/bootstrap.min.css", "danvan.css", "favicon.svg"),
    *("session.js", "forms.js", "drafts.js"),
)


def compressed(text: bytes) -> int:
    return len(gzip.compress(text))


class FrameTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def setUp(self):
        self.client.force_login(self.cast["xa-13369"])

    def test_header_says_who_where_and_the_way_out(self):
        page = self.client.get("/doi-mat-khau/")
        self.assertContains(page, "Xã Tiên Sơn, thị xã Duy Tiên")
        self.assertContains(page, "Nguyễn Thị An")
        self.assertContains(
            page, f'<form method="post" action="{reverse("accounts:logout")}" data-logout>'
        )
        self.assertContains(page, 'href="#main"')
        self.assertContains(page, '<html lang="vi">')

    def test_header_names_the_office_as_it_was_called_in_the_year_worked_on(self):
        self.client.force_login(self.cast["huyen-349"])
        for year, office in ((2024, "Ban Dân vận"), (2025, "Ban Tuyên giáo và Dân vận")):
            open_period(year, actor=None)
            page = self.client.get("/doi-mat-khau/")
            self.assertContains(page, f"<b>{office} Thị ủy Duy Tiên</b>", html=True)

    def test_a_browser_that_asks_for_the_old_icon_is_shown_the_way(self):
        answer = Client().get("/favicon.ico")
        self.assertRedirects(answer, static("favicon.svg"), fetch_redirect_response=False)

    def test_a_superuser_without_a_unit_has_a_page_too(self):
        self.client.force_login(self.cast["quantri"])
        page = self.client.get("/doi-mat-khau/")
        for entry in MENU:
            self.assertContains(page, f'href="{reverse(entry.url_name)}"')

    def test_the_menu_marks_where_i_am(self):
        self.assertContains(self.client.get("/"), 'href="/" aria-current="page"')

    def test_names_cannot_break_the_page(self):
        self.cast["xa-13369"].full_name = "<script>alert(1)</script>"
        self.cast["xa-13369"].save()
        page = self.client.get("/doi-mat-khau/")
        self.assertNotContains(page, "<script>alert")
        self.assertContains(page, "&lt;script&gt;alert")

    def test_no_page_names_another_host_or_is_cached(self):
        page = self.client.get("/")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertIn("default-src 'none'", page["Content-Security-Policy"])
        self.assertNotIn("unsafe", page["Content-Security-Policy"])

    def test_weight(self):
        """First visit at most 60 KB compressed with styles and scripts, later pages at most 15 KB."""
        page = compressed(self.client.get("/").content)
        static = sum(
            compressed((Path(settings.BASE_DIR) / "static" / name).read_bytes())
            for name in STATIC_OF_EVERY_PAGE
        )
        self.assertLessEqual(page, LATER_PAGE)
        self.assertLessEqual(page + static, FIRST_VISIT)

    def test_pages_are_sent_compressed(self):
        page = self.client.get("/", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(page["Content-Encoding"], "gzip")


class ErrorPageTest(TestCase):
    def test_unknown_address_quotes_the_request(self):
        answer = Client().get("/khong-co/")
        self.assertContains(answer, "Không tìm thấy trang", status_code=404)
        self.assertContains(answer, answer["X-Request-ID"], status_code=404)

    def test_forbidden_says_why_in_its_own_words(self):
        cast = build_cast()
        self.client.force_login(cast["xa-13369"])
        answer = self.client.get("/quan-tri/")
        self.assertContains(answer, "chỉ dành cho quản trị viên", status_code=403)

    def test_a_host_that_is_not_ours_is_a_bad_request(self):
        answer = Client().get("/dang-nhap/", headers={"host": "evil.example"})
        self.assertContains(answer, "Yêu cầu chưa đọc được", status_code=400)

    def test_a_post_without_a_token_is_answered_in_vietnamese(self):
        answer = Client(enforce_csrf_checks=True).post("/dang-nhap/", {"username": "x"})
        self.assertContains(answer, "Trang đã mở quá lâu", status_code=403)

    def test_a_post_without_a_token_and_without_login_keeps_what_was_typed(self):
        own = {"origin": "http://testserver"}  # what another site sends is not carried on
        answer = Client(enforce_csrf_checks=True, headers=own).post(
            "/doi-mat-khau/", "ghi-chu=xin+ch%C3%A0o", "application/x-www-form-urlencoded"
        )
        self.assertContains(answer, "vẫn được giữ lại", status_code=403)
        self.assertContains(answer, "xin+ch%C3%A0o", status_code=403)


def broken(*args, **kwargs):
    raise DatabaseError("gone")


def test_our_fault_is_told_without_a_database():
    """No mark: a query would raise. The id is the one in the log."""
    request = RequestFactory().get("/")
    request.id = "5ca1ab1e"
    with connection.execute_wrapper(broken):
        answer = views.server_error(request)
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "Hệ thống gặp lỗi" in text
    assert "5ca1ab1e" in text


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.test_pages")
def test_an_exception_in_a_view_gives_that_page():
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "csrf"])
def test_error_pages_render_with_an_empty_context(name):
    assert "</html>" in render_to_string(f"errors/{name}.html")


def _failing_view(request):
    raise RuntimeError("broken on purpose")


_failing_view.login_required = False


def _urls():
    from django.urls import path

    return [path("", _failing_view, name="home")]


urlpatterns = _urls()
handler500 = views.server_error
