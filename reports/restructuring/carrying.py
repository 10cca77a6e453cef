"""Records of a unit on days on which, as it turns out, it had ended: they go to the unit that follows.

For a change of units that is written after its day. Everything is in the trail, and can be put back.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from danvan.accounts.audit.writing import audited_bulk_update
from danvan.common.db.locks import locked
from danvan.units.models import AdministrativeUnit
from records.kinds import KINDS
from records.models import EventRecord, Recognition

# What was changed of one record: slug of its kind, key, unit and first day before, unit and day now.
Carried = tuple[str, int, int, str, int, str]


def carry_records(
    heirs: Mapping[AdministrativeUnit, AdministrativeUnit], day: datetime.date
) -> tuple[list[Carried], list[tuple[int, int, int]]]:
    """Give the records of ended units from `day` on to their heirs, and decisions of recognition alike.

    A record whose day follows from its unit (a year's assessment) stays, on the last day of the unit.
    Returns what was changed, for `restore_records`. Call it while the periods are held.
    """
    ended = {unit.pk: unit for unit in heirs}
    changed: list[Carried] = []
    for kind in KINDS:
        rows = list(locked(kind.model.objects.filter(unit__in=ended, start_date__gte=day)))
        for row in rows:
            was = (row.unit_id, row.start_date.isoformat())
            row.unit = ended[row.unit_id]
            row.fill_blanks()
            if row.start_date >= day:
                row.unit = heirs[ended[row.unit_id]]
            changed.append((kind.slug, row.pk, *was, row.unit.pk, row.start_date.isoformat()))
        _write(rows)
    decisions = list(locked(Recognition.objects.filter(recogniser__in=ended, date__gte=day)))
    moved = []
    for decision in decisions:
        old = decision.recogniser_id
        decision.recogniser = heirs[ended[old]]
        moved.append((decision.pk, old, decision.recogniser.pk))
    audited_bulk_update(decisions, ["recogniser"])
    return changed, moved


def restore_records(records: Iterable[Any], decisions: Iterable[Any]) -> None:
    """Undo `carry_records`. A record that went elsewhere or was deleted since stays as it is."""
    by_kind: dict[str, dict[int, tuple]] = {}
    for slug, pk, *what in records:
        by_kind.setdefault(slug, {})[pk] = tuple(what)
    for kind in KINDS:
        known, rows = by_kind.get(kind.slug, {}), []
        for row in locked(kind.model.objects.filter(pk__in=known)):
            unit_id, day, now_unit, now_day = known[row.pk]
            if row.unit_id == now_unit:
                row.unit_id = unit_id
                if row.start_date.isoformat() == now_day:
                    row.start_date = datetime.date.fromisoformat(day)
                rows.append(row)
        _write(rows)
    before = {pk: (old, new) for pk, old, new in decisions}
    stored = list(locked(Recognition.objects.filter(pk__in=before)))
    back = [row for row in stored if row.recogniser_id == before[row.pk][1]]
    for decision in back:
        decision.recogniser_id = before[decision.pk][0]
    audited_bulk_update(back, ["recogniser"])


def _write(rows: list[EventRecord]) -> None:
    for row in rows:
        row.version, row.updated_at = row.version + 1, timezone.now()
    audited_bulk_update(rows, ["unit", "start_date", "version", "updated_at"])
