"""The invented figures: exact on every published total, true to every rule, always the same."""

import csv
from collections import Counter, defaultdict
from decimal import Decimal

from django.test import SimpleTestCase

from danvan.units.loader import DEFAULT_FILE
from reports.catalogue.expressions import holds, parse
from reports.catalogue.files import read_catalogue
from reports.demo.board import DemoUnit
from reports.demo.chance import apportion, noise, split
from reports.demo.figures import demo_figures, numbers
from reports.demo.totals import YEARS, totals_of
from reports.figures.rules import JUMP_SHARE, JUMP_STEP

NOISE = 0.2104941335006374
LETTERS = {"province": "T", "district": "H", "commune": "X"}


def units_of_2022():
    with DEFAULT_FILE.open(encoding="utf-8") as file:
        return [
            DemoUnit(row["code"], LETTERS[row["level"]], row["name"].lower())
            for row in csv.DictReader(file)
            if row["valid_from"] <= "2022-12-14" and row["valid_to"] > "2022-12-14"
        ]


def figures_of(units, years=YEARS):
    units = list(units)
    totals = {year: totals_of(year, Counter(unit.letter for unit in units)) for year in years}
    return demo_figures(numbers(year, units, totals[year]) for year in years)


class DemoFiguresTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.units = units_of_2022()
        cls.letter = {unit.code: unit.letter for unit in cls.units}
        cls.years = figures_of(cls.units)
        cls.catalogue = read_catalogue(2022)

    def sums(self, code, years):
        """Return the sums of `code` as (T, H, X)."""
        found = defaultdict(Decimal)
        for year in years:
            for unit, figures in self.years[year].items():
                if code in figures:
                    found[self.letter[unit]] += figures[code].number
        return tuple(int(found[letter]) for letter in "THX")

    def test_units(self):
        self.assertEqual([list(self.letter.values()).count(x) for x in "THX"], [1, 6, 109])

    def test_totals_of_the_article_2021_2022(self):
        for code, expected in {
            "DT01": (3, 22, 216),
            "DT02": (3, 40, 280),
            "DV09": (21, 0, 0),
            "DV10": (0, 246, 0),
            "DV11": (0, 0, 705),
            "KT01": (21, 0, 0),
        }.items():
            with self.subTest(code=code):
                self.assertEqual(self.sums(code, (2021, 2022)), expected)

    def test_totals_of_the_article_2021_2023(self):
        for code, expected in {
            "GS01": 684, "GS02": 163, "GS07": 1140, "GS09": 563, "GS11": 578, "TP01": 16,
            "TP02": 2361, "TP04": 14600,
        }.items():  # fmt: skip
            with self.subTest(code=code):
                self.assertEqual(sum(self.sums(code, (2021, 2022, 2023))), expected)
        self.assertEqual(self.sums("TP04", (2021, 2022, 2023))[2], 0)

    def test_at_least_stands_where_the_article_says_so(self):
        marked = {
            (code, self.letter[unit])
            for figures in self.years.values()
            for unit, row in figures.items()
            for code, figure in row.items()
            if figure.qualifier != "exact"
        }
        self.assertEqual(marked, {("GS07", "T"), ("TP04", "T")})

    def test_rates_of_every_year(self):
        for year in YEARS:
            rows = self.years[year].values()
            ratings = [row["CQ02"].number for row in rows if "CQ02" in row]
            with self.subTest(year=year):
                self.assertEqual(len(ratings), 109)
                self.assertGreater(sum(rank >= 4 for rank in ratings) / 109, 0.9)
                self.assertEqual([r["CQ06"].number for r in rows if "CQ06" in r], [1] * 6)
                self.assertEqual({row["DC13"].number for row in rows}, {0})
                self.assertEqual({r["DC02"].number == r["DC01"].number for r in rows}, {True})
                held, there = sum(self.sums("DC05", [year])), sum(self.sums("DC04", [year]))
                self.assertGreater(held / there, 0.8)

    def test_every_unit_gives_every_figure_of_its_level_and_no_other(self):
        for letter in "THX":
            wanted = {
                row["code"]
                for row in self.catalogue.indicators.values()
                if letter in row["entry_levels"] and row["value_type"] != "PCT"
            }
            for year, figures in self.years.items():
                for unit in (code for code, level in self.letter.items() if level == letter):
                    with self.subTest(unit=unit, year=year):
                        self.assertEqual(set(figures[unit]), wanted)
                        self.assertFalse([c for c, fig in figures[unit].items() if fig.is_blank])

    def test_every_rule_holds_and_a_warning_has_its_note(self):
        rules = [(rule, parse(rule["expression"])) for rule in self.catalogue.rules]
        broken = []
        for year, figures in self.years.items():
            for unit, row in figures.items():
                look = {code: figure.number for code, figure in row.items()}.get
                for rule, tree in rules:
                    if rule["levels"] and self.letter[unit] not in rule["levels"]:
                        continue
                    noted = rule["severity"] == "warning" and row[rule["indicator"]].note
                    if holds(tree, look) is False and not noted:
                        broken.append((year, unit, rule["expression"]))
        self.assertEqual(broken, [])

    def test_every_jump_has_its_note_and_jumps_are_rare(self):
        jumps = 0
        for year in YEARS[1:]:
            for unit, row in self.years[year].items():
                before = self.years[year - 1][unit]
                for code, figure in row.items():
                    if figure.number is None:
                        continue
                    step = abs(figure.number - before[code].number)
                    if step > JUMP_STEP and step > before[code].number * JUMP_SHARE:
                        jumps += 1
                        self.assertTrue(figure.note, (unit, year, code))
        self.assertLess(jumps / (3 * 116), 1)

    def test_a_commune_holds_a_few_dialogues_a_year(self):
        for year in YEARS:
            for unit, row in self.years[year].items():
                if self.letter[unit] == "X":
                    self.assertLessEqual(row["DT03"].number, 5, (unit, year))
                    self.assertLessEqual(row["DT01"].number, 2, (unit, year))

    def test_the_same_figures_in_every_run_and_order(self):
        self.assertEqual(figures_of(reversed(self.units)), self.years)

    def test_texts_are_varied_and_finished(self):
        texts = [row["NX02"].text for row in self.years[2022].values()]
        self.assertGreater(len(set(texts)), 50)
        for text in texts:
            self.assertRegex(text, r"^[^{}]{80,}\.$")


class ChanceTests(SimpleTestCase):
    def test_noise_is_pinned(self):
        """Another hash would silently change every published demonstration figure."""
        self.assertAlmostEqual(noise("DT01", "13369"), NOISE, places=12)

    def test_apportion_adds_up_and_follows_the_weights(self):
        self.assertEqual(apportion(7, {"a": 1, "b": 1, "c": 2}), {"a": 2, "b": 2, "c": 3})
        self.assertEqual(apportion(0, {"a": 0, "b": 0}), {"a": 0, "b": 0})
        self.assertEqual(apportion(3, {"a": 0, "b": 1}), {"a": 0, "b": 3})
        with self.assertRaises(ValueError):
            apportion(3, {"a": 0})

    def test_split_adds_up(self):
        for total in range(30):
            self.assertEqual(sum(split(total, {"x": 3, "y": 1, "z": 1}, total).values()), total)
