"""Help where people hesitate: the "?" by mouse and by key, without a script, and the handbook's pictures."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reports.models import Report, State
from tests.handbook_pictures import SCREENSHOTS, size_of, take

pytestmark = pytest.mark.browser


def test_the_sentence_of_a_figure_and_of_a_field(page_as, world):
    page = page_as("xa-13369")
    page.goto(reverse("reports:entry", args=[world.report.pk]))
    page.get_by_label("Hướng dẫn QT03").click()
    said = page.locator("#s-QT03 .guide")
    expect(said).to_contain_text("không tính buổi vừa có hội trường")
    page.locator("#i-QT05").focus()
    page.keyboard.press("F1")
    expect(page.locator("#s-QT05 .guide")).to_contain_text("lần chỉ phát tài liệu")
    page.keyboard.press("F1")
    expect(page.locator("#s-QT05 .guide")).to_have_count(0)
    expect(page.locator("#i-QT05")).to_be_focused()
    page.goto("/ho-so/hoi-nghi-doi-thoai/ghi-moi/")
    page.get_by_label("Số người dự").focus()
    page.keyboard.press("F1")
    expect(page.locator("#id_attendees_guide")).to_be_visible()
    page.keyboard.press("Tab")  # from field to field, as without help
    expect(page.get_by_label("Số ý kiến, kiến nghị")).to_be_focused()


def test_each_picture_of_the_handbook_can_still_be_made(page_as, world):
    Report.objects.filter(pk=world.report.pk).update(state=State.RETURNED)
    for picture in SCREENSHOTS.values():
        page = page_as(picture.account)
        page.set_viewport_size(size_of(picture))
        assert 1_000 < len(take(page, picture)) <= picture.most, picture.name
        page.context.close()
