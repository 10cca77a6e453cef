"""What locks records: the unit's report of the period was sent or approved, or the period is closed.

The implementation of settings.RECORD_LOCK and RECORD_YEARS (records/locks.py, records/years.py). Only
yearly periods and parts of a year lock: interim reports (six months, quarters) are snapshots, the year
they lie in stays open.
"""

import datetime
from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from records.locks import Lock
from reports.models import Report, ReportingPeriod
from reports.models.period import COUNTED_KINDS
from reports.workflow.holding import keep_for_records
from reports.workflow.moves import lock_reason


def locks_on(unit_ids: Iterable[int], *, for_write: bool = False) -> list[Lock]:
    """Return the locks on records of units, in one query.

    With `for_write` they are kept as they are until the transaction ends: nobody sends a report while a
    record of its period is being written (sending locks it alone before it counts), or closes the period.
    """
    unit_ids = set(unit_ids)
    if for_write:
        keep_for_records(unit_ids)
    reports = (
        Report.objects.filter(answers_for__unit__in=unit_ids, period__kind__in=COUNTED_KINDS)
        .annotate(answered=F("answers_for__unit"))
        .select_related("unit", "period__closed_by", "reviewer__parent")
        .with_due_dates()
        .order_by("pk")
    )
    return [
        Lock(unit_id, report.period.start, report.period.end, _message(report, unit_id, reason))
        for report in reports
        if (reason := lock_reason(report)) and (unit_id := vars(report)["answered"])
    ]


def _message(report: Report, unit_id: int, reason: str) -> str:
    """Say which report it is, since when, and what workflow says of why and whom to ask."""
    sent = ""
    if report.submitted_at:
        sent = f" (gửi lúc {timezone.localtime(report.submitted_at):%H:%M ngày %d/%m/%Y})"
    whose = report.unit.full_name_in_text
    if unit_id != report.unit_id:
        whose = f"của các đơn vị cũ do {whose} báo cáo"
    period = report.period
    span = f"từ {period.start:%d/%m/%Y} đến {period.end:%d/%m/%Y}"
    return f"Hồ sơ {whose} {span} đang khóa theo báo cáo {str(period).lower()}{sent}. {reason}"


def year_spans(
    periods: Iterable[ReportingPeriod] | None = None,
) -> dict[int, tuple[datetime.date, datetime.date]]:
    """Return first and last day of every reporting year that was opened, in one query.

    Of `periods`, all that count, where they have been read.
    """
    if periods is None:
        periods = ReportingPeriod.objects.filter(kind__in=COUNTED_KINDS).order_by("start")
        periods = periods.only("year", "start", "end")
    spans: dict[int, tuple[datetime.date, datetime.date]] = {}
    for one in periods:
        first, last = spans.get(one.year, (one.start, one.end))
        spans[one.year] = min(first, one.start), max(last, one.end)
    return spans
