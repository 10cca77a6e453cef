"""Who sees what. The only code that joins users to the unit tree; every query that serves a person starts here.

`visible_to(user)`: the user's unit and everything below it, at any time its unit covered it, and the
same of its predecessors. `editable_by(user)`: the own unit's rows; a board officer may also enter for a
unit below ("nhập thay"). Superusers see and may touch every row; rights.py says what they may do.
A model with `inherited = False` stays with the unit of its day: a successor does not read its rows.
"""

from typing import Self, TypeVar

from django.db import models
from django.utils import timezone

from danvan.accounts.rights import Person, Standing, standing
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import AdministrativeUnitQuerySet

M = TypeVar("M", bound=models.Model)


def units_visible_to(user: Person) -> AdministrativeUnitQuerySet:
    """Return the units whose rows `user` may read."""
    units = AdministrativeUnit.objects.all()
    if user.is_superuser:
        return units
    return units.covered_by(with_predecessors_of(user))


def units_editable_by(user: Person) -> AdministrativeUnitQuerySet:
    """Return the units whose rows `user` may write; role and period are asked elsewhere."""
    units = AdministrativeUnit.objects.all()
    match standing(user):
        case Standing.SUPERUSER:
            return units
        case Standing.PROVINCE_OFFICER | Standing.DISTRICT_OFFICER:
            return units.covered_by(with_predecessors_of(user))
        case Standing.CLERK | Standing.OFFICER:
            return units.filter(pk__in=[unit.pk for unit in own_units(user)])
        case _:
            return units.none()


def units_reported_by(user: Person) -> AdministrativeUnitQuerySet:
    """Return the units whose open reports `user` may fill, as far as the tree decides.

    Those of units_editable_by, and what became the own unit and has ended: nobody else is left there.
    """
    units = units_editable_by(user)
    if standing(user) not in (Standing.CLERK, Standing.OFFICER) or not ended_before(user):
        return units
    return AdministrativeUnit.objects.filter(
        pk__in=[unit.pk for unit in (*own_units(user), *ended_before(user))]
    )


def ended_before(user: Person) -> list[AdministrativeUnit]:
    """Return the units that became the user's own and have ended, other than itself under earlier names."""
    family, today = with_predecessors_of(user), timezone.localdate()
    if len(family) < 2:
        return []
    own = {unit.pk for unit in own_units(user)}
    return [
        unit for unit in family if unit.pk not in own and unit.valid_to and unit.valid_to <= today
    ]


def own_units(user: Person) -> list[AdministrativeUnit]:
    """Return the user's own unit and its earlier versions: the same unit under another name or kind.

    Read once per user object.
    """
    coverage = with_predecessors_of(user)
    if user.unit is None or len(coverage) < 2:
        return coverage
    known = user.__dict__.get("_own")
    if known is None or known[0] is not coverage:
        own = [unit for unit in user.unit.versions() if unit in coverage]
        known = user.__dict__["_own"] = coverage, own
    return known[1]


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
    """Base of every QuerySet over rows that belong to a unit; `unit_lookup` is the way to that unit."""

    unit_lookup = "unit"

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
