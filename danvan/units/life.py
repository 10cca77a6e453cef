"""The life of a unit: under which names it stood, what it came from, what it became, and how sure that is."""

import datetime
from dataclasses import dataclass

from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.sources import beginning_of, certainty_of, ending_of, resolution_in


@dataclass(frozen=True)
class Change:
    """One arrow: the unit at its other end, the day, the resolution and how sure the source is."""

    unit: AdministrativeUnit
    day: datetime.date
    resolution: str
    certainty: str


@dataclass(frozen=True)
class Life:
    """A unit with its own versions (oldest first) and the arrows from and to other units."""

    versions: tuple[AdministrativeUnit, ...]
    came_from: tuple[Change, ...]
    became: tuple[Change, ...]

    @property
    def is_split(self) -> bool:
        """Whether the unit went into several."""
        return len(self.became) > 1


def life_of(unit: AdministrativeUnit) -> Life:
    """Return the life of `unit`, all its versions together. Four queries."""
    versions = unit.versions()
    arrows = UnitSuccession.objects.select_related(
        "predecessor__parent", "successor__parent"
    ).order_by("date", "predecessor__code", "successor__code")
    sources = arrows.filter(successor__in=versions).exclude(predecessor__in=versions)
    heirs = arrows.filter(predecessor__in=versions).exclude(successor__in=versions)
    return Life(
        tuple(versions),
        tuple(_change(arrow, arrow.predecessor) for arrow in sources),
        tuple(_change(arrow, arrow.successor) for arrow in heirs),
    )


def resolution_of(unit: AdministrativeUnit) -> str:
    """Return the resolution by which `unit` began: "Nghị quyết 1674/NQ-UBTVQH15"; "" where none is known."""
    return resolution_in(beginning_of(unit.source))


def _change(arrow: UnitSuccession, other: AdministrativeUnit) -> Change:
    told = arrow.predecessor.source
    return Change(
        unit=other,
        day=arrow.date,
        resolution=resolution_in(ending_of(told)) or resolution_of(arrow.successor),
        certainty=certainty_of(told),
    )


def is_used(unit: AdministrativeUnit, *, by_data: bool = False) -> bool:
    """Return whether anything refers to `unit`: accounts, reports, records, units below, successions.

    With `by_data` units and successions themselves do not count.
    """
    apart = (AdministrativeUnit, UnitSuccession) if by_data else ()
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: unit}).exists()
        for relation in AdministrativeUnit._meta.related_objects
        if relation.related_model not in apart
    )
