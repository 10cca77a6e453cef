"""The figures that reports hold: of one report, of many, of the same unit's year before."""

import datetime
from decimal import Decimal

from django.db.models import Case, QuerySet, Subquery, When

from reports.figures.figure import Figure
from reports.models import PeriodKind, Report, Value

_YEAR, _SHIFT = datetime.timedelta(days=365), datetime.timedelta(days=3)


def figures_of(report: Report) -> dict[str, Figure]:
    """Return the stored figures of `report` by indicator code (blank ones are absent)."""
    values = report.values.select_related("indicator")
    return {value.indicator.code: Figure.of(value) for value in values}


def stored_figures(reports: QuerySet) -> dict[int, dict[str, Figure]]:
    """Return report id → code → Figure of `reports` (a queryset), in one query."""
    found: dict[int, dict[str, Figure]] = {}
    values = Value.objects.filter(report__in=reports.values("pk"))
    columns = ("report_id", "indicator__code", "number", "qualifier", "text", "note")
    for report_id, code, *figure in values.values_list(*columns):
        found.setdefault(report_id, {})[code] = Figure(*figure)
    return found


def prior_report(report: Report) -> Report | None:
    """Return the same unit's report of the same span of the year before, None where there is none."""
    return _prior_reports(report).select_related("period").first()


def prior_numbers(report: Report) -> dict[str, Decimal | None]:
    """Return the numbers of `prior_report`, by indicator code."""
    before = _prior_reports(report).values("pk")[:1]
    values = Value.objects.filter(report=Subquery(before), number__isnull=False)
    return dict(values.values_list("indicator__code", "number"))


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
