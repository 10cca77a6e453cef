"""Which report counts a record, and in which of its figures: settings.RECORD_FEEDS (records/shown.py)."""

import datetime
from collections.abc import Iterable

from django.db.models import Case, Q, When
from django.urls import reverse

from danvan.accounts.models import User
from records.kinds import kind_of
from records.models import EventRecord, Recognition
from records.shown import Feed
from reports.counting.table import MEASURES, Measure
from reports.models import Indicator, Report, ReportingPeriod, ReportUnit
from reports.models.period import COUNTED_KINDS


def feeds_of(record: EventRecord, user: User) -> list[Feed]:
    """Return the reports that count `record`, oldest year first, with the figures it goes into.

    A model may count in two years: where it was registered and where it was recognised.
    """
    days = {day for _unit, day, *_ in record.facts() if isinstance(day, datetime.date)}
    inside = Q(pk__in=[])
    for day in days:
        inside |= Q(start__lte=day, end__gte=day)
    found = []
    for period in ReportingPeriod.objects.filter(inside, kind__in=COUNTED_KINDS).order_by("start"):
        for unit_id, measures in _met(record, period).items():
            if feed := _feed(period, unit_id, measures, user):
                found.append(feed)
    return found


def _met(record: EventRecord, period: ReportingPeriod) -> dict[int, list[str]]:
    """Return the measures of `period` that count `record`, by the unit whose work it is."""
    by_origin: dict[int, list[Measure]] = {}
    for measure in MEASURES.values():
        if measure.origin.kind is kind_of(type(record)):
            by_origin.setdefault(id(measure.origin), []).append(measure)
    met: dict[int, list[str]] = {}
    for measures in by_origin.values():
        origin = measures[0].origin
        rows = origin.rows(period.start, period.end)
        key = "model" if rows.model is Recognition else "pk"
        tests = {
            f"m_{i}": Case(When(measure.where & Q(pk__isnull=False), then=1), default=0)
            for i, measure in enumerate(measures)
        }
        rows = rows.filter(**{key: record.pk}).order_by()
        for unit_id, *hits in rows.annotate(**tests).values_list(origin.unit, *tests):
            names = [measure.code for measure, hit in zip(measures, hits, strict=True) if hit]
            met.setdefault(unit_id, []).extend(names)
    return met


def _feed(
    period: ReportingPeriod, unit_id: int, measures: Iterable[str], user: User
) -> Feed | None:
    """Return what the report that answers for the unit takes of `measures`; None where nobody answers."""
    answers = ReportUnit.objects.filter(period=period, unit=unit_id)
    report = Report.objects.with_names().filter(answers_for__in=answers).first()
    if report is None:
        return None
    rows = Indicator.objects.filter(catalogue=period.catalogue_id, measure__in=list(measures))
    figures = tuple(
        (row.code, row.label)
        for row in rows.order_by("section__order", "order")
        if row.entered_by(report.level)
    )
    seen = Report.objects.visible_to(user).filter(pk=report.pk).exists()
    url = reverse("reports:detail", args=[report.pk]) if seen else ""
    return Feed(str(period), report.unit.place_name, url, figures)
