"""The invented figures: the steps of figures.toml fill the working sheet so that every rule holds.

What depends on more than ranges and shares is a function here. Pure: the same units and year always give
the same figures, and nothing here knows the database.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from reports.demo import texts
from reports.demo.board import Board, DemoUnit
from reports.demo.chance import between, noise
from reports.demo.notes import explain
from reports.demo.totals import DEMO_DATA, YEARS, DemoTotals
from reports.figures.figure import Figure
from reports.models import Qualifier

# Xã Tiên Sơn, the commune of the guide and of the first look, and what it is since July 2025.
SHOWCASES = ("13369", "13363")
YearFigures = dict[str, dict[str, Figure]]


def demo_figures(boards: Iterable[Board]) -> dict[int, YearFigures]:
    """Return the figures of filled boards: year → unit code → indicator code → Figure.

    Each year's boards come after those of the year before; a province of its own has one of its own.
    """
    years: dict[int, YearFigures] = {}
    last: dict[tuple[int, DemoUnit], dict[str, Figure]] = {}
    for board in boards:
        found = years.setdefault(board.year, {})
        for unit in board.units:
            # What a unit of another making did is no year before of this one.
            prior = last.get((board.year - 1, unit), {})
            found[unit.code] = last[board.year, unit] = _figures(unit, board.year, board, prior)
    return years


def numbers(year: int, units: Iterable[DemoUnit], totals: DemoTotals) -> Board:
    """Return the filled working sheet of one year: numbers only, without texts and notes."""
    board = Board(year, units, totals)
    for step, *arguments in DEMO_DATA["steps"]:
        _STEPS[step](board, *arguments)
    return board


def showcase_of(year: int) -> str:
    """Return the code of the commune that the guide and the first look show."""
    return SHOWCASES[year not in YEARS]


def _figures(
    unit: DemoUnit, year: int, board: Board, prior: dict[str, Figure]
) -> dict[str, Figure]:
    """Return one unit's report: numbers with their marks and notes, then the texts."""
    row = board.rows[unit.code]
    found = {}
    for code, number in row.items():
        at_least = DEMO_DATA["at_least"].get(code) == unit.letter
        qualifier = Qualifier.AT_LEAST if at_least else Qualifier.EXACT
        note = explain(unit, year, code, Decimal(number), prior.get(code))
        found[code] = Figure(number=Decimal(number), qualifier=qualifier, note=note)
    for code, text in texts.paragraphs(unit, year, row).items():
        found[code] = Figure(text=text)
    return found


def _situation(board: Board) -> None:
    for row in board.rows.values():
        row["TH07"], row["TG04"] = min(row["TH07"], row["TH02"]), min(row["TG04"], row["TH02"])
        row["TG05"] = min(row["TG04"], row["TH03"])
        row["DC13"] = 0


def _dialogue(board: Board) -> None:
    for unit in board.units:
        row = board.rows[unit.code]
        # Most conferences are held by secretary and chairman together and count once.
        apart = min(row["DT01"], row["DT02"], noise("apart", unit.code) < 0.25)
        row["DT03"] = max(row["DT01"], row["DT02"]) + int(apart)
        special = noise("special", unit.code, board.year) < 0.3
        row["DT05"] = min(int(special), max(row["DT03"] - 1, 0))
        row["DT04"] = row["DT03"] - row["DT05"]
        row["DT12"] = row["DT03"] - (
            row["DT03"] > 1 and noise("notice", unit.code, board.year) < 0.1
        )


def _showcase(board: Board) -> None:
    row = board.rows.get(showcase_of(board.year))
    for shown in DEMO_DATA["showcase"]:
        if row is not None and board.year in shown["years"]:
            row.update(shown["figures"])


def _reception(board: Board) -> None:
    for unit in board.units:
        row, key = board.rows[unit.code], (unit.code, board.year)
        few = unit.letter == "X" and noise("few", *key) < 0.08
        row["TD01"] = {"X": 24, "H": 12, "T": 12}[unit.letter] - (int(few) * 2)
        row["TD03"] = {"X": 48, "H": 24, "T": 12}[unit.letter]


def _models(board: Board) -> None:
    for unit in board.units:
        row = board.rows[unit.code]
        recognised = int(row[{"T": "DV09", "H": "DV10", "X": "DV11"}[unit.letter]])
        more = {"X": (0, 2.4), "H": (2, 6), "T": (1, 3)}[unit.letter]
        row["DV01"] = recognised + int(between(*more, "more", unit.code, board.year))
        row["DV12"] = round(recognised * between(0.65, 0.85, "DV12", unit.code))
        row["DV13"] = recognised - row["DV12"]
        # Collective models among all registered: never fewer than among the recognised ones.
        rest = int(row["DV01"]) - recognised
        row["DV02"] = row["DV12"] + round(rest * between(0.5, 0.9, "DV02", unit.code))
        row["DV03"] = row["DV01"] - row["DV02"]
        row["DV14"] = int(recognised * between(0.1, 0.4, "DV14", unit.code))


def _government(board: Board) -> None:
    communes = sorted(
        board.of("X"),
        key=lambda unit: between(0, 1, "rating", unit.code) + noise("r", unit.code, board.year) / 2,
    )
    for place, unit in enumerate(communes):
        row = board.rows[unit.code]
        row["CQ01"] = 1
        row["CQ02"] = 3 if place < board.totals.below_good else 4 + (place > len(communes) * 0.66)
        row["DC14"] = 4 + (place > len(communes) * 0.45)
    for unit in board.of("H"):
        board.rows[unit.code]["CQ06"] = 1


def _democracy(board: Board) -> None:
    for row in board.rows.values():
        row["DC02"] = row["DC01"]
    board.each("DC04", {"H": (40, 90), "T": (50, 70)})
    if board.upper == "XT":
        board.each("DC04", {"X": (3, 8)})
    for unit in board.of(board.upper):
        row = board.rows[unit.code]
        # Rounded up, so that every unit stays above the published 80%.
        some = int(row["DC04"])
        row["DC05"] = min(some, int(some * between(0.83, 0.93, "DC05", unit.code)) + 1)
    board.part("DC07", "DC04", 0.7, 0.86, board.upper)
    board.part("DC08", "DC04", 0.9, 0.98, board.upper)


def _oversight(board: Board) -> None:
    for unit in board.units:
        row = board.rows[unit.code]
        row["GS03"] = row["GS02"] + (row["GS02"] > 0 and noise("GS03", unit.code) < 0.3)
        if unit.letter == "X":
            row["GS08"] = 1
            row["GS10"] = 1 + (noise("GS10", unit.code) < 0.12)
            row["GS12"] = int(noise("GS12", unit.code, board.year) < 0.15)


def _recovery(board: Board) -> None:
    for unit in board.of("X"):
        row = board.rows[unit.code]
        row["GS13"] = row["GS13"] if row["GS12"] else 0


def _training(board: Board) -> None:
    for unit in board.of("X"):
        # The published attendances are those of province and districts: communes held none.
        board.rows[unit.code].setdefault("TP03", 0)
        board.rows[unit.code].setdefault("TP04", 0)


_STEPS: dict[str, Callable[..., None]] = {
    step.__name__.removeprefix("_"): step
    for step in (
        *(Board.each, Board.constant, Board.rare, Board.spread),
        *(Board.times, Board.part, Board.parts),
        *(_situation, _dialogue, _showcase, _reception, _models, _government, _democracy),
        *(_oversight, _recovery, _training),
    )
}
