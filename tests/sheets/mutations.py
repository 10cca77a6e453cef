"""A sheet as a model that can be disfigured the ways offices do, and what each way must lead to.

A quiet change leaves what the sheet says as it was: the import may refuse it, but what it takes must be the
truth. A loud one makes it say something else or leaves it open: it must be asked about or be an error.
"""

from __future__ import annotations

import datetime
import io
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from danvan.common import excel
from danvan.common.sheets.columns import Column
from danvan.common.text import search_key
from tests.imports.tools import saved
from tests.sheets.encodings import as_1258, as_tcvn3, as_utf8, as_vni

IDENTITY = ("unit", "unit_name")


@dataclass
class Line:
    """A line below the headings: the cells of a record by column, or something else by place."""

    cells: dict[str, Any] = field(default_factory=dict)
    other: list = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    hidden: bool = False


@dataclass
class Mutant:
    """One sheet and what was done to it; `loud` says why taking it as it stands would be a misreading."""

    columns: list[Column]
    lines: list[Line]
    title: str
    rng: random.Random
    loud: str = ""
    headings: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    above: list[list] = field(default_factory=list)
    below: list[list] = field(default_factory=list)
    others: list[tuple[str, str, list[list]]] = field(default_factory=list)
    merged: list[tuple[str, int, int]] = field(default_factory=list)
    late: bool = False
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order = [column.key for column in self.columns]
        self.headings = {column.key: column.heading for column in self.columns}

    @property
    def records(self) -> list[Line]:
        """The lines that are records."""
        return [line for line in self.lines if line.cells]

    def pick(self, what: Callable[[Column], bool]) -> str:
        """Return the key of a column of which every record says something, "" for none."""
        keys = [
            column.key
            for column in self.columns
            if what(column)
            and column.key in self.order
            and column.key not in IDENTITY
            and all(line.cells.get(column.key) not in (None, "") for line in self.records)
        ]
        return self.rng.choice(keys) if keys else ""

    def saved(self) -> bytes:
        """Return the workbook."""
        book = openpyxl.Workbook()
        book.epoch = CALENDAR_MAC_1904 if self.late else CALENDAR_WINDOWS_1900
        sheet = book.active
        sheet.title = self.title
        for row in self.above:
            sheet.append(row)
        self._heads(sheet)
        for line in self.lines:
            self._line(sheet, line)
        for row in self.below:
            sheet.append(row)
        for name, state, rows in self.others:
            other = book.create_sheet(name)
            for row in rows:
                other.append(row)
            other.sheet_state = state
        return saved(book)

    def _heads(self, sheet) -> None:
        if self.groups:
            sheet.append([self.groups.get(key) for key in self.order])
            row = sheet.max_row
            for group in dict.fromkeys(self.groups.values()):
                places = [i for i, key in enumerate(self.order, 1) if self.groups.get(key) == group]
                if len(places) > 1:
                    first, last = get_column_letter(places[0]), get_column_letter(places[-1])
                    sheet.merge_cells(f"{first}{row}:{last}{row}")
        sheet.append([self.headings[key] for key in self.order])
        self.first = sheet.max_row + 1

    def _line(self, sheet, line: Line) -> None:
        row = sheet._current_row + 1
        if not line.cells:
            sheet.append(line.other)
            return
        sheet.append([None if key == "" else line.cells.get(key) for key in self.order])
        for place, key in enumerate(self.order, 1):
            cell = sheet.cell(row, place)
            if key in line.formats:
                cell.number_format = line.formats[key]
            elif isinstance(cell.value, datetime.date):
                cell.number_format = excel.DATE
            if isinstance(cell.value, str):
                cell.data_type = "s"
        sheet.row_dimensions[row].hidden = line.hidden
        for key, first, count in self.merged:
            if self.records[first] is line:
                letter = get_column_letter(self.order.index(key) + 1)
                sheet.merge_cells(f"{letter}{row}:{letter}{row + count}")


