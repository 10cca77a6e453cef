"""Shapes of the picture's charts: pure functions from figures to coordinates, drawn as SVG by templates.

Coordinates are whole numbers, whatever the locale; colours are CSS classes, because the content security
policy allows no style attribute. Every mark that stands for something carries the address it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from danvan.common.numbers import rounded
from reports.consolidation.words import figure_text
from reports.overview.figures import Trend
from reports.overview.progress import AFTER, BEFORE, Curve

SLOT, BAR, FLOOR, TALL = 60, 34, 72, 52
ROW, LABELS, ROOM = 26, 128, 240
SIDE, ACROSS = 29, 12
LEFT, RIGHT, TOP, BOTTOM = 30, 330, 10, 122


@dataclass(frozen=True)
class YearBar:
    """One bar of a trend: whole years are full, others hatched."""

    year: int
    text: str
    url: str
    x: int
    y: int
    height: int
    middle: int
    is_whole: bool
    is_shown: bool
    note: str

    @property
    def says(self) -> str:
        """What a screen reader says of the bar."""
        told = f"Năm {self.year}: {self.text}"
        return f"{told}, {self.note} báo cáo" if self.note else told


@dataclass(frozen=True)
class TrendChart:
    """The bars of one headline figure; `breaks` are where units changed between two years."""

    trend: Trend
    bars: tuple[YearBar, ...]
    width: int
    breaks: tuple[int, ...]


def trend_chart(
    trend: Trend,
    notes: dict[int, str],
    address: Callable[[int], str],
    broken_before: int | None = None,
) -> TrendChart:
    """Return the bars of `trend`. `notes` say of years that are not whole how many reports they have.

    `address` gives where a year leads; `broken_before` is the first year after a change of units.
    """
    numbers = [one.figure.number or 0 for one in trend.years]
    largest = max([*numbers, 0]) or 1
    bars, breaks = [], []
    for at, one in enumerate(trend.years):
        height = round(TALL * (one.figure.number or 0) / largest)
        text = figure_text(one.figure, trend.definition) or "—"
        if len(text) > 12:
            text = "khác"  # cannot be compared: the table behind says so in full
        bars.append(
            YearBar(
                *(one.year, text, address(one.year)),
                *(at * SLOT + (SLOT - BAR) // 2, FLOOR - height, height, at * SLOT + SLOT // 2),
                one.is_whole,
                one.year == trend.shown.year,
                notes.get(one.year, ""),
            )
        )
        if at and one.year == broken_before:
            breaks.append(at * SLOT)
    return TrendChart(trend, tuple(bars), max(len(bars), 3) * SLOT, tuple(breaks))


@dataclass(frozen=True)
class StatePiece:
    """A piece of a bar: so many reports in one state."""

    kind: str
    says: str
    count: int
    x: int
    width: int
    url: str


@dataclass(frozen=True)
class AreaBar:
    """How the reports of one area stand."""

    label: str
    text: str
    url: str
    y: int
    pieces: tuple[StatePiece, ...]
    counts: tuple[int, ...]


# The state as lists filter by it, how it is drawn and what it is called.
STATES = (
    ("approved", "approved", "đã duyệt"),
    ("submitted", "sent", "chờ duyệt"),
    ("returned", "returned", "trả lại để sửa"),
    ("to_send", "draft", "chưa gửi"),
)


def area_bars(areas: Iterable[tuple[str, dict[str, int], str]]) -> tuple[AreaBar, ...]:
    """Return a bar for each (label, counts, address of its list); all bars are equally long."""
    bars = []
    for at, (label, counts, url) in enumerate(areas):
        pieces, done = [], 0
        for state, kind, says in STATES:
            start = round(ROOM * done / counts["all"])
            done += counts[state]
            width = round(ROOM * done / counts["all"]) - start
            if counts[state]:
                pieces.append(
                    StatePiece(
                        kind, says, counts[state], LABELS + start, width, f"{url}&state={state}"
                    )
                )
        sent = counts["approved"] + counts["submitted"]
        numbers = (*(counts[state] for state, _kind, _says in STATES), counts["all"])
        text = f"{sent}/{counts['all']}"
        bars.append(AreaBar(label, text, url, at * ROW, tuple(pieces), numbers))
    return tuple(bars)


@dataclass(frozen=True)
class Square:
    """The report of one unit."""

    name: str
    says: str
    kind: str
    x: int
    y: int
    url: str


def squares(reports: Iterable[tuple[str, str, str, str]]) -> tuple[tuple[Square, ...], int]:
    """Return a square for each (name, state in words, kind, address), and how high all are together."""
    drawn = tuple(
        Square(name, says, kind, at % ACROSS * SIDE, at // ACROSS * SIDE, url)
        for at, (name, says, kind, url) in enumerate(reports)
    )
    return drawn, (len(drawn) + ACROSS - 1) // ACROSS * SIDE


@dataclass(frozen=True)
class CurveLine:
    """One curve as the path of its steps, where it ends and leads."""

    curve: Curve
    url: str
    path: str
    end_x: int
    end_y: int
    end: str


def lines(curves: Iterable[Curve], address: Callable[[int], str]) -> tuple[CurveLine, ...]:
    """Return the steps of each curve; `address` gives where that of a period (by id) leads."""
    found = []
    for curve in curves:
        steps: list[str] = []
        level: float | None = None
        for day, share in curve.points:
            if share != level:
                y = _height(share)
                steps.append(f"H{_across(day)}V{y}" if steps else f"M{_across(day)} {y}")
                level = share
        day, share = curve.points[-1]
        path = f"{''.join(steps)}H{_across(day)}"
        end = f"{rounded(Decimal(share))}%"
        url = address(curve.period_id)
        found.append(CurveLine(curve, url, path, _across(day), _height(share), end))
    return tuple(found)


def _across(day: int) -> int:
    return LEFT + round((RIGHT - LEFT) * (day - BEFORE) / (AFTER - BEFORE))


def _height(share: float) -> int:
    return BOTTOM - round((BOTTOM - TOP) * share / 100)


DUE_X = _across(0)
TABLE_DAYS = (-20, -10, -5, -1, 0, 5, 10, 15)


def shares_on(curves: Iterable[Curve]) -> list[tuple[str, list[str]]]:
    """Return the table behind the curves: what was sent on some days, "" where a day is still to come."""
    told = [dict(curve.points) for curve in curves]
    rows = []
    for day in TABLE_DAYS:
        label = (
            f"Trước hạn {-day} ngày"
            if day < 0
            else f"Sau hạn {day} ngày"
            if day
            else "Ngày hết hạn"
        )
        cells = [f"{rounded(Decimal(one[day]))}%" if day in one else "" for one in told]
        rows.append((label, cells))
    return rows
