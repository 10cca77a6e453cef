"""Rows of a sheet on their way: read column by column, because most cells of a column repeat."""

from dataclasses import dataclass
from typing import Any

from danvan.common.sheets.columns import MOST_MEANINGS, Known, Problem
from records.models.base import EventRecord
from records.models.rules import RowRule, rules_of

_PLAIN = {str, float, int, type(None)}  # kinds of cell that Known may be asked for


@dataclass(slots=True)
class ReadRow:
    """A row on its way: what was read, whose it is, which stored row it is about."""

    number: int
    said: tuple  # what its cells say, column by column: a value, NOTHING or a Problem
    full: tuple  # the same with what a record holds where nothing is said
    problems: list[Problem]
    unit: Any = None
    key: int = 0  # of what names it; 0 where that could not be read
    match: int | None = None  # the stored row: its key, 0 where nothing changed, None for a new one


def values_in(known: Known, cells: list) -> list:
    """Return what the cells of a column mean: values, NOTHING, Problems."""
    if set(map(type, cells)) <= _PLAIN:
        return list(map(known.__getitem__, cells))
    return [cell if cell.__class__ is Problem else known.of(cell) for cell in cells]


class Limit:
    """The rules that read one column only: what they said of a value holds for every row."""

    def __init__(self, name: str, rules: list[RowRule]) -> None:
        self.name, self.rules = name, rules
        self.fine: set = set()

    def holds(self, state: dict[str, Any]) -> bool:
        """Return whether the value in `state` keeps all of them."""
        value = state[self.name]
        if value in self.fine:
            return True
        if not all(rule.holds(state) for rule in self.rules):
            return False
        if len(self.fine) < MOST_MEANINGS:
            self.fine.add(value)
        return True


def column_limits(model: type[EventRecord]) -> list[Limit]:
    """Return the rules of `model` that read one column, by column."""
    found: dict[str, list[RowRule]] = {}
    for rule in rules_of(model):
        if len(rule.reads) == 1:
            (name,) = rule.reads
            found.setdefault(name, []).append(rule)
    return [Limit(name, rules) for name, rules in found.items()]
