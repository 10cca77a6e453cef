"""Putting the records that belong to the demonstration figures into the database, in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from danvan.accounts.models import User
from records.models import (
    EmergingIssue,
    EventRecord,
    IssueStatus,
    Recognition,
)
from reports.demo.events import Holder, records_of
from reports.demo.figures import numbers
from reports.demo.units import demo_unit

BATCH = 500


def write_records(units: Iterable, accounts: dict[int, User], years: Iterable[int]) -> int:
    """Create the records of `units` for `years` and return how many; the caller holds the transaction."""
    units = list(units)
    written = 0
    for year in years:
        rows: dict[type, list] = defaultdict(list)
        board = numbers(map(demo_unit, units), year)
        for unit in units:
            holder = Holder(
                unit.pk, accounts[unit.pk].pk, demo_unit(unit), year, board.rows[unit.code]
            )
            for record in records_of(holder):
                rows[type(record)].append(record)
        written += _write(rows)
    return written


def _write(rows: dict[type, list]) -> int:
    recognitions = rows.pop(Recognition, [])
    for model, records in rows.items():
        for record in records:
            record.derive()
        model.objects.bulk_create(records, batch_size=BATCH)
    Recognition.objects.bulk_create(recognitions, batch_size=BATCH)
    _write_history(rows.get(EmergingIssue, []))
    return sum(map(len, rows.values()))


def _write_history(issues: list[EventRecord]) -> None:
    lines = []
    for issue in issues:
        for line in issue.first_history():
            line.actor_id, line.at = issue.created_by_id, issue.created_at
            lines.append(line)
    IssueStatus.objects.bulk_create(lines, batch_size=BATCH)
