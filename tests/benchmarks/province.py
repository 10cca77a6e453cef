"""Benchmark of a province: desk and workbook of the demonstration figures, beside a trivial page."""

from __future__ import annotations

import io

from django.core.management import call_command
from django.test import Client, override_settings

from danvan.accounts.models import User
from tests.benchmarks.lists import _as_in_tests, _get
from tests.benchmarks.ratios import Ratio, benchmark, best_of

TRIVIAL = "/bao-mat/"
WORKBOOK = "/bao-cao/tong-hop/xuat-excel/?unit=35&first=2021&last=2022"


@benchmark("province")
def province(rows: int) -> list[Ratio]:
    """The board of the province: its desk and the official workbook of two years."""
    with override_settings(DEBUG=True):  # demonstration figures are refused elsewhere
        call_command("load_units", stdout=io.StringIO())
        call_command("load_demo", stdout=io.StringIO())
    client = Client()
    client.force_login(User.objects.get(username="tinh"))
    with _as_in_tests():
        pages = [_get(client, url) for url in (TRIVIAL, "/", WORKBOOK)]
        trivial, desk, workbook = best_of(7, *pages)
    return [
        Ratio("desk of the province", desk, "a trivial page", trivial, 2.5),
        Ratio("workbook of Hà Nam, two years", workbook, "a trivial page", trivial, 12),
    ]
