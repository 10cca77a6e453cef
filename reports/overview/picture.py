"""The picture of one unit: everything the page shows, read in a number of queries that stays the same."""

from __future__ import annotations

from dataclasses import dataclass

from danvan.accounts.models import User
from danvan.accounts.scope import own_units, units_visible_to, with_predecessors_of, works_for
from danvan.units.models import AdministrativeUnit
from reports.consolidation.figures import Definition
from reports.consolidation.scope import ReadBefore, Scope, ScopeData
from reports.consolidation.summary import YearProgress, year_progress
from reports.models import HeadlineChoice, ReportingPeriod
from reports.overview.area import MOST_UNITS, PictureArea, read_area
from reports.overview.figures import Heat, Trend, UnitSteps, heat, shown_year, trends, unit_steps
from reports.overview.headlines import choice_for, headlines
from reports.overview.progress import PeriodProgress, progress_of, read_reports

YEARS_DRAWN = 5


@dataclass(frozen=True)
class Picture:
    """What a leader looks at. `shown` is the year whose figures are told, `progress` that of the reports."""

    unit: AdministrativeUnit
    headlines: tuple[Definition, ...]
    choice: HeadlineChoice | None
    area: PictureArea
    years: tuple[YearProgress, ...]
    shown: YearProgress
    trends: tuple[Trend, ...]
    heat: Heat | None
    moves: UnitSteps | None
    progress: PeriodProgress

    @property
    def is_demo(self) -> bool:
        return any(year.is_demo for year in self.years)

    @property
    def risen(self) -> int:
        return sum((one.change or 0) > 0 for one in self.trends)

    @property
    def fallen(self) -> int:
        return sum((one.change or 0) < 0 for one in self.trends)

    @property
    def is_compared(self) -> bool:
        """Whether any headline figure is held against the year before."""
        return any(one.change is not None for one in self.trends)

    def name(self, pk: int) -> AdministrativeUnit | None:
        """Return a unit that is named on the page."""
        return self.area.names.get(pk)


def headline_data(
    unit: AdministrativeUnit, periods: list[ReportingPeriod], user: User
) -> ScopeData:
    """Return the rows of the last years of `periods` (all that count), among what `user` may see."""
    last = max(one.year for one in periods)
    # What was read already, to know what may be seen, is not read again.
    known = ReadBefore(periods, family=with_predecessors_of(user))
    within = units_visible_to(user)
    return ScopeData(Scope(unit, last - YEARS_DRAWN + 1, last, within=within, known=known))


def picture(
    unit: AdministrativeUnit, counted: list[ReportingPeriod], user: User, *, year: int | None = None
) -> Picture:
    """Return the picture of `unit` over the last of the periods `counted`, of which there is one.

    `year` asks for one year, its reports as well. Without it the figures are those of the last whole or
    closed year, and the reports those of the last period.
    """
    data = headline_data(unit, counted, user)
    periods = [period for period in data.periods if period.pk in data.years]
    asked = [one for one in periods if year in (None, one.year)]
    period = (asked or periods)[-1]
    earlier = [one for one in data.periods if one.year == period.year - 1]
    before = earlier[-1] if earlier else None
    rows, changed = read_reports(data, [one for one in (before, period) if one])
    choice = choice_for(unit, own_units(user) if works_for(user, unit) and user.unit else ())
    leading = headlines(data.definitions, choice.codes if choice else None)
    now = [row for row in rows if row.period_id == period.pk]
    area = read_area(
        data,
        leading,
        changed=changed,
        by_area=len(now) > MOST_UNITS,
        known={pk for row in now for pk in (row.unit_id, row.area_id)},
    )
    told = year_progress(area.data, area.root.facts)
    closed = {one.year for one in periods if one.is_closed}
    shown = shown_year(told, closed) if year is None else year
    return Picture(
        unit,
        tuple(leading),
        choice,
        area,
        told,
        next(one for one in told if one.year == shown),
        tuple(trends(area, leading, told, shown)),
        heat(area, leading, shown),
        unit_steps(area, leading, shown) if len(area.rows) > 1 else None,
        progress_of(period, before, rows),
    )
