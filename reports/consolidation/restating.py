"""Figures in the units of another day: whose work goes on in which unit, and how much of it.

A view that is computed each time; no report changes. A report of a unit that ended counts for what it
became, along the successions (danvan/units/heirs.py): merged units add up, a divided one goes by its
shares, else whole to the unit the board named in a period (ReportUnit), else to the likeliest. What the
districts did themselves goes to the unit above and keeps its level. Source: domain reference, part 4 f.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import DecimalField, Exists, Max, QuerySet, Value

from danvan.units.heirs import Arrow, Inheritance, SplitRule, UnitsOfDay, inheritances
from danvan.units.models import AdministrativeUnit, UnitSuccession
from reports.consolidation.listing import joined_periods
from reports.consolidation.parts import PeriodLevel
from reports.models import Report, ReportingPeriod, ReportUnit

# A part of a divided unit's report: ids of the unit and of the heir it goes to.
PieceKey = tuple[int, int]
FEW = 600  # units


class NotRestatable(ValueError):  # noqa: N818 - a message for people, in Vietnamese
    """The figures cannot be told in the units of that day; the message says why and what to do."""


@dataclass(frozen=True)
class Reporting:
    """A unit that reports in the periods asked about: its level, when it ended, its last year.

    `lasting` are the periods at whose end it was still there.
    """

    level: str
    ended: datetime.date | None
    last_year: int
    lasting: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Restating:
    """Which reporting units go on in which units of `day`; those `kept` are asked for.

    `unit` is the unit asked for as it stands on that day, or as it was where it had ended by then;
    `standing` are all units of the day, `has_others` says whether others report of whom nothing may be seen;
    `known` are units at hand by id, each with the one above it.
    """

    day: datetime.date
    unit: AdministrativeUnit
    found: dict[int, Inheritance]
    kept: frozenset[int]
    reporting: dict[int, Reporting]
    standing: UnitsOfDay
    has_others: bool
    known: Mapping[int, AdministrativeUnit] = field(default_factory=dict)

    @cached_property
    def covers_everything(self) -> bool:
        """Whether all reports of the periods are of sources; who has none covers nothing."""
        everything = len(self.sources) == len(self.reporting)
        return bool(self.reporting) and not self.has_others and everything

    @property
    def is_few(self) -> bool:
        """Whether the sources are so few that their reports are told one by one, for sums and names alike."""
        return len(self.sources) <= FEW

    @property
    def levels(self) -> frozenset[str]:
        """The levels that units of the day have."""
        return self.standing.levels

    @cached_property
    def sources(self) -> list[int]:
        """The reporting units of which anything may be in the kept units."""
        return [pk for pk, one in self.found.items() if not self.kept.isdisjoint(one.heirs)]

    @cached_property
    def partial(self) -> list[int]:
        """Those of the sources that were divided between kept units and others."""
        return [pk for pk in self.sources if not self.kept.issuperset(self.found[pk].heirs)]

    @cached_property
    def whole(self) -> list[int]:
        """Those of the sources that are in the kept units with all they did."""
        partial = set(self.partial)
        return [pk for pk in self.sources if pk not in partial]

    @cached_property
    def others(self) -> list[int]:
        """The sources that are not the very unit that goes on: there nothing can be counted."""
        return [pk for pk in self.sources if not self.found[pk].is_same]

    @cached_property
    def divided(self) -> list[int]:
        """The sources with more than one heir."""
        return [pk for pk in self.sources if len(self.found[pk].parts) > 1]

    @cached_property
    def ended(self) -> dict[str, datetime.date]:
        """The levels of sources that no unit of the day has, with the day they ended."""
        found: dict[str, datetime.date] = {}
        for pk in self.sources:
            one = self.reporting[pk]
            if one.level not in self.levels and one.ended:
                found[one.level] = max(one.ended, found.get(one.level, one.ended))
        return found

    @cached_property
    def names(self) -> dict[int, AdministrativeUnit]:
        """The units by id that a table by unit names: the heirs, what stands above them, who was divided."""
        heirs = {heir for pk in self.sources for heir in self.found[pk].heirs}
        ids = {pk for heir in heirs for pk in self.standing.chain(heir)} | {*heirs, *self.divided}
        return self.named(ids)

    def named(self, ids: Collection[int]) -> dict[int, AdministrativeUnit]:
        """Return units by id, each with the one above it. One query, none where all are known."""
        return AdministrativeUnit.objects.filter(pk__in=ids).by_id(ids, self.known)

    def mixed(self, periods: Collection[int], levels: Collection[str] | None) -> set[PeriodLevel]:
        """Return the cells in which another unit than the very one goes on, of the levels asked for."""
        told = [self.reporting[pk] for pk in self.others]
        return {
            (period, one.level)
            for one in told
            if levels is None or one.level in levels
            for period in one.lasting.intersection(periods)
        }

    def chain(self, heir: int) -> list[AdministrativeUnit]:
        """Return the units above an heir on the day, root first, itself last."""
        return [self.names[pk] for pk in self.standing.chain(heir)]

    def keys(self, unit_id: int) -> list[int | PieceKey]:
        """Return the keys of a source's facts by unit: its own id, or one per kept heir of a divided unit."""
        heirs = self.found[unit_id].heirs
        if len(heirs) == 1:
            return [unit_id]
        return [(unit_id, heir) for heir in heirs if heir in self.kept]

    def heir(self, key: int | PieceKey) -> int:
        """Return the id of the heir that the facts of `key` belong to."""
        return self.found[key].heirs[0] if isinstance(key, int) else key[1]

    def narrowed(self, keys: Iterable[int | PieceKey]) -> Restating:
        """Return the same for the heirs and sources of some facts alone: a row of a table."""
        kept, sources = set(), set()
        for key in keys:
            kept.add(self.heir(key))
            sources.add(key if isinstance(key, int) else key[0])
        found = {pk: one for pk, one in self.found.items() if pk in sources}
        return replace(self, found=found, kept=frozenset(kept))


