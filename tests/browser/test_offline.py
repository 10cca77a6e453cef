"""Without a line: forms opened before keep working, what was entered is sent once, no figure is kept.

The line is cut for the page and its worker alike (Network.emulateNetworkConditions).
"""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect

from records.models import DialogueConference
from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import Report
from tests.browser.conftest import fill_login

pytestmark = pytest.mark.browser
SERVICE_WORKERS = "allow"
NEW = "/ho-so/hoi-nghi-doi-thoai/ghi-moi/"
KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      kept[new URL(request.url).pathname] = await (await caches.match(request)).text();
  return kept;
}"""
FIELDS = "Object.fromEntries(new FormData(document.querySelector('[data-draft]')))"
WAITS = "async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)"
NAMES = "(await caches.keys()).join()"
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"
UNSENT = "Object.keys(localStorage).filter((key) => key.startsWith('danvan.draft.')).length"


def numbers(world) -> dict:
    figures = figures_of(Report.objects.get(pk=world.report.pk))
    return {code: figure.number for code, figure in figures.items()}


def wait_for_shell(page, path: str) -> dict:
    """Open the form at `path` and wait until the worker keeps its shell; return all that it keeps."""
    page.goto(path)
    for _ in range(200):
        kept = page.evaluate(KEPT)
        if path in kept:
            return kept
        page.wait_for_timeout(50)
    raise AssertionError(f"no shell of {path}: {sorted(kept)}")


def fill_record(page, title: str) -> None:
    page.get_by_label("Ngày bắt đầu").fill("05/03/2024")
    page.get_by_label("Chủ đề").fill(title)
    page.get_by_label("Bí thư cấp ủy").check()
    page.get_by_label("Loại đối thoại").select_option("regular")
    page.get_by_label("Số người dự").fill("60")
    page.get_by_label("Số ý kiến").fill("0")


def keep_one(page, title: str) -> None:
    """Enter a record without a line."""
    page.context.set_offline(True)
    fill_record(page, title)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".dv-unsent")).to_contain_text(title)


def as_person(page, live_server, user) -> None:
    """Give the browser a session of `user`, as a login in another tab does."""
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": value, "url": live_server.url, "httpOnly": True}]
    )


def test_the_form_of_the_year_is_filled_in_without_a_line_and_sent_when_it_is_back(
    page_as, world, monkeypatch
):
    write_figures(
        world.report, {"DT03": Figure(987654)}, actor=world.cast["xa-13369"], source="form"
    )
    page, path = page_as("xa-13369"), f"/bao-cao/{world.report.pk}/nhap/"
    wait_for_shell(page, path)
    # A new version of the site takes over once no page of the older one is open.
    monkeypatch.setattr("danvan.views._digest", lambda: "next")
    page.evaluate("async () => (await navigator.serviceWorker.getRegistration()).update()")
    page.wait_for_function(f"async () => {NAMES}.includes('.next')")
    page.wait_for_function(WAITS)
    page.goto("about:blank")
    page.goto(path)
    page.wait_for_function(f"async () => {NAMES} === 'danvan.{world.cast['xa-13369'].pk}.next'")
    kept = page.evaluate(KEPT)
    assert not [name for name, text in kept.items() if "987654" in text], "a figure was kept"
    assert {name for name in kept if not name.startswith("/static/")} == {path, "/ngoai-tuyen/"}
    page.context.set_offline(True)
    page.locator("#i-DT01").fill("4")
    page.locator("#i-DT01").blur()
    expect(page.locator("#DT01")).to_contain_class("unsent")
    expect(page.locator("[data-saved]")).to_have_text("Chưa gửi 1 ô")

    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(path)  # closed and opened again: the shell, with what was typed
    expect(page.locator(".dv-offline")).to_contain_text("Không có mạng")
    expect(page.locator("#i-DT01")).to_have_value("4")
    expect(page.locator("#i-DT03")).to_have_value("")
    page.locator("#i-DT02").fill("7")
    page.locator("#i-DT03").fill("8")  # not knowing that a figure stands there
    page.goto("/bao-cao/")  # what was never kept
    expect(page.locator("h1")).to_have_text("Không có mạng")
    expect(page.locator("[data-unsent]")).to_contain_text("DT01: 4; DT02: 7; DT03: 8")
    page.locator("[data-forms]").get_by_role("link", name="Nhập báo cáo 2024").click()
    expect(page.locator("#i-DT02")).to_have_value("7")

    page.context.set_offline(False)
    expect(page.locator("[data-notice]")).to_contain_text("Chưa lưu DT03: người khác vừa sửa")
    expect(page.locator("#DT03")).to_contain_text("đã lưu: 987.654")
    for code in ("DT01", "DT02"):
        expect(page.locator(f"#{code}")).not_to_contain_class("unsent")
    assert numbers(world)["DT03"] == 987654
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click()
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    assert numbers(world) == {"DT01": 4, "DT02": 7, "DT03": 8}
    assert page.evaluate(UNSENT) == 0


def test_records_wait_for_the_line_and_are_stored_once_each(page_as, world):
    page = page_as("xa-13369")
    wait_for_shell(page, NEW)
    page.context.set_offline(True)
    fill_record(page, "Môi trường")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".dv-unsent")).to_contain_text("Môi trường")
    expect(page.get_by_label("Chủ đề")).to_have_value("")
    page.goto(NEW)
    expect(page.locator(".dv-offline")).to_be_visible()
    fill_record(page, "Đất đai")
    page.get_by_label("Số người dự").fill("sáu mươi")  # the server will not take it
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".dv-unsent")).to_contain_text("Chưa gửi (2)")
    assert not DialogueConference.objects.exists()

    page.context.set_offline(False)
    expect(page.locator(".dv-sent")).to_contain_text("Đã lưu hội nghị đối thoại “Môi trường”")
    expect(page.locator(".dv-unsent")).to_contain_text("Số người dự")
    assert DialogueConference.objects.get().title == "Môi trường"
    page.get_by_role("link", name="Mở để sửa").click()
    expect(page.get_by_label("Chủ đề")).to_have_value("Đất đai")
    page.get_by_label("Số người dự").fill("60")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".alert-success")).to_contain_text("Đất đai")
    assert DialogueConference.objects.count() == 2
    assert page.evaluate(UNSENT) == 0

    # The browser does not know that the line is down, and the post had arrived when it broke.
    page.goto(NEW)
    fill_record(page, "Nước sạch")
    client = Client()
    client.force_login(world.cast["xa-13369"])
    assert client.post(NEW, page.evaluate(FIELDS)).status_code == 302
    page.evaluate("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true })")
    page.context.set_offline(True)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".dv-offline")).to_be_visible()
    expect(page.locator(".dv-unsent")).to_contain_text("Nước sạch")
    page.context.set_offline(False)
    expect(page.locator(".dv-sent")).to_contain_text("không lưu lần thứ hai")
    assert DialogueConference.objects.count() == 3
    assert page.evaluate(UNSENT) == 0


def test_the_same_person_sends_it_after_a_login_another_neither_sends_nor_finds_it(
    page_as, new_page, live_server, world
):
    page = page_as("xa-13369")
    wait_for_shell(page, NEW)
    keep_one(page, "Môi trường")
    Session.objects.all().delete()
    page.context.set_offline(False)
    expect(page.locator(".dv-unsent")).to_contain_text("đăng nhập lại để gửi")
    page.goto(NEW)
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible()
    page.wait_for_function(f"async () => {NAMES} === ''")
    fill_login(page, "xa-13369")
    expect(page.locator(".dv-sent")).to_contain_text("Môi trường")
    assert DialogueConference.objects.get().created_by == world.cast["xa-13369"]

    wait_for_shell(page, NEW)
    keep_one(page, "Của An")
    as_person(page, live_server, world.cast["huyen-349"])
    page.context.set_offline(False)
    # The page of An is still open: it sends nothing once the browser is another's.
    expect(page.locator(".dv-unsent")).to_contain_text("đăng nhập lại để gửi")
    page.goto(NEW)
    expect(page.locator(".dv-unsent")).to_have_count(0)
    assert page.evaluate(UNSENT) == 0
    page.wait_for_function(f"async () => !{NAMES}.includes('.{world.cast['xa-13369'].pk}.')")

    wait_for_shell(page, NEW)
    keep_one(page, "Của Bình")
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator(".dv-sent")).to_contain_text("chưa đăng xuất được")
    # The line is back, the server takes nothing yet: the logout asks first.
    new_page.expected.append("503: ")
    page.route("**/ghi-moi/", lambda route: route.fulfill(status=503, json={"error": "busy"}))
    page.context.set_offline(False)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible()
    assert page.evaluate(UNSENT) == 0
    assert page.evaluate(f"async () => {NAMES}") == ""
    assert page.evaluate(WORKERS) == 0
    assert DialogueConference.objects.count() == 1
