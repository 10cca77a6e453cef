"""The door that writes cells: nothing live, nothing lost, nothing Excel refuses."""

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
from django.utils import timezone

from danvan.common.excel import (
    DATE,
    WHOLE,
    Sheet,
    put,
    safe_file_name,
    safe_sheet_title,
    stream_rows,
)
from danvan.common.sheets.columns import Column

LIVE = ["=1+1", "==1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']


def _saved(workbook):
    target = io.BytesIO()
    workbook.save(target)
    return openpyxl.load_workbook(target)


def _streamed(*sheets):
    target = io.BytesIO()
    stream_rows(target, *sheets)
    return openpyxl.load_workbook(target)


@pytest.mark.parametrize("text", LIVE)
def test_put_never_writes_a_formula(text):
    workbook = openpyxl.Workbook()
    put(workbook.active["A1"], text)
    cell = _saved(workbook).active["A1"]
    assert (cell.data_type, cell.value.strip(), bool(cell.quotePrefix)) == ("s", text.strip(), True)


@pytest.mark.parametrize("text", LIVE)
def test_stream_never_writes_a_formula(text):
    cell = _streamed(Sheet("a", (Column("Tên"),), [(text,)])).active["A2"]
    assert (cell.data_type, cell.value.strip(), bool(cell.quotePrefix)) == ("s", text.strip(), True)


def test_put_keeps_numbers_and_dates_native():
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    moment = datetime.datetime(2022, 12, 31, 17, 30, tzinfo=datetime.UTC)
    values = [1140, Decimal("90.5"), datetime.date(2022, 1, 5), moment, None]
    for row, value in enumerate(values, 1):
        put(sheet.cell(row, 1), value)
    put(sheet["A1"], 1140, WHOLE)
    sheet = _saved(workbook).active
    assert [sheet.cell(row, 1).value for row in (1, 2, 5)] == [1140, 90.5, None]
    assert (sheet["A1"].number_format, sheet["A3"].number_format) == (WHOLE, DATE)
    assert sheet["A3"].value.date() == datetime.date(2022, 1, 5)
    assert sheet["A4"].value == timezone.make_naive(moment)


def test_both_doors_drop_what_xml_refuses_and_keep_the_rest():
    dirty, clean = "a\x00b\x0bc\ud800\ufffe\nđ ", "abc\nđ "
    workbook = openpyxl.Workbook()
    put(workbook.active["A1"], dirty)
    assert _saved(workbook).active["A1"].value == clean
    assert _streamed(Sheet("a", (Column("Tên"),), [(dirty,)])).active["A2"].value == clean


def test_a_text_that_looks_like_an_escape_is_not_one():
    workbook = openpyxl.Workbook()
    put(workbook.active["A1"], "_x0041_")
    assert _saved(workbook).active["A1"].value == "_x005F_x0041_"


def test_words_for_yes_and_no_old_dates_and_long_text():
    row = (True, datetime.date(1890, 5, 1), "x" * 40_000)
    columns = (Column("a"), Column("b", fmt=DATE), Column("c"))
    sheet = _streamed(Sheet("a", columns, [row])).active
    assert (sheet["A2"].value, sheet["B2"].value) == ("Có", "01/05/1890")
    assert (len(sheet["C2"].value), sheet["C2"].value[-1]) == (32_767, "…")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(ValueError, match="not a number"):
        put(openpyxl.Workbook().active["A1"], number)


def test_stream_has_a_frozen_filtered_header_widths_and_formats():
    columns = (Column("Tên", 30), Column("Ngày", 12, DATE), Column("Số", 9, WHOLE))
    rows = [("Đối thoại", datetime.date(2022, 1, 5), 1140), ("Hội nghị", None, None)]
    book = _streamed(Sheet("Hồ sơ 1/2", columns, iter(rows)), Sheet("Hồ sơ 1-2", columns, []))
    assert book.sheetnames == ["Hồ sơ 1-2", "Hồ sơ 1-2 (2)"]
    sheet = book.worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C3")
    assert sheet.column_dimensions["A"].width == pytest.approx(30, abs=1)
    assert [cell.value for cell in sheet[1]] == ["Tên", "Ngày", "Số"]
    assert (sheet["B2"].number_format, sheet["C2"].value, sheet["C3"].value) == (DATE, 1140, None)
    assert [cell.value for cell in book.worksheets[1][1]] == ["Tên", "Ngày", "Số"]


def test_equal_headings_are_refused():
    with pytest.raises(ValueError, match="equal headings"):
        stream_rows(io.BytesIO(), Sheet("a", (Column("x"), Column("x")), []))


def test_names_of_sheets_and_files():
    assert safe_sheet_title("[a]:b*?/\\'") == "-a--b----"
    assert safe_sheet_title("") == "Trang tính"
    assert safe_sheet_title("History") == "History 1"
    assert safe_sheet_title("Đ" * 40, ["đ" * 31]) == "Đ" * 27 + " (2)"
    assert safe_file_name("../../Hồ sơ: xã “Tiên\nSơn”\x00") == "Hồ sơ- xã “Tiên-Sơn”.xlsx"
    assert safe_file_name("..") == "tep.xlsx"
    assert len(safe_file_name("x" * 500)) == 120
