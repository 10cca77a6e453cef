"""Set-up of the whole suite."""

import os

from hypothesis import settings

# The sync interface of Playwright keeps an event loop in the thread that also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# The same examples in every run, whatever the machine's speed: a push never fails by chance.
settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")


def _empty_tables_with_the_logs_open(teardown):
    """Let a TransactionTestCase empty its tables: the append-only ones refuse that otherwise."""

    def emptied(case):
        from django.db import connection

        from danvan.common.ops import append_only

        tables = [model._meta.db_table for model in append_only.append_only_models()]
        append_only.unprotect(connection, *tables)
        teardown(case)
        append_only.protect(connection, *tables)

    return emptied


SLOWEST = (
    "tests/browser/test_every_page.py",
    "tests/test_permission_matrix.py",
    "tests/sheets/test_mutants.py",
    "tests/browser/",
    "tests/ops/",
)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, so that two processes end at about the same time."""

    def place(item) -> int:
        return next(
            (n for n, name in enumerate(SLOWEST) if item.nodeid.startswith(name)), len(SLOWEST)
        )

    items.sort(key=place)


def pytest_configure():
    from django.test import TransactionTestCase

    from danvan.common.db import moment

    moment.ALWAYS_ONE.add("postgresql")  # the transaction around a test has no other writers
    TransactionTestCase._fixture_teardown = _empty_tables_with_the_logs_open(
        TransactionTestCase._fixture_teardown
    )
