"""The default catalogue: complete, checked, idempotent; copied from year to year."""

import random
from decimal import Decimal

from django.test import TestCase

from danvan.common.text import clean_line
from reports.catalogue.expressions import holds, names_in, parse, references_in
from reports.catalogue.files import LAST_DISTRICT_YEAR, counts_in, read_rows
from reports.catalogue.loading import catalogue_for, copy_catalogue, load_default_catalogue
from reports.models import Catalogue, Indicator

ORGANISATIONS = ["MT", "CD", "ND", "TN", "PN", "CCB"]
CHECKED = (
    "QT02 QT06 QT07 TH02 TH07 DT01 DT02 DT03 DT06 DT07 DT12 TD01 TD06 TD10 TD11 DV01 DV12 DV14 "
    "DV11 CQ03 CQ04 CQ09 DC02 DC05 DC07 DC08 DC10 GS01 GS02 GS03 GS05 GS09 GS11 TP02 TP04 "
    "TG04 TG05 VD01 VD02 VD03"
)


def rows_of(catalogue):
    """Return everything a catalogue says, without keys, to compare two of them."""
    indicators = catalogue.indicators.order_by("order").values_list(
        "order", "code", "label", "section__code", "unit_of_measure", "value_type", "entry_levels",
        "aggregation", "is_stock", "is_component", "formula", "parent__code", "measure", "scale",
        "guidance",
    )  # fmt: skip
    rules = catalogue.rules.order_by("pk").values_list(
        "indicator__code", "expression", "levels", "severity", "message"
    )
    sections = catalogue.sections.values_list("code", "label", "order")
    return list(sections), list(indicators), list(rules)


class DefaultCatalogueTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.catalogue = load_default_catalogue(2022)

    def indicator(self, code):
        return self.catalogue.indicators.get(code=code)

    def test_counts(self):
        self.assertEqual(self.catalogue.sections.count(), 13)
        self.assertEqual(self.catalogue.indicators.filter(is_component=False).count(), 120)
        self.assertEqual(
            set(self.catalogue.indicators.filter(is_component=True).values_list("code", flat=True)),
            {f"{code}.{o}" for code in ("GS01", "GS02") for o in ORGANISATIONS},
        )

    def test_second_load_changes_nothing_and_keeps_an_edit(self):
        self.catalogue.indicators.filter(code="DT01").update(label="Tên đã sửa")
        before = rows_of(self.catalogue)
        self.assertEqual(load_default_catalogue(2022), self.catalogue)
        self.assertEqual(rows_of(self.catalogue), before)

    def test_components_stand_behind_their_whole_and_are_entered_by_all(self):
        whole = self.indicator("GS01")
        parts = list(whole.parts.order_by("order"))
        self.assertEqual([part.order - whole.order for part in parts], [1, 2, 3, 4, 5, 6])
        self.assertEqual({part.entry_levels for part in parts}, {"XHT"})
        self.assertEqual(parts[0].measure, "GS01.MT")

    def test_formulas_of_everything_computed(self):
        expected = {
            "QT09": "QT07 / QT08", "TH06": "TH03 / TH02", "DT11": "(DT08 + DT09) / DT07",
            "DT13": "DT03 >= 1", "DT14": "DT13@X / UNITS@X", "TD12": "TD11 / TD10",
            "DV08": "DV09 + DV10 + DV11", "DV15": "DV08 / DV01", "CQ03": "CQ02 >= 1",
            "CQ04": "CQ02 >= 4", "CQ05": "CQ04 / CQ03", "CQ07": "CQ06@H / UNITS@H",
            "CQ10": "CQ09 / CQ08", "DC03": "DC02 / DC01", "DC06": "DC05 / DC04",
            "DC11": "DC10 / DC09", "GS06": "GS05 / GS04", "TP07": "TP02 + TP04 + TP06",
        }  # fmt: skip
        found = dict(self.catalogue.indicators.exclude(formula="").values_list("code", "formula"))
        self.assertEqual(found, expected)
        computed = {i.code for i in self.catalogue.indicators.all() if i.is_computed}
        self.assertEqual(computed, set(expected))

    def test_stocks_ratings_and_measures(self):
        stocks = self.catalogue.indicators.filter(is_stock=True).values_list("code", flat=True)
        what_exists = {"QT08", "DC01", "DC04", "DC09", "GS08", "GS10", "TP08", "TG01", "TG02"}
        self.assertEqual(set(stocks), what_exists)
        self.assertEqual(
            self.indicator("CQ02").scale, ["Chưa đạt", "Trung bình", "Khá", "Tốt", "Xuất sắc"]
        )
        measured = {code: self.indicator(code).measure for code in ("DT01", "CQ02", "DT11", "NX01")}
        self.assertEqual(measured, {"DT01": "DT01", "CQ02": "CQ02", "DT11": "", "NX01": ""})
        self.assertEqual(self.indicator("QT01").measure, "")

    def test_every_rule_can_hold_and_fail(self):
        chance = random.Random(7)
        for rule in self.catalogue.rules.all():
            names = references_in(parse(rule.expression))
            seen = set()
            for _ in range(20_000):
                figures = {n: Decimal(chance.choice((0, 1, 2, 3, 11, 12, 24, -1))) for n in names}
                seen.add(holds(parse(rule.expression), figures.get))
                if {True, False} <= seen:
                    break
            with self.subTest(rule=rule.expression):
                self.assertLessEqual({True, False}, seen)

    def test_blank_figures_break_no_rule(self):
        for rule in self.catalogue.rules.all():
            with self.subTest(rule=rule.expression):
                self.assertIsNone(holds(parse(rule.expression), lambda name: None))

    def test_messages_name_their_figures_and_say_what_to_do(self):
        for rule in self.catalogue.rules.all():
            with self.subTest(rule=rule.expression):
                self.assertRegex(rule.message, r"\.$")
                self.assertRegex(rule.message, r"[Vv]ui lòng")
                named = [n for n in names_in(parse(rule.expression)) if n in rule.message]
                self.assertTrue(named)

    def test_every_rule_of_the_file_has_its_check(self):
        """Rules of the file that are no formula, validity or definition need a stored rule."""
        checked = set(self.catalogue.rules.values_list("indicator__code", flat=True))
        for code in CHECKED.split():
            self.assertIn(code, checked)

    def test_reception_thresholds_warn_by_level(self):
        found = self.catalogue.rules.filter(indicator__code="TD01")
        self.assertEqual(
            {(rule.levels, rule.expression, rule.severity) for rule in found},
            {("X", "TD01 >= 24", "warning"), ("HT", "TD01 >= 12", "warning")},
        )


