"""Typing on a weak line: the script's save takes its time, and the clerk does not wait for it."""

import re
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from danvan.common.ops.faults import Fault
from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import Report

pytestmark = pytest.mark.browser

SENT = re.compile(r"\b(D[TC]\d\d)=")
RINGS = 700  # ms: longer than the script waits after a field is left


@pytest.fixture
def open_form(page_as, world):
    """A function that opens the clerk's form, types a figure and returns the page and another function.

    That one delivers the answer of the script's first save: the server has saved, its answer is on the way.
    """

    def open_and_type(before=lambda: None):
        page, held = page_as("xa-13369"), []

        def hold(route):
            first = not held and route.request.headers["accept"] == "application/json"
            if first:
                answer = route.fetch()
                held.append(lambda **changes: route.fulfill(response=answer, **changes))
            else:
                route.continue_()

        page.goto(f"/bao-cao/{world.report.pk}/nhap/")
        before()
        page.route("**/nhap/", hold)
        page.locator("#i-DT01").fill("4")
        page.locator("#i-DT01").blur()
        for _ in range(400):  # 20 s
            if held:
                return page, held[0]
            page.wait_for_timeout(50)
        raise AssertionError("no save left the page")

    return open_and_type


@pytest.fixture
def slow_form(open_form):
    """The page and the delivery, with nobody else about."""
    return open_form()


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
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    assert numbers(world) == {"DT01": 45}


def test_a_button_pressed_before_a_clash_is_known_does_not_decide_it(open_form, world):
    def meanwhile():
        report = Report.objects.get(pk=world.report.pk)
        write_figures(report, {"DT01": Figure(Decimal(9))}, actor=world.cast["tinh"], source="form")

    page, deliver = open_form(meanwhile)
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    deliver()
    expect(page.locator("[data-notice]")).to_contain_text("Chưa lưu DT01")
    expect(page.locator("#i-DT01")).to_have_value("4")
    assert numbers(world) == {"DT01": 9}


def test_without_a_line_nothing_leaves_the_page_and_nothing_is_lost(page_as, world):
    page = page_as("xa-13369")
    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.context.set_offline(True)
    page.locator("#i-DT01").fill("4")
    page.locator("#i-DT01").press("Enter")  # to the next figure
    expect(page.locator("#i-DT02")).to_be_focused()
    expect(page.locator("[data-notice]")).to_contain_text("Mất kết nối")
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    expect(page.locator("#i-DT01")).to_have_value("4")
    page.context.set_offline(False)
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu")
    expect(page.locator("[data-notice]")).to_be_hidden()
    assert numbers(world) == {"DT01": 4}


def test_a_busy_server_is_told_in_its_own_words_and_the_save_is_tried_again(
    page_as, new_page, world
):
    page, told = page_as("xa-13369"), []
    new_page.expected.append("503: ")

    def busy_once(route):
        if told:
            return route.continue_()
        told.append(route)
        said = {"error": "busy", "message": Fault.BUSY.message}
        return route.fulfill(status=503, json=said)

    page.goto(f"/bao-cao/{world.report.pk}/nhap/")
    page.route("**/nhap/", busy_once)
    page.locator("#i-DT01").fill("4")
    page.locator("#i-DT01").blur()
    expect(page.locator("[data-notice]")).to_contain_text(Fault.BUSY.message)
    expect(page.locator("[data-notice]")).to_contain_text("sẽ tự lưu lại")
    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu", timeout=15_000)
    expect(page.locator("[data-notice]")).to_be_hidden()
    assert numbers(world) == {"DT01": 4}


def test_a_button_pressed_while_the_save_learns_of_the_ended_session_leads_to_the_login(slow_form):
    page, deliver = slow_form
    page.locator(".dv-save").get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    expect(page.locator("[data-saved]")).to_have_text("Đang lưu…")
    Session.objects.all().delete()
    deliver(status=401)
    expect(page.get_by_text("vẫn được giữ lại")).to_be_visible()
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible()


def test_what_is_typed_before_the_script_has_come_is_saved_and_keeps_the_focus(page_as, world):
    page, held = page_as("xa-13369"), []
    page.route("**/entry.js", lambda route: held.append(route))
    page.goto(f"/bao-cao/{world.report.pk}/nhap/", wait_until="commit")
    page.locator("#i-DT01").fill("bốn")
    page.locator("#i-DT01").press("Enter")
    expect(page.locator(".dv-errors")).to_contain_text("chưa đọc được")
    page.locator("#i-DT01").fill("4")
    page.locator("#DT02 summary").click()
    page.locator("[name=DT02-q]").select_option("about")
    page.locator("#i-DT02").fill("7")
    with page.expect_response(lambda answer: answer.request.method == "POST") as saved:
        held[-1].continue_()
    assert set(SENT.findall(saved.value.request.post_data)) == {"DT01", "DT02"}
    expect(page.locator("#i-DT02")).to_be_focused()
    assert numbers(world) == {"DT01": 4, "DT02": 7}
