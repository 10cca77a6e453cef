"""The queries of the consolidation, all set-based.

Their number does not depend on how many units, indicators or years there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from danvan.common.ops.memory import uncollected
from danvan.units.models import Level
from reports.catalogue.expressions import Node, holds, is_condition, names_in, value
from reports.consolidation.apportioning import divided_facts
from reports.consolidation.grouping import BY_AREA, BY_UNIT, EACH, SPREAD, Grouping, Owner
from reports.consolidation.keeping import Keeping
from reports.consolidation.parts import Facts, Part, PeriodLevel
from reports.consolidation.restating import PieceKey, Restating
from reports.consolidation.scope import ScopeData
from reports.models import Aggregation, Qualifier, ValueType

_PLACES = Decimal("0.001")
FactsKey = int | PieceKey | None


def read_facts(
    data: ScopeData,
    periods: Iterable[int],
    codes: Iterable[str],
    *,
    by_unit: bool = False,
    by_area: bool = False,
) -> dict[FactsKey, Facts]:
    """Return the facts of the scope in `periods` for `codes` and what their formulas read.

    One entry under None, or with `by_unit` one per reporting unit: of one that was divided one per heir
    that is asked for. Or `by_area`, as the reports were: one per district with its communes, and one per
    board above. What was read once is kept (keeping.py).
    """
    periods, codes = list(periods), data.codes_of(codes)
    with uncollected():
        if by_area:
            return _added_up(data, periods, codes, BY_AREA)
        owner = BY_UNIT if by_unit else None
        if data.restating is None:
            return _read(data, periods, codes, owner)
        codes = data.with_groups(codes)
        if by_unit:
            return _restated(data, data.restating, _read(data, periods, codes, owner))
        facts = _read(data.of(data.restating.whole), periods, codes, None)
        if data.restating.partial:
            partial = _read(data.of(data.restating.partial), periods, codes, BY_UNIT)
            for one in _restated(data, data.restating, partial).values():
                facts[None].add(one)
        facts[None].mixed |= data.restating.mixed(periods, data.scope.levels)
        return facts


def _restated(
    data: ScopeData, restating: Restating, facts: dict[FactsKey, Facts]
) -> dict[FactsKey, Facts]:
    """Return facts by unit in the units of another day: under the id of each unit that went on whole.

    What a divided unit did stands under (its id, id of the heir), for each heir that is asked for. A unit
    that ended inside a period is no unit of it: nothing of it is counted, so it stands in nobody's way.
    """
    summed = frozenset(code for code in data.definitions if data.is_summed(code))
    for unit in restating.divided:
        if unit in facts:
            mine = facts.pop(unit)
            parts = restating.found[unit].parts
            keys = restating.keys(unit)
            divided = divided_facts(unit, mine, parts, data.definitions, summed)
            facts |= {key: divided[restating.heir(key)] for key in keys}
            first = facts[keys[0]]
            first.units, first.ended, first.included = mine.units, mine.ended, mine.included
    for unit in restating.others:
        if unit in facts:
            facts[unit].mixed = facts[unit].lasting
    return facts


def _read(
    data: ScopeData, periods: list[int], codes: set[str], owner: Owner | None
) -> dict[FactsKey, Facts]:
    """Return facts as the reports have them. By unit they are too many to be kept."""
    if owner:
        return _added_up(data, periods, codes, owner)
    return {None: _kept(Keeping(data, periods, codes))}


def kept_facts(keeping: Keeping) -> Facts:
    """Return the facts that `keeping` is about, as the reports have them."""
    with uncollected():
        return _kept(keeping)


def _kept(keeping: Keeping) -> Facts:
    def read(missing: list[int]) -> Facts:
        return _added_up(keeping.data, missing, set(keeping.codes), None)[None]

    return keeping.facts(read)


def _added_up(
    data: ScopeData, periods: list[int], codes: set[str], owner: Owner | None
) -> dict[FactsKey, Facts]:
    facts: dict[FactsKey, Facts] = defaultdict(Facts)
    if not owner:
        facts[None] = Facts()
    _read_units(data, periods, facts, owner)
    if periods:
        asked: Counter = sum((one.units for one in facts.values()), Counter())
        included: Counter = sum((one.included for one in facts.values()), Counter())
        grouping = Grouping(data, periods, owner, asked, included)
        _read_figures(grouping, codes, facts)
    return facts


def _read_units(data: ScopeData, periods: list[int], facts: dict, owner: Owner | None) -> None:
    """Read how many reports each cell asks for, and how many of them are included."""
    found: Iterable[Any]
    # Who tells units apart lists their reports as well.
    if owner is BY_UNIT and data.years.keys() >= set(periods):
        states = data.scope.states
        found = [
            (one.unit_id, one.period_id, one.level, 1, bool(one.until), one.state in states)
            for one in data.listed
            if one.period_id in periods
        ]
    elif owner:
        rows = data.reports(periods).order_by().values_list(owner.of_report, "period_id", "level")
        included = Count("pk", filter=Q(state__in=data.scope.states))
        found = rows.annotate(asked=Count("pk"), ended=Count("until"), inside=included)
    else:
        found = [
            (None, *cell, *one[:3]) for cell, one in data.tallies.items() if cell[0] in periods
        ]
    for key, period, level, count, ended, inside in found:
        mine = facts[key]
        mine.units[period, level] += count
        mine.ended[period, level] += ended
        mine.included[period, level] += inside


def _read_figures(grouping: Grouping, codes: set[str], facts: dict) -> None:
    """Read the sums, what makes some of them inexact, and how many reports gave which number."""
    data = grouping.data
    added = {pk: code for pk, code in data.indicator_codes.items() if data.is_summed(code)}
    spread, joint = Spread(data, codes), Joint(data, codes)
    summed = [pk for pk in grouping.indicators if added.get(pk) in codes]
    found = grouping.figures(summed, _ids(grouping, spread.codes), _ids(grouping, joint.leaves))
    for unit, indicator, mark, period, level, number, of in found:
        code, cell, count = data.indicator_codes[indicator], (period, level), int(of)
        if mark == SPREAD:
            spread.add(facts[unit], cell, code, number, count)
        elif mark == EACH:
            joint.reports[unit, of, cell][code] = number
        elif count and indicator in added and code in codes:
            total = Decimal(number).quantize(_PLACES)
            if mark:  # those that are not exact are in the sum as well
                told = (count, 0) if mark == Qualifier.AT_LEAST else (0, count)
                facts[unit].add_part(code, cell, Part(total, 0, *told))
            else:
                facts[unit].add_part(code, cell, Part(total, count))
    joint.count(facts)


def _ids(grouping: Grouping, codes: set[str]) -> list[int]:
    """Return the indicators of `codes` that the periods ask for."""
    return [pk for pk in grouping.indicators if grouping.data.indicator_codes[pk] in codes]


class Spread:
    """How many reports gave each number: ratings, yes/no, and conditions on one indicator."""

    def __init__(self, data: ScopeData, codes: set[str]) -> None:
        self.data = data
        self.conditions: dict[str, list[tuple[str, Node | None]]] = defaultdict(list)
        for code, node in _counted(data, codes):
            if node is None:
                self.conditions[code].append((code, None))
            elif not _is_joint(data, node):
                self.conditions[names_in(node).pop()].append((code, node))
        kinds = {code: data.definitions[code].value_type for code in codes}
        self.ratings = {code for code, kind in kinds.items() if kind == ValueType.RATING}
        self.codes = self.ratings | self.conditions.keys()

    def add(self, mine: Facts, cell: PeriodLevel, code: str, number: Decimal, count: int) -> None:
        """Add to `mine` that so many reports gave `number` for the indicator `code`."""
        if code in self.ratings:
            ranks = mine.ranks.setdefault(code, {}).setdefault(cell, Counter())
            ranks[int(number)] += count
        for counted, node in self.conditions.get(code, ()):
            met = number == 1 if node is None else meets(self.data, node, {code: number}, cell[1])
            if met is not None:
                mine.add_part(counted, cell, Part(Decimal(count if met else 0), count))


class Joint:
    """Conditions on several indicators: they are asked of each report's own figures (`leaves`).

    `reports` are these by unit, report and cell, as they are read.
    """

    def __init__(self, data: ScopeData, codes: set[str]) -> None:
        self.data = data
        counted = _counted(data, codes)
        self.conditions = {code: node for code, node in counted if node and _is_joint(data, node)}
        leaves = (data.leaves_of(node) for node in self.conditions.values())
        self.leaves: set[str] = set().union(*leaves)
        self.reports: dict[tuple, dict[str, Decimal]] = defaultdict(dict)

    def count(self, facts: dict) -> None:
        """Add to `facts` which reports meet which condition."""
        for (unit, _report, cell), numbers in self.reports.items():
            for code, node in self.conditions.items():
                met = meets(self.data, node, numbers, cell[1])
                if met is not None:
                    facts[unit].add_part(code, cell, Part(Decimal(met), 1))


def _counted(data: ScopeData, codes: Iterable[str]) -> list[tuple[str, Node | None]]:
    """Return the COUNT indicators among `codes` with their condition (None: their own yes/no)."""
    definitions = (data.definitions[code] for code in codes)
    return [(d.code, d.formula) for d in definitions if d.aggregation == Aggregation.COUNT]


def _is_joint(data: ScopeData, node: Node) -> bool:
    """Return whether a condition reads more than one entered figure of a report."""
    return len(names_in(node)) != 1 or data.leaves_of(node) != names_in(node)


def meets(data: ScopeData, node: Node, numbers: dict[str, Decimal], level: str) -> bool | None:
    """Return whether a report of `level` with `numbers` meets `node`; None where blanks forbid."""

    def lookup(name: str) -> Decimal | None:
        code, _at, letter = name.partition("@")
        if letter and Level(level).letter != letter:
            return None
        definition = data.definitions.get(code)
        if definition and definition.formula and definition.is_computed:
            return value(definition.formula, lookup)
        return numbers.get(code)

    if is_condition(node):
        return holds(node, lookup)
    number = value(node, lookup)
    return None if number is None else number > 0
