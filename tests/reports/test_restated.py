"""Figures in the units of another day: sums along the successions, divided units, what cannot be compared."""

import datetime
from decimal import Decimal
from unittest import mock

from django.test import TestCase

from danvan.accounts.models import User
from danvan.units.heirs import SplitRule
from danvan.units.models import AdministrativeUnit, Level, UnitSuccession
from reports.consolidation import keeping
from reports.consolidation.drill import drill
from reports.consolidation.facts import read_facts
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.units import RowKey, row_data
from reports.consolidation.words import figure_text, level_text, restated_notes, row_label
from reports.models import Qualifier, Report, ReportUnit, State
from tests.reports.consolidation_data import (
    by_child_unit,
    consolidated,
    enter,
    make_period,
    make_tree,
    make_unit,
)
from tests.reports.test_consolidation_units import added

JANUARY, JULY = datetime.date(2025, 1, 1), datetime.date(2025, 7, 1)


def became(olds, news, day, shares=()):
    """End `olds` on `day` and draw the arrows to each of `news`; `shares` of the first of them."""
    AdministrativeUnit.objects.filter(pk__in=[unit.pk for unit in olds]).update(valid_to=day)
    for old in olds:
        old.valid_to = day
        for place, new in enumerate(news):
            share = shares[place] if place < len(shares) else None
            UnitSuccession.objects.create(
                predecessor=old, successor=new, date=day, share=share and Decimal(share)
            )


class Reformed(TestCase):
    """2022 with districts; xã 3 and 4 merge in January 2025, in July all districts end.

    In July xã 1 and the merged one become xã 8, xã 2 is divided between xã 8 and xã 9.
    """

    SHARES = ()
    NAME = "Phù Lê"

    @classmethod
    def setUpTestData(cls):
        cls.tree = tree = make_tree()
        cls.y2022 = make_period(2022)
        merged = make_unit("3", "xa", "Lê Đại", Level.COMMUNE, tree["350"], start=JANUARY)
        became([tree["3"], tree["4"]], [merged], JANUARY)
        cls.merged = merged
        province = make_unit("37", "tinh", "Ninh Bình", Level.PROVINCE, start=JULY)
        eight = make_unit("8", "xa", cls.NAME, Level.COMMUNE, province, start=JULY)
        nine = make_unit("9", "xa", "Hòa Hậu", Level.COMMUNE, province, start=JULY)
        became([tree["35"]], [province], JULY)
        became([tree["347"], tree["350"]], [], JULY)
        became([tree["1"], merged], [eight], JULY)
        became([tree["2"]], [eight, nine], JULY, cls.SHARES)
        cls.now = {"37": province, "8": eight, "9": nine}
        cls.y2026 = make_period(2026)

    def rows(self, code="DT01", unit="37", first=2022, last=2022):
        """Return the rows of the table by unit: (label, what is read)."""
        total = by_child_unit(self.now[unit], first, last, as_of=JULY).total
        definition = self.lines(unit)[code].definition
        if not definition.is_ratio:
            self.assertEqual(added(total, code), total.figures[code].number or 0)
        found = [(row_label(row), row.figures[code]) for row in total.parts] or [
            (row_label(total), total.figures[code])
        ]
        return [(label, figure_text(figure, definition)) for label, figure in found]

    def grow(self):
        """Add 30 old communes with figures; every fifth of them was divided."""
        for number in range(30):
            old = make_unit(
                str(200 + number), "xa", f"Cũ {number}", Level.COMMUNE, self.tree["347"], end=JULY
            )
            Report.objects.create(
                period=self.y2022, unit=old, reviewer=old, level="commune", state=State.APPROVED
            )
            news = [self.now["8"], self.now["9"]]
            became([old], news if number % 5 == 0 else news[:1], JULY)
            enter(self.y2022, old.code, DT01=2)

    def lines(self, unit="37", first=2022, last=2022, as_of=JULY):
        return consolidated(self.now[unit], first, last, as_of=as_of).lines


