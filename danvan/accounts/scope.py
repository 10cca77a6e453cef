"""Who sees what. The only code that joins users to the unit tree; every query that serves a person starts here.

`visible_to(user)`: the user's unit and everything below it, at any time its unit covered it, and the
same of its predecessors. `editable_by(user)`: the own unit's rows; a board officer may also enter for a
unit below ("nhập thay"). Superusers see and may touch every row; rights.py says what they may do.
A model with `inherited = False` stays with the unit of its day: a successor does not read its rows.
"""

from dataclasses import dataclass, replace
from typing import Self, TypeVar

from django.db import models
from django.utils import timezone

from danvan.accounts.rights import Person, Standing, standing
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import AdministrativeUnitQuerySet

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Reach:
    """Part of the tree: `units` alone, or with all they ever covered."""

    units: list[AdministrativeUnit]
    with_below: bool = True
    whole_country: bool = False

    def rows(self) -> AdministrativeUnitQuerySet:
        units = AdministrativeUnit.objects
        if self.whole_country:
            return units.all()
        if self.with_below and self.units:
            return units.covered_by(self.units)
        keys = [unit.pk for unit in self.units]
        return units.filter(pk__in=keys) if keys else units.none()

    def __contains__(self, unit: AdministrativeUnit) -> bool:
        """Return whether `unit`, a row at hand, is one of `rows()`."""
        if self.whole_country:
            return unit.undone_at is None
        return unit.is_covered_by(self.units) if self.with_below else unit in self.units


def area_visible_to(user: Person) -> Reach:
    """Return the units whose rows `user` may read."""
    return Reach(with_predecessors_of(user), whole_country=user.is_superuser)


def area_editable_by(user: Person) -> Reach:
    """Return the units whose rows `user` may write; role and period are asked elsewhere."""
    match standing(user):
        case Standing.SUPERUSER:
            return Reach([], whole_country=True)
        case Standing.PROVINCE_OFFICER | Standing.DISTRICT_OFFICER:
            return Reach(with_predecessors_of(user))
        case Standing.CLERK | Standing.OFFICER:
            return Reach(own_units(user), with_below=False)
        case _:
            return Reach([], with_below=False)


def area_reported_by(user: Person) -> Reach:
    """Return the units whose open reports `user` may fill, as far as the tree decides.

    Those of area_editable_by, and what became the own unit and has ended: nobody else is left there.
    """
    area = area_editable_by(user)
    if standing(user) not in (Standing.CLERK, Standing.OFFICER):
        return area
    return replace(area, units=[*area.units, *ended_before(user)])


def units_visible_to(user: Person) -> AdministrativeUnitQuerySet:
    """Return the rows of area_visible_to."""
    return area_visible_to(user).rows()


def units_editable_by(user: Person) -> AdministrativeUnitQuerySet:
    """Return the rows of area_editable_by."""
    return area_editable_by(user).rows()


def ended_before(user: Person) -> list[AdministrativeUnit]:
    """Return the units that became the user's own and have ended, other than itself under earlier names."""
    today = timezone.localdate()
    others = [unit for unit in with_predecessors_of(user) if not unit.is_version]
    return [unit for unit in others if unit.valid_to and unit.valid_to <= today]


def own_units(user: Person) -> list[AdministrativeUnit]:
    """Return the user's own unit and its earlier versions: the same unit under another name or kind."""
    return [unit for unit in with_predecessors_of(user) if unit.is_version]


def works_for(user: Person, unit: AdministrativeUnit) -> bool:
    """Return whether `unit` is the user's own, under whatever name; superusers work for every unit."""
    return user.is_superuser or bool(user.unit and user.unit.same_unit_as(unit))


def units_not_inherited(user: Person) -> AdministrativeUnitQuerySet:
    """Return the units of the user's own area, without those of predecessors: for sensitive rows."""
    if not user.is_active or user.unit is None:
        return AdministrativeUnit.objects.none()
    return AdministrativeUnit.objects.covered_by(own_units(user))


def with_predecessors_of(user: Person) -> list[AdministrativeUnit]:
    """Return the user's unit and its predecessors, read once per user object."""
    if not user.is_active or user.unit is None:
        return []
    known = user.__dict__.get("_coverage")
    if known is None or known[0] != user.unit.pk:
        known = user.__dict__["_coverage"] = user.unit.pk, user.unit.with_predecessors()
    return known[1]


class ScopedQuerySet(models.QuerySet[M]):
    """Base of every QuerySet over rows that belong to a unit.

    A model whose way to that unit is longer than `unit` says so as its `unit_lookup`.
    """

    @property
    def unit_lookup(self) -> str:
        """The way from a row to its unit."""
        return getattr(self.model, "unit_lookup", "unit")

    def visible_to(self, user: Person) -> Self:
        """Return the rows `user` may read."""
        return self._within(user, units_visible_to(user))

    def editable_by(self, user: Person) -> Self:
        """Return the rows `user` may write, as far as the unit tree decides."""
        return self._within(user, units_editable_by(user))

    def _within(self, user: Person, units: models.QuerySet[AdministrativeUnit]) -> Self:
        return self if user.is_superuser else self.filter(self.rows_of(user, units))

    def rows_of(self, user: Person, units: models.QuerySet[AdministrativeUnit]) -> models.Q:
        """Return the condition for rows of `units` that are within the user's reach.

        A subquery, not a join: no duplicate rows, no unit columns fetched.
        """
        where = f"{self.unit_lookup}__in"
        rows = models.Q(**{where: units.values("pk")})
        if getattr(self.model, "inherited", True):
            return rows
        return rows & models.Q(**{where: units_not_inherited(user).values("pk")})
