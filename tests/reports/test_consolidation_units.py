"""Rows by child unit and the reports behind a figure: both add up to the consolidated figure."""

from decimal import Decimal

from reports.consolidation.drill import drill
from reports.consolidation.scope import Scope
from reports.models import Qualifier, State
from tests.reports.consolidation_data import (
    add_communes,
    by_child_unit,
    consolidated,
    enter,
    make_period,
    make_tree,
    merge_communes,
    new_province,
    rename_district,
    set_state,
)
from tests.reports.test_consolidation import Small


def shape(row):
    """Return a row as (code, is_own, figure of DT01, parts)."""
    number = row.figures["DT01"].number
    return row.unit.code, row.is_own, number, [shape(part) for part in row.parts]


def added(row, code):
    """Return the sum of the leaves below `row`, as a reader with a calculator finds it."""
    if not row.parts:
        return row.figures[code].number or 0
    return sum(added(part, code) for part in row.parts)


class ByChildTests(Small):
    def test_province_districts_and_their_communes(self):
        for code, number in (("35", 1), ("347", 10), ("1", 100), ("4", 1000)):
            enter(self.y2022, code, DT01=number)
        total = by_child_unit(self.tree["35"], 2022, 2022, "DT").total
        self.assertEqual(
            shape(total),
            ("35", False, 1111, [
                ("35", True, 1, []),
                ("347", False, 110, [
                    ("347", True, 10, []), ("1", False, 100, []), ("2", False, None, []),
                ]),
                ("350", False, 1000, [
                    ("350", True, None, []), ("3", False, None, []), ("4", False, 1000, []),
                ]),
            ]),
        )  # fmt: skip

    def test_rows_add_up_to_the_consolidated_total(self):
        y2023 = make_period(2023)
        for number, code in enumerate(("35", "347", "350", "1", "2", "3", "4"), 1):
            enter(self.y2022, code, DT01=number, DT03=number % 2, VD01="0.1", GS08=9)
            enter(y2023, code, DT01=number * 10, DT03=1, VD01="0.2")
        enter(y2023, "1", GS08=2)
        whole = consolidated(self.tree["35"], 2022, 2023).lines
        for section, codes in (
            ("DT", ("DT01", "DT03", "DT13")),
            ("VD", ("VD01",)),
            ("GS", ("GS08",)),
        ):
            found = by_child_unit(self.tree["35"], 2022, 2023, section)
            for code in codes:
                with self.subTest(code=code):
                    self.assertEqual(found.total.figures[code], whole[code].total)
                    self.assertEqual(added(found.total, code), whole[code].total.number)

    def test_a_stock_is_of_one_year_in_all_rows(self):
        y2023 = make_period(2023)
        enter(self.y2022, "1", GS08=5)
        enter(y2023, "2", GS08=3)
        total = by_child_unit(self.tree["347"], 2022, 2023, "GS").total
        numbers = {part.unit.code: part.figures["GS08"].number for part in total.parts}
        self.assertEqual(numbers, {"347": None, "1": None, "2": 3})
        self.assertEqual(total.figures["GS08"].number, 3)

    def test_commune_is_one_row(self):
        enter(self.y2022, "1", DT01=2)
        self.assertEqual(
            shape(by_child_unit(self.tree["1"], 2022, 2022, "DT").total), ("1", False, 2, [])
        )

    def test_columns_are_of_the_section_alone(self):
        found = by_child_unit(self.tree["35"], 2022, 2022, "DV")
        self.assertEqual([d.code for d in found.columns], ["DV08", "DV09", "DV10", "DV11"])
        self.assertEqual(found.section_number, 2)

    def test_renamed_district_is_one_row_under_its_last_name(self):
        new = rename_district(self.tree)
        make_period(2023)
        make_period(2024)
        y2025 = make_period(2025)
        enter(self.y2022, "350", DT01=1)
        enter(y2025, "350", DT01=2)
        rows = by_child_unit(self.tree["35"], 2022, 2025, "DT").total.parts
        kim_bang = [row for row in rows if row.unit.code == "350"]
        self.assertEqual([(row.unit, row.figures["DT01"].number) for row in kim_bang], [(new, 3)])
        earlier = by_child_unit(self.tree["35"], 2022, 2024, "DT").total.parts
        self.assertEqual(earlier[-1].unit, self.tree["350"])

    def test_merged_communes_keep_their_rows_of_their_years(self):
        merge_communes(self.tree)
        y2025 = make_period(2025)
        enter(self.y2022, "3", DT01=1)
        enter(self.y2022, "4", DT01=10)
        enter(y2025, "3", DT01=100)
        total = by_child_unit(self.tree["350"], 2022, 2025, "DT").total
        self.assertEqual(
            [(part.unit.code, part.figures["DT01"].number) for part in total.parts],
            [("350", None), ("3", 1), ("3", 100), ("4", 10)],  # the new 3 is not the old one
        )
        self.assertEqual(total.figures["DT01"].number, 111)

    def test_only_commune_reports_still_group_by_district(self):
        enter(self.y2022, "1", DT01=2)
        enter(self.y2022, "347", DT01=7)
        total = by_child_unit(self.tree["35"], 2022, 2022, "DT", levels=("commune",)).total
        self.assertEqual([part.unit.code for part in total.parts], ["347", "350"])
        self.assertEqual(total.figures["DT01"].number, 2)

    def test_nothing_opened(self):
        found = by_child_unit(self.tree["35"], 2040, 2040, "DT")
        self.assertEqual((found.columns, found.total.figures), ((), {}))

    def test_queries_do_not_grow(self):
        with self.assertNumQueries(7):
            by_child_unit(self.tree["35"], 2022, 2022, "DT")
        add_communes(self.tree["350"], 100)
        period = make_period(2023)
        enter(period, "9001", DT01=1)
        with self.assertNumQueries(7):
            by_child_unit(self.tree["35"], 2023, 2023, "DT")


