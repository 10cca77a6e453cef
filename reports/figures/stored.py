"""The figures that reports hold: of one report, of many, of the same unit's year before."""

import datetime
from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Case, Q, QuerySet, Subquery, When

from reports.figures.figure import Figure
from reports.models import PeriodKind, Report, Value

_YEAR, _SHIFT = datetime.timedelta(days=365), datetime.timedelta(days=3)


def figures_of(report: Report) -> dict[str, Figure]:
    """Return the stored figures of `report` by indicator code (blank ones are absent)."""
    return _read(Q(report=report.pk)).get(report.pk, {})


def figures_with_prior(report: Report) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Return the figures of `report`, and what its unit reported of the same span of the year before."""
    before = _prior_reports(report).values("pk")[:1]
    found = _read(Q(report=report.pk) | Q(report=Subquery(before)))
    own = found.pop(report.pk, {})
    return own, next(iter(found.values()), {})


def _read(which: Q) -> dict[int, dict[str, Figure]]:
    """Return report id → code → Figure of the values that are meant, in one query."""
    found: dict[int, dict[str, Figure]] = {}
    columns = ("report_id", "indicator__code", "number", "qualifier", "text", "note")
    for report_id, code, *figure in Value.objects.filter(which).values_list(*columns):
        found.setdefault(report_id, {})[code] = Figure(*figure)
    return found


def stored_figures(reports: QuerySet) -> dict[int, dict[str, Figure]]:
    """Return report id → code → Figure of `reports` (a queryset), in one query."""
    return _read(Q(report__in=reports.values("pk")))


def numbers_in(figures: Mapping[str, Figure]) -> dict[str, Decimal]:
    """Return the numbers of `figures`, by code."""
    return {code: fig.number for code, fig in figures.items() if fig.number is not None}


def prior_numbers(report: Report) -> dict[str, Decimal]:
    return numbers_in(figures_with_prior(report)[1])


def _prior_reports(report: Report) -> QuerySet[Report]:
    """Return the reports a year before: of a year those of the year, else of the same span, nearest kind first.

    A part of a year or an interim period is never held against a whole year.
    """
    period = report.period
    reports = Report.objects.filter(unit__in=report.unit.version_keys())
    if period.is_whole_year:
        return reports.filter(period__kind=PeriodKind.YEAR, period__year=period.year - 1)
    parts = reports.exclude(period__kind=PeriodKind.YEAR).filter(
        period__start__range=_about_a_year_before(period.start),
        period__end__range=_about_a_year_before(period.end),
    )
    nearest = Case(When(period__kind=period.kind, then=0), default=1)
    return parts.order_by(nearest, "-period__start")


def _about_a_year_before(day: datetime.date) -> tuple[datetime.date, datetime.date]:
    """Return the days around the day a year before: boards move their dates a little."""
    return day - _YEAR - _SHIFT, day - _YEAR + _SHIFT
