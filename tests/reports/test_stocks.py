"""What exists, not what was done, is as of the last year; ratios still divide the sums over the years."""

from importlib import import_module

from django.apps import apps
from django.test import TestCase

from reports.catalogue.loading import copy_catalogue, load_default_catalogue
from reports.consolidation.drill import drill
from reports.consolidation.scope import Scope
from reports.models import Catalogue, Indicator
from tests.reports.consolidation_data import (
    by_child_unit,
    consolidated,
    enter,
    make_catalogue,
    make_period,
    make_tree,
)

STOCKS = {"QT08", "DC01", "DC04", "DC09"}
_ROWS = (
    ("DT01", "DT", "INT", "X", "SUM", "", True),  # how many there are
    ("DT02", "DT", "INT", "X", "SUM", "", False),  # how many did it
    ("DT03", "DT", "PCT", "X", "RATIO", "DT02 / DT01", False),
    ("DT04", "DT", "INT", "", "SUM", "DT01 + DT02", False),
    ("DT05", "DT", "PCT", "", "RATIO", "DT04 / DT01", False),
    ("DT06", "DT", "PCT", "", "RATIO", "DT01@X / UNITS@X", False),
    ("DT13", "DT", "INT", "", "COUNT", "DT02 >= 1", False),
    ("DT14", "DT", "PCT", "", "RATIO", "DT13 / DT02", False),
)


class JoinedYearsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        for year, there_are, did in ((2021, 100, 50), (2022, 200, 190)):
            period = make_period(year, catalogue=make_catalogue(year, _ROWS))
            enter(period, "1", DT01=there_are, DT02=did)
        cls.lines = consolidated(cls.tree["35"], 2021, 2022).lines

    def total(self, code):
        return self.lines[code].total

    def test_the_stock_is_of_the_last_year_its_ratio_of_all(self):
        self.assertEqual((self.total("DT01").number, self.total("DT01").as_of), (200, 2022))
        self.assertEqual(self.total("DT02").number, 240)
        ratio = self.total("DT03")
        self.assertEqual((ratio.number, ratio.numerator, ratio.denominator), (80, 240, 300))
        self.assertIsNone(ratio.as_of)
        self.assertEqual((ratio.low, ratio.high), (50, 95))

    def test_what_a_ratio_reads_through_a_sum_is_of_all_years_as_well(self):
        self.assertEqual(self.total("DT04").number, 200 + 240)
        self.assertEqual(self.total("DT05").numerator, 300 + 240)

    def test_beside_the_units_of_a_year_stands_the_stock_of_that_year(self):
        self.assertEqual(self.total("DT06").number, 100 * 200 / 4)

    def test_a_count_in_a_ratio_keeps_its_year(self):
        self.assertEqual((self.total("DT13").number, self.total("DT14").as_of), (1, 2022))

    def test_rows_and_drill_down_add_up_to_the_same(self):
        row = by_child_unit(self.tree["35"], 2021, 2022).total
        self.assertEqual(row.figures["DT03"].denominator, 300)
        parts = {
            p.definition.code: p for p in drill(Scope(self.tree["35"], 2021, 2022), "DT03").parts
        }
        for code, number in (("DT01", 300), ("DT02", 240)):
            given = sum(item.number for item in parts[code].contributions)
            self.assertEqual((parts[code].figure.number, given), (number, number))
        alone = drill(Scope(self.tree["35"], 2021, 2022), "DT01").parts[0]
        self.assertEqual([item.number for item in alone.contributions], [200])


class CatalogueTests(TestCase):
    def test_shipped_copied_and_without_districts(self):
        catalogue = load_default_catalogue(2024)
        for year in (catalogue.year, copy_catalogue(catalogue, 2026).year):
            rows = Indicator.objects.filter(catalogue__year=year, code__in=STOCKS)
            self.assertEqual([row.is_stock for row in rows], [True] * 4)

    def test_the_migration_marks_every_year_but_not_what_the_board_redefined(self):
        for year in (2023, 2024):
            load_default_catalogue(year)
        Indicator.objects.filter(code__in=STOCKS).update(is_stock=False)
        Indicator.objects.filter(code="DC09", catalogue__year=2024).update(label="Số cuộc họp thôn")
        import_module("reports.migrations.0005_stocks").mark(apps, None)
        marked = {
            catalogue.year: set(
                catalogue.indicators.filter(code__in=STOCKS, is_stock=True).values_list(
                    "code", flat=True
                )
            )
            for catalogue in Catalogue.objects.all()
        }
        self.assertEqual(marked, {2023: STOCKS, 2024: STOCKS - {"DC09"}})
