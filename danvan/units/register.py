"""The country's register of units, and the part of it that one province of today needs.

data/README.md tells its sources, its tags and its gaps.
"""

import datetime
from functools import cache
from pathlib import Path

from danvan.common.text import sort_key
from danvan.units.kinds import Level
from danvan.units.loader import Key, UnitFileError, UnitLine, read_lines

REGISTER = Path(__file__).parent / "data" / "vietnam_units.csv"


@cache
def provinces_of_today() -> dict[str, str]:
    """Return {code: name} of the register's provinces in force. Read once per process."""
    rows = [line.unit for line in read_lines(REGISTER)]
    found = [unit for unit in rows if unit.level == Level.PROVINCE and unit.valid_to is None]
    return {
        unit.code: unit.full_name for unit in sorted(found, key=lambda unit: sort_key(unit.name))
    }


class _Tree:
    """The rows of a file by what is above them and what went into them."""

    def __init__(self, rows: list[UnitLine]) -> None:
        self.by_code: dict[str, list[UnitLine]] = {}
        for row in rows:
            self.by_code.setdefault(row.unit.code, []).append(row)
        self.above: dict[Key, UnitLine] = {}
        self.sources: dict[Key, list[UnitLine]] = {}
        for row in rows:
            if parent := self.at(row.parent_code, row.unit.valid_from):
                self.above[row.key] = parent
            for heir in self.heirs(row):
                self.sources.setdefault(heir.key, []).append(row)

    def at(self, code: str, day: datetime.date) -> UnitLine | None:
        """Return the row of `code` in force on `day`."""
        return next((row for row in self.by_code.get(code, []) if row.unit.in_force(day)), None)

    def heirs(self, row: UnitLine) -> list[UnitLine]:
        """Return what `row` became."""
        day = row.unit.valid_to
        found = [self.at(code, day) for code in row.successors] if day else []
        return [heir for heir in found if heir]

    def root(self, row: UnitLine) -> UnitLine:
        """Return the row at the top, on the day `row` began."""
        while row.key in self.above:
            row = self.above[row.key]
        return row


def rows_of_province(rows: list[UnitLine], code: str) -> list[UnitLine]:
    """Return the rows of the province that has `code` today and of all that went into its units.

    Arrows to units of other provinces are left out. Raises UnitFileError where there is no such province.
    """
    tree = _Tree(rows)
    today = [row for row in tree.by_code.get(code, []) if row.unit.valid_to is None]
    if not today or today[0].unit.level != Level.PROVINCE:
        raise UnitFileError([f"Tệp không có tỉnh mã {code} đang có hiệu lực."])
    kept: dict[Key, UnitLine] = {}
    waiting = [row for row in rows if tree.root(row) is today[0]]
    while waiting:
        row = waiting.pop()
        if row.key in kept:
            continue
        kept[row.key] = row
        waiting += tree.sources.get(row.key, [])
        waiting += [tree.above[row.key]] if row.key in tree.above else []
    for row in kept.values():
        heirs = [heir.unit.code for heir in tree.heirs(row) if heir.key in kept]
        if len(heirs) < len(row.successors):
            row.successors, row.shares = heirs, []
    return [row for row in rows if row.key in kept]
