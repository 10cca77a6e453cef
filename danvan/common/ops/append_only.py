"""Tables that are append-only in the database itself, on both engines.

A model says `append_only = True`. Triggers then refuse to change or delete its rows, whoever asks: this
program, another one, a console. On SQLite REPLACE INTO is refused as well, which deletes without a DELETE;
on PostgreSQL TRUNCATE. `migrate` puts them in place at its end, so a table that it rebuilt is protected
again; the check danvan.E010 asks for them.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "append-only"
# FAIL and not ABORT where rows are added: it needs no journal of the statement, and nothing is undone that
# was not to be kept, for the row that would be replaced is not touched yet. A row is replaced by its key and
# by whatever else is unique of it.
_SQLITE = {
    "no_update": "BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is {message}'); END",
    "no_delete": "BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is {message}'); END",
    "no_rival": "BEFORE INSERT ON {table} WHEN {rivals} "
    "BEGIN SELECT RAISE(FAIL, '{table} is {message}'); END",
}
_FORMER = ("no_replace",)  # knew the key only
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
    "EXCEPTION '{table} is {message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
)
_POSTGRESQL = (
    "BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
    "EXECUTE FUNCTION {table}_refuse()"
)


def append_only_models() -> list[type[models.Model]]:
    """Return the models whose rows are only ever added."""
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]


def protect(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Create the triggers of `tables`, in the place of those that are there."""
    unprotect(connection, *tables)
    for table in tables:
        if connection.vendor == "postgresql":
            _run(
                connection, table, _FUNCTION, f"CREATE TRIGGER {{table}}_append_only {_POSTGRESQL}"
            )
        else:
            rivals = _rivals(connection, table)
            for name, text in _SQLITE.items():
                trigger = text.replace("{rivals}", rivals)
                _run(connection, table, f"CREATE TRIGGER {{table}}_{name} {trigger}")


def unprotect(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Drop the triggers of `tables`, if they are there."""
    for table in tables:
        if connection.vendor == "postgresql":
            _run(
                connection,
                table,
                "DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
                "DROP FUNCTION IF EXISTS {table}_refuse()",
            )
        else:
            names = (*_SQLITE, *_FORMER)
            _run(connection, table, *(f"DROP TRIGGER IF EXISTS {{table}}_{n}" for n in names))


def _rivals(connection: BaseDatabaseWrapper, table: str) -> str:
    """Return the condition under which a new row would stand in the place of another one."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE '% WHERE %'")
        partial = {name: sql.partition(" WHERE ")[2] for name, sql in cursor.fetchall()}
    rivals = ["NEW.id > 0 AND EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"]
    for name, one in sorted(found.items()):
        if one["unique"] and one["columns"] != ["id"]:
            same = [f'"{column}" = NEW."{column}"' for column in one["columns"]]
            same += [partial[name]] if name in partial else []
            rivals.append(f"EXISTS (SELECT 1 FROM {{table}} WHERE {' AND '.join(same)})")  # noqa: S608
    return " OR ".join(rivals)


def unprotected_tables(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> set[str]:
    """Return which of `tables` are there and can be rewritten."""
    postgresql = connection.vendor == "postgresql"
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        cursor.execute(query)
        found = {name for (name,) in cursor.fetchall()}
    names = ["append_only"] if postgresql else list(_SQLITE)
    return {
        table
        for table in there.intersection(tables)
        if not {f"{table}_{name}" for name in names} <= found
    }


@contextlib.contextmanager
def unprotected(connection: BaseDatabaseWrapper, *tables: str) -> Iterator[None]:
    """Open `tables` inside the running transaction; for dating invented demonstration figures only."""
    with _deferred_checks_done(connection):
        unprotect(connection, *tables)
    try:
        yield
    finally:
        with _deferred_checks_done(connection):
            protect(connection, *tables)


def protect_after_migrate(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Put the triggers of the app `sender` in place; the receiver of post_migrate."""
    connection = connections[using]
    tables = [
        model._meta.db_table for model in append_only_models() if model._meta.app_config == sender
    ]
    if tables:
        protect(connection, *unprotected_tables(connection, tables))


@contextlib.contextmanager
def _deferred_checks_done(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """PostgreSQL changes no trigger of a table on which checks are still pending."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _run(connection: BaseDatabaseWrapper, table: str, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(table=table, message=MESSAGE))
