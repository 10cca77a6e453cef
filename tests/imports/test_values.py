"""A year's figures as a wide sheet: collected from communes, past years loaded, rules and locks kept."""

import io
from decimal import Decimal

import openpyxl
from django.test import TestCase

from danvan.imports.models import ImportJob
from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import FigureChange, Report, Value
from tests.cast import build_cast, build_world
from tests.imports.tools import confirm, content, errors_of, saved, upload


class ValuesCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.period = cls.world.period
        cls.report = cls.world.report

    def setUp(self):
        self.client.force_login(self.cast["huyen-349"])

    def template(self):
        answer = self.client.get(f"/nhap-excel/values/mau/?period={self.period.pk}")
        return openpyxl.load_workbook(io.BytesIO(content(answer)))

    def filled(self, cells: dict[tuple[str, str], object]):
        """Return the template with (unit code, indicator code) → cell typed in."""
        book = self.template()
        sheet = book.worksheets[0]
        columns = {str(cell.value).split()[0]: cell.column for cell in sheet[3] if cell.value}
        rows = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=4)}
        for (unit, code), value in cells.items():
            sheet.cell(rows[unit], columns[code]).value = value
        return book

    def upload(self, cells, **fields) -> ImportJob:
        data = saved(self.filled(cells))
        return upload(self.client, data, "values", period=self.period.pk, **fields)

    def figure(self, code):
        return figures_of(self.report).get(code)


class InTest(ValuesCase):
    def test_a_district_collects_the_figures_of_its_communes(self):
        cells = {
            ("13369", "DT01"): 5,
            ("13369", "DT06"): "trên 1.140",
            ("13363", "VD01"): "90,5",
            ("13369", "CQ01"): "Có",
            ("13369", "CQ02"): "Tốt",
            ("13369", "NX01"): "Tình hình ổn định",
        }
        job = self.upload(cells)
        self.assertEqual((job.counts["changed"], job.counts["changes"]), (2, 6), errors_of(job))
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "trên 1.140")
        self.assertEqual(Value.objects.count(), 0)
        job = confirm(self.client, job)
        self.assertEqual((job.state, job.result["figures"]), ("done", 6))
        self.assertEqual(self.figure("DT06"), Figure(Decimal(1140), "at_least"))
        self.assertEqual(self.figure("CQ01").number, 1)
        line = FigureChange.objects.filter(report=self.report).first()
        self.assertEqual((line.source, line.request_id), ("import", f"import-{job.pk}"))
        self.assertTrue(line.on_behalf)

    def test_zero_is_something_and_blank_erases_nothing(self):
        write_figures(self.report, {"DT01": Figure(Decimal(5))}, actor=None, source="demo")
        job = self.upload({("13369", "DT02"): 0})
        self.assertEqual(job.counts["changes"], 1)
        confirm(self.client, job)
        self.assertEqual((self.figure("DT01").number, self.figure("DT02").number), (5, 0))

    def test_every_wrong_cell_is_named_at_once(self):
        cells = {
            ("13369", "DT01"): "1.14",
            ("13369", "DT02"): -3,
            ("13369", "CQ02"): "Tạm được",
            ("13369", "DV09"): 4,
            ("13369", "DT06"): "-",
        }
        book = self.filled({k: v for k, v in cells.items() if k[1] != "DV09"})
        job = upload(self.client, saved(book), "values", period=self.period.pk)
        self.assertEqual(len(errors_of(job)), 4)
        self.assertEqual(job.counts["error"], 1)

    def test_a_report_that_was_sent_is_closed_to_it(self):
        Report.objects.filter(pk=self.report.pk).update(state="submitted")
        job = self.upload({("13369", "DT01"): 5, ("13363", "DT01"): 6})
        self.assertEqual((job.counts["error"], job.counts["changed"]), (1, 1))
        self.assertIn("chờ duyệt", " ".join(errors_of(job).values()))

    def test_a_report_sent_after_the_preview_stops_the_writing(self):
        job = self.upload({("13369", "DT01"): 5})
        Report.objects.filter(pk=self.report.pk).update(state="submitted")
        job = confirm(self.client, job)
        self.assertEqual((job.state, Value.objects.count()), ("checked", 0))

    def test_a_foreign_unit_is_refused(self):
        book = self.filled({("13369", "DT01"): 5})
        book.worksheets[0].protection.sheet = False
        book.worksheets[0].cell(5, 1).value = "13384"
        job = upload(self.client, saved(book), "values", period=self.period.pk)
        self.assertIn("không phải đơn vị", " ".join(errors_of(job).values()))

    def test_broken_rules_are_told_but_a_draft_may_hold_them(self):
        job = self.upload({("13369", "DT01"): 9, ("13369", "DT03"): 2})
        self.assertTrue(any("Tiên Sơn" in notice for notice in job.notices), job.notices)
        self.assertEqual(confirm(self.client, job).state, "done")

    def test_the_template_of_another_year_is_refused(self):
        from reports.workflow.periods import open_period

        other = open_period(2023, actor=None)
        data = saved(self.filled({("13369", "DT01"): 5}))
        job = upload(self.client, data, "values", period=other.pk)
        self.assertIn("năm 2024", job.message)

    def test_undo_restores_the_figures_unless_somebody_built_on_them(self):
        write_figures(self.report, {"DT01": Figure(Decimal(5))}, actor=None, source="demo")
        job = confirm(self.client, self.upload({("13369", "DT01"): 7, ("13369", "DT02"): 1}))
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        self.assertEqual((self.figure("DT01").number, self.figure("DT02")), (5, None))
        job = confirm(self.client, self.upload({("13369", "DT01"): 8}))
        write_figures(self.report, {"DT01": Figure(Decimal(9))}, actor=None, source="demo")
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        self.assertEqual(self.figure("DT01").number, 9)


