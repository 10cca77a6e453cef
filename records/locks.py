"""Locks: days on which a unit's records stand still, because its report of that time was sent or closed.

Records know nothing of reports (imports run one way); the setting RECORD_LOCK names the function that
does. It takes unit ids and returns their locks in one query.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.module_loading import import_string

from danvan.accounts.models import User
from danvan.common.handbook.why import Why
from danvan.units.models import AdministrativeUnit
from records.answering import UnitDays, answered_by
from records.models import EventRecord, Recognition

ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Lock(UnitDays):
    """Days whose records are read-only; `message` says why, since when, whom to ask."""

    message: str


class RecordLocked(ValidationError):
    """The record counts in a period that is locked for its unit; the messages are for the person."""

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__([ValidationError(reason, code=Why.LOCKED) for reason in reasons])


class RecordGone(ValidationError):
    """The record was deleted after its form was opened."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=Why.CONFLICT)


def locks_on(unit_ids: Iterable[int], *, for_write: bool = False) -> list[Lock]:
    """Return the locks of units. With `for_write` (inside a transaction) they cannot change until it ends."""
    unit_ids = set(unit_ids)
    if not settings.RECORD_LOCK or not unit_ids:
        return []
    return import_string(settings.RECORD_LOCK)(unit_ids, for_write=for_write)


def lock_of(record: EventRecord) -> Lock | None:
    """Return the lock on `record` as it stands, for pages that say why it cannot be changed."""
    for lock in locks_on({record.unit_id}):
        if lock.covers(record.unit_id, record.start_date):
            return lock
    return None


def still_open(
    user: User,
    units: Iterable[AdministrativeUnit],
    years: Iterable[tuple[datetime.date, datetime.date]],
) -> set[int]:
    """Return the ids of those of `units` that have ended and of which `user` may still write a record.

    That is of a day of theirs that is not locked: of the opened `years`, or, where the own unit answers
    for the unit, of the days it answers for. Two queries at most.
    """
    today = timezone.localdate()
    ended = [(one, one.valid_to) for one in units if one.valid_to and one.valid_to <= today]
    locks = locks_on(unit.pk for unit, _until in ended)
    spans: dict[int, list[tuple[datetime.date, datetime.date]]] = {}
    for one in answered_by(user):
        spans.setdefault(one.unit_id, []).append((one.start, one.end))
    years, found = list(years), set()
    for unit, until in ended:
        of_unit = [lock for lock in locks if lock.unit_id == unit.pk]
        for start, end in spans.get(unit.pk, years):
            first, last = max(start, unit.valid_from), min(end, until - ONE_DAY)
            # The first day that is not locked is among these.
            days = [first, *(lock.end + ONE_DAY for lock in of_unit)]
            if any(
                first <= day <= last and not any(lock.covers(unit.pk, day) for lock in of_unit)
                for day in days
            ):
                found.add(unit.pk)
    return found


class Kept:
    """The reports in which records of some units count, kept as they are until the transaction ends.

    The first thing every writer of records makes, before it locks rows (danvan/common/db/locks.py has the
    order): for the stored rows `keys` and for `units` that rows are written to. Units that turn up later
    are added when they are asked about.
    """

    def __init__(
        self, model: type[EventRecord], keys: Iterable[int], units: Collection[int] = ()
    ) -> None:
        self.units: set[int] = set()
        self.standing: dict[int, AdministrativeUnit] = {}
        self.locks: dict[int, list[Lock]] = {}
        keys, found = list(keys), set(units)
        if keys:
            rows = model.objects.filter(pk__in=keys).order_by()
            found |= set(rows.values_list("unit_id", flat=True))
        if keys and hasattr(model, "recognitions"):
            decisions = Recognition.objects.filter(model__in=keys).order_by()
            found |= set(decisions.values_list("recogniser_id", flat=True))
        self._add(found)

    def _add(self, unit_ids: Iterable[int]) -> None:
        new = set(unit_ids) - self.units
        self.units |= new
        for lock in locks_on(new, for_write=True):
            self.locks.setdefault(lock.unit_id, []).append(lock)

    def reasons(self, points: Iterable[tuple]) -> list[str]:
        """Return why something of `points` (unit id, day, …) is locked; an empty list when nothing is."""
        asked = {(point[0], point[1]) for point in points if point[1]}
        self._add(unit_id for unit_id, _ in asked)
        found = {
            lock.message
            for unit_id, day in asked
            for lock in self.locks.get(unit_id, ())
            if lock.covers(unit_id, day)
        }
        return sorted(found)

    def require_open(self, points: Iterable[tuple]) -> None:
        """Raise RecordLocked when one of `points` is locked."""
        if found := self.reasons(points):
            raise RecordLocked(found)

    def require_standing(self, days: Iterable[tuple[int, datetime.date]]) -> None:
        """Raise ValidationError when a unit is not in force on a day on which something is written of it.

        Asked again here: a change of units may have been written since the row was validated.
        """
        days = set(days)
        new = {unit_id for unit_id, _day in days} - self.standing.keys()
        self.standing |= AdministrativeUnit.objects.in_bulk(new)
        for unit_id, day in days:
            unit = self.standing[unit_id]
            if not unit.in_force(day):
                missing = ValidationError(unit.absence_on(day), code=Why.UNIT_ENDED)
                raise ValidationError({"start_date": missing})


def differing(before: Mapping, after: Mapping) -> set[tuple]:
    """Return the points at which something else counts after a change (EventRecord.facts)."""
    keys = before.keys() | after.keys()
    return {key for key in keys if before.get(key) != after.get(key)}
