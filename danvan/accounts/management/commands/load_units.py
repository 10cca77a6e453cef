"""`manage.py load_units [FILE.csv] [--province CODE|all]`: load administrative units.

Without a file those of Hà Nam; with --province those of one province (or all) of the country's register.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.accounts.unit_loading import load_units_by_command
from danvan.units.loader import DEFAULT_FILE, UnitFileError
from danvan.units.register import REGISTER


class Command(BaseCommand):
    help = "Load administrative units from a CSV file (all rows or none; safe to repeat)."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument(
            "--province", metavar="CODE|all", help="a province of today with all that became it"
        )

    def handle(
        self, *, file: Path | None = None, province: str | None = None, **options: Any
    ) -> None:
        file = file or (REGISTER if province else DEFAULT_FILE)
        try:
            result = load_units_by_command(file, None if province == "all" else province)
        except OSError as error:
            raise CommandError(f"Cannot open {file}: {error.strerror}") from error
        except UnitFileError as error:
            raise CommandError(f"{file}: nothing loaded\n" + "\n".join(error.problems)) from error
        self.stdout.write(
            f"Units: {result.created} created, {result.changed} changed, {result.unchanged} unchanged; "
            f"{result.successions} successions added."
        )
