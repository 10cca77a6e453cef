"""The yearly form under the hands of somebody who lives in Excel: arrows, and a column pasted."""

import pytest
from playwright.sync_api import expect

from reports.figures.stored import figures_of
from reports.models import Report

pytestmark = pytest.mark.browser
PASTE = """([id, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  return document.getElementById(id).dispatchEvent(event);
}"""


@pytest.fixture
def form(page_as, world):
    """The form of Tiên Sơn's report, opened by its clerk."""
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    return page


def focused(page) -> str:
    return page.evaluate("document.activeElement.id")


def test_arrows_go_from_figure_to_figure(form):
    form.locator("#i-DT01").focus()
    form.keyboard.press("ArrowDown")
    assert focused(form) == "i-DT02"
    form.keyboard.press("ArrowUp")
    form.keyboard.press("ArrowUp")
    before = form.evaluate("[...document.querySelectorAll('[data-code]')].map((e) => e.id)")
    assert focused(form) == f"i-{before[before.index('DT01') - 1]}"


def test_a_column_is_shown_before_it_goes_into_the_cells_below(form, world):
    form.locator("#i-DT02").fill("9")
    form.evaluate(PASTE, ["i-DT01", "3\r\n\r\ntrên 12\r\n"])
    box = form.get_by_role("dialog")
    expect(box.get_by_role("row", name="DT01")).to_contain_text("(trống)")
    expect(box.get_by_role("row", name="DT02")).to_contain_text("giữ nguyên")
    expect(form.locator("#i-DT01")).to_have_value("")  # nothing yet
    with form.expect_response(lambda answer: "DT03=" in (answer.request.post_data or "")):
        box.get_by_role("button", name="Điền vào biểu").click()
    expect(form.locator("#i-DT03")).to_have_value("trên 12")
    expect(form.locator("#i-DT02")).to_have_value("9")
    expect(form.locator("#DT03.saved")).to_have_count(1)
    figures = figures_of(Report.objects.get(pk=world.report.pk))
    assert (figures["DT01"].number, figures["DT03"].number) == (3, 12)


def test_rows_with_codes_go_to_their_codes(form):
    form.evaluate(PASTE, ["i-DT01", "TD05\tLượt công dân\t40\nDT03\tĐối thoại\t2"])
    form.get_by_role("button", name="Điền vào biểu").click()
    expect(form.locator("#i-TD05")).to_have_value("40")
    expect(form.locator("#i-DT03")).to_have_value("2")


def test_what_cannot_be_read_or_has_no_place_is_told(form, world):
    form.evaluate(PASTE, ["i-DT01", '"Xã\nTiên Sơn"\t1.234\nThôn\t-5\n\t\nTổ\t=1+1\n'])
    box = form.get_by_role("dialog")
    expect(box).to_contain_text("cột cuối trong 2 cột")
    with form.expect_response(lambda answer: "DT04=" in (answer.request.post_data or "")):
        box.get_by_role("button", name="Điền vào biểu").click()
    for code, typed in (("DT02", "-5"), ("DT04", "=1+1")):
        expect(form.locator(f"#i-{code}")).to_have_attribute("aria-invalid", "true")
        expect(form.locator(f"#i-{code}")).to_have_value(typed)
    expect(form.locator("#i-DT03")).to_have_value("")
    figures = figures_of(Report.objects.get(pk=world.report.pk))
    assert {code: figure.number for code, figure in figures.items()} == {"DT01": 1234}
    end = form.evaluate("[...document.querySelectorAll('[data-code] > input')].at(-1).id")
    codes = form.evaluate("[...document.querySelectorAll('[data-code]')].map((e) => `i-${e.id}`)")
    form.evaluate(PASTE, [end, "1\n" * (len(codes) - codes.index(end)) + "Cộng\n7\n"])
    expect(box).to_contain_text("Còn 2 dòng không có ô để điền: Cộng; 7.")
    form.keyboard.press("Escape")
    form.evaluate(PASTE, ["i-DT01", "TD05\t40\nDT99\t2"])
    expect(box).to_contain_text("Còn 1 dòng không có ô để điền: DT99 2.")


def test_it_can_be_left_and_one_figure_is_pasted_as_ever(form):
    form.evaluate(PASTE, ["i-DT01", "3\n4"])
    form.keyboard.press("Escape")
    expect(form.get_by_role("dialog")).to_have_count(0)
    expect(form.locator("#i-DT01")).to_have_value("")
    assert form.evaluate(PASTE, ["i-DT01", "3\n"])  # not taken over by the script


def test_slash_goes_to_the_search_of_a_list(page_as, world):
    page = page_as("huyen-349")
    for address in ("/ho-so/hoi-nghi-doi-thoai/", "/bao-cao/", "/bao-cao/xet-duyet/"):
        page.goto(address)
        page.locator("h1").click()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.name") == "q"
