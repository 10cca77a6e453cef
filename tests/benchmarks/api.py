"""Benchmark of the interface for programs: a province's figures as a table."""

from __future__ import annotations

from django.test import Client, override_settings

from danvan.accounts.models import Role, User
from danvan.accounts.tokens import keys
from tests.benchmarks.consolidation import one_year
from tests.benchmarks.ratios import Ratio, benchmark, best_of

UNITS = 1000


@benchmark("api")
def api(rows: int) -> list[Ratio]:
    """Read the figures of 1,000 units as CSV, over the whole way of a request."""
    root, indicators = one_year(UNITS)
    reader = User.objects.create(username="tinh", unit=root, role=Role.OFFICER)
    _, key = keys.give(reader, "benchmark", 1)

    def table() -> int:
        address = "/api/v1/figures?first_year=2022&format=csv"
        answer = Client().get(address, headers={"Authorization": f"Bearer {key}"})
        return sum(part.count(b"\n") for part in answer.streaming_content) - 1

    with override_settings(ALLOWED_HOSTS=["testserver"]):
        if table() != (UNITS + 1) * indicators:
            raise AssertionError("the table has not every figure")
        (seconds,) = best_of(5, table)
    return [Ratio(f"{UNITS} units x {indicators} figures as CSV", seconds, "one second", 1.0, 1.0)]
