"""The history page of a record: the audit trail's entries of the row, its children and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from danvan.accounts.audit import ACTION_LABELS, SOURCE_LABELS, changes_of
from danvan.accounts.trail import AuditEntry
from records.attachments import files_of
from records.models import EventRecord

NEWEST = 200
_NOT_SHOWN = {"token", "entity_key", "created_by", "search", "version"}


@dataclass(frozen=True)
class Line:
    """One change: who, when, through which door, and (label, old, new) of every field."""

    at: datetime
    who: str
    unit: str
    source: str
    action: str
    about: str
    changes: list[tuple[str, str, str]]


def history_of(record: EventRecord) -> list[Line]:
    """Return the newest changes of `record`, which was fetched through the person's scope."""
    own = ContentType.objects.get_for_model(record)
    wanted = Q(content_type=own, object_id=record.pk)
    for name in ("recognitions", "history"):
        if hasattr(record, name):
            children = getattr(record, name).all()
            child = ContentType.objects.get_for_model(children.model)
            wanted |= Q(content_type=child, object_id__in=[row.pk for row in children])
    files = files_of(record)
    file_kind = ContentType.objects.get_for_model(files.model)
    wanted |= Q(content_type=file_kind, object_pk__in=[str(row.pk) for row in files])
    entries = AuditEntry.objects.filter(wanted).select_related("actor", "content_type")
    return [_line(entry, own) for entry in entries.order_by("-pk")[:NEWEST]]


def _line(entry: AuditEntry, own: ContentType) -> Line:
    entry.changes = {k: v for k, v in (entry.changes or {}).items() if k not in _NOT_SHOWN}
    about = "" if entry.content_type_id == own.pk else entry.object_repr
    return Line(
        at=entry.timestamp,
        who=str(entry.actor) if entry.actor else "(hệ thống)",
        unit=entry.actor_unit,
        source=SOURCE_LABELS.get(entry.source, entry.source),
        action=ACTION_LABELS.get(entry.action, ""),
        about=about,
        changes=changes_of(entry),
    )
