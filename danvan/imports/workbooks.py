"""Workbooks around an import: the template to fill in, and the file that comes back with its errors.

The file that comes back is built anew from what the safe reader saw, cell by cell at the same address;
the person's own file is never opened with a library that trusts it.
"""

from collections import defaultdict
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from danvan.common import excel
from danvan.common.ops.progress import taken
from danvan.common.sheets import cells
from danvan.common.sheets.addresses import column_letter, split_address
from danvan.common.sheets.columns import Column
from danvan.common.sheets.formats import MARK
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.blocks import ReadSheet
from danvan.imports.checking import opened
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Target, target_of

AUTHOR = "Dân vận"
HEADER_ROW = 3
TEXT = "@"
LIST_ROWS = 2000
WHOLE_FILE = 20_000  # rows up to which the good rows come back as well
_HEAD = PatternFill("solid", fgColor="E8EEF7")
_MUST = PatternFill("solid", fgColor="F6E4E0")
_BAD = PatternFill("solid", fgColor="FFC7CE")
_LISTS = "_danhmuc"


def template_workbook(target: Target, job: ImportJob) -> Workbook:
    """Return the workbook to fill in: headings, drop-down lists, locked codes, guide, hidden marker."""
    book = Workbook()
    book.properties.creator = AUTHOR
    sheet = book.active
    sheet.title = excel.safe_sheet_title(target.sheet_title)
    columns = target.columns(job)
    excel.put(sheet.cell(1, 1), target.title).font = Font(bold=True, size=14)
    excel.put(
        sheet.cell(2, 1),
        "Cột có dấu * là bắt buộc. Nhập từ dòng 4, không đổi tên cột. Xem trang “Hướng dẫn”.",
    ).font = Font(italic=True)
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    excel.put(lists.cell(1, 1), target.marker_of(job))
    locked = any(column.locked for column in columns)
    for index, column in enumerate(columns, start=1):
        _head(sheet.cell(HEADER_ROW, index), column)
        dimension = sheet.column_dimensions[column_letter(index - 1)]
        dimension.width = column.width
        # Text is typed into cells of text: Excel makes a day of "5/12" and a 7 of "007" elsewhere.
        dimension.number_format = column.fmt or TEXT
        if locked and not column.locked:
            dimension.protection = Protection(locked=False)
        _drop_down(sheet, lists, index, column)
    _fill(sheet, target, job, columns, locked)
    sheet.row_dimensions[HEADER_ROW].height = 48
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, min(3, len(columns)))
    if locked:
        sheet.protection.sheet = True
        sheet.protection.formatColumns = False
    _guide(book, target, job, columns)
    return book


def _head(cell: Any, column: Column) -> None:
    excel.put(cell, f"{column.heading} *" if column.required else column.heading)
    cell.font, cell.fill = Font(bold=True), _MUST if column.required else _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")


def _drop_down(sheet: Any, lists: Any, index: int, column: Column) -> None:
    """Offer the choices of a column as a list that stands on the hidden sheet."""
    if not column.choices:
        return
    place = column_letter(index - 1)
    for row, choice in enumerate(column.choices, start=2):
        excel.put(lists.cell(row, index), choice)
    last = len(column.choices) + 1
    rule = DataValidation(
        type="list", formula1=f"{_LISTS}!${place}$2:${place}${last}", allow_blank=True
    )
    rule.errorTitle = "Không có trong danh sách"
    rule.error = "Vui lòng chọn một giá trị trong danh sách."
    rule.add(f"{place}{HEADER_ROW + 1}:{place}{LIST_ROWS}")
    sheet.add_data_validation(rule)


def _fill(sheet: Any, target: Target, job: ImportJob, columns: list[Column], locked: bool) -> None:
    for number, row in enumerate(target.template_rows(job), start=HEADER_ROW + 1):
        for index, column in enumerate(columns, start=1):
            value = row.get(column.key)
            if value is None and not locked:
                continue
            fmt = TEXT if isinstance(value, str) else column.fmt or TEXT
            cell = excel.put(sheet.cell(number, index), value, fmt)
            if locked and not column.locked:
                cell.protection = Protection(locked=False)


