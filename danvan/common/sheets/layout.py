"""Find the table in a sheet as offices fill it: title lines above, numbering rows, totals, signatures.

The header row is the one of the first sixty that shows the most known headings. Below it only rows that
say something are handed on; what is left out (totals, column numbers, notes under the table) is counted
and named, never dropped in silence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from danvan.common.sheets.cells import is_blank, shown
from danvan.common.sheets.precheck import FileRefused
from danvan.common.text import search_key

HEADER_ROWS = 60
_TOTAL = re.compile(
    r"(tong|tong cong|tong so|cong|cong chung|(tong |cong |tong cong )?toan (tinh|huyen|xa|dia ban))"
)
_ORDINAL = re.compile(r"^\(?(\d{1,3}|[a-z])\)?$")
_ADDRESS = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


@dataclass
class Table:
    """The table found: which column holds what, and its rows as {key: cell}."""

    header_row: int
    columns: dict[int, str]
    unknown: list[str]
    missing: list[str]
    rows: Iterator[tuple[int, dict]] = field(default_factory=lambda: iter(()))
    skipped: list[str] = field(default_factory=list)

    @property
    def letters(self) -> dict[str, str]:
        """Column letter of each key, for addresses in messages."""
        return {key: column_letter(index) for index, key in self.columns.items()}


def column_letter(index: int) -> str:
    """Return the letters of the column with the zero-based `index`."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def split_address(address: str) -> tuple[int, int] | None:
    """Return (row number, zero-based column) of "C5", None for what is no address."""
    match = _ADDRESS.match(address)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1


def fold_heading(text: str) -> str:
    """Return a heading as it is compared: no marks, case, stars or hints in brackets."""
    return search_key(re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text)) or search_key(text)


def shorten(text: str, length: int = 60) -> str:
    """Return `text` for a sentence: cut at `length`, and then it ends in …"""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def find_table(
    rows: Iterable[tuple[int, list]],
    match: Callable[[str], str | None],
    required: Mapping[str, str],
    keys: Iterable[str] = (),
) -> Table:
    """Return the Table in `rows`; `match` tells the key of a heading, `required` key → heading.

    `keys` identify a row: a row without any of them that begins with "Tổng" is a total. Raises
    FileRefused when no row shows two known headings or a heading stands twice.
    """
    rows = iter(rows)
    head = list(itertools.islice(rows, HEADER_ROWS))
    place, columns = _header(head, match)
    if place is None:
        wanted = ", ".join(f"“{heading}”" for heading in list(required.values())[:6])
        raise FileRefused(
            f"Không tìm thấy dòng tiêu đề của bảng. Cần có các cột: {wanted or 'như trong tệp mẫu'}."
        )
    number, cells = head[place]
    unknown = [
        shorten(shown(cell))
        for index, cell in enumerate(cells)
        if index not in columns and isinstance(cell, str) and not is_blank(cell)
    ]
    missing = [heading for key, heading in required.items() if key not in columns.values()]
    table = Table(number, columns, unknown, missing)
    body = itertools.chain(head[place + 1 :], rows)
    table.rows = _body(body, table, tuple(keys) or tuple(required))
    return table


def _header(head: Any, match: Any) -> tuple[int | None, dict[int, str]]:
    """Return (place, {column: key}) of the row with the most known headings."""
    best, columns = None, {}
    for place, (_number, cells) in enumerate(head):
        found: dict[int, str] = {}
        for index, cell in enumerate(cells):
            key = match(cell) if isinstance(cell, str) and cell else None
            if key is None:
                continue
            if key in found.values():
                first = next(i for i, k in found.items() if k == key)
                if len(found) >= 2:
                    raise FileRefused(
                        f"Cột {column_letter(first)} và cột {column_letter(index)} cùng tiêu đề "
                        f"“{shorten(shown(cell))}”. Vui lòng xóa bớt một cột."
                    )
                continue
            found[index] = key
        if len(found) > max(len(columns), 1):
            best, columns = place, found
    return best, columns


def _body(rows: Iterable[Any], table: Table, keys: tuple[str, ...]) -> Iterator[tuple[int, dict]]:
    """Yield the rows that say something; after a total row only rows with a key go on."""
    items = list(table.columns.items())
    keys = tuple(key for key in keys if key in table.columns.values())
    below_total, first = False, True
    for number, cells in rows:
        width = len(cells)
        row = {key: cells[index] if index < width else "" for index, key in items}
        if first:
            first = False
            if _is_numbering(cells):
                table.skipped.append(f"dòng {number} (số thứ tự cột)")
                continue
        named = [key for key in keys if not is_blank(row[key])]
        if len(named) < 2:
            if _is_total(cells):
                below_total = True
                table.skipped.append(f"dòng {number} (dòng tổng)")
                continue
            if _is_note(row, named, keys, below_total):
                table.skipped.append(f"dòng {number} (ghi chú dưới bảng)")
                continue
        yield number, row


def _is_note(row: dict, named: list[str], keys: tuple[str, ...], below_total: bool) -> bool:
    """Tell whether a row without enough to name it is a remark: signatures, notes, stray cells."""
    if not named:
        return below_total or all(map(is_blank, row.values()))
    if not below_total:
        return False
    return len(keys) > 1 or not any(map(str.isdigit, str(row[named[0]])))


def _is_total(cells: list) -> bool:
    text = next((c for c in cells if c.__class__ is str and not is_blank(c)), "")
    return len(text) < 60 and bool(_TOTAL.fullmatch(search_key(text)))


def _is_numbering(cells: list) -> bool:
    """Tell whether the row only numbers the columns: (1) (2) (3), A B 1 2."""
    texts = []
    for cell in cells:
        if is_blank(cell):
            continue
        if isinstance(cell, float) and cell.is_integer():
            cell = str(int(cell))
        if not isinstance(cell, str) or not (found := _ORDINAL.match(cell.strip().lower())):
            return False
        texts.append(found[1])
    numbers = [int(text) for text in texts if text.isdigit()]
    return (
        len(texts) >= 3
        and numbers == sorted(set(numbers))
        and numbers[:1] in ([], [1], [0], [2], [3])
    )


def bad_by_row(bad: Mapping[str, str]) -> dict[int, dict[int, str]]:
    """Return row number → {column: what} of the error cells the reader found."""
    rows: dict[int, dict[int, str]] = {}
    for address, what in bad.items():
        if place := split_address(address):
            rows.setdefault(place[0], {})[place[1]] = what
    return rows
