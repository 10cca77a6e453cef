"""How far the reports of a period are: counted for the home page, the queue and the period's page."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.scope import own_units
from danvan.units.models import AdministrativeUnit, Level
from reports.models import DeadlineExtension, Indicator, ReportingPeriod, State, ValueType
from reports.models.report import area_of

TO_SEND = (State.DRAFT, State.REOPENED)  # without RETURNED: those are counted separately


def to_review_by(user: User) -> Q:
    """Return the condition for reports that are not the user's own, except where a unit reviews itself."""
    if user.is_superuser:
        return Q()
    own = own_units(user)
    return ~Q(unit__in=own) | Q(reviewer__in=own, unit__in=own)


AREA = area_of()  # the part of the province a report is counted in


def _tallies(reports: Any) -> dict[str, Count]:
    """Return what is counted of `reports`: by state, still to be sent, overdue, and all."""
    wanted = {state.value: Q(state=state) for state in State}
    wanted["to_send"] = Q(state__in=TO_SEND)
    wanted["overdue"] = Q(pk__in=reports.overdue().values("pk"))
    return {"all": Count("pk"), **{key: Count("pk", filter=q) for key, q in wanted.items()}}


def state_counts(reports: QuerySet, period: ReportingPeriod) -> dict[str, int]:
    """Return how many of `reports` stand in each state, are to be sent, are overdue; and all. One query."""
    if period is None:
        return {}
    reports = reports.filter(period=period)
    return reports.aggregate(**_tallies(reports))


@dataclass(frozen=True)
class AreaTally:
    """The counts of the reports of one period in one area; `only` is the key of one of them."""

    period: int
    area: int
    only: int
    counts: dict[str, int]


def tallies_of(reports: QuerySet) -> list[AreaTally]:
    """Return the counts of `reports` by period and area. One query."""
    rows = reports.order_by().values("period", area=AREA)
    rows = rows.annotate(only=Min("pk"), **_tallies(reports))
    return [AreaTally(row.pop("period"), row.pop("area"), row.pop("only"), row) for row in rows]


def added_up(tallies: Iterable[AreaTally]) -> dict[str, int]:
    """Return the counts of `tallies` together, as `state_counts` gives them."""
    found: Counter[str] = Counter()
    for one in tallies:
        found.update(one.counts)
    names = ("all", *State.values, "to_send", "overdue")
    return {name: found[name] for name in names}


@dataclass(frozen=True)
class OpenElsewhere:
    """Reports of another period that still want work: (address, in words, how many) by state."""

    period: ReportingPeriod
    lines: list[tuple[str, str, int]]


_WANTING = (("returned", "trả lại để sửa"), ("submitted", "chờ duyệt"), ("to_send", "chưa gửi"))


def is_open_in(periods: Iterable[ReportingPeriod]) -> Q:
    """Return the condition for reports of `periods` that still want work."""
    running = DeadlineExtension.objects.filter(
        report=OuterRef("pk"), until__gte=timezone.localdate()
    )
    is_open = Q(period__is_closed=False) | Q(Exists(running))
    return is_open & Q(period__in=list(periods)) & ~Q(state=State.APPROVED)


def open_elsewhere(
    reports: QuerySet,
    periods: Iterable[ReportingPeriod],
    current: ReportingPeriod | None,
    start: str,
) -> list[OpenElsewhere]:
    """Return by period, newest first, what of `reports` is still open in other periods than `current`.

    `start` as in `told_elsewhere`. One query, none where there is one period.
    """
    others = [period for period in periods if period != current]
    if current is None or not others:
        return []
    return told_elsewhere(tallies_of(reports.filter(is_open_in(others))), others, start)


def told_elsewhere(
    tallies: Iterable[AreaTally], periods: Iterable[ReportingPeriod], start: str
) -> list[OpenElsewhere]:
    """Return what is open in other `periods` than the one at hand: a year opened hides no report of another.

    `tallies` count what `is_open_in` them; `start` begins the address of the list the counts lead to; a
    single report is led to itself.
    """
    result = []
    for one in periods:
        mine = [tally for tally in tallies if tally.period == one.pk]
        row = added_up(mine)
        lines = [
            (
                reverse("reports:detail", args=[mine[0].only])
                if row["all"] == 1
                else f"{start}{urlencode({'period_choice': one.pk, 'state': state})}",
                words,
                row[state],
            )
            for state, words in _WANTING
            if row[state]
        ]
        if lines:
            result.append(OpenElsewhere(one, lines))
    return result


def areas_of(reports: QuerySet) -> QuerySet[AdministrativeUnit]:
    """Return the areas that `reports` are counted in, in the order of the tree."""
    areas = reports.order_by().values_list(AREA)
    return AdministrativeUnit.objects.filter(pk__in=areas).in_tree_order()


def counts_by_area(tallies: Iterable[AreaTally]) -> list[dict]:
    """Return the counts of each area with its `unit`; empty where all lie in one. One query, then none."""
    found = {one.area: one.counts for one in tallies}
    if len(found) < 2:
        return []
    units = AdministrativeUnit.objects.filter(pk__in=found).in_tree_order()
    return [{"unit": unit, **found[unit.pk]} for unit in units]


def required_counts(
    period: ReportingPeriod | None, indicators: Iterable[Any] | None = None
) -> dict[str, int]:
    """Return how many figures each level enters in `period`, by level; one query.

    None where the `indicators` of its catalogue (or of several) are at hand.
    """
    if period is None:
        return {}
    if indicators is None:
        rows = Indicator.objects.filter(catalogue=period.catalogue_id)
        columns = ("catalogue_id", "is_component", "value_type", "entry_levels")
        indicators = rows.values_list(*columns, named=True)
    levels = dict.fromkeys(Level.values, 0)
    for one in indicators:
        if one.catalogue_id == period.catalogue_id and not one.is_component:
            for letter in one.entry_levels if one.value_type != ValueType.PERCENT else ():
                levels[Level.from_letter(letter).value] += 1
    return levels
