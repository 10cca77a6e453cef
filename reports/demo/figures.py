"""The invented figures: one function per theme fills the working sheet so that every rule holds.

Pure: the same units and year always give the same figures, and nothing here knows the database.
"""

from collections.abc import Iterable
from decimal import Decimal

from reports.demo import texts
from reports.demo.board import Board, DemoUnit
from reports.demo.chance import between, noise
from reports.demo.notes import explain
from reports.demo.totals import AT_LEAST, YEARS, DemoTotals
from reports.figures.figure import Figure
from reports.models import Qualifier

# Xã Tiên Sơn, the commune of the guide and of the first look, and what it is since July 2025.
SHOWCASES = ("13369", "13363")
_SHOWN = {
    2023: {
        "DT01": 1, "DT02": 2, "DT03": 2, "DT04": 2, "DT05": 0, "DT06": 860, "DT07": 48, "DT08": 30,
        "DT09": 12, "DT10": 6, "DT12": 2,
    },
    2024: {
        "DT01": 2, "DT02": 2, "DT03": 3, "DT04": 2, "DT05": 1, "DT06": 1140, "DT07": 61, "DT08": 40,
        "DT09": 15, "DT10": 6, "DT12": 3,
    },
}  # fmt: skip
_SHOWN |= {2025: _SHOWN[2023], 2026: _SHOWN[2024]}
_ORGANISATIONS = {"MT": 3.0, "CD": 1.0, "ND": 1.2, "TN": 1.0, "PN": 1.3, "CCB": 1.1}

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
    for fill in (
        _study, _situation, _dialogue, _reception, _models, _government, _democracy, _oversight,
        _training, _religion, _praise,
    ):  # fmt: skip
        fill(board)
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
        at_least = AT_LEAST.get(code) == unit.letter
        qualifier = Qualifier.AT_LEAST if at_least else Qualifier.EXACT
        note = explain(unit, year, code, Decimal(number), prior.get(code))
        found[code] = Figure(number=Decimal(number), qualifier=qualifier, note=note)
    for code, text in texts.paragraphs(unit, year, row).items():
        found[code] = Figure(text=text)
    return found


def _study(board: Board) -> None:
    board.each("QT01", {"X": (4, 10), "H": (12, 22), "T": (28, 34)})
    board.each("QT02", {"X": (4, 8), "H": (7, 12), "T": (8, 11)})
    board.parts("QT02", {"QT03": 0.55, "QT04": 0.2, "QT05": 0.25})
    board.times("QT06", "QT02", 55, 110)
    board.each("QT08", {"X": (190, 420), "H": (700, 1400), "T": (2600, 3400)})
    board.part("QT07", "QT08", 0.93, 1.0)


def _situation(board: Board) -> None:
    board.each("TH01", {"X": (18, 44), "H": (24, 40), "T": (30, 40)})
    board.each("TH02", {"X": (1, 4), "H": (2, 6), "T": (4, 8)})
    board.parts("TH02", {"TH03": 0.7, "TH04": 0.18, "TH05": 0.12})
    board.rare("TH07", "XHT", 1, 0.12)
    board.rare("TG04", "XHT", 1, 0.08)
    for row in board.rows.values():
        row["TH07"], row["TG04"] = min(row["TH07"], row["TH02"]), min(row["TG04"], row["TH02"])
        row["TG05"] = min(row["TG04"], row["TH03"])
        row["DC13"] = 0


def _dialogue(board: Board) -> None:
    board.spread("DT01")
    board.spread("DT02")
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
    board.times("DT06", "DT03", 70, 150)
    board.times("DT07", "DT03", 8, 22)
    board.parts("DT07", {"DT08": 0.66, "DT09": 0.24, "DT10": 0.1})
    showcase = showcase_of(board.year)
    if showcase in board.rows:
        board.rows[showcase].update(_SHOWN.get(board.year, {}))


