"""The history page of a record: the audit trail's entries of the row, its children and files."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from danvan.accounts.audit.writing import ACTION_LABELS, SOURCE_LABELS, changes_of
from danvan.accounts.models import User
from danvan.accounts.models.trail import AuditEntry
from records.models import Attachment, EventRecord

FILE_LABELS = {AuditEntry.Action.CREATE: "Đính kèm tệp", AuditEntry.Action.DELETE: "Xóa tệp"}
NEWEST = 200
_NOT_SHOWN = {"token", "entity_key", "created_by", "stand_in", "search", "version"}  # of the record
_NOT_SHOWN_OF_CHILD = {"model", "issue", "recogniser", "actor", "at"}  # the record; who and when


@dataclass(frozen=True)
class HistoryLine:
    """One change: who, when, through which source, and (label, old, new) of every field."""

    at: datetime
    who: str
    unit: str
    source: str
    action: str
    about: str
    changes: list[tuple[str, str, str]]


def history_of(record: EventRecord, newest: int = NEWEST) -> list[HistoryLine]:
    """Return the newest changes of `record`, which was fetched through the person's scope.

    Children and files say in the trail whose they are, so that those deleted since are told of as well.
    """
    own = ContentType.objects.get_for_model(record)
    wanted = Q(content_type=own, object_id=record.pk)
    for name in ("recognitions", "history"):
        if hasattr(record, name):
            child = ContentType.objects.get_for_model(getattr(record, name).model)
            wanted |= Q(content_type=child, additional_data__record=record.pk)
    file_kind = ContentType.objects.get_for_model(Attachment)
    whose = Q(additional_data__record=record.pk, additional_data__kind=own.pk)
    wanted |= Q(whose, content_type=file_kind)
    entries = AuditEntry.objects.filter(wanted).select_related("actor", "content_type")
    return [_line(entry, own, file_kind) for entry in entries.order_by("-pk")[:newest]]


def deletion_of(model: type[EventRecord], pk: int, user: User) -> HistoryLine | None:
    """Return by whom and when the row `pk` was deleted, None where it was not or `user` could not write it."""
    kinds = ContentType.objects.get_for_models(model, Attachment)
    entries = AuditEntry.objects.editable_by(user).deletions_of(model, pk)
    last = entries.select_related("actor", "content_type").first()
    return _line(last, kinds[model], kinds[Attachment]) if last else None


def _line(entry: AuditEntry, own: ContentType, file_kind: ContentType) -> HistoryLine:
    kind = entry.content_type_id
    action = (FILE_LABELS if kind == file_kind.pk else ACTION_LABELS).get(entry.action, "")
    return HistoryLine(
        at=entry.timestamp,
        who=str(entry.actor) if entry.actor else "(hệ thống)",
        unit=entry.actor_unit,
        source=SOURCE_LABELS.get(entry.source, entry.source),
        action=action,
        about="" if kind == own.pk else entry.object_repr,
        changes=[] if kind == file_kind.pk else _changes(entry, kind == own.pk),
    )


def _changes(entry: AuditEntry, is_own: bool) -> list[tuple[str, str, str]]:
    """Return what changed in words, without what says nothing: a new row's blanks, keys, the row itself."""
    hidden = _NOT_SHOWN if is_own else _NOT_SHOWN_OF_CHILD
    entry.changes = {k: v for k, v in (entry.changes or {}).items() if k not in hidden}
    return [(label, old, new) for label, old, new in changes_of(entry) if old or new]
