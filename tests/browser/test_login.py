"""The way in, the way out, and a session that ends while somebody types."""

import pytest
from django.contrib.sessions.models import Session

from tests import chromium
from tests.browser.conftest import fill_login

pytestmark = pytest.mark.browser


def test_login_shows_who_and_where_and_logout_ends_it(page_as):
    page = page_as("xa-13369")
    header = page.locator("header")
    assert "Xã Tiên Sơn, thị xã Duy Tiên" in header.inner_text()
    assert "Nguyễn Thị An" in header.inner_text()
    header.get_by_role("button", name="Đăng xuất").click()
    assert page.get_by_text("Đã đăng xuất.").is_visible()
    page.goto("/")
    assert "/dang-nhap/" in page.url


def test_a_wrong_password_is_answered_in_vietnamese_and_keeps_the_name(new_page, cast):
    page = new_page()
    page.goto("/dang-nhap/")
    fill_login(page, "xa-13369", "sai-mat-khau")
    assert "chưa đúng" in page.locator(".dv-errors").inner_text()
    assert page.get_by_label("Tên đăng nhập").input_value() == "xa-13369"
    assert page.get_by_label("Mật khẩu").input_value() == ""


def test_the_page_that_was_asked_for_comes_after_login(new_page, cast):
    page = new_page()
    page.goto("/doi-mat-khau/")
    fill_login(page, "xa-13369")
    page.wait_for_url("**/doi-mat-khau/")


def test_what_was_typed_survives_a_session_that_has_ended(page_as, world):
    """The whole circle: type, session ends, login, send again, saved."""
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.locator("input[name=DT01]").fill("12")
    Session.objects.all().delete()
    page.get_by_role("button", name="Lưu nháp").first.click()
    assert page.get_by_text("vẫn được giữ lại").is_visible()
    fill_login(page, "xa-13369")
    page.get_by_role("button", name="Tiếp tục gửi nội dung đã nhập").click()
    page.wait_for_url(f"**/bao-cao/{world.report.pk}/nhap/**")
    assert world.report.values.get(indicator__code="DT01").number == 12


def test_a_token_that_is_no_longer_good_does_not_lose_what_was_typed(page_as, world):
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.locator("input[name=DT01]").fill("7")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Lưu nháp").first.click()
    page.get_by_role("button", name="Tiếp tục gửi nội dung đã nhập").click()
    page.wait_for_url(f"**/bao-cao/{world.report.pk}/nhap/**")
    assert world.report.values.get(indicator__code="DT01").number == 7


@pytest.mark.parametrize("size", list(chromium.SIZES))
def test_login_and_error_pages_fit_the_window(new_page, cast, size):
    page = new_page(size)
    for path in ("/dang-nhap/", "/khong-co-trang-nay/"):
        page.goto(path)
        assert chromium.sideways(page) == 0, path


def test_the_keyboard_is_enough_to_log_in(new_page, cast):
    page = new_page()
    page.goto("/dang-nhap/")
    page.locator(
        "#id_username:focus"
    ).wait_for()  # the browser sets the focus a moment after loading
    page.keyboard.type("xa-13369")
    page.keyboard.press("Tab")
    page.keyboard.type("Danvan@2024")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "dang-nhap" not in url)
