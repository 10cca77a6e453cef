"""The rows of a sheet as offices fill it, and what becomes of every line that is none.

Titles above the table, headings over several rows, a second table, hidden rows, merged cells, totals in
the middle and at the end, group titles, signatures: each line is a row or is accounted for by number and
reason. What may be read in two ways is a question (danvan.common.sheets.table.questions).
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from danvan.common.sheets.addresses import column_letter, split_address, spoken
from danvan.common.sheets.cells import CellValue, is_blank
from danvan.common.sheets.formats import MARK
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.account import SIGNED, Account
from danvan.common.sheets.table.blocks import (
    Block,
    ReadSheet,
    blocks_of,
    heading_of,
    settle_columns,
)
from danvan.common.sheets.table.lines import TableLine, is_measures, is_numbering
from danvan.common.sheets.table.questions import Question, about_hidden
from danvan.common.sheets.table.wanted import WantedTable

GROUP = "_group"  # the title a row stands under, beside its columns
_CODE = re.compile(r"\s*\d[\d ]+(?:\.0?)?\s*")
_NOWHERE = 1 << 20  # the column of a key that this table does not have
_SOME = 200
_NUMBERED = 2  # lines below the headings that may number the columns


@dataclass
class Table:
    """The tables that are read as one: their columns, the questions about them, and their rows."""

    sheet: ReadSheet
    blocks: list[Block]
    columns: dict[int, str]
    questions: list[Question]
    account: Account
    filled_down: dict[int, str] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    spare: dict[int, set[str]] = field(default_factory=dict)
    wide: dict[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def letters(self) -> dict[str, str]:
        """Column letter of each key in the first table, for addresses in messages."""
        return self.blocks[0].letters

    @property
    def keys(self) -> set[str]:
        """Return the keys of all columns that are read."""
        return {key for block in self.blocks for key in block.columns.values()}

    def columns_at(self, number: int) -> dict[int, str]:
        """Return column → key of the table that row `number` belongs to."""
        found = self.blocks[0]
        for block in self.blocks[1:]:
            if number > block.last:
                found = block
        return found.columns

    def keys_in(self, indexes: Iterable[int]) -> set[str]:
        """Return the keys of the columns among `indexes`, in any of the tables."""
        wanted = set(indexes)
        return {key for b in self.blocks for index, key in b.columns.items() if index in wanted}


def find_table(
    sheet: ReadSheet, hidden: Iterable[int], wanted: WantedTable, answers: Mapping[str, str]
) -> Table:
    """Return the table or tables of the kind on `sheet`; `hidden` are its hidden rows.

    Raises FileRefused when there is none, when it lacks required columns or has one twice.
    """
    found = blocks_of(sheet, wanted.headings)
    complete = [block for block in found if not block.missing(wanted.required, wanted.instead)]
    if not complete:
        raise FileRefused(_nothing(found, wanted))
    account = Account(sheet)
    used, questions = _choose(sheet, complete, answers, account)
    for block in found:
        if block not in complete:
            missing = block.missing(wanted.required, wanted.instead)
            lacks = ", ".join(f"“{text}”" for text in missing)
            account.left.append((block.first, block.end, f"bảng thiếu cột {lacks}"))
    for block in used:
        questions += settle_columns(block, answers, wanted.names, wanted.required)
        account.read.append(block)
    columns = {index: key for block in reversed(used) for index, key in block.columns.items()}
    table = Table(sheet, used, columns, questions, account)
    _ask_about_hidden(table, hidden, answers)
    _ask_about_merged(table, answers)
    return table


def _nothing(found: list[Block], wanted: WantedTable) -> str:
    """Return why no table can be read."""
    if not found:
        names = ", ".join(f"“{heading}”" for heading in list(wanted.required.values())[:6])
        return (
            f"Không tìm thấy dòng tiêu đề của bảng. Cần có các cột: {names or 'như trong tệp mẫu'}."
        )
    best = max(found, key=lambda block: len(block.keys))
    names = ", ".join(f"“{text}”" for text in best.missing(wanted.required, wanted.instead))
    unknown = ", ".join(f"“{heading_of(index, best)}”" for index in best.unknown[:8])
    return (
        f"Dòng tiêu đề (dòng {best.last}) thiếu các cột: {names}."
        + (f" Các cột không nhận ra: {unknown}." if unknown else "")
        + " Vui lòng đặt tiêu đề như trong tệp mẫu."
    )


def _choose(
    sheet: ReadSheet, complete: list[Block], answers: Mapping[str, str], account: Account
) -> tuple[list[Block], list[Question]]:
    """Return the tables to read and what is asked where there are several."""
    filled = [block for block in complete if sheet.filled_rows(block.last + 1, block.end)]
    for block in complete:
        if filled and block not in filled:
            account.left.append((block.first, block.end, "bảng chưa có dòng nào"))
    complete = filled or complete[:1]
    if len(complete) == 1:
        return complete, []
    options = [("tat-ca", f"Đọc cả {len(complete)} bảng")]
    for number, block in enumerate(complete, start=1):
        last = min(block.end, max(b for _, b in sheet.filled))
        title = account.caption(block)
        text = f"Chỉ đọc bảng ở dòng {block.first}–{last}{f' “{title}”' if title else ''}"
        options.append((str(number), text))
    starts = spoken([block.last for block in complete])
    question = Question(
        "bang",
        f"Trang “{sheet.name}” có {len(complete)} bảng (tiêu đề ở dòng {starts}). Đọc bảng nào?",
        tuple(options),
    )
    answer = question.answered(answers)
    used = [complete[int(answer) - 1]] if answer.isdigit() else complete
    for block in complete:
        if block not in used:
            account.left.append((block.first, block.end, "bảng không được chọn"))
    return used, [question]


def _ask_about_hidden(table: Table, hidden: Iterable[int], answers: Mapping[str, str]) -> None:
    rows = [
        row
        for row in hidden
        if any(block.last < row <= block.end for block in table.blocks)
        and table.sheet.filled_rows(row, row)
    ]
    if not rows:
        return
    question = about_hidden(table.sheet.name, rows)
    table.questions.append(question)
    if question.answered(answers) == "bo":
        table.skipped.update(rows)


def _ask_about_merged(table: Table, answers: Mapping[str, str]) -> None:
    """Ask about cells merged over several rows, column by column; refuse those over several columns."""
    tall: dict[int, list[str]] = {}
    for top, left, bottom, right in table.sheet.merged:
        block = next((b for b in table.blocks if b.last < top <= b.end), None)
        if block is None:
            continue
        columns = [index for index in block.columns if left <= index <= right]
        area = f"{column_letter(left)}{top}:{column_letter(right)}{bottom}"
        if len(columns) > 1:
            table.wide.update(dict.fromkeys(range(top, bottom + 1), (columns[0], area)))
        elif columns and bottom > top:
            tall.setdefault(columns[0], []).append(area)
    for index, areas in sorted(tall.items()):
        letter = column_letter(index)
        heading = next(heading_of(index, block) for block in table.blocks if index in block.columns)
        listed = ", ".join(areas[:4]) + ("…" if len(areas) > 4 else "")
        question = Question(
            f"gop-{letter}",
            f"Cột {letter} “{heading}” có ô gộp qua nhiều dòng ({listed}). Giá trị đó là của dòng nào?",
            (("moi-dong", "Của mọi dòng trong ô gộp"), ("dong-dau", "Chỉ của dòng đầu")),
        )
        table.questions.append(question)
        if question.answered(answers) == "moi-dong":
            table.filled_down[index] = letter


def rows_of(
    table: Table, rows: Iterable[tuple[int, list[CellValue]]], keys: tuple[str, ...]
) -> Iterator[tuple[int, dict]]:
    """Yield the rows of `table` as {key: cell}, the same keys in each; all other lines are accounted for."""
    reading = _Reading(table, keys)
    for number, cells in rows:
        row = reading.take(number, cells)
        if row is not None:
            yield number, row


class _Reading:
    """Goes down the lines of a sheet and says of each what it is."""

    def __init__(self, table: Table, keys: tuple[str, ...]) -> None:
        self.table, self.account = table, table.account
        self.keys = tuple(key for key in keys if key in table.columns.values())
        self.unit = self.keys[0] if self.keys[:1] == ("unit",) else ""
        self.present = list(dict.fromkeys(k for b in table.blocks for k in b.columns.values()))
        self.blocks = iter(table.blocks)
        self.block: Block | None = None
        self.following: Block | None = next(self.blocks, None)
        self.items: list[tuple[str, int]] = []
        self.spare: list[int] = []
        self.closing, self.group, self.place = False, "", ""
        self.down = _spans(table)
        self.above: dict[int, CellValue] = {}

    def take(self, number: int, cells: list[CellValue]) -> dict | None:
        """Return the row of data that a line is, None when it is none (the account says what)."""
        if self.following is not None and number >= self.following.first:
            self._enter(self.following)
        block = self.block
        if block is None or number > block.end:
            self.account.outside(number, cells)
            return None
        if number <= block.last:
            return None
        width = len(cells)
        row = {key: cells[index] if index < width else "" for key, index in self.items}
        if self.down:
            self._fill_down(number, row, block)
        named = [key for key in self.keys if not is_blank(row[key])]
        reason = "dòng ẩn" if number in self.table.skipped else ""
        if number <= block.last + _NUMBERED:
            reason = reason or _below_headings(cells, named)
        if not reason and (len(named) < 2 or self._only_words(row, named)):
            reason = self._reason(number, cells, row, named)
        if reason:
            self.account.skip(number, reason, cells)
            return None
        if self.group:
            row[GROUP] = self.group
        if self.spare:
            self._keep_spare(cells, width)
        return row

    def _keep_spare(self, cells: list[CellValue], width: int) -> None:
        """Keep some texts of columns that are not read: names of units among them are asked about."""
        for index in self.spare:
            cell = cells[index] if index < width else ""
            if isinstance(cell, str) and cell and cell[:1] != MARK:
                kept = self.table.spare.setdefault(index, set())
                if len(kept) < _SOME and len(cell) < _SOME:
                    kept.add(cell)

    def _enter(self, block: Block) -> None:
        self.block, self.following = block, next(self.blocks, None)
        places = {key: index for index, key in block.columns.items()}
        self.items = [(key, places.get(key, _NOWHERE)) for key in self.present]
        last = max([*block.paths, *block.columns], default=0) + 1
        self.spare = [index for index in range(last + 1) if index not in block.columns]
        self.closing, self.group, self.place = False, "", ""

    def _reason(self, number: int, cells: list[CellValue], row: dict, named: list[str]) -> str:
        """Return why a line without enough to name it is no row; "" when it is one all the same."""
        if self.unit in named and _CODE.fullmatch(str(row[self.unit])):
            return ""
        line = TableLine(cells)
        if len(named) > 1 and not (line.is_signature or self.closing):
            return ""
        if line.is_total:
            return "dòng tổng"
        if self.account.is_caption(number, cells):
            return "tên bảng sau"
        if line.is_group:
            title = " ".join(line.texts)
            self.place = title if line.place else self.place  # "Quý II" below "Xã Yên Nam"
            self.group = title if line.place else f"{self.place} {title}".strip()
            return "tiêu đề nhóm"
        if all(map(is_blank, row.values())):
            return self._bare(line)
        if line.solid:
            return ""
        self.closing = self.closing or line.is_signature
        return SIGNED if self.closing else ""

    @staticmethod
    def _only_words(row: dict, named: list[str]) -> bool:
        """Return whether nothing that names a row has a digit, as codes and days do: signatures stand so."""
        return not any(any(map(str.isdigit, str(row[key]))) for key in named)

    def _bare(self, line: TableLine) -> str:
        """Return what a line is that says nothing in the columns that are read."""
        if line.is_signature:
            self.closing = True
        if self.closing:
            return SIGNED
        return "không có gì trong các cột được đọc" if line.folded else "chỉ có số thứ tự"

    def _fill_down(self, number: int, row: dict, block: Block) -> None:
        """Give the rows of a merged cell the value of its first one, where the owner said so."""
        for index, top in self.down.get(number, ()):
            key = block.columns[index]
            if number == top:
                self.above[index] = row[key]
            elif is_blank(row[key]):
                row[key] = self.above.get(index, "")


def _below_headings(cells: list[CellValue], named: list[str]) -> str:
    """Return why a line right below the headings is no row, "" where it may be one."""
    if is_numbering(cells):
        return "số thứ tự cột"
    return "đơn vị tính" if not named and is_measures(cells) else ""


def _spans(table: Table) -> dict[int, list[tuple[int, int]]]:
    """Return row → (column, first row) of the merged cells whose value goes for all their rows."""
    found: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, right in table.sheet.merged:
        for index, row in itertools.product(table.filled_down, range(top, bottom + 1)):
            if left <= index <= right and bottom > top:
                found.setdefault(row, []).append((index, top))
    return found


def bad_by_row(bad: Mapping[str, str]) -> dict[int, dict[int, str]]:
    """Return row number → {column: what} of the error cells the reader found."""
    rows: dict[int, dict[int, str]] = {}
    for address, what in bad.items():
        if place := split_address(address):
            rows.setdefault(place[0], {})[place[1]] = what
    return rows
