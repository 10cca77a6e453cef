"""Locks of the database, and the one order in which they are taken.

    1. units                          hold()     alone by who changes them: one change at a time
                                      locked()   those an import is about, those that end
    2. the catalogue of a year        hold()     shared by who sends or opens, alone for who edits it
    3. the period                     hold()     shared by all who write in it, alone for who closes it
    4. reports                        locked()   by who writes figures; alone by who moves the report
                                      keep()     by who writes records that count in them
    5. records and all other rows     locked()

Whoever needs several takes them in this order, and the rows of one table by key: then nobody waits in a
circle. They are let go when the transaction ends. SQLite needs none of them: its transactions begin
IMMEDIATE (settings.py), so there is one writer at a time.
"""

import zlib
from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction

Rows = TypeVar("Rows", bound=models.QuerySet)
Keys = Iterable[int] | models.QuerySet


def locked(rows: Rows, *, alone: bool = False) -> Rows:
    """Return `rows` as a query that locks them, in the order of their keys.

    These rows only, whatever the query joins: a row of a unit or a period is everybody's. Others may still
    refer to them or keep() them, unless they are wanted `alone`.
    """
    return rows.order_by("pk").select_for_update(of=("self",), no_key=not alone)


def keep(model: type[models.Model], keys: Keys) -> None:
    """Keep rows of `model` from being locked alone; any number of writers may keep the same row."""
    chosen = "id IN (SELECT key FROM {keys}) ORDER BY id FOR KEY SHARE"
    _ask(f"SELECT 1 FROM {_table(model)} WHERE {chosen}", [], keys)  # noqa: S608 - our own names


def hold(model: type[models.Model], keys: Keys, *, alone: bool = False) -> None:
    """Hold what the rows of `model` stand for, together with others or alone.

    Not the row is locked but its number (an advisory lock): who waits is served in turn, so a steady
    stream of those who share does not keep out the one who wants it alone. For few rows only.
    """
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    space = zlib.crc32(model._meta.db_table.encode()) - 2**31
    in_order = "(SELECT DISTINCT key FROM {keys} ORDER BY key) AS held"
    _ask(f"SELECT {lock}(%s, key::int) FROM {in_order}", [space], keys)  # noqa: S608


def _ask(statement: str, values: list, keys: Keys) -> None:
    """Run `statement` with `keys` in its place, on engines that need it; a queryset is asked within it.

    Raises outside a transaction, where no lock would last.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Locks are let go when the transaction ends.")
    if connection.vendor != "postgresql":
        return
    if isinstance(keys, models.QuerySet):
        try:
            rows, params = keys.query.sql_with_params()
        except EmptyResultSet:
            return
    else:
        rows = "SELECT unnest(%s::bigint[])"
        params = (list(keys),)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(keys=f"({rows}) AS chosen(key)"), [*values, *params])


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