class RoundTripTest(ValuesCase):
    def test_what_goes_out_comes_back_unchanged_and_one_cell_is_one_change(self):
        figures = {
            "DT01": Figure(Decimal(1140)),
            "DT06": Figure(Decimal(500), "about"),
            "VD01": Figure(Decimal("90.5"), note="Đã kiểm tra"),
            "CQ01": Figure(Decimal(0)),
            "NX01": Figure(text="=1+1 Ổn định\nDòng hai"),
        }
        write_figures(self.report, figures, actor=None, source="demo")
        data = content(self.client.get(f"/bao-cao/ky/{self.period.pk}/so-lieu/"))
        job = upload(self.client, data, "values", period=self.period.pk)
        self.assertEqual((job.counts.get("changed"), job.counts.get("error")), (None, None))
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book.active
        column = next(c.column for c in sheet[1] if str(c.value).startswith("DT01"))
        row = next(r[0].row for r in sheet.iter_rows(min_row=2) if r[0].value == "13369")
        sheet.cell(row, column).value = 1141
        job = upload(self.client, saved(book), "values", period=self.period.pk)
        self.assertEqual((job.counts["changed"], job.counts["changes"]), (1, 1))
        confirm(self.client, job)
        self.assertEqual(self.figure("VD01").note, "Đã kiểm tra")

    def test_a_person_gets_the_figures_of_the_own_area_only(self):
        data = content(self.client.get(f"/bao-cao/ky/{self.period.pk}/so-lieu/"))
        codes = {row[0] for row in openpyxl.load_workbook(io.BytesIO(data)).active.values}
        self.assertIn("13369", codes)
        self.assertNotIn("13384", codes)

    def test_every_column_that_goes_out_is_one_that_comes_in(self):
        for name in ("xa-13369", "huyen-349", "tinh"):
            self.client.force_login(self.cast[name])
            data = content(self.client.get(f"/bao-cao/ky/{self.period.pk}/so-lieu/"))
            job = upload(self.client, data, "values", period=self.period.pk)
            self.assertEqual(job.notices, [], name)
