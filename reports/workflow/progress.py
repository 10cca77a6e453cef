"""How far the reports of a period are: counted for the home page, the queue and the period's page."""

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
from reports.models import DeadlineExtension, Indicator, ReportingPeriod, State
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
class OpenElsewhere:
    """Reports of another period that still want work: (address, in words, how many) by state."""

    period: ReportingPeriod
    lines: list[tuple[str, str, int]]


_WANTING = (("returned", "trả lại để sửa"), ("submitted", "chờ duyệt"), ("to_send", "chưa gửi"))


def open_elsewhere(
    reports: Any, periods: Iterable[ReportingPeriod], current: ReportingPeriod | None, start: str
) -> list[OpenElsewhere]:
    """Return by period, newest first, what of `reports` is still open in other periods than `current`.

    A year opened meanwhile hides no report of another one. `start` begins the address of the list the
    counts lead to; a single report is led to itself. One query, none where there is one period.
    """
    others = [period for period in periods if period != current]
    if current is None or not others:
        return []
    running = DeadlineExtension.objects.filter(
        report=OuterRef("pk"), until__gte=timezone.localdate()
    )
    open_ones = reports.filter(
        Q(period__is_closed=False) | Exists(running), period__in=others
    ).exclude(state=State.APPROVED)
    rows = open_ones.order_by().values("period").annotate(only=Min("pk"), **_tallies(open_ones))
    found = {row["period"]: row for row in rows}
    result = []
    for one in others:
        row = found.get(one.pk, {})
        lines = [
            (
                reverse("reports:detail", args=[row["only"]])
                if row["all"] == 1
                else f"{start}{urlencode({'period_choice': one.pk, 'state': state})}",
                words,
                row[state],
            )
            for state, words in _WANTING
            if row.get(state)
        ]
        if lines:
            result.append(OpenElsewhere(one, lines))
    return result


def areas_of(reports: QuerySet) -> QuerySet[AdministrativeUnit]:
    """Return the areas that `reports` are counted in, in the order of the tree."""
    areas = reports.order_by().values_list(AREA)
    return AdministrativeUnit.objects.filter(pk__in=areas).in_tree_order()


def counts_by_area(reports: QuerySet, period: ReportingPeriod) -> list[dict]:
    """Return the counts of `reports` by district, each with its `unit`; empty where all lie in one area.

    Two queries, however many districts.
    """
    reports = reports.filter(period=period)
    rows = reports.order_by().values(area=AREA).annotate(**_tallies(reports))
    found = {row.pop("area"): row for row in rows}
    if len(found) < 2:
        return []
    units = AdministrativeUnit.objects.filter(pk__in=found).in_tree_order()
    return [{"unit": unit, **found[unit.pk]} for unit in units]


def required_counts(period: ReportingPeriod | None) -> dict[str, int]:
    """Return how many figures each level enters in `period`, by level; one query."""
    if period is None:
        return {}
    rows = Indicator.objects.filter(catalogue=period.catalogue_id, is_component=False)
    levels = dict.fromkeys(Level.values, 0)
    for letters in rows.exclude(value_type="PCT").values_list("entry_levels", flat=True):
        for letter in letters:
            levels[Level.from_letter(letter).value] += 1
    return levels