class DrillTests(Small):
    def drill(self, code, level=None, first=2022, last=2022, **options):
        found = drill(Scope(self.tree["35"], first, last, **options), code, level)
        for part in found.parts:
            if part.figure.number is not None:
                numbers = [contribution.number for contribution in part.contributions]
                self.assertEqual(sum(numbers), part.figure.number, part.definition.code)
        return found

    def test_reports_behind_a_sum(self):
        y2023 = make_period(2023)
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT01=3)
        enter(self.y2022, "2", DT01=0)
        enter(self.y2022, "3", DT01=None)
        enter(self.y2022, "4", DT01=9)
        set_state(self.y2022, "4", State.SUBMITTED)
        enter(y2023, "1", DT01=4)
        (part,) = self.drill("DT01", first=2022, last=2023).parts
        self.assertEqual(
            [
                (c.report.period.year, c.report.unit.code, c.number, c.qualifier, c.note)
                for c in part.contributions
            ],
            [
                (2022, "1", 3, Qualifier.AT_LEAST, "ghi chú DT01"),
                (2022, "2", 0, Qualifier.EXACT, "ghi chú DT01"),
                (2023, "1", 4, Qualifier.EXACT, "ghi chú DT01"),
            ],
        )
        self.assertEqual(self.drill("DT01", include_submitted=True).figure.number, 12)

    def test_one_level(self):
        enter(self.y2022, "1", DT01=3)
        enter(self.y2022, "35", DT01=5)
        found = self.drill("DT01", "commune")
        self.assertEqual(found.figure.number, 3)

    def test_ratio_shows_both_sides(self):
        enter(self.y2022, "1", DT07=4, DT08=3)
        found = self.drill("DT11")
        self.assertEqual(found.figure.number, 75)
        self.assertEqual([part.definition.code for part in found.parts], ["DT07", "DT08"])

    def test_formula_goes_down_to_what_was_entered(self):
        enter(self.y2022, "35", DV09=1)
        enter(self.y2022, "1", DV11=2)
        found = self.drill("DV08")
        self.assertEqual(
            [(part.definition.code, part.figure.number) for part in found.parts],
            [("DV09", 1), ("DV10", None), ("DV11", 2)],
        )

    def test_count_lists_only_those_that_meet_the_test(self):
        enter(self.y2022, "1", DT03=2)
        enter(self.y2022, "2", DT03=0)
        enter(self.y2022, "35", DT03=1)
        (part,) = self.drill("DT14").parts
        self.assertEqual(part.figure.number, 1)  # communes alone
        self.assertEqual(
            [
                (c.report.unit.code, [(d.code, number) for d, number in c.shown])
                for c in part.contributions
            ],
            [("1", [("DT03", Decimal(2))])],
        )
        self.assertEqual(self.drill("DT14", "province").parts, ())

    def test_stock_lists_its_one_year(self):
        y2023 = make_period(2023)
        enter(self.y2022, "1", GS08=2)
        enter(y2023, "2", GS08=3)
        (part,) = self.drill("GS08", first=2022, last=2023).parts
        self.assertEqual([c.report.period.year for c in part.contributions], [2023])

    def test_yes_and_joint_conditions(self):
        enter(self.y2022, "1", CQ01=1, DT01=2, DT03=2)
        enter(self.y2022, "2", CQ01=0, DT01=1, DT03=2)
        self.assertEqual(self.drill("CQ01").figure.number, 1)
        self.assertEqual(self.drill("DT15").figure.number, 1)

    def test_blank_figure(self):
        self.assertEqual(list(self.drill("DT01").parts[0].contributions), [])
        self.assertEqual(list(self.drill("GS08").parts[0].contributions), [])

    def test_unknown_code(self):
        with self.assertRaises(KeyError):
            drill(Scope(self.tree["35"], 2022, 2022), "ZZ99")


class TwoTierTests(Small):
    """After 1 July 2025: communes directly below a new province, heir of the old one."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2022 = make_period(2022)
        cls.new = new_province(cls.tree)
        cls.y2026 = make_period(2026)

    def test_series_goes_on(self):
        enter(self.y2022, "35", DT01=1)
        enter(self.y2022, "1", DT01=10)
        enter(self.y2026, "37", DT01=100)
        enter(self.y2026, "8", DT01=1000)
        self.assertEqual(consolidated(self.new, 2022, 2026).lines["DT01"].total.number, 1111)
        total = by_child_unit(self.new, 2022, 2026, "DT").total
        self.assertEqual(added(total, "DT01"), 1111)
        self.assertEqual(
            [(part.unit.code, part.is_own) for part in total.parts],
            [("37", True), ("35", False), ("347", False), ("350", False), ("8", False)],
        )
