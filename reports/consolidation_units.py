"""The same figures unit by unit: rows that add up to the total, and the reports behind one figure.

As it was: a unit that was only renamed or changed its kind stays one row (its path is the same), a
merged one keeps the row of its own years. Restated series can be made from the same facts by unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet

from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation import (
    YearProgress,
    section_codes,
    section_numbers,
    single_years,
    year_progress,
)
from reports.consolidation_facts import Scope, Source, read_facts
from reports.consolidation_facts import meets as report_meets
from reports.consolidation_figures import Definition, Evaluator, Facts, Figure
from reports.expressions import Node, references_in
from reports.models import Aggregation, Qualifier, Report, Value


@dataclass(frozen=True)
class UnitRow:
    """A unit with all below it. Its `parts` (itself, then the units directly below) add up to it.

    `is_own` marks the row of what the unit's own office entered, without the units below.
    """

    unit: AdministrativeUnit
    figures: dict[str, Figure]
    parts: tuple[UnitRow, ...] = ()
    is_own: bool = False


@dataclass(frozen=True)
class Breakdown:
    """One table: indicators as columns, units as rows; `total` is the chosen unit, all rows."""

    scope: Scope
    columns: tuple[Definition, ...]
    section_number: int
    total: UnitRow
    years: tuple[YearProgress, ...]


@dataclass
class _Node:
    """A place in the tree while it is built: what its own office entered, and what is below."""

    path: str
    own: list[int] = field(default_factory=list)
    below: dict[str, _Node] = field(default_factory=dict)


def by_child_unit(*scope, **options) -> Breakdown:
    """Return the figures of a unit, of the units directly below it and of all below those.

    For a province: districts, each with its communes; for a district its communes. Arguments as of
    `Scope`. The row of the unit's own office is among the parts, so that they add up exactly.
    """
    source = Source(Scope(*scope, **options))
    return break_down(source, source.scope.section)


def break_down(source: Source, section: str | None) -> Breakdown:
    """Return the rows by unit of one section (None: all) in the scope of `source`."""
    codes = section_codes(source, section)
    facts = read_facts(source, source.years, codes, by_unit=True)
    paths = _paths(source)
    root = _tree(source, paths)
    units = _units_by_path(source, root)
    anchor = Facts()
    for one in facts.values():
        anchor.add(one)
    total, _all = _row(source, root, units, facts, codes, anchor)
    return Breakdown(
        scope=source.scope,
        columns=tuple(source.definitions[code] for code in codes),
        section_number=section_numbers(source).get(section, 0),
        total=total,
        years=year_progress(source, anchor),
    )


def _paths(source: Source) -> dict[int, str]:
    """Return {unit id: path} of the units that must report in the range."""
    return dict(source.reports().order_by("unit__path").values_list("unit_id", "unit__path"))


def _tree(source: Source, paths: dict[int, str]) -> _Node:
    """Hang every reporting unit below the nearest of the family (the unit, its predecessors)."""
    family = sorted((unit.path for unit in source.family), key=len, reverse=True)
    root = _Node(source.scope.unit.path)
    for unit_id, path in paths.items():
        above = next((base for base in family if path.startswith(base)), "")
        node = root
        if path == above != root.path:  # a predecessor's own office has a row of its own
            node = root.below.setdefault(path, _Node(path))
        elif path != above:
            for code in path.removeprefix(above).strip("/").split("/"):
                above = f"{above}{code}/"
                node = node.below.setdefault(above, _Node(above))
        node.own.append(unit_id)
    return root


def _units_by_path(source: Source, root: _Node) -> dict[str, AdministrativeUnit]:
    """Return the last version of the units of the tree up to the end of the range, by path."""
    wanted, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        wanted.add(node.path)
        waiting.extend(node.below.values())
    dates = [period.structure_date for period in source.periods if period.pk in source.years]
    units = AdministrativeUnit.objects.filter(path__in=wanted).select_related("parent")
    found = {}
    for unit in units.order_by("valid_from"):
        if unit.path not in found or (dates and unit.valid_from <= max(dates)):
            found[unit.path] = unit
    found[root.path] = found.get(root.path, source.scope.unit)
    return found


def _row(
    source: Source,
    node: _Node,
    units: dict[str, AdministrativeUnit],
    facts: dict[int, Facts],
    codes: list[str],
    anchor: Facts,
) -> tuple[UnitRow, Facts]:
    """Return the row of a node and its facts, which are those of its parts."""
    mine = Facts()
    for unit_id in node.own:
        if unit_id in facts:
            mine.add(facts[unit_id])
    if not node.below:
        return UnitRow(units[node.path], _figures(source, mine, codes, anchor)), mine
    parts = []
    if node.own:
        own = _figures(source, mine, codes, anchor)
        parts.append(UnitRow(units[node.path], own, is_own=True))
    whole = Facts()
    whole.add(mine)
    for _path, below in sorted(node.below.items()):
        row, theirs = _row(source, below, units, facts, codes, anchor)
        parts.append(row)
        whole.add(theirs)
    return UnitRow(units[node.path], _figures(source, whole, codes, anchor), tuple(parts)), whole


def _figures(source: Source, facts: Facts, codes: list[str], anchor: Facts) -> dict[str, Figure]:
    evaluator = Evaluator(source.definitions, facts, source.years, anchor)
    return {code: evaluator.figure(code) for code in codes}


@dataclass(frozen=True)
class Contribution:
    """What one report adds to a figure; to a count it adds 1 and shows what met the test."""

    report: Report
    number: Decimal
    qualifier: str
    note: str
    shown: tuple[tuple[Definition, Decimal], ...] = ()


@dataclass(frozen=True)
class DrillPart:
    """The reports behind one entered (or counted) indicator, and their sum.

    `contributions` of a sum are read from the database as far as they are looked at.
    """

    definition: Definition
    figure: Figure
    contributions: Sequence[Contribution]


@dataclass(frozen=True)
class Drill:
    """A figure and what it is made of: one part per indicator its formula reads."""

    scope: Scope
    definition: Definition
    level: str | None
    figure: Figure
    parts: tuple[DrillPart, ...]
    by_year: tuple[tuple[int, Figure], ...]


def drill(scope: Scope, code: str, level: str | None = None) -> Drill:
    """Return the reports behind the figure of `code` in the column of `level` (None: the total).

    The contributions of each part add up to its figure exactly. Raises KeyError when no catalogue
    of the range has `code`.
    """
    source = Source(scope)
    definition = source.definitions[code]
    facts = read_facts(source, source.years, [code])[None]
    evaluator = Evaluator(source.definitions, facts, source.years)
    parts = tuple(
        DrillPart(
            source.definitions[leaf],
            evaluator.figure(leaf, at),
            _contributions(source, evaluator, leaf, at),
        )
        for leaf, at in _leaves(source, definition, level)
    )
    by_year = tuple(
        (year, one.figure(code, level)) for year, one in single_years(source, facts).items()
    )
    return Drill(scope, definition, level, evaluator.figure(code, level), parts, by_year)


def _leaves(
    source: Source, definition: Definition, level: str | None
) -> dict[tuple[str, str | None], None]:
    """Return the entered or counted indicators, with their level, that a figure is made of."""
    if not definition.is_computed:
        return {(definition.code, level): None}
    found = {}
    letters = {name[-1] for name in references_in(definition.formula) if "@" in name}
    if level and letters and Level(level).letter not in letters:
        return {}
    for name in sorted(references_in(definition.formula)):
        code, _at, letter = name.partition("@")
        if code in source.definitions and code != definition.code:
            at = Level.from_letter(letter).value if letter else level
            found.update(_leaves(source, source.definitions[code], at))
    return found


class _Summed(Sequence):
    """The contributions to a sum: each is one value, so the database can give any page of them."""

    def __init__(self, values: QuerySet):
        self._values = values

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        return self._values.count()

    def __getitem__(self, wanted):
        if isinstance(wanted, slice):
            return tuple(map(self._contribution, self._values[wanted]))
        return self._contribution(self._values[wanted])

    def __iter__(self):
        return map(self._contribution, self._values)

    @staticmethod
    def _contribution(value: Value) -> Contribution:
        return Contribution(value.report, value.number, value.qualifier, value.note)


def _contributions(
    source: Source, evaluator: Evaluator, code: str, level: str | None
) -> Sequence[Contribution]:
    definition = source.definitions[code]
    periods = (evaluator.as_of(code),) if definition.stands_still else evaluator.years
    counted = definition.aggregation == Aggregation.COUNT
    condition = definition.formula if counted else None
    names = source.leaves_of(condition) if condition else {code}
    values = source.values([p for p in periods if p]).filter(
        indicator__in=source.ids_of(names), number__isnull=False
    )
    if level:
        values = values.filter(report__level=level)
    values = values.select_related("report__unit__parent", "report__period")
    values = values.order_by("report__period__start", "report__unit__path", "indicator__order")
    if not counted:
        return _Summed(values)
    by_report: dict[int, list] = {}
    for value in values:
        by_report.setdefault(value.report_id, []).append(value)
    found = (_counted(source, condition, values) for values in by_report.values())
    return tuple(contribution for contribution in found if contribution)


def _counted(source: Source, condition: Node | None, values: list) -> Contribution | None:
    """Return the 1 a report adds to a count, with what met the condition; None if not met."""
    numbers = {source.indicator_codes[value.indicator_id]: value.number for value in values}
    shown = tuple((source.definitions[code], number) for code, number in numbers.items())
    report = values[0].report
    met = values[0].number == 1
    if condition is not None:
        met = report_meets(source, condition, numbers, report.level)
    if not met:
        return None
    return Contribution(report, Decimal(1), Qualifier.EXACT, values[0].note, shown)