@dataclass(frozen=True)
class UnitMove:
    """One arrow of a restated table: an old unit, the unit it is shown in, how much of it, by which rule."""

    old: AdministrativeUnit
    new: AdministrativeUnit
    share: Decimal
    rule: SplitRule | None


def restate(
    unit: AdministrativeUnit,
    day: datetime.date,
    periods: Sequence[ReportingPeriod],
    within: QuerySet | None,
    known: Mapping[int, AdministrativeUnit],
) -> Restating:
    """Return who goes on with the work of the units that report in `periods`, among those of `within`.

    For a unit in force on `day` all that flows into it counts, wherever it came from; for one that had
    ended, all that it ever covered. At most five queries; units of `known` are not read again. Raises
    NotRestatable where no unit stands on `day`, or where units were merged later: a sum cannot be taken apart.
    """
    reporting, has_others = _reporting(periods, within)
    found, standing = _inheritances(day, periods, reporting.keys() | {unit.pk})
    if not standing.units:
        raise NotRestatable(f"Chưa có đơn vị hành chính nào vào ngày {day:%d/%m/%Y}.")
    mine = found.get(unit.pk, Inheritance())
    found = {pk: one for pk, one in found.items() if pk in reporting}
    if mine.is_same:
        pk = mine.heirs[0]
        now = unit if pk == unit.pk else AdministrativeUnit.objects.get(pk=pk)
        kept = standing.below(now)
    else:
        now = unit
        area = AdministrativeUnit.objects.covered_by(unit.with_predecessors())
        covered = set(area.values_list("pk", flat=True))
        found = {pk: one for pk, one in found.items() if pk in covered}
        kept = frozenset(heir for one in found.values() for heir in one.heirs)
    restating = Restating(day, now, found, kept, reporting, standing, has_others, known)
    _refuse_what_was_merged_later(restating)
    return restating


def _reporting(
    periods: Sequence[ReportingPeriod], within: QuerySet | None
) -> tuple[dict[int, Reporting], bool]:
    """Return the units of `within` that report in `periods`, and whether others do. One query."""
    everybody = Report.objects.filter(period__in=periods)
    mine, others = everybody, everybody.none()
    if within is not None:
        mine = everybody.filter(unit__in=within.values("pk"))
        others = everybody.exclude(unit__in=within.values("pk"))
    columns = ("unit", "level", "unit__valid_to", "has_others")
    rows = mine.order_by().annotate(has_others=Exists(others)).values_list(*columns)
    told = list(rows.annotate(Max("period__year"), lasting=joined_periods()))
    found = {
        pk: Reporting(
            level, ended, last, frozenset(map(int, lasting.split(",") if lasting else ()))
        )
        for pk, level, ended, _others, last, lasting in told
    }
    return found, any(row[3] for row in told[:1])


def _inheritances(
    day: datetime.date, periods: Sequence[ReportingPeriod], wanted: Collection[int]
) -> tuple[dict[int, Inheritance], UnitsOfDay]:
    """Return the inheritance of each wanted unit, and the units that stand on `day`."""
    days = [*(p.structure_date for p in periods), *(p.start for p in periods), day]
    units = list(AdministrativeUnit.objects.between(min(days), max(days)).plain())
    standing = UnitsOfDay(units, day)
    arrows, chosen = _arrows_and_choices()
    found = inheritances(units, arrows, standing.units.keys(), day, chosen)
    return {pk: one for pk, one in found.items() if pk in wanted}, standing


def _arrows_and_choices() -> tuple[list[Arrow], dict[int, int]]:
    """Return all successions, and to whom boards gave what a divided unit did, the latest last. One query."""
    rows = UnitSuccession.objects.order_by().annotate(is_choice=Value(value=False))
    told = rows.values_list("is_choice", "predecessor", "successor", "share", "date")
    given: Any = ReportUnit.objects.exclude(assigned_by=None).order_by()
    given = given.annotate(is_choice=Value(value=True), share=Value(None, DecimalField()))
    both = told.union(
        given.values_list("is_choice", "unit", "report__unit", "share", "period__start"), all=True
    )
    arrows: list[Arrow] = []
    chosen: dict[int, int] = {}
    for is_choice, old, new, share, _day in sorted(both, key=lambda row: (row[4], row[1])):
        if is_choice:
            chosen[old] = new
        else:
            arrows.append((old, new, share))
    return arrows, chosen


def _refuse_what_was_merged_later(restating: Restating) -> None:
    years = [
        restating.reporting[pk].last_year
        for pk in restating.sources
        if restating.found[pk].is_merged_later
    ]
    if years:
        raise NotRestatable(
            f"Năm {min(years)} có đơn vị nhập sau ngày {restating.day:%d/%m/%Y} nên không tách ngược "
            "được. Vui lòng chọn ngày muộn hơn hoặc bớt năm."
        )


def moves(restating: Restating, *, divided_only: bool = False) -> list[UnitMove]:
    """Return where the old units went, in the order of the tree; or of the divided units alone. One query."""
    if divided_only:
        sources, units = restating.divided, restating.names
    else:
        sources = restating.others
        ids = {pk for source in sources for pk in (source, *restating.found[source].heirs)}
        units = restating.named(ids)
    told = []
    for source in sorted(sources, key=lambda pk: units[pk].tree_key):
        found = restating.found[source]
        told += [UnitMove(units[source], units[pk], share, found.rule) for pk, share in found.parts]
    return told
