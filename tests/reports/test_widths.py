"""Columns of workbooks fit their figures: no #### up to 12 digits, with decimals, words and sums."""

import re
from decimal import Decimal

from django.db import models
from django.test import SimpleTestCase
from openpyxl.utils import get_column_letter

from danvan.common import excel
from records.kinds import KINDS
from records.sheets.columns import resource_of
from reports.models import Indicator, Qualifier
from reports.sheets.columns import _column
from tests.reports.consolidation_data import enter
from tests.reports.test_workbook import Books

LARGE = 999_999_999_999


def pixels(number, fmt: str) -> int:
    """Return how wide Excel draws a number in Times New Roman 12: 8 pixels a digit, 4 a separator."""
    positive, _, negative = fmt.partition(";")
    words = "".join(re.findall(r'"([^"]*)"', positive))
    places = len(re.sub("[^0]", "", positive.partition(".")[2]))
    text = f"{abs(Decimal(str(number))):,.{places}f}" + ("+" if negative else "")
    return 8 * len(words) + sum(4 if sign in ",." else 8 for sign in text)


def room(width: float) -> float:
    """Return the pixels a cell leaves to a number: 7 a unit of width, less what Excel keeps on both sides."""
    return 7 * width - 1


class ConsolidationTests(Books):
    def test_every_number_of_every_sheet_fits(self):
        enter(self.y2021, "1", DT01=7)
        for code in ("1", "2", "3", "4"):
            enter(self.y2022, code, Qualifier.AT_LEAST, DT01=LARGE, VD01=f"{LARGE}.125", GS08=LARGE)
        enter(self.y2022, "35", DT01=LARGE, DV09=LARGE, DT07=3, DT08=LARGE)
        found = 0
        for sheet in self.book(first=2022):
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, (int, float)) and cell.value > 9999:
                        width = sheet.column_dimensions[get_column_letter(cell.column)].width
                        self.assertLessEqual(
                            pixels(cell.value, cell.number_format), room(width), (sheet.title, cell)
                        )
                        found += 1
        self.assertGreater(found, 40)

    def test_small_figures_keep_narrow_columns(self):
        enter(self.y2022, "1", DT01=7)
        self.assertEqual(self.book(first=2022)["Tổng hợp"].column_dimensions["D"].width, 12)


class PlainSheetTests(SimpleTestCase):
    def test_sheets_of_figures(self):
        for kind, number, fmt in (
            ("INT", LARGE, excel.WHOLE),
            ("DEC", f"{LARGE}.999", "#,##0.000"),
        ):
            column = _column(Indicator(code="DT01", label="x", value_type=kind, entry_levels="X"))
            self.assertLessEqual(pixels(number, fmt), room(column.width), kind)

    def test_sheets_of_records(self):
        seen = set()
        for kind in KINDS:
            for name, column in resource_of(kind).fields.items():
                field = column.widget.field
                if isinstance(field, models.DecimalField):
                    places = field.decimal_places
                    largest = Decimal(10) ** (field.max_digits - places) - 1
                    fmt = f"#,##0.{'0' * places}"
                elif isinstance(field, models.IntegerField) and column.fmt == excel.WHOLE:
                    largest, fmt = 1_000_000, excel.WHOLE  # the models take no more
                else:
                    continue
                seen.add(type(field))
                self.assertLessEqual(pixels(largest, fmt), room(column.width), name)
        self.assertEqual(len(seen), 2)
