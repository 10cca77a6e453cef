"""The workbook read back cell by cell, the letterhead, the command that writes the file."""

import datetime
import tempfile
from io import BytesIO, StringIO
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase
from openpyxl import load_workbook

from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation.scope import Scope
from reports.documents.workbook.build import build, collect, file_name
from reports.documents.workbook.dressed import DressedWorkbook
from reports.models import Indicator, Qualifier, State
from tests.reports.consolidation_data import (
    consolidated,
    enter,
    make_period,
    make_tree,
    make_unit,
    set_state,
)


class Books(TestCase):
    """The small province over 2021 and 2022, and how to read its workbook back."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2021, cls.y2022 = make_period(2021, is_demo=True), make_period(2022)

    def book(self, unit="35", first=2021, last=2022, **options):
        file = BytesIO()
        build(collect(Scope(self.tree[unit], first, last, **options))).save(file)
        return load_workbook(file)

    def find(self, sheet, text, column=2):
        """Return the row (a tuple of cells) whose cell in `column` holds `text`."""
        rows = [row for row in sheet.iter_rows() if row[column - 1].value == text]
        self.assertEqual(len(rows), 1, text)
        return rows[0]

    def values(self, row, first, last):
        return [cell.value for cell in row[first - 1 : last]]


class WorkbookTests(Books):
    def test_summary_equals_the_page(self):
        enter(self.y2021, "35", DT01=3, DT07=4, DT08=3)
        enter(self.y2022, "350", DT01=0)
        enter(self.y2022, "1", VD01="0.25")
        sheet = self.book()["Tổng hợp"]
        lines = consolidated(self.tree["35"], 2021, 2022).lines
        for code in ("DT01", "DT07", "DT11", "VD01", "DV08", "GS08"):
            row = self.find(sheet, f"Chỉ tiêu {code}")
            line = lines[code]
            shown = [*line.by_level.values(), line.total]
            self.assertEqual(self.values(row, 4, 7), [figure.number for figure in shown], code)
        self.assertEqual(self.values(self.find(sheet, "Chỉ tiêu DT01"), 4, 7), [3, 0, None, 3])

    def test_numbers_are_numbers_and_say_how_exact_they_are(self):
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT01=1140)
        enter(self.y2022, "2", Qualifier.ABOUT, DT07=90)
        enter(self.y2022, "2", DT08=45)
        sheet = self.book()["Tổng hợp"]
        row = self.find(sheet, "Chỉ tiêu DT01")
        self.assertEqual((row[6].value, row[6].number_format), (1140, '"trên "#,##0'))
        self.assertEqual(row[9].value, "trên 1.140")
        self.assertEqual(self.find(sheet, "Chỉ tiêu DT07")[6].number_format, '"khoảng "#,##0')
        ratio = self.find(sheet, "Chỉ tiêu DT11")
        self.assertEqual((ratio[6].value, ratio[6].number_format), (50, '"khoảng "0.0'))
        self.assertIn("45/90", ratio[9].value)

    def test_change_against_the_year_before(self):
        enter(self.y2021, "1", DT01=10)
        enter(self.y2022, "1", DT01=4)
        row = self.find(self.book(first=2022)["Tổng hợp"], "Chỉ tiêu DT01")
        self.assertEqual(self.values(row, 7, 9), [4, 10, -6])
        self.assertEqual(row[8].number_format, "+#,##0;-#,##0;0")

    def test_section_sheet_groups_by_district_and_adds_up(self):
        for code, number in (("35", 1), ("347", 10), ("1", 100), ("3", 1000)):
            enter(self.y2022, code, DT01=number)
        sheet = self.book()["DT Đối thoại của người đứng đầu"]
        rows = [(row[0], row[1], row[2]) for row in sheet.iter_rows(min_row=5, values_only=True)]
        self.assertEqual(
            rows,
            [
                (None, "Cấp tỉnh", 1),
                ("I", "Thành phố Phủ Lý", 110),
                (None, "Cấp huyện", 10),
                (1, "Xã Liêm Chung", 100),
                (2, "Xã Phù Vân", None),
                ("II", "Huyện Kim Bảng", 1000),
                (None, "Cấp huyện", None),
                (1, "Xã Lê Hồ", 1000),
                (2, "Xã Đại Cương", None),
                (None, "TỔNG CỘNG TỈNH HÀ NAM", 1111),
            ],
        )

    def test_ratings_are_words(self):
        enter(self.y2022, "1", CQ02=4)
        enter(self.y2022, "2", CQ02=5)
        book = self.book()
        sheet = book["CQ Chính quyền thân thiện"]
        self.assertEqual(self.find(sheet, "Xã Liêm Chung")[3].value, "Tốt")
        self.assertEqual(self.find(sheet, "Thành phố Phủ Lý")[3].value, "Xuất sắc 1 · Tốt 1")
        self.assertIn("Tốt 1", self.find(book["Tổng hợp"], "Chỉ tiêu CQ02")[9].value)

    def test_a_single_district_and_a_single_section(self):
        enter(self.y2022, "1", DT01=2)
        book = self.book("347", section="DT")
        self.assertEqual(
            book.sheetnames,
            ["Tổng hợp", "DT Đối thoại của người đứng đầu", "Biểu đồ", "Tình hình nộp"],
        )
        rows = book.worksheets[1].iter_rows(min_row=5, min_col=2, max_col=3, values_only=True)
        self.assertEqual(
            list(rows),
            [
                ("Cấp huyện", None),
                ("Xã Liêm Chung", 2),
                ("Xã Phù Vân", None),
                ("TỔNG CỘNG THÀNH PHỐ PHỦ LÝ", 2),
            ],
        )

    def test_charts_draw_the_cells_below_them(self):
        enter(self.y2022, "1", DT01=2, GS08=1)
        sheet = self.book()["Biểu đồ"]
        titles = [chart.title.tx.rich.p[0].r[0].t for chart in sheet._charts]
        self.assertEqual(titles, ["DT01 Chỉ tiêu DT01", "GS08 Chỉ tiêu GS08"])
        self.assertEqual(self.find(sheet, "Thành phố Phủ Lý", column=1)[1].value, 2)
        self.assertNotIn("Biểu đồ", self.book("1").sheetnames)

    def test_no_chart_is_cut_by_a_page(self):
        codes = ("DT01", "DV09", "GS08", "VD01")
        for code, unit in zip(codes, ("1", "35", "1", "1"), strict=True):
            enter(self.y2022, unit, **{code: 5})
        with mock.patch(
            "reports.documents.workbook.charts._ROWS", 20
        ):  # a page that holds one row of charts
            sheet = self.book()["Biểu đồ"]
        charts = sorted({chart.anchor._from.row + 1 for chart in sheet._charts})
        (table,) = [row[0].row for row in sheet.iter_rows() if row[0].value == "Đơn vị"]
        self.assertEqual(len(charts), 2)
        # A page ends with the row `id`; the empty row above a chart or the table goes to the next.
        self.assertEqual(sorted(brk.id for brk in sheet.row_breaks.brk), [charts[1] - 2, table - 2])

    def test_submission_status(self):
        set_state(self.y2022, "2", State.DRAFT)
        sheet = self.book()["Tình hình nộp"]
        rows = [row for row in sheet.iter_rows(min_row=5, values_only=True) if row[3] == "Năm 2022"]
        (draft,) = [row for row in rows if row[1].startswith("Xã Phù Vân")]
        self.assertEqual((draft[4], draft[8]), ("Đang soạn", "Quá hạn, chưa có trong số liệu"))
        self.assertEqual(len(rows), 7)
        self.assertIsInstance(draft[5], datetime.datetime)

    def test_text_never_becomes_a_formula(self):
        Indicator.objects.filter(code="DT01").update(label='=HYPERLINK("http://x")')
        AdministrativeUnit.objects.filter(code="1").update(name="=1+1")
        book = self.book()
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    self.assertNotEqual(cell.data_type, "f", cell.coordinate)

    def test_labels_that_excel_forbids_as_sheet_names(self):
        for number, section in enumerate(self.y2022.catalogue.sections.all()):
            section.label = f"[Tên/rất:dài]*? {'x' * 40}{number % 2}"
            section.save()
        names = self.book().sheetnames
        self.assertEqual(len({name.casefold() for name in names}), len(names))
        self.assertTrue(all(len(name) <= 31 for name in names))

    def test_page_setup_and_properties(self):
        book = self.book()
        for sheet in book:
            self.assertEqual(sheet.page_setup.orientation, "landscape")
            self.assertEqual(sheet.page_setup.paperSize, 9)
            self.assertTrue(sheet.sheet_properties.pageSetUpPr.fitToPage)
            self.assertEqual(sheet.page_setup.fitToHeight, 0)
            self.assertTrue(sheet.print_title_rows)
            self.assertTrue(sheet.freeze_panes)
            fonts = {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value}
            self.assertEqual(fonts, {"Times New Roman"})
        self.assertIn("từ năm 2021 đến năm 2022", book.properties.title)
        self.assertEqual(book.properties.creator, "BAN DÂN VẬN")

    def test_head_demo_note_and_signature(self):
        sheet = self.book()["Tổng hợp"]
        texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
        for text in (
            "TỈNH ỦY HÀ NAM", "BAN DÂN VẬN", "ĐẢNG CỘNG SẢN VIỆT NAM", "Số        -BC/BDVTU",
            "Hà Nam, ngày 31 tháng 12 năm 2022", "Số liệu minh họa, không phải số liệu thật.",
            "NGƯỜI LẬP BIỂU", "TRƯỞNG BAN", "I. Đối thoại của người đứng đầu",
        ):  # fmt: skip
            self.assertIn(text, texts)

    def test_file_name(self):
        self.assertEqual(
            file_name(Scope(self.tree["35"], 2021, 2022)),
            "Tổng hợp công tác dân vận Tỉnh Hà Nam 2021-2022",
        )


class CommandTests(Books):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_command(self, *args, **kwargs):
        out = StringIO()
        given = {"unit": "35", "years": "2021-2022", "output": str(self.folder / "f.xlsx")} | kwargs
        call_command("export_consolidated", *args, stdout=out, **given)
        return out.getvalue()

    def test_writes_one_file_and_says_what_is_in_it(self):
        enter(self.y2022, "1", DT01=5)
        set_state(self.y2021, "2", State.DRAFT)
        self.assertIn("13 of 14 reports", self.run_command())
        self.assertEqual([path.name for path in self.folder.iterdir()], ["f.xlsx"])
        book = load_workbook(self.folder / "f.xlsx")
        self.assertEqual(self.find(book["Tổng hợp"], "Chỉ tiêu DT01")[6].value, 5)
        for sheet in (
            "Tổng hợp",
            "Biểu đồ",
        ):  # a year without all reports says so beside the others
            texts = {str(cell.value) for row in book[sheet].iter_rows() for cell in row}
            self.assertTrue(any("13/14 báo cáo" in text for text in texts), sheet)

    def test_single_year_and_section_in_any_case(self):
        self.run_command(years="2022", section="dt")
        self.assertEqual(
            len(load_workbook(self.folder / "f.xlsx").sheetnames), 3
        )  # without charts: no figure

    def test_waiting_reports_on_request(self):
        enter(self.y2022, "1", DT01=5)
        set_state(self.y2022, "1", State.SUBMITTED)
        self.run_command("--include-submitted")
        book = load_workbook(self.folder / "f.xlsx")
        self.assertEqual(self.find(book["Tổng hợp"], "Chỉ tiêu DT01")[6].value, 5)

    def test_mistakes_are_told_and_write_nothing(self):
        for wrong, message in (
            ({"unit": "999"}, "no unit with code"),
            ({"years": "22"}, "neither a year"),
            ({"years": "2022-2021"}, "after"),
            ({"years": "1900-2022"}, "at most"),
            ({"years": "2030"}, "no reporting period"),
            ({"section": "ZZ"}, "known: DT, DV"),
            ({"output": str(self.folder / "f.pdf")}, "must end in .xlsx"),
            ({"output": str(self.folder / "no" / "f.xlsx")}, "no folder"),
            ({"output": str(self.folder)}, "must end in .xlsx"),
        ):
            with self.subTest(wrong), self.assertRaisesMessage(CommandError, message):
                self.run_command(**wrong)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_failed_write_leaves_the_old_file(self):
        target = self.folder / "f.xlsx"
        target.write_bytes(b"old")
        full = OSError(28, "No space left on device")
        with (
            mock.patch.object(DressedWorkbook, "save", side_effect=full),
            self.assertRaisesMessage(CommandError, "No space left"),
        ):
            self.run_command()
        self.assertEqual([path.name for path in self.folder.iterdir()], ["f.xlsx"])
        self.assertEqual(target.read_bytes(), b"old")

    def test_unit_that_never_reported(self):
        make_unit("36", "tinh", "Nam Định", Level.PROVINCE)
        with self.assertRaisesMessage(CommandError, "has no report"):
            self.run_command(unit="36")
