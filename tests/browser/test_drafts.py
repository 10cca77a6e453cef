"""What is typed into a form stays in the browser until it is saved, for the person who typed it alone."""

from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from danvan.accounts.login.views import LogoutView
from records.models import DialogueConference
from reports.models import Remark, Report, State
from tests.browser.test_offline import fill_record

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
    fill_record(an, "Môi trường")
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


def test_two_tabs_of_a_form_keep_two_drafts_and_saving_one_leaves_the_other(page_as, world):
    an = page_as("xa-13369")
    type_record(an, "Môi trường")
    other = an.context.new_page()
    other.goto(NEW)
    expect(other.locator(".dv-draft")).to_contain_text("“Môi trường”")
    fill_record(other, "Đất đai")
    other.get_by_role("button", name="Lưu", exact=True).click()
    expect(other.locator(".alert-success")).to_be_visible()
    # A notice of the other tab is no sign that this one was stored.
    other.goto(NEW)
    other.get_by_role("button", name="Dùng bản nháp").click()
    expect(other.get_by_label("Chủ đề")).to_have_value("Môi trường")
    assert other.evaluate(KEPT) == 1


def test_a_logout_that_fails_wipes_nothing(page_as, new_page, world, monkeypatch):
    an = page_as("xa-13369")
    type_record(an, "Môi trường")
    new_page.expected.append("503: ")
    with monkeypatch.context() as patch:
        patch.setattr(LogoutView, "post", mock.Mock(side_effect=OperationalError("locked")))
        an.once("dialog", lambda dialog: dialog.accept())
        an.get_by_role("button", name="Đăng xuất").click()
        expect(an.get_by_role("heading", name="Chưa thực hiện được")).to_be_visible()
    an.goto(NEW)
    expect(an.locator(".dv-draft")).to_contain_text("“Môi trường”")


def test_a_page_that_shows_half_of_a_form_does_not_take_half_of_a_draft(page_as, world):
    Report.objects.filter(pk=world.report.pk).update(state=State.SUBMITTED)
    binh, address = page_as("huyen-349"), f"/bao-cao/{world.report.pk}/"
    binh.goto(address)
    for code in ("DT03", "TD05"):
        binh.locator(f"#{code} summary").click()
        binh.locator(f"[name=remark-{code}]").fill(f"Xem lại {code}")
    while "Xem lại TD05" not in binh.evaluate("Object.values(localStorage).join()"):
        binh.wait_for_timeout(100)
    leave(binh, f"{address}?q=DT03")
    expect(binh.get_by_role("button", name="Dùng bản nháp")).to_have_count(0)
    binh.get_by_role("link", name="Mở trang đầy đủ để dùng").click()
    binh.get_by_role("button", name="Dùng bản nháp").click()
    for code in ("DT03", "TD05"):
        expect(binh.locator(f"[name=remark-{code}]")).to_have_value(f"Xem lại {code}")
    # Refused at an address of its own, then taken: it is not offered once more.
    Report.objects.filter(pk=world.report.pk).update(version=9)
    binh.get_by_role("button", name="Trả lại để sửa").click()
    expect(binh.locator(".alert-danger")).to_be_visible()
    expect(binh.locator("[name=remark-TD05]")).to_have_value("Xem lại TD05")
    binh.get_by_role("button", name="Trả lại để sửa").click()
    expect(binh.locator(".alert-success")).to_be_visible()
    assert binh.evaluate(KEPT) == 0


def test_a_form_tried_out_is_still_a_draft_and_steps_without_a_message_are_saved(page_as, world):
    chi = page_as("tinh")
    row = world.period.catalogue.indicators.get(code="DT03")
    address = f"/bao-cao/danh-muc/{world.period.year}/chi-tieu/{row.pk}/"
    chi.goto(address)
    label = chi.locator("[name=label]")
    label.fill("Số cuộc đối thoại")
    chi.get_by_role("button", name="Thử trên số liệu năm trước").click()
    expect(chi.locator("[data-posted]")).to_have_count(1)
    expect(label).to_have_value("Số cuộc đối thoại")
    leave(chi, address)
    chi.get_by_role("button", name="Dùng bản nháp").click()
    expect(label).to_have_value("Số cuộc đối thoại")
    chi.get_by_role("button", name="Lưu", exact=True).click()
    expect(chi.locator(".alert-success")).to_be_visible()
    assert chi.evaluate(KEPT) == 0

    chi.goto(reverse("restructuring:new"))
    for name, text in (("number", "1/NQ"), ("issued_on", "1/6/2026"), ("day", "1/7/2026")):
        chi.locator(f"[name={name}]").fill(text)
    wait_kept(chi)
    chi.get_by_role("button", name="Lưu, sang bước tiếp").click()
    expect(chi.locator("h1")).to_contain_text("đơn vị mới")
    assert chi.evaluate(KEPT) == 0
    chi.locator("[name=u-0-name]").fill("Mới")
    wait_kept(chi)
    leave(chi, chi.url)
    chi.get_by_role("button", name="Dùng bản nháp").click()
    expect(chi.locator("[name=u-0-name]")).to_have_value("Mới")


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
