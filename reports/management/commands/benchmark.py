"""`manage.py benchmark [NAME …] [--rows N]`: ratios measured side by side, in scratch data.

`country` and `deadline` run only where they are named, and take --communes, --records, --years and --plans.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.test.utils import override_settings


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


def by_name() -> set[str]:
    """Return the benchmarks that run only where they are named."""
    return import_module("tests.benchmarks.ratios").BY_NAME


class Command(BaseCommand):
    """Run all benchmarks, or those named, each ratio beside its bar."""

    help = (
        "Measure ratios in a scratch database of the same engine; the site's data is not touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
        parser.add_argument("--rows", type=int, default=100_000, help="rows of the big tables")
        parser.add_argument("--communes", type=int, default=166, help="of a country")
        parser.add_argument("--records", type=int, default=800_000, help="of a country")
        parser.add_argument("--years", type=int, default=10, help="of a country")
        parser.add_argument("--plans", default="", help="folder for the plans of slow statements")

    def handle(self, *, names: list[str], rows: int, **sizes: Any) -> None:
        known = known_benchmarks()
        unknown = sorted(set(names) - known.keys())
        if unknown:
            listed = ", ".join(sorted(known))
            raise CommandError(f"unknown benchmark {', '.join(unknown)} (known: {listed})")
        if rows < 1:
            raise CommandError("--rows must be at least 1")
        self.stdout.write(f"{connection.vendor}, {rows} rows")
        missed = 0
        for name in names or sorted(known.keys() - by_name()):
            for ratio in self.run_in_scratch(partial(known[name], **self.size(name, sizes)), rows):
                self.stdout.write(f"{name}: {ratio}")
                missed += not ratio.holds
        if missed:
            raise CommandError(f"{missed} bar(s) missed")

    @staticmethod
    def size(name: str, sizes: dict[str, Any]) -> dict[str, Any]:
        """Return what a benchmark of a country is told beside the rows."""
        if name not in by_name():
            return {}
        world = import_module("tests.benchmarks.country_world")
        return {"size": world.Size(*(sizes[k] for k in ("communes", "records", "years", "plans")))}

    def run_in_scratch(self, function: Any, rows: int) -> list:
        """Run one benchmark in an empty database beside the site's: on SQLite a file, as the site's is.

        Statements are not logged, whatever DEBUG says: the floor's long ones would cost most.
        """
        with (
            tempfile.TemporaryDirectory(prefix="danvan-") as folder,
            override_settings(DEBUG=False),
        ):
            return self.run_beside(folder, function, rows)

    @staticmethod
    def run_beside(folder: str, function: Any, rows: int) -> list:
        """Run one benchmark in a database that is made and dropped; a file lies in `folder`."""
        name = connection.settings_dict["NAME"]
        file = connection.vendor == "sqlite"
        scratch = f"{folder}/scratch.sqlite3" if file else f"benchmark_{name}"
        test = connection.settings_dict["TEST"]
        test["NAME"] = scratch if file else test["NAME"] or scratch
        try:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        except Error as error:
            raise CommandError(f"no scratch database could be made: {error}") from error
        try:
            return function(rows)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)
