"""The same figures unit by unit: rows that add up to the total, and the reports behind one figure.

As it was: a unit that was only renamed or changed its kind stays one row, a merged one keeps the row of
its own years, whatever code its successor took. Restated series can be made from the same facts by unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, cast

from django.db.models import Max, QuerySet

from danvan.common.numbers import read_id
from danvan.units.models import AdministrativeUnit, UnitSuccession
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition, Evaluator, Total
from reports.consolidation.parts import Facts
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import (
    YearProgress,
    section_codes,
    section_numbers,
    year_progress,
)


class Evaluated(Protocol):
    """What figures are evaluated by: the definitions, and the years by period id."""

    @property
    def definitions(self) -> dict[str, Definition]:
        """The definitions by code."""

    @property
    def years(self) -> dict[int, int]:
        """The year of each period, in order of time."""


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
class UnitNode:
    """A place in the tree while it is built: what its own office entered, and what is below (by identity)."""

    unit: AdministrativeUnit
    own: list[int] = field(default_factory=list)
    below: dict[int, UnitNode] = field(default_factory=dict)

    def all_ids(self) -> list[int]:
        """Return the units that report here or below."""
        below = (unit_id for node in self.below.values() for unit_id in node.all_ids())
        return [*self.own, *below]

    def child(self, key: int, unit: AdministrativeUnit) -> UnitNode:
        """Return the node of `key` below; it is shown by the last version of its unit."""
        node = self.below.setdefault(key, UnitNode(unit))
        node.unit = max(node.unit, unit, key=lambda one: one.valid_from)
        return node

    def put_in_order(self) -> None:
        """Put what is below in the order of the tree."""
        self.below = dict(sorted(self.below.items(), key=lambda pair: pair[1].unit.tree_key))
        for node in self.below.values():
            node.put_in_order()


def break_down(data: ScopeData, section: str | None) -> Breakdown:
    """Return the rows by unit of one section (None: all) in the scope of `data`."""
    codes = section_codes(data, section)
    facts = cast(dict[int, Facts], read_facts(data, data.years, codes, by_unit=True))
    return Breakdown(
        scope=data.scope,
        columns=tuple(data.definitions[code] for code in codes),
        section_number=section_numbers(data).get(section or "", 0),
        total=unit_rows(data, unit_tree(data), facts, codes),
        years=year_progress(data, whole_of(facts)),
    )


def unit_rows(
    data: Evaluated, root: UnitNode, facts: dict[int, Facts], codes: list[str]
) -> UnitRow:
    """Return the row of `root` with all below it, from the facts by unit: read now, or kept in an issue."""
    return _row(data, root, facts, codes, whole_of(facts))[0]


def whole_of(facts: dict[int, Facts]) -> Facts:
    """Return the facts of all units together."""
    whole = Facts()
    for one in facts.values():
        whole.add(one)
    return whole


def row_units(data: ScopeData, key: RowKey) -> tuple[AdministrativeUnit, QuerySet]:
    """Return the unit of a row of the table by unit and the units whose reports are in it.

    Raises KeyError when the table has no such row.
    """
    waiting = [unit_tree(data)]
    for node in waiting:
        if node.unit.pk == key.unit_id:
            ids = node.own if key.is_own else node.all_ids()
            return node.unit, AdministrativeUnit.objects.filter(pk__in=ids)
        waiting += node.below.values()
    raise KeyError(key)


def unit_tree(data: ScopeData) -> UnitNode:
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
    root, names = UnitNode(top), []
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
    root.put_in_order()
    return root


def _row(
    data: Evaluated, node: UnitNode, facts: dict[int, Facts], codes: list[str], anchor: Facts
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
    for below in node.below.values():
        row, theirs = _row(data, below, facts, codes, anchor)
        parts.append(row)
        whole.add(theirs)
    return UnitRow(node.unit, _figures(data, whole, codes, anchor), tuple(parts)), whole


def _figures(data: Evaluated, facts: Facts, codes: list[str], anchor: Facts) -> dict[str, Total]:
    evaluator = Evaluator(data.definitions, facts, data.years, anchor)
    return {code: evaluator.figure(code) for code in codes}
