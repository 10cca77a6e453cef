"""Writing many rows fast: explicit keys, one prepared statement, audit entries beside them.

bulk_create spends most of its time building model instances; here rows come as tuples whose values were
prepared when they were checked. Every row written gets its audit entry in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.utils import timezone

from danvan.accounts.audit.context import current
from danvan.accounts.audit.writing import HIDDEN
from danvan.accounts.models.trail import AuditEntry, unit_and_role
from danvan.common.text import search_key
from danvan.common.words import column_named

BATCH = 2000


def reserve_keys(model: type[models.Model], count: int) -> range | list[int]:
    """Return `count` unused primary keys of `model`; call inside the transaction that uses them.

    SQLite has one writer, so the next numbers are free; PostgreSQL hands them out of its sequence.
    """
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        first = (last[0] if last else 0) + 1
    return range(first, first + count)


def insert_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple]) -> int:
    """Insert `rows` (tuples in the order of `columns`, fit for the database) and return how many."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = [str(column_named(model, name).column) for name in columns]
    listed = ", ".join(map(quote, names))
    places = ", ".join(["%s"] * len(names))
    total, rows = 0, iter(rows)
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH)):  # read before: `rows` may ask the database itself
            if connection.vendor == "postgresql":
                _copy(cursor, f"COPY {table} ({listed}) FROM STDIN", batch)
            else:
                sql = f"INSERT INTO {table} ({listed}) VALUES ({places})"  # noqa: S608 - our names
                cursor.executemany(sql, batch)
            total += len(batch)
    return total


def _copy(cursor: Any, statement: str, rows: Iterable[tuple]) -> None:
    """Stream the rows to PostgreSQL; constraints and triggers hold as in an INSERT."""
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


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
    )
    names = [name.removesuffix("_id") for name in columns]
    shown = [(at, name) for at, name in enumerate(names) if name not in HIDDEN]
    audit = AuditWriter(model)
    audit.write(
        audit.created(key, one, {name: row[at] for at, name in shown})
        for key, row, one in zip(keys, rows, told, strict=True)
    )
    return keys


class Told(NamedTuple):
    """What the trail says of a new row beside its values: its name, folded too, its unit, more as JSON."""

    name: str
    folded: str
    unit_id: int
    more: str


class AuditWriter:
    """Audit entries for rows written in bulk: who is acting, through which source, what was created."""

    COLUMNS = [
        *("object_pk", "object_id", "object_repr", "search", "unit_id", "changes"),
        *("additional_data", "content_type_id", "action", "actor_id", "actor_unit", "actor_role"),
        *("source", "cid", "remote_addr", "timestamp", "changes_text"),
    ]

    def __init__(self, model: type[models.Model]) -> None:
        now = current()
        actor = now.user
        unit, role = unit_and_role(actor)
        self.who = search_key(f"{actor.username} {actor.full_name} {unit}")[:200]
        self.same = (
            ContentType.objects.get_for_model(model).pk,
            AuditEntry.Action.CREATE,
            *(actor.pk, unit, role, now.source, now.request_id, now.address),
            connection.ops.adapt_datetimefield_value(timezone.now()),
            "",
        )

    def created(self, pk: int, told: Told, new: dict) -> tuple:
        """Return the entry of a created row; `new` is what was stored, by field."""
        changes = {field: (None, value) for field, value in new.items() if value not in (None, "")}
        return (
            *(str(pk), pk, told.name, f"{told.folded[:290]} {self.who}", told.unit_id),
            *(json.dumps(changes, ensure_ascii=False), told.more, *self.same),
        )

    def write(self, entries: Iterator[tuple]) -> int:
        """Insert the entries and return how many there were."""
        return insert_many(AuditEntry, self.COLUMNS, entries)
