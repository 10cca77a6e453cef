"""The main job from end to end: type, send, return, correct, approve, consolidate, download."""

import openpyxl
import pytest

from reports.models import Report, State

pytestmark = pytest.mark.browser

SAVED = "lưu lúc"


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
    an.get_by_text("DT07 phải bằng").wait_for()
    an.locator("[data-saved]", has_text=SAVED).wait_for()
    an.locator("[data-section=DT] [data-progress]", has_text="10/11").wait_for()
    assert an.locator("[data-computed=DT11]").inner_text() == "85,9%"

    # A broken rule stops the sending and leads to the figure.
    send(an)
    summary = an.locator(".dv-errors").first
    assert "DT07" in summary.inner_text()
    summary.get_by_role("link", name="DT07").click()
    assert an.evaluate("document.activeElement.id") == "i-DT07"
    type_in(an, "DT07", "61")
    an.locator("#DT07:not(.bad)").wait_for()
    send(an)
    assert "chỉ tiêu chưa nhập" in an.locator(".dv-errors").first.inner_text()
    an.get_by_role("button", name="Vẫn gửi").click()
    an.get_by_text("Đã gửi báo cáo").wait_for()
    assert state_of(world) == State.SUBMITTED

    # The district returns one figure.
    binh = page_as("huyen-349")
    binh.get_by_role("link", name="Xã Tiên Sơn, thị xã Duy Tiên").click()
    binh.locator("#DT06 summary").click()
    binh.get_by_label("Nhận xét DT06").fill("Năm trước 860, đề nghị xem lại")
    binh.get_by_role("button", name="Trả lại để sửa").click()
    binh.get_by_text("Đã trả lại: Xã Tiên Sơn").wait_for()

    # The clerk sees exactly that figure and corrects it.
    an.goto("/")
    an.get_by_role("link", name="DT06").click()
    assert "đề nghị xem lại" in an.locator("#DT06").inner_text()
    type_in(an, "DT06", "trên 1.100")
    an.locator("[data-saved]", has_text=SAVED).wait_for()
    send(an)
    an.get_by_role("button", name="Vẫn gửi").click()
    an.get_by_text("Đã gửi báo cáo").wait_for()

    # The district approves from the queue.
    binh.goto("/bao-cao/xet-duyet/?state=submitted")
    binh.get_by_label("Chọn Xã Tiên Sơn, thị xã Duy Tiên").check()
    binh.get_by_role("button", name="Duyệt các báo cáo đã chọn").click()
    binh.get_by_text("Đã duyệt.", exact=True).wait_for()
    assert state_of(world) == State.APPROVED

    # The province consolidates and downloads.
    chi = page_as("tinh")
    chi.get_by_role("link", name="Tổng hợp").first.click()
    row = chi.locator("tr", has=chi.get_by_text("DT06", exact=True))
    assert "trên 1.100" in row.inner_text()
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
    page.get_by_text("Đã lưu nháp.").wait_for()
    assert page.locator("[name=DT01]").input_value() == "3"
    assert state_of(world) == State.DRAFT


def test_two_tabs_of_one_clerk(page_as, world):
    first = page_as("xa-13369")
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(f"/bao-cao/{world.report.pk}/nhap/")
    type_in(first, "DT01", "3")
    first.locator("[data-saved]", has_text=SAVED).wait_for()
    second.locator("[name=DT01]").fill("5")
    save(second)
    second.get_by_text("vừa lưu").wait_for()
    assert second.locator("[name=DT01]").input_value() == "5"
    assert world.report.values.get().number == 3
    save(second)
    second.get_by_text("Đã lưu nháp.").wait_for()
    assert world.report.values.get().number == 5
