"""What a figure is made of: the reports, and what each adds to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from danvan.units.models import AdministrativeUnit, Level
from danvan.units.queries import tree_order
from reports.catalogue.expressions import UNITS, Node, references_in
from reports.consolidation.facts import meets as report_meets
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition, Evaluator, Total
from reports.consolidation.parts import PeriodLevel, Piece
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import (
    Restated,
    YearProgress,
    restated_of,
    single_years,
    year_progress,
)
from reports.consolidation.units import RowKey, row_data
from reports.models import Aggregation, Qualifier, Report, Value


@dataclass(frozen=True)
class Contribution:
    """What one report adds to a figure; to a count it adds 1 and shows what met the test.

    `whole` is what the report of a divided unit gave in all, where only a part of it is here.
    """

    report: Report
    number: Decimal
    qualifier: str
    note: str
    shown: tuple[tuple[Definition, Decimal], ...] = ()
    whole: Decimal | None = None


@dataclass(frozen=True)
class DrillPart:
    """The reports behind one entered (or counted) indicator, and their sum.

    `contributions` of a sum are read from the database as far as they are looked at.
    """

    definition: Definition
    figure: Total
    contributions: Sequence[Contribution]


@dataclass(frozen=True)
class Drill:
    """A figure of `unit` and what it is made of: one part per indicator its formula reads."""

    scope: Scope
    unit: AdministrativeUnit
    definition: Definition
    level: str | None
    figure: Total
    parts: tuple[DrillPart, ...]
    by_year: tuple[tuple[int, Total], ...]
    progress: tuple[YearProgress, ...]
    restated: Restated | None = None


def drill(scope: Scope, code: str, level: str | None = None, row: RowKey | None = None) -> Drill:
    """Return the reports behind the figure of `code` in the column of `level` (None: the total).

    `row` is one row of the table by unit (None: the whole scope). The contributions of each part add up
    to its figure exactly. Raises KeyError when no catalogue of the range has `code`, or the table no
    such row.
    """
    data = whole = ScopeData(scope)
    scope = whole.scope
    unit = scope.unit
    if row is not None:
        unit, data = row_data(whole, row)
    definition = whole.definitions[code]
    facts = read_facts(data, data.years, [code])[None]
    anchor = None
    if row is not None and _asks_whole(whole, code):
        everything = read_facts(whole, whole.years, [code])[None]
        anchor = Evaluator(data.definitions, everything, data.years)
    evaluator = Evaluator(data.definitions, facts, data.years, anchor)
    parts = tuple(
        DrillPart(
            data.definitions[leaf],
            evaluator.figure(leaf, at, all_years=all_years),
            _contributions(data, evaluator, leaf, at, all_years),
        )
        for leaf, at, all_years in _leaves(data, definition, level)
    )
    by_year = tuple(
        (year, one.figure(code, level)) for year, one in single_years(data, facts).items()
    )
    figure = evaluator.figure(code, level)
    progress = year_progress(data, facts)
    restated = restated_of(data.restating)
    return Drill(scope, unit, definition, level, figure, parts, by_year, progress, restated)


def _asks_whole(data: ScopeData, code: str) -> bool:
    """Return whether a row's figure is as of a year that the whole table shows: not what is only summed."""
    read = [data.definitions[name] for name in data.codes_of([code])]
    return any(
        one.stands_still or one.is_rating or any(name.startswith(UNITS) for name in one.references)
        for one in read
    )


def _leaves(
    data: ScopeData, definition: Definition, level: str | None, all_years: bool = False
) -> dict[tuple[str, str | None, bool], None]:
    """Return the entered or counted indicators, with their level, that a figure is made of.

    With each stands whether a stock among them is summed over the years.
    """
    if not definition.is_computed:
        return {(definition.code, level, all_years): None}
    found: dict[tuple[str, str | None, bool], None] = {}
    read = references_in(definition.formula) if definition.formula else set()
    all_years = all_years or definition.divides_years
    letters = {name[-1] for name in read if "@" in name}
    if level and letters and Level(level).letter not in letters:
        return {}
    for name in sorted(read):
        code, _at, letter = name.partition("@")
        if code in data.definitions and code != definition.code:
            at = Level.from_letter(letter).value if letter else level
            found.update(_leaves(data, data.definitions[code], at, all_years))
    return found


class _Summed(Sequence):
    """The contributions to a sum: each is one value, so the database can give any page of them."""

    def __init__(
        self, values: QuerySet, pieces: Mapping[PeriodLevel, Mapping[int, Piece]], reports: int
    ) -> None:
        self._values, self._pieces, self._reports = values, pieces, reports

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        """How many: as many as gave the figure, but pieces of divided reports count where they are blank."""
        return self._values.count() if self._pieces else self._reports

    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, slice):
            return tuple(map(self._contribution, self._values[wanted]))
        return self._contribution(self._values[wanted])

    def __iter__(self) -> Iterator[Any]:
        return map(self._contribution, self._values)

    def _contribution(self, value: Value) -> Contribution:
        report, number = value.report, value.number or Decimal(0)
        piece = self._pieces.get((report.period_id, report.level), {}).get(report.unit_id)
        if piece is None or piece.here == piece.of:
            return Contribution(report, number, value.qualifier, value.note)
        here = piece.total or Decimal(0)
        return Contribution(report, here, value.qualifier, value.note, whole=number)


def _contributions(
    data: ScopeData, evaluator: Evaluator, code: str, level: str | None, all_years: bool
) -> Sequence[Contribution]:
    definition = data.definitions[code]
    figure = evaluator.figure(code, level, all_years=all_years)
    if figure.is_incomparable:
        return ()
    periods = evaluator.periods(definition, all_years=all_years)
    counted = definition.aggregation == Aggregation.COUNT
    condition = definition.formula if counted else None
    names = data.leaves_of(condition) if condition else {code}
    values = data.values(periods, counted=counted)
    values = values.filter(indicator__in=data.ids_of(names), number__isnull=False)
    if level:
        values = values.filter(report__level=level)
    values = values.select_related("report__unit__parent", "report__period")
    values = values.order_by(
        "report__period__start", tree_order("report__unit"), "indicator__order"
    )
    if not counted:
        return _Summed(values, evaluator.facts.pieces.get(code, {}), figure.reports)
    by_report: dict[int, list] = {}
    for value in values:
        by_report.setdefault(value.report_id, []).append(value)
    found = (_counted(data, condition, values) for values in by_report.values())
    return tuple(contribution for contribution in found if contribution)


def _counted(data: ScopeData, condition: Node | None, values: list) -> Contribution | None:
    """Return the 1 a report adds to a count, with what met the condition; None if not met."""
    numbers = {data.indicator_codes[value.indicator_id]: value.number for value in values}
    shown = tuple((data.definitions[code], number) for code, number in numbers.items())
    report = values[0].report
    met = values[0].number == 1
    if condition is not None:
        met = report_meets(data, condition, numbers, report.level)
    if not met:
        return None
    return Contribution(report, Decimal(1), Qualifier.EXACT, values[0].note, shown)