def from_export(data: bytes, columns: list[Column], rng: random.Random) -> Mutant:
    """Return the model of the first sheet of an export."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    heads, *rows = sheet.values
    keys = {column.heading: column.key for column in columns}
    lines = [
        Line({keys[h]: _plain(cell) for h, cell in zip(heads, row, strict=True) if h in keys})
        for row in rows
    ]
    known = [column for column in columns if column.heading in heads]
    return Mutant(known, lines, sheet.title, rng)


def _plain(cell: Any) -> Any:
    return cell.date() if isinstance(cell, datetime.datetime) else cell


def _is_text(column: Column) -> bool:
    return column.fmt == "" and not column.choices


def _is_number(column: Column) -> bool:
    return column.fmt in (excel.WHOLE, excel.FRACTION)


def _is_day(column: Column) -> bool:
    return column.fmt == excel.DATE


# -- what leaves the meaning as it was ---------------------------------------------------------------


def shuffled(m: Mutant) -> None:
    m.rng.shuffle(m.order)


def titled(m: Mutant) -> None:
    m.above += [["UBND XÃ TIÊN SƠN"], [], ["BẢNG TỔNG HỢP", None]]


def signed(m: Mutant) -> None:
    m.below += [
        [],
        [None, "Tiên Sơn, ngày 20 tháng 12 năm 2024"],
        ["NGƯỜI LẬP BIỂU", None, "BÍ THƯ"],
    ]
    m.below += [["Nguyễn Văn A", None, "Trần Văn B"]]


def _total(m: Mutant, label: str) -> list:
    """Return a line that sums: its label in one of the first columns, figures below figures."""
    numbers = {column.key for column in m.columns if _is_number(column)}
    row = [12 if key in numbers else None for key in m.order]
    row[m.rng.choice([0, 1])] = label
    return row


def summed(m: Mutant) -> None:
    m.below.insert(0, _total(m, m.rng.choice(["Tổng cộng", "Tổng số: 4", "CỘNG", "Toàn xã"])))


def subtotalled(m: Mutant) -> None:
    line = Line(other=_total(m, m.rng.choice(["Cộng", "Cộng quý I", "Tổng (1)"])))
    m.lines.insert(m.rng.randrange(1, len(m.lines) + 1), line)


def grouped(m: Mutant) -> None:
    m.lines.insert(0, Line(other=[m.rng.choice(["I", "Quý I", "6 tháng đầu năm", "A. Xã"])]))


def numbered(m: Mutant) -> None:
    m.lines.insert(0, Line(other=[f"({n})" for n in range(1, len(m.order) + 1)]))


def spaced(m: Mutant) -> None:
    for _ in range(2):
        m.lines.insert(m.rng.randrange(len(m.lines) + 1), Line(other=[None]))


def counted(m: Mutant) -> None:
    m.order.insert(0, "stt")
    m.headings["stt"] = m.rng.choice(["STT", "TT", "Số TT"])
    for number, line in enumerate(m.records, 1):
        line.cells["stt"] = number


def strange_column(m: Mutant) -> None:
    m.order.append("strange")
    m.headings["strange"] = "Cột riêng của xã"


def without_names(m: Mutant) -> None:
    m.order = [key for key in m.order if key != "unit_name"]


def without_codes(m: Mutant) -> None:
    if "unit_name" in m.order:
        m.order = [key for key in m.order if key != "unit"]


def codes_as_numbers(m: Mutant) -> None:
    for line in m.records if "unit" in m.order else ():
        line.cells["unit"] = int(line.cells["unit"])


def days_as_text(m: Mutant) -> None:
    for column in filter(_is_day, m.columns):
        for line in m.records:
            if isinstance(day := line.cells.get(column.key), datetime.date):
                line.cells[column.key] = m.rng.choice([f"{day:%d/%m/%Y}", f"{day:%-d.%-m.%Y}"])


def bare_days(m: Mutant) -> None:
    m.late = m.rng.random() < 0.5
    start = CALENDAR_MAC_1904 if m.late else CALENDAR_WINDOWS_1900
    for column in filter(_is_day, m.columns):
        for line in m.records:
            if isinstance(day := line.cells.get(column.key), datetime.date):
                line.cells[column.key] = (day - start.date()).days
                line.formats[column.key] = "General"


def numbers_as_text(m: Mutant) -> None:
    for column in filter(_is_number, m.columns):
        for line in m.records:
            number = line.cells.get(column.key)
            if isinstance(number, int):
                line.cells[column.key] = f"{number:,}".replace(",", m.rng.choice([".", " "]))


def bare_headings(m: Mutant) -> None:
    change = m.rng.choice([str.upper, lambda t: f"{t} (*)", lambda t: f"  {t} *", search_key])
    m.headings = {
        key: change(text) if "%" not in text else text for key, text in m.headings.items()
    }


def over_two_rows(m: Mutant) -> None:
    places = [i for i, key in enumerate(m.order) if key not in (*IDENTITY, "stt", "strange")]
    start = m.rng.choice(places[:-1])
    m.groups = dict.fromkeys(m.order[start : start + 2], "Nội dung cụ thể")


def decomposed(m: Mutant) -> None:
    for line in m.records:
        for key, cell in line.cells.items():
            if isinstance(cell, str):
                line.cells[key] = unicodedata.normalize("NFD", cell)


def twin_out_of_sight(m: Mutant) -> None:
    heads = [m.headings[key] for key in m.order]
    rows = [[line.cells.get(key) for key in m.order] for line in m.records]
    m.others.append(("Bản cũ", "hidden", [heads, *rows]))


def guide_beside(m: Mutant) -> None:
    m.others.append(("Ghi nhớ", "visible", [["Gửi trước 15/12"], ["Hỏi anh Bình"]]))


QUIET = (
    *(shuffled, titled, signed, summed, subtotalled, grouped, numbered, spaced, counted),
    *(strange_column, without_names, without_codes, codes_as_numbers, days_as_text, bare_days),
    *(numbers_as_text, bare_headings, over_two_rows, decomposed, twin_out_of_sight, guide_beside),
)


# -- what makes it say something else, or leaves it open -----------------------------------------------


def hidden_row(m: Mutant) -> str:
    m.rng.choice(m.records).hidden = True
    return "a hidden row"


def second_sheet(m: Mutant) -> str:
    heads = [m.headings[key] for key in m.order]
    rows = [[line.cells.get(key) for key in m.order] for line in m.records]
    m.others.append(("Trang sau", "visible", [heads, *rows]))
    return "a second sheet"


def second_table(m: Mutant) -> str:
    heads = [m.headings[key] for key in m.order]
    rows = [[line.cells.get(key) for key in m.order] for line in m.records[:1]]
    m.below += [[], ["Phần bổ sung"], heads, *rows]
    return "a second table"


def changed_heading(m: Mutant) -> str:
    key = m.pick(lambda column: column.fmt != "@")
    words = m.rng.choice(["(nữ)", "(kế hoạch)", "(năm 2019)", "(so với cùng kỳ)", "%", "(quý I)"])
    m.headings[key] += f" {words}"
    return f"{key} {words}" if key else ""


def changed_group(m: Mutant) -> str:
    key = m.pick(_is_number)
    if not key or m.groups:
        return ""
    m.order.remove(key)
    m.order += [key, "beside"]
    m.headings["beside"] = "Diễn giải"
    m.groups = dict.fromkeys((key, "beside"), m.rng.choice(["Kế hoạch", "Năm 2019", "Cùng kỳ"]))
    return f"{key} below {m.groups[key]}"


def doubled(m: Mutant) -> str:
    line = m.rng.choice(m.records)
    m.lines.append(Line(dict(line.cells)))
    return "a row twice"


def formatted(m: Mutant) -> str:
    key = m.pick(_is_number)
    if not key:
        return ""
    line = m.rng.choice(m.records)
    fmt = m.rng.choice(["0%", "#,##0,", '0" nghìn"', ";;;"])
    if not isinstance(line.cells[key], (int, float)) or key in line.formats:
        return ""
    line.formats[key] = fmt
    return f"{key} shown as {fmt}"


def two_values(m: Mutant) -> str:
    key = m.pick(_is_number)
    if not key:
        return ""
    m.rng.choice(m.records).cells[key] = m.rng.choice(["5\n120", "5   120", "12\n3"])
    return f"{key} twice in a cell"


def unclear_number(m: Mutant) -> str:
    key = m.pick(_is_number)
    if not key:
        return ""
    m.rng.choice(m.records).cells[key] = m.rng.choice(["1.14", "-", "5,000", "#N/A", "năm"])
    return f"{key} unclear"


def foreign_name(m: Mutant) -> str:
    if "unit_name" not in m.order:
        return ""
    line = m.rng.choice(m.records)
    line.cells["unit_name"] = m.rng.choice(["Xã Yên Nam", "Phường Đồng Văn", "Chi bộ 4"])
    return "another unit's name"


def foreign_code(m: Mutant) -> str:
    if "unit" not in m.order:
        return ""
    m.rng.choice(m.records).cells["unit"] = m.rng.choice(["13384", "99999", "133\n69"])
    return "another unit's code"


def day_in_text(m: Mutant) -> str:
    key = m.pick(_is_text)
    if not key:
        return ""
    m.rng.choice(m.records).cells[key] = datetime.date(2024, 12, 5)
    return f"a day in {key}"


def merged_down(m: Mutant) -> str:
    key = m.pick(lambda column: _is_day(column) or _is_number(column))
    places = [n for n, line in enumerate(m.records[:-1]) if _next_is_record(m, line)]
    if not key or not places:
        return ""
    first = m.rng.choice(places)
    m.merged.append((key, first, 1))
    m.records[first + 1].cells[key] = None
    return f"{key} merged over rows"


def _next_is_record(m: Mutant, line: Line) -> bool:
    place = next(n for n, other in enumerate(m.lines) if other is line)
    return place + 1 < len(m.lines) and bool(m.lines[place + 1].cells)


def old_encoding(m: Mutant) -> str:
    if not all(line.cells.get("location") for line in m.records):
        return ""  # "Ghi chó sè" could be meant
    change = m.rng.choice([as_tcvn3, as_vni, as_1258, as_utf8])
    for key in ("title", "note", "location"):
        for line in m.records:
            if isinstance(text := line.cells.get(key), str):
                line.cells[key] = change(unicodedata.normalize("NFC", text))
    return f"texts by {change.__name__}"


LOUD = (
    *(hidden_row, second_sheet, second_table, changed_heading, changed_group, doubled, formatted),
    *(two_values, unclear_number, foreign_name, foreign_code, day_in_text, merged_down),
    old_encoding,
)
