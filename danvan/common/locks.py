"""Locks of the database, and the one order in which they are taken.

    1. the units an import is about   locked()   imports into the same units wait for each other
    2. the catalogue of a year        hold()     shared by who sends or opens, alone for who edits it
    3. the period                     hold()     shared by all who write in it, alone for who closes it
    4. reports                        locked()   by who writes figures; alone by who moves the report
                                      keep()     by who writes records that count in them
    5. records and all other rows     locked()

Whoever needs several takes them in this order, and the rows of one table by key: then nobody waits in a
circle. They are let go when the transaction ends. SQLite needs none of them: its transactions begin
IMMEDIATE (settings.py), so there is one writer at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TypeVar

from django.db import connection, models, transaction

Rows = TypeVar("Rows", bound=models.QuerySet)


def locked(rows: Rows, *, alone: bool = False) -> Rows:
    """Return `rows` as a query that locks them, in the order of their keys.

    These rows only, whatever the query joins: a row of a unit or a period is everybody's. Others may still
    refer to them or keep() them, unless they are wanted `alone`.
    """
    return rows.order_by("pk").select_for_update(of=("self",), no_key=not alone)


def keep(model: type[models.Model], keys: Iterable[int]) -> None:
    """Keep rows of `model` from being locked alone; any number of writers may keep the same row."""
    if _needs_locks():
        _ask(
            f"SELECT 1 FROM {_table(model)} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",  # noqa: S608
            [sorted(set(keys))],
        )


def hold(model: type[models.Model], keys: Iterable[int], *, alone: bool = False) -> None:
    """Hold what the rows of `model` stand for, together with others or alone.

    Not the row is locked but its number (an advisory lock): who waits is served in turn, so a steady
    stream of those who share does not keep out the one who wants it alone. For few rows only.
    """
    if _needs_locks():
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        space = zlib.crc32(model._meta.db_table.encode()) - 2**31
        _ask(
            f"SELECT {lock}(%s, key) FROM unnest(%s::int[]) AS key",  # noqa: S608 - our own two names
            [space, sorted(set(keys))],
        )


def _needs_locks() -> bool:
    """Return whether the engine knows row locks. Raises outside a transaction, where none would last."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Locks are let go when the transaction ends.")
    return connection.vendor == "postgresql"


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _ask(statement: str, values: list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
