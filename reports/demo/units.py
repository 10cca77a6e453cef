"""The units the demonstration is about, and what its figures need to know of each."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from danvan.units.models import AdministrativeUnit, Level, UnitKind, UnitSuccession
from reports.catalogue.files import read_rows
from reports.demo.board import Board, DemoUnit
from reports.demo.figures import numbers
from reports.demo.totals import totals_of
from reports.workflow.periods import default_dates

Parts = dict[int, tuple[tuple[str, float], ...]]


def units_of(year: int) -> list[AdministrativeUnit]:
    """Return the units that report of `year`."""
    return list(AdministrativeUnit.objects.on(default_dates(year)["structure_date"]))


def make_bodies(names: Iterable[str], province: str) -> None:
    """Create the Party committees right below a province of today that are missing."""
    above = AdministrativeUnit.objects.find(province)
    for number, name in enumerate(names, start=1):
        key = {"code": f"K{province}{number:02d}", "valid_from": above.valid_from}
        if not AdministrativeUnit.objects.filter(**key).exists():
            kind = UnitKind.DANG_UY
            AdministrativeUnit(**key, kind=kind, name=name, level=Level.BODY, parent=above).save()


def demo_unit(unit: AdministrativeUnit, parts: tuple[tuple[str, float], ...] = ()) -> DemoUnit:
    """Return what the figures need to know of a unit."""
    return DemoUnit(unit.code, Level(unit.level).letter, unit.full_name_in_text, parts)


def filled_boards(years: Iterable[int]) -> list[Board]:
    """Return the working sheets of `years` in order, one for each province there was in a year."""
    boards = []
    for year in years:
        parts = _parts(default_dates(year)["structure_date"])
        provinces: dict[str, list[DemoUnit]] = {}
        for unit in units_of(year):
            row = demo_unit(unit, parts.get(unit.pk, ()))
            provinces.setdefault("" if unit.is_body else unit.root_code, []).append(row)
        bodies = provinces.pop("", [])
        for units in provinces.values():
            counts = Counter(unit.letter for unit in units)
            boards.append(numbers(year, units, totals_of(year, counts)))
        if bodies:
            boards.append(_board_of_bodies(year, bodies))
    return boards


def _board_of_bodies(year: int, bodies: list[DemoUnit]) -> Board:
    """Return the working sheet of bodies: what communes had, as far as bodies are asked for it."""
    likened = [replace(body, letter="X") for body in bodies]
    board = numbers(year, likened, totals_of(year, Counter(X=len(likened))))
    asked = {row["code"] for row in read_rows("bodies.csv")}
    for code, row in board.rows.items():
        board.rows[code] = {name: n for name, n in row.items() if name.partition(".")[0] in asked}
    return board


def _parts(day: datetime.date) -> Parts:
    """Return, by unit id, the first units that each one was made of by `day`, with the share that came.

    A unit that took others in and went on is a part of itself.
    """
    arrows = UnitSuccession.objects.filter(date__lte=day).order_by("date", "pk")
    arrows = arrows.select_related("predecessor", "successor")
    heirs = Counter(arrow.predecessor_id for arrow in arrows)
    found: dict[int, dict[str, float]] = {}
    for arrow in arrows:
        old, new = arrow.predecessor, arrow.successor
        share = float(arrow.share or 1 / heirs[old.pk])
        itself = {new.code: 1.0} if new.valid_from < arrow.date else {}
        came = found.setdefault(new.pk, itself)
        for code, part in found.get(old.pk, {old.code: 1.0}).items():
            came[code] = came.get(code, 0) + part * share
    return {pk: tuple(sorted(codes.items())) for pk, codes in found.items()}
