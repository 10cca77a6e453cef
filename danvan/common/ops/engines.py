"""Copying a whole database out and back in, consistent while people work, on both engines."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction


class EngineError(Exception):
    """The database could not be copied; the message says why."""


def copy_out(target: Path) -> dict[str, int]:
    """Write a consistent copy of the database to `target`; return its number of rows per table.

    Rows of models that say `is_made_again` stay behind: the site makes them when they are asked for.
    """
    if connection.vendor == "sqlite":
        return _sqlite_out(target)
    return _postgresql_out(target)


def copy_in(source: Path) -> None:
    """Put the copy `source` in the place of everything in the database, whole or not at all."""
    if connection.vendor == "sqlite":
        _sqlite_in(source)
    else:
        _postgresql_in(source)
    connection.close()


def is_there() -> bool:
    """Return whether there is a database that a restore would replace: not so on a new machine."""
    return connection.vendor != "sqlite" or Path(connection.settings_dict["NAME"]).is_file()


def rows_per_table() -> dict[str, int]:
    """Return the number of rows of every table of the database as it is now."""
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        return {name: _count(cursor, name) for name in names}


def _sqlite_out(target: Path) -> dict[str, int]:
    name = Path(connection.settings_dict["NAME"])
    if not name.is_file():
        raise EngineError(f"the database {name} is no file, it cannot be copied")
    with (
        closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=30)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)  # in one step: one moment, whatever is written meanwhile
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        check_sqlite(copy)
        found = copy.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
        )
        names = [name for (name,) in found]
        for table in _made_again().intersection(names):
            copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 - a name of our own tables
        copy.commit()
        copy.execute("VACUUM")  # gives back their room
        return {name: _count(copy, name) for name in sorted(names)}


def _sqlite_in(source: Path) -> None:
    connection.close()
    live = connection.settings_dict["NAME"]
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(live, timeout=30)) as target,
    ):
        check_sqlite(copy)
        copy.backup(target)  # one transaction: processes that hold the file open see old or new
        target.execute("PRAGMA journal_mode=WAL")


def check_sqlite(database: sqlite3.Connection) -> None:
    """Raise EngineError unless SQLite finds the file whole."""
    try:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise EngineError(f"the database in the file is damaged: {error}") from error
    if answer != "ok":
        raise EngineError(f"the database in the file is damaged: {answer}")


def _postgresql_out(target: Path) -> dict[str, int]:
    """Dump and count in one exported snapshot, so that both speak of the same moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = rows_per_table()
        left = sorted(_made_again().intersection(rows))
        _run_tool(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
            *(f"--exclude-table-data={name}" for name in left),
            f"--snapshot={snapshot}", "--file", str(target), "--dbname", _database(),
        )  # fmt: skip
    return rows | dict.fromkeys(left, 0)


def _postgresql_in(source: Path) -> None:
    """Drop every table and load the dump, in one transaction.

    pg_restore alone drops only what the dump knows: tables of a version that came after it would stay, or
    hold on to those that are to go, just when an upgrade is to be taken back.
    """
    script = source.with_suffix(".sql")
    _run_tool(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges",
        "--file", str(script), str(source),
    )  # fmt: skip
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        names = ", ".join(map(quote, connection.introspection.table_names(cursor)))
    drop = ["--command", f"DROP TABLE IF EXISTS {names} CASCADE"] if names else []
    _run_tool(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1",
        "--dbname", _database(), *drop, "--file", str(script),
    )  # fmt: skip


def _made_again() -> set[str]:
    kept = (model for model in apps.get_models() if getattr(model, "is_made_again", False))
    return {model._meta.db_table for model in kept}


def _run_tool(*command: str) -> None:
    """Run one of PostgreSQL's programs with the settings' address; the password never is an argument."""
    settings = connection.settings_dict
    given = {
        "PGHOST": settings["HOST"],
        "PGPORT": str(settings["PORT"] or ""),
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
    }
    environment = {**os.environ, **{name: text for name, text in given.items() if text}}
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise EngineError(
            f"{command[0]} is not installed (Debian: apt-get install postgresql-client)"
        ) from error
    if answer.returncode:
        raise EngineError(f"{command[0]} failed: {answer.stderr.strip()[-2000:]}")


def _database() -> str:
    return connection.settings_dict["NAME"]


def _count(cursor: Any, name: str) -> int:
    quoted = connection.ops.quote_name(name)
    answer = cursor.execute(f"SELECT count(*) FROM {quoted}")  # noqa: S608 - a name of our own tables
    return (answer or cursor).fetchone()[0]
