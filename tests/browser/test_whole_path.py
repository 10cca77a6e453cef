"""The main job from end to end: type, send, return, correct, approve, consolidate, download."""

import openpyxl
import pytest
from playwright.sync_api import expect

from reports.models import Report, State

pytestmark = pytest.mark.browser

SAVED = "Đã lưu"


def type_in(page, code: str, text: str) -> None:
    """Type into a figure and leave the field, as a clerk does."""
    page.locator(f"[name='{code}']").fill(text)
    page.locator(f"[name='{code}']").blur()


def state_of(world) -> str:
    return Report.objects.get(pk=world.report.pk).state


def send(page) -> None:
    page.locator(".dv-save").get_by_role("button", name="Gửi báo cáo").click()


def test_from_the_first_figure_to_the_signed_workbook(page_as, world, tmp_path):
    an = page_as("xa-13369")
    an.get_by_role("link", name="Nhập báo cáo").click()

    # What is typed is checked and saved while typing, without a button.
    for code, text in {
        "DT01": "2",
        "DT02": "2",
        "DT03": "3",
        "DT06": "1.140",
        "DT07": "64",
    }.items():
        type_in(an, code, text)
    for code, text in {"DT08": "40", "DT09": "15", "DT10": "6", "DT04": "2", "DT05": "1"}.items():
        type_in(an, code, text)
    expect(an.get_by_text("DT07 phải bằng")).to_be_visible()
    expect(an.locator("[data-saved]")).to_contain_text(SAVED)
    expect(an.locator("[data-section=DT] [data-progress]")).to_have_text("10/11")
    expect(an.locator("[data-computed=DT11]")).to_have_text("85,9%")

    # A broken rule stops the sending and leads to the figure.
    send(an)
    summary = an.locator(".dv-errors").first
    expect(summary).to_contain_text("DT07")
    summary.get_by_role("link", name="DT07").click()
    expect(an.locator("#i-DT07")).to_be_focused()
    type_in(an, "DT07", "61")
    an.locator("#DT07:not(.bad)").wait_for()
    send(an)
    expect(an.locator(".dv-errors").first).to_contain_text("chỉ tiêu chưa nhập")
    an.get_by_role("button", name="Vẫn gửi").click()
    expect(an.get_by_text("Đã gửi báo cáo")).to_be_visible()
    assert state_of(world) == State.SUBMITTED

    # The district returns one figure.
    binh = page_as("huyen-349")
    binh.get_by_role("link", name="Xã Tiên Sơn, thị xã Duy Tiên").click()
    binh.locator("#DT06 summary").click()
    binh.get_by_label("Nhận xét DT06").fill("Năm trước 860, đề nghị xem lại")
    binh.get_by_role("button", name="Trả lại để sửa").click()
    expect(binh.get_by_text("Đã trả lại: Xã Tiên Sơn")).to_be_visible()

    # The clerk sees exactly that figure and corrects it.
    an.goto("/")
    an.get_by_role("link", name="DT06").click()
    expect(an.locator("#DT06")).to_contain_text("đề nghị xem lại")
    type_in(an, "DT06", "trên 1.100")
    send(an)
    an.get_by_role("button", name="Vẫn gửi").click()
    expect(an.get_by_text("Đã gửi báo cáo")).to_be_visible()

    # The district approves from the queue.
    binh.goto("/bao-cao/xet-duyet/?state=submitted")
    binh.get_by_label("Chọn Xã Tiên Sơn, thị xã Duy Tiên").check()
    binh.get_by_role("button", name="Duyệt các báo cáo đã chọn").click()
    expect(binh.get_by_role("heading", name="Duyệt 1 báo cáo?")).to_be_visible()
    binh.get_by_role("button", name="Duyệt 1 báo cáo").click()
    expect(binh.get_by_text("Đã duyệt 1 báo cáo (Xã Tiên Sơn")).to_be_visible()
    assert state_of(world) == State.APPROVED

    # The province consolidates and downloads.
    chi = page_as("tinh")
    chi.get_by_role("link", name="Tổng hợp").first.click()
    row = chi.locator("tr", has=chi.get_by_text("DT06", exact=True))
    expect(row).to_contain_text("trên 1.100")
    with chi.expect_download() as download:
        chi.get_by_role("link", name="Xuất Excel").click()
    file = tmp_path / "tong-hop.xlsx"
    download.value.save_as(file)
    cells = [cell for line in openpyxl.load_workbook(file).worksheets[0].values for cell in line]
    assert 1100 in cells


def save(page) -> None:
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click()


def test_the_form_works_without_a_script(browser, live_server, world, new_page):
    from tests.browser.conftest import fill_login

    page = new_page(java_script_enabled=False)
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    fill_login(page, "xa-13369")
    page.locator("[name=DT01]").fill("3")
    page.locator("[name=DT01]").press("Enter")  # Enter saves a draft, it never sends
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    expect(page.locator("[name=DT01]")).to_have_value("3")
    assert state_of(world) == State.DRAFT


def test_two_tabs_of_one_clerk(page_as, world):
    first = page_as("xa-13369")
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(f"/bao-cao/{world.report.pk}/nhap/")
    type_in(first, "DT01", "3")
    expect(first.locator("[data-saved]")).to_contain_text(SAVED)
    second.locator("[name=DT01]").fill("5")
    save(second)
    expect(second.locator(".dv-errors")).to_contain_text("người khác vừa sửa cùng chỉ tiêu")
    expect(second.get_by_text("vừa lưu")).to_be_visible()
    expect(second.locator("[name=DT01]")).to_have_value("5")
    assert world.report.values.get().number == 3
    save(second)
    expect(second.get_by_text("Đã lưu nháp.")).to_be_visible()
    assert world.report.values.get().number == 5
