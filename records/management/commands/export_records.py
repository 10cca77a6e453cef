"""`manage.py export_records KIND --unit CODE [--years 2021-2022] --output FILE.xlsx`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.common.ops.arguments import read_target, read_years, whole_file
from danvan.units.models import AdministrativeUnit
from records.kinds import BY_SLUG
from records.sheets.exporting import write_records
from records.years import span_of, year_spans


class Command(BaseCommand):
    help = "Write the records of one kind, of a unit and all below it, into a workbook."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kind", choices=sorted(BY_SLUG), metavar="KIND", help=", ".join(BY_SLUG)
        )
        parser.add_argument("--unit", required=True, metavar="CODE")
        parser.add_argument("--years", metavar="2021-2022", help="reporting years (default: all)")
        parser.add_argument("--output", required=True, metavar="FILE.xlsx")

    def handle(
        self, *, kind: Any, unit: AdministrativeUnit, years: Any, output: Any, **options: Any
    ) -> None:
        target = read_target(output)
        versions = list(AdministrativeUnit.objects.filter(code=unit))
        if not versions:
            raise CommandError(f"--unit: there is no unit with code {unit!r}")
        family = {u.pk: u for version in versions for u in version.with_predecessors()}
        units = AdministrativeUnit.objects.covered_by(family.values())
        rows = BY_SLUG[kind].model.objects.filter(unit__in=units.values("pk"))
        if years:
            first, last = read_years(years)
            spans = year_spans()
            rows = rows.between(span_of(first, spans)[0], span_of(last, spans)[1])
        ordered = rows.order_by("unit__code", "start_date", "pk")
        with whole_file(target) as file:
            number = write_records(BY_SLUG[kind], ordered, file)
        self.stdout.write(f"{target}: {number} rows of {kind}")
