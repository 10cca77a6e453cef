"""Units in Django's admin: headings, and where a unit comes from told in words."""

import csv

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.audit.writing import changes_of
from danvan.accounts.models import AuditEntry
from danvan.common.stale import stamp_of
from danvan.units.loader import DEFAULT_FILE
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.register import REGISTER
from danvan.units.sources import source_in_words
from tests.accounts.cast import make_cast
from tests.words import wrong_words

TAGS = "start=NQ 1686/NQ-UBTVQH15; tlq(MIT); succ=nso-table"
WORDS = "lập theo Nghị quyết 1686/NQ-UBTVQH15; theo bảng chuyển đổi của cơ quan thống kê"


def test_every_column_has_a_vietnamese_heading():
    for model in (AdministrativeUnit, UnitSuccession):
        page = admin.site._registry[model]
        for name in (*page.list_display, *page.list_more):
            heading = label_for_field(name, model, page)
            assert not heading.isascii() or heading == "loại", f"{model.__name__}.{name}: {heading}"


@pytest.mark.parametrize(
    ("source", "told"),
    [(TAGS, WORDS), ("", ""), (None, ""), ("Quyết định 12", "Quyết định 12"),
     ("start=coverage; madnh(MIT)", "danh mục đơn vị đã nạp")],
)  # fmt: skip
def test_sources_in_words(source, told):
    assert source_in_words(source) == told


@pytest.mark.parametrize("path", [DEFAULT_FILE, REGISTER], ids=["ha_nam", "vietnam"])
def test_no_tag_of_the_shipped_files_reaches_a_reader(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        told = {source_in_words(row["source"]) for row in csv.DictReader(file)}
    assert {text: wrong for text in told if (wrong := wrong_words(text))} == {}
    assert not any("MIT" in text or "=" in text for text in told)
    assert len(told) > 5


class SourceTest(TestCase):
    def test_it_is_told_in_words_and_stays_when_left_alone(self):
        cast = make_cast()
        unit = cast["xa"]
        AdministrativeUnit.objects.filter(pk=unit.pk).update(source=TAGS)
        self.client.force_login(cast["quan"])
        url = reverse("admin:units_administrativeunit_change", args=[unit.pk])
        page = self.client.get(url)
        self.assertContains(page, f'value="{WORDS}"')
        self.assertNotContains(page, "MIT")
        for typed, stored in ((WORDS, TAGS), ("Nghị quyết 7/2020", "Nghị quyết 7/2020")):
            stamp = stamp_of(AdministrativeUnit.objects.get(pk=unit.pk))
            self.client.post(url, {"source": typed, "row_stamp": stamp})
            unit.refresh_from_db()
            self.assertEqual(unit.source, stored)
        entry = AuditEntry.objects.filter(content_type__model="administrativeunit").latest("pk")
        self.assertEqual(changes_of(entry), [("Nguồn dữ liệu", WORDS, "Nghị quyết 7/2020")])
        columns = self.client.get("/quan-tri/units/administrativeunit/?cot=told_source")
        self.assertContains(columns, "Nghị quyết 7/2020")
