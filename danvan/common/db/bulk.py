"""Writing many rows fast: explicit keys, rows as tuples, one prepared statement.

bulk_create spends most of its time building model instances. Rows that the audit trail keeps are written
through danvan/accounts/audit/lines.py.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models

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


def insert_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Insert `rows`: tuples in the order of `columns`, fit for the database."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = [str(column_named(model, name).column) for name in columns]
    listed = ", ".join(map(quote, names))
    places = ", ".join(["%s"] * len(names))
    rows = iter(rows)
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH)):  # read before: `rows` may ask the database itself
            if connection.vendor == "postgresql":
                _copy(cursor, f"COPY {table} ({listed}) FROM STDIN", batch)
            else:
                sql = f"INSERT INTO {table} ({listed}) VALUES ({places})"  # noqa: S608 - our names
                cursor.executemany(sql, batch)


def _copy(cursor: Any, statement: str, rows: Iterable[tuple]) -> None:
    """Stream the rows to PostgreSQL; constraints and triggers hold as in an INSERT."""
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
