"""The ledger of figures is append-only in the database itself, on both engines.

Triggers refuse UPDATE and DELETE of a FigureChange whoever asks: this program, another one, a console.
On PostgreSQL TRUNCATE is refused as well. They are dropped only together with the table, or on purpose by
`unprotect` (the test suite, which has to empty its tables).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

TABLE = "reports_figurechange"
MIGRATION = "0002_ledger_triggers"  # the one that installs them
MESSAGE = "The ledger of figures is append-only."

_SQLITE = [
    f"CREATE TRIGGER {TABLE}_no_{event.lower()} BEFORE {event} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for event in ("UPDATE", "DELETE")
]
_SQLITE_REMOVE = [f"DROP TRIGGER IF EXISTS {TABLE}_no_{event}" for event in ("update", "delete")]
_POSTGRESQL = [
    f"CREATE OR REPLACE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
]
_POSTGRESQL_REMOVE = [
    f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}",
    f"DROP FUNCTION IF EXISTS {TABLE}_refuse()",
]


def protect(connection) -> None:
    """Create the triggers of its engine."""
    _run(connection, {"sqlite": _SQLITE, "postgresql": _POSTGRESQL})


def unprotect(connection) -> None:
    """Drop them, if they are there."""
    _run(connection, {"sqlite": _SQLITE_REMOVE, "postgresql": _POSTGRESQL_REMOVE})


def is_protected(connection) -> bool:
    """Tell whether the database refuses changes of the ledger (asked by /healthz and after a restore)."""
    queries = {
        "sqlite": (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
            "AND (name LIKE '%%no_update' OR name LIKE '%%no_delete')",
            2,
        ),
        "postgresql": (
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
            1,
        ),
    }
    query, expected = queries[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query, [TABLE])
        return cursor.fetchone()[0] >= expected


@contextlib.contextmanager
def unprotected(connection) -> Iterator[None]:
    """Open the ledger inside the running transaction; for dating invented demonstration figures only."""
    with _deferred_checks_done(connection):
        unprotect(connection)
    try:
        yield
    finally:
        with _deferred_checks_done(connection):
            protect(connection)


@contextlib.contextmanager
def _deferred_checks_done(connection) -> Iterator[None]:
    """PostgreSQL changes no trigger of a table on which checks are still pending."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _run(connection, statements: dict[str, list[str]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
