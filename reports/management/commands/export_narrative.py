"""`manage.py export_narrative --unit CODE --years 2021-2022 --output FILE.docx`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.common.ops.arguments import read_target, read_years, whole_file
from danvan.common.sheets.precheck import FileRefused
from reports.consolidation.scope import Scope
from reports.documents.narrative.drafting import collect_draft, own_template, write_draft
from reports.documents.word.paper import ENDING
from reports.management.asked import add_scope, find_period, find_unit
from reports.models import PeriodKind, ReportingPeriod

INTERIM = (PeriodKind.HALF, PeriodKind.QUARTER)


class Command(BaseCommand):
    """Write the draft of the report of a unit and all below it into a Word file."""

    help = "Write the draft of a unit's report in Word for a year, a range or an interim period."

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser, ENDING)
        parser.add_argument(
            "--period", type=int, metavar="ID", help="id of an interim period of that year instead"
        )
        parser.add_argument(
            "--best-and-last",
            action="store_true",
            help="also name the units with the highest and lowest figures",
        )

    def handle(self, *, unit: str, years: str, output: str, **options: Any) -> None:
        first, last = read_years(years)
        target = read_target(output, ENDING)
        interim = _interim(options["period"], first, last)
        period = interim or find_period(first, last)
        found = find_unit(unit, period.structure_date)
        scope = Scope(
            found, first, last, include_submitted=options["include_submitted"], interim=interim
        )
        draft = collect_draft(scope, rank=options["best_and_last"], template=own_template(scope))
        figures = draft.narrative.found
        if not figures.expected:
            raise CommandError(f"{found} has no report in {years}")
        try:
            document = write_draft(draft)
        except FileRefused as refusal:
            raise CommandError(f"the office's own template: {refusal}") from refusal
        with whole_file(target) as file:
            file.write(document)
        included = f"{figures.included} of {figures.expected} reports included"
        self.stdout.write(f"{target}: {found}, {years}, {included}")


def _interim(pk: int | None, first: int, last: int) -> ReportingPeriod | None:
    """Return the interim period asked for, None for none. Raises CommandError."""
    if pk is None:
        return None
    period = ReportingPeriod.objects.filter(pk=pk, kind__in=INTERIM).first()
    if period is None or (period.year, period.year) != (first, last):
        raise CommandError(f"--period: {first} has no interim period {pk}")
    return period