def _guide(book: Workbook, target: Target, job: ImportJob, columns: list[Column]) -> None:
    sheet = book.create_sheet("Hướng dẫn")
    for letter, width in zip("ABCD", (34, 12, 48, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    row = 1
    for sentence in (*target.guide(job), *_GENERAL):
        excel.put(sheet.cell(row, 1), sentence)
        row += 1
    row += 1
    for index, heading in enumerate(("Cột", "Bắt buộc", "Giá trị nhận", "Ghi chú"), start=1):
        cell = excel.put(sheet.cell(row, index), heading)
        cell.font, cell.fill = Font(bold=True), _HEAD
    for column in columns:
        row += 1
        values = (column.heading, column.required, "; ".join(column.choices), column.hint)
        for index, value in enumerate(values, start=1):
            cell = excel.put(sheet.cell(row, index), value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")


_GENERAL = (
    "Số: 1.140 hoặc 1140; số lẻ dùng dấu phẩy: 90,5. Ngày: 31/12/2024.",
    "Ô trống nghĩa là chưa có số liệu, khác với số 0 (không phát sinh). Ô trống không xóa số đã có.",
    "Có thể thêm dòng tiêu đề phía trên và dòng tổng phía dưới; hệ thống tự nhận ra bảng.",
    "Tải tệp lên, xem trước từng thay đổi và từng lỗi, rồi mới xác nhận ghi.",
)


def errors_workbook(job: ImportJob) -> Workbook:
    """Return the uploaded table with its bad cells coloured and a comment in each, and a list of them.

    Rows stand where they stood; of a long file only the bad rows come back. Raises FileRefused.
    """
    target = target_of(job.target)
    returned = _Returned(job, target)

    def same(sheets: list[ReadSheet]) -> ReadSheet:
        for sheet in sheets:
            if sheet.name == job.layout["sheet"]:
                return sheet
        raise FileRefused("Không còn thấy trang đã đọc trong tệp. Vui lòng tải tệp lên lại.")

    with opened(job, target, target.wanted(job), same) as workbook:
        for number, row in taken(workbook.rows):
            returned.take(number, row)
    return returned.finish()


class _Returned:
    """The workbook that goes back to its owner, row by row."""

    def __init__(self, job: ImportJob, target: Target) -> None:
        self.job, self.bad = job, _problems_by_row(job)
        self.header, self.only_bad = job.layout["header"], job.progress > WHOLE_FILE
        self.book = Workbook(write_only=True)
        self.book.properties.creator = AUTHOR
        self.sheet = self.book.create_sheet(excel.safe_sheet_title(job.layout["sheet"]))
        widths = {column.key: column.width for column in target.columns(job)}
        for key, letter in job.layout["letters"].items():
            self.sheet.column_dimensions[letter].width = widths.get(key, 16)
        self.sheet.freeze_panes = f"A{self.header + 1}"
        self.done = 0
        self.told: list[tuple[str, str, str, str]] = []

    def take(self, number: int, row: list) -> None:
        """Append a row of the file, where it stood unless only the bad ones come back."""
        bad = self.bad.pop(number, {})
        if self.only_bad and number > self.header and not bad:
            return
        while self.done < number - 1 and not (self.only_bad and number > self.header):
            self.sheet.append([])
            self.done += 1
        self.sheet.append(_cells(self.sheet, row, bad, bold=number == self.header))
        self.done += 1
        for column, problems in bad.items():
            address = f"{column_letter(column)}{self.done}"
            self.told += [(address, *problem) for problem in problems]

    def finish(self) -> Workbook:
        """Append the rows the reader did not see (nothing but error cells) and the list of errors."""
        for number in sorted(self.bad):
            self.take(number, [])
        sheet = self.book.create_sheet("Danh sách lỗi")
        for letter, width in zip("ABCD", (9, 34, 30, 80), strict=True):
            sheet.column_dimensions[letter].width = width
        sheet.freeze_panes = "A2"
        heads = ["Ô", "Cột", "Giá trị trong tệp", "Lỗi và cách sửa"]
        for row in ([*heads], *self.told):
            cells_ = [excel.put(WriteOnlyCell(sheet), value) for value in row]
            for cell in cells_:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=row == heads)
            sheet.append(cells_)
        return self.book


def _problems_by_row(job: ImportJob) -> dict[int, dict[int, list[tuple[str, str, str]]]]:
    """Return row → {column index: (heading, value, message)} of all errors of the job."""
    letters, headings = job.layout["letters"], job.layout["headings"]
    first = min(
        ((split_address(f"{letter}1") or (0, 0))[1] for letter in letters.values()), default=0
    )
    rows: dict[int, dict[int, list]] = defaultdict(lambda: defaultdict(list))
    for _, (number, _label, problems) in job.entries(RowKind.ERROR):
        for key, message, value, *_ in problems:
            row, column = split_address(job.address(key, number)) or (number, first)
            rows[row][column].append((headings.get(key, "(cả dòng)"), value, message))
    return dict(rows)


def _cells(sheet: Any, row: list, bad: dict | None, *, bold: bool = False) -> list:
    width = max([len(row), *((column + 1 for column in bad) if bad else ())])
    found = []
    for index in range(width):
        cell = WriteOnlyCell(sheet)
        value = _value(row[index]) if index < len(row) else None
        if value is None and bad and index in bad:
            value = bad[index][0][1] or None  # the error an error cell showed: never a silent blank
        excel.put(cell, value)
        if row[index : index + 1] in ([], [""]) and str(value).startswith("#"):
            cell.data_type = "e"  # an error goes back as one, text that looks like it as text
        if bold:
            cell.font = Font(bold=True)
        if bad and index in bad:
            cell.fill = _BAD
            messages = "\n".join(message for *_, message in bad[index])
            cell.comment = Comment(messages, AUTHOR, width=320, height=120)
        found.append(cell)
    return found


def _value(cell: Any) -> Any:
    """Return a cell as it is to be written again."""
    if isinstance(cell, str):
        marked = cell.startswith(MARK)
        return cells.day_of(cell) or (cells.shown(cell) if marked else cell or None)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else _finite(cell)
    return cell


def _finite(number: float) -> Any:
    return number if abs(number) < 1e300 else "#NUM!"
