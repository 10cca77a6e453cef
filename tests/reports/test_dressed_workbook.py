"""The official workbook's own way of writing cells gives what openpyxl gives, look by look."""

import datetime
import os
import subprocess
import sys
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import openpyxl
from django.conf import settings
from django.test import SimpleTestCase
from lxml import etree
from openpyxl import load_workbook

from reports.documents.workbook import cells
from reports.documents.workbook.dressed import DressedWorkbook

VALUES = (
    *("Xã Lê Hồ", "", " lùi vào ", "hai\ndòng", "<b>&\"'</b>", "=1+1", "-", "_x0041_", "#N/A", "a\x0bb"),
    *(0, -7, 10**14, 0.5, 84.5360824742, 1e-7, Decimal("1140.125"), None, True),
    *(datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 13, 5)),  # noqa: DTZ001 - as a cell has it
)  # fmt: skip
LOOKS: tuple[dict, ...] = (
    {},
    {"font": cells.BOLD, "fill": cells.SECTION_FILL},
    {"align": cells.RIGHT, "fmt": '"trên "#,##0'},
    {"box": False, "align": cells.CENTER},
)
BARE = """
import io, openpyxl
from reports.documents.workbook.dressed import DressedWorkbook
assert not openpyxl.LXML
book, file = DressedWorkbook(), io.BytesIO()
book.active["B2"] = "có dòng"
book.save(file)
assert openpyxl.load_workbook(file).active["B2"].value == "có dòng"
"""


class SameAsOpenpyxlTest(SimpleTestCase):
    def book(self) -> DressedWorkbook:
        """Return a workbook with every value in every look, some of them twice, in no order of rows."""
        book = DressedWorkbook()
        ws = book.active
        for row in (3, 1, 2):
            for column, value in enumerate(VALUES * 2, 1):
                cells.write(ws, row, column, value, **LOOKS[row - 1 if column < 30 else 3])
        cells.write(ws, 2, 1, "ghi lại", font=cells.ITALIC)
        cells.write_across(ws, 5, 1, 4, "Tiêu đề", font=cells.TITLE)
        cells.write_across(ws, 6, 1, 4, "Mục", font=cells.BOLD, fill=cells.HEAD_FILL)
        cells.set_page(ws, head_row=1, freeze_column=2, last_column=9)
        return book

    def saved(self, book: DressedWorkbook, save) -> tuple[bytes, bytes]:
        """Return the sheet as canonical XML and the styles."""
        file = BytesIO()
        save(book, file)
        with ZipFile(file) as parts:
            sheet = etree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
            return etree.tostring(sheet, method="c14n"), parts.read("xl/styles.xml")

    def test_the_file_is_the_one_that_openpyxl_writes(self):
        ours = self.saved(self.book(), DressedWorkbook.save)
        theirs = self.saved(self.book(), openpyxl.Workbook.save)
        self.assertEqual(ours, theirs)

    def test_no_row_is_lost_where_openpyxl_works_without_lxml(self):
        """An element without content has another spelling there."""
        environment = {**os.environ, "OPENPYXL_LXML": "False"}
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", BARE], cwd=settings.BASE_DIR, env=environment, check=True
        )

    def test_each_cell_has_the_look_it_was_given(self):
        file = BytesIO()
        self.book().save(file)
        sheet = load_workbook(file).active
        bold, plain, again = sheet["A2"], sheet["A1"], sheet["V3"]
        self.assertEqual((bold.value, bold.font.i, bold.fill.fill_type), ("ghi lại", True, None))
        self.assertEqual((plain.font.b, plain.alignment.wrap_text), (False, True))
        self.assertEqual(
            (again.number_format, again.alignment.horizontal), ('"trên "#,##0', "right")
        )
        self.assertEqual((sheet["F1"].quotePrefix, sheet["F1"].data_type), (True, "s"))
        self.assertEqual(
            (sheet["A5"].border.left.style, sheet["D6"].border.right.style), (None, "thin")
        )
        self.assertEqual({str(one) for one in sheet.merged_cells.ranges}, {"A5:D5", "A6:D6"})
        self.assertEqual(sheet["T1"].number_format, "dd/mm/yyyy")

    def test_heights_and_widths_are_written(self):
        book = self.book()
        cells.write_head(book.active, 8, ["Một", "Hai"], 41.5)
        cells.write_number(book.active, 9, 2, Decimal(999_999_999_999), "#,##0")
        cells.write_number(book.active, 10, 2, Decimal(1), "#,##0")
        file = BytesIO()
        book.save(file)
        sheet = load_workbook(file).active
        self.assertEqual(sheet.row_dimensions[8].height, 41.5)
        self.assertGreater(sheet.column_dimensions["B"].width, 18)
