"""The way in, the way out, and a session that ends while somebody types."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests import chromium
from tests.browser.conftest import fill_login

pytestmark = pytest.mark.browser


OUTSIDE = re.compile("/dang-nhap/")


def test_login_shows_who_and_where_and_logout_ends_it(new_page, cast):
    page = new_page()
    page.goto("/dang-nhap/")
    fill_login(page, "xa-13369")
    header = page.locator("header")
    expect(header).to_contain_text("Xã Tiên Sơn, thị xã Duy Tiên")
    expect(header).to_contain_text("Nguyễn Thị An")
    header.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_text("Đã đăng xuất.")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(OUTSIDE)


def test_a_wrong_password_is_answered_in_vietnamese_and_keeps_the_name(new_page, cast):
    page = new_page()
    page.goto("/dang-nhap/")
    fill_login(page, "xa-13369", "sai-mat-khau")
    expect(page.locator(".dv-errors")).to_contain_text("chưa đúng")
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("xa-13369")
    expect(page.get_by_label("Mật khẩu")).to_have_value("")


def test_the_page_that_was_asked_for_comes_after_login(new_page, cast):
    page = new_page()
    page.goto("/doi-mat-khau/")
    expect(page).to_have_url(OUTSIDE)
    fill_login(page, "xa-13369")
    page.wait_for_url(lambda url: url.endswith("/doi-mat-khau/") and not OUTSIDE.search(url))


def test_what_was_typed_survives_a_session_that_has_ended(page_as, world):
    """The whole circle: type, session ends, login, send again, saved."""
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.locator("input[name=DT01]").fill("12")
    Session.objects.all().delete()
    page.get_by_role("button", name="Lưu nháp").first.click()
    expect(page.get_by_text("vẫn được giữ lại")).to_be_visible()
    fill_login(page, "xa-13369")
    page.get_by_role("button", name="Tiếp tục gửi nội dung đã nhập").click()
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    assert world.report.values.get(indicator__code="DT01").number == 12


def test_a_token_that_is_no_longer_good_does_not_lose_what_was_typed(page_as, world):
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.locator("input[name=DT01]").fill("7")
    # Of the form, not the cookie: an answer that is still under way would set that one again.
    token = page.locator("form[data-entry] input[name=csrfmiddlewaretoken]")
    token.evaluate("field => field.value = 'x'.repeat(64)")
    page.get_by_role("button", name="Lưu nháp").first.click()
    page.get_by_role("button", name="Tiếp tục gửi nội dung đã nhập").click()
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
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
    # The browser sets the focus a moment after loading.
    expect(page.locator("#id_username")).to_be_focused()
    page.keyboard.type("xa-13369")
    page.keyboard.press("Tab")
    page.keyboard.type("Danvan@2024")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "dang-nhap" not in url)
