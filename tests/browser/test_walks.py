"""How many keys and clicks a newcomer needs beside the typing itself, and no more than that."""

import datetime

import pytest
from playwright.sync_api import expect

from danvan.units.models import AdministrativeUnit
from records.models import DialogueConference
from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import Remark, Report, State
from tests.records.data import make

pytestmark = pytest.mark.browser


class Hand:
    """A hand on keyboard and mouse that counts; choosing in a list is opening it and choosing."""

    def __init__(self, page):
        self.page, self.steps = page, 0

    def click(self, locator):
        self.steps += 1
        locator.click()

    def press(self, *keys):
        for key in keys:
            self.steps += 1
            self.page.keyboard.press(key)

    def choose(self, locator, label):
        self.steps += 2
        locator.select_option(label=label)

    def type(self, text):
        """Type into whatever has the keyboard: this is the work, not the way."""
        self.page.keyboard.type(text)


def test_record_a_dialogue(page_as, world):
    hand = Hand(page_as("xa-13369"))
    page = hand.page
    hand.click(page.get_by_role("link", name="+ Hội nghị đối thoại"))
    expect(page.get_by_label("Ngày bắt đầu")).to_be_focused()
    hand.type("5/3")
    hand.press("Tab", "Tab")
    hand.type("Đối thoại với Nhân dân")
    hand.press("Tab", "Space", "Tab", "Tab", "Tab")
    hand.press("ArrowDown")  # the first kind: regular
    hand.press("Tab")
    hand.type("60")
    hand.press("Tab")
    hand.type("0")
    hand.press("Enter")
    expect(page.locator(".alert-success")).to_contain_text("báo cáo năm 2024")
    record = DialogueConference.objects.get()
    assert (record.start_date, record.kind) == (datetime.date(2024, 3, 5), "regular")
    assert hand.steps <= 14, hand.steps


def test_fix_two_returned_figures_and_submit(page_as, world, cast):
    report, clerk = world.report, cast["xa-13369"]
    typed = {"DT01": Figure(2), "DT03": Figure(9), "TD05": Figure(2)}
    write_figures(report, typed, actor=clerk, source="form")
    for code in ("DT03", "TD05"):
        indicator = report.period.catalogue.indicators.get(code=code)
        Remark.objects.create(report=report, indicator=indicator, text="Xem lại", author=clerk)
    Report.objects.filter(pk=report.pk).update(state=State.RETURNED)
    hand = Hand(page_as("xa-13369"))
    page = hand.page
    hand.click(page.get_by_role("link", name="DT03"))
    expect(page.locator("#i-DT03")).to_be_focused()
    hand.type("2")
    hand.click(page.get_by_role("link", name="Chỗ tiếp theo"))
    expect(page.locator("#i-TD05")).to_be_focused()
    page.keyboard.press("Control+a")
    hand.type("30")
    hand.click(page.locator(".dv-save").get_by_role("button", name="Gửi báo cáo"))
    hand.click(page.get_by_role("button", name="Vẫn gửi"))
    expect(page.get_by_text("Đã gửi báo cáo")).to_be_visible()
    figures = figures_of(Report.objects.get(pk=report.pk))
    assert (figures["DT03"].number, figures["TD05"].number) == (2, 30)
    assert hand.steps <= 8, hand.steps


def test_approve_ten_after_reading_one(page_as, world):
    ten = Report.objects.filter(reviewer__code="349")[:10]
    Report.objects.filter(pk__in=[one.pk for one in ten]).update(state=State.SUBMITTED)
    hand = Hand(page_as("huyen-349"))
    page = hand.page
    hand.click(page.get_by_role("navigation").get_by_role("link", name="Xét duyệt"))
    hand.click(page.locator("tbody td a").first)
    expect(page.get_by_role("table", name="Số liệu báo cáo")).to_be_visible()
    page.go_back()
    hand.steps += 1
    hand.click(page.get_by_role("link", name="Chọn tất cả báo cáo chờ duyệt"))
    hand.click(page.get_by_role("button", name="Duyệt các báo cáo đã chọn"))
    hand.click(page.get_by_role("button", name="Duyệt", exact=False).first)
    expect(page.get_by_role("status").filter(has_text="Đã duyệt 10 báo cáo")).to_be_visible()
    assert Report.objects.filter(state=State.APPROVED).count() == 10
    assert hand.steps <= 8, hand.steps


def test_find_the_dialogues_of_a_district_in_a_year(page_as, world, cast):
    district = AdministrativeUnit.objects.find("352", datetime.date(2022, 6, 1))
    make("dialogue-conference", district, start_date=datetime.date(2022, 6, 1), title="Huyện")
    commune = AdministrativeUnit.objects.covered_by([district], below_only=True).first()
    make("dialogue-conference", commune, start_date=datetime.date(2022, 6, 2), title="Xã")
    make("dialogue-conference", district, start_date=datetime.date(2023, 6, 1), title="Năm sau")
    hand = Hand(page_as("tinh"))
    page = hand.page
    menu = page.get_by_role("navigation").get_by_role("link", name="Hội nghị đối thoại")
    hand.click(menu)
    hand.choose(page.get_by_label("Đơn vị", exact=True), "Huyện Bình Lục (đến 30/06/2025)")
    hand.click(page.get_by_label("Toàn bộ đơn vị cấp dưới"))
    hand.click(page.get_by_label("Báo cáo năm"))
    page.keyboard.press("Control+a")
    hand.type("2022")
    hand.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert hand.steps <= 6, hand.steps
