"""Who goes on with the work of units that do not stand on a day: from the successions, for all at once."""

import datetime
from collections.abc import Collection, Iterable
from decimal import Decimal
from itertools import chain

from danvan.units.queries import Unit

# Ids of a predecessor and its successor, and the part that went this way where it is known.
Arrow = tuple[int, int, Decimal | None]


def heirs_of(
    units: Iterable[Unit], arrows: Iterable[Arrow], standing: Collection[int], day: datetime.date
) -> dict[int, list[int]]:
    """Return, by id of each of `units`, those of `standing` that may go on with its work, likeliest first.

    A unit of `standing` goes on itself. One that ended by `day` is followed to what it became, one that
    began later back to what it came from; where that leads nowhere (the districts of 2025), the heirs of
    the unit above are asked, and last the highest units of all. So none of `units` is without an heir
    while anything stands. More than one heir is a split, which only people can decide; the likeliest has
    the largest share, else the same name, else the same code (domain reference, part 4 f).

    `units` are all that were in force between the first day asked about and `day`.
    """
    search = _Search(units, arrows, standing, day)
    return {unit_id: search.heirs(unit_id) for unit_id in search.units}


class _Search:
    def __init__(
        self,
        units: Iterable[Unit],
        arrows: Iterable[Arrow],
        standing: Collection[int],
        day: datetime.date,
    ):
        self.units = {unit.pk: unit for unit in units}
        self.day = day
        self.after: dict[int, list[tuple[int, Decimal | None]]] = {}
        self.before: dict[int, list[tuple[int, Decimal | None]]] = {}
        for old, new, share in arrows:
            if old in self.units and new in self.units:
                self.after.setdefault(old, []).append((new, share))
                self.before.setdefault(new, []).append((old, share))
        self.at: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            self.at.setdefault(unit.path, []).append(unit)
        self.found: dict[int, list[int]] = {pk: [pk] for pk in standing}
        tops = sorted((unit for pk, unit in self.units.items() if pk in standing), key=_height)
        self.tops = [unit.pk for unit in tops if _height(unit)[0] == _height(tops[0])[0]]

    def heirs(self, unit_id: int) -> list[int]:
        """Return the heirs of one unit, likeliest first."""
        return self._by_arrows(unit_id) or self._of_the_unit_above(unit_id) or self.tops

    def _by_arrows(self, unit_id: int) -> list[int]:
        """Return the standing units that the arrows from (or back from) a unit end at."""
        if unit_id not in self.found:
            self.found[unit_id] = []  # arrows that run in a circle lead nowhere
            unit = self.units[unit_id]
            ways = (self.after if unit.valid_from <= self.day else self.before).get(unit_id, [])
            ways = sorted(ways, key=lambda way: self._likelihood(unit, *way))
            ends = chain.from_iterable(self._by_arrows(pk) for pk, _share in ways)
            self.found[unit_id] = list(dict.fromkeys(ends))
        return self.found[unit_id]

    def _likelihood(
        self, unit: Unit, other_id: int, share: Decimal | None
    ) -> tuple[Decimal, bool, bool, str]:
        other = self.units[other_id]
        return -(share or Decimal(0)), unit.name != other.name, unit.code != other.code, other.path

    def _of_the_unit_above(self, unit_id: int) -> list[int]:
        """Return the heirs of the unit that stood above one on its day nearest to the day asked."""
        unit = self.units[unit_id]
        ended = unit.valid_to and unit.valid_to <= self.day
        day = unit.valid_to - datetime.timedelta(days=1) if ended else unit.valid_from
        above = unit.path.removesuffix(f"{unit.code}/")
        for other in self.at.get(above, ()):
            if other.valid_from <= day and (other.valid_to is None or day < other.valid_to):
                return self.heirs(other.pk)
        return []


def _height(unit: Unit) -> tuple[int, str]:
    return unit.path.count("/"), unit.path
