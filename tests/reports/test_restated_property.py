"""Whatever the tree, the changes and the shares: every table adds up, and nothing is lost or doubled."""

import csv
import datetime
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from django.conf import settings as settings_of
from django.test import SimpleTestCase
from django.test import TestCase as DjangoTestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from danvan.accounts.models import User
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit, UnitSuccession
from reports.consolidation.apportioning import apportioned
from reports.consolidation.drill import drill
from reports.consolidation.figures import Definition
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.consolidation.units import break_down
from reports.consolidation.words import figure_text, row_label
from reports.models import Catalogue, Report, Value
from reports.workflow.periods import open_period
from tests.reports.consolidation_data import enter, make_catalogue, make_period
from tests.reports.test_consolidation_units import added
from tests.reports.test_restated import JULY
from tests.units.trees import histories

D = datetime.date
SUMMED = ("DT01", "DT03", "VD01")
TOTAL = Definition(
    code="DT03", label="", unit_of_measure="cuộc", value_type="INT", aggregation="SUM",
    entry_levels="XHT", is_stock=False, is_component=False, formula=None, parent_code="", scale=(),
    section_code="DT", section_label="",
)  # fmt: skip
SHARES = st.one_of(st.none(), st.decimals("0.0001", "1", places=4))


def leaves(row):
    """Return the rows below `row` that have none below themselves."""
    return [leaf for part in row.parts for leaf in leaves(part)] or [row]


class EverySumTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        for year in (2024, 2025):
            make_catalogue(year)

    @settings(max_examples=40)
    @given(data=st.data())
    def test_every_table_adds_up_and_years_keep_their_totals(self, data):
        data.draw(histories(), label="units")
        for arrow in UnitSuccession.objects.all():
            UnitSuccession.objects.filter(pk=arrow.pk).update(share=data.draw(SHARES))
        for year in (2024, 2025):
            self.fill(data, year)
        day = data.draw(st.dates(D(2023, 12, 1), D(2025, 12, 31)), label="day")
        roots = [
            unit for unit, above in AdministrativeUnit.objects.with_parents_on(day) if not above
        ]
        for first, last in ((2024, 2024), (2025, 2025), (2024, 2025)):
            try:
                tables = [self.table(root, first, last, day) for root in roots]
            except NotRestatable:
                continue
            for code in SUMMED:
                values = Value.objects.filter(report__period__year__range=(first, last))
                total = sum(v.number for v in values.filter(indicator__code=code))
                self.assertEqual(sum(table[code] for table in tables), total, code)

    def fill(self, data, year):
        """Give every unit that reports in a year some figures."""
        period = make_period(year, catalogue=make_catalogues()[year])
        for report in Report.objects.filter(period=period).select_related("unit"):
            numbers = {code: data.draw(st.integers(0, 9)) for code in ("DT01", "DT03")}
            numbers["VD01"] = data.draw(st.decimals(0, 9, places=3))
            ids = dict(period.catalogue.indicators.values_list("code", "pk"))
            Value.objects.bulk_create(
                Value(report=report, indicator_id=ids[code], number=number)
                for code, number in numbers.items()
            )

    def table(self, root, first, last, day):
        """Return the totals of a root, having checked its tables and what they are made of."""
        scope = Scope(root, first, last, as_of=day)
        data = ScopeData(scope)
        found, table = consolidate(data), break_down(data, None)
        totals = {}
        for code in SUMMED:
            line = found.lines[code]
            totals[code] = line.total.number or Decimal(0)
            self.assertEqual(added(table.total, code), totals[code], code)
            self.assertEqual(table.total.figures[code].is_estimated, line.total.is_estimated, code)
            self.assertEqual(table.total.figures[code].reports, line.total.reports)
            levels = sum(figure.number or 0 for figure in line.by_level.values())
            self.assertEqual(levels, totals[code], code)
            for leaf in leaves(table.total)[:3]:
                behind = drill(scope, code, row=leaf.key)
                self.assertEqual(behind.figure, leaf.figures[code])
                given = sum(one.number for one in behind.parts[0].contributions)
                self.assertEqual(given, leaf.figures[code].number or 0)
        return totals


