"""Where the reports of a scope stand: counted by period and level, or one by one. One query each."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Aggregate, CharField, Count, Exists, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from danvan.units.models import AdministrativeUnit
from danvan.units.queries import tree_order
from reports.consolidation.parts import PeriodLevel
from reports.models.report import ReportQuerySet


class Tally(NamedTuple):
    """Of the reports of one period and level: how many, how many of them ended and how many are included.

    And what a key of them is made of (keeping.py): the sums of their ids and versions, and how each stands of
    those that are told one by one.
    """

    asked: int
    ended: int
    included: int
    keys: int
    versions: int
    each: str | None


def tallied(
    reports: ReportQuerySet, units: QuerySet, states: Iterable[str]
) -> tuple[dict[PeriodLevel, Tally], bool]:
    """Return the tallies of the `reports` of `units` by period and level, and whether these are all of them.

    One by one only those of units that ended are told: that can be undone without a new version. Where
    `units` are all there are, those of undone changes among them, no report is looked up in them.
    """
    mine = units.values("pk")
    others = AdministrativeUnit._base_manager.exclude(pk__in=mine)
    rows = reports.order_by().annotate(inside=~Exists(others) | Q(unit__in=mine))
    told = {
        "asked": Count("pk"),
        "ended": Count("until"),
        "included": Count("pk", filter=Q(state__in=list(states))),
        "keys": Sum("pk"),
        "versions": Sum("version"),
        "each": joined(filter=Q(until__isnull=False)),
    }
    cell = ("inside", "period_id", "level")
    grouped = rows.values(*cell).annotate(**told).values_list(*cell, *told)
    found: dict[PeriodLevel, Tally] = {}
    covers = True
    for inside, period, level, *numbers in grouped:
        covers = covers and bool(inside)
        if inside:
            found[period, level] = Tally(*numbers)
    return found, covers


class _Joined(Aggregate):
    """The texts of many rows as one. Their order is the engine's: another one only misses."""

    function = "group_concat"

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the same in PostgreSQL's words."""
        return self.as_sql(*args, function="string_agg", **kwargs)


def joined(**options: Any) -> Aggregate:
    """Return what tells of each report which it is and how it stands."""
    names = ("pk", "version", "state", "until")
    parts = itertools.chain(*([Value(":"), name] for name in names))
    text = Concat(*parts, output_field=CharField())
    return _Joined(text, Value(","), output_field=CharField(), **options)


class ListedReport(NamedTuple):
    """One report of the scope as far as it is told without names."""

    pk: int
    version: int
    unit_id: int
    period_id: int
    level: str
    state: str
    until: datetime.date | None
    extended_until: datetime.date | None
    submitted_at: datetime.datetime | None
    approved_at: datetime.datetime | None


def reports_listed(reports: ReportQuerySet, most: int | None = None) -> list[ListedReport]:
    """Return `reports` (the first `most`) one by one, by period and in the order of the tree."""
    rows = reports.with_due_dates().order_by("period__start", tree_order("unit"))
    return [ListedReport(*row) for row in rows.values_list(*ListedReport._fields)[:most]]


def first_lacking(
    periods: Iterable[int], tallies: Mapping[PeriodLevel, Tally], most: int
) -> list[int]:
    """Return the first of `periods` in which `most` reports are not included; all where they are fewer."""
    found, lacking = [], 0
    for period in periods:
        if lacking >= most:
            break
        found.append(period)
        mine = (one for (at, _level), one in tallies.items() if at == period)
        lacking += sum(one.asked - one.included for one in mine)
    return found


def told_tallies(
    reports: Iterable[ListedReport], states: Iterable[str]
) -> dict[PeriodLevel, Tally]:
    """Return the tallies of reports that were listed; each of them is told one by one."""
    cells: dict[PeriodLevel, list[ListedReport]] = {}
    for one in reports:
        cells.setdefault((one.period_id, one.level), []).append(one)
    return {
        cell: Tally(
            len(mine),
            sum(one.until is not None for one in mine),
            sum(one.state in states for one in mine),
            sum(one.pk for one in mine),
            sum(one.version for one in mine),
            ",".join(f"{one.pk}:{one.version}:{one.state}:{one.until}" for one in mine),
        )
        for cell, mine in cells.items()
    }
