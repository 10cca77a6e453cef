"""The one writer of audit entries beside the library's signals: many rows of a model, by the acting person."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.utils import timezone

from danvan.accounts.audit.context import current
from danvan.accounts.models.trail import AuditEntry, unit_and_role
from danvan.common.db.bulk import insert_many, reserve_keys
from danvan.common.text import search_key

# Never copied into the trail: secrets, columns derived from others or moved by every save, and tastes.
HIDDEN = {
    "password", "slips", "last_login", "search", "name_search", "name_sort", "path",
    "search_key", "sort_key", "version", "token", "entity_key", "height", "updated_at", "created_at",
    "compact", "notices_seen_at", "welcomed",
}  # fmt: skip


_as_json = json.JSONEncoder(ensure_ascii=False).encode  # made once: it is asked for every row


class Told(NamedTuple):
    """What an entry says of a row beside its values: name, folded name, unit, additional data as JSON."""

    name: str
    folded: str
    unit_id: int | None
    more: str | None


class Lines:
    """Entries for rows of `model`: all by who is acting now, in one statement."""

    COLUMNS = (
        *("object_pk", "object_id", "object_repr", "search", "unit_id", "changes"),
        *("additional_data", "action", "content_type_id", "actor_id", "actor_unit", "actor_role"),
        *("source", "cid", "remote_addr", "timestamp", "changes_text"),
    )

    def __init__(self, model: type[models.Model]) -> None:
        now = current()
        actor, office, role = now.user, "", ""
        if actor is not None:
            office, role = unit_and_role(actor)
        self.unit_id = actor.unit_id if actor else None
        self.who = search_key(f"{actor.username} {actor.full_name} {office}" if actor else "")[:200]
        self.same = (
            ContentType.objects.get_for_model(model).pk,
            *(actor.pk if actor else None, office, role),
            *(now.source, now.request_id, now.address),
            connection.ops.adapt_datetimefield_value(timezone.now()),
            "",
        )

    def line(self, action: int, pk: Any, told: Told, changes: Mapping[str, Any] | str) -> tuple:
        """Return one entry (`changes` may be JSON); a row without a unit is of the unit of who is acting."""
        said = changes if isinstance(changes, str) else _as_json(changes)
        return (
            *(str(pk), pk if isinstance(pk, int) else None, told.name),
            *(f"{told.folded[:290]} {self.who}", told.unit_id or self.unit_id),
            *(said, told.more, action, *self.same),
        )

    def write(self, lines: Iterable[tuple], *, plain: bool = False) -> None:
        """Insert entries made by `line`; `plain` as insert_many() has it."""
        insert_many(AuditEntry, self.COLUMNS, lines, plain=plain)


class _Begun(dict):
    """What the trail says of the first value of one column, as JSON: most values of a column repeat."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __missing__(self, value: Any) -> str:
        if len(self) > 1000:
            self.clear()
        said = self[value] = _as_json({self.name: (None, value)})[1:-1]
        return said


def _begun(row: Sequence, shown: Iterable[tuple[int, _Begun]]) -> str:
    """Return what `row` began with, as json.dumps writes {name: (None, value), …}."""
    told = [said[value] for at, said in shown if (value := row[at]) is not None and value != ""]
    return f"{{{', '.join(told)}}}"


def create_audited(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence],
    same: Mapping[str, Any],
    told: Iterable[Told],
) -> Sequence[int]:
    """Insert `rows` under new keys with an entry in the audit trail for each; return the keys.

    Rows are values fit for the database in the order of `columns`; `same` is what all rows have beside
    them, which the trail does not repeat; `told` gives what the trail calls each row.
    """
    keys, stamp = reserve_keys(model, len(rows)), tuple(same.values())
    insert_many(
        model,
        ["id", *columns, *same],
        ((key, *row, *stamp) for key, row in zip(keys, rows, strict=True)),
        plain=True,
    )
    names = [name.removesuffix("_id") for name in columns]
    shown = [(at, _Begun(name)) for at, name in enumerate(names) if name not in HIDDEN]
    lines = Lines(model)
    entries = (
        lines.line(AuditEntry.Action.CREATE, key, one, _begun(row, shown))
        for key, row, one in zip(keys, rows, told, strict=True)
    )
    lines.write(entries, plain=True)
    return keys
