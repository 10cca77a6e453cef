"""`manage.py import_values FILE.xlsx --year YEAR --user NAME [--dry-run] [--errors FILE.xlsx]`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from danvan.imports.commandline import ImportCommand
from reports.models import ReportingPeriod
from reports.models.period import COUNTED_KINDS
from reports.sheets.columns import VALUES


class Command(ImportCommand):
    help = (
        "Import the figures of one year from a workbook, all or nothing, with the rights of a user."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_import_arguments(parser)
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument(
            "--part", type=int, metavar="N", help="which part of a year that was divided (1, 2, …)"
        )

    def handle(self, *, year: int, part: int | None, **options: Any) -> None:
        rows = ReportingPeriod.objects.filter(year=year, kind__in=COUNTED_KINDS)
        periods = list(rows.order_by("start"))
        if not periods:
            raise CommandError(f"no reporting period was opened for {year}")
        if len(periods) > 1 and not part:
            raise CommandError(f"{year} has {len(periods)} parts: say which with --part")
        if part and not 1 <= part <= len(periods):
            raise CommandError(f"{year} has no part {part}")
        period = periods[part - 1 if part else 0]
        self.run_import(VALUES, {"period": str(period.pk)}, **options)
