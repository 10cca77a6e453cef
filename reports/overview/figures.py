"""Headline figures over the years, rows beside one another, who rose and fell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from danvan.units.models import AdministrativeUnit
from reports.consolidation.figures import Definition, Total
from reports.consolidation.summary import YearProgress
from reports.figures.rules import is_jump
from reports.overview.area import PictureArea, PictureRow

MOST_MOVES = 6
# Shares of the median from which a cell is of the next shade; 3 is "about the median".
SHADES = (Decimal("0.5"), Decimal("0.8"), Decimal("1.25"), Decimal(2))


@dataclass(frozen=True)
class YearFigure:
    """One figure of one year. A year that is not `whole` lacks reports or still runs."""

    year: int
    figure: Total
    is_whole: bool


@dataclass(frozen=True)
class Trend:
    """A headline figure over the years; `shown` is the year that is told, `before` the one before it.

    `is_broken` tells that other offices reported in the year before: a level had ended in between.
    """

    definition: Definition
    years: tuple[YearFigure, ...]
    shown: YearFigure
    before: YearFigure | None
    is_broken: bool = False

    @property
    def change(self) -> Decimal | None:
        """The figure less that of the year before; None unless both years are whole and can be compared."""
        if self.before is None or self.is_broken:
            return None
        if not (self.shown.is_whole and self.before.is_whole):
            return None
        now, then = self.shown.figure.number, self.before.figure.number
        return None if now is None or then is None else now - then

    @property
    def change_share(self) -> Decimal | None:
        """The change as a share of the year before; None for ratios, whose change is in points."""
        before = self.before.figure.number if self.before else None
        if self.change is None or not before or self.definition.is_ratio:
            return None
        return self.change / before


def trends(
    area: PictureArea, headlines: Iterable[Definition], progress: Iterable[YearProgress], shown: int
) -> list[Trend]:
    """Return each headline figure over the years."""
    whole = {one.year: one.included == one.expected for one in progress}
    evaluators = {year: area.evaluator(area.root, year) for year in whole}
    found = []
    for definition in headlines:
        years = {
            year: YearFigure(year, one.figure(definition.code), whole[year])
            for year, one in evaluators.items()
        }
        before = years.get(shown - 1)
        broken = area.level_ended and area.first_year_after == shown
        found.append(Trend(definition, tuple(years.values()), years[shown], before, broken))
    return found


def shown_year(progress: Iterable[YearProgress], closed: set[int]) -> int:
    """Return the year that is told first: the last that is whole or closed, else the last with reports."""
    years = [one.year for one in progress]
    told = [one.year for one in progress if one.included == one.expected or one.year in closed]
    begun = [one.year for one in progress if one.included]
    return max(told or begun or years)


@dataclass(frozen=True)
class HeatCell:
    """A figure among those of its column. `shade` is 1 (far below the median) to 5 (far above), 0 blank."""

    definition: Definition
    figure: Total
    shade: int


@dataclass(frozen=True)
class HeatRow:
    """A unit with its cells; a `heading` is a district with its sums, which are not compared."""

    unit: AdministrativeUnit
    cells: tuple[HeatCell, ...]
    is_heading: bool = False


@dataclass(frozen=True)
class Heat:
    """Units × headline figures of one year. `medians` are those of the columns, None without figures."""

    year: int
    headlines: tuple[Definition, ...]
    medians: tuple[Decimal | None, ...]
    rows: tuple[HeatRow, ...]
    units: int


def heat(area: PictureArea, headlines: list[Definition], year: int) -> Heat | None:
    """Return the units beside one another in `year`; None where fewer than two can be compared."""
    if len(area.rows) < 2:
        return None
    figures = {id(place): _figures(area, place, headlines, year) for place in area.rows}
    medians = []
    for at in range(len(headlines)):
        column = [row[at].number for row in figures.values()]
        known = [number for number in column if number is not None]
        medians.append(median(known) if known else None)

    def row(place: PictureRow, *, is_heading: bool = False) -> HeatRow:
        found = figures.get(id(place)) or _figures(area, place, headlines, year)
        shades = (
            0 if one.number is None else 3 if is_heading else shade(one.number, middle)
            for one, middle in zip(found, medians, strict=True)
        )
        cells = map(HeatCell, headlines, found, shades)
        return HeatRow(place.unit, tuple(cells), is_heading)

    rows: list[HeatRow] = []
    for place in area.root.below:
        below = [one for one in place.below if id(one) in figures]
        if below:
            rows += [row(place, is_heading=True), *map(row, below)]
        elif id(place) in figures:
            rows.append(row(place))
    return Heat(year, tuple(headlines), tuple(medians), tuple(rows), len(figures))


def shade(number: Decimal, middle: Decimal | None) -> int:
    """Return how far `number` is from the median, 1 to 5; beside a median of 0 anything else is far above."""
    if not middle:
        return 5 if number else 3
    return 1 + sum(number / middle >= bound for bound in SHADES)


def _figures(
    area: PictureArea, place: PictureRow, headlines: list[Definition], year: int
) -> list[Total]:
    evaluator = area.evaluator(place, year)
    return [evaluator.figure(one.code) for one in headlines]


@dataclass(frozen=True)
class UnitStep:
    """What one unit's figure did from the year before. `size` is the step in medians of the column."""

    unit: AdministrativeUnit
    definition: Definition
    now: Total
    before: Total
    step: Decimal
    size: Decimal

    @property
    def is_far(self) -> bool:
        """Return whether it would need a note in a report: a jump as figures/rules.py says."""
        then = self.before.number or Decimal(0)
        return is_jump(then + self.step, then)


@dataclass(frozen=True)
class UnitSteps:
    """Who rose and who fell most, a unit once in each; and how many units have a figure far from before."""

    risen: tuple[UnitStep, ...]
    fallen: tuple[UnitStep, ...]
    far: int
    compared: int


def unit_steps(area: PictureArea, headlines: list[Definition], year: int) -> UnitSteps:
    """Return who moved most since the year before, of units whose reports of both years are in."""
    then, now = area.periods_of(year - 1), area.periods_of(year)
    places = [one for one in area.rows if one.is_whole(then) and one.is_whole(now)]
    counted = [one for one in headlines if not one.is_ratio]
    before = [_figures(area, one, counted, year - 1) for one in places]
    after = [_figures(area, one, counted, year) for one in places]
    found: list[UnitStep] = []
    for at, definition in enumerate(counted):
        steps: list[tuple[AdministrativeUnit, Total, Total, Decimal]] = []
        for place, ours, old in zip(places, after, before, strict=True):
            number, earlier = ours[at].number, old[at].number
            if number is not None and earlier is not None:
                steps.append((place.unit, ours[at], old[at], number - earlier))
        middle = median(
            [old.number or Decimal(0) for _unit, _ours, old, _step in steps] or [Decimal(0)]
        )
        found += [
            UnitStep(unit, definition, ours, old, step, abs(step) / (middle or Decimal(1)))
            for unit, ours, old, step in steps
        ]
    found.sort(key=lambda one: -one.size)
    far = {one.unit.pk for one in found if one.is_far}
    return UnitSteps(
        tuple(_once([one for one in found if one.step > 0])),
        tuple(_once([one for one in found if one.step < 0])),
        len(far),
        len(places),
    )


def _once(found: Iterable[UnitStep]) -> list[UnitStep]:
    """Return the first of each unit, at most MOST_MOVES."""
    kept: dict[int, UnitStep] = {}
    for move in found:
        kept.setdefault(move.unit.pk, move)
    return list(kept.values())[:MOST_MOVES]