def make_catalogues():
    """Return the catalogues by year."""
    return {catalogue.year: catalogue for catalogue in Catalogue.objects.all()}


class ApportionTest(SimpleTestCase):
    """Shares that are no whole numbers still give whole pieces that add up both ways."""

    @settings(max_examples=200)
    @given(
        numbers=st.lists(st.integers(0, 50), min_size=3, max_size=3),
        shares=st.lists(st.integers(0, 9), min_size=2, max_size=4).filter(any),
    )
    def test_pieces_add_up_to_the_figure_and_parts_to_their_whole(self, numbers, shares):
        definitions = {"DT03": TOTAL} | {
            code: replace(TOTAL, code=code, parent_code="DT03") for code in ("DT04", "DT05", "DT06")
        }
        given = dict(zip(("DT04", "DT05", "DT06"), map(Decimal, numbers), strict=True))
        given["DT03"] = Decimal(sum(numbers))
        weights = [Decimal(share) / sum(shares) for share in shares]
        pieces = apportioned(given, weights, definitions)
        for code, number in given.items():
            self.assertEqual(sum(piece[code] for piece in pieces), number)
            for piece, weight in zip(pieces, weights, strict=True):
                self.assertEqual(piece[code], int(piece[code]))
                self.assertGreaterEqual(piece[code], 0)
                self.assertLess(abs(piece[code] - number * weight), len(shares))
        for piece in pieces:
            self.assertEqual(piece["DT03"], piece["DT04"] + piece["DT05"] + piece["DT06"])


class DocumentedTest(DjangoTestCase):
    """The worked example of docs/units.md."""

    @classmethod
    def setUpTestData(cls):
        load_units(DEFAULT_FILE)
        cls.y2024 = make_period(2024)
        for code, number in (("349", 3), ("13369", 4), ("13354", 7), ("13363", 5)):
            enter(cls.y2024, code, DT01=number)
        arrows = UnitSuccession.objects.filter(predecessor__code="13354")
        for code, share in (("13363", "0.6"), ("13366", "0.4")):
            arrows.filter(successor__code=code).update(share=share)

    def rows(self):
        """Return the rows with a figure as the example shows them."""
        unit = AdministrativeUnit.objects.find("37", on=JULY)
        table = break_down(ScopeData(Scope(unit, 2024, 2024, "DT", as_of=JULY)), "DT")
        rows = [*table.total.parts, table.total]
        told = [(row_label(row), figure_text(row.figures["DT01"], TOTAL)) for row in rows]
        return [(label, text) for label, text in told if text]

    def test_it_is_as_the_page_says(self):
        page = (Path(settings_of.BASE_DIR) / "docs/units.md").read_text()
        for label, text in self.rows():
            self.assertIn(f"\n| {label} | {text} |", page)
        self.assertEqual([text for _label, text in self.rows()], ["3", "13*", "3*", "19"])

    def test_the_board_names_who_goes_on(self):
        board = User.objects.create(
            username="tinh-37", unit=AdministrativeUnit.objects.find("37", on=JULY), role="officer"
        )
        period = open_period(2025, actor=board, structure_date=D(2025, 12, 14))
        old = AdministrativeUnit.objects.find("13363", on=D(2024, 12, 14))
        report = Report.objects.get(period=period, unit__code="13366")
        self.client.force_login(board)
        page = reverse("reports:period_split", args=[period.pk])
        self.client.post(page, {f"unit_{old.pk}": report.pk})
        self.assertEqual([text for _label, text in self.rows()], ["3", "8*", "8*", "19"])


