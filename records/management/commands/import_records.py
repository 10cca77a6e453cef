"""`manage.py import_records KIND FILE.xlsx --user NAME [--dry-run] [--errors FILE.xlsx]`."""

from typing import Any

from django.core.management.base import CommandParser

from danvan.imports.commandline import ImportCommand
from danvan.imports.targets import target_of
from records.kinds import BY_SLUG
from records.sheets.recognitions import RECOGNITIONS


class Command(ImportCommand):
    help = "Import records of one kind from a workbook, all or nothing, with the rights of a user."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [*BY_SLUG, RECOGNITIONS.slug]
        parser.add_argument("kind", choices=kinds, metavar="KIND", help=", ".join(kinds))
        self.add_import_arguments(parser)

    def handle(self, *, kind: str, **options: Any) -> None:
        self.run_import(target_of(kind), {}, **options)
