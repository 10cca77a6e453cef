"""Locks: days on which a unit's records stand still, because its report of that time was sent or closed.

Records know nothing of reports (imports run one way); the setting RECORD_LOCK names the function that
does. It takes unit ids and returns their locks in one query.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Lock:
    """From `start` to `end` records of the unit are read-only; `message` says why, since when, whom to ask."""

    unit_id: int
    start: datetime.date
    end: datetime.date
    message: str

    def covers(self, unit_id: int, day: datetime.date) -> bool:
        """Tell whether a record of `unit_id` that counts on `day` is locked."""
        return self.unit_id == unit_id and self.start <= day <= self.end


class RecordLocked(ValidationError):
    """The record counts in a period that is locked for its unit; the message is for the person."""


def locks_on(unit_ids: Iterable[int], *, for_write: bool = False) -> list[Lock]:
    """Return the locks of units. With `for_write` (inside a transaction) they cannot change until it ends."""
    unit_ids = set(unit_ids)
    if not settings.RECORD_LOCK or not unit_ids:
        return []
    return import_string(settings.RECORD_LOCK)(unit_ids, for_write=for_write)


def lock_of(record) -> Lock | None:
    """Return the lock on `record` as it stands, for pages that say why it cannot be changed."""
    for lock in locks_on({record.unit_id}):
        if lock.covers(record.unit_id, record.start_date):
            return lock
    return None


def require_open(points: Iterable[tuple], *, for_write: bool = True) -> None:
    """Raise RecordLocked when one of `points` (unit id, day, …) is locked. One query for all of them."""
    points = {(point[0], point[1]) for point in points if point[1]}
    locks: dict[int, list[Lock]] = {}
    for lock in locks_on({unit_id for unit_id, _ in points}, for_write=for_write):
        locks.setdefault(lock.unit_id, []).append(lock)
    found = {
        lock.message
        for unit_id, day in points
        for lock in locks.get(unit_id, ())
        if lock.covers(unit_id, day)
    }
    if found:
        raise RecordLocked(sorted(found))
