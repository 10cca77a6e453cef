"""The same figures unit by unit: rows that add up to the total, and the reports behind one figure.

As it was: a unit that was only renamed or changed its kind stays one row (its path is the same), a
merged one keeps the row of its own years. Restated series can be made from the same facts by unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from danvan.units.models import AdministrativeUnit
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition, Evaluator, Facts, Total
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import (
    YearProgress,
    section_codes,
    section_numbers,
    year_progress,
)


@dataclass(frozen=True)
class UnitRow:
    """A unit with all below it. Its `parts` (itself, then the units directly below) add up to it.

    `is_own` marks the row of what the unit's own office entered, without the units below.
    """

    unit: AdministrativeUnit
    figures: dict[str, Total]
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
    data = ScopeData(Scope(*scope, **options))
    return break_down(data, data.scope.section)


def break_down(data: ScopeData, section: str | None) -> Breakdown:
    """Return the rows by unit of one section (None: all) in the scope of `source`."""
    codes = section_codes(data, section)
    facts = read_facts(data, data.years, codes, by_unit=True)
    paths = _paths(data)
    root = _tree(data, paths)
    units = _units_by_path(data, root)
    anchor = Facts()
    for one in facts.values():
        anchor.add(one)
    total, _all = _row(data, root, units, facts, codes, anchor)
    return Breakdown(
        scope=data.scope,
        columns=tuple(data.definitions[code] for code in codes),
        section_number=section_numbers(data).get(section, 0),
        total=total,
        years=year_progress(data, anchor),
    )


def _paths(data: ScopeData) -> dict[int, str]:
    """Return {unit id: path} of the units that must report in the range."""
    return dict(data.reports().order_by("unit__path").values_list("unit_id", "unit__path"))


def _tree(data: ScopeData, paths: dict[int, str]) -> _Node:
    """Hang every reporting unit below the nearest of the family (the unit, its predecessors)."""
    family = sorted((unit.path for unit in data.family), key=len, reverse=True)
    root = _Node(data.scope.unit.path)
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


def _units_by_path(data: ScopeData, root: _Node) -> dict[str, AdministrativeUnit]:
    """Return the last version of the units of the tree up to the end of the range, by path."""
    wanted, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        wanted.add(node.path)
        waiting.extend(node.below.values())
    dates = [period.structure_date for period in data.periods if period.pk in data.years]
    units = AdministrativeUnit.objects.filter(path__in=wanted).select_related("parent")
    found = {}
    for unit in units.order_by("valid_from"):
        if unit.path not in found or (dates and unit.valid_from <= max(dates)):
            found[unit.path] = unit
    found[root.path] = found.get(root.path, data.scope.unit)
    return found


def _row(
    data: ScopeData,
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
        return UnitRow(units[node.path], _figures(data, mine, codes, anchor)), mine
    parts = []
    if node.own:
        own = _figures(data, mine, codes, anchor)
        parts.append(UnitRow(units[node.path], own, is_own=True))
    whole = Facts()
    whole.add(mine)
    for _path, below in sorted(node.below.items()):
        row, theirs = _row(data, below, units, facts, codes, anchor)
        parts.append(row)
        whole.add(theirs)
    return UnitRow(units[node.path], _figures(data, whole, codes, anchor), tuple(parts)), whole


def _figures(data: ScopeData, facts: Facts, codes: list[str], anchor: Facts) -> dict[str, Total]:
    evaluator = Evaluator(data.definitions, facts, data.years, anchor)
    return {code: evaluator.figure(code) for code in codes}
