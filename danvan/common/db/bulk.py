"""Writing many rows fast: explicit keys, rows as tuples, one prepared statement.

bulk_create spends most of its time building model instances. Rows that the audit trail keeps are written
through danvan/accounts/audit/lines.py.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.db import connection, models

from danvan.common.words import column_named

BATCH = 2000
TOGETHER, MANY = 20, 200  # rows of one INSERT, where there are so many: fewer are one call
ROOM = 16_000  # KB of pages in memory during a large write


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


def insert_many(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[tuple],
    *,
    plain: bool = False,
) -> None:
    """Insert `rows`: tuples in the order of `columns`, fit for the database.

    `plain` rows ask the database nothing: they are made while it stores those before.
    Inside a transaction that is given up where this raises: rows before the refused one may stand until then.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = [str(column_named(model, name).column) for name in columns]
    listed = ", ".join(map(quote, names))
    rows, copied = iter(rows), f"COPY {table} ({listed}) FROM STDIN"
    with connection.cursor() as cursor:
        if plain and connection.vendor == "postgresql":
            _copy(cursor, copied, rows)
            return
        while batch := list(islice(rows, BATCH)):  # read before: `rows` may ask the database itself
            if connection.vendor == "postgresql":
                _copy(cursor, copied, batch)
            else:
                start = f"INSERT OR FAIL INTO {table} ({listed}) VALUES "  # noqa: S608 - our names
                _insert(cursor, start, batch)


def _insert(cursor: Any, statement: str, rows: list[tuple]) -> None:
    """Insert some rows with each statement, which FAILs instead of taking itself back.

    A statement that could be taken back (a table with a trigger and checks) keeps a journal of every page
    it touches: of one row each that is half of the time.
    """
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    whole = len(rows) - len(rows) % TOGETHER if len(rows) >= MANY else 0
    groups = (rows[at : at + TOGETHER] for at in range(0, whole, TOGETHER))
    if whole:
        many = ", ".join([one] * TOGETHER)
        cursor.executemany(statement + many, (tuple(chain.from_iterable(some)) for some in groups))
    if whole < len(rows):
        cursor.executemany(statement + one, rows[whole:])


@contextlib.contextmanager
def roomy() -> Iterator[None]:
    """Let SQLite keep the pages that a large write goes back to; else it writes them out time and again."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (usual,) = cursor.execute("PRAGMA cache_size").fetchone()
        cursor.execute(f"PRAGMA cache_size = -{ROOM}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {usual}")


def _copy(cursor: Any, statement: str, rows: Iterable[tuple]) -> None:
    """Stream the rows to PostgreSQL; constraints and triggers hold as in an INSERT."""
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
