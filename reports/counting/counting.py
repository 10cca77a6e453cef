"""Figures counted from the records, for one unit or for all of them, and the records behind each.

What is counted how stands in reports/counting/table.py. Measures of one origin share one query, so all of
them together cost ten queries for one unit or for ten thousand. Blank is not zero: a unit without a
single record of an origin in the period gets no number from it.
"""

import datetime
from collections.abc import Iterable
from decimal import Decimal

from django.db import models
from django.urls import reverse

from danvan.units.models import AdministrativeUnit
from reports.counting.table import MEASURES, Measure
from reports.models import Indicator, Report, ReportingPeriod, ReportUnit

# By unit id, then by code. Plain numbers as the database gives them; what is blank is left out.
Counted = dict[int, dict[str, int | Decimal]]


def counted(units: models.QuerySet[AdministrativeUnit], period: ReportingPeriod) -> Counted:
    """Return what the records of `period` give, by reporting unit and indicator code, for many at once.

    The records are those of all units whose work the unit's report answers for (ReportUnit). Only
    indicators of the period's catalogue that name a measure; counted_for leaves out what a level does
    not enter.
    """
    indicators = period.catalogue.indicators.exclude(measure="").order_by()
    codes: dict[str, list[str]] = {}
    for code, measure in indicators.values_list("code", "measure"):
        if measure in MEASURES:
            codes.setdefault(measure, []).append(code)
    return {
        unit_id: {code: number for name, number in numbers.items() for code in codes[name]}
        for unit_id, numbers in measured(
            units, period.start, period.end, codes, period=period
        ).items()
    }


def measured(
    units: models.QuerySet[AdministrativeUnit],
    start: datetime.date,
    end: datetime.date,
    codes: Iterable[str] | None = None,
    *,
    period: ReportingPeriod | None = None,
) -> Counted:
    """Return the measures `codes` (all of them by default) from `start` to `end`, by unit and measure.

    The unit is the one that holds the records, with `period` the one that reports of them in it.
    """
    by_source: dict[int, list[Measure]] = {}
    for code in MEASURES if codes is None else codes:
        by_source.setdefault(id(MEASURES[code].origin), []).append(MEASURES[code])
    found: Counted = {}
    for measures in by_source.values():
        names = [measure.code for measure in measures]
        for unit_id, *numbers in grouped(measures, units, start, end, period):
            pairs = zip(names, numbers, strict=True)
            told = {name: number for name, number in pairs if number is not None}
            found.setdefault(unit_id, {}).update(told)
    return found


def grouped(
    measures: list[Measure],
    units: models.QuerySet[AdministrativeUnit],
    start: datetime.date,
    end: datetime.date,
    period: ReportingPeriod | None = None,
) -> models.QuerySet:
    """Return the one query of measures that share an origin: rows of (unit id, number, number, …)."""
    origin = measures[0].origin
    rows, whose = origin.rows(start, end), origin.unit
    if period is not None:  # a unit has one answer in a period, so the join doubles nothing
        answer = f"{origin.unit.removesuffix('_id')}__answered_in"
        whose = f"{answer}__report__unit"
        units_of = {f"{answer}__period": period, f"{whose}__in": units.order_by().values("pk")}
        rows = rows.filter(**units_of)
    else:
        rows = rows.filter(**{f"{whose}__in": units.order_by().values("pk")})
    names = {f"m_{index}": measure.expression for index, measure in enumerate(measures)}
    return rows.order_by().values(whose).annotate(**names).values_list(whose, *names)


def counted_for(report: Report) -> dict[str, Decimal]:
    """Return what the records give for `report`, by indicator code: only what its level enters."""
    period = report.period
    rows = period.catalogue.indicators.all()
    entered = {row.code for row in rows if row.entered_by(report.level)}
    found = counted(AdministrativeUnit.objects.filter(pk=report.unit_id), period)
    numbers = found.get(report.unit_id, {})
    return {code: Decimal(number) for code, number in numbers.items() if code in entered}


def links_behind(
    reports: Iterable[Report], codes: Iterable[str] | None = None
) -> dict[tuple[int, str], str]:
    """Return the address of the records behind each counted figure, by (report id, indicator code).

    For many reports (with their periods at hand) and all counted indicators, or only `codes`; two queries.
    """
    reports = list(reports)
    indicators = Indicator.objects.filter(
        catalogue__in={report.period.catalogue_id for report in reports}
    )
    if codes is not None:
        indicators = indicators.filter(code__in=list(codes))
    rows = indicators.exclude(measure="").order_by().values_list("catalogue", "code", "measure")
    links = {}
    measures = [
        (catalogue, code, MEASURES[name]) for catalogue, code, name in rows if name in MEASURES
    ]
    others: dict[int, list[int]] = {}
    answers = ReportUnit.objects.of_others().filter(report__in=[report.pk for report in reports])
    for report_id, unit_id in answers.order_by("unit").values_list("report", "unit"):
        others.setdefault(report_id, []).append(unit_id)
    for report in reports:
        span = report.period.start, report.period.end
        for catalogue, code, measure in measures:
            if catalogue == report.period.catalogue_id:
                address = reverse("records:list", args=[measure.origin.kind])
                query = measure.query_of(report.unit_id, *span, others.get(report.pk, ()))
                links[report.pk, code] = f"{address}?{query}"
    return links