class SumTests(Reformed):
    def test_sums_follow_the_successions_through_both_changes(self):
        for code, number in (("35", 1), ("347", 20), ("350", 300), ("1", 4000), ("3", 5), ("4", 6)):
            enter(self.y2022, code, DT01=number)
        self.assertEqual(
            self.rows(),
            [
                ("Cấp tỉnh", "1"),
                ("Cấp huyện (trước 01/7/2025)", "320"),
                ("Xã Phù Lê", "4.011"),
                ("Xã Hòa Hậu", ""),
            ],
        )
        line = self.lines()["DT01"]
        as_was = consolidated(self.now["37"], 2022, 2022).lines["DT01"]
        self.assertEqual((line.total, line.by_level), (as_was.total, as_was.by_level))

    def test_the_level_that_ended_keeps_its_column_and_says_so(self):
        found = consolidated(self.now["37"], 2022, 2022, as_of=JULY)
        heads = [level_text(level, found.restated) for level in found.levels]
        self.assertEqual(heads, ["Cấp tỉnh", "Cấp huyện (trước 01/7/2025)", "Cấp xã"])
        for unit, year, levels in (
            ("37", 2026, ("province", "commune")),
            ("8", 2022, ("commune",)),
        ):
            found = consolidated(self.now[unit], year, year, as_of=JULY)
            self.assertEqual(found.levels, levels)

    def test_a_day_between_the_changes(self):
        for code, number in (("347", 20), ("3", 5), ("4", 6)):
            enter(self.y2022, code, DT01=number)
        found = by_child_unit(self.tree["35"], 2022, 2022, as_of=JANUARY)
        shape = [
            (row_label(row), [(row_label(part), part.figures["DT01"].number) for part in row.parts])
            for row in found.total.parts
        ]
        self.assertEqual(
            shape,
            [
                ("Cấp tỉnh", []),
                ("Thành phố Phủ Lý", [
                    ("Cấp huyện", 20), ("Xã Liêm Chung", None), ("Xã Phù Vân", None),
                ]),
                ("Huyện Kim Bảng", [("Cấp huyện", None), ("Xã Lê Đại", 11)]),
            ],
        )  # fmt: skip

    def test_a_unit_that_ended_is_shown_in_what_it_became(self):
        for code, number in (("35", 1), ("347", 20), ("1", 4), ("2", 7), ("3", 90)):
            enter(self.y2022, code, DT01=number)
        total = by_child_unit(self.tree["35"], 2022, 2022, as_of=JULY).total
        self.assertEqual((total.unit, total.figures["DT01"].number), (self.tree["35"], 122))
        self.assertEqual([row.unit.code for row in total.parts], ["35", "35", "8", "9"])
        city = by_child_unit(self.tree["347"], 2022, 2022, as_of=JULY).total
        self.assertEqual(city.figures["DT01"].number, 31)
        self.assertEqual(
            [(row_label(row), row.figures["DT01"].number) for row in city.parts],
            [("Cấp huyện (trước 01/7/2025)", 20), ("Xã Phù Lê", 11), ("Xã Hòa Hậu", None)],
        )

    def test_years_of_both_trees_are_one_series(self):
        enter(self.y2022, "1", DT01=4)
        enter(self.y2022, "4", DT01=6)
        enter(self.y2026, "8", Qualifier.AT_LEAST, DT01=100)
        line = self.lines("8", 2022, 2026)["DT01"]
        self.assertEqual([figure.number for _year, figure in line.by_year], [10, 100])
        self.assertEqual((line.total.number, line.total.qualifier), (110, Qualifier.AT_LEAST))
        self.assertEqual(line.total.reports, 3)

    def test_what_was_merged_later_cannot_be_told_in_older_units(self):
        with self.assertRaisesMessage(NotRestatable, "Năm 2026 có đơn vị nhập sau ngày 01/01/2025"):
            consolidated(self.now["37"], 2022, 2026, as_of=JANUARY)
        with self.assertRaisesMessage(NotRestatable, "Chưa có đơn vị hành chính nào"):
            consolidated(self.tree["35"], 2022, 2022, as_of=datetime.date(1990, 1, 1))

    def test_a_unit_without_reports_before_it_is_not_told_those_of_others(self):
        enter(self.y2022, "1", DT01=100)
        new = make_unit("77", "xa", "Mới", Level.COMMUNE, self.now["37"], start=JULY)
        own = AdministrativeUnit.objects.filter(pk=new.pk)
        found = consolidated(new, 2022, 2022, as_of=JULY, within=own)
        self.assertEqual(found.lines["DT01"].total.number, None)
        self.assertFalse(found.missing)

    @mock.patch.object(keeping, "FEWEST", 10**9)  # each time as if for the first time
    def test_the_number_of_queries_does_not_grow(self):
        def count():
            with self.assertNumQueries(8):
                consolidated(self.now["37"], 2022, 2022, as_of=JULY)
            with self.assertNumQueries(8):
                by_child_unit(self.now["37"], 2022, 2022, as_of=JULY)
            with self.assertNumQueries(10):  # divided units are read by themselves
                consolidated(self.now["8"], 2022, 2022, as_of=JULY)

        count()
        self.grow()
        count()


