"""`manage.py load_units [FILE.csv]`: load administrative units; without a file, those of Hà Nam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.accounts.unit_loading import load_units_by_command
from danvan.units.loader import DEFAULT_FILE, UnitFileError


class Command(BaseCommand):
    help = "Load administrative units from a CSV file (all rows or none; safe to repeat)."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            result = load_units_by_command(file)
        except OSError as error:
            raise CommandError(f"Cannot open {file}: {error.strerror}") from error
        except UnitFileError as error:
            raise CommandError(f"{file}: nothing loaded\n" + "\n".join(error.problems)) from error
        self.stdout.write(
            f"Units: {result.created} created, {result.changed} changed, {result.unchanged} unchanged; "
            f"{result.successions} successions added."
        )
