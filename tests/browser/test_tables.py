"""The tables of figures as people see them: how much of one is in sight, what sticks, folds and is found."""

import re

import pytest
from playwright.sync_api import expect

from danvan.accounts.models import User
from reports.models import Indicator, Report, State, Value
from tests import chromium
from tests.browser.conftest import fill_login

pytestmark = pytest.mark.browser

LINES = ".dv-figures:not(.dv-units) tr:not(.section):not(thead tr), .entry"
# How many lines stand wholly in the window, above what sticks to its lower edge.
IN_SIGHT = """lines => {
    const bar = document.querySelector(".dv-save");
    const end = Math.min(innerHeight, bar ? bar.getBoundingClientRect().top : innerHeight);
    return [...document.querySelectorAll(lines)].filter(line => {
        const box = line.getBoundingClientRect();
        return box.height && box.top >= 0 && box.bottom <= end;
    }).length;
}"""
# Boxes within the page that scroll upright on their own.
BOXES = """() => [...document.querySelectorAll("main *")].filter(
    e => e.checkVisibility() && ["auto", "scroll"].includes(getComputedStyle(e).overflowY)
        && e.scrollHeight > e.clientHeight + 1).map(e => e.className)"""

# The room of the narrowest name of a figure, in pixels.
NARROWEST = """() => Math.min(...[...document.querySelectorAll(".dv-figures tbody th[scope=row]")]
    .map(name => name.getBoundingClientRect().width).filter(Boolean))"""

IN_PRINT = """() => [...document.querySelectorAll(".dv-figures tbody tr")].filter(
    line => line.getBoundingClientRect().height > 0).length"""


@pytest.fixture
def filled(world):
    """The year with approved figures of every indicator in Duy Tiên and its communes, one of them waiting."""
    reports = Report.objects.filter(period=world.period, unit__code__in=["35", "349", "13369"])
    for report in reports:
        # Above the commune the columns are as wide as in life; its own figures break no rule.
        number = 0 if report.unit.code == "13369" else 123456
        rows = Indicator.objects.filter(catalogue=world.period.catalogue_id)
        Value.objects.bulk_create(
            Value(report=report, indicator=row, number=number)
            for row in rows
            if row.entered_by(report.level) and row.is_number
        )
    reports.update(state=State.APPROVED)
    return world


def pages(world) -> list[tuple[str, str, int]]:
    """Return (account, address, least number of lines in sight on a desktop)."""
    report = f"/bao-cao/{world.report.pk}/"
    return [
        ("tinh", "/bao-cao/tong-hop/", 18),
        ("lanhdao", "/bao-cao/tong-hop/", 18),
        ("huyen-349", "/bao-cao/tong-hop/", 18),
        ("xa-13369", "/bao-cao/tong-hop/", 18),
        ("xa-13369", report, 16),
        ("huyen-349", report, 16),
        ("xa-13369", f"{report}nhap/", 16),
    ]


def open_if_typed(address: str, world) -> None:
    """Make the report a draft before its form is opened; until then its figures count."""
    if address.endswith("/nhap/"):
        Report.objects.filter(pk=world.report.pk).update(state=State.DRAFT)


def test_as_many_lines_as_the_eye_can_compare(page_as, filled):
    few = {}
    for account, address, least in pages(filled):
        open_if_typed(address, filled)
        page = page_as(account)
        page.goto(address)
        if (seen := page.evaluate(IN_SIGHT, LINES)) < least:
            few[account, address] = seen
        assert page.evaluate(BOXES) == [], address
        page.context.close()
    assert few == {}


def test_the_reviewer_sees_as_many_with_the_buttons_in_sight(page_as, filled):
    Report.objects.filter(pk=filled.report.pk).update(state=State.SUBMITTED)
    page = page_as("huyen-349")
    page.goto(f"/bao-cao/{filled.report.pk}/")
    expect(page.get_by_role("button", name="Trả lại để sửa")).to_be_in_viewport()
    assert page.evaluate(IN_SIGHT, LINES) >= 16


def test_on_a_phone_a_figure_stands_beside_its_name_and_nothing_beside_the_window(page_as, filled):
    by_unit = ("tinh", "/bao-cao/tong-hop/?view=units", 0)
    for account, address, _least in [by_unit, *pages(filled)]:
        open_if_typed(address, filled)
        page = page_as(account, "phone")
        page.goto(address)
        assert chromium.sideways(page) == 0, address
        beside = page.evaluate(
            """() => {
                const line = [...document.querySelectorAll(
                    ".dv-figures tbody tr:not(.section), .entry")].find(e => e.querySelector("a, input"));
                const name = line.querySelector("th, label").getBoundingClientRect();
                const figure = line.querySelector(".total, .shown, input").getBoundingClientRect();
                return figure.right <= innerWidth && figure.right > innerWidth / 2 && name.left < 100;
            }"""
        )
        assert beside, address
        page.context.close()


