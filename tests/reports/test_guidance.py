"""The sentence on each indicator: complete, edited with the catalogue, kept by copies, shown on demand."""

import gzip
from importlib import import_module

import pytest
from django.apps import apps
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.common.text import search_key
from reports.catalogue.files import read_catalogue
from reports.catalogue.loading import catalogue_for, copy_catalogue, load_default_catalogue
from reports.models import Indicator, Report
from tests.cast import build_cast, build_world

MOST = 200


@pytest.mark.parametrize("year", [2021, 2024, 2025, 2026, 2030])
def test_every_indicator_that_is_shipped_has_one_sentence_of_guidance(year):
    told = {}
    for code, row in read_catalogue(year).indicators.items():
        sentence = row["guidance"]
        assert sentence, code
        assert len(sentence) <= MOST, code
        assert sentence.endswith("."), code
        assert "ví dụ" in sentence, code
        assert search_key(sentence) != search_key(row["label"]), code
        assert sentence not in told.values(), code
        told[code] = sentence
    assert len(told) in (132, 128)


def test_no_sentence_speaks_of_districts_once_there_are_none():
    for code, row in read_catalogue(2026).indicators.items():
        assert "cấp huyện" not in row["guidance"], code
        assert "DV10" not in row["guidance"], code


class StoredGuidanceTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.row = self.world.period.catalogue.indicators.get(code="DT03")

    def edit(self, **changed):
        url = reverse("reports:catalogue_edit", args=[2024, "chi-tieu", self.row.pk])
        data = self.client.get(url).context["form"].initial
        data = {k: v for k, v in data.items() if v not in (None, [], False)}
        return self.client.post(url, data | changed)

    def test_copies_keep_what_the_board_wrote_across_the_end_of_the_districts(self):
        source = load_default_catalogue(2022)
        source.indicators.filter(code="DT03").update(guidance="Câu của tỉnh.")
        copy = copy_catalogue(source, 2023)
        later = copy_catalogue(copy, 2026, districts=False)
        for catalogue in (copy, later):
            assert catalogue.indicators.get(code="DT03").guidance == "Câu của tỉnh."
            assert not catalogue.indicators.filter(guidance="").exists()
        assert "DV10" in copy.indicators.get(code="DV08").guidance
        assert "DV10" not in later.indicators.get(code="DV08").guidance

    def test_a_part_of_a_year_without_districts_has_its_own_sentences(self):
        catalogue_for(2025)
        later = catalogue_for(2025, districts=False)
        assert not later.indicators.filter(guidance="").exists()
        assert not later.indicators.filter(guidance__contains="DV10").exists()

    def test_the_board_edits_it_even_after_reports_were_sent_and_nothing_else(self):
        Report.objects.filter(pk=self.world.report.pk).update(submitted_at=timezone.now())
        self.client.force_login(self.cast["tinh"])
        answer = self.edit(guidance="Đếm cả hội nghị ghép, ví dụ 2.")
        assert answer.status_code == 302
        self.row.refresh_from_db()
        assert self.row.guidance == "Đếm cả hội nghị ghép, ví dụ 2."
        refused = self.edit(guidance="Câu khác.", label="Tên khác")
        self.assertContains(refused, "không sửa được nữa", status_code=422)
        self.row.refresh_from_db()
        assert self.row.guidance == "Đếm cả hội nghị ghép, ví dụ 2."
        assert self.row.label != "Tên khác"
        self.client.force_login(self.cast["xa-13369"])
        url = reverse("reports:catalogue_edit", args=[2024, "chi-tieu", self.row.pk])
        assert self.client.post(url, {"guidance": "x"}).status_code == 403

    def test_no_indicator_is_left_without_a_sentence(self):
        self.client.force_login(self.cast["tinh"])
        assert self.edit(guidance="  ").context["form"].errors.keys() == {"guidance"}
        copy_catalogue(self.world.period.catalogue, 2025)
        add = reverse("reports:catalogue_add", args=[2025, "chi-tieu"])
        refused = self.client.post(add, {"code": "DT99", "label": "Chỉ tiêu mới"})
        assert "guidance" in refused.context["form"].errors

    def test_the_form_of_a_report_leads_every_figure_to_its_sentence(self):
        self.client.force_login(self.cast["xa-13369"])
        page = self.client.get(reverse("reports:entry", args=[self.world.report.pk]))
        html = page.content.decode()
        for section in page.context["sections"]:
            url = reverse("reports:guidance_section", args=[2024, section.section.code])
            answer = self.client.get(url)
            for entry in section.entries:
                assert f'href="{url}#{entry.code}"' in html
                self.assertContains(answer, f'id="{entry.code}"')
                self.assertContains(answer, entry.indicator.guidance)
            assert len(gzip.compress(answer.content)) < 8_000
        assert len(gzip.compress(page.content)) < 15_000

    def test_sentences_are_found_without_marks_and_a_wrong_section_is_no_page(self):
        self.client.force_login(self.cast["lanhdao"])
        url = reverse("reports:guidance", args=[2024])
        found = self.client.get(url, {"q": "bi thu giua tuan"})
        self.assertContains(found, 'id="TD02"')
        self.assertNotContains(found, 'id="TD01"')
        self.assertContains(self.client.get(url, {"q": "xyzt"}), "Không có chỉ tiêu nào")
        wrong = reverse("reports:guidance_section", args=[2024, "ZZ"])
        assert self.client.get(wrong).status_code == 404

    def test_stored_catalogues_get_their_sentences_when_the_column_comes(self):
        Indicator.objects.update(guidance="")
        import_module("reports.migrations.0021_guidance").fill(apps, None)
        assert not Indicator.objects.filter(guidance="").exists()
