"""The rows of a picture: units with their facts of several years, read once and in the units of one day."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from danvan.units.kinds import Level
from danvan.units.models import AdministrativeUnit
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition, Evaluator
from reports.consolidation.parts import Facts
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import ScopeData
from reports.consolidation.summary import Restated, restated_of
from reports.consolidation.units import UnitNode, unit_tree, whole_of

# That report in a year: more are drawn by district, each district with its own picture.
MOST_UNITS = 400


@dataclass(frozen=True)
class PictureRow:
    """One row: a unit, what its reports say over the years, and what lies below it."""

    unit: AdministrativeUnit
    facts: Facts
    below: tuple[PictureRow, ...] = ()

    def walk(self) -> Iterator[PictureRow]:
        """Yield the row and all below it."""
        yield self
        for place in self.below:
            yield from place.walk()

    def is_whole(self, periods: Iterable[int]) -> bool:
        """Return whether every report of `periods` that the row asks for is in its figures."""
        asked = {cell: n for cell, n in self.facts.units.items() if cell[0] in periods}
        return bool(asked) and all(self.facts.included[cell] == n for cell, n in asked.items())


@dataclass(frozen=True)
class PictureArea:
    """The unit looked at with all below it. `restated` tells that units changed and how that was met.

    `changed` is the last day on which units changed where the figures could not be told in new ones.
    """

    data: ScopeData
    root: PictureRow
    by_area: bool = False
    restated: Restated | None = None
    changed: datetime.date | None = None
    names: dict[int, AdministrativeUnit] = field(default_factory=dict)

    def evaluator(self, place: PictureRow, year: int) -> Evaluator:
        """Return what gives the figures of a row in one year."""
        return Evaluator(self.data.definitions, place.facts, self.periods_of(year))

    def periods_of(self, year: int) -> dict[int, int]:
        return {pk: one for pk, one in self.data.years.items() if one == year}

    @property
    def change(self) -> datetime.date | None:
        """The last day on which units changed within the years."""
        return self.restated.day if self.restated else self.changed

    @property
    def level_ended(self) -> bool:
        """Whether a level ended that day, or the years before cannot be told in today's units."""
        return bool(self.changed or (self.restated and self.restated.ended))

    @property
    def first_year_after(self) -> int | None:
        """The first year that was reported in the units of that day."""
        day = self.change
        if day is None:
            return None
        mine = (period for period in self.data.periods if period.pk in self.data.years)
        return min((one.year for one in mine if one.structure_date >= day), default=None)

    @property
    def rows(self) -> list[PictureRow]:
        """The units that are compared with one another: the communes, of a large area its districts."""
        if self.by_area:
            return list(self.root.below)
        return [
            one for one in self.root.walk() if one.unit.level == Level.COMMUNE and not one.below
        ]


def read_area(
    data: ScopeData,
    headlines: list[Definition],
    *,
    changed: datetime.date | None,
    by_area: bool,
    known: Iterable[int] = (),
) -> PictureArea:
    """Return the figures of `headlines` by unit, over the years of `data`.

    Where units `changed` within these years, all of it is told in the units of that day, as consolidation
    does it. `known` are ids of units that are named besides.
    """
    codes = [one.code for one in headlines]
    if changed:
        with contextlib.suppress(NotRestatable):
            return _restated(data.restated(changed), codes, known)
    facts = read_facts(data, data.years, codes, by_unit=not by_area, by_area=by_area)
    ids = {pk for pk in facts if isinstance(pk, int)}
    names = _names({*ids, *known})
    tree = _tree(data.scope.unit, [names[pk] for pk in ids])
    return PictureArea(data, _place(tree, facts), by_area, changed=changed, names=names)


def _restated(data: ScopeData, codes: list[str], known: Iterable[int]) -> PictureArea:
    facts = read_facts(data, data.years, codes, by_unit=True)
    root = _place(unit_tree(data), facts)
    names = data.restating.names if data.restating else {}
    if missing := set(known) - names.keys():
        names |= _names(missing)
    return PictureArea(data, root, restated=restated_of(data.restating), names=names)


def _names(ids: Iterable[int]) -> dict[int, AdministrativeUnit]:
    rows = AdministrativeUnit.objects.select_related("parent").filter(pk__in=list(ids))
    return {unit.pk: unit for unit in rows}


def _tree(top: AdministrativeUnit, units: Iterable[AdministrativeUnit]) -> UnitNode:
    """Hang units below the unit above them, where that is among them or reports itself, else below `top`."""
    root = UnitNode(top)
    nodes = {top.pk: root}
    for unit in sorted(units, key=lambda one: one.tree_key):
        above = nodes.get(unit.parent_id or 0, root)
        if unit.pk not in nodes:
            nodes[unit.pk] = above.child(unit.pk, unit)
        nodes[unit.pk].own.append(unit.pk)
    return root


def _place(node: UnitNode, facts: Mapping[Any, Facts]) -> PictureRow:
    """Return the row of a node: the sum of all that hangs on it."""
    below = tuple(_place(one, facts) for one in node.below.values())
    return PictureRow(node.unit, whole_of(facts, node.all_keys()), below)