def test_names_are_readable_at_every_width_and_in_both_densities(page_as, filled):
    page = page_as("tinh")
    for text, address in (
        ("Giãn dòng", "/bao-cao/tong-hop/"),
        ("Thu gọn dòng", f"/bao-cao/{filled.report.pk}/"),
        ("Giãn dòng", f"/bao-cao/{filled.report.pk}/"),
        ("Thu gọn dòng", "/bao-cao/tong-hop/"),
    ):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(address)
        expect(page.get_by_role("button", name=text)).to_be_visible()
        for width in (390, 500, 577, 700, 895, 896, 991, 992, 1008, 1100, 1215, 1216, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            assert page.evaluate(NARROWEST) >= 150, (address, text, width)
            assert chromium.sideways(page) == 0, (address, text, width)
        page.set_viewport_size({"width": 1366, "height": 768})
        page.get_by_role("button", name=text).click()


def test_head_and_units_stay_while_the_page_scrolls(page_as, filled):
    page = page_as("tinh")
    page.goto("/bao-cao/tong-hop/")
    page.mouse.wheel(0, 1500)
    page.wait_for_function("scrollY > 1000")
    assert page.locator(".dv-figures thead th").first.bounding_box()["y"] == 0
    for address in ("/bao-cao/", f"/bao-cao/danh-muc/{filled.period.year}/"):
        page.goto(address)
        assert page.evaluate(BOXES) == [], address
        page.evaluate("scrollTo(0, 900)")
        assert page.locator(".dv-table thead th").first.bounding_box()["y"] == 0, address
    page.goto("/bao-cao/tong-hop/?view=units&section=GS")
    page.set_viewport_size({"width": 900, "height": 700})
    page.evaluate("scrollTo(400, 900)")
    first = page.locator(".dv-units tbody th").nth(12).bounding_box()
    assert first["x"] == 0, "the name of the unit stays at the edge"
    assert page.locator(".dv-units thead th").first.bounding_box()["y"] == 0


def test_sections_fold_without_a_script(new_page, filled):
    page = new_page(java_script_enabled=False)
    page.goto("/bao-cao/tong-hop/")
    fill_login(page, "tinh")
    row, other = (
        page.get_by_role("row", name=name)
        for name in ("Số văn bản lãnh đạo, chỉ đạo", "Số vấn đề phát sinh được phát hiện")
    )
    page.locator("#QT .dv-fold").check()
    expect(row).to_be_hidden()
    expect(other).to_be_visible()
    page.locator(".dv-fold-all").check()
    expect(other).to_be_hidden()
    page.get_by_role("navigation", name="Các mục").get_by_role("link", name="Nắm tình hình").click()
    expect(other).to_be_visible()


def test_a_figure_is_found_without_a_script(new_page, filled):
    page = new_page(java_script_enabled=False)
    page.goto("/bao-cao/tong-hop/?last=2024")
    fill_login(page, "tinh")
    page.get_by_role("searchbox").fill("doi thoai dinh ky")
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator(".dv-figures tbody tr:not(.section)")).to_have_count(1)
    expect(page.get_by_role("cell", name="DT04")).to_be_visible()
    page.get_by_role("link", name="Hiện tất cả").click()
    expect(page.get_by_role("cell", name="QT01")).to_be_visible()


def test_in_the_form_finding_and_the_density_lose_nothing_typed(new_page, filled):
    Report.objects.filter(pk=filled.report.pk).update(state=State.DRAFT)
    page = new_page(java_script_enabled=False)
    page.goto(f"/bao-cao/{filled.report.pk}/nhap/")
    fill_login(page, "xa-13369")
    page.locator("[name=QT01]").fill("77")
    page.get_by_role("searchbox").fill("DT06")
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator(".entry")).to_have_count(1)
    page.locator("[name=DT06]").fill("66")
    page.get_by_role("button", name="Hiện tất cả").click()
    expect(page.locator("[name=DT06]")).to_have_value("66")
    expect(page.locator("[name=QT01]")).to_have_value("77")
    page.locator("[name=QT01]").fill("78")
    page.get_by_role("button", name="Giãn dòng").click()
    expect(page.locator("[name=QT01]")).to_have_value("78")
    expect(page.get_by_role("button", name="Thu gọn dòng")).to_be_visible()


def test_a_script_jumps_to_the_figure_even_into_a_folded_section(page_as, filled):
    page = page_as("tinh")
    page.goto("/bao-cao/tong-hop/")
    page.locator(".dv-fold-all").check()
    page.keyboard.press("/")
    page.keyboard.type("to giac mtt")
    expect(page.locator("[data-found]")).to_have_text("không thấy")
    page.get_by_role("searchbox").fill("gs10")
    expect(page.locator("[data-found]")).to_have_text("1 chỉ tiêu, Enter để đến")
    page.keyboard.press("Enter")
    expect(page.locator("tr.found")).to_contain_text("GS10")
    expect(page.locator("tr.found")).to_be_in_viewport()
    assert page.url.endswith("/bao-cao/tong-hop/"), "without asking the server"


