"""The one way records are written: by form, bulk action and import alike.

Every function is one transaction in which scope, locks and version are asked again with what was really
stored. Whoever calls has fetched the record through the person's scope and validated it.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, cast

from auditlog.context import disable_auditlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from danvan.accounts.audit.context import acting
from danvan.accounts.audit.lines import Told, create_audited
from danvan.accounts.audit.writing import (
    audited_bulk_create,
    audited_bulk_delete,
    audited_bulk_update,
    tracked_fields,
)
from danvan.accounts.models import User
from danvan.accounts.models.trail import stand_ins
from danvan.accounts.rights import Action
from danvan.common.db.locks import locked
from records.answering import require_written_by
from records.locks import Kept, RecordGone, differing
from records.models import EmergingIssue, EventRecord, Recognition, SkilledMobilisationModel
from records.models.attachment import files_of
from records.models.emerging_issue import begin_histories


class StaleRecord(Exception):  # noqa: N818
    """Somebody saved the record after the form was opened; `current` is what is stored now."""

    def __init__(self, current: EventRecord) -> None:
        self.current = current
        super().__init__("Hồ sơ vừa được người khác sửa.")


class Existing(Exception):  # noqa: N818
    """The same form was sent before and made `record`."""

    def __init__(self, record: EventRecord) -> None:
        self.record = record
        super().__init__("Hồ sơ này đã được lưu.")


@dataclass(frozen=True)
class Deletion:
    """What became of one row of a bulk deletion; `problem` is empty where it went."""

    pk: int
    name: str
    problem: str = ""


def save_record(
    record: EventRecord,
    *,
    actor: User,
    version: int | None = None,
    token: uuid.UUID | None = None,
    then: Callable[[], None] | None = None,
) -> EventRecord:
    """Create or change one validated record and return it.

    `version` is the one the form was opened with, `token` the form's own; `then` writes child rows in the
    same transaction. A row that says what is stored is left as it is, stale or not: its answer got lost.
    Raises PermissionDenied, RecordLocked, StaleRecord, Existing; nothing is stored then.
    """
    _require_right(actor)
    if record.pk is None and token:
        _refuse_repeated(record, actor, token)
    model = type(record)
    try:
        with transaction.atomic(), acting(user=actor):
            kept = Kept(model, filter(None, [record.pk]), {record.unit_id})
            old = _lock_row(record, version, same=bool(version) and not then) if record.pk else None
            if old and not then and not says_otherwise(record, old):
                return record
            before = old.facts() if old else {}
            kept.require_standing([(record.unit_id, record.start_date)])
            _stamp(record, actor, token, old)
            record.save()
            if then:
                then()
            if isinstance(record, EmergingIssue):
                record.save_history(actor)
            _require_scope(model, [record.pk], actor)
            after = _with_children(model.objects.all()).get(pk=record.pk).facts()
            kept.require_open(differing(before, after))
    except IntegrityError as error:
        # Two posts at the same moment, or two people: the database let only one through.
        _refuse_repeated(record, actor, token)
        raise ValidationError("Hồ sơ này vừa được người khác lưu, vui lòng xem lại.") from error
    return record


def delete_record(record: EventRecord, *, actor: User, version: int | None = None) -> None:
    """Delete one record with its files and children. Raises as save_record."""
    with transaction.atomic(), acting(user=actor):
        stored = lock_for_change(record, version, actor=actor)
        _delete_files(type(record), [record.pk])
        stored.delete()


def delete_records(
    model: type[EventRecord],
    pks: Iterable[int],
    *,
    actor: User,
    source: str = "bulk",
    made: Mapping[int, Mapping[str, Any]] | None = None,
) -> list[Deletion]:
    """Delete the rows of `pks` that may go, and tell of each what became of it.

    Unknown rows and those outside the person's area are not told apart; so are rows that do not say what
    `made` says of them (column → value, by key), or got a file or a decision since. Set-based.
    """
    _require_right(actor)
    pks = list(pks)
    with transaction.atomic(), acting(user=actor, source=source):
        kept = Kept(model, pks)
        rows = model.objects.editable_by(actor).filter(pk__in=pks)
        if made is not None:
            rows = rows.exclude(pk__in=files_of(model, pks).values("object_id"))
        results = []
        for row in _with_children(locked(rows)):
            if made is not None and not _stands_as(row, made[row.pk]):
                continue
            found = kept.reasons(row.facts())
            results.append(Deletion(row.pk, str(row), found[0] if found else ""))
        gone = [result.pk for result in results if not result.problem]
        _delete_files(model, gone)
        for children in _children_of(model, gone):
            audited_bulk_delete(children)  # not by cascade: that goes row by row
        with disable_auditlog():  # the entries are written in one go, not once more for each row
            rows = model.objects.editable_by(actor).filter(pk__in=gone)
            audited_bulk_delete(rows.with_names())
    return results


def _stands_as(row: EventRecord, made: Mapping[str, Any]) -> bool:
    """Return whether a row says what it said when it was made, and nothing was added to it."""
    if hasattr(row, "recognitions") and row.recognitions.all():
        return False
    return all(getattr(row, name) == value for name, value in made.items())


def create_records(
    model: type[EventRecord],
    columns: Sequence[str],
    rows: Sequence[Sequence],
    *,
    actor: User,
    lines: Iterable[int],
    kept: Kept | None = None,
) -> Sequence[int]:
    """Create many checked records of one kind, and return their keys. Raises as save_record.

    For imports: `rows` hold values as the database takes them, in the order of `columns` (without the key
    and what the system stamps), `lines` where each stood in the file; further lots pass what the first `kept`.
    """
    _require_right(actor)
    at = {name: index for index, name in enumerate(columns)}
    unit, title, search = at["unit_id"], at["title"], at["search"]
    units = {row[unit] for row in rows}
    offices = stand_ins(actor, units)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    stamp = {"created_by_id": actor.pk, "created_at": now, "updated_at": now, "version": 1}
    label = str(model._meta.verbose_name)
    told = (
        Told(row[title] or label, row[search].partition("\n")[0], row[unit], f'{{"row": {line}}}')
        for row, line in zip(rows, lines, strict=True)
    )
    with transaction.atomic(), acting(user=actor):
        kept = kept or Kept(model, (), units)
        days = {(row[unit], row[at["start_date"]]) for row in rows}
        require_written_by(actor, days)
        kept.require_standing((one, date.fromisoformat(day)) for one, day in days)
        points = {(row[unit], row[at[name]]) for row in rows for name in model.DAYS}
        kept.require_open((one, date.fromisoformat(day)) for one, day in points if day)
        with_office = [(*row, offices[row[unit]]) for row in rows]
        keys = create_audited(model, [*columns, "stand_in"], with_office, stamp, told)
        if model is EmergingIssue:
            begin_histories(columns, rows, keys, actor=actor)
    return keys


def change_records(records: Sequence[EventRecord], fields: Iterable[str], *, actor: User) -> int:
    """Write `fields` of many validated records of one kind; return how many changed. Raises as save_record.

    For imports: only rows that differ from what is stored are written and need open periods. A record of
    another version than the stored one was overtaken: StaleRecord.
    """
    if not records:
        return 0
    _require_right(actor)
    model, now = type(records[0]), timezone.now()
    keys = [record.pk for record in records]
    with transaction.atomic(), acting(user=actor):
        kept = Kept(model, keys, {record.unit_id for record in records})
        old = {row.pk: row for row in _with_children(locked(model.objects.filter(pk__in=keys)))}
        _require_scope(model, keys, actor)
        kept.require_standing((record.unit_id, record.start_date) for record in records)
        for record in records:
            if record.version != old[record.pk].version:
                raise StaleRecord(old[record.pk])
        records = [row for row in records if says_otherwise(row, old[row.pk])]
        for record in records:
            record.updated_at, record.version = now, record.version + 1
            record.derive()
        derived = ["entity_key"] if hasattr(model, "entity_key") else []
        written = [*fields, "search", "updated_at", "version", *derived]
        count = audited_bulk_update(records, dict.fromkeys(written))
        if model is EmergingIssue:
            for record in records:
                cast(EmergingIssue, record).save_history(actor)
        new = _with_children(model.objects.all()).in_bulk([row.pk for row in records])
        _require_scope(model, keys, actor)
        for pk, row in new.items():
            kept.require_open(differing(old[pk].facts(), row.facts()))
    return count


def write_recognitions(
    *,
    actor: User,
    create: Sequence[Recognition] = (),
    change: Sequence[Recognition] = (),
    remove: Sequence[Recognition] = (),
) -> None:
    """Write decisions of recognition with their models' new version. Raises as save_record.

    For imports and their undoing; the rows are validated. Whoever has a form of the model open is told.
    """
    _require_right(actor)
    model, now = SkilledMobilisationModel, timezone.now()
    keys = {row.model_id for row in (*create, *change, *remove)}
    with transaction.atomic(), acting(user=actor):
        kept = Kept(model, keys)
        old = {row.pk: row for row in _with_children(locked(model.objects.filter(pk__in=keys)))}
        _require_scope(model, list(keys), actor)
        before = {key: row.facts() for key, row in old.items()}
        for row in (*create, *change):
            row.model = old[row.model_id]
            row.derive()
        audited_bulk_create(create)
        audited_bulk_update(change, ["decision", "body"])
        audited_bulk_delete(Recognition.objects.filter(pk__in=[row.pk for row in remove]))
        for row in old.values():
            row.version, row.updated_at = row.version + 1, now
        audited_bulk_update(list(old.values()), ["version", "updated_at"])
        for key, row in _with_children(model.objects.all()).in_bulk(keys).items():
            kept.require_open(differing(before[key], row.facts()))


def says_otherwise(record: EventRecord, old: EventRecord) -> bool:
    """Return whether `record` differs from what is stored in anything that the trail would tell."""
    names = [field.attname for field in tracked_fields(type(record))]
    return any(getattr(record, name) != getattr(old, name) for name in names)


def _children_of(model: type[EventRecord], keys: Sequence[int]) -> Iterator[Any]:
    """Yield the child rows of records, with the rows they point at: the trail names those."""
    for relation in model._meta.related_objects:
        child: Any = relation.related_model
        parent = relation.field.name
        names = [field.name for field in child._meta.concrete_fields if field.is_relation]
        rows = child.objects.filter(**{f"{parent}__in": keys})
        yield rows.select_related(f"{parent}__unit", *names)


def _with_children(rows: Any) -> Any:
    """Fetch along what facts() reads, so that many rows cost no more queries than one."""
    children = [name for name in ("recognitions", "history") if hasattr(rows.model, name)]
    return rows.prefetch_related(*children)


def _require_right(actor: User) -> None:
    actor.require(Action.ENTER_RECORD, "Anh/chị chỉ có quyền xem, không có quyền ghi hồ sơ.")


def _require_scope(model: type[EventRecord], keys: Sequence[int], actor: User) -> None:
    """What was stored must lie in the person's own area, or nothing is stored."""
    if model.objects.editable_by(actor).filter(pk__in=keys).count() != len(set(keys)):
        raise PermissionDenied("Anh/chị không có quyền ghi hồ sơ của đơn vị này.")


