"""What is typed into a form stays in the browser until it is saved, for the person who typed it alone."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from records.models import DialogueConference
from reports.models import Remark, Report, State

pytestmark = pytest.mark.browser
NEW = "/ho-so/hoi-nghi-doi-thoai/ghi-moi/"
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('danvan.draft.')).length"


def wait_kept(page) -> None:
    """Wait until the script has kept one draft, a moment after the typing."""
    for _ in range(100):
        if page.evaluate(KEPT) == 1:
            return
        page.wait_for_timeout(100)
    raise AssertionError("no draft was kept")


def leave(page, address: str) -> None:
    """Go somewhere else although the page warns."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(address)


def type_record(page, title: str) -> None:
    page.goto(NEW)
    page.get_by_label("Ngày bắt đầu").fill("05/03/2024")
    page.get_by_label("Chủ đề").fill(title)
    page.get_by_label("Bí thư cấp ủy").check()
    wait_kept(page)


def test_a_record_comes_back_whole_when_asked_for_and_goes_when_saved(page_as, world):
    an = page_as("xa-13369")
    type_record(an, "Môi trường")
    leave(an, "/")
    an.goto(NEW)
    expect(an.locator(".dv-draft")).to_contain_text("Có bản nháp chưa lưu lúc")
    expect(an.get_by_label("Chủ đề")).to_have_value("")  # nothing comes unasked
    an.get_by_role("button", name="Dùng bản nháp").click()
    expect(an.get_by_label("Chủ đề")).to_have_value("Môi trường")
    expect(an.get_by_label("Bí thư cấp ủy")).to_be_checked()
    expect(an.locator(".dv-draft")).to_have_count(0)
    an.get_by_label("Loại đối thoại").select_option("regular")
    an.get_by_label("Số người dự").fill("60")
    an.get_by_label("Số ý kiến").fill("0")
    an.get_by_role("button", name="Lưu", exact=True).click()
    expect(an.locator(".alert-success")).to_be_visible()
    assert DialogueConference.objects.get().title == "Môi trường"
    assert an.evaluate(KEPT) == 0
    an.goto(NEW)
    expect(an.get_by_label("Chủ đề")).to_have_value("")
    expect(an.locator(".dv-draft")).to_have_count(0)


def test_a_refused_form_is_still_a_draft_and_a_thrown_away_one_is_none(page_as, world):
    an = page_as("xa-13369")
    type_record(an, "Đất đai")
    an.get_by_role("button", name="Lưu", exact=True).click()
    expect(an.locator(".dv-errors")).to_be_visible()
    an.goto("/")
    an.goto(NEW)
    an.get_by_role("button", name="Bỏ bản nháp").click()
    assert an.evaluate(KEPT) == 0
    an.goto(NEW)
    expect(an.locator(".dv-draft")).to_have_count(0)


def test_leaving_warns_only_while_something_is_unsaved(page_as, world):
    an = page_as("xa-13369")
    asked = []
    an.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    an.goto(NEW)
    an.goto("/")
    assert asked == []
    type_record(an, "Môi trường")
    an.goto("/")
    assert asked == ["beforeunload"]


def test_nobody_elses_draft_is_shown_and_logging_out_wipes(page_as, live_server, cast, world):
    an = page_as("xa-13369")
    type_record(an, "Của An")
    client = Client()
    client.force_login(cast["huyen-349"])
    session = client.cookies["sessionid"].value
    an.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url, "httpOnly": True}]
    )
    leave(an, NEW)
    expect(an.get_by_label("Chủ đề")).to_have_value("")
    expect(an.locator(".dv-draft")).to_have_count(0)
    assert an.evaluate(KEPT) == 0
    an.get_by_label("Chủ đề").fill("Của Bình")
    wait_kept(an)
    an.once("dialog", lambda dialog: dialog.accept())
    an.get_by_role("button", name="Đăng xuất").click()
    expect(an.get_by_label("Tên đăng nhập")).to_be_visible()
    assert an.evaluate(KEPT) == 0


def test_remarks_come_back_at_their_figures(page_as, world):
    Report.objects.filter(pk=world.report.pk).update(state=State.SUBMITTED)
    binh = page_as("huyen-349")
    address = f"/bao-cao/{world.report.pk}/"
    binh.goto(address)
    binh.locator("#DT03 summary").click()
    binh.locator("[name=remark-DT03]").fill("Xem lại số hội nghị")
    wait_kept(binh)
    leave(binh, "/")
    binh.goto(address)
    expect(binh.locator("[name=remark-DT03]")).to_have_value("")
    binh.get_by_role("button", name="Dùng bản nháp").click()
    expect(binh.locator("[name=remark-DT03]")).to_be_visible()
    binh.get_by_role("button", name="Lưu nhận xét, chưa trả lại").click()
    expect(binh.locator(".alert-success")).to_be_visible()
    assert Remark.objects.get().text == "Xem lại số hội nghị"
    assert binh.evaluate(KEPT) == 0


def test_the_other_forms_keep_theirs_too(page_as, world):
    """Extension, period and catalogue: each under its own address."""
    chi = page_as("tinh")
    row = world.period.catalogue.sections.first()
    for address, field in (
        (f"/bao-cao/{world.report.pk}/gia-han/", "reason"),
        ("/bao-cao/ky/mo/", "end"),
        (f"/bao-cao/danh-muc/{world.period.year}/muc/{row.pk}/", "label"),
    ):
        chi.goto(address)
        before = chi.locator(f"[name={field}]").input_value()
        chi.locator(f"[name={field}]").fill("31/12/2024")
        wait_kept(chi)
        leave(chi, address)
        expect(chi.locator(f"[name={field}]")).to_have_value(before)
        chi.get_by_role("button", name="Dùng bản nháp").click()
        expect(chi.locator(f"[name={field}]")).to_have_value("31/12/2024")
        leave(chi, address)
        chi.get_by_role("button", name="Bỏ bản nháp").click()