def _reception(board: Board) -> None:
    for unit in board.units:
        row, key = board.rows[unit.code], (unit.code, board.year)
        few = unit.letter == "X" and noise("few", *key) < 0.08
        row["TD01"] = {"X": 24, "H": 12, "T": 12}[unit.letter] - (int(few) * 2)
        row["TD03"] = {"X": 48, "H": 24, "T": 12}[unit.letter]
    board.rare("TD02", "XHT", 3, 0.3)
    board.rare("TD04", "XHT", 4, 0.3)
    board.each("TD05", {"X": (60, 130), "H": (110, 190), "T": (210, 260)})
    board.each("TD06", {"X": (9, 26), "H": (30, 60), "T": (80, 110)})
    board.parts("TD06", {"TD07": 0.14, "TD08": 0.05, "TD09": 0.81})
    board.part("TD10", "TD06", 0.7, 0.92)
    board.part("TD11", "TD10", 0.86, 1.0)


def _models(board: Board) -> None:
    for code in ("DV09", "DV10", "DV11"):
        board.spread(code)
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
    board.parts("DV01", {"DV04": 0.3, "DV05": 0.36, "DV06": 0.16, "DV07": 0.18})


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
    board.each("CQ08", {"X": (110, 260), "H": (260, 420)})
    board.part("CQ09", "CQ08", 0.88, 0.97, "XH")


def _democracy(board: Board) -> None:
    board.constant("DC01", {"X": (4, 7), "H": (34, 52), "T": (46, 60)})
    board.part("DC02", "DC01", 1, 1)
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
    board.constant("DC09", {"X": (5, 12)})
    board.part("DC10", "DC09", 0.92, 1.0, "X")
    board.each("DC12", {"X": (4, 9)})


def _oversight(board: Board) -> None:
    for code in ("GS01", "GS02", "GS07", "GS09", "GS11"):
        board.spread(code)
    for code in ("GS01", "GS02"):
        board.parts(code, {f"{code}.{name}": share for name, share in _ORGANISATIONS.items()})
    for unit in board.units:
        row = board.rows[unit.code]
        row["GS03"] = row["GS02"] + (row["GS02"] > 0 and noise("GS03", unit.code) < 0.3)
        if unit.letter == "X":
            row["GS08"] = 1
            row["GS10"] = 1 + (noise("GS10", unit.code) < 0.12)
            row["GS12"] = int(noise("GS12", unit.code, board.year) < 0.15)
    board.times("GS04", "GS01", 2, 3.4)
    board.part("GS05", "GS04", 0.85, 1.0)
    board.each("GS13", {"X": (6, 45)}, places=1)
    for unit in board.of("X"):
        row = board.rows[unit.code]
        row["GS13"] = row["GS13"] if row["GS12"] else 0


def _training(board: Board) -> None:
    board.spread("TP01")
    board.spread("TP02", by="TP01")
    board.spread("TP03")
    board.spread("TP04", by="TP03")
    for unit in board.of("X"):
        # The published attendances are those of province and districts: communes held none.
        board.rows[unit.code].setdefault("TP03", 0)
        board.rows[unit.code].setdefault("TP04", 0)
    board.each("TP05", {"X": (1, 2.4), "H": (4, 8), "T": (7, 10)})
    board.times("TP06", "TP05", 40, 75)
    board.constant("TP08", {"X": (28, 60), "H": (9, 13), "T": (11, 13)})


def _religion(board: Board) -> None:
    board.constant("TG01", {"X": (3, 9)})
    board.constant("TG02", {"X": (6, 24)})
    board.each("TG03", {"X": (3, 8), "H": (8, 14), "T": (14, 18)})


def _praise(board: Board) -> None:
    board.spread("KT01")
    board.each("KT02", {"T": (14, 18)})
    board.each("KT03", {"H": (24, 40)})
    board.each("KT04", {"X": (6, 18)})
    board.each("KT05", {"T": (2, 3)})
    board.each("VD01", {"X": (120, 620)}, places=1)
    board.each("VD02", {"X": (400, 3200)}, places=1)
    board.each("VD03", {"X": (180, 900)})
