"""Query budgets: a page asks the database as often for 300 rows as for 3."""

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