class YearsTests(TestCase):
    def test_2025_is_the_last_year_of_the_district(self):
        last, first = load_default_catalogue(2025), load_default_catalogue(2026)
        self.assertEqual(
            set(last.indicators.values_list("code", flat=True))
            - set(first.indicators.values_list("code", flat=True)),
            {"DV10", "CQ06", "CQ07", "KT03"},
        )
        self.assertFalse(first.indicators.filter(entry_levels__contains="H").exists())
        self.assertFalse(first.rules.filter(levels__contains="H").exists())
        levels = dict(first.indicators.values_list("code", "entry_levels"))
        self.assertEqual({levels[f"DC0{n}"] for n in (4, 5, 6, 7, 8)}, {"XT"})
        self.assertEqual((levels["CQ08"], levels["TP01"], levels["QT01"]), ("X", "T", "XT"))
        self.assertEqual(first.indicators.get(code="DV08").formula, "DV09 + DV11")

    def test_copy_is_equal_and_takes_edits_along(self):
        source = load_default_catalogue(2022)
        source.indicators.filter(code="DT01").update(label="Tên đã sửa")
        copy = copy_catalogue(source, 2023)
        self.assertEqual(rows_of(copy), rows_of(source))
        self.assertEqual(copy.indicators.exclude(section__catalogue=copy).count(), 0)
        self.assertEqual(copy.indicators.get(code="GS01.MT").parent.catalogue, copy)

    def test_copy_twice_gives_the_same(self):
        source = load_default_catalogue(2022)
        self.assertEqual(copy_catalogue(source, 2023), copy_catalogue(source, 2023))
        self.assertEqual(Indicator.objects.filter(catalogue__year=2023).count(), 132)

    def test_copy_over_the_end_of_the_district_equals_the_default(self):
        copy = copy_catalogue(load_default_catalogue(2025), 2026)
        found = rows_of(copy)
        Catalogue.objects.filter(year=2026).delete()
        self.assertEqual(found, rows_of(load_default_catalogue(2026)))

    def test_copy_over_the_end_of_the_district_keeps_what_the_board_added(self):
        source = load_default_catalogue(2025)
        section = source.sections.get(code="KT")
        for code, levels in (("KT06", "XHT"), ("KT07", "H")):
            Indicator.objects.create(
                catalogue=source, section=section, code=code, label=code, value_type="INT",
                entry_levels=levels, aggregation="SUM", order=500,
            )  # fmt: skip
        copy = copy_catalogue(source, 2026)
        self.assertEqual(copy.indicators.get(code="KT06").entry_levels, "XT")
        self.assertFalse(copy.indicators.filter(code="KT07").exists())


class CatalogueForTests(TestCase):
    def test_first_comes_from_the_files_then_the_latest_earlier_one_is_copied(self):
        first = catalogue_for(2021)
        first.indicators.filter(code="DT01").update(label="Tên đã sửa")
        self.assertEqual(catalogue_for(2021), first)
        self.assertEqual(catalogue_for(2023).indicators.get(code="DT01").label, "Tên đã sửa")
        self.assertNotEqual(catalogue_for(2020).indicators.get(code="DT01").label, "Tên đã sửa")


class ShippedFilesTests(TestCase):
    def test_every_year_loads_and_every_row_keeps_the_rules_of_its_model(self):
        for year in (2015, *range(2021, 2030)):
            catalogue = load_default_catalogue(year)
            for rows in (catalogue.sections, catalogue.indicators, catalogue.rules):
                for row in rows.all():
                    with self.subTest(year=year, row=str(row)):
                        row.full_clean()
            self.assertEqual(
                {rule.indicator.catalogue for rule in catalogue.rules.all()}, {catalogue}
            )
            for rating in catalogue.indicators.filter(value_type="RATING"):
                self.assertTrue(rating.scale, rating)

    def test_the_files_name_each_other_and_nothing_twice(self):
        files = {name: read_rows(f"{name}.csv") for name in ("indicators", "details", "components")}
        codes = [row["code"] for row in files["indicators"]]
        titles = {(row["section_code"], row["section_vi"]) for row in files["indicators"]}
        self.assertEqual(len(set(codes)), len(codes))
        self.assertEqual(len(dict(titles)), len(titles))
        for row in files["components"]:
            self.assertIn(row["parent"], codes)
            self.assertRegex(row["code"], rf"^{row['parent']}\.[A-Z]{{1,4}}$")
        for year in range(2015, 2030):
            named = [row["code"] for row in files["details"] if counts_in(row, year)]
            self.assertEqual(len(set(named)), len(named))
            self.assertLessEqual(set(named), set(codes))
            if year > LAST_DISTRICT_YEAR:
                levels = {row["levels"] for row in read_rows("rules.csv") if counts_in(row, year)}
                self.assertNotIn("H", levels, "without its H the rule would be for all levels")

    def test_no_cell_needs_cleaning(self):
        for name in ("indicators", "details", "components", "rules"):
            for row in read_rows(f"{name}.csv"):
                for column, text in row.items():
                    self.assertEqual(text, clean_line(text), (name, column))
