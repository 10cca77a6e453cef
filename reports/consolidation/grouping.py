"""Stored figures grouped by level, in the way that costs the database least.

Nearly all reports of a large scope are of one level, the largest. It is grouped by itself and the few others
beside it, in one statement, so that both are of one moment. Where nearly everything there is belongs to
it, its reports are not even looked at: it has what all figures give less what the others give.
Measured: docs/decisions.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DecimalField,
    IntegerField,
    Q,
    QuerySet,
    Sum,
)
from django.db.models import Value as Constant

from reports.consolidation.parts import PeriodLevel
from reports.consolidation.scope import ScopeData
from reports.models import Qualifier, ReportingPeriod, Value
from reports.models.report import area_of

MANY = 1000  # reports: of fewer all levels are grouped at once
FEW = 4  # a fourth of all: of so many reports the figures are subtracted, of more the others are added
_CELL = {"report__period_id": IntegerField(), "report__level": CharField()}
_STATE = {"report__state": CharField()}
SPREAD, EACH = "#", "@"
_BY_MARK = ("indicator_id", "mark")


@dataclass(frozen=True)
class Owner:
    """Whose figures are told apart: what reports and values are grouped by."""

    of_report: Any
    of_value: Any


BY_UNIT = Owner("unit_id", "report__unit_id")
BY_AREA = Owner(area_of(), area_of("report__"))  # few rows, however many communes


class Grouped(NamedTuple):
    """What the reports of one cell (of one unit or area, where that was asked) gave for `keys`."""

    unit: int | None
    cell: PeriodLevel
    keys: tuple
    numbers: tuple


@dataclass(frozen=True)
class Grouping:
    """The figures of `data` in `periods` by `owner`, where `asked` reports of each cell are in the scope."""

    data: ScopeData
    periods: list[int]
    owner: Owner | None
    asked: Counter[PeriodLevel]
    included: Counter[PeriodLevel]

    def _rows(
        self, what: Q, *keys: str, few: bool = False, counted: bool = False, **numbers: Aggregate
    ) -> Iterator[Grouped]:
        """Yield `numbers` of the figures of which `what` holds, the largest level by itself.

        The first of `keys` is the indicator. Of `few` figures all levels are grouped at once. `counted` as
        in ScopeData.values.
        """
        values = self.data.values(self.periods, counted=counted).filter(what)
        if few:
            for row in self._all_levels(values, keys, **numbers):
                yield self._read(row, len(keys))
        elif self._is_nearly_all:
            everything = Value.objects.filter(what)
            mine = Q(report__level=self._largest, report__state__in=self.data.scope.states)
            yield from self._less(everything, everything.exclude(mine), keys, numbers)
        else:
            yield from self._beside(values, keys, numbers)

    def figures(self, summed: Q, spread: Q | None, each: Q | None) -> Iterator[Grouped]:
        """Yield by indicator and mark, unit, level and period a number and how many figures it is of.

        Without a mark it is the sum of the figures of which `summed` holds. With a qualifier it is nought: so
        many of all figures are not exact (few rows, an index of their own). With SPREAD so many of those of
        which `spread` holds are this number. With EACH it is one figure of which `each` holds, and beside it
        stands the id of its report. All in one statement where all levels are grouped at once.
        """
        inexact = ~Q(qualifier=Qualifier.EXACT) & Q(number__isnull=False)
        nothing = Constant(Decimal(0), output_field=DecimalField())
        total, of, counted = Sum("number"), Count("number"), Count("*")
        values = self.data.values(self.periods)
        every = self.data.values(self.periods, counted=True)
        apart = []
        if each:
            one_by_one = _marked(every.filter(each), EACH)
            apart.append(self._all_levels(one_by_one, _BY_MARK, "number", "report_id"))
        if self._at_once:
            arms = [
                self._all_levels(_marked(values.filter(summed), ""), _BY_MARK, total=total, of=of),
                self._all_levels(
                    values.filter(inexact), ("indicator_id", "qualifier"), total=nothing, of=counted
                ),
            ]
            if spread:
                given = _marked(every.filter(spread), SPREAD)
                arms.append(self._all_levels(given, _BY_MARK, "number", of=counted))
            apart = [arms[0].union(*arms[1:], *apart, all=True)]
        else:
            yield from self._largest_apart(summed, inexact, spread)
        for rows in apart:
            for row in rows:
                yield self._read(row, len(_BY_MARK))

    def _largest_apart(self, summed: Q, inexact: Q, spread: Q | None) -> Iterator[Grouped]:
        """Yield what `figures` does but for EACH: sums and spread of the largest level apart."""
        of_number, counted = Count("number"), Count("*")
        for one in self._rows(summed, "indicator_id", total=Sum("number"), of=of_number):
            yield one._replace(keys=(*one.keys, ""))
        for one in self._rows(inexact, "indicator_id", "qualifier", few=True, of=counted):
            yield one._replace(numbers=(Decimal(0), *one.numbers))
        if spread:
            for one in self._rows(spread, "indicator_id", "number", counted=True, of=counted):
                indicator, number = one.keys
                yield one._replace(keys=(indicator, SPREAD), numbers=(number, *one.numbers))

    @property
    def _at_once(self) -> bool:
        """Whether all levels are grouped at once."""
        return bool(self.owner) or self.asked.total() < MANY

    def _all_levels(
        self, values: QuerySet, keys: Sequence[str], *more: str, **numbers: Any
    ) -> QuerySet:
        """Return `numbers` of `values` by owner, `keys`, period and level, and by `more`."""
        owner = [self.owner.of_value] if self.owner else []
        # Grouping by a single period would cost a sixth of the time for a whole country.
        period = ["report__period_id"] if len(self.periods) > 1 else []
        group = [*keys, *period, "report__level", *more]  # as an index has them: less to sort
        return values.values_list(*owner, *group).annotate(**numbers).order_by()

    def _read(self, row: tuple, keys: int) -> Grouped:
        """Return a row of `_all_levels` with so many keys."""
        unit, row = (row[0], row[1:]) if self.owner else (None, row)
        found, row = row[:keys], row[keys:]
        period, row = (row[0], row[1:]) if len(self.periods) > 1 else (self.periods[0], row)
        return Grouped(unit, (period, row[0]), found, row[1:])

    @cached_property
    def _largest(self) -> str:
        """The level with the most reports."""
        levels: Counter[str] = Counter()
        for (_period, level), count in self.included.items():
            levels[level] += count
        return max(levels, key=lambda level: levels[level])

    @cached_property
    def indicators(self) -> dict[int, int]:
        """The period (one of them) by the ids of the indicators that the periods ask for."""
        return {
            indicator: period.pk
            for period in self.data.periods
            if period.pk in self.periods
            for indicator in self.data.indicators.get(period.catalogue_id, ())
        }

    @cached_property
    def _share_nothing(self) -> bool:
        """Whether each of the periods has a catalogue that no other period asks for."""
        catalogues = {p.catalogue_id for p in self.data.periods if p.pk in self.periods}
        return ReportingPeriod.objects.filter(catalogue__in=catalogues).count() == len(catalogues)

    @cached_property
    def _is_nearly_all(self) -> bool:
        """Whether the included reports of the largest level are nearly all that have such figures."""
        data, asked = self.data, self.asked.total()
        if data.scope.levels is not None or data.has_ended or not data.covers_everything:
            return False
        mine = sum(n for (_, level), n in self.included.items() if level == self._largest)
        return (asked - mine) * FEW <= asked and self._share_nothing

    def _less(
        self, everything: QuerySet, others: QuerySet, keys: Sequence[str], numbers: dict
    ) -> Iterator[Grouped]:
        """Yield the rows of the others that count, then what is left of everything without them."""
        left: dict[tuple, tuple] = {}
        known = _CELL | _STATE
        rows = _constant(everything, keys, known, numbers).union(
            _by(others, keys, known, numbers), all=True
        )
        taken = []
        for row in rows:
            found, (period, level, state), told = _split(row, len(keys), len(known))
            if not level:
                left[found] = told
                continue
            taken.append((found, told))
            if period in self.periods and state in self.data.scope.states:
                yield Grouped(None, (period, level), found, told)
        for found, told in taken:
            both = zip(left[found], told, strict=True)
            left[found] = tuple((a or Decimal(0)) - (b or 0) for a, b in both)
        for found, told in left.items():
            if any(told):
                cell = self.indicators[found[0]], self._largest
                yield Grouped(None, cell, found, told)

    def _beside(self, values: QuerySet, keys: Sequence[str], numbers: dict) -> Iterator[Grouped]:
        """Yield the rows of the largest level and, in the same statement, those of the others."""
        mine = Q(report__level=self._largest)
        known = {"report__level": CharField()}
        several = [*keys, "report__period_id"] if len(self.periods) > 1 else list(keys)
        rows = _constant(values.filter(mine), several, known, numbers).union(
            _by(values.exclude(mine), several, known, numbers), all=True
        )
        for row in rows:
            found, (level,), told = _split(row, len(several), 1)
            period = found[-1] if len(several) > len(keys) else self.periods[0]
            yield Grouped(None, (period, level or self._largest), found[: len(keys)], told)


def _marked(values: QuerySet, mark: str) -> QuerySet:
    return values.annotate(mark=Constant(mark, output_field=CharField()))


def _constant(rows: QuerySet, keys: Sequence[str], known: dict, numbers: dict) -> QuerySet:
    """Return `rows` grouped by `keys` alone; the columns of `known` say nothing."""
    blanks = {
        f"no_{name}": Constant("" if isinstance(kind, CharField) else 0, output_field=kind)
        for name, kind in known.items()
    }
    grouped = rows.order_by().values(*keys).annotate(**numbers, **blanks)
    return grouped.values_list(*keys, *blanks, *numbers)


def _by(rows: QuerySet, keys: Sequence[str], known: dict, numbers: dict) -> QuerySet:
    """Return `rows` grouped by `keys` and the columns of `known`."""
    grouped = rows.order_by().values(*keys, *known).annotate(**numbers)
    return grouped.values_list(*keys, *known, *numbers)


def _split(row: tuple, keys: int, known: int) -> tuple[tuple, tuple, tuple]:
    return row[:keys], row[keys : keys + known], row[keys + known :]
