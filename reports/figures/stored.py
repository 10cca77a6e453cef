"""The figures that reports hold: of one report, of many, of the same unit's year before."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from reports.figures.figure import Figure
from reports.models import PeriodKind, Report, Value


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
    """Return the same unit's report of the year before, None where there is none."""
    return _prior_reports(report).select_related("period").first()


def prior_numbers(report: Report) -> dict[str, Decimal | None]:
    """Return last year's numbers of the same unit, by indicator code."""
    values = Value.objects.filter(report__in=_prior_reports(report), number__isnull=False)
    return dict(values.values_list("indicator__code", "number"))


def _prior_reports(report: Report) -> QuerySet[Report]:
    return Report.objects.filter(
        unit__in=report.unit.versions(),
        period__kind=PeriodKind.YEAR,
        period__year=report.period.year - 1,
    )
