"""What the commands that send out a unit's consolidation ask for: which unit, which years."""

import datetime

from django.core.management.base import CommandError, CommandParser

from danvan.units.models import AdministrativeUnit
from reports.models import ReportingPeriod
from reports.models.period import COUNTED_KINDS


def add_scope(parser: CommandParser, ending: str) -> None:
    """Add the options they share; the file they write is called `ending`."""
    parser.add_argument("--unit", required=True, metavar="CODE", help="code of the unit, e.g. 35")
    parser.add_argument("--years", required=True, metavar="2021-2022", help="a year or a range")
    parser.add_argument(
        "--include-submitted", action="store_true", help="also reports that wait for approval"
    )
    parser.add_argument("--output", required=True, metavar=f"FILE{ending}")


def find_period(first: int, last: int) -> ReportingPeriod:
    """Return the last period of the range. Raises CommandError when none was opened."""
    periods = ReportingPeriod.objects.filter(kind__in=COUNTED_KINDS, year__range=(first, last))
    period = periods.order_by("-start").first()
    if period is None:
        raise CommandError(f"no reporting period was opened in {first}-{last}")
    return period


def find_unit(code: str, day: datetime.date) -> AdministrativeUnit:
    """Return the unit of `code` on `day`. Raises CommandError."""
    try:
        return AdministrativeUnit.objects.find(code.strip(), on=day)
    except AdministrativeUnit.DoesNotExist as error:
        raise CommandError(f"--unit: there is no unit with code {code!r}") from error
