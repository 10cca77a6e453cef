"""Who goes on with the work of units that do not stand on a day: from the successions, for all at once."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from danvan.units.queries import Unit, paths_above

# Ids of a predecessor and its successor, and the part that went this way where it is known.
Arrow = tuple[int, int, Decimal | None]
Way = tuple[int, Decimal | None]
Likelihood = tuple[Decimal, bool, bool, bool, str]


class SplitRule(StrEnum):
    """By what a split unit was divided, the surest first; the value is how a reader is told."""

    SHARE = "theo tỷ lệ đã nhập"
    CHOICE = "theo phân công của ban"
    NAME = "đơn vị cùng tên"
    CODE = "đơn vị cùng mã"
    FIRST = "đơn vị có mã nhỏ nhất"


_GUESSES = (SplitRule.CHOICE, SplitRule.NAME, SplitRule.CODE)


@dataclass(frozen=True)
class Inheritance:
    """Who goes on with a unit's work: (id, weight) of each heir, likeliest first; the weights add up to 1.

    `is_same`: the heir is the very unit, perhaps under another name. `rule`: by what it was divided, None
    where there is one heir. `is_merged_later`: the unit came out of a merger after the day asked about, so
    its work cannot be told apart.
    """

    parts: tuple[tuple[int, Decimal], ...] = ()
    is_same: bool = False
    rule: SplitRule | None = None
    is_merged_later: bool = False

    @property
    def heirs(self) -> list[int]:
        """The ids of the heirs, likeliest first."""
        return [heir for heir, _weight in self.parts]


def likelihood(
    unit: Unit, heir: Unit, share: Decimal | None, *, is_chosen: bool = False
) -> Likelihood:
    """Return what the heirs of a split unit are ordered by, the likeliest first.

    The largest share, else whom people chose, else the same name, the same code, the smallest code.
    """
    alike = unit.name != heir.name, unit.code != heir.code
    return -(share or Decimal(0)), not is_chosen, *alike, heir.code


def heirs_of(
    units: Iterable[Unit], arrows: Iterable[Arrow], standing: Collection[int], day: datetime.date
) -> dict[int, list[int]]:
    """Return, by id of each of `units`, those of `standing` that may go on with its work, likeliest first.

    As inheritances() finds them. More than one heir is a split, which only people can decide.
    """
    search = _Search(units, arrows, standing, day, {})
    return {unit_id: search.inheritance(unit_id).heirs for unit_id in search.units}


def inheritances(
    units: Iterable[Unit],
    arrows: Iterable[Arrow],
    standing: Collection[int],
    day: datetime.date,
    chosen: Mapping[int, int],
) -> dict[int, Inheritance]:
    """Return, by id of each of `units`, who of `standing` goes on with its work, and with how much of it.

    A unit of `standing` goes on itself. One that ended by `day` is followed to what it became, one that
    began later back to what it came from; where that leads nowhere (the districts of 2025), the heirs of
    the unit above are asked, and last the highest units of all. So none of `units` is without an heir
    while anything stands.

    A split goes by the shares of its arrows. Without them all of it goes one way: to whom people chose
    (`chosen`: unit id to heir id), else to the same name, else the same code (domain reference, part 4 f).

    `units` are all that were in force between the first day asked about and `day`.
    """
    search = _Search(units, arrows, standing, day, chosen)
    return {unit_id: search.inheritance(unit_id) for unit_id in search.units}


class UnitsOfDay:
    """The units in force on a day, of `plain` rows."""

    def __init__(self, units: Iterable[Unit], day: datetime.date) -> None:
        self.units = {
            one.pk: one
            for one in units
            if one.valid_from <= day and (one.valid_to is None or day < one.valid_to)
        }
        self.at = {one.path: one.pk for one in self.units.values()}
        self.levels = frozenset(one.level for one in self.units.values())

    def below(self, unit: Unit) -> frozenset[int]:
        """Return the keys of a unit of the day and of all below it."""
        return frozenset(pk for pk, one in self.units.items() if one.path.startswith(unit.path))

    def chain(self, pk: int) -> list[int]:
        """Return the ids of the units above one, root first, its own last."""
        steps = (self.at.get(path) for path in paths_above(self.units[pk].path))
        return [*(step for step in steps if step), pk]


class _Search:
    def __init__(
        self,
        units: Iterable[Unit],
        arrows: Iterable[Arrow],
        standing: Collection[int],
        day: datetime.date,
        chosen: Mapping[int, int],
    ):
        self.units = {unit.pk: unit for unit in units}
        self.day, self.chosen = day, chosen
        self.after: dict[int, list[Way]] = {}
        self.before: dict[int, list[Way]] = {}
        for old, new, share in arrows:
            if old in self.units and new in self.units:
                self.after.setdefault(old, []).append((new, share))
                self.before.setdefault(new, []).append((old, share))
        self.at: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            self.at.setdefault(unit.path, []).append(unit)
        whole = Decimal(1)
        self.found = {pk: Inheritance(((pk, whole),), is_same=True) for pk in standing}
        tops = sorted((unit for pk, unit in self.units.items() if pk in standing), key=_height)
        highest = [unit.pk for unit in tops if _height(unit)[0] == _height(tops[0])[0]]
        ends = [(pk, None, Inheritance(((pk, whole),))) for pk in highest]
        self.tops = _divided(ends, SplitRule.FIRST)

    def inheritance(self, unit_id: int) -> Inheritance:
        """Return who goes on with the work of one unit."""
        found = self._by_arrows(unit_id)
        if not found.parts:
            found = self._of_the_unit_above(unit_id)
        return found if found.parts else self.tops

    def _by_arrows(self, unit_id: int) -> Inheritance:
        """Return the standing units that the arrows from (or back from) a unit end at."""
        if unit_id not in self.found:
            self.found[unit_id] = Inheritance()  # arrows that run in a circle lead nowhere
            unit = self.units[unit_id]
            forward = unit.valid_from <= self.day
            ways = (self.after if forward else self.before).get(unit_id, [])
            ways = sorted(ways, key=lambda way: self._likelihood(unit, *way))
            ends = [(pk, share if forward else None, self._by_arrows(pk)) for pk, share in ways]
            live = [end for end in ends if end[2].parts]
            found = _divided(live, self._rule(unit, live[0]) if live else None)
            is_same = len(ways) == 1 and found.is_same and self._is_rename(unit, ways[0][0])
            merged = found.is_merged_later or (not forward and len(ways) > 1)
            self.found[unit_id] = replace(found, is_same=is_same, is_merged_later=merged)
        return self.found[unit_id]

    def _likelihood(self, unit: Unit, other_id: int, share: Decimal | None) -> Likelihood:
        is_chosen = self.chosen.get(unit.pk) in self._what_became_of(other_id)
        return likelihood(unit, self.units[other_id], share, is_chosen=is_chosen)

    def _what_became_of(self, unit_id: int) -> set[int]:
        """Return a unit with all that came from it; nothing is asked where nobody chose."""
        found, waiting = {unit_id}, [unit_id] if self.chosen else []
        while waiting:
            new = {pk for pk, _share in self.after.get(waiting.pop(), ())} - found
            found |= new
            waiting += new
        return found

    def _rule(self, unit: Unit, likeliest: tuple[int, Decimal | None, Inheritance]) -> SplitRule:
        """Return by what the likeliest of several ways was found."""
        share, no_choice, no_name, no_code, _code = self._likelihood(unit, *likeliest[:2])
        if share:
            return SplitRule.SHARE
        told = zip((no_choice, no_name, no_code), _GUESSES, strict=True)
        return next((rule for fails, rule in told if not fails), SplitRule.FIRST)

    def _is_rename(self, unit: Unit, other_id: int) -> bool:
        """Return whether the only arrow joins two versions of one unit (UnitSuccession.renames)."""
        other = self.units[other_id]
        back = self.before if unit.valid_from <= self.day else self.after
        alike = (unit.code, unit.level) == (other.code, other.level)
        return alike and len(back.get(other_id, ())) == 1

    def _of_the_unit_above(self, unit_id: int) -> Inheritance:
        """Return the heirs of the unit that stood above one on its day nearest to the day asked."""
        unit = self.units[unit_id]
        ended = unit.valid_to and unit.valid_to <= self.day
        day = unit.valid_to - datetime.timedelta(days=1) if ended else unit.valid_from
        above = unit.path.removesuffix(f"{unit.code}/")
        for other in self.at.get(above, ()):
            if other.valid_from <= day and (other.valid_to is None or day < other.valid_to):
                return replace(self.inheritance(other.pk), is_same=False)
        return Inheritance()


def _divided(
    ends: Sequence[tuple[int, Decimal | None, Inheritance]], rule: SplitRule | None
) -> Inheritance:
    """Return one inheritance of the ways that a unit went, likeliest first.

    What the shares leave over goes to the likeliest way that has none, else to the likeliest.
    """
    if len(ends) == 1:
        return ends[0][2]
    told = sum((share or Decimal(0) for _pk, share, _end in ends), Decimal(0))
    rest = next((place for place, end in enumerate(ends) if not end[1]), 0)
    weights: dict[int, Decimal] = {}
    for place, (_pk, share, end) in enumerate(ends):
        weight = (share or Decimal(0)) / max(told, Decimal(1))
        weight += max(1 - told, Decimal(0)) if place == rest else 0
        for heir, part in end.parts:
            weights[heir] = weights.get(heir, Decimal(0)) + weight * part
    if len(weights) < 2:
        rule = None  # what was divided came together again
    later = any(end.is_merged_later for _pk, _share, end in ends)
    return Inheritance(tuple(weights.items()), rule=rule, is_merged_later=later)


def _height(unit: Unit) -> tuple[int, str]:
    return unit.path.count("/"), unit.path
