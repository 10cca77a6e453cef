"""What was added up once is not added up again, and nothing that changed is ever told from memory."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import fields
from decimal import Decimal
from unittest import mock

from django.db import connection, transaction
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from danvan.common.db import moment
from danvan.common.db.moment import one_moment
from reports.consolidation import facts, keeping
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Total
from reports.consolidation.parts import Facts, Part
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Indicator, KeptFacts, Qualifier, Report
from reports.workflow.moves import make_move
from reports.workflow.periods import open_period
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.ops.faulty import another_connection, locked_by_somebody


class KeptFactsTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.period = build_world(cls.cast).period
        cls.tinh, cls.board = cls.cast["tinh"], cls.cast["huyen-349"]
        cls.write(cls, "13369", DT01=3, VD01="0.5")
        cls.write(cls, "13363", DT01=4)
        cls.move(cls, "13369", "submit")

    def report(self, code: str) -> Report:
        return Report.objects.get(period=self.period, unit__code=code)

    def write(self, code: str, **numbers) -> None:
        report = KeptFactsTest.report(self, code)
        figures = {name: Figure(Decimal(number), note="Đúng") for name, number in numbers.items()}
        write_figures(report, figures, actor=report_owner(self.cast, code), source="form")

    def move(self, code: str, action: str, **options) -> None:
        report = KeptFactsTest.report(self, code)
        if action == "submit":
            submit(report, user=report_owner(self.cast, code), blanks_confirmed=True)
        else:
            make_move(report, action, user=self.board, **options)

    def consolidated(self, *, unit=None, first=2024, submitted=True):
        scope = Scope(unit or self.tinh.unit, first, 2024, include_submitted=submitted)
        return consolidate(ScopeData(scope))

    def asked(self, **options) -> tuple[dict, list[str]]:
        """Return what is told of each indicator, and the queries that read figures."""
        with (
            CaptureQueriesContext(connection) as queries,
            self.captureOnCommitCallbacks(execute=True),
        ):
            told = self.consolidated(**options)
        read = [one["sql"] for one in queries if '"reports_value"' in one["sql"]]
        return numbers_of(told), read

    def check(self, **options) -> dict:
        """Consolidate by way of what is kept and without it: the same; return what is told."""
        told, _ = self.asked(**options)
        with mock.patch.object(keeping, "FEWEST", 10**9):
            assert numbers_of(self.consolidated(**options)) == told
        return told

    def test_the_second_time_no_figure_is_read(self):
        first, read = self.asked()
        self.assertTrue(read)
        self.assertEqual(self.asked(), (first, []))
        self.assertEqual(first["DT01"][0], 3)
        self.assertEqual(KeptFacts.objects.count(), 2, "facts of a year, lines of all years")

    def test_kept_lines_are_read_at_once_and_are_the_same(self):
        told = self.consolidated_twice(first=2023)
        self.assertEqual(*told)
        with mock.patch.object(keeping, "FEWEST", 10**9):
            self.assertEqual(self.consolidated(first=2023), told[1])

    def consolidated_twice(self, **options):
        with self.captureOnCommitCallbacks(execute=True):
            first = self.consolidated(**options)
        with self.assertNumQueries(7):  # periods, indicators, unit, reports; lines; missing, named
            return first, self.consolidated(**options)

    def test_every_change_is_told_at_once(self):
        steps = [
            (lambda: self.move("13363", "submit"), 7),
            (lambda: self.move("13369", "return", reason="Xem lại"), 4),
            (lambda: self.write("13369", DT01=30), 4),
            (lambda: self.move("13369", "submit"), 34),
            (lambda: self.move("13369", "approve"), 34),
            (lambda: self.write("349", DT01=1), 34),
            (lambda: self.move("13369", "reopen", reason="Sai"), 4),
        ]
        self.assertEqual(self.check()["DT01"][0], 3)
        for step, expected in steps:
            step()
            self.assertEqual(self.check()["DT01"][0], expected)

    def test_states_sections_and_the_catalogue_are_part_of_the_key(self):
        self.check()
        self.assertIsNone(self.check(submitted=False)["DT01"][0])
        Indicator.objects.filter(code="DT01").update(aggregation="NONE")
        self.assertNotEqual(self.check()["DT01"][0], 3)

    def test_a_year_that_is_kept_stands_beside_one_that_is_not(self):
        self.check()
        earlier = open_period(2023, actor=self.tinh)
        _, read = self.asked(first=2023)
        self.assertTrue(read)
        for sql in read:
            self.assertIn(f'"period_id" IN ({earlier.pk})', sql)
        self.check(first=2023)
        self.assertEqual(self.asked(first=2023)[1], [])
        KeptFacts.objects.exclude(facts__has_key="parts").delete()
        self.assertEqual(self.asked(first=2023)[1], [], "of kept facts")

    def test_everything_that_facts_say_is_kept(self):
        """A new field of Facts is kept as well, or is made of what is restated."""
        made = {"pieces", "mixed"}
        assert {field.name for field in fields(Facts)} - made == {"parts", "ranks", *keeping.COUNTS}
        place, facts = (7, "commune"), Facts()
        facts.add_part("DT01", place, Part(Decimal("0.5"), 2, 1, 1))
        facts.ranks = {"CQ01": {place: Counter({1: 2, 3: 1})}}
        facts.units, facts.included, facts.ended = (Counter({place: n}) for n in (3, 2, 1))
        through = json.loads(json.dumps(keeping._packed(facts, 7)))
        self.assertEqual(keeping._unpacked(through, 7), facts)
        facts.add_part("DT01", (8, "commune"), Part(Decimal(9), 1))
        self.assertEqual(
            json.loads(json.dumps(keeping._packed(facts, 7))), through, "of one period only"
        )

    def test_everything_that_a_line_says_is_kept(self):
        some = Total(
            Decimal("0.50"), Qualifier.ABOUT, 2, 2023, Decimal(1), None, Decimal("1E+2"), None
        )
        figures = {"B": (some, Total(ranks=(("Tốt", 2), ("Khá", 1)))), "A": (Total(), some)}
        figures["C"] = (
            Total(Decimal(1) / 3),
            Total(is_estimated=True),
            Total(is_incomparable=True),
        )
        counts = Facts(units=Counter({(7, "commune"): 3}), included=Counter({(7, "commune"): 2}))
        packed = json.loads(json.dumps(keeping._packed_lines(keeping.LineFigures(figures, counts))))
        told = keeping._unpacked_lines(packed)
        self.assertEqual(told, keeping.LineFigures(figures, counts))
        self.assertEqual(list(told.figures), ["B", "A", "C"])
        self.assertEqual(str(told.figures["B"][0]), str(some))

    def test_few_reports_are_added_up_each_time(self):
        self.asked(unit=self.cast["xa-13369"].unit)
        self.assertFalse(KeptFacts.objects.exists())

    def test_no_more_than_a_limit_is_kept(self):
        with mock.patch.object(KeptFacts, "LIMIT", 4):
            for number in range(4):
                self.write("13363", DT01=number + 10)
                self.asked()
        self.assertEqual(KeptFacts.objects.count(), 4)
        self.assertEqual(self.asked()[1], [], "the newest are kept")


class OneMomentTest(TransactionTestCase):
    """What others write while figures are read: they are kept under the name of what was read."""

    def setUp(self):
        cast = build_cast()
        self.report = build_world(cast).report
        self.scope = Scope(cast["tinh"].unit, 2024, 2024)

    def told(self) -> int:
        """Return how many reports of communes are of a unit that ended, as figures take it."""
        data = ScopeData(self.scope)
        facts = read_facts(data, data.years, ["DT01"])[None]
        return sum(facts.ended.values())

    def end(self, day: str | None) -> None:
        """Somebody else writes a change of units, or takes it back: no version tells it."""
        with closing(another_connection()) as other:
            mark = "?" if connection.vendor == "sqlite" else "%s"
            sql = f"UPDATE reports_report SET until = {mark} WHERE id = {mark}"  # noqa: S608
            other.execute(sql, [day, self.report.pk])
            other.commit()

    def check_between(self, module, name: str) -> None:
        """A change that comes in after `name` of `module` was done, and is undone later, leaves nothing."""
        real, waiting = getattr(module, name), [1]

        def then_a_change(*args, **kwargs):
            done = real(*args, **kwargs)
            if waiting:
                waiting.pop()
                self.end("2024-07-01")
            return done

        with mock.patch.object(module, name, then_a_change):
            self.told()
        assert not waiting
        self.end(None)
        self.assertEqual(self.told(), 0)
        self.end("2024-07-01")
        self.assertEqual(self.told(), 1)

    def test_a_change_after_the_key_was_read_and_undone_later(self):
        self.check_between(keeping, "_keys")

    def test_a_change_while_figures_are_read_and_undone_later(self):
        self.check_between(facts, "_read_units")

    def test_all_reads_see_one_moment_and_keep_no_writer_out(self):
        with one_moment("default") as is_one:
            before = Report.objects.filter(until=None).count()
            self.end("2024-07-01")
            self.assertEqual((is_one, Report.objects.filter(until=None).count()), (True, before))
        self.assertEqual(Report.objects.filter(until=None).count(), before - 1)
        Report.objects.update(until=None)  # writing is as ever

    def test_in_somebodys_transaction_of_many_moments_nothing_is_kept(self):
        with mock.patch.object(moment, "ALWAYS_ONE", {"sqlite"}), transaction.atomic():
            self.told()
        self.assertEqual(KeptFacts.objects.exists(), connection.vendor == "sqlite")


class BusyTest(TransactionTestCase):
    def test_where_nothing_can_be_kept_now_the_page_is_told_all_the_same(self):
        cast = build_cast()
        build_world(cast)
        with locked_by_somebody("reports_keptfacts"), self.assertLogs("danvan.faults", "WARNING"):
            told = consolidate(ScopeData(Scope(cast["tinh"].unit, 2024, 2024)))
        self.assertIn("DT01", told.lines)
        self.assertFalse(KeptFacts.objects.exists())


def report_owner(cast, code):
    return cast.get(f"xa-{code}") or cast[f"huyen-{code}"]


def numbers_of(told) -> dict:
    return {
        code: (line.total.number, line.total.qualifier, line.total.reports, line.by_year)
        for code, line in told.lines.items()
    }
