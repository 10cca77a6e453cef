"""The consolidation of the yearly reports of a unit and all below it: one object for every output.

The page, the workbook, the charts and the Word draft render what these functions return; no layout.
The rules of the figures are in figures.py, the queries in scope.py and facts.py, the rows by unit in
units.py, what a figure is made of in drill.py.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from danvan.units.kinds import AREA_LEVELS, Level
from danvan.units.models import AdministrativeUnit
from reports.consolidation.facts import kept_facts, read_facts
from reports.consolidation.figures import (
    Definition,
    Evaluator,
    Total,
    with_extremes,
)
from reports.consolidation.keeping import Keeping, LineFigures
from reports.consolidation.listing import ListedReport
from reports.consolidation.parts import Facts
from reports.consolidation.restating import Restating, UnitMove, moves
from reports.consolidation.scope import Scope, ScopeData
from reports.models import Report, ReportingPeriod, ValueType

MOST_NAMED = 200  # missing reports of a page: of a country they are thousands


@dataclass(frozen=True)
class Line:
    """One indicator: its figure by level and in total, in the range before, and year by year."""

    definition: Definition
    by_level: dict[str, Total]
    total: Total
    prior: Total
    by_year: tuple[tuple[int, Total], ...]
    is_complete: bool = True

    @property
    def code(self) -> str:
        return self.definition.code

    @property
    def change(self) -> Decimal | None:
        """The total less the prior total (for ratios in points); None when one of them is blank.

        None as well while reports are missing: incomplete figures are not compared with complete ones.
        """
        if not self.is_complete or self.total.number is None or self.prior.number is None:
            return None
        return self.total.number - self.prior.number


@dataclass(frozen=True)
class SectionLines:
    """A section of the catalogue with its lines."""

    code: str
    label: str
    number: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class YearProgress:
    """How many reports a year asks for, and how many of them are in the figures."""

    year: int
    expected: int
    included: int
    is_demo: bool
    end: datetime.date


@dataclass(frozen=True)
class Submission:
    """Where the report of one unit and period stands."""

    report_id: int
    unit: AdministrativeUnit
    period_label: str
    year: int
    level: str
    state: str
    state_label: str
    is_overdue: bool
    is_included: bool
    due_date: datetime.date
    submitted_at: datetime.datetime | None
    approved_at: datetime.datetime | None


@dataclass(frozen=True)
class Restated:
    """That figures are told in the units of `day`, and what must be said of it.

    `ended` are the levels that the units of that day no longer have, with the day they ended; `divided`
    is where the units went that became several.
    """

    day: datetime.date
    ended: dict[str, datetime.date]
    divided: tuple[UnitMove, ...]


@dataclass(frozen=True)
class Consolidation:
    """All figures of one scope. `levels` are the columns, `missing` (some of) the reports not in them."""

    scope: Scope
    levels: tuple[str, ...]
    sections: tuple[SectionLines, ...]
    years: tuple[YearProgress, ...]
    missing: tuple[Submission, ...]
    prior_years: tuple[int, int] | None
    restated: Restated | None = None
    # Reports in the figures of the years before, of how many.
    prior_counted: tuple[int, int] = (0, 0)

    @property
    def lines(self) -> dict[str, Line]:
        return {line.code: line for section in self.sections for line in section.lines}

    @property
    def expected(self) -> int:
        return sum(year.expected for year in self.years)

    @property
    def included(self) -> int:
        return sum(year.included for year in self.years)

    @property
    def unnamed(self) -> int:
        """How many reports are missing beside those in `missing`, which were read a moment later."""
        return max(self.expected - self.included - len(self.missing), 0)

    @property
    def is_complete(self) -> bool:
        return self.included == self.expected

    @property
    def is_demo(self) -> bool:
        return any(year.is_demo for year in self.years)


def consolidate(
    data: ScopeData, keeping: Keeping | None = None, *, named: int | None = MOST_NAMED
) -> Consolidation:
    """Return the figures of the scope of `data`, which other views of it may share; blank without reports.

    `keeping` is keeping_of(data) where somebody asked for it before. Of the missing reports at most `named`
    are named (None: all), the others counted only.
    """
    lines = _lines(data, keeping)
    counts = lines.counts
    years = year_progress(data, counts)
    complete = all(year.included == year.expected for year in years)
    levels = _levels(data, counts)
    return Consolidation(
        scope=data.scope,
        levels=levels,
        sections=_sections(data, lines, levels, complete),
        years=years,
        missing=() if complete or named == 0 else submissions(data, missing_only=True, most=named),
        prior_years=data.scope.prior_years if data.prior else None,
        restated=restated_of(data.restating),
        prior_counted=(_count(counts.included, data.prior), _count(counts.units, data.prior)),
    )


def keeping_of(data: ScopeData) -> Keeping:
    """Return by what key the facts of all lines of `data` are kept, of its years and of those before."""
    codes = section_codes(data, data.scope.section)
    return Keeping(data, [*data.prior, *data.years], data.codes_of(codes))


def _lines(data: ScopeData, keeping: Keeping | None) -> LineFigures:
    """Return the figures of all lines: kept, or evaluated now; in the units of another day always now."""
    codes = section_codes(data, data.scope.section)
    if data.restating:
        facts = read_facts(data, [*data.prior, *data.years], codes)[None]
        return _evaluated(data, codes, facts)
    kept = keeping or keeping_of(data)
    about = codes, list(data.prior.items()), list(data.years.items()), data.scope.levels
    return kept.lines(about, lambda: _evaluated(data, codes, kept_facts(kept)))


def _levels(data: ScopeData, facts: Facts) -> tuple[str, ...]:
    """Return the levels asked for, else those that report in the range.

    A commune has no column of the province, 2026 none of districts, and bodies one where there are any. In
    the units of a day a level that has ended stands only where something of it is among the figures.
    """
    years = data.years
    there = {level for period, level in facts.units if period in years}
    if data.restating:
        there &= data.restating.levels | data.restating.ended.keys()
    return data.scope.levels or tuple(
        level.value for level in Level if level in (there or AREA_LEVELS)
    )


def restated_of(restating: Restating | None) -> Restated | None:
    """Return what must be said of figures in the units of another day. One query."""
    if restating is None:
        return None
    divided = tuple(moves(restating, divided_only=True)) if restating.divided else ()
    return Restated(restating.day, restating.ended, divided)


def section_codes(data: ScopeData, section: str | None) -> list[str]:
    """Return the codes to show: of one section, or all; texts are told elsewhere."""
    return [
        code
        for code, definition in data.definitions.items()
        if section in (None, definition.section_code) and definition.value_type != ValueType.TEXT
    ]


def section_numbers(data: ScopeData) -> dict[str, int]:
    """Return the number of each section in the whole catalogue, so that a section keeps its own."""
    codes = dict.fromkeys(d.section_code for d in data.definitions.values())
    return {code: number for number, code in enumerate(codes, 1)}


def _sections(
    data: ScopeData, lines: LineFigures, levels: tuple[str, ...], complete: bool
) -> tuple[SectionLines, ...]:
    """Return the lines by section: what was evaluated, by level, in total, before and each year."""
    numbers = section_numbers(data)
    years = tuple(dict.fromkeys(data.years.values()))
    total = len(levels)
    rows = [
        Line(
            definition=data.definitions[code],
            by_level=dict(zip(levels, figures, strict=False)),
            total=figures[total],
            prior=figures[total + 1],
            by_year=tuple(zip(years, figures[total + 2 :], strict=True)),
            is_complete=complete,
        )
        for code, figures in lines.figures.items()
    ]
    return tuple(
        SectionLines(code, label, numbers[code], tuple(group))
        for (code, label), group in groupby(
            rows, key=lambda line: (line.definition.section_code, line.definition.section_label)
        )
    )


def single_years(data: ScopeData, facts: Facts) -> dict[int, Evaluator]:
    """Return an evaluator for each year of the range by itself."""
    periods: dict[int, dict[int, int]] = defaultdict(dict)
    for period, year in data.years.items():
        periods[year][period] = year
    return {year: Evaluator(data.definitions, facts, years) for year, years in periods.items()}


def _evaluated(data: ScopeData, codes: list[str], facts: Facts) -> LineFigures:
    """Evaluate every line: by level, in total, before, and each year by itself."""
    levels = _levels(data, facts)
    whole = Evaluator(data.definitions, facts, data.years)
    before = Evaluator(data.definitions, facts, data.prior)
    single = list(single_years(data, facts).values())
    if len(single) == 1:
        single = [whole]

    def figure(code: str, level: str | None) -> Total:
        found = whole.figure(code, level)
        if not data.definitions[code].is_ratio or len(single) < 2:
            return found
        return with_extremes(found, (one.figure(code, level) for one in single))

    figures = {
        code: (
            *(figure(code, level) for level in (*levels, None)),
            before.figure(code),
            *(one.figure(code) for one in single),
        )
        for code in codes
    }
    return LineFigures(figures, facts)


def year_progress(data: ScopeData, facts: Facts) -> tuple[YearProgress, ...]:
    """Return, year by year, how many reports are asked for and how many are in the figures."""
    years, asked = [], data.years
    for year, group in groupby(
        (p for p in data.periods if p.pk in asked), key=lambda period: period.year
    ):
        periods = list(group)
        wanted = {period.pk for period in periods}
        years.append(
            YearProgress(
                year,
                _count(facts.units, wanted),
                _count(facts.included, wanted),
                any(period.is_demo for period in periods),
                periods[-1].end,
            )
        )
    return tuple(years)


def _count(counts: dict, wanted: Collection[int]) -> int:
    return sum(count for (period, _level), count in counts.items() if period in wanted)


def submissions(
    data: ScopeData, *, missing_only: bool = False, most: int | None = None
) -> tuple[Submission, ...]:
    """Return where the reports of the scope stand, by period and unit; or only the missing, at most `most`."""
    periods = {period.pk: period for period in data.periods}
    told, units = data.missing(most) if missing_only else (data.listed[:most], data.reporting)
    return tuple(_submission(data, one, periods[one.period_id], units[one.unit_id]) for one in told)


def _submission(
    data: ScopeData, told: ListedReport, period: ReportingPeriod, unit: AdministrativeUnit
) -> Submission:
    report = Report(pk=told.pk, period=period, unit=unit, level=told.level, state=told.state)
    report.extended_until = told.extended_until
    return Submission(
        report_id=report.pk,
        unit=unit,
        period_label=str(period),
        year=period.year,
        level=report.level,
        state=report.state,
        state_label=report.get_state_display(),
        is_overdue=report.is_overdue,
        is_included=report.state in data.scope.states,
        due_date=report.due_date,
        submitted_at=told.submitted_at,
        approved_at=told.approved_at,
    )
