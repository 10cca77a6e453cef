"""From three dialogues logged during the year to a consolidated figure and back to one conference."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from reports.models import Report, State

pytestmark = pytest.mark.browser

RECORDS = re.compile("/ho-so/hoi-nghi-doi-thoai/")


def log_dialogue(page, day: str, topic: str) -> None:
    page.get_by_label("Ngày bắt đầu").fill(day)
    page.get_by_label("Chủ đề").fill(topic)
    page.get_by_label("Bí thư cấp ủy").check()
    page.get_by_label("Loại đối thoại").select_option(label="Định kỳ")
    page.get_by_label("Số người dự").fill("120")
    page.get_by_label("Số ý kiến, kiến nghị").fill("0")


def test_three_dialogues_become_the_figure_and_lead_back_to_one(page_as, world):
    an = page_as("xa-13369")
    an.get_by_role("link", name="+ Hội nghị đối thoại").click()
    for day, topic in (("05/03/2024", "Môi trường"), ("06/06/2024", "Đất đai")):
        log_dialogue(an, day, topic)
        an.get_by_role("button", name="Lưu và nhập tiếp").click()
        expect(an.get_by_role("status")).to_contain_text(topic)
    log_dialogue(an, "07/09/2024", "Chuyển đổi số")
    an.get_by_role("button", name="Lưu", exact=True).click()
    expect(an.get_by_role("status")).to_contain_text("Chuyển đổi số")

    # The form proposes three, shows old and new before it takes them, and tells what it took.
    an.goto(f"/bao-cao/{world.report.pk}/nhap/")
    expect(an.locator("#DT03 .from-records")).to_contain_text("3")
    an.get_by_role("button", name="Lấy tất cả số từ hồ sơ").click()
    expect(an.get_by_role("row", name="DT03")).to_contain_text("3")
    assert not world.report.values.exists()
    an.get_by_role("button", name="Lấy các số đã đánh dấu").click()
    expect(an.get_by_text("số từ hồ sơ và lưu")).to_be_visible()
    expect(an.locator("#da-lay")).to_contain_text("DT03")
    expect(an.locator("[name=DT03]")).to_have_value("3")
    expect(an.locator("[name=DT06]")).to_have_value("360")
    an.locator(".dv-save").get_by_role("button", name="Gửi báo cáo").click()
    an.get_by_role("button", name="Vẫn gửi").click()
    expect(an.get_by_text("Đã gửi báo cáo")).to_be_visible()
    assert world.report.values.get(indicator__code="DT03").counted == 3

    # From now on the records stand still, and the page says whom to ask.
    an.goto("/ho-so/hoi-nghi-doi-thoai/")
    an.get_by_role("link", name="Đất đai").click()
    expect(an.locator("main")).to_contain_text("Ban Dân vận Thị ủy Duy Tiên")

    binh = page_as("huyen-349")
    binh.goto(f"/bao-cao/{world.report.pk}/")
    binh.get_by_role("button", name="Duyệt", exact=True).click()
    expect(binh.get_by_text("Đã duyệt: Xã Tiên Sơn")).to_be_visible()
    assert Report.objects.get(pk=world.report.pk).state == State.APPROVED

    # The province: figure → reports → records → one conference.
    chi = page_as("tinh")
    chi.goto("/bao-cao/tong-hop/?section=DT")
    row = chi.locator("tr", has=chi.get_by_text("DT03", exact=True))
    row.get_by_role("link", name="3").last.click()
    chi.get_by_role("row", name="Xã Tiên Sơn").get_by_role("link", name="xem hồ sơ").click()
    expect(chi).to_have_url(RECORDS)
    expect(chi.locator("tbody tr")).to_have_count(3)
    chi.get_by_role("link", name="Chuyển đổi số").click()
    expect(chi.locator("main")).to_contain_text("07/09/2024")


def test_the_articles_241_leads_down_to_one_conference(new_page, transactional_db, settings):
    from tests.browser.conftest import fill_login

    settings.DEBUG = True
    call_command("load_units", verbosity=0)
    call_command("load_demo", verbosity=0)
    chi = new_page()
    chi.goto("/dang-nhap/")
    fill_login(chi, "tinh")
    expect(chi.get_by_role("link", name="Tổng hợp").first).to_be_visible()
    chi.goto("/bao-cao/tong-hop/?unit=35&first=2021&last=2022&section=DT")
    row = chi.locator("tr", has=chi.get_by_text("DT01", exact=True))
    for figure in ("3", "22", "216", "241"):
        expect(row.get_by_role("link", name=figure, exact=True)).to_be_visible()
    row.get_by_role("link", name="241", exact=True).click()
    chi.locator("[rel=next]").first.click()  # the reports of 2021 fill the first page
    lines = chi.locator("tbody tr", has_text="Năm 2022")
    line = lines.filter(has_text="Xã").first
    expect(line.get_by_role("link", name="xem hồ sơ")).to_be_visible()
    figure = int(line.locator("td.num").inner_text())
    line.get_by_role("link", name="xem hồ sơ").click()
    expect(chi).to_have_url(RECORDS)
    expect(chi.locator("tbody tr")).to_have_count(figure)
    chi.locator("tbody a").first.click()
    expect(chi.locator("main")).to_contain_text("Bí thư cấp ủy")
