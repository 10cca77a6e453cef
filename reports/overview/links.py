"""Where each mark of the picture leads: the reports behind a figure, the list behind a count."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.kinds import Level
from danvan.units.models import AdministrativeUnit
from reports.consolidation.units import RowKey
from reports.models import State
from reports.overview.picture import Picture

# The counts of the picture, each with what its list of reports is narrowed to.
COUNTED: dict[str, dict[str, str]] = {
    "all": {},
    **{state: {"state": state} for state in ("to_send", "overdue", *State.values)},
    "deviating": {"deviation": "any"},
    "explained": {"deviation": "explained"},
    "unexplained": {"deviation": "unexplained"},
}


class Links:
    """The addresses of one picture, all within what it shows."""

    def __init__(self, found: Picture, user: User) -> None:
        self.unit, self.period = found.unit, found.progress.period
        restated = found.area.restated
        self.asked: dict[str, Any] = {"unit": unit_key(found.unit)}
        if restated:
            self.asked["as_of"] = restated.day.isoformat()
        self.is_below = bool(user.unit and user.unit_id != found.unit.pk)
        self.year = found.shown.year
        #: the list behind each count
        self.lists = {name: self.list(**asked) for name, asked in COUNTED.items()}

    def figure(self, code: str, year: int, row: int | None = None) -> str:
        """Return the address of the reports behind a figure of the picture, or of one row of it."""
        asked = {**self.asked, "first": year}  # one year: the last is the first
        if row is not None:
            asked["row"] = str(RowKey(row))
        return f"{reverse('reports:drill', args=[code])}?{urlencode(asked)}"

    def table(self) -> str:
        """Return the address of the whole consolidation of the year that is told."""
        asked = {**self.asked, "first": self.year, "last": self.year}
        return f"{reverse('reports:consolidation')}?{urlencode(asked)}"

    def unit_picture(self, unit: AdministrativeUnit) -> str:
        """Return the address of the picture of another unit."""
        return f"{reverse('reports:overview')}?{urlencode({'unit': unit_key(unit)})}"

    def report(self, pk: int) -> str:
        return reverse("reports:detail", args=[pk])

    def list(self, **asked: Any) -> str:
        """Return the address of the list of reports behind a count."""
        if self.is_below and self.unit.level == Level.DISTRICT:
            asked.setdefault("area", self.unit.pk)
        query = urlencode({"period_choice": self.period.pk, **asked})
        return f"{reverse('reports:list')}?{query}"


def unit_key(unit: AdministrativeUnit) -> str:
    """Return what names a unit in an address, whoever had its code before or after."""
    return f"{unit.code}@{unit.valid_from}"
