"""Reading many rows, few of them in memory."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connections, models, transaction


def streamed(rows: models.QuerySet, size: int) -> Iterator[Any]:
    """Yield `rows`, `size` at a time.

    PostgreSQL keeps them behind a cursor that lives as long as a transaction: one that outlives it belongs
    to a connection, which a pooler gives to somebody else (docs/cluster.md). SQLite reads as it goes, and
    a transaction would keep all writers out.
    """
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        yield from rows.iterator(size)
        return
    open_already = connection.in_atomic_block
    with contextlib.nullcontext() if open_already else transaction.atomic(using=rows.db):
        # iterator() leaves cursors out (ops/databases.py)
        yield from rows._iterator(True, size)  # type: ignore[attr-defined]  # not in the stubs