class HaNamTest(DjangoTestCase):
    """All mergers of 2025 and all five splits, held against the file of units read by itself."""

    @classmethod
    def setUpTestData(cls):
        load_units(DEFAULT_FILE)
        cls.y2024 = make_period(2024, end=D(2024, 12, 14))
        for number, report in enumerate(cls.y2024.reports.select_related("unit"), 1):
            enter(cls.y2024, report.unit.code, DT01=number)
        cls.given = {
            report.unit.code: number
            for number, report in enumerate(cls.y2024.reports.select_related("unit"), 1)
        }

    def successors(self):
        """Return from the file, by code of 2024: the codes of 1/7/2025 it went to, in the file's order."""
        with DEFAULT_FILE.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["level"] == "commune"]
        by_start = {(row["code"], row["valid_from"]): row for row in rows}

        def follow(row):
            if not row["valid_to"]:
                return [row["code"]]
            found = []
            for code in row["successor_codes"].split("|"):
                found += follow(by_start[code, self.start(rows, code, row["valid_to"])])
            return list(dict.fromkeys(found))

        old = [row for row in rows if row["valid_from"] <= "2024-12-14" < (row["valid_to"] or "9")]
        return {row["code"]: follow(row) for row in old}

    @staticmethod
    def start(rows, code, day):
        """Return since when the unit of `code` on `day` has stood."""
        return next(
            row["valid_from"]
            for row in rows
            if row["code"] == code and row["valid_from"] <= day < (row["valid_to"] or "9")
        )

    def rows(self, root="37"):
        unit = AdministrativeUnit.objects.find(root, on=JULY)
        total = break_down(ScopeData(Scope(unit, 2024, 2024, "DT", as_of=JULY)), "DT").total
        return total, {row.unit.code: row.figures["DT01"] for row in total.parts if not row.is_own}

    def test_all_109_communes_are_where_the_file_says(self):
        wanted, divided = defaultdict(int), {}
        for code, heirs in self.successors().items():
            # Without shares all of it goes to the same code, else to the smallest (domain 4 f).
            wanted[code if code in heirs else min(heirs)] += self.given[code]
            if len(heirs) > 1:
                divided[code] = heirs
        self.assertEqual(len(self.successors()), 109)
        self.assertEqual(sorted(divided), ["13285", "13324", "13354", "13357", "13363"])
        total, found = self.rows()
        self.assertEqual(len(found), 33)
        self.assertEqual({code: figure.number for code, figure in found.items()}, wanted)
        marked = {code for code, figure in found.items() if figure.is_estimated}
        self.assertEqual(marked, {heir for heirs in divided.values() for heir in heirs})
        self.assertEqual(total.figures["DT01"].number, sum(self.given.values()))
        self.assertFalse(total.figures["DT01"].is_estimated)

    def test_with_shares_every_split_is_cut_as_told(self):
        for code, heirs in self.successors().items():
            if len(heirs) > 1:
                for heir, share in zip(heirs, ("0.3", "0.7"), strict=True):
                    UnitSuccession.objects.filter(
                        predecessor__code=code, date=JULY, successor__code=heir
                    ).update(share=share)
        _total, before = self.rows()
        self.assertEqual(
            sum(figure.number for figure in before.values()),
            sum(number for code, number in self.given.items() if len(code) == 5),
        )
        noi = self.given["13354"]
        behind = drill(
            Scope(AdministrativeUnit.objects.find("13363", on=JULY), 2024, 2024, as_of=JULY), "DT01"
        )
        cut = {
            one.report.unit.code: (one.number, one.whole) for one in behind.parts[0].contributions
        }
        self.assertEqual(cut["13354"], (int(Decimal(noi) * 3 / 10 + Decimal("0.5")), noi))
        self.assertEqual(cut["13369"], (self.given["13369"], None))  # old Tiên Sơn, whole

    def test_the_eleven_of_january_2025(self):
        unit = AdministrativeUnit.objects.find("35", on=D(2025, 1, 1))
        day = D(2025, 1, 1)
        total = break_down(ScopeData(Scope(unit, 2024, 2024, "DT", as_of=day)), "DT").total
        rows = {row.unit.code: row.figures["DT01"] for part in total.parts for row in leaves(part)}
        self.assertEqual(len([row for code, row in rows.items() if len(code) == 5]), 98)
        merged = ("13294", "13288", "13297", "13300")  # four wards became Châu Cầu
        self.assertEqual(rows["13294"].number, sum(self.given[code] for code in merged))
        self.assertFalse(any(figure.is_estimated for figure in rows.values()))
        self.assertEqual(added(total, "DT01"), sum(self.given.values()))
