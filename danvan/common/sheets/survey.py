"""What a look over a whole sheet tells before any row is judged. Runs in the reading child.

Which rows look like headings and what stands around them, which rows say something at all, which columns
hold dates, numbers or text typed in an old encoding. The caller decides with it; here nothing is decided.
"""

import datetime
from collections import deque
from collections.abc import Collection, Iterable
from typing import Any

from danvan.common.sheets.addresses import ranges
from danvan.common.sheets.legacy import Witness, readings
from danvan.common.sheets.table.headings import fold_heading
from danvan.common.text import search_key

ABOVE = 60  # rows above the first headings that are handed over
BELOW = 3  # and below each: a heading may go on there
MAX_HEADS = 200
MAX_MERGED = 20_000
SIDE_COLUMNS, SIDE_ROWS = 6, 3000
_SHAPES = 2000  # kinds of row that are remembered
_FEW = 300  # texts of a column that are remembered, so that the same is not looked at again


class Vocabulary:
    """The headings a caller knows, folded; `codes` are those a heading or a line may begin with."""

    def __init__(self, headings: Collection[str], codes: Collection[str]) -> None:
        self.headings, self.codes = set(headings), set(codes)
        self.met: dict[str, bool] = {}

    def knows(self, text: str) -> bool:
        """Return whether `text` may be one of the headings, in any encoding."""
        try:
            return self.met[text]
        except KeyError:
            if len(self.met) > 50_000:
                self.met.clear()
            found = self.met[text] = any(map(self._is_known, readings(text)))
            return found

    def _is_known(self, text: str) -> bool:
        if search_key(text) in self.headings or fold_heading(text) in self.headings:
            return True
        first = text.split(None, 1)[0].strip(":.-–)") if self.codes and text.strip() else ""
        return first.lower() in self.codes


class Survey:
    """One pass over the rows of a sheet."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.witness = Witness()
        self.near: dict[int, list] = {}
        self.heads: list[int] = []
        self.sides: dict[int, int] = {}
        self.filled: list[int] = []
        self.dates: set[int] = set()
        self.numbers: set[int] = set()
        self.texts: set[int] = set()
        self.met: dict[int, set[str]] = {}
        self.shapes: dict[
            tuple[type, ...], tuple[list[int], int, int]
        ] = {}  # of rows, by their cells
        self.before: deque[tuple[int, list]] = deque(maxlen=ABOVE)

    def look(self, rows: Iterable[tuple[int, list]]) -> None:
        """Go over all rows; each comes with its number, from 1, and its cells from column A."""
        for number, cells in rows:
            texts, marked, dated, counted = self._cells(cells)
            if not (texts or dated or counted):
                continue
            self.filled.append(number)
            if self.vocabulary.codes and number <= SIDE_ROWS:
                self._side(cells)
            if not dated and len(texts) > 1 and self._is_head(texts, counted):
                self._head(number, cells)
                continue
            # Headings and what stands above them do not say how it was typed.
            for index, text in marked:
                self._hear(index, text)
            if self.heads and number <= self.heads[-1] + BELOW:
                self.near[number] = cells
            else:
                self.before.append((number, cells))

    def _cells(self, cells: list) -> tuple[list[str], list[tuple[int, str]], int, int]:
        """Return the texts of a row, those with marks by place, how many days and how many numbers."""
        kinds = tuple(map(type, cells))
        try:
            places, dated, counted = self.shapes[kinds]
        except KeyError:
            places, dated, counted = self._shape(kinds)
        texts, marked = [], []
        for index in places:
            cell = cells[index]
            if not cell or cell.isspace():
                continue
            texts.append(cell)
            self.texts.add(index)
            if not cell.isascii() and cell not in self.met.get(index, ()):
                marked.append((index, cell))
        return texts, marked, dated, counted

    def _shape(self, kinds: tuple[type, ...]) -> tuple[list[int], int, int]:
        """Return where rows of these kinds of cell have text, how many days and how many numbers."""
        places = [index for index, kind in enumerate(kinds) if kind is str]
        numbers = {index for index, kind in enumerate(kinds) if kind is float or kind is int}
        days = {datetime.date, datetime.datetime}
        self.numbers |= numbers
        self.dates |= {index for index, kind in enumerate(kinds) if kind in days}
        counted = len(numbers) + kinds.count(bool)
        shape = places, len(kinds) - len(places) - counted, counted
        if len(self.shapes) < _SHAPES:
            self.shapes[kinds] = shape
        return shape

    def _hear(self, index: int, text: str) -> None:
        """Let a text say how it was typed, once."""
        met = self.met.setdefault(index, set())
        if len(met) < _FEW:
            met.add(text)
        self.witness.hear(index, text)

    def _is_head(self, texts: list[str], counted: int) -> bool:
        """Return whether enough of `texts` may be headings. Words met before settle it for most rows."""
        left = len(texts) - max(2, -(-len(texts) // 3), counted)  # so many may be unknown
        fresh, met = [], self.vocabulary.met
        for text in texts:
            if (known := met.get(text)) is None:
                fresh.append(text)
            elif not known:
                left -= 1
                if left < 0:
                    return False
        for text in fresh:
            if not self.vocabulary.knows(text):
                left -= 1
                if left < 0:
                    return False
        return left >= 0

    def _head(self, number: int, cells: list) -> None:
        if not self.heads:
            self.witness, self.met, self.texts = Witness(), {}, set()
        if len(self.heads) < MAX_HEADS:
            keep = self.before if not self.heads else list(self.before)[-BELOW:]
            self.near.update(keep)
            self.near[number] = cells
            self.heads.append(number)
        self.before.clear()

    def _side(self, cells: list) -> None:
        """Count the headings that stand down a column: a sheet may have them as its rows."""
        for index, cell in enumerate(cells[:SIDE_COLUMNS]):
            if cell.__class__ is str and len(cell) > 1 and self.vocabulary.knows(cell):
                self.sides[index] = self.sides.get(index, 0) + 1

    def told(self, sheet: Any) -> dict:
        """Return what was seen, fit for JSON; `sheet` is calamine's."""
        merged = [[a[0] + 1, a[1], b[0] + 1, b[1]] for a, b in sheet.merged_cell_ranges or ()]
        return {
            "heads": self.heads,
            "near": sorted(self.near.items()),
            "sides": sorted(self.sides.items()),
            "filled": ranges(self.filled),
            "dates": sorted(self.dates),
            "numbers": sorted(self.numbers),
            "texts": sorted(self.texts),
            "merged": merged[:MAX_MERGED],
        }