class WithoutHeirTests(TestCase):
    """Units that end without a successor on two days, while others of their level go on."""

    def test_they_are_one_row_of_the_unit_above(self):
        tree = make_tree()
        y2022 = make_period(2022)
        became([tree["3"]], [], JANUARY)
        became([tree["4"]], [], datetime.date(2025, 2, 1))
        enter(y2022, "3", DT01=5)
        enter(y2022, "4", DT01=6)
        total = by_child_unit(tree["35"], 2022, 2022, as_of=JULY).total
        (_own, lost) = total.parts[-1].parts
        self.assertEqual(
            (row_label(lost), lost.figures["DT01"].number), ("Cấp xã (trước 01/02/2025)", 11)
        )
        found = drill(Scope(tree["35"], 2022, 2022, as_of=JULY), "DT01", row=lost.key)
        self.assertEqual(found.figure.number, 11)
        self.assertEqual(RowKey.read(str(lost.key)), lost.key)

    def test_a_body_that_ended_with_its_province_keeps_a_row_of_its_own(self):
        tree = make_tree()
        old = make_unit("K35001", "dang_uy", "Công an tỉnh", Level.BODY, tree["35"], end=JULY)
        y2022 = make_period(2022)
        new = make_unit("37", "tinh", "Ninh Bình", Level.PROVINCE, start=JULY)
        became([tree["35"]], [new], JULY)
        make_unit("K37001", "dang_uy", "Quân sự tỉnh", Level.BODY, new, start=JULY)
        enter(y2022, "35", DT01=1)
        enter(y2022, old.code, DT01=5)
        found = consolidated(new, 2022, 2022, as_of=JULY)
        self.assertEqual(found.lines["DT01"].by_level["body"].number, 5)
        total = by_child_unit(new, 2022, 2022, as_of=JULY).total
        rows = [(row_label(row), row.figures["DT01"].number) for row in total.parts]
        self.assertIn(("Khối trực thuộc (trước 01/7/2025)", 5), rows)
        (row,) = [row for row in total.parts if row.ended and row.ended.level == "body"]
        self.assertEqual(
            drill(Scope(new, 2022, 2022, as_of=JULY), "DT01", row=row.key).figure.number, 5
        )


