"""The rules that turn facts (what reports gave, counted and added by the database) into figures.

Pure: no query and no layout here. Source: the domain's "General rules" of the catalogue. Blank is
not zero; a sum with an "at least" part is "at least"; a stock or a count never adds over the years;
a ratio is the formula of consolidated figures, never an average. What was done in all the years is
divided by what there was in all the years: inside a ratio a stock does add, year by year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from danvan.common.numbers import rounded
from danvan.units.models import Level
from reports.catalogue.expressions import UNITS, Node, references_in, value
from reports.consolidation.parts import Facts, Part
from reports.models import Aggregation, Qualifier, ValueType

_LEVELS = tuple(Level.values)


@dataclass(frozen=True)
class Definition:
    """An indicator as the last year of the range defines it, free of the database."""

    code: str
    label: str
    unit_of_measure: str
    value_type: str
    aggregation: str
    entry_levels: str
    is_stock: bool
    is_component: bool
    formula: Node | None
    parent_code: str
    scale: tuple[str, ...]
    section_code: str
    section_label: str
    formula_text: str = ""

    @property
    def is_computed(self) -> bool:
        """Return whether it is the formula of other consolidated figures."""
        if self.formula is None or self.aggregation == Aggregation.COUNT:
            return False
        return self.is_ratio or not self.entry_levels

    @property
    def is_ratio(self) -> bool:
        return self.value_type == ValueType.PERCENT

    def shown(self, number: Decimal) -> Decimal:
        """Return `number` of this indicator rounded as page, workbook and chart show it."""
        return rounded(number, ValueType(self.value_type).places)

    @cached_property
    def stands_still(self) -> bool:
        """Return whether it is as of one period: stocks, counts and ratings never add over years."""
        return self.is_stock or self.aggregation in (Aggregation.COUNT, Aggregation.NONE)

    def is_of_one_year(self, all_years: bool) -> bool:
        """Return whether it is as of one period where a ratio adds up stocks (`all_years`), or does not."""
        return self.stands_still and not (all_years and self.aggregation == Aggregation.SUM)

    @cached_property
    def references(self) -> frozenset[str]:
        """The names its formula reads, as written."""
        return frozenset(references_in(self.formula) if self.formula else ())

    @cached_property
    def divides_years(self) -> bool:
        """Return whether it is a ratio whose stocks are summed over the years; units are those of one."""
        names = self.references if self.is_ratio and self.formula else {UNITS}
        return not any(name.startswith(UNITS) for name in names)


@dataclass(frozen=True, slots=True)
class Total:
    """One consolidated figure. `number` None is blank: no report contributed.

    `reports` is how many did. `as_of` is the year of a stock, count or rating. Ratios carry what
    they are made of and, over several years, lowest and highest year; ratings the count per rank.
    """

    number: Decimal | None = None
    qualifier: str = Qualifier.EXACT
    reports: int = 0
    as_of: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    ranks: tuple[tuple[str, int], ...] = ()
    is_estimated: bool = False
    is_incomparable: bool = False

    @property
    def is_blank(self) -> bool:
        return self.number is None and not self.ranks and not self.is_incomparable


NO_TOTAL = Total()


class Evaluator:
    """Figures of one scope (`facts`) over some periods, by indicator and level (None: all levels).

    `years` maps period ids, in order of time, to their year. `anchor` are the facts that decide
    which period a stock is as of; rows of one table share it, so that they add up to its total.
    """

    def __init__(
        self,
        definitions: dict[str, Definition],
        facts: Facts,
        years: dict[int, int],
        anchor: Facts | None = None,
    ) -> None:
        self.definitions, self.facts, self.years = definitions, facts, years
        self.anchor = anchor or facts
        self._known: dict[tuple[str, str | None, bool], Total] = {}
        self._last: dict[str, int | None] = {}

    def figure(self, code: str, level: str | None = None, *, all_years: bool = False) -> Total:
        """Return the figure of `code` at `level`, or of all levels together.

        `all_years` adds up a stock over the years, as the ratios do that read it.
        """
        key = code, level, all_years
        if key not in self._known:
            self._known[key] = NO_TOTAL  # a formula that refers to itself reads a blank
            self._known[key] = self._compute(code, level, all_years)
        return self._known[key]

    def as_of(self, code: str) -> int | None:
        """Return the last period that has data of `code`, None without any."""
        if code not in self._last:
            known = (*self.anchor.parts.get(code, ()), *self.anchor.ranks.get(code, ()))
            held = {period for period, _level in known}
            last = next((period for period in reversed(self.years) if period in held), None)
            self._last[code] = last
        return self._last[code]

    def units(self, level: str | None, period: int | None) -> Total:
        """Return how many units of `level` had to report in `period` and stood at its end."""
        cells = self._among(self.facts.units, [period], level)
        if not self.facts.mixed.isdisjoint(cells):
            return Total(is_incomparable=True)
        gone = self._among(self.facts.ended, [period], level)
        return Total(Decimal(sum(cells.values()) - sum(gone.values())))

    @staticmethod
    def _among(cells: Mapping[Any, Any], periods: Sequence[int | None], level: str | None) -> dict:
        """Return of `cells` those of `periods` and `level`."""
        levels = (level,) if level else _LEVELS
        if len(cells) <= len(periods) * len(levels):  # of one unit, or over many years
            return {
                cell: n for cell, n in cells.items() if cell[0] in periods and cell[1] in levels
            }
        asked = ((period, at) for period in periods for at in levels)
        return {cell: cells[cell] for cell in asked if cell in cells}

    def _compute(self, code: str, level: str | None, all_years: bool) -> Total:
        definition = self.definitions.get(code)
        if definition is None:
            return NO_TOTAL
        if definition.value_type == ValueType.RATING:
            return self._rated(definition, level)
        if definition.aggregation == Aggregation.NONE:
            return NO_TOTAL
        make = self._formula if definition.is_computed else self._sum
        return make(definition, level, all_years)

    def periods(self, definition: Definition, *, all_years: bool = False) -> list[int]:
        """Return the periods that count for it: all, or the last with data."""
        if not definition.is_of_one_year(all_years):
            return list(self.years)
        last = self.as_of(definition.code)
        return [] if last is None else [last]

    def _sum(self, definition: Definition, level: str | None, all_years: bool) -> Total:
        periods = self.periods(definition, all_years=all_years)
        code = definition.code
        parts = self._among(self.facts.parts.get(code, {}), periods, level)
        if not parts:
            return NO_TOTAL
        as_of = self.years[periods[0]] if definition.is_of_one_year(all_years) else None
        if definition.aggregation == Aggregation.COUNT and not self.facts.mixed.isdisjoint(parts):
            return Total(as_of=as_of, is_incomparable=True)
        pieces = [
            piece
            for held in self._among(self.facts.pieces.get(code, {}), periods, level).values()
            for piece in held.values()
        ]
        found = parts.values()
        whole = next(iter(found)) if len(found) == 1 else Part.whole(found)
        return Total(
            whole.total,
            whole.qualifier,
            whole.reports + sum(piece.total is not None for piece in pieces),
            as_of,
            is_estimated=any(piece.here < piece.of for piece in pieces),
        )

    def _rated(self, definition: Definition, level: str | None) -> Total:
        last = self.as_of(definition.code)
        found = self._among(self.facts.ranks.get(definition.code, {}), [last], level)
        counts: Counter = sum(found.values(), Counter())
        if not counts or last is None:
            return NO_TOTAL
        if not self.facts.mixed.isdisjoint(found):
            return Total(as_of=self.years[last], is_incomparable=True)
        names = [(rank, name) for rank, name in enumerate(definition.scale, 1) if counts[rank]]
        shown = tuple((name, counts[rank]) for rank, name in reversed(names))
        return Total(reports=counts.total(), as_of=self.years[last], ranks=shown)

    def _formula(self, definition: Definition, level: str | None, all_years: bool) -> Total:
        formula = definition.formula
        if formula is None:
            return NO_TOTAL
        names = definition.references
        letters = {name[-1] for name in names if "@" in name}
        if level and letters and Level(level).letter not in letters:
            return NO_TOTAL
        all_years = all_years or definition.divides_years
        reading = _Reading(self, level, self._units_period(names), all_years)
        used = [reading.figure(name) for name in names]
        if any(part.is_incomparable for part in used):
            return Total(is_incomparable=True)
        number = value(formula, reading)
        figure = Total(
            number,
            _qualifier(formula, reading) if number is not None else Qualifier.EXACT,
            max((part.reports for part in used), default=0),
            max((part.as_of for part in used if part.as_of), default=None),
            is_estimated=number is not None and any(part.is_estimated for part in used),
        )
        return self._as_ratio(definition, figure, reading) if definition.is_ratio else figure

    def _as_ratio(self, definition: Definition, figure: Total, reading: _Reading) -> Total:
        top = bottom = None
        if definition.formula and definition.formula.op == "/":
            top, bottom = (value(side, reading) for side in definition.formula.args)
        number = None if figure.number is None else figure.number * 100
        return replace(figure, number=number, numerator=top, denominator=bottom)

    def _units_period(self, names: Iterable[str]) -> int | None:
        """Return the period whose units UNITS counts: that of counts beside it, else the last."""
        order = list(self.years)
        dated = [
            self.as_of(code)
            for code in (name.partition("@")[0] for name in names)
            if code in self.definitions and self.definitions[code].stands_still
        ]
        known = [period for period in dated if period is not None]
        return max(known, key=order.index) if known else (order[-1] if order else None)


class _Reading:
    """What names mean in one column: the figure of its level, or of the level a name carries."""

    def __init__(
        self, evaluator: Evaluator, level: str | None, units_period: int | None, all_years: bool
    ) -> None:
        self.evaluator, self.level = evaluator, level
        self.units_period, self.all_years = units_period, all_years

    def figure(self, name: str) -> Total:
        """Return the figure a name stands for."""
        code, _at, letter = name.partition("@")
        level = Level.from_letter(letter).value if letter else self.level
        if code == UNITS:
            return self.evaluator.units(level, self.units_period)
        return self.evaluator.figure(code, level, all_years=self.all_years)

    def __call__(self, name: str) -> Decimal | None:
        return self.figure(name).number


_AGAINST = {Qualifier.AT_LEAST: Qualifier.ABOUT}


def _qualifier(node: Node, reading: _Reading) -> str:
    """Return how exact `node` is; subtracted or divided by, "at least" becomes "about"."""
    if node.op == "number":
        return Qualifier.EXACT
    if node.op == "name":
        return reading.figure(node.args[0]).qualifier
    found = [_qualifier(arg, reading) for arg in node.args]
    if node.op in ("-", "/"):
        found[1] = _AGAINST.get(Qualifier(found[1]), found[1])
        if Qualifier.ABOUT in found:
            return Qualifier.ABOUT
    return next((q for q in (Qualifier.AT_LEAST, Qualifier.ABOUT) if q in found), Qualifier.EXACT)


def with_extremes(figure: Total, single_years: Iterable[Total]) -> Total:
    """Return a ratio with its lowest and highest year; unchanged with fewer than two."""
    numbers = [one.number for one in single_years if one.number is not None]
    if len(numbers) < 2:
        return figure
    return replace(figure, low=min(numbers), high=max(numbers))
