"""The rules that turn facts (what reports gave, counted and added by the database) into figures.

Pure: no query and no layout here. Source: the domain's "General rules" of the catalogue. Blank is
not zero; a sum with an "at least" part is "at least"; a stock or a count never adds over the years;
a ratio is the formula of consolidated figures, never an average. What was done in all the years is
divided by what there was in all the years: inside a ratio a stock does add, year by year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from danvan.common.numbers import rounded
from danvan.units.models import Level
from reports.catalogue.expressions import UNITS, Node, parse, references_in, value
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

    @classmethod
    def of_row(cls, row: Any) -> Definition:
        """Return the definition that an indicator's columns give (scope.py, `defining`)."""
        return cls(
            code=row.code,
            label=row.label,
            unit_of_measure=row.unit_of_measure,
            value_type=row.value_type,
            aggregation=row.aggregation,
            entry_levels=row.entry_levels,
            is_stock=row.is_stock,
            is_component=row.is_component,
            formula=parse(row.formula) if row.formula else None,
            parent_code=row.parent__code or "",
            scale=tuple(row.scale),
            section_code=row.section__code,
            section_label=row.section__label,
            formula_text=row.formula,
        )

    @cached_property
    def is_computed(self) -> bool:
        """Return whether it is the formula of other consolidated figures."""
        if self.formula is None or self.aggregation == Aggregation.COUNT:
            return False
        return self.is_ratio or not self.entry_levels

    @cached_property
    def is_rating(self) -> bool:
        """Return whether it is a rank of a scale."""
        return self.value_type == ValueType.RATING

    @cached_property
    def is_added_up(self) -> bool:
        """Return whether it is the sum, or the count, of what reports gave."""
        added = self.aggregation != Aggregation.NONE and not self.is_rating
        return added and not self.is_computed

    @cached_property
    def is_ratio(self) -> bool:
        """Return whether it is a share in percent."""
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
    def letters(self) -> frozenset[str]:
        """The letters of the levels that its formula names."""
        return frozenset(name[-1] for name in self.references if "@" in name)

    @cached_property
    def divides_years(self) -> bool:
        """Return whether it is a ratio whose stocks are summed over the years; units are those of one."""
        names = self.references if self.is_ratio and self.formula else {UNITS}
        return not any(name.startswith(UNITS) for name in names)


class Total(NamedTuple):
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

    `years` maps period ids, in order of time, to their year. `anchor` is the evaluator whose facts decide
    which period a stock is as of; rows of one table share it, so that they add up to its total.
    """

    def __init__(
        self,
        definitions: dict[str, Definition],
        facts: Facts,
        years: dict[int, int],
        anchor: Evaluator | None = None,
    ) -> None:
        self.definitions, self.facts, self.years = definitions, facts, years
        self.anchor = anchor or self
        self._known: dict[tuple[str, str | None, bool], Total] = {}
        self._last: dict[str, int | None] = {}

    def figure(self, code: str, level: str | None = None, *, all_years: bool = False) -> Total:
        """Return the figure of `code` at `level`, or of all levels together.

        `all_years` adds up a stock over the years, as the ratios do that read it.
        """
        key = code, level, all_years
        found = self._known.get(key)
        if found is None:
            self._known[key] = NO_TOTAL  # a formula that refers to itself reads a blank
            found = self._known[key] = self._compute(code, level, all_years)
        return found

    def as_of(self, code: str) -> int | None:
        """Return the last period that has data of `code`, None without any."""
        known = self.anchor._last
        if code not in known:
            facts = self.anchor.facts
            held = {
                period for period, _ in (*facts.parts.get(code, ()), *facts.ranks.get(code, ()))
            }
            known[code] = next((period for period in reversed(self.years) if period in held), None)
        return known[code]

    def units(self, level: str | None, period: int | None) -> Total:
        """Return how many units of `level` had to report in `period` and stood at its end."""
        cells = self._among(self.facts.units, [period], level)
        if not self.facts.mixed.isdisjoint(cells):
            return Total(is_incomparable=True)
        gone = self._among(self.facts.ended, [period], level)
        return Total(Decimal(sum(cells.values()) - sum(gone.values())))

    @staticmethod
    def _among(
        cells: Mapping[Any, Any], periods: Collection[int | None], level: str | None
    ) -> dict:
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
        if definition.is_added_up:
            return self._sum(definition, level, all_years)
        if definition.is_rating:
            return self._rated(definition, level)
        if definition.aggregation == Aggregation.NONE:
            return NO_TOTAL
        return self._formula(definition, level, all_years)

    def periods(self, definition: Definition, *, all_years: bool = False) -> list[int]:
        """Return the periods that count for it: all, or the last with data."""
        if not definition.is_of_one_year(all_years):
            return list(self.years)
        last = self.as_of(definition.code)
        return [] if last is None else [last]

    def _sum(self, definition: Definition, level: str | None, all_years: bool) -> Total:
        code, facts = definition.code, self.facts
        cells, as_of = facts.parts.get(code), None
        periods: Collection[int] = self.years
        if not cells:
            return NO_TOTAL
        if definition.is_of_one_year(all_years):
            last = self.as_of(code)
            if last is None:
                return NO_TOTAL
            periods, as_of = (last,), self.years[last]
        parts = self._among(cells, periods, level)
        if not parts:
            return NO_TOTAL
        if definition.aggregation == Aggregation.COUNT and not facts.mixed.isdisjoint(parts):
            return Total(as_of=as_of, is_incomparable=True)
        whole = Part.whole(parts.values())
        if code not in facts.pieces:
            return Total(whole.total, whole.qualifier, whole.reports, as_of)
        divided = self._among(facts.pieces[code], periods, level).values()
        pieces = [piece for held in divided for piece in held.values()]
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
        if level and definition.letters and Level(level).letter not in definition.letters:
            return NO_TOTAL
        all_years = all_years or definition.divides_years
        used = {name: self._named(name, level, names, all_years) for name in names}
        if any(part.is_incomparable for part in used.values()):
            return Total(is_incomparable=True)

        def lookup(name: str) -> Decimal | None:
            return used[name].number

        number = value(formula, lookup)
        known, told = number is not None, used.values()
        figure = Total(
            number,
            _qualifier(formula, used) if known else Qualifier.EXACT,
            max((part.reports for part in told), default=0),
            max((part.as_of for part in told if part.as_of), default=None),
            is_estimated=known and any(part.is_estimated for part in told),
        )
        if not definition.is_ratio:
            return figure
        top = bottom = None
        if formula.op == "/":
            top, bottom = (value(side, lookup) for side in formula.args)
        number = None if number is None else number * 100
        return figure._replace(number=number, numerator=top, denominator=bottom)

    def _named(
        self, name: str, level: str | None, names: Collection[str], all_years: bool
    ) -> Total:
        """Return what a name in a formula of `names` means: the figure of `level`, or of the one it carries."""
        code, _at, letter = name.partition("@")
        level = Level.from_letter(letter).value if letter else level
        if code == UNITS:
            return self.units(level, self._units_period(names))
        return self.figure(code, level, all_years=all_years)

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


_AGAINST = {Qualifier.AT_LEAST: Qualifier.ABOUT}


def _qualifier(node: Node, used: Mapping[str, Total]) -> str:
    """Return how exact `node` is; subtracted or divided by, "at least" becomes "about"."""
    if node.op == "number":
        return Qualifier.EXACT
    if node.op == "name":
        return used[node.args[0]].qualifier
    found = [_qualifier(arg, used) for arg in node.args]
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
    return figure._replace(low=min(numbers), high=max(numbers))
