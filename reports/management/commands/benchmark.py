"""`manage.py benchmark [NAME …] [--rows N]`: ratios measured side by side, in scratch data."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection


def known_benchmarks() -> dict[str, Callable]:
    """Return the benchmarks by name: they stand with the tests. Raises CommandError where those are missing."""
    try:
        package = import_module("tests.benchmarks")
    except ModuleNotFoundError as error:
        raise CommandError("The benchmarks stand in tests/, which is not here.") from error
    modules = [
        import_module(f"tests.benchmarks.{one.name}") for one in iter_modules(package.__path__)
    ]
    return next(module.BENCHMARKS for module in modules if hasattr(module, "BENCHMARKS"))


class Command(BaseCommand):
    """Run all benchmarks, or those named, each ratio beside its bar."""

    help = (
        "Measure ratios in a scratch database of the same engine; the site's data is not touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
        parser.add_argument("--rows", type=int, default=100_000, help="rows of the big tables")

    def handle(self, *, names: list[str], rows: int, **options: Any) -> None:
        known = known_benchmarks()
        unknown = sorted(set(names) - known.keys())
        if unknown:
            listed = ", ".join(sorted(known))
            raise CommandError(f"unknown benchmark {', '.join(unknown)} (known: {listed})")
        if rows < 1:
            raise CommandError("--rows must be at least 1")
        self.stdout.write(f"{connection.vendor}, {rows} rows")
        missed = 0
        for name in names or sorted(known):
            for ratio in self.run_in_scratch(known[name], rows):
                self.stdout.write(f"{name}: {ratio}")
                missed += not ratio.holds
        if missed:
            raise CommandError(f"{missed} bar(s) missed")

    def run_in_scratch(self, function: Any, rows: int) -> list:
        """Run one benchmark in an empty database made like the one the tests use."""
        name = connection.settings_dict["NAME"]
        test = connection.settings_dict["TEST"]
        test["NAME"] = test["NAME"] or (
            f"benchmark_{name}" if connection.vendor != "sqlite" else None
        )
        try:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        except Error as error:
            raise CommandError(f"no scratch database could be made: {error}") from error
        try:
            return function(rows)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)