def test_close_or_roomy_is_kept_on_the_account(page_as, filled):
    page = page_as("lanhdao")
    page.goto("/bao-cao/tong-hop/?section=DT")
    row = page.get_by_role("row", name="Trong đó: đối thoại định kỳ")
    close = row.bounding_box()["height"]
    page.get_by_role("button", name="Giãn dòng").click()
    expect(page.get_by_role("button", name="Thu gọn dòng")).to_be_visible()
    assert page.url.endswith("?section=DT"), "back where the choice was made"
    assert row.bounding_box()["height"] > close * 1.3
    assert not User.objects.get(username="lanhdao").compact
    again = page_as("lanhdao")
    again.goto("/bao-cao/tong-hop/")
    expect(again.get_by_role("button", name="Thu gọn dòng")).to_be_visible()


def test_tab_goes_from_figure_to_figure_and_the_bar_says_what_is_saved(page_as, filled):
    Report.objects.filter(pk=filled.report.pk).update(state=State.DRAFT)
    Value.objects.filter(report=filled.report, indicator__code__in=["DT06"]).delete()
    page = page_as("xa-13369", "phone")
    page.goto(f"/bao-cao/{filled.report.pk}/nhap/")
    page.locator("[name=TH01]").fill("5")
    page.keyboard.press("Tab")
    expect(page.locator("[name=TH02]")).to_be_focused()
    expect(page.locator("#TH01.saved")).to_be_visible()
    bar = page.locator(".dv-save")
    expect(bar).to_be_in_viewport(ratio=0.9)
    expect(bar).to_contain_text("Đã lưu")
    page.get_by_role("link", name="Chỗ tiếp theo").click()
    expect(page.locator("[name=DT06]")).to_be_focused()
    page.get_by_role("link", name="Chỗ tiếp theo").click()
    expect(page.locator("[name=TD01]")).to_be_focused()  # a rule is broken there


def test_a_report_prints_with_its_head_and_signature_and_nothing_to_press(page_as, filled):
    Report.objects.filter(pk=filled.report.pk).update(state=State.SUBMITTED)
    page = page_as("huyen-349")
    page.goto(f"/bao-cao/{filled.report.pk}/")
    page.locator(".dv-fold-all").check()
    expect(page.get_by_role("button", name="In", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Xuất Excel")).to_be_visible()
    page.emulate_media(media="print")
    for text in ("ĐẢNG ỦY XÃ TIÊN SƠN", "Tiên Sơn, ngày", "Nơi nhận:", "BÍ THƯ"):
        expect(page.get_by_text(text).first).to_be_visible()
    for part in ("button", "input", "select", "textarea", "nav", "summary", ".remark", ".dv-save"):
        for box in page.locator(part).all():
            expect(box).not_to_be_visible()
    lines = page.locator(".dv-figures tbody tr")
    assert page.evaluate(IN_PRINT) == lines.count(), "what is folded on the screen is printed"
    title, first = (
        page.locator(part).first.bounding_box() for part in (".dv-print-title", ".dv-figures")
    )
    assert title["y"] + title["height"] <= first["y"], "nothing covers the title"


def test_every_unit_that_a_total_counts_is_printed(page_as, filled):
    page = page_as("tinh")
    page.goto("/bao-cao/tong-hop/?view=units&section=DT")
    page.emulate_media(media="print")
    # The province's own office, six districts with theirs, 109 communes, and the total.
    assert page.evaluate(IN_PRINT.replace("tbody tr", "tbody tr, .dv-figures tfoot tr")) == 123
    head, caption = (
        page.locator(part).first.bounding_box() for part in ("h1", ".dv-units caption")
    )
    assert head["y"] + head["height"] <= caption["y"]


def test_the_picture_of_an_area_fits_a_phone_and_two_sheets_of_paper(page_as, filled):
    """Three things to know first fill the phone, the parts open by a tap; on paper all of them are drawn."""
    phone = page_as("lanhdao", "phone")
    phone.goto("/bao-cao/toan-canh/")
    last = phone.locator(".dv-three > :last-child").bounding_box()
    assert last["y"] + last["height"] <= 844
    expect(phone.locator(".dv-heat")).to_be_hidden()
    phone.get_by_text("109 đơn vị cấp xã cạnh nhau").click()
    expect(phone.locator(".dv-heat")).to_be_visible()
    expect(phone.locator(".dv-trends")).to_be_hidden()
    assert chromium.sideways(phone) == 0
    desk = page_as("tinh")
    desk.goto("/bao-cao/toan-canh/")
    paper = desk.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 2
    desk.emulate_media(media="print")
    expect(desk.locator(".dv-heat tbody tr")).to_have_count(115)
    expect(desk.locator(".dv-ways")).to_be_hidden()
