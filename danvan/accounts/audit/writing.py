"""The audit trail of everything but figures (those have their own ledger, reports/figures/writing.py).

Every model of our apps is registered with django-auditlog when the site starts, unless it is exempt below
with a reason; saving and deleting single rows is then seen by itself. Bulk operations send no signals, so
they go through the four functions here, in one transaction with their entries:

    audited_bulk_create(rows)             instead of  Model.objects.bulk_create(rows)
    audited_bulk_update(rows, fields)     instead of  Model.objects.bulk_update(rows, fields)
    audited_update(queryset, **values)    instead of  queryset.update(**values)
    audited_bulk_delete(queryset)         instead of  queryset.delete() on many rows

Who, from which address and through which source (form, import …) comes from context.acting().
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from auditlog.context import disable_auditlog
from auditlog.registry import auditlog
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django.utils.text import capfirst

from danvan.accounts.audit.lines import HIDDEN, Lines, Told
from danvan.accounts.models.trail import AuditEntry, unit_id_of
from danvan.common.db.locks import locked
from danvan.common.text import search_key
from danvan.common.words import column_named, in_words

Row = TypeVar("Row", bound=models.Model)

BATCH = 500
OUR_APPS = ("units", "accounts", "imports", "records", "reports")

# Label: why its rows are not repeated in the audit trail.
EXEMPT: dict[str, str] = {
    "imports.ImportJob": "a log of its own: every import is kept with who, when, file and result",
    "imports.ImportPart": "pieces of an import job",
    "imports.Worker": "which processes are there at the moment",
    "accounts.AuditEntry": "the trail itself",
    "accounts.SecurityEvent": "a log of its own",
    "accounts.LoginSession": "sessions come and go; logins are on the security log",
    "accounts.ApiToken": "given and taken back on the security log; the rest counts requests",
    "accounts.Job": "passing; what it makes is told where it is made, files on the security log",
    "accounts.SlipSheet": "what was issued to whom, and shown, is on the security log",
    "accounts.LoginFailure": "counted for a day; failures are on the security log",
    "reports.Value": "figures have the append-only ledger FigureChange",
    "reports.FigureChange": "the ledger itself",
    "reports.KeptFacts": "sums of what is told elsewhere, kept to save adding",
    "reports.KeptFile": "workbooks of figures told elsewhere, kept to save making them",
    "reports.Transition": "a log of its own: the moves of a report",
    "reports.UnitChange": "a log of its own: who entered, applied, undid; what it writes is in the trail",
    "accounts.SavedList": "what a person likes to see, nobody else's business",
    "reports.PeriodLog": "a log of its own: what was done to a period",
    "reports.PublishedIssue": "a log of its own: nothing of it is ever changed",
    "reports.IssuedReport": "pieces of an issue",
    "reports.IssueFile": "a log of its own: files of an issue are only ever added",
    "reports.SentReminder": "a log of its own: every mail that was sent",
    "reports.Report": "made with the period; its moves are Transition, its figures FigureChange",
}
ACTION_LABELS = {
    AuditEntry.Action.CREATE: "Tạo mới",
    AuditEntry.Action.UPDATE: "Sửa",
    AuditEntry.Action.DELETE: "Xóa",
}


def register_models() -> None:
    """Register every model of our apps that is not exempt. Called once, when the apps are ready."""
    for model in audited_models():
        if not auditlog.contains(model):
            auditlog.register(
                model,
                include_fields=[field.name for field in tracked_fields(model)],
                m2m_fields={field.name for field in model._meta.local_many_to_many},
            )


def audited_models() -> list[type[models.Model]]:
    """Return the models whose changes are in the trail."""
    return [
        model
        for config in apps.get_app_configs()
        if config.label in OUR_APPS
        for model in config.get_models()
        if model._meta.label not in EXEMPT
    ]


def tracked_fields(model: type[models.Model]) -> list[models.Field]:
    """Return the columns of `model` whose values the trail keeps."""
    return [f for f in model._meta.concrete_fields if f.name not in HIDDEN and not f.primary_key]


def audited_bulk_create(rows: Iterable[Row]) -> list[Row]:
    """Create `rows` (of one model) with one INSERT per batch and an entry for each; return them with keys.

    Call clean_fields() and clean() first; this does not validate.
    """
    made = list(rows)
    if not made:
        return made
    with transaction.atomic():
        created = type(made[0])._default_manager.bulk_create(made, batch_size=BATCH)
        _write((row, AuditEntry.Action.CREATE, _created(row)) for row in created)
    return created


def audited_bulk_update(rows: Sequence[models.Model], fields: Iterable[str]) -> int:
    """Write `fields` of `rows` (of one model) and an entry for each row that changes; return how many did."""
    rows, fields = list(rows), list(fields)
    if not rows:
        return 0
    manager = type(rows[0])._base_manager
    with transaction.atomic():
        stored = locked(manager.all()).in_bulk([row.pk for row in rows])
        changes = [(row, _changed(stored[row.pk], row, fields)) for row in rows if row.pk in stored]
        changed = [(row, change) for row, change in changes if change]
        manager.bulk_update([row for row, _ in changes], fields, batch_size=BATCH)
        _write((row, AuditEntry.Action.UPDATE, change) for row, change in changed)
    return len(changed)


def audited_update(queryset: models.QuerySet, **values: Any) -> int:
    """Set `values` (plain values, no expressions) on every row of `queryset`; return how many rows it had.

    Reads the rows first: a compare-and-set on many rows keeps its filter and sees only what it changes.
    """
    with transaction.atomic():
        rows = list(locked(queryset))
        changes = [
            {
                name: [_plain(old), _plain(value)]
                for name, value in values.items()
                if name not in HIDDEN and (old := getattr(row, name)) != value
            }
            for row in rows
        ]
        kept = queryset.model._base_manager.filter(pk__in=[row.pk for row in rows])
        count = kept.update(**values)
        told = zip(rows, changes, strict=True)
        _write((row, AuditEntry.Action.UPDATE, change) for row, change in told if change)
    return count


def audited_bulk_delete(queryset: models.QuerySet) -> int:
    """Delete the rows of `queryset` with an entry for each; return how many there were.

    Rows of other audited models that go with them (cascade) are seen one by one by the library.
    """
    with transaction.atomic():
        rows = list(locked(queryset))
        _write((row, AuditEntry.Action.DELETE, _deleted(row)) for row in rows)
        with _unseen(queryset.model):
            queryset.model._base_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


SOURCE_LABELS = {
    "form": "Biểu nhập",
    "import": "Tệp Excel",
    "bulk": "Thao tác hàng loạt",
    "command": "Dòng lệnh",
    "undo": "Hoàn tác",
}


def changes_of(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Return what `entry` says as (label, old, new) in Vietnamese; secrets and keys are not in it."""
    model = entry.content_type.model_class()
    lines = []
    for name, change in (entry.changes or {}).items():
        if name in HIDDEN:
            continue  # written before the column was hidden
        field = _field(model, name)
        label = capfirst(str(getattr(field, "verbose_name", name)))
        if isinstance(change, dict):
            objects = ", ".join(change.get("objects", []))
            added = change.get("operation") == "add"
            lines.append((label, "" if added else objects, objects if added else ""))
        else:
            old, new = change
            said = getattr(model, "SPOKEN", {}).get(name) or partial(in_words, field)
            lines.append((label, said(old), said(new)))
    return lines


