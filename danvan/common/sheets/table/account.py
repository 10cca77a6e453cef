"""What of a sheet was read and what was not: every line, column and sheet, by number and reason."""

import itertools
from collections.abc import Iterable

from danvan.common.sheets.addresses import column_letter, spoken
from danvan.common.sheets.cells import CellValue, is_blank, shown
from danvan.common.sheets.table.blocks import Block, ReadSheet, heading_of
from danvan.common.sheets.table.headings import COUNTERS
from danvan.common.text import clean_line, search_key

_ABOVE = "tiêu đề phía trên bảng"
SIGNED = "chữ ký, ghi chú dưới bảng"
_SIGNS = 60
_NAMED = 3  # lines of a reason that are quoted, so that their owner knows them again


def shorten(text: str, length: int = 60) -> str:
    """Return `text` for a sentence: cut at `length`, and then it ends in …"""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


class Account:
    """Keeps the lines of one sheet that are no rows, and says so in sentences."""

    def __init__(self, sheet: ReadSheet) -> None:
        self.sheet = sheet
        self.lines: dict[str, list[int]] = {}
        self.words: dict[int, str] = {}
        self.read: list[Block] = []  # the tables that are read
        self.left: list[tuple[int, int, str]] = []  # first and last line of others, and why
        self.left_columns: list[str] = []
        self.said: list[str] = []
        self.below: list[str] = []  # texts of who signs, where and when

    def skip(self, number: int, reason: str, cells: list[CellValue]) -> None:
        """Note a line that is no row."""
        if reason == SIGNED and len(self.below) < _SIGNS:
            self.below += [clean_line(c) for c in cells if isinstance(c, str) and not is_blank(c)]
        numbers = self.lines.setdefault(reason, [])
        numbers.append(number)
        if len(numbers) <= _NAMED:
            texts = (clean_line(shown(cell)) for cell in cells if not is_blank(cell))
            self.words[number] = shorten(" ".join(itertools.islice(texts, 6)), 50)

    def outside(self, number: int, cells: list[CellValue]) -> None:
        """Note a line above, between or below the tables that are read."""
        for first, last, reason in self.left:
            if first <= number <= last:
                self.skip(number, reason, cells)
                return
        above = not self.read or number < self.read[0].first
        self.skip(number, _ABOVE if above else "ngoài bảng", cells)

    def caption(self, block: Block) -> str:
        """Return the line of words right above a table, "" when there is none."""
        for row in range(block.first - 1, max(block.first - 3, 0), -1):
            texts = [c for c in self.sheet.near.get(row, []) if not is_blank(c)]
            if texts:
                single = len(texts) == 1 and isinstance(texts[0], str)
                return shorten(clean_line(shown(texts[0]))) if single else ""
        return ""

    def is_caption(self, number: int, cells: list[CellValue]) -> bool:
        """Return whether a line is the title of the next table on the sheet."""
        starts = [block.first for block in self.read] + [first for first, *_ in self.left]
        near = any(0 < first - number <= 3 for first in starts)
        return near and sum(not is_blank(cell) for cell in cells) == 1

    def used(self, hidden_columns: Iterable[int]) -> list[str]:
        """Return what was read: tables, headings, columns; hidden ones are said to be hidden."""
        found = [*self.said]
        hidden = set(hidden_columns)
        for block in self.read:
            rows = f"dòng {block.first}" + (f"–{block.last}" if block.last > block.first else "")
            listed = ", ".join(
                f"{column_letter(index)} {heading_of(index, block)}{' (ẩn)' * (index in hidden)}"
                for index in sorted(block.columns)
            )
            found.append(f"Tiêu đề ở {rows}; các cột: {shorten(listed, 1500)}.")
        if above := self.lines.get(_ABOVE):
            found.append(f"Phía trên bảng, không đọc: dòng {spoken(above)}.")
        return found

    def notices(self, hidden_columns: Iterable[int]) -> list[str]:
        """Return what was not read, or should be known about what was, in sentences."""
        found = []
        hidden = {i for i in hidden_columns for block in self.read if i in block.columns}
        if hidden:
            letters = ", ".join(map(column_letter, sorted(hidden)))
            found.append(f"Cột {letters} đang ẩn trong tệp nhưng vẫn được đọc.")
        if columns := self._unused_columns():
            found.append(f"Các cột không dùng tới: {', '.join(columns[:12])}.")
        for reason, numbers in self.lines.items():
            if reason != _ABOVE:
                found.append(self._sentence(reason, numbers))
        return found

    def _unused_columns(self) -> list[str]:
        found = {
            f"{column_letter(index)} “{shorten(heading_of(index, block))}”": None
            for block in self.read
            for index in block.paths
            if index not in block.columns and search_key(block.paths[index][-1]) not in COUNTERS
        }
        headed = {index for block in self.read for index in (*block.paths, *block.columns)}
        bare = (self.sheet.dates | self.sheet.numbers | self.sheet.texts) - headed
        untitled = (f"{column_letter(index)} (không có tiêu đề)" for index in sorted(bare))
        return [*found, *(untitled if self.read else ()), *self.left_columns]

    def _sentence(self, reason: str, numbers: list[int]) -> str:
        quoted = [f"“{self.words[n]}”" for n in numbers if self.words.get(n)]
        words = f": {', '.join(quoted)}" if quoted and len(numbers) <= _NAMED else ""
        return f"Không đọc dòng {spoken(numbers, 40)} ({reason}{words})."
