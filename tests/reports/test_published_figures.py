"""The first acceptance test: page, workbook and drill-down show the figures the newspaper printed."""

import tempfile
from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from reports.consolidation.drill import drill
from reports.consolidation.scope import Scope
from reports.models import Aggregation, Qualifier
from tests.reports.consolidation_data import by_child_unit, consolidated

# code → (province, district, commune, total); the years 2021 and 2022
TWO_YEARS = {
    "DT01": (3, 22, 216, 241),
    "DT02": (3, 40, 280, 323),
    "DV08": (21, 246, 705, 972),
    "KT01": (21, None, None, 21),
}
# code → (total, how exact); "from 2021 to now" is 2021 to 2023
THREE_YEARS = {
    "GS01": (684, Qualifier.EXACT),
    "GS02": (163, Qualifier.EXACT),
    "GS07": (1140, Qualifier.AT_LEAST),
    "GS09": (563, Qualifier.EXACT),
    "GS11": (578, Qualifier.EXACT),
    "TP01": (16, Qualifier.EXACT),
    "TP02": (2361, Qualifier.EXACT),
    "TP04": (14600, Qualifier.AT_LEAST),
    "DC13": (0, Qualifier.EXACT),
}


class PublishedTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        with override_settings(DEBUG=True):
            call_command("load_demo", without_records=True, stdout=StringIO())
        cls.province = AdministrativeUnit.objects.get(code="35")

    def workbook(self, years):
        """Return {label: row} of the summary sheet that the command writes."""
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "f.xlsx")
            call_command(
                "export_consolidated", unit="35", years=years, output=file, stdout=StringIO()
            )
            sheet = load_workbook(file)["Tổng hợp"]
        return {row[1].value: row for row in sheet.iter_rows() if row[1].value}

    def test_two_years(self):
        lines, rows = consolidated(self.province, 2021, 2022).lines, self.workbook("2021-2022")
        for code, expected in TWO_YEARS.items():
            line = lines[code]
            shown = (*(figure.number for figure in line.by_level.values()), line.total.number)
            self.assertEqual(shown, expected, code)
            cells = rows[line.definition.label][3:7]
            self.assertEqual(tuple(cell.value for cell in cells), expected, code)

    def test_three_years(self):
        lines, rows = consolidated(self.province, 2021, 2023).lines, self.workbook("2021-2023")
        for code, expected in THREE_YEARS.items():
            line = lines[code]
            self.assertEqual((line.total.number, line.total.qualifier), expected, code)
            cell = rows[line.definition.label][6]
            self.assertEqual(cell.value, expected[0], code)
            self.assertEqual(cell.number_format.startswith('"trên "'), expected[1] != "exact", code)

    def test_yearly_rates(self):
        lines = consolidated(self.province, 2021, 2023).lines
        for code, least in (("CQ05", 90), ("CQ07", 100), ("DC03", 100), ("DC06", 80)):
            for year, figure in lines[code].by_year:
                self.assertGreaterEqual(figure.number, least, (code, year))

    def test_the_page(self):
        self.client.force_login(User.objects.get(username="tinh"))
        page = self.client.get(
            reverse("reports:consolidation"), {"unit": "35", "first": 2021, "last": 2023}
        )
        self.assertContains(page, ">trên 1.140</a>")
        self.assertContains(page, ">trên 14.600</a>")
        self.assertContains(page, "348/348 báo cáo đã duyệt")
        self.assertContains(page, "số liệu minh họa")

    def test_units_and_reports_behind_add_up_to_every_figure(self):
        lines = consolidated(self.province, 2021, 2022).lines
        rows = by_child_unit(self.province, 2021, 2022).total
        for code, line in lines.items():
            self.assertEqual(rows.figures[code].number, line.total.number, code)
            adds = line.definition.aggregation in (Aggregation.SUM, Aggregation.COUNT)
            if adds and line.total.number is not None:
                parts = [part.figures[code].number or 0 for part in rows.parts]
                self.assertEqual(sum(parts), line.total.number, code)
        for code in ("DT01", "DT13", "GS07", "TP07", "VD01"):
            for part in drill(Scope(self.province, 2021, 2022), code).parts:
                numbers = [item.number for item in part.contributions]
                self.assertEqual(sum(numbers, Decimal(0)), part.figure.number, code)
