"""Putting the records that belong to the demonstration figures into the database, in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import F

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from records.models import EmergingIssue, IssueStatus, Recognition
from reports.counting.counting import counted
from reports.demo.board import Numbers
from reports.demo.events import records_of
from reports.demo.holder import Holder
from reports.demo.units import demo_unit
from reports.models import ReportingPeriod, Value

BATCH = 500


def insert_records(
    units: Iterable[AdministrativeUnit],
    accounts: dict[int, User],
    period: ReportingPeriod,
    board: Mapping[str, Numbers],
    *,
    until: date,
) -> int:
    """Create the records of `units` for one period, none after `until`, and return how many.

    `board` has the numbers of each unit by its code. What the records give is stored with the figures
    already submitted, as a submission does. The caller holds the transaction.
    """
    rows: dict[type, list] = defaultdict(list)
    end = min(period.end, until)
    for unit in units:
        user, row = accounts[unit.pk], board[unit.code]
        holder = Holder(unit.pk, user.pk, demo_unit(unit), period.year, end, row)
        for record in records_of(holder):
            rows[type(record)].append(record)
    written = _write(rows)
    _store_counted(period)
    return written


def _store_counted(period: ReportingPeriod) -> None:
    """Give each submitted figure what the records say: the same number, or nothing without records."""
    known = counted(AdministrativeUnit.objects.all(), period)
    values = Value.objects.filter(report__period=period, report__submitted_at__isnull=False)
    rows = values.values_list("pk", "report__unit", "indicator__code")
    ids = [pk for pk, unit_id, code in rows if code in known.get(unit_id, ())]
    # By key: PostgreSQL has no statistics of rows written a moment ago and would join them one by one.
    for start in range(0, len(ids), BATCH):
        Value.objects.filter(pk__in=ids[start : start + BATCH]).update(counted=F("number"))


def _write(rows: dict[Any, list]) -> int:
    recognitions = rows.pop(Recognition, [])
    for model, records in rows.items():
        for record in records:
            record.derive()
        model.objects.bulk_create(records, batch_size=BATCH)
    Recognition.objects.bulk_create(recognitions, batch_size=BATCH)
    _write_history(rows.get(EmergingIssue, []))
    return sum(map(len, rows.values()))


def _write_history(issues: list[Any]) -> None:
    lines = []
    for issue in issues:
        for line in issue.first_history():
            line.actor_id, line.at = issue.created_by_id, issue.created_at
            lines.append(line)
    IssueStatus.objects.bulk_create(lines, batch_size=BATCH)
