"""Two windows on the same report: what one saves is never undone by the other's script or button."""

import pytest
from playwright.sync_api import expect

from reports.figures import figures_of
from reports.models import Report

pytestmark = pytest.mark.browser


def type_and_wait(page, code: str, text: str) -> None:
    """Type a figure and wait until the script has saved it."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
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


def reload(world) -> Report:
    return Report.objects.get(pk=world.report.pk)
