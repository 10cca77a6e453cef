"""Faults of the machine, made for real where an engine lets one: locked, full, away, a disk that is full."""

import resource
import sqlite3
from contextlib import closing, contextmanager
from unittest import mock

from django.db import OperationalError, connection


def _on_sqlite() -> bool:
    return connection.vendor == "sqlite"


@contextmanager
def locked_by_somebody(table: str):
    """Somebody else writes to `table` (on SQLite: to the database) as long as the block runs.

    This connection loses its patience after a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100" if _on_sqlite() else "SET lock_timeout = 100")
    with closing(another_connection()) as other:
        if _on_sqlite():
            other.execute("BEGIN IMMEDIATE")
        else:
            other.execute(f'LOCK TABLE "{table}" IN EXCLUSIVE MODE')
        yield
        other.rollback()
    connection.close()


def another_connection():
    """Return a connection of the driver to the same database, in a transaction."""
    if _on_sqlite():
        return sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    import psycopg

    return psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    )


@contextmanager
def full_database():
    """The disk of the database is full: SQLite may not grow; PostgreSQL says so at every INSERT."""
    if _on_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # no page that was given back is left to be used
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield
        connection.close()
        return
    from psycopg.errors import DiskFull

    def refuse(execute, sql, params, many, context):
        if sql.startswith("INSERT"):
            raise OperationalError("could not extend file") from DiskFull("could not extend file")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def lose_the_connection() -> None:
    """End this connection at the server in the middle of what it does; SQLite's disk fails it."""
    if _on_sqlite():
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR"
        raise OperationalError("disk I/O error") from error
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@contextmanager
def database_away():
    """The database is not where it was."""
    connection.close()
    wrong = {"NAME": "/nowhere/at/all"} if _on_sqlite() else {"HOST": "127.0.0.1", "PORT": "1"}
    with mock.patch.dict(connection.settings_dict, wrong):
        yield
        connection.close()


@contextmanager
def full_disk(size: int = 30_000):
    """No file of this process grows beyond `size` bytes: writing further fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
