"""Figures of many reports are grouped in another way than those of few: they are the same."""

from unittest import mock

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from reports.consolidation import grouping, keeping
from reports.models import Qualifier, Report, State, Value
from tests.reports.consolidation_data import consolidated, enter, make_period, make_tree


@mock.patch.object(keeping, "FEWEST", 10**9)
class Grouped(TestCase):
    """2022 as the small province has it, and 2023 with figures at all levels, some inexact."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        enter(make_period(2022), "4", DT01=9, CQ01=1)
        cls.y2023 = make_period(2023)
        enter(cls.y2023, "35", DT01=2, DT03=1, DV09=4)
        enter(cls.y2023, "350", DT01=3, DT03=3, DV10="0.5")
        for number, code in enumerate(("1", "2", "3", "4")):
            enter(cls.y2023, code, DT01=number, DT03=1, CQ01=1, CQ02=2, GS08=5, VD01="0.125")
        one = Value.objects.filter(report__unit__code="1", indicator__code="DT01")
        one.update(qualifier=Qualifier.AT_LEAST)

    def told(self, many: int, *years: int, **options) -> tuple:
        """Return all figures where `many` reports are many, and the queries that add."""
        with (
            mock.patch.object(grouping, "MANY", many),
            CaptureQueriesContext(connection) as queries,
        ):
            found = consolidated(self.tree["35"], *years, **options)
        sums = [one["sql"] for one in queries if 'SUM("reports_value"' in one["sql"]]
        return found, sums

    def check(self, *years: int, joins: int, unions: int = 1, **options) -> None:
        """Hold many against few; `joins` of reports stand in the query of many."""
        few, _ = self.told(10**9, *years, **options)
        many, (sums,) = self.told(0, *years, **options)
        self.assertEqual(many, few)
        self.assertEqual((sums.count("JOIN"), sums.count("UNION")), (joins, unions))


@mock.patch.object(grouping, "BY_HASH", set())
class SortingTest(Grouped):
    """As for an engine that sorts in order to group."""

    def test_where_nearly_all_are_included_only_the_others_are_joined(self):
        with mock.patch.object(grouping, "FEW", 1):
            self.check(2023, 2023, joins=1)

    def test_where_many_are_missing_each_side_is_joined(self):
        reports = Report.objects.filter(period=self.y2023, unit__code__in=["1", "350"])
        reports.update(state=State.DRAFT)
        self.check(2023, 2023, joins=2)

    def test_a_draft_counts_nowhere(self):
        Report.objects.filter(period=self.y2023, unit__code="2").update(state=State.DRAFT)
        with mock.patch.object(grouping, "FEW", 1):
            self.check(2023, 2023, joins=1)
            self.check(2023, 2023, joins=1, include_submitted=True)

    def test_several_years(self):
        for few, joins in ((1, 1), (10**9, 2)):
            with mock.patch.object(grouping, "FEW", few):
                self.check(2022, 2023, joins=joins)

    def test_a_part_of_all(self):
        self.check(2023, 2023, joins=2, levels=("commune", "district"))


@mock.patch.object(grouping, "BY_HASH", {connection.vendor})
class HashingTest(Grouped):
    """As for an engine that groups by hash: all levels in one pass, unless hardly anything is left out."""

    def test_hardly_anything_is_left_out(self):
        with mock.patch.object(grouping, "FEW_BY_HASH", 1):
            self.check(2023, 2023, joins=1)
            with mock.patch.object(grouping, "is_one_moment", lambda using: True):
                self.check(2023, 2023, joins=1)
                self.check(2022, 2023, joins=1)
                Report.objects.filter(period=self.y2023, unit__code="2").update(state=State.DRAFT)
                self.check(2023, 2023, joins=1)
                self.check(2023, 2023, joins=1, include_submitted=True)
                Report.objects.filter(period=self.y2023).exclude(level="commune").delete()
                self.check(2023, 2023, joins=1)

    def test_levels_are_grouped_in_one_pass(self):
        self.check(2023, 2023, joins=4, unions=3)
        self.check(2022, 2023, joins=4, unions=3)
        self.check(2023, 2023, joins=4, unions=3, levels=("commune", "district"))

    def test_who_is_missing_counts_nowhere(self):
        Report.objects.filter(period=self.y2023, unit__code="2").update(state=State.DRAFT)
        self.check(2023, 2023, joins=4, unions=3)
        self.check(2023, 2023, joins=4, unions=3, include_submitted=True)

    def test_most_indicators_are_not_looked_for_one_by_one(self):
        _, (all_sections,) = self.told(0, 2023, 2023)
        _, (one,) = self.told(0, 2023, 2023, section="DT")
        sums = [sql.partition(" UNION ")[0] for sql in (all_sections, one)]
        self.assertEqual(['"indicator_id" IN' in sql for sql in sums], [False, True])