class ComparableTests(Reformed):
    def test_ratios_are_made_of_restated_parts(self):
        enter(self.y2022, "1", DT07=4, DT08=1)
        enter(self.y2022, "3", DT07=8, DT08=8)
        figure = self.lines("8")["DT11"].total
        self.assertEqual((figure.numerator, figure.denominator, figure.number), (9, 12, 75))

    def test_counts_and_ratings_of_other_units_are_not_compared(self):
        enter(self.y2022, "1", DT03=2, CQ01=1, CQ02=4)
        enter(self.y2026, "8", DT03=2, CQ01=1, CQ02=5)
        then, now = self.lines(), self.lines(first=2026, last=2026)
        for code in ("DT13", "DT14", "CQ01", "CQ02"):
            with self.subTest(code=code):
                text = figure_text(then[code].total, then[code].definition)
                self.assertEqual(text, "không so sánh được")
                self.assertFalse(now[code].total.is_incomparable)
        self.assertEqual(now["DT14"].total.number, 50)
        self.assertEqual(then["DV08"].total.number, None)  # nothing was entered, nothing to compare
        self.assertIsNone(self.lines(first=2026, last=2026)["DT13"].change)
        (part,) = drill(Scope(self.now["37"], 2022, 2022, as_of=JULY), "CQ01").parts
        self.assertEqual(part.contributions, ())

    def test_a_unit_that_stayed_whole_is_compared(self):
        enter(self.y2022, "1", CQ02=4)
        enter(self.y2022, "3", CQ02=5)
        total = by_child_unit(self.tree["35"], 2022, 2022, "CQ", as_of=JANUARY).total
        city, district = total.parts[1:]
        self.assertEqual(city.figures["CQ02"].ranks, (("Tốt", 1),))
        self.assertTrue(district.figures["CQ02"].is_incomparable)
        self.assertTrue(total.figures["CQ02"].is_incomparable)
        self.assertEqual(city.figures["CQ02"].reports, 1)

    def test_a_unit_that_ended_inside_the_period_stands_in_nobodys_way(self):
        y2025 = make_period(2025)
        Report.objects.create(
            period=y2025, unit=self.tree["1"], reviewer=self.tree["1"], level="commune",
            state=State.APPROVED, until=JULY,
        )  # fmt: skip
        enter(y2025, "1", DT01=3)
        enter(y2025, "8", DT01=4, CQ02=5)
        for figures in (
            {code: line.total for code, line in self.lines("8", 2025, 2025).items()},
            by_child_unit(self.now["37"], 2025, 2025, as_of=JULY).total.parts[1].figures,
        ):
            self.assertEqual(figures["DT01"].number, 7)
            self.assertEqual(figures["CQ02"].ranks, (("Xuất sắc", 1),))

    def test_a_commune_renamed_alone_is_the_same_unit(self):
        new = make_unit("1", "phuong", "Liêm Chung", Level.COMMUNE, self.tree["347"], start=JANUARY)
        UnitSuccession.objects.filter(predecessor=self.tree["1"]).delete()
        became([self.tree["1"]], [new], JANUARY)
        enter(self.y2022, "1", CQ02=4, DT03=1)
        found = consolidated(new, 2022, 2022, as_of=JANUARY).lines
        self.assertEqual(found["CQ02"].total.ranks, (("Tốt", 1),))
        self.assertEqual((found["DT13"].total.number, found["DT14"].total.number), (1, 100))


