"""The frame of `manage.py benchmark`: ratios, bars, the scratch database, unknown names."""

from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase

from tests.benchmarks import ratios as benchmarks
from tests.benchmarks.ratios import Ratio, benchmark, best_of


class RatioTests(SimpleTestCase):
    def test_must_not_exceed(self):
        ratio = Ratio("a", 3.0, "b", 2.0, bar=1.5)
        self.assertEqual((ratio.value, ratio.holds), (1.5, True))
        self.assertFalse(Ratio("a", 3.1, "b", 2.0, bar=1.5).holds)
        self.assertIn("ok      1.50 (bar <= 1.5)", str(ratio))

    def test_must_reach(self):
        ratio = Ratio("fast", 1.0, "stock", 14.0, bar=15, at_least=True)
        self.assertEqual((ratio.value, ratio.holds), (14, False))
        self.assertIn("MISS", str(ratio))

    def test_functions_take_turns(self):
        turns = []
        best = best_of(2, lambda: turns.append("a"), lambda: turns.append("b"))
        self.assertEqual((turns, len(best)), (["a", "b", "a", "b"], 2))


class CommandTests(SimpleTestCase):
    def run_command(self, *names, ratio=None):
        out = StringIO()
        with mock.patch.dict(benchmarks.BENCHMARKS, clear=False):
            benchmark("small")(lambda rows: [ratio or Ratio(f"{rows} rows", 1.0, "b", 2.0, 1.0)])
            path = "reports.management.commands.benchmark.Command.run_in_scratch"
            with mock.patch(path, lambda self, function, rows: function(rows)):
                call_command("benchmark", *names, rows=7, stdout=out)
        return out.getvalue()

    def test_prints_each_ratio(self):
        self.assertIn("small: ok      0.50 (bar <= 1)  7 rows", self.run_command("small"))

    def test_a_missed_bar_fails(self):
        with self.assertRaisesMessage(CommandError, "1 bar(s) missed"):
            self.run_command("small", ratio=Ratio("slow", 9.0, "b", 1.0, 1.0))

    def test_unknown_name(self):
        with self.assertRaisesMessage(CommandError, "unknown benchmark nope"):
            self.run_command("nope")
