"""`manage.py export_consolidated --unit CODE --years 2021-2022 [--as-of 2025-07-01] --output FILE.xlsx`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.common.ops.arguments import read_day, read_target, read_years, whole_file
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import Scope
from reports.documents.workbook.build import build, collect
from reports.management.asked import add_scope, find_period, find_unit
from reports.models import Section
from reports.models.period import COUNTED_KINDS


class Command(BaseCommand):
    """Write the consolidated workbook of a unit and all below it into a file."""

    help = "Write the consolidated Excel workbook of a unit for a year or a range of years."

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser, ".xlsx")
        parser.add_argument("--section", metavar="DT", help="code of one section (default: all)")
        parser.add_argument(
            "--as-of", metavar="2025-07-01", help="restated to the units in force on that day"
        )

    def handle(
        self, *, unit: str, years: str, section: str | None, output: str, **options: Any
    ) -> None:
        first, last = read_years(years)
        as_of = read_day(options["as_of"], "--as-of")
        target = read_target(output)
        last_period = find_period(first, last)
        found = find_unit(unit, as_of or last_period.structure_date)
        code = find_section(section, first, last)
        submitted = options["include_submitted"]
        try:
            content = collect(Scope(found, first, last, code, submitted, as_of=as_of))
        except NotRestatable as problem:
            raise CommandError(f"--as-of: {problem}") from problem
        if not content.consolidation.expected:
            raise CommandError(f"{found} has no report in {years}")
        with whole_file(target) as file:
            build(content).save(file)
        included, expected = content.consolidation.included, content.consolidation.expected
        restated = f", in the units of {as_of}" if as_of else ""
        told = f"{content.consolidation.scope.unit}, {years}{restated}"
        self.stdout.write(f"{target}: {told}, {included} of {expected} reports included")


def find_section(code: str | None, first: int, last: int) -> str | None:
    """Return the section's code as stored. Raises CommandError for an unknown one."""
    if code is None:
        return None
    known = list(
        Section.objects.filter(
            catalogue__periods__kind__in=COUNTED_KINDS,
            catalogue__periods__year__range=(first, last),
        )
        .order_by("order")
        .values_list("code", flat=True)
    )
    if code.strip().upper() not in known:
        raise CommandError(
            f"--section: there is no section {code!r} (known: {', '.join(dict.fromkeys(known))})"
        )
    return code.strip().upper()
