"""The units the demonstration is about, and what its figures need to know of each."""

from danvan.units.models import AdministrativeUnit, Level
from reports.demo.board import DemoUnit
from reports.demo.totals import YEARS
from reports.workflow.periods import default_dates

PROVINCE = "35"
STRUCTURE_DATE = default_dates(YEARS[-1])["structure_date"]


def demo_units() -> list[AdministrativeUnit]:
    """Return the 116 units of Hà Nam as they stood in all demonstration years."""
    province = AdministrativeUnit.objects.find(PROVINCE, on=STRUCTURE_DATE)
    return list(AdministrativeUnit.objects.on(STRUCTURE_DATE).covered_by([province]))


def demo_unit(unit: AdministrativeUnit) -> DemoUnit:
    """Return what the figures need to know of a unit."""
    return DemoUnit(unit.code, Level(unit.level).letter, unit.full_name_in_text)
