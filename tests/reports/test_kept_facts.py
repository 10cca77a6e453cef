"""What was added up once is not added up again, and nothing that changed is ever told from memory."""

import json
from collections import Counter
from dataclasses import fields
from decimal import Decimal
from unittest import mock

from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from reports.consolidation import keeping
from reports.consolidation.parts import Facts, Part
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Indicator, KeptFacts, Report, kept
from reports.workflow.moves import make_move
from reports.workflow.periods import open_period
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.ops.faulty import locked_by_somebody


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
        self.assertEqual(KeptFacts.objects.count(), 1)

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

    def test_few_reports_are_added_up_each_time(self):
        self.asked(unit=self.cast["xa-13369"].unit)
        self.assertFalse(KeptFacts.objects.exists())

    def test_no_more_than_a_limit_is_kept(self):
        with mock.patch.object(kept, "LIMIT", 2):
            for number in range(4):
                self.write("13363", DT01=number + 10)
                self.asked()
        self.assertEqual(KeptFacts.objects.count(), 2)
        self.assertEqual(self.asked()[1], [], "the newest are kept")


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