def _refuse_repeated(record: EventRecord, actor: User, token: uuid.UUID | None) -> None:
    if token is None:
        return
    if found := type(record).objects.filter(token=token).first():
        if found.created_by_id != actor.pk:
            raise PermissionDenied("Biểu nhập này không dùng được, vui lòng mở lại trang.")
        raise Existing(found)


def lock_for_change(record: EventRecord, version: int | None = None, *, actor: User) -> EventRecord:
    """Lock `record`, whose files change or which goes, and return the stored row. Raises as save_record.

    Inside the caller's transaction.
    """
    _require_right(actor)
    kept = Kept(type(record), [record.pk])
    stored = _lock_row(record, version)
    _require_scope(type(record), [record.pk], actor)
    kept.require_open(stored.facts())
    return stored


def _lock_row(record: EventRecord, version: int | None = None, same: bool = False) -> EventRecord:
    """Return the stored row, locked. Raises StaleRecord when it moved on (`same`: to something else)."""
    model = type(record)
    old = _with_children(locked(model.objects.filter(pk=record.pk))).first()
    if old is None:
        raise RecordGone("Hồ sơ này vừa bị xóa.")
    if version not in (None, old.version) and (not same or says_otherwise(record, old)):
        raise StaleRecord(model.objects.with_names().get(pk=record.pk))
    return old


def _stamp(
    record: EventRecord, actor: User, token: uuid.UUID | None, old: EventRecord | None
) -> None:
    record.updated_at = timezone.now()
    if old is None:
        record.created_by, record.created_at, record.token = actor, record.updated_at, token
        record.stand_in = stand_ins(actor, [record.unit_id])[record.unit_id]
    else:
        record.version = old.version + 1


def _delete_files(model: type[EventRecord], keys: Sequence[int]) -> None:
    """Delete the attachments of rows; the files go when the transaction is safe."""
    rows = files_of(model, keys)
    files = [row.file for row in rows]
    audited_bulk_delete(rows)
    for file in files:
        transaction.on_commit(partial(file.storage.delete, str(file.name)))
