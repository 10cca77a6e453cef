"""Questions to the tree and its successions. Only this app knows how both are stored."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from danvan.common.db.search import with_words
from danvan.common.text import clean_line
from danvan.units.kinds import Level, strip_kind

Unit = Any  # a row of AdministrativeUnit, whose file imports this one


def tree_order(lookup: str) -> str:
    """Return what rows are ordered by so that their units, reached by `lookup`, stand as in the tree."""
    return f"{lookup}__path"


def paths_above(path: str) -> list[str]:
    """Return the paths of all units above the one at `path`, from the root down."""
    codes = path.strip("/").split("/")[:-1]
    return ["".join(f"{code}/" for code in codes[: n + 1]) for n in range(len(codes))]


def keys_around(unit: Unit | None) -> set[int]:
    """Return the keys of `unit` and of those above it."""
    found: set[int] = set()
    while unit and unit.pk not in found:
        found.add(unit.pk)
        unit = unit.parent
    return found


def _coverage(units: Iterable[Unit], below_only: bool = False) -> Q:
    """Return the condition of AdministrativeUnitQuerySet.covered_by."""
    coverage = Q(pk__in=[])
    for unit in units:
        below = Q(path__startswith=unit.path) & ~Q(path=unit.path)
        below &= Q(valid_to=None) | Q(valid_to__gt=unit.valid_from)
        if unit.valid_to is not None:
            below &= Q(valid_from__lt=unit.valid_to)
        coverage |= below if below_only else below | Q(pk=unit.pk)
    return coverage


def _in_force(units: Iterable[Unit], day: datetime.date) -> list[Unit]:
    return [unit for unit in units if unit.in_force(day)]


def _walk(
    name: str, step: str, start: Unit, before: str = "", params: Iterable[Any] = ()
) -> RawSQL:
    """Return the keys that `step` reaches from `start` in the end; no cycle keeps it going."""
    first = f"SELECT id FROM {start._meta.db_table} WHERE id = %s"  # noqa: S608 - our own names
    walk = f"WITH RECURSIVE {before}{name}(unit) AS ({first} UNION {step})"
    sql = f"{walk} SELECT unit FROM {name}"  # noqa: S608
    return RawSQL(sql, [*params, start.pk])  # noqa: S611


class AdministrativeUnitQuerySet(models.QuerySet[Unit]):
    """Units as a tree and in time; all methods are set-based."""

    def in_tree_order(self) -> AdministrativeUnitQuerySet:
        """Order each unit before those below it, versions of one place from the oldest."""
        return self.order_by("path", "valid_from")

    def in_menu_order(self) -> AdministrativeUnitQuerySet:
        """Order as in the tree, but those that have ended behind those that stand today."""
        standing = Q(valid_to=None) | Q(valid_to__gt=timezone.localdate())
        ended = models.Case(models.When(standing, then=0), default=1)
        return self.order_by(ended, "path", "valid_from")

    def near(self, unit: Unit | None) -> AdministrativeUnitQuerySet:
        """Return the roots, `unit` (if any) and all directly below it and below those above it."""
        around = keys_around(unit)
        return self.filter(Q(parent=None) | Q(pk=unit and unit.pk) | Q(parent__in=around))

    def areas(self) -> AdministrativeUnitQuerySet:
        """Return the areas, without the bodies below them."""
        return self.exclude(level=Level.BODY)

    def on(self, date: datetime.date) -> AdministrativeUnitQuerySet:
        """Return the units in force on `date`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=date), valid_from__lte=date)

    def between(self, first: datetime.date, last: datetime.date) -> AdministrativeUnitQuerySet:
        """Return the units in force on any day from `first` to `last`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=first), valid_from__lte=last)

    def plain(self) -> models.QuerySet[Unit, Any]:
        """Return the units as named tuples of what heirs.py asks for: a country has 15,000 of them."""
        columns = ("pk", "path", "code", "name", "level", "valid_from", "valid_to")
        return self.values_list(*columns, named=True)

    def covered_by(
        self, units: Iterable[Unit], *, below_only: bool = False
    ) -> AdministrativeUnitQuerySet:
        """Return what `units` (an iterable of rows) ever covered: themselves and all that lay below them.

        A unit lies below another while its path begins with the other's path and both are in force.
        With `below_only` the units themselves are left out. An empty iterable gives an empty queryset.
        AdministrativeUnit.is_covered_by says the same of one row.
        """
        return self.filter(_coverage(units, below_only))

    def outside(self, units: Iterable[Unit]) -> AdministrativeUnitQuerySet:
        """Return what `units` never covered."""
        return self.exclude(_coverage(units))

    def holding(self, unit: Unit) -> AdministrativeUnitQuerySet:
        """Return `unit` and what stood above it at any time, under whatever name."""
        above = Q(path__in=paths_above(unit.path))
        above &= Q(valid_to=None) | Q(valid_to__gt=unit.valid_from)
        if unit.valid_to is not None:
            above &= Q(valid_from__lt=unit.valid_to)
        return self.filter(above | Q(pk=unit.pk))

    def with_parents_on(self, date: datetime.date) -> list[tuple[Unit, Unit | None]]:
        """Return every unit in force on `date` with the unit right above it that day. One query."""
        units = {unit.path: unit for unit in self.on(date)}
        return [(unit, units.get(unit.path_above)) for unit in units.values()]

    def by_id(self, ids: Collection[int], known: Mapping[int, Unit]) -> dict[int, Unit]:
        """Return the units `ids`, all of which are among these, by id, each with the one above it.

        One query, none where all are `known` (in the same form).
        """
        if all(pk in known for pk in ids):
            return {pk: known[pk] for pk in ids}
        return {unit.pk: unit for unit in self.select_related("parent") if unit.pk in ids}

    def chains_on(
        self, days: Mapping[int, datetime.date], known: Mapping[int, Unit] | None = None
    ) -> dict[int, list[Unit]]:
        """Return by id, for each unit of `days`, the units above it on its day, root first, itself last.

        Two queries, however many units: none for what is among `known` (by id, each with the one above it).
        """
        known = known or {}
        units = self.by_id(days.keys(), known)
        standing: dict[str, list[Unit]] = {}
        for unit in {**known, **units}.values():
            standing.setdefault(unit.path, []).append(unit)
        asked = {(path, days[pk]) for pk, one in units.items() for path in paths_above(one.path)}
        lacking = {path for path, day in asked if not _in_force(standing.get(path, ()), day)}
        found: dict[str, list[Unit]] = {}
        for unit in self.model.objects.filter(path__in=lacking).select_related("parent"):
            found.setdefault(unit.path, []).append(unit)
        standing |= found
        return {
            pk: [
                *(
                    above
                    for path in paths_above(unit.path)
                    for above in _in_force(standing.get(path, ()), days[pk])
                ),
                unit,
            ]
            for pk, unit in units.items()
        }

    def find(self, code: str, on: datetime.date | None = None) -> Unit:
        """Return the unit of `code` in force on `on`, else its latest version.

        Codes are reused, so a code alone names several rows. Raises DoesNotExist for an unknown code.
        """
        rows = list(self.filter(code=code).order_by("-valid_from"))
        if not rows:
            raise self.model.DoesNotExist(f"Không có đơn vị nào mang mã {code}.")
        in_force = [unit for unit in rows if on and unit.in_force(on)]
        return (in_force or rows)[0]

    def search(self, text: str) -> AdministrativeUnitQuerySet:
        """Return units whose name has every word of `text`, with or without marks, or whose code is it."""
        return with_words(self, strip_kind(clean_line(text)), "name_search__contains", "code")


class UnitSuccessionQuerySet(models.QuerySet[Any]):
    """Arrows between units."""

    def renames(self) -> UnitSuccessionQuerySet:
        """Return the arrows between two versions of one unit.

        A unit that only changed its name, kind or unit above goes on under its code, and nothing else
        comes from it or goes into it. What was merged, split or re-coded is another unit (domain 3.1:
        codes are used again).
        """
        others = self.model._default_manager.exclude(pk=OuterRef("pk"))
        return self.filter(
            ~Exists(others.filter(predecessor=OuterRef("predecessor"))),
            ~Exists(others.filter(successor=OuterRef("successor"))),
            predecessor__code=F("successor__code"),
            predecessor__level=F("successor__level"),
        )

    def versions_of(self, unit: Unit) -> RawSQL:
        """Return the keys of all versions of `unit`, itself among them, as a part of another query."""
        arrows = self.renames().filter(predecessor__code=unit.code).order_by()
        sql, params = arrows.values_list("predecessor", "successor").query.sql_with_params()
        other = "CASE unit WHEN earlier THEN later ELSE earlier END"
        step = f"SELECT {other} FROM arrows JOIN same ON unit IN (earlier, later)"  # noqa: S608
        return _walk("same", step, unit, f"arrows(earlier, later) AS ({sql}), ", params)

    def sources_of(self, unit: Unit) -> RawSQL:
        """Return the keys of `unit` and of all that went into it, as a part of another query."""
        arrows = f"{self.model._meta.db_table} JOIN came ON successor_id = unit"
        return _walk("came", f"SELECT predecessor_id FROM {arrows}", unit)  # noqa: S608

    def first_versions(self, among: Iterable[Unit] | None = None) -> dict[int, int]:
        """Return {unit id: id of the same unit's first version} of all later versions. One query.

        Versions of a unit have one code: where no two of the units `among` which it matters have, nothing is
        asked.
        """
        if among is not None:
            code_of = {unit.pk: unit.code for unit in among}
            if len(code_of) == len(set(code_of.values())):
                return {}
        before = dict(self.renames().values_list("successor", "predecessor"))
        firsts = {}
        for unit_id in before:
            first = unit_id
            while first in before:
                first = before[first]
            firsts[unit_id] = first
        return firsts
