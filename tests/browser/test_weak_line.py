"""Typing on a weak line: the script's save takes its time, and the clerk does not wait for it."""

import pytest

from reports.figures import figures_of
from reports.models import Report

pytestmark = pytest.mark.browser

RINGS = 700  # ms: longer than the script waits after a field is left


@pytest.fixture
def slow_form(page_as, world):
    """The clerk's form, and a function that delivers the answer of the script's first save.

    The server has saved; its answer is on the way.
    """
    page, held = page_as("xa-13369"), []

    def hold(route):
        first = not held and route.request.headers["accept"] == "application/json"
        if first:
            answer = route.fetch()
            held.append(lambda: route.fulfill(response=answer))
        else:
            route.continue_()

    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.route("**/nhap/", hold)
    page.locator("#i-DT01").fill("4")
    page.locator("#i-DT01").blur()
    while not held:
        page.wait_for_timeout(50)
    return page, held[0]


def numbers(world) -> dict:
    figures = figures_of(Report.objects.get(pk=world.report.pk))
    return {code: figure.number for code, figure in figures.items()}


def test_a_figure_typed_while_another_is_being_saved_is_saved_as_well(slow_form, world):
    page, deliver = slow_form
    page.locator("#i-DT02").fill("7")
    page.locator("#i-DT02").blur()
    page.wait_for_timeout(RINGS)
    with page.expect_response(lambda answer: "DT02=7" in (answer.request.post_data or "")):
        deliver()
    assert numbers(world) == {"DT01": 4, "DT02": 7}


def test_the_button_waits_for_the_running_save_and_clashes_with_nobody(slow_form, world):
    page, deliver = slow_form
    page.locator("#i-DT01").fill("45")
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    page.wait_for_timeout(RINGS)
    deliver()
    page.get_by_text("Đã lưu nháp.").wait_for()
    assert numbers(world) == {"DT01": 45}
