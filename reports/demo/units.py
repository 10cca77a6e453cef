"""From a unit's row to what the figures need to know of it."""

from danvan.units.models import AdministrativeUnit, Level
from reports.demo.board import DemoUnit


def demo_unit(unit: AdministrativeUnit) -> DemoUnit:
    """Return what the figures need to know of a unit."""
    return DemoUnit(unit.code, Level(unit.level).letter, unit.full_name_in_text)
