"""Tables on a sheet: where headings stand, over one row or several, and which column holds what.

Works on what the survey of a sheet told. A table whose headings name everything that is required is one of
the kind; the others are named, and their rows are never taken for rows of a table above them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from danvan.common.sheets.addresses import column_letter, split_address
from danvan.common.sheets.cells import CellValue, is_blank
from danvan.common.sheets.formats import MARK
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.headings import COUNTERS, Fit, Headings
from danvan.common.sheets.table.lines import is_numbering
from danvan.common.sheets.table.questions import SKIP, Question
from danvan.common.text import search_key

NAMES_IN, YES = "ten-o-", "co"  # the answer that a column nobody knows holds names of units
_MANY = 40  # columns that are too many to choose from
# Columns that only say whose a row is, and of which year: no table has these alone.
WHOSE = {"unit", "unit_name", "of_year"}
_REACH = 2  # rows a heading goes on for, below and above its fullest one
Merged = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass
class ReadSheet:
    """A sheet as the reading child saw it; rows count from 1, columns from 0."""

    name: str
    hidden: bool
    heads: list[int] = field(default_factory=list)
    near: dict[int, list[CellValue]] = field(default_factory=dict)
    sides: dict[int, int] = field(default_factory=dict)
    filled: list[tuple[int, int]] = field(default_factory=list)
    dates: set[int] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)

    def filled_rows(self, first: int, last: int) -> int:
        """Return how many rows from `first` to `last` say something."""
        return sum(max(0, min(b, last) - max(a, first) + 1) for a, b in self.filled)


@dataclass
class Block:
    """A table: its rows of headings, the column of each key, and what about it is not sure."""

    first: int
    last: int
    columns: dict[int, str]
    paths: dict[int, tuple[str, ...]]
    doubts: dict[int, Fit]
    end: int = 1 << 30  # the row before the next table

    @property
    def letters(self) -> dict[str, str]:
        """Column letter of each key, for addresses in messages."""
        return {key: column_letter(index) for index, key in self.columns.items()}

    @property
    def keys(self) -> set[str]:
        """Return the keys the table has or may have."""
        return {*self.columns.values(), *(key for fit in self.doubts.values() for key in fit.keys)}

    def missing(self, required: Mapping[str, str], instead: Mapping[str, str]) -> list[str]:
        """Return the headings of the required columns it lacks; `instead` names what may stand for one."""
        found = self.keys
        if found <= WHOSE:
            return [*required.values()] or ["số liệu"]
        return [
            text
            for key, text in required.items()
            if key not in found and instead.get(key) not in found
        ]

    @property
    def unknown(self) -> list[int]:
        """Return the columns that have a heading nobody knows."""
        return [
            index for index in self.paths if index not in self.columns and index not in self.doubts
        ]


def heading_of(index: int, block: Block) -> str:
    """Return the heading of a column as its owner sees it."""
    return " – ".join(block.paths.get(index, ()))


def blocks_of(sheet: ReadSheet, headings: Headings) -> list[Block]:
    """Return the tables of `sheet` from the top down, without answers applied."""
    found: list[Block] = []
    heads = list(sheet.heads)
    while heads:
        group = [row for row in heads if row <= heads[0] + _REACH]
        main = max(group, key=lambda row: (_fits(sheet.near[row], headings), -row))
        block = _block(sheet, main, headings)
        if found:
            found[-1].end = block.first - 1
        found.append(block)
        heads = [row for row in heads if row > block.last]
    return found


def texts_of(cells: list[CellValue]) -> dict[int, str] | None:
    """Return the texts of a row of headings by column, None for a row that holds anything else."""
    found: dict[int, str] = {}
    for index, cell in enumerate(cells):
        if is_blank(cell):
            continue
        if isinstance(cell, float) and 1900 <= cell <= 2100 and cell.is_integer():
            cell = str(int(cell))
        if not isinstance(cell, str) or cell[:1] == MARK:
            return None
        found[index] = " ".join(cell.split())
    return found


def _fits(cells: list[CellValue], headings: Headings) -> int:
    return sum(bool(headings.fit(text).keys) for text in (texts_of(cells) or {}).values())


def _block(sheet: ReadSheet, main: int, headings: Headings) -> Block:
    """Return the table whose fullest row of headings is `main`."""
    first = last = main
    while first > main - _REACH and _goes_above(sheet, first - 1, first, headings):
        first -= 1
    while last < main + _REACH and _goes_below(sheet, last, last + 1, headings):
        last += 1
    paths = _paths(sheet, first, last)
    columns: dict[int, str] = {}
    doubts: dict[int, Fit] = {}
    grouped = _under_groups(sheet, first, last)
    for index, path in paths.items():
        fit = headings.of_column(path)
        if fit.sure:
            columns[index] = fit.keys[0]
        elif fit.keys or (index in grouped and search_key(path[-1]) not in COUNTERS):
            doubts[index] = fit
    return Block(first, last, columns, paths, doubts)


def _merges_in(sheet: ReadSheet, row: int) -> Iterator[Merged]:
    return (area for area in sheet.merged if area[0] <= row <= area[2])


def _goes_below(sheet: ReadSheet, upper: int, lower: int, headings: Headings) -> bool:
    """Return whether row `lower` goes on with the headings of `upper`: only where those left room."""
    cells = sheet.near.get(lower, [])
    texts, above = texts_of(cells), texts_of(sheet.near[upper]) or {}
    if not texts or is_numbering(cells):
        return False
    if any(isinstance(cell, float) for cell in cells) and above.keys() >= texts.keys():
        return False  # figures that look like years
    wide = {
        column
        for area in _merges_in(sheet, upper)
        if area[3] > area[1] and area[2] == upper
        for column in range(area[1], area[3] + 1)
    }
    known = 0
    for index, text in texts.items():
        told = len(texts) > 1 and index in above and headings.changes(text)
        if not (told or index in wide or index not in above or not headings.fit(above[index]).keys):
            return False
        known += bool(told or headings.fit(text).keys)
    return bool(known) or wide.issuperset(texts)


def _goes_above(sheet: ReadSheet, upper: int, lower: int, headings: Headings) -> bool:
    """Return whether row `upper` heads groups of the columns of `lower`; a title above the table does not."""
    texts, below = texts_of(sheet.near.get(upper, [])), texts_of(sheet.near[lower]) or {}
    if not texts:
        return False
    width = max(below, default=0) - min(below, default=0) + 1
    for area in _merges_in(sheet, upper):
        across, down = area[3] - area[1] + 1, area[2] > upper
        if (1 < across < width and area[0] == upper) or (down and area[1] in texts):
            return True
    return any(index not in below and headings.fit(text).keys for index, text in texts.items())


def _paths(sheet: ReadSheet, first: int, last: int) -> dict[int, tuple[str, ...]]:
    """Return the headings of each column from the top down, groups spread over what they head."""
    rows = {row: dict(texts_of(sheet.near.get(row, [])) or {}) for row in range(first, last + 1)}
    for top, left, bottom, right in sheet.merged:
        if top > last or bottom < first or left not in rows.get(max(top, first), {}):
            continue
        text = rows[max(top, first)][left]
        for row in range(max(top, first), min(bottom, last) + 1):
            rows[row].update(dict.fromkeys(range(left, right + 1), text))
    for row in range(first, last):
        _spread(rows[row], rows[row + 1])
    found: dict[int, tuple[str, ...]] = {}
    for index in sorted({index for texts in rows.values() for index in texts}):
        texts = [rows[row][index] for row in rows if index in rows[row]]
        found[index] = tuple(dict.fromkeys(texts))
    return found


def _spread(upper: dict[int, str], lower: dict[int, str]) -> None:
    """Let a heading without a merged area stand over the columns to its right that have only a lower one."""
    group = ""
    for index in range(max(lower, default=-1) + 1):
        if index in upper:
            group = upper[index] if index in lower and lower[index] != upper[index] else ""
        elif index in lower and group:
            upper[index] = group
        else:
            group = ""


def _under_groups(sheet: ReadSheet, first: int, last: int) -> set[int]:
    """Return the columns below a heading that stands over several."""
    return {
        column
        for row in range(first, last)
        for area in _merges_in(sheet, row)
        if area[3] > area[1]
        for column in range(area[1], area[3] + 1)
    }


def settle_columns(
    block: Block, answers: Mapping[str, str], names: Mapping[str, str], required: Collection[str]
) -> list[Question]:
    """Apply the answers to the doubtful columns of `block`; return the questions, answered or not.

    `names` are the headings by key. Raises FileRefused when two columns end up as the same.
    """
    questions = []
    for index, fit in sorted(block.doubts.items()):
        if not fit.keys and len(names) > _MANY:
            continue  # named among the columns that are not used
        question = _question(index, fit, block, names)
        questions.append(question)
        answer = question.answered(answers)
        if answer and answer != SKIP:
            block.columns[index] = answer
    if "unit_name" in names and "unit_name" not in block.columns.values():
        for name in answers:
            place = split_address(f"{name.removeprefix(NAMES_IN)}1")
            if name.startswith(NAMES_IN) and answers[name] == YES and place:
                block.columns.setdefault(place[1], "unit_name")
    _require_single(block, names)
    return questions


def _question(index: int, fit: Fit, block: Block, names: Mapping[str, str]) -> Question:
    letter, heading = column_letter(index), heading_of(index, block)
    if not fit.keys:
        text = f"Cột {letter} “{heading}” đứng dưới tiêu đề chung nhưng chưa rõ là cột nào. Dùng làm gì?"
        free = [key for key in names if key not in block.columns.values()]
    elif len(fit.keys) > 1:
        text = f"Cột {letter} “{heading}” có thể là nhiều cột. Là cột nào?"
        free = list(fit.keys)
    else:
        text = f"Cột {letter} “{heading}” có thêm “{fit.doubt}”. Có đúng là cột dưới đây không?"
        free = list(fit.keys)
    options = [(key, f"Là cột “{names[key]}”") for key in free if key in names]
    where = f"{block.first}{letter}"
    return Question(f"cot-{where}", text, (*options, (SKIP, "Không dùng cột này")))


def _require_single(block: Block, names: Mapping[str, str]) -> None:
    seen: dict[str, int] = {}
    for index, key in sorted(block.columns.items()):
        first = seen.setdefault(key, index)
        if first != index:
            raise FileRefused(
                f"Cột {column_letter(first)} và cột {column_letter(index)} cùng tiêu đề "
                f"“{names.get(key, key)}”. Vui lòng xóa bớt một cột."
            )
