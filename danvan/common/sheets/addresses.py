"""Addresses of cells: rows count from 1, columns from 0; "C5" is row 5, column 2."""

import re
from collections.abc import Iterable

_ADDRESS = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


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


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted numbers as runs: 3, 4, 5, 9 is (3, 5), (9, 9)."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def spoken(numbers: Iterable[int], most: int = 12) -> str:
    """Return row numbers as a sentence has them: "3, 7–9 và 12"."""
    runs = [f"{a}" if a == b else f"{a}–{b}" for a, b in ranges(numbers)]
    if len(runs) > most:
        return f"{', '.join(runs[:most])}… ({sum(1 for _ in numbers)} dòng)"
    return " và ".join(filter(None, [", ".join(runs[:-1]), runs[-1] if runs else ""]))
