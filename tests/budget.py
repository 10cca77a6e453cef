"""Query budgets: a page asks the database as often for 300 rows as for 3."""

import re
import sys
from collections import Counter

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(client, url: str, status: int = 200) -> list[str]:
    """Return the SQL of one GET of `url`; the answer must have `status`."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(url)
    assert answer.status_code == status, f"{url}: {answer.status_code}"
    return [query["sql"] for query in captured.captured_queries]


def assert_same_queries(client, url: str, small, large, *, limit: int | None = None) -> None:
    """Assert that `url` asks the same number of queries after `small()` and after `large()`.

    `small` and `large` are functions that make few and many rows; `limit` is the most that is
    allowed (12 for a list). The message lists what was asked too often.
    """
    small()
    queries_of(client, url)  # caches that live as long as the process are filled once
    few = queries_of(client, url)
    large()
    many = queries_of(client, url)
    repeated = "\n".join(sorted({sql[:200] for sql in many if many.count(sql) > few.count(sql)}))
    assert len(few) == len(many), f"{url}: {len(few)} queries, then {len(many)}:\n{repeated}"
    if limit is not None:
        assert len(many) <= limit, f"{url}: {len(many)} queries, {limit} allowed:\n" + "\n".join(
            sql[:200] for sql in many
        )


MOST = 15  # of one page for one part, sessions and menu included
MOST_POSTED = 24  # of one post: what it locks (by statement on PostgreSQL), judges, writes and logs
# Posts that ask more often: how often at most, and why.
MORE: dict[str, tuple[int, str]] = {
    "POST reports:entry": (26, "lock, rights, ledger, counts; then the form as it stands now"),
    "POST reports:move": (28, "refused: the whole report is shown again"),
    "POST reports:catalogue_copy": (36, "sections, indicators, rules and three logs, each at once"),
}


def assert_few_queries(asked: dict[tuple[str, str], list]) -> None:
    """Assert that no page asked more than MOST times, no post ("POST page") more than MOST_POSTED.

    `asked` are statements by (page, part), as the matrix has them.
    The message lists what was asked, and how often. A page of MORE that needs it no longer fails as well.
    """
    worst: dict[str, tuple[str, list]] = {}
    for (name, column), statements in asked.items():
        page = name.partition("?")[0]
        if len(statements) > len(worst.get(page, (column, [0] * MOST))[1]):
            worst[page] = column, statements
    told = []
    for page, (column, statements) in worst.items():
        usual = MOST_POSTED if page.startswith("POST ") else MOST
        allowed = MORE.get(page, (usual, ""))[0]
        if len(statements) > allowed:
            told.append(f"{page} ({column}): {len(statements)}, {allowed} allowed")
            lines = Counter(statements).items()
            told += [f"  {n} × {sql[:100]}  {whence[:200]}" for (sql, whence), n in lines]
    assert not told, "\n".join(told)
    needless = MORE.keys() & {name.partition("?")[0] for name, _part in asked} - worst.keys()
    assert not needless, f"{MOST} times or less, so out of MORE: {needless}"


def is_answer(status: int) -> bool:
    """Return whether a person got what was asked for, or was told what to mend."""
    return status in (200, 302, 409, 422)


class Asked:
    """The statements of what happens within: `with Asked() as asked`, then `asked.statements`.

    Each with the places of our own code that led to it, the innermost first. Savepoints count.
    """

    ROOMS = ("danvan", "records", "reports")

    def __enter__(self):
        self.statements: list[tuple[str, str]] = []
        self.wrapping = connection.execute_wrapper(self._note)
        self.wrapping.__enter__()
        return self

    def __exit__(self, *error):
        self.wrapping.__exit__(*error)

    def _note(self, execute, sql, params, many, context):
        self.statements.append(
            (re.sub(r"SELECT .{90,}? FROM", "SELECT … FROM", sql), self._whence())
        )
        return execute(sql, params, many, context)

    def _whence(self) -> str:
        places, frame = [], sys._getframe(2)
        while frame and len(places) < 6:
            path, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
            if path.split(".")[0] in self.ROOMS and "middleware" not in path:
                places.append(f"{path}:{frame.f_lineno} {function}")
            frame = frame.f_back
        return " < ".join(places)
