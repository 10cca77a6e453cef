"""`manage.py open_period YEAR`: open a reporting year for every unit in force."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.days import records_on
from reports.models import PeriodKind
from reports.workflow.gaps import gaps_beside
from reports.workflow.periods import default_dates, open_period

DATES = ("start", "end", "structure-date", "due-commune", "due-district", "due-province")


class Command(BaseCommand):
    help = "Open a reporting year: freezes its catalogue and the list of units that must report."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--kind", choices=PeriodKind.values, default=PeriodKind.YEAR)
        for name in DATES:
            parser.add_argument(f"--{name}", type=datetime.date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *, year: int, kind: str, **options: Any) -> None:
        names = [name.replace("-", "_") for name in DATES]
        given = {name: options[name] for name in names if options[name]}
        if not 2000 <= year <= 2100:
            raise CommandError(f"{year} is not a year between 2000 and 2100.")
        dates = default_dates(year) | given
        for gap in gaps_beside(kind, dates["start"], dates["end"]):
            number = records_on(gap.first, gap.last).total()
            self.stderr.write(f"In no period: {gap.first} to {gap.last}, {number} records.")
        try:
            period = open_period(year, actor=None, kind=kind, **given)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{period}: {period.reports.count()} units must report.")
