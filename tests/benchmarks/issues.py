"""Benchmark of the issues: a whole country's communes frozen and read again."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from danvan.accounts.models import User
from reports.consolidation.scope import Scope
from reports.documents.issues.issuing import IssueOrder, issue
from reports.documents.issues.thawed import Thawed
from reports.models import PublishedIssue
from tests.benchmarks.consolidation import one_year
from tests.benchmarks.ratios import Ratio, benchmark

COMMUNES = 3_321  # xã, phường, đặc khu of the country since 1 July 2025
SECOND = 1.0


@benchmark("issues")
def issues(rows: int) -> list[Ratio]:
    """Freeze one year of the country, read its page and all its units, each against seconds."""
    unit, indicators = one_year(COMMUNES)
    officer = User.objects.create(username="p", unit=unit, role="officer")
    order = IssueOrder(
        Scope(unit, 2022, 2022),
        "BC",
        1,
        datetime.date(2022, 12, 31),
        "kết quả",
        {"post": "TRƯỞNG BAN"},
    )
    made, frozen = _timed(lambda: issue(order, user=officer))
    what = f"{COMMUNES} communes x {indicators} indicators"
    read = _timed(lambda: Thawed(PublishedIssue.objects.get(pk=made.pk)).consolidation)[1]
    units = _timed(lambda: PublishedIssue.objects.get(pk=made.pk).frozen_units)[1]
    return [
        Ratio(f"freeze {what}", frozen, "a second", SECOND, 5),
        Ratio(f"read the issue of {what}", read, "a second", SECOND, 1),
        Ratio(f"read its figures by unit, {what}", units, "a second", SECOND, 1),
    ]


def _timed(work: Callable) -> tuple:
    start = time.perf_counter()
    done = work()
    return done, time.perf_counter() - start
