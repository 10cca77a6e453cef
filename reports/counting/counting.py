"""Figures counted from the records, for one unit or for all of them, and the records behind each.

What is counted how stands in reports/counting/table.py. Measures of one origin are aggregates over the same
rows; all origins together are one query, for one unit or for ten thousand. Blank is not zero: a unit
without a single record of an origin in the period gets no number from it.
"""

import datetime
import json
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import JSONObject
from django.urls import reverse

from danvan.units.models import AdministrativeUnit
from reports.counting.table import MEASURES, Measure
from reports.models import Indicator, Report, ReportingPeriod, ReportUnit

# By unit id, then by code. Plain numbers as the database gives them; what is blank is left out.
Counted = dict[int, dict[str, int | Decimal]]


class _Exact(json.JSONDecoder):
    """Reads decimal numbers as they are written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, parse_float=Decimal)


class _Numbers(JSONObject):
    """The measures of an origin by code, as one column: origins differ in how many they have."""

    output_field = models.JSONField(decoder=_Exact)


def counted(
    units: models.QuerySet[AdministrativeUnit],
    period: ReportingPeriod,
    indicators: Collection[Indicator] | None = None,
) -> Counted:
    """Return what the records of `period` give, by reporting unit and indicator code, for many at once.

    The records are those of all units whose work the unit's report answers for (ReportUnit). Only
    indicators of the period's catalogue (`indicators`, where they are at hand) that name a measure;
    counted_for leaves out what a level does not enter.
    """
    codes: dict[str, list[str]] = {}
    for row in _of_catalogue(period) if indicators is None else indicators:
        if row.measure in MEASURES:
            codes.setdefault(row.measure, []).append(row.code)
    return {
        unit_id: {code: number for name, number in numbers.items() for code in codes[name]}
        for unit_id, numbers in measured(
            units, period.start, period.end, codes, period=period
        ).items()
    }


def _of_catalogue(period: ReportingPeriod) -> models.QuerySet[Indicator]:
    return Indicator.objects.filter(catalogue=period.catalogue_id).order_by()


def measured(
    units: models.QuerySet[AdministrativeUnit],
    start: datetime.date,
    end: datetime.date,
    codes: Iterable[str] | None = None,
    *,
    period: ReportingPeriod | None = None,
) -> Counted:
    """Return the measures `codes` (all of them by default) from `start` to `end`, by unit and measure.

    The unit is the one that holds the records, with `period` the one that reports of them in it. One query.
    """
    by_source: dict[int, list[Measure]] = {}
    for code in MEASURES if codes is None else codes:
        by_source.setdefault(id(MEASURES[code].origin), []).append(MEASURES[code])
    queries = [_grouped(ms, units, start, end, period) for ms in by_source.values()]
    found: Counted = {}
    for unit_id, numbers in queries[0].union(*queries[1:], all=True) if queries else ():
        told = {name: number for name, number in numbers.items() if number is not None}
        found.setdefault(unit_id, {}).update(told)
    return found


def _grouped(
    measures: list[Measure],
    units: models.QuerySet[AdministrativeUnit],
    start: datetime.date,
    end: datetime.date,
    period: ReportingPeriod | None,
) -> models.QuerySet:
    """Return the query of measures that share an origin: rows of (unit id, {measure: number})."""
    origin = measures[0].origin
    whose, within = origin.unit, {}
    if period is not None:  # a unit has one answer in a period, so the join doubles nothing
        answer = f"{origin.unit.removesuffix('_id')}__answered_in"
        whose, within = f"{answer}__report__unit", {f"{answer}__period": period}
    # In one filter: two would join the answers of all periods a second time.
    rows = origin.rows(start, end).filter(
        **within, **{f"{whose}__in": units.order_by().values("pk")}
    )
    numbers = _Numbers(**{measure.code: measure.expression for measure in measures})
    return rows.order_by().values(whose).annotate(numbers=numbers).values_list(whose, "numbers")


def counted_for(
    report: Report, indicators: Collection[Indicator] | None = None
) -> dict[str, Decimal]:
    """Return what the records give for `report`, by indicator code: only what its level enters."""
    rows = _of_catalogue(report.period) if indicators is None else indicators
    entered = [row for row in rows if row.entered_by(report.level)]
    only = AdministrativeUnit.objects.filter(pk=report.unit_id)
    numbers = counted(only, report.period, entered).get(report.unit_id, {})
    return {code: Decimal(number) for code, number in numbers.items()}


def links_behind(
    reports: Iterable[Report],
    codes: Iterable[str] | None = None,
    *,
    indicators: Iterable[Indicator] | None = None,
    answers: Iterable[ReportUnit] | None = None,
) -> dict[tuple[int, str], str]:
    """Return the address of the records behind each counted figure, by (report id, indicator code).

    For many reports (with their periods at hand) and all counted indicators, or only `codes`; two queries,
    none for `indicators` and `answers` (those of other units) that are at hand.
    """
    reports = list(reports)
    if indicators is None:
        catalogues = {report.period.catalogue_id for report in reports}
        rows = Indicator.objects.filter(catalogue__in=catalogues).exclude(measure="")
        indicators = (rows if codes is None else rows.filter(code__in=list(codes))).order_by()
    counted = [(row, MEASURES[row.measure]) for row in indicators if row.measure in MEASURES]
    if not counted:
        return {}
    if answers is None:
        answers = ReportUnit.objects.of_others().filter(report__in=[one.pk for one in reports])
    others: dict[int, list[int]] = {}
    for answer in answers:
        others.setdefault(answer.report_id, []).append(answer.unit_id)
    links = {}
    for report in reports:
        span = report.period.start, report.period.end
        for row, measure in counted:
            if row.catalogue_id == report.period.catalogue_id:
                address = reverse("records:list", args=[measure.origin.kind])
                units = sorted(others.get(report.pk, ()))
                links[report.pk, row.code] = (
                    f"{address}?{measure.query_of(report.unit_id, *span, units)}"
                )
    return links