class SharedTests(Reformed):
    SHARES = ("0.6", "0.4")

    def test_a_divided_unit_goes_by_its_shares_in_whole_numbers(self):
        enter(self.y2022, "1", DT01=10)
        enter(self.y2022, "2", DT01=7, VD01="0.5")
        self.assertEqual(self.rows()[-2:], [("Xã Phù Lê", "14*"), ("Xã Hòa Hậu", "3*")])
        self.assertEqual(self.rows("VD01")[-2:], [("Xã Phù Lê", "0,3*"), ("Xã Hòa Hậu", "0,2*")])
        for unit, text in (("37", "17"), ("8", "14*"), ("9", "3*")):
            line = self.lines(unit)["DT01"]
            self.assertEqual(figure_text(line.total, line.definition), text)
        self.assertEqual(self.lines()["DT01"].total.reports, 2)

    def test_what_it_is_made_of_adds_up(self):
        enter(self.y2022, "1", DT01=10)
        enter(self.y2022, "2", DT01=7)
        for unit, row, numbers in (
            ("8", None, [(10, None), (4, 7)]),
            ("9", None, [(3, 7)]),
            ("37", RowKey(self.now["9"].pk), [(3, 7)]),
            ("37", None, [(10, None), (7, None)]),
        ):
            with self.subTest(unit=unit, row=row):
                found = drill(Scope(self.now[unit], 2022, 2022, as_of=JULY), "DT01", row=row)
                given = [(one.number, one.whole) for one in found.parts[0].contributions]
                self.assertEqual(given, numbers)
                self.assertEqual(sum(number for number, _w in numbers), found.figure.number)

    def test_a_row_does_not_narrow_the_whole(self):
        """All rows of a unit that was divided have the very same reports behind them."""
        enter(self.y2022, "2", DT01=7, GS08=4)
        data = ScopeData(Scope(self.tree["2"], 2022, 2022, as_of=JULY))
        for code, number in (("8", 4), ("9", 3)):
            row = row_data(data, RowKey(self.now[code].pk))[1]
            facts = read_facts(row, row.years, ["DT01"])[None]
            (part,) = facts.parts["DT01"].values()
            self.assertEqual(part.total, number)
            self.assertEqual(len(data.restating.kept), 2)

    def test_the_note_tells_shares_and_rule(self):
        found = consolidated(self.now["9"], 2022, 2022, as_of=JULY)
        self.assertIn(
            "Xã Phù Vân, thành phố Phủ Lý: Xã Phù Lê 60%, Xã Hòa Hậu 40% (theo tỷ lệ đã nhập).",
            restated_notes(found.restated),
        )

    def test_shares_that_leave_something_over(self):
        UnitSuccession.objects.filter(successor=self.now["9"]).update(share="0.25")
        enter(self.y2022, "2", DT01=100)
        self.assertEqual(self.rows()[-2:], [("Xã Phù Lê", "75*"), ("Xã Hòa Hậu", "25*")])
        UnitSuccession.objects.filter(successor=self.now["8"], share__isnull=False).update(
            share=None
        )
        self.assertEqual(self.rows()[-2:], [("Xã Phù Lê", "75*"), ("Xã Hòa Hậu", "25*")])

    def test_a_ratio_of_divided_parts_is_an_estimate(self):
        enter(self.y2022, "2", DT07=10, DT08=5)
        self.assertEqual(self.rows("DT11")[-1], ("Xã Hòa Hậu", "50*"))


class UnsharedTests(Reformed):
    def rule(self):
        move, other = consolidated(self.now["37"], 2022, 2022, as_of=JULY).restated.divided
        self.assertEqual((move.share, other.share, move.old), (1, 0, self.tree["2"]))
        return move.new.code, move.rule

    def test_without_shares_all_goes_to_the_likeliest_and_both_are_marked(self):
        enter(self.y2022, "1", DT01=10)
        enter(self.y2022, "2", DT01=7)
        enter(self.y2022, "3", DT01=1)
        self.assertEqual(self.rule(), ("8", SplitRule.FIRST))
        self.assertEqual(self.rows()[-2:], [("Xã Phù Lê", "18*"), ("Xã Hòa Hậu", "")])
        line = self.lines("9")["DT01"]
        self.assertTrue(line.total.is_blank)

    def test_the_same_name_comes_before_the_code(self):
        AdministrativeUnit.objects.filter(pk=self.now["9"].pk).update(name="Phù Vân")
        AdministrativeUnit.objects.filter(pk=self.now["8"].pk).update(code="2")
        self.assertEqual(self.rule(), ("9", SplitRule.NAME))

    def test_then_the_code(self):
        AdministrativeUnit.objects.filter(pk=self.now["9"].pk).update(code="2")
        self.assertEqual(self.rule(), ("2", SplitRule.CODE))

    def test_what_the_board_said_once_comes_before_names(self):
        AdministrativeUnit.objects.filter(pk=self.now["8"].pk).update(name="Phù Vân")
        report = Report.objects.get(period=self.y2026, unit=self.now["9"])
        row = ReportUnit.objects.create(period=self.y2026, report=report, unit=self.tree["2"])
        self.assertEqual(self.rule(), ("8", SplitRule.NAME))  # nobody assigned it
        row.assigned_by = User.objects.create(username="tinh", unit=self.now["37"])
        row.save()
        self.assertEqual(self.rule(), ("9", SplitRule.CHOICE))
        UnitSuccession.objects.filter(successor=self.now["8"], predecessor=self.tree["2"]).update(
            share="1"
        )
        self.assertEqual(self.rule(), ("8", SplitRule.SHARE))
