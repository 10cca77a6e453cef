"""Stored figures grouped by level, in the way that costs the database least.

Nearly all reports of a large scope are of one level, the largest. Where nearly everything there is belongs to
it, its reports are not even looked at: it has what all figures give less what the others give. Else an engine
that groups by hash groups by level as well; one that sorts would sort all figures for it, so it groups the
largest level by itself and the few others beside it, in one statement, so that both are of one moment.
Measured: docs/decisions.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connections
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

from danvan.common.db.moment import is_one_moment
from reports.consolidation.parts import PeriodLevel
from reports.consolidation.scope import ScopeData
from reports.models import Qualifier, Report, ReportingPeriod, Value
from reports.models.report import area_of

MANY = 1000  # reports: of fewer all levels are grouped at once
BY_HASH = {"postgresql"}  # engines that group by one column more at hardly any cost
FEW = 4  # a fourth of all: of so many reports the figures are subtracted, of more the others are added
FEW_BY_HASH = 8
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


# Unit or area, indicator, mark (Grouping.figures), period, level, number, of how many figures.
GroupedFigure = tuple[int | None, int, str, int, str, Decimal, int]
# What the reports of one cell gave for some keys.
Grouped = tuple[tuple, PeriodLevel, tuple]


@dataclass(frozen=True)
class Grouping:
    """The figures of `data` in `periods` by `owner`, where `asked` reports of each cell are in the scope."""

    data: ScopeData
    periods: list[int]
    owner: Owner | None
    asked: Counter[PeriodLevel]
    included: Counter[PeriodLevel]

    def figures(
        self, summed: list[int], spread: list[int], each: list[int]
    ) -> Iterator[GroupedFigure]:
        """Yield by indicator and mark, unit, level and period a number and how many figures it is of.

        Without a mark it is the sum of the figures, of `summed` indicators and maybe of others. With a
        qualifier it is nought: so many of all figures are not exact (few rows, an index of their own). With
        SPREAD so many figures of `spread` indicators are this number. With EACH it is one figure of the
        indicators `each`, and beside it stands the id of its report. All in one statement where all levels
        are grouped at once.
        """
        given, one = (Q(indicator__in=ids, number__isnull=False) for ids in (spread, each))
        total, of, counted = Sum("number"), Count("number"), Count("*")
        values = self.data.values(self.periods)
        every = self.data.values(self.periods, counted=True)
        arms = [self._inexact(values)]
        if each:
            rows_of_each = _marked(every.filter(one), EACH)
            arms.append(self._all_levels(rows_of_each, _BY_MARK, "number", "report_id"))
        if self._at_once:
            if spread:
                told = _marked(every.filter(given), SPREAD)
                arms.append(self._all_levels(told, _BY_MARK, "number", of=counted))
            asked = Q(indicator__in=summed)
            some = values if self._is_broad(summed) else values.filter(asked)
            sums = self._all_levels(_marked(some, ""), _BY_MARK, total=total, of=of)
            yield from sums.union(*arms, all=True)
            return
        what = Q() if self._is_alone and self._is_broad(summed) else Q(indicator__in=summed)
        rows = self._rows(what, "indicator_id", total=total, of=of)
        for (indicator,), cell, numbers in rows:
            yield (None, indicator, "", *cell, *numbers)
        for arm in arms:
            yield from arm
        if spread:
            rows = self._rows(given, "indicator_id", "number", counted=True, of=counted)
            for (indicator, number), cell, numbers in rows:
                yield (None, indicator, SPREAD, *cell, number, *numbers)

    def _rows(
        self, what: Q, *keys: str, counted: bool = False, **numbers: Aggregate
    ) -> Iterator[Grouped]:
        """Yield `numbers` of the figures of which `what` holds, the largest level by itself.

        The first of `keys` is the indicator; `counted` as in ScopeData.values.
        """
        if self._is_nearly_all:
            everything = Value.objects.filter(what)
            return self._less(everything, everything.filter(self._of_others), keys, numbers)
        values = self.data.values(self.periods, counted=counted).filter(what)
        return self._beside(values, keys, numbers)

    def _inexact(self, values: QuerySet) -> QuerySet:
        """Return by qualifier how many of `values` are not exact."""
        nothing = Constant(Decimal(0), output_field=DecimalField())
        some = values.filter(~Q(qualifier=Qualifier.EXACT), number__isnull=False)
        keys = ("indicator_id", "qualifier")
        return self._all_levels(some, keys, total=nothing, of=Count("*"))

    def _is_broad(self, summed: list[int]) -> bool:
        """Whether looking for `summed` indicators, most of all, costs more than adding up the others too."""
        return self._by_hash and not self.owner and len(summed) * 2 > len(self.indicators)

    @cached_property
    def _by_hash(self) -> bool:
        return connections[Value.objects.db].vendor in BY_HASH

    @property
    def _at_once(self) -> bool:
        """Whether all levels are grouped at once."""
        few = bool(self.owner) or self.asked.total() < MANY
        return few or (self._by_hash and not self._is_nearly_all)

    def _all_levels(
        self, values: QuerySet, keys: Sequence[str], *more: str, **numbers: Any
    ) -> QuerySet:
        """Return `numbers` of `values` by owner, `keys`, period and level, and by `more`."""
        owner = self.owner.of_value if self.owner else Constant(None, output_field=IntegerField())
        # Grouping by a single period would cost a sixth of the time for a whole country.
        period: Any = "report__period_id"
        if len(self.periods) == 1:
            period = Constant(self.periods[0], output_field=IntegerField())
        group = [*keys, period, "report__level", *more]  # as an index has them: less to sort
        return values.values_list(owner, *group).annotate(**numbers).order_by()

    @cached_property
    def _largest(self) -> str:
        """The level with the most reports."""
        levels: Counter[str] = Counter()
        for (_period, level), count in self.included.items():
            levels[level] += count
        return max(levels, key=lambda level: levels[level])

    @cached_property
    def _of_others(self) -> Q:
        """What holds of the figures of all reports but those of the largest level that are included.

        By their ids they are looked up, where nothing else would be known of them a statement later.
        """
        mine = Q(level=self._largest, state__in=self.data.scope.states)
        if self._by_hash and is_one_moment(Value.objects.db):
            others = Report.objects.filter(~mine, period__in=self.periods)
            return Q(report__in=[0, *others.values_list("pk", flat=True)])
        return ~Q(report__level=self._largest, report__state__in=self.data.scope.states)

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
    def _asking(self) -> tuple[int, int]:
        """How many periods ask for what these do, and how many for something else."""
        mine = Q(catalogue__in={p.catalogue_id for p in self.data.periods if p.pk in self.periods})
        count = ReportingPeriod.objects.aggregate(
            mine=Count("pk", filter=mine), others=Count("pk", filter=~mine)
        )
        return count["mine"], count["others"]

    @property
    def _share_nothing(self) -> bool:
        """Whether each of the periods has a catalogue that no other period asks for."""
        catalogues = {p.catalogue_id for p in self.data.periods if p.pk in self.periods}
        return self._asking[0] == len(catalogues)

    @property
    def _is_alone(self) -> bool:
        """Whether there are no figures of other periods."""
        return self._share_nothing and not self._asking[1]

    @cached_property
    def _is_nearly_all(self) -> bool:
        """Whether the included reports of the largest level are nearly all that have such figures."""
        data, asked = self.data, self.asked.total()
        if data.scope.levels is not None or data.has_ended or not data.covers_everything:
            return False
        mine = sum(n for (_, level), n in self.included.items() if level == self._largest)
        few = FEW_BY_HASH if self._by_hash else FEW
        return (asked - mine) * few <= asked and self._share_nothing

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
                yield found, (period, level), told
        for found, told in taken:
            both = zip(left[found], told, strict=True)
            left[found] = tuple((a or Decimal(0)) - (b or 0) for a, b in both)
        for found, told in left.items():
            if any(told):
                cell = self.indicators[found[0]], self._largest
                yield found, cell, told

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
            yield found[: len(keys)], (period, level or self._largest), told


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
