"""The same figures unit by unit: rows that add up to the total.

As each year was: a unit that was only renamed or changed its kind stays one row, a merged one keeps the row
of its own years, whatever code its successor took. In the units of a day: one row per unit of that day,
with all that became it; what districts that ended did themselves has a row of its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from danvan.common.numbers import read_id
from danvan.common.ops.memory import uncollected
from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition, Evaluator, Total
from reports.consolidation.parts import Facts
from reports.consolidation.restating import Restating
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


class RowFigures(Mapping[str, Total]):
    """The figures of a row by code, each evaluated when it is asked for: of thousands of rows few are shown."""

    def __init__(self, evaluator: Evaluator, codes: Mapping[str, Any]) -> None:
        self._evaluator, self._codes = evaluator, codes

    def __getitem__(self, code: str) -> Total:
        self._codes[code]  # KeyError for what is no column
        return self._evaluator.figure(code)

    def get(self, code: str, default: Any = None) -> Any:
        """Return the figure of `code`, `default` for what is no column."""
        return self._evaluator.figure(code) if code in self._codes else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


@dataclass(frozen=True)
class UnitRow:
    """A unit with all below it. Its `parts` (itself, then the units directly below) add up to it.

    `is_own` marks the row of what the unit's own office entered, without the units below; with `ended`
    it is what the offices of that level, now ended, entered.
    """

    unit: AdministrativeUnit
    figures: Mapping[str, Total]
    parts: tuple[UnitRow, ...] = ()
    is_own: bool = False
    ended: EndedLevel | None = None

    @property
    def key(self) -> RowKey:
        """What names the row in an address."""
        return RowKey(self.unit.pk, self.is_own, self.ended.level if self.ended else "")


@dataclass(frozen=True)
class EndedLevel:
    """A level that the units of the day no longer have, and the day it ended."""

    level: str
    day: datetime.date


@dataclass(frozen=True)
class RowKey:
    """Which row of a table by unit: the unit it shows, and whether only what its own office entered.

    Or what the offices of an ended level below it entered. `str()` is what stands in an address, `read`
    takes it back.
    """

    unit_id: int
    is_own: bool = False
    ended_level: str = ""

    def __str__(self) -> str:
        mark = Level(self.ended_level).letter if self.ended_level else "o" if self.is_own else ""
        return f"{self.unit_id}{mark}"

    @classmethod
    def read(cls, text: str) -> RowKey | None:
        """Return the key that `text` is, None for none."""
        mark = text[-1:] if text[-1:] in {"o", *(level.letter for level in Level)} else ""
        number = read_id(text.removesuffix(mark))
        if number is None:
            return None
        level = Level.from_letter(mark).value if mark not in ("", "o") else ""
        return cls(number, bool(mark), level)


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
    """A place in the tree while it is built: what its own office entered, and what is below (by identity).

    `own` are the keys of the facts that belong here: ids of units that report, or of parts of their reports.
    """

    unit: AdministrativeUnit
    own: list[Any] = field(default_factory=list)
    below: dict[int, UnitNode] = field(default_factory=dict)
    ended: dict[EndedLevel, list[Any]] = field(default_factory=dict)

    def all_keys(self) -> list[Any]:
        """Return the keys of all facts that belong here or below."""
        ended = (key for keys in self.ended.values() for key in keys)
        below = (key for node in self.below.values() for key in node.all_keys())
        return [*self.own, *ended, *below]

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


def break_down(
    data: ScopeData,
    section: str | None,
    tree: UnitNode | None = None,
    *,
    only: Collection[str] | None = None,
) -> Breakdown:
    """Return the rows by unit of one section (None: all) in the scope of `data`; of its codes those in `only`.

    `tree` is unit_tree(data) where that is known.
    """
    codes = [code for code in section_codes(data, section) if only is None or code in only]
    facts = read_facts(data, data.years, codes, by_unit=True)
    with uncollected():
        total, whole = _rows(data, tree or unit_tree(data), facts, codes)
    return Breakdown(
        scope=data.scope,
        columns=tuple(data.definitions[code] for code in codes),
        section_number=section_numbers(data).get(section or "", 0),
        total=total,
        years=year_progress(data, whole),
    )


def unit_rows(
    data: Evaluated, root: UnitNode, facts: Mapping[Any, Facts], codes: list[str]
) -> UnitRow:
    """Return the row of `root` with all below it, from the facts by unit: read now, or kept in an issue."""
    return _rows(data, root, facts, codes)[0]


def whole_of(facts: Mapping[Any, Facts], keys: Iterable[Any] | None = None) -> Facts:
    """Return the facts of all units together, or of those of `keys` that have any."""
    return Facts.whole(facts[key] for key in (facts if keys is None else keys) if key in facts)


def row_data(data: ScopeData, key: RowKey) -> tuple[AdministrativeUnit, ScopeData]:
    """Return the unit of a row of the table by unit, and the data of the reports in it.

    Raises KeyError when the table has no such row.
    """
    waiting = [unit_tree(data)]
    for node in waiting:
        if node.unit.pk == key.unit_id:
            ended = {one.level: keys for one, keys in node.ended.items()}
            if key.ended_level:
                return node.unit, data.of_row(ended[key.ended_level])
            return node.unit, data.of_row(node.own if key.is_own else node.all_keys())
        waiting += node.below.values()
    raise KeyError(key)


def unit_tree(data: ScopeData) -> UnitNode:
    """Hang every reporting unit below the nearest of the family (the unit, its predecessors).

    Each stands where it stood on the last structure date it reported for, under its name of then; a
    predecessor's own office has a row of its own. In the units of a day: see _restated_tree.
    """
    if data.restating:
        return _restated_tree(data.scope, data.restating)
    chains = _chains(data)
    top = data.scope.unit
    firsts = data.firsts([*data.family, *(unit for chain in chains.values() for unit in chain)])
    family = {firsts.get(unit.pk, unit.pk) for unit in data.family}
    root, names = UnitNode(top), []
    for unit_id, chain in chains.items():
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


def _chains(data: ScopeData) -> dict[int, list[AdministrativeUnit]]:
    """Return by id the units that report with those above them on their last day; the family stands on top."""
    on = {period.pk: period.structure_date for period in data.periods}
    days: dict[int, datetime.date] = {}
    for one in data.listed:
        days[one.unit_id] = max(on[one.period_id], days.get(one.unit_id, datetime.date.min))
    reporting, tops = data.reporting, {unit.pk for unit in data.family}
    below = {pk: day for pk, day in days.items() if pk not in tops}
    chains = AdministrativeUnit.objects.chains_on(below, reporting)
    return {pk: chains.get(pk) or [reporting[pk]] for pk in days}


def _restated_tree(scope: Scope, restating: Restating) -> UnitNode:
    """Hang the facts of every source that reports in the range below its heir, as it stands on the day.

    The root is the unit asked for; of one that had ended by the day, what all its heirs have above them
    is left out.
    """
    keys = [
        key
        for source in restating.sources
        if restating.reporting[source].last_year >= scope.first_year
        and (scope.levels is None or restating.reporting[source].level in scope.levels)
        for key in restating.keys(source)
    ]
    chains = {heir: restating.chain(heir) for heir in {restating.heir(key) for key in keys}}
    depth = _common(list(chains.values()), restating.unit)
    root = UnitNode(restating.unit)
    nodes = {}
    for heir, chain in chains.items():
        node = root
        for unit in chain[depth:]:
            node = node.child(unit.pk, unit)
        nodes[heir] = node, chain[-1].level
    lifted: dict[str, list[tuple[UnitNode, Any]]] = {}
    days: dict[str, datetime.date] = {}
    for key in keys:
        node, level = nodes[restating.heir(key)]
        told = restating.reporting[key if isinstance(key, int) else key[0]]
        if told.level == level or not told.ended:
            node.own.append(key)
        else:
            lifted.setdefault(told.level, []).append((node, key))
            days[told.level] = max(told.ended, days.get(told.level, told.ended))
    for level, found in lifted.items():
        for node, key in found:
            node.ended.setdefault(EndedLevel(level, days[level]), []).append(key)
    root.put_in_order()
    return root


def _common(chains: list[list[AdministrativeUnit]], unit: AdministrativeUnit) -> int:
    """Return how many units all chains begin with; up to and with `unit` where it is among them."""
    common = 0
    for steps in zip(*chains, strict=False):
        if len({step.pk for step in steps}) > 1:
            break
        common += 1
        if steps[0].pk == unit.pk:
            break
    return common


def _rows(
    data: Evaluated, root: UnitNode, facts: Mapping[Any, Facts], codes: Iterable[str]
) -> tuple[UnitRow, Facts]:
    """Return the row of `root` and its facts, by which all rows below are as of the same year."""
    columns = dict.fromkeys(codes)
    sums: dict[int, Facts] = {}
    everything = _add_up(root, facts, sums)
    years = dict(data.years)
    whole = Evaluator(data.definitions, everything, years)

    def figures(of: Facts) -> RowFigures:
        return RowFigures(Evaluator(data.definitions, of, years, whole), columns)

    def row(node: UnitNode) -> UnitRow:
        if not node.below and not node.ended:
            return UnitRow(node.unit, figures(sums[id(node)]))
        parts = []
        if node.own:
            parts.append(UnitRow(node.unit, figures(whole_of(facts, node.own)), is_own=True))
        for ended, keys in node.ended.items():
            theirs = figures(whole_of(facts, keys))
            parts.append(UnitRow(node.unit, theirs, is_own=True, ended=ended))
        parts += [row(below) for below in node.below.values()]
        return UnitRow(node.unit, figures(sums[id(node)]), tuple(parts))

    return row(root), everything


def _add_up(node: UnitNode, facts: Mapping[Any, Facts], sums: dict[int, Facts]) -> Facts:
    """Return the facts of a node, which are those of its parts; `sums` has those of each by identity."""
    ended = (key for keys in node.ended.values() for key in keys)
    known = [facts[key] for key in (*node.own, *ended) if key in facts]
    known += [_add_up(below, facts, sums) for below in node.below.values()]
    sums[id(node)] = known[0] if len(known) == 1 else Facts.whole(known)
    return sums[id(node)]
