"""Several reads that see one state of the database, whatever others write meanwhile."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# Engines whose every transaction sees one state. PostgreSQL's sees, statement by statement, what was
# committed before it, unless it says otherwise at its beginning.
ALWAYS_ONE = {"sqlite"}
_open: ContextVar[frozenset[str]] = ContextVar("danvan_one_moment", default=frozenset())


def is_one_moment(using: str) -> bool:
    """Return whether all that is read now, until the transaction ends, is as of one moment."""
    connection = connections[using]
    known = using in _open.get() or connection.vendor in ALWAYS_ONE
    return connection.in_atomic_block and known


@contextlib.contextmanager
def one_moment(using: str) -> Iterator[bool]:
    """Read within the block as of one moment, nothing is written; yield whether that is so.

    It is not within a transaction that somebody else began on PostgreSQL.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        yield is_one_moment(using)
        return
    token = _open.set(_open.get() | {using})
    try:
        with _reading_only(connection), transaction.atomic(using=using):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield True
    finally:
        _open.reset(token)


@contextlib.contextmanager
def _reading_only(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let a transaction of SQLite that begins here keep no writer out, as those do that will write."""
    if connection.vendor != "sqlite":
        yield
        return
    sqlite: Any = connection
    usual, sqlite.transaction_mode = sqlite.transaction_mode, None
    try:
        yield
    finally:
        sqlite.transaction_mode = usual
