"""The numbers of the consolidation, without a page and without a workbook."""

import itertools
from decimal import Decimal
from unittest import mock

from django.test import TestCase
from django.utils import timezone

from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation import keeping, scope
from reports.models import DeadlineExtension, PeriodKind, Qualifier, Report, State
from tests.reports.consolidation_data import (
    INDICATORS,
    add_communes,
    consolidated,
    enter,
    make_catalogue,
    make_period,
    make_tree,
    make_unit,
    merge_communes,
    rename_district,
    set_state,
)


class Small(TestCase):
    """The small province with the year 2022, approved."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2022 = make_period(2022)

    def lines(self, first=2022, last=2022, unit="35", **options):
        unit = self.tree[unit] if isinstance(unit, str) else unit
        return consolidated(unit, first, last, **options).lines

    def by_level(self, line):
        return tuple(line.by_level[level].number for level in ("province", "district", "commune"))


class SumTests(Small):
    def test_blank_is_not_zero_and_levels_add_up(self):
        enter(self.y2022, "35", DT01=3)
        enter(self.y2022, "350", DT01=0)
        enter(self.y2022, "1", DT01=None)
        line = self.lines()["DT01"]
        self.assertEqual(self.by_level(line), (3, 0, None))
        self.assertEqual((line.total.number, line.total.reports), (3, 2))
        self.assertTrue(self.lines()["DT07"].total.is_blank)
        self.assertEqual(line.by_level["commune"].reports, 0)

    def test_at_least_wins_over_about_only_where_it_is(self):
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT01=1000)
        enter(self.y2022, "347", Qualifier.ABOUT, DT01=100)
        enter(self.y2022, "35", DT01=40)
        line = self.lines()["DT01"]
        self.assertEqual((line.total.number, line.total.qualifier), (1140, Qualifier.AT_LEAST))
        self.assertEqual(line.by_level["district"].qualifier, Qualifier.ABOUT)
        self.assertEqual(line.by_level["province"].qualifier, Qualifier.EXACT)

    def test_a_blank_with_a_qualifier_makes_nothing_inexact(self):
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT01=None)
        enter(self.y2022, "2", DT01=5)
        self.assertEqual(self.lines()["DT01"].total.qualifier, Qualifier.EXACT)

    def test_decimals_stay_exact(self):
        enter(self.y2022, "1", VD01="0.1")
        enter(self.y2022, "2", VD01="0.2")
        self.assertEqual(self.lines()["VD01"].total.number, Decimal("0.3"))

    def test_computed_sum_is_the_formula_of_each_column(self):
        enter(self.y2022, "35", DV09=21)
        enter(self.y2022, "350", Qualifier.AT_LEAST, DV10=246)
        enter(self.y2022, "1", DV11=705)
        line = self.lines()["DV08"]
        self.assertEqual(self.by_level(line), (21, 246, 705))
        self.assertEqual((line.total.number, line.total.qualifier), (972, Qualifier.AT_LEAST))

    def test_only_approved_unless_asked(self):
        enter(self.y2022, "1", DT01=1)
        for code, state in (("2", State.SUBMITTED), ("3", State.RETURNED), ("4", State.REOPENED)):
            enter(self.y2022, code, DT01=10)
            set_state(self.y2022, code, state)
        self.assertEqual(self.lines()["DT01"].total.number, 1)
        self.assertEqual(self.lines(include_submitted=True)["DT01"].total.number, 11)

    def test_one_section_and_what_its_formulas_read(self):
        enter(self.y2022, "1", DV11=4, DT01=1)
        lines = self.lines(section="DV")
        self.assertEqual(list(lines), ["DV08", "DV09", "DV10", "DV11"])
        self.assertEqual(lines["DV08"].total.number, 4)

    def test_one_level(self):
        enter(self.y2022, "1", DT01=4)
        enter(self.y2022, "35", DT01=1)
        line = self.lines(levels=("commune",))["DT01"]
        self.assertEqual((list(line.by_level), line.total.number), (["commune"], 4))

    def test_within_hides_what_the_reader_may_not_see(self):
        enter(self.y2022, "1", DT01=4)
        enter(self.y2022, "3", DT01=1)
        seen = AdministrativeUnit.objects.filter(code__in=["1", "2"])
        self.assertEqual(self.lines(within=seen)["DT01"].total.number, 4)

    def test_texts_are_told_elsewhere(self):
        self.assertNotIn("NX01", self.lines())

    def test_interim_periods_never_count(self):
        catalogue = self.y2022.catalogue
        half = make_period(
            2022, catalogue=catalogue, kind=PeriodKind.HALF, end=self.y2022.end.replace(month=6)
        )
        enter(half, "1", DT01=7)
        self.assertTrue(self.lines()["DT01"].total.is_blank)

    def test_years_reversed(self):
        with self.assertRaises(ValueError):
            consolidated(self.tree["35"], 2023, 2022)


class RatioTests(Small):
    def test_ratio_of_sums_not_average_of_ratios(self):
        enter(self.y2022, "1", DT07=1, DT08=1)  # 100 %
        enter(self.y2022, "2", DT07=99, DT08=0)  # 0 %
        figure = self.lines()["DT11"].total
        self.assertEqual((figure.number, figure.numerator, figure.denominator), (1, 1, 100))

    def test_denominator_zero_is_blank(self):
        enter(self.y2022, "1", DT07=0, DT08=0)
        figure = self.lines()["DT11"].total
        self.assertIsNone(figure.number)
        self.assertEqual(figure.denominator, 0)

    def test_inexact_parts(self):
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT08=90)
        enter(self.y2022, "1", DT07=100)
        enter(self.y2022, "350", Qualifier.AT_LEAST, DT07=100)
        enter(self.y2022, "350", DT08=90)
        line = self.lines()["DT11"]
        self.assertEqual(line.by_level["commune"].qualifier, Qualifier.AT_LEAST)
        self.assertEqual(line.by_level["district"].qualifier, Qualifier.ABOUT)

    def test_extremes_of_single_years(self):
        y2023 = make_period(2023)
        enter(self.y2022, "1", DT07=100, DT08=90)
        enter(y2023, "1", DT07=300, DT08=300)
        total = self.lines(2022, 2023)["DT11"].total
        self.assertEqual((total.number, total.low, total.high), (Decimal("97.5"), 90, 100))
        self.assertIsNone(self.lines(2022, 2022)["DT11"].total.low)

    def test_units_of_a_level_are_those_that_must_report(self):
        enter(self.y2022, "1", DT03=2)
        enter(self.y2022, "2", DT03=0)
        enter(self.y2022, "35", DT03=5)
        set_state(self.y2022, "4", State.DRAFT)  # must report, has not
        line = self.lines()["DT14"]
        self.assertEqual((line.total.numerator, line.total.denominator), (1, 4))
        self.assertEqual(self.by_level(line), (None, None, 25))

    def test_units_follow_the_year_of_the_count(self):
        enter(self.y2022, "1", DT03=2)
        add_communes(self.tree["350"], 3)
        make_period(2023, state=State.DRAFT)
        figure = self.lines(2022, 2023)["DT14"].total
        self.assertEqual((figure.denominator, figure.as_of), (4, 2022))


class CountTests(Small):
    def test_counts_reports_that_meet_the_condition(self):
        enter(self.y2022, "1", DT03=2)
        enter(self.y2022, "2", DT03=0)
        enter(self.y2022, "350", DT03=9)
        line = self.lines()["DT13"]
        self.assertEqual(self.by_level(line), (None, 1, 1))
        self.assertEqual((line.total.number, line.total.reports), (2, 3))

    def test_none_met_is_zero_none_known_is_blank(self):
        enter(self.y2022, "2", DT03=0)
        self.assertEqual(self.lines()["DT13"].total.number, 0)
        self.assertIsNone(self.lines(unit="350")["DT13"].total.number)

    def test_condition_over_two_indicators_is_asked_of_each_report(self):
        enter(self.y2022, "1", DT01=2, DT03=1)
        enter(self.y2022, "2", DT01=1, DT03=9)
        enter(self.y2022, "3", DT01=1)
        self.assertEqual(self.lines()["DT15"].total.number, 1)

    def test_yes_and_no(self):
        enter(self.y2022, "1", CQ01=1)
        enter(self.y2022, "2", CQ01=0)
        figure = self.lines()["CQ01"].total
        self.assertEqual((figure.number, figure.reports), (1, 2))

    def test_counts_are_of_the_last_year_with_data(self):
        y2023 = make_period(2023)
        make_period(2024)
        enter(self.y2022, "1", DT03=1, CQ01=1)
        enter(self.y2022, "2", DT03=1)
        enter(y2023, "2", DT03=1)
        lines = self.lines(2022, 2024)
        self.assertEqual((lines["DT13"].total.number, lines["DT13"].total.as_of), (1, 2023))
        self.assertEqual((lines["CQ01"].total.number, lines["CQ01"].total.as_of), (1, 2022))

    def test_ratings_show_how_many_hold_each_rank(self):
        for code, rank in (("1", 4), ("2", 4), ("3", 2)):
            enter(self.y2022, code, CQ02=rank)
        figure = self.lines()["CQ02"].total
        self.assertEqual(figure.ranks, (("Tốt", 2), ("Trung bình", 1)))
        self.assertIsNone(figure.number)
        self.assertEqual(figure.reports, 3)


class YearTests(Small):
    def test_flows_add_stocks_do_not(self):
        y2023 = make_period(2023)
        enter(self.y2022, "1", DT01=1, GS08=1)
        enter(self.y2022, "2", GS08=1)
        enter(y2023, "1", DT01=2, GS08=1)
        lines = self.lines(2022, 2023)
        self.assertEqual(lines["DT01"].total.number, 3)
        self.assertEqual((lines["GS08"].total.number, lines["GS08"].total.as_of), (1, 2023))
        self.assertEqual(
            [(year, figure.number) for year, figure in lines["GS08"].by_year],
            [(2022, 2), (2023, 1)],
        )

    def test_prior_range_of_equal_length_and_change(self):
        y2021, y2023 = make_period(2021), make_period(2023)
        make_period(2020)
        for period, number in ((y2021, 10), (self.y2022, 4), (y2023, 8)):
            enter(period, "1", DT01=number)
        line = self.lines(2022, 2023)["DT01"]
        self.assertEqual((line.prior.number, line.change), (10, 2))
        self.assertIsNone(self.lines(2022, 2023)["DT07"].change)

    def test_no_comparison_with_half_a_range(self):
        make_period(2023)
        y2021 = make_period(2021)
        enter(y2021, "1", DT01=10)
        found = consolidated(self.tree["35"], 2022, 2023)
        self.assertIsNone(found.prior_years)
        self.assertTrue(found.lines["DT01"].prior.is_blank)

    def test_labels_and_formulas_are_those_of_the_last_year_that_has_them(self):
        rows = [row for row in INDICATORS if row[0] not in ("DV08", "DV10")]
        rows.append(("DV08", "DV", "INT", "", "SUM", "DV09 + DV11", False))
        catalogue = make_catalogue(2023, rows)
        catalogue.indicators.filter(code="DT01").update(label="Tên mới")
        make_period(2023, catalogue=catalogue)
        enter(self.y2022, "350", DV10=5)
        lines = self.lines(2022, 2023)
        self.assertEqual(lines["DT01"].definition.label, "Tên mới")
        self.assertEqual(lines["DV10"].total.number, 5)

    def test_renamed_district_keeps_its_figures(self):
        new = rename_district(self.tree)
        y2025 = make_period(2025)
        make_period(2024)
        make_period(2023)
        enter(self.y2022, "350", DT01=1)
        enter(self.y2022, "3", DT01=10)
        enter(y2025, "350", DT01=100)
        enter(y2025, "4", DT01=1000)
        self.assertEqual(self.lines(2022, 2025, unit=new)["DT01"].total.number, 1111)
        self.assertEqual(self.lines(2022, 2025)["DT01"].total.number, 1111)

    def test_merged_commune_reads_its_predecessors(self):
        new = merge_communes(self.tree)
        y2025 = make_period(2025)
        enter(self.y2022, "3", DT01=1)
        enter(self.y2022, "4", DT01=10)
        enter(y2025, "3", DT01=100)
        self.assertEqual(self.lines(2022, 2025, unit=new)["DT01"].total.number, 111)

    def test_two_parts_of_a_year_are_one_year(self):
        catalogue = make_catalogue(2025)
        first = make_period(
            2025, catalogue=catalogue, kind=PeriodKind.PART, end=self.y2022.end.replace(2025, 6, 30)
        )
        second = make_period(
            2025, catalogue=catalogue, kind=PeriodKind.PART,
            start=self.y2022.end.replace(2025, 7, 1),
        )  # fmt: skip
        enter(first, "1", DT01=1, GS08=5)
        enter(second, "1", DT01=2, GS08=4)
        found = consolidated(self.tree["35"], 2025, 2025)
        self.assertEqual(found.lines["DT01"].total.number, 3)
        self.assertEqual(found.lines["GS08"].total.number, 4)
        self.assertEqual([(y.year, y.expected) for y in found.years], [(2025, 14)])


class MissingTests(Small):
    def test_lists_what_is_not_in_the_figures(self):
        set_state(self.y2022, "2", State.SUBMITTED)
        set_state(self.y2022, "3", State.DRAFT)
        set_state(self.y2022, "4", State.RETURNED)
        late = Report.objects.get(period=self.y2022, unit__code="4")
        DeadlineExtension.objects.create(
            report=late, until=timezone.localdate(), reason="bão", granted_by=make_user(self.tree)
        )
        found = consolidated(self.tree["35"], 2022, 2022)
        self.assertEqual(
            [(m.unit.code, m.state, m.is_overdue) for m in found.missing],
            [("2", "submitted", False), ("3", "draft", True), ("4", "returned", False)],
        )
        self.assertEqual((found.expected, found.included), (7, 4))
        open_too = consolidated(self.tree["35"], 2022, 2022, include_submitted=True)
        self.assertEqual([m.unit.code for m in open_too.missing], ["3", "4"])

    def test_the_first_that_are_named_stand_as_among_all_and_are_of_the_own_province(self):
        make_unit("37", "tinh", "Ninh Bình", Level.PROVINCE)
        y2021 = make_period(2021)
        make_period(2023, state=State.DRAFT)
        for period, codes in ((y2021, "37 4 350"), (self.y2022, "2 1")):
            for code in codes.split():
                set_state(period, code, State.RETURNED)
        every = consolidated(self.tree["35"], 2021, 2023, named=None)
        told = [(one.year, one.unit.code) for one in every.missing]
        self.assertEqual(told[:4], [(2021, "350"), (2021, "4"), (2022, "1"), (2022, "2")])
        self.assertEqual((len(told), {code for year, code in told[4:]}), (11, {*self.tree}))
        for few, most in itertools.product((0, scope.FEW), (1, 2, 3, 5, 11, 12)):
            with mock.patch.object(scope, "FEW", few):
                some = consolidated(self.tree["35"], 2021, 2023, named=most)
            self.assertEqual(some.missing, every.missing[:most])
            self.assertEqual(some.unnamed, max(11 - most, 0))

    def test_the_report_of_a_unit_that_was_undone_counts_nowhere(self):
        """Units of undone changes are no part of what is covered: then not all reports are."""
        enter(self.y2022, "3", DT01=5)
        enter(self.y2022, "4", DT01=7)
        self.assertEqual(consolidated(self.tree["35"], 2022, 2022).expected, 7)
        undone = AdministrativeUnit.objects.filter(code="4")
        undone.update(undone_at=timezone.now())
        found = consolidated(self.tree["35"], 2022, 2022)
        self.assertEqual((found.lines["DT01"].total.number, found.expected), (5, 6))

    def test_a_year_never_opened(self):
        found = consolidated(self.tree["35"], 2030, 2031)
        self.assertEqual((found.sections, found.years, found.expected), ((), (), 0))


class BudgetTests(Small):
    @mock.patch.object(keeping, "FEWEST", 10**9)  # each time as if for the first time
    def test_queries_do_not_grow_with_units(self):
        def count(queries):
            with self.assertNumQueries(queries):
                consolidated(self.tree["35"], 2022, 2023)

        period = make_period(2023)
        enter(period, "1", DT01=1)
        count(5)
        add_communes(self.tree["350"], 100)
        Report.objects.all().delete()
        self.y2022.delete()
        period.delete()
        catalogues = (self.y2022.catalogue, period.catalogue)
        for year, catalogue in zip((2022, 2023), catalogues, strict=True):
            again = make_period(year, catalogue=catalogue, state=State.SUBMITTED)
            enter(again, "9001", DT01=1, DT03=1)
        count(7)  # and which reports are missing


def make_user(tree):
    from danvan.accounts.models import User

    return User.objects.create(username="tinh", unit=tree["35"], role="officer")