def _field(model: type[models.Model], name: str) -> Any:
    try:
        return column_named(model, name) if model else None
    except FieldDoesNotExist:
        return None


def _write(changes: Iterable[tuple[models.Model, int, dict]]) -> None:
    """Write an entry for each (row, action, changes); the rows are of one model."""
    changes = list(changes)
    if changes:
        lines = Lines(type(changes[0][0]))
        lines.write(
            lines.line(action, row.pk, _told(row), change) for row, action, change in changes
        )


def _told(row: models.Model) -> Told:
    more, name = getattr(row, "get_additional_data", lambda: None)(), str(row)
    return Told(name, search_key(name), unit_id_of(row), None if more is None else json.dumps(more))


def _created(row: models.Model) -> dict:
    values = {f.name: _plain(getattr(row, f.name)) for f in tracked_fields(type(row))}
    return {name: [None, value] for name, value in values.items() if value not in (None, "")}


def _deleted(row: models.Model) -> dict:
    return {name: [new, None] for name, (_, new) in _created(row).items()}


def _changed(old: models.Model, new: models.Model, names: Iterable[str]) -> dict:
    change = {}
    for name in names:
        field = column_named(new, name)
        if name in HIDDEN or field.value_from_object(old) == field.value_from_object(new):
            continue
        change[name] = [_plain(getattr(old, name)), _plain(getattr(new, name))]
    return change


def _plain(value: Any) -> Any:
    """Return `value` as JSON holds it; another row as its name of today."""
    return value if isinstance(value, int | float | str | list | dict | None) else str(value)


def _unseen(model: type[models.Model]) -> Any:
    """Silence the library for a bulk delete, unless other audited rows go with it."""
    cascades = any(
        relation.on_delete is models.CASCADE and auditlog.contains(relation.related_model)
        for relation in model._meta.related_objects
    )
    return contextlib.nullcontext() if cascades else disable_auditlog()
