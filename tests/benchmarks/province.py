"""Benchmark of a province: desk and workbook of the demonstration figures, beside a trivial page."""

from __future__ import annotations

import io
from collections.abc import Callable

from django.core.management import call_command
from django.test import Client, override_settings

from danvan.accounts.models import User
from reports.models import KeptFacts, KeptFile
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
        trivial, desk, book = (_get(client, url) for url in (TRIVIAL, "/", WORKBOOK))
        anew = _made_anew(book)
        seconds = best_of(7, trivial, desk, anew, book)
    what = "workbook of Hà Nam, two years"
    return [
        Ratio("desk of the province", seconds[1], "a trivial page", seconds[0], 2.5),
        Ratio(f"{what}, again", seconds[3], "a trivial page", seconds[0], 12),
        Ratio(f"{what}, made for the first time", seconds[2], "a trivial page", seconds[0], 12),
    ]


def _made_anew(book: Callable[[], object]) -> Callable[[], object]:
    def made() -> object:
        KeptFile.objects.all().delete()
        KeptFacts.objects.all().delete()
        return book()

    return made
