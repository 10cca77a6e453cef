"""The log of figures: every line in words, within the reader's area only, as a page and as a workbook."""

import io
from decimal import Decimal
from unittest import mock

from django.test import TestCase
from openpyxl import load_workbook

from danvan.accounts.models import SecurityEvent
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Report, Source
from tests.budget import assert_same_queries
from tests.cast import build_cast, build_world

LIST, EXPORT = "/nhat-ky/so-lieu/", "/nhat-ky/so-lieu/xuat/"


class LedgerPageTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.report = cls.world.report
        cls.far = Report.objects.get(period=cls.world.period, unit__code="13384")
        cls.write(cls.report, "xa-13369", "DT01", 7)
        cls.write(cls.report, "huyen-349", "DT01", 1140, qualifier="at_least")
        cls.write(cls.far, "xa-13384", "DT02", 3)

    @classmethod
    def write(cls, report, name, code, number, **more):
        report.refresh_from_db()
        figure = {code: Figure(number=Decimal(number), **more)}
        write_figures(report, figure, actor=cls.cast[name], source=Source.FORM)

    def codes(self, name, query=""):
        """Return (unit, indicator, new) of every line shown to `name`."""
        self.client.force_login(self.cast[name])
        lines = self.client.get(LIST + query).context["lines"]
        found = [(line["change"], line["new"]) for line in lines]
        return [(c.report.unit.code, c.indicator.code, new) for c, new in found]

    def rows(self, name, query=""):
        self.client.force_login(self.cast[name])
        answer = self.client.get(EXPORT + query)
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        return [list(row) for row in book.active.iter_rows(min_row=2, values_only=True)]

    def test_newest_first_in_words_with_the_old_figure(self):
        self.client.force_login(self.cast["huyen-349"])
        page = self.client.get(LIST)
        cells = '<td class="num">7</td> <td class="num"><b>trên 1.140</b></td>'
        self.assertContains(page, cells)
        self.assertContains(page, "(nhập thay)")
        self.assertContains(page, "Xã Tiên Sơn, thị xã Duy Tiên")

    def test_a_board_sees_its_area_the_province_and_the_superuser_all(self):
        own = [("13369", "DT01", "trên 1.140"), ("13369", "DT01", "7")]
        far = [("13384", "DT02", "3")]
        self.assertEqual(self.codes("huyen-349"), own)
        self.assertEqual(self.codes("huyen-350"), far)
        for name in ("tinh", "quantri"):
            self.assertEqual(self.codes(name), far + own)

    def test_filters(self):
        for query, number in (
            ("?q=tien+son", 2),
            ("?q=Ti%C3%AAn+S%C6%A1n+dt01", 2),
            ("?q=13384", 1),
            ("?q=dt02", 1),
            ("?person=XA-13369", 1),
            ("?person=xa-1", 0),
            ("?source=import", 0),
            (f"?year={self.world.period.year}", 3),
            ("?year=1990", 0),
            ("?after=01/01/2020", 3),
            ("?before=01/01/2020", 0),
            ("?after=32/13/2024", 0),
            ("?year=x", 0),
            ("?page=99", 3),
        ):
            with self.subTest(query):
                self.assertEqual(len(self.codes("tinh", query)), number)
                self.assertEqual(len(self.rows("tinh", query)), number)

    def test_a_forged_filter_widens_nothing(self):
        for query in ("?person=xa-13384", "?q=13384", "?report__unit=1"):
            for code, *_ in self.codes("huyen-349", query):
                self.assertEqual(code, "13369")

    def test_the_workbook_says_who_where_what_and_is_noted(self):
        newest = self.rows("huyen-349")[0]
        self.assertEqual(
            newest[2:5],
            [
                "Ban Dân vận Thị ủy Duy Tiên",
                "Cán bộ ban dân vận (duyệt)",
                "Xã Tiên Sơn, thị xã Duy Tiên",
            ],
        )
        self.assertEqual(
            (newest[6], newest[8], newest[9], newest[13]), ("DT01", "7", "trên 1.140", "Có")
        )
        event = SecurityEvent.objects.first()
        self.assertEqual((event.kind, event.path), ("export", EXPORT))

    def test_a_workbook_that_is_cut_says_so(self):
        with mock.patch("danvan.accounts.audit.views.EXPORT_LIMIT", 2):
            rows = self.rows("tinh")
        self.assertEqual(len(rows), 3)
        self.assertIn("Chỉ gồm 2 dòng mới nhất", rows[2][1])

    def test_the_history_of_a_person_leads_to_the_figures(self):
        self.client.force_login(self.cast["huyen-349"])
        clerk = self.cast["xa-13369"]
        page = self.client.get(f"/nhat-ky/tai-khoan/{clerk.pk}/")
        self.assertContains(page, f'href="{LIST}?person=xa-13369"')

    def test_names_lead_only_to_people_of_the_area(self):
        self.write(self.report, "tinh", "DT01", 8)
        self.client.force_login(self.cast["huyen-349"])
        page = self.client.get(LIST)
        clerk, board = self.cast["xa-13369"].pk, self.cast["tinh"].pk
        self.assertContains(page, f"/nhat-ky/tai-khoan/{clerk}/")
        self.assertNotContains(page, f"/nhat-ky/tai-khoan/{board}/")

    def test_as_many_queries_for_many_lines_as_for_few(self):
        self.client.force_login(self.cast["tinh"])

        def more():
            for number, report in enumerate(self.world.period.reports.filter(level="commune")[:20]):
                report.refresh_from_db()
                figure = {"DT01": Figure(number=Decimal(number))}
                write_figures(report, figure, actor=self.cast["tinh"], source=Source.FORM)

        assert_same_queries(self.client, LIST, lambda: None, more, limit=12)
