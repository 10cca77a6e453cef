"""The same figures unit by unit: rows that add up to the total, and the reports behind one figure.

As it was: a unit that was only renamed or changed its kind stays one row, a merged one keeps the row of
its own years, whatever code its successor took. Restated series can be made from the same facts by unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from django.db.models import Max, QuerySet

from danvan.common.numbers import read_id
from danvan.units.models import AdministrativeUnit, UnitSuccession
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

    @property
    def key(self) -> RowKey:
        """What names the row in an address."""
        return RowKey(self.unit.pk, self.is_own)


@dataclass(frozen=True)
class RowKey:
    """Which row of a table by unit: the unit it shows, and whether only what its own office entered.

    `str()` is what stands in an address, `read` takes it back.
    """

    unit_id: int
    is_own: bool = False

    def __str__(self) -> str:
        return f"{self.unit_id}{'o' if self.is_own else ''}"

    @classmethod
    def read(cls, text: str) -> RowKey | None:
        """Return the key that `text` is, None for none."""
        number = read_id(text.removesuffix("o"))
        return None if number is None else cls(number, text.endswith("o"))


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
    """A place in the tree while it is built: what its own office entered, and what is below (by identity)."""

    unit: AdministrativeUnit
    own: list[int] = field(default_factory=list)
    below: dict[int, _Node] = field(default_factory=dict)

    def all_ids(self) -> list[int]:
        """Return the units that report here or below."""
        below = (unit_id for node in self.below.values() for unit_id in node.all_ids())
        return [*self.own, *below]

    def child(self, key: int, unit: AdministrativeUnit) -> _Node:
        """Return the node of `key` below; it is shown by the last version of its unit."""
        node = self.below.setdefault(key, _Node(unit))
        node.unit = max(node.unit, unit, key=lambda one: one.valid_from)
        return node


def break_down(data: ScopeData, section: str | None) -> Breakdown:
    """Return the rows by unit of one section (None: all) in the scope of `data`."""
    codes = section_codes(data, section)
    facts = read_facts(data, data.years, codes, by_unit=True)
    root = _tree(data)
    anchor = Facts()
    for one in facts.values():
        anchor.add(one)
    total, _all = _row(data, root, cast(dict[int, Facts], facts), codes, anchor)
    return Breakdown(
        scope=data.scope,
        columns=tuple(data.definitions[code] for code in codes),
        section_number=section_numbers(data).get(section or "", 0),
        total=total,
        years=year_progress(data, anchor),
    )


def row_units(data: ScopeData, key: RowKey) -> tuple[AdministrativeUnit, QuerySet]:
    """Return the unit of a row of the table by unit and the units whose reports are in it.

    Raises KeyError when the table has no such row.
    """
    waiting = [_tree(data)]
    for node in waiting:
        if node.unit.pk == key.unit_id:
            ids = node.own if key.is_own else node.all_ids()
            return node.unit, AdministrativeUnit.objects.filter(pk__in=ids)
        waiting += node.below.values()
    raise KeyError(key)


def _tree(data: ScopeData) -> _Node:
    """Hang every reporting unit below the nearest of the family (the unit, its predecessors).

    Each stands where it stood on the last structure date it reported for, under its name of then; a
    predecessor's own office has a row of its own.
    """
    reports = data.reports().order_by()
    days = dict(reports.values_list("unit").annotate(Max("period__structure_date")))
    reporting = AdministrativeUnit.objects.filter(pk__in=reports.values("unit"))
    firsts = UnitSuccession.objects.first_versions()
    top = data.scope.unit
    family = {firsts.get(unit.pk, unit.pk) for unit in data.family}
    root, names = _Node(top), []
    for unit_id, chain in reporting.chains_on(days).items():
        steps = [(firsts.get(unit.pk, unit.pk), unit) for unit in chain]
        depth = max((n for n, (key, _unit) in enumerate(steps) if key in family), default=-1)
        if depth >= 0 and steps[depth][0] == firsts.get(top.pk, top.pk):
            names.append(chain[depth])
        elif depth == len(steps) - 1:
            depth -= 1
        node = root
        for step in steps[depth + 1 :]:
            node = node.child(*step)
        node.own.append(unit_id)
    root.unit = max(names, key=lambda unit: unit.valid_from, default=top)
    return root


def _row(
    data: ScopeData,
    node: _Node,
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
        return UnitRow(node.unit, _figures(data, mine, codes, anchor)), mine
    parts = []
    if node.own:
        own = _figures(data, mine, codes, anchor)
        parts.append(UnitRow(node.unit, own, is_own=True))
    whole = Facts()
    whole.add(mine)
    for below in sorted(node.below.values(), key=lambda one: one.unit.tree_key):
        row, theirs = _row(data, below, facts, codes, anchor)
        parts.append(row)
        whole.add(theirs)
    return UnitRow(node.unit, _figures(data, whole, codes, anchor), tuple(parts)), whole


def _figures(data: ScopeData, facts: Facts, codes: list[str], anchor: Facts) -> dict[str, Total]:
    evaluator = Evaluator(data.definitions, facts, data.years, anchor)
    return {code: evaluator.figure(code) for code in codes}
