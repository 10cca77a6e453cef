"""Two windows on the same report: what one saves is never undone by the other's script or button."""

import pytest
from playwright.sync_api import expect

from reports.figures.stored import figures_of
from reports.models import Report

pytestmark = pytest.mark.browser


def type_and_wait(page, code: str, text: str) -> None:
    """Type a figure and wait until the script has saved it."""
    with page.expect_response(lambda answer: f"{code}=" in (answer.request.post_data or "")):
        page.locator(f"#i-{code}").fill(text)
        page.locator(f"#i-{code}").blur()


def test_what_the_other_window_saved_comes_in_and_stays(page_as, world):
    address = f"/bao-cao/{world.report.pk}/nhap/"
    an, binh = page_as("xa-13369"), page_as("huyen-349")
    an.goto(address)
    binh.goto(address)
    type_and_wait(binh, "DT02", "7")
    type_and_wait(an, "DT01", "5")
    expect(an.locator("#i-DT02")).to_have_value("7")
    an.locator(".dv-save").get_by_role("button", name="Lưu nháp").click()
    expect(an.locator(".alert-success")).to_be_visible()
    numbers = {code: figure.number for code, figure in figures_of(reload(world)).items()}
    assert numbers == {"DT01": 5, "DT02": 7}


def test_a_clash_is_seen_and_settled_with_one_press(page_as, world):
    address = f"/bao-cao/{world.report.pk}/nhap/"
    an, binh = page_as("xa-13369"), page_as("huyen-349")
    an.goto(address)
    binh.goto(address)
    type_and_wait(binh, "DT01", "7")
    type_and_wait(an, "DT01", "5")
    expect(an.locator("[data-notice]")).to_contain_text("Chưa lưu DT01")
    expect(an.locator("#DT01")).to_contain_text("đã lưu: 7")
    expect(an.locator("#i-DT01")).to_have_attribute("aria-invalid", "true")
    assert figures_of(reload(world))["DT01"].number == 7
    an.locator(".dv-save").get_by_role("button", name="Lưu nháp").click()
    expect(an.locator(".alert-success")).to_be_visible()
    assert figures_of(reload(world))["DT01"].number == 5


def test_back_does_not_bring_old_figures_into_a_new_page(page_as, world):
    """Texts and lists too: browsers restore those that do not forbid it."""
    address = f"/bao-cao/{world.report.pk}/nhap/"
    an, binh = page_as("xa-13369"), page_as("huyen-349")
    an.goto(address)
    type_and_wait(an, "NX05", "Của xã")
    type_and_wait(an, "DT01", "5")
    an.goto("/")
    binh.goto(address)
    type_and_wait(binh, "NX05", "Của huyện")
    an.go_back()
    expect(an.locator("#i-NX05")).to_have_value("Của huyện")
    an.locator(".dv-save").get_by_role("button", name="Lưu nháp").click()
    expect(an.locator(".alert-success")).to_be_visible()
    assert figures_of(reload(world))["NX05"].text == "Của huyện"


def reload(world) -> Report:
    return Report.objects.get(pk=world.report.pk)
