"""Figures counted from records, against counting by hand; and every link leads to the very same rows."""

import csv
import datetime
import random
from decimal import Decimal
from pathlib import Path

from django.db import connection
from django.db.models import Q
from django.http import QueryDict
from django.test import RequestFactory, TestCase
from django.urls import reverse

from danvan.units.models import AdministrativeUnit
from records.filters import FILTERS
from records.kinds import KINDS
from records.models import EmergingIssue, Oversight, Recognition, SkilledMobilisationModel
from reports.catalogue.loading import load_default_catalogue
from reports.counting.counting import counted, counted_for, links_behind, measured
from reports.counting.table import MEASURES
from reports.models import Indicator, Report
from tests.cast import build_cast, build_world
from tests.records.data import make

D = datetime.date
CATALOGUE = Path(__file__).parents[2] / "reports/catalogue/data/indicators.csv"


class CountedCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.unit = cls.cast["xa-13369"].unit
        cls.neighbour = cls.cast["xa-13363"].unit
        cls.period = cls.world.period
        if connection.vendor == "postgresql":
            # What earlier tests took back is still in its statistics, and these statements read every table.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def numbers(self, unit=None):
        unit = unit or self.unit
        found = counted(AdministrativeUnit.objects.filter(pk=unit.pk), self.period)
        return found.get(unit.pk, {})

    def report_numbers(self, name):
        return counted_for(Report.objects.get(period=self.period, unit=self.cast[name].unit))


class CatalogueTest(TestCase):
    def test_every_figure_fed_by_records_is_measured_or_computed(self):
        with CATALOGUE.open(encoding="utf-8-sig") as file:
            fed = {row["code"] for row in csv.DictReader(file) if row["event_type"]}
        self.assertEqual(len(fed), 88)
        rows = Indicator.objects.filter(catalogue=load_default_catalogue(2024))
        computed = {row.code for row in rows.exclude(formula="") if not row.measure}
        whole = {code for code in MEASURES if "." not in code}
        self.assertEqual(fed - whole, fed & computed)
        self.assertLessEqual(whole, fed)
        self.assertEqual(len(fed & computed), 16)

    def test_every_kind_feeds_a_figure(self):
        self.assertEqual({m.origin.kind for m in MEASURES.values()}, set(KINDS))

    def test_measured_ones_name_their_measure(self):
        rows = Indicator.objects.filter(catalogue=load_default_catalogue(2024))
        named = set(rows.exclude(measure="").values_list("measure", flat=True))
        self.assertEqual(named, set(MEASURES))


class ByHandTest(CountedCase):
    def test_blank_is_not_zero(self):
        self.assertEqual(self.numbers(), {})
        make("oversight", self.unit)
        numbers = self.numbers()
        self.assertEqual((numbers["GS01"], numbers["GS01.MT"], numbers["GS02"]), (1, 1, 0))
        self.assertEqual(numbers["GS09"], 0)
        self.assertNotIn("GS04", numbers)  # nobody entered the number of recommendations
        self.assertEqual(numbers["GS03"], 0)  # there was no critique
        make("oversight", self.unit, recommendations=0)
        self.assertEqual(self.numbers()["GS04"], 0)

    def test_one_dialogue_counts_for_both_leaders_and_once_in_the_sum(self):
        make("dialogue-conference", self.unit, led_by_chairman=True)
        make("dialogue-conference", self.unit, kind="thematic", conclusion_number="5-TB")
        council = {"led_by_secretary": False, "led_by_council": True}
        make("dialogue-conference", self.unit, **council)
        numbers = self.numbers()
        found = [numbers[f"DT{n:02}"] for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)]
        self.assertEqual(found, [2, 1, 2, 1, 1, 120, 10, 6, 2, 2, 1])

    def test_the_start_date_decides_to_the_day(self):
        for day in (D(2023, 12, 14), D(2023, 12, 15), D(2024, 12, 14), D(2024, 12, 15)):
            make("training-course", self.unit, start_date=day)
        self.assertEqual(self.numbers()["TP01"], 2)

    def test_reception_days_are_different_days(self):
        for day in (D(2024, 5, 6), D(2024, 5, 6), D(2024, 6, 6)):
            make("citizen-reception", self.unit, start_date=day, complaints=1, petitions=2)
        make("citizen-reception", self.unit, receiver="council")
        numbers = self.numbers()
        self.assertEqual([numbers[c] for c in ("TD01", "TD02", "TD05", "TD06")], [2, 0, 16, 9])

    def test_entities_count_once_however_they_are_written(self):
        for title in ("Thôn Đọi Tín", "thôn  Đọi Tín", "Thon Doi Tin", "Thôn Đọi Nhì"):
            make("democracy-conference", self.unit, title=title)
        self.assertEqual(self.numbers()["DC10"], 2)

    def test_issues_stand_as_at_the_periods_end(self):
        issue = make("emerging-issue", self.unit, severity="crowd", field="religion")
        make("emerging-issue", self.unit, status="passed_on", status_date=D(2024, 6, 1))
        make("emerging-issue", self.unit, field="democracy", start_date=D(2024, 12, 1))
        issue.status, issue.resolved_date = "resolved", D(2025, 1, 5)
        issue.fill_blanks()
        issue.save()
        issue.save_history()
        EmergingIssue.objects.latest("pk")
        numbers = self.numbers()
        codes = ("TH02", "TH03", "TH04", "TH05", "TH07", "DC13", "TG04", "TG05")
        self.assertEqual([numbers[code] for code in codes], [3, 0, 2, 1, 1, 1, 1, 0])
        later = measured(AdministrativeUnit.objects.all(), D(2023, 12, 15), D(2025, 1, 31))
        self.assertEqual(later[self.unit.pk]["TH03"], 1)

    def test_assessments(self):
        make("friendly-government", self.unit, rating=5, surveys=10, satisfied=9)
        make("friendly-government", self.unit, year=2023, rating=1)
        numbers = self.numbers()
        self.assertEqual([numbers[c] for c in ("CQ01", "CQ02", "CQ08", "CQ09")], [1, 5, 10, 9])

    def test_money_keeps_its_fraction(self):
        make("oversight", self.unit, lead="GSDTCD", amount=Decimal("1.250"))
        make("oversight", self.unit, lead="GSDTCD", amount=Decimal("0.125"))
        self.assertEqual(self.numbers()["GS13"], Decimal("1.375"))

    def test_a_report_gets_only_what_its_level_enters(self):
        make("training-course", self.unit)
        self.assertNotIn("TP01", self.report_numbers("xa-13369"))
        make("training-course", self.cast["huyen-349"].unit)
        self.assertEqual(self.report_numbers("huyen-349")["TP01"], 1)

    def test_last_years_rows_of_other_units_stay_out(self):
        make("study-conference", self.neighbour)
        self.assertEqual(self.numbers(), {})


class RecognitionTest(CountedCase):
    def recognise(self, model, level, day):
        return model.recognitions.create(level=level, decision="1", date=day)

    def cells(self):
        names = {"T": "tinh", "H": "huyen-349", "X": "xa-13369"}
        codes = {"T": "DV09", "H": "DV10", "X": "DV11"}
        return {k: int(self.report_numbers(names[k]).get(codes[k], 0)) for k in "THX"}

    def test_a_model_counts_once_at_its_highest_level_for_the_unit_that_recognised_it(self):
        model = make("mobilisation-model", self.unit)
        self.recognise(model, "commune", D(2024, 6, 1))
        self.assertEqual(self.cells(), {"T": 0, "H": 0, "X": 1})
        self.recognise(model, "district", D(2024, 7, 1))
        self.assertEqual(self.cells(), {"T": 0, "H": 1, "X": 0})
        self.recognise(model, "province", D(2024, 8, 1))
        self.assertEqual(self.cells(), {"T": 1, "H": 0, "X": 0})
        self.recognise(model, "province", D(2024, 9, 1))
        self.assertEqual(self.cells(), {"T": 1, "H": 0, "X": 0})

    def test_a_later_decision_of_the_same_or_a_lower_level_adds_nothing(self):
        model = make("mobilisation-model", self.unit, start_date=D(2023, 3, 1))
        self.recognise(model, "district", D(2023, 6, 1))
        self.recognise(model, "district", D(2024, 6, 1))
        self.recognise(model, "commune", D(2024, 6, 1))
        self.assertEqual(self.cells(), {"T": 0, "H": 0, "X": 0})
        self.recognise(model, "province", D(2024, 12, 15))  # next year's
        self.assertEqual(self.cells(), {"T": 0, "H": 0, "X": 0})

    def test_both_types_add_up_at_the_recognising_unit(self):
        for kind in ("collective", "collective", "individual"):
            model = make("mobilisation-model", self.unit, type=kind)
            self.recognise(model, "province", D(2024, 6, 1))
        numbers = self.report_numbers("tinh")
        self.assertEqual([int(numbers[c]) for c in ("DV09", "DV12", "DV13")], [3, 2, 1])
        self.assertNotIn("DV12", self.report_numbers("xa-13369"))

    def test_replication_counts_on_its_own_day(self):
        make(
            "mobilisation-model", self.unit, start_date=D(2022, 3, 1), replicated_date=D(2024, 3, 1)
        )
        self.assertEqual(self.numbers()["DV14"], 1)


class LinkTest(CountedCase):
    """Random records: what a link shows gives the figure, for every measure and unit."""

    def setUp(self):
        chance = random.Random(7)
        units = [self.unit, self.neighbour, self.cast["huyen-349"].unit, self.cast["tinh"].unit]
        for kind in KINDS:
            for number in range(24):
                self.random_record(chance, kind, units[number % 4], number)

    def random_record(self, chance, kind, unit, number):
        values = {
            name: chance.choice([key for key in kind.column(name).choices or () if key[0]])[0]
            for name in kind.filters
            if name not in ("led_by", "status") and kind.column(name).choices
        }
        day = D(2023, 11, 25) + datetime.timedelta(days=chance.randrange(400))
        if kind.model is Oversight:
            values["kind"] = (
                "oversight" if values["lead"] not in Oversight.ORGANISATIONS else values["kind"]
            )
            values |= {
                "recommendations": chance.choice([None, 0, 4]),
                "violations": chance.choice([None, 2]),
            }
            values |= {
                "drafts": chance.choice([None, 3]),
                "amount": chance.choice([None, Decimal("2.5")]),
            }
            values |= {"accepted": 1 if values["recommendations"] else None}
        if kind.slug == "citizen-reception":
            parts = ("complaints", "denunciations", "petitions", "within_competence", "resolved")
            values |= dict.fromkeys(parts, 1)
        if kind.slug == "dialogue-conference":
            leaders = [chance.random() < 0.5 for _ in range(2)]
            values |= dict(zip(("led_by_secretary", "led_by_chairman"), leaders, strict=True))
            values |= {
                "led_by_council": not any(leaders),
                "conclusion_number": chance.choice(["", "1-TB"]),
            }
        if kind.slug == "friendly-government":
            values |= {
                "year": 2021 + number // 4 % 4,
                "surveys": 9,
                "satisfied": chance.choice([None, 8]),
            }
            if number >= 16:
                return
        if kind.slug == "emerging-issue":
            values["status"] = chance.choice(["new", "running", "passed_on"])
            values["status_date"] = day + datetime.timedelta(days=chance.randrange(90))
        record = make(kind.slug, unit, **{"start_date": day, **values})
        if kind.model is SkilledMobilisationModel:
            levels = {"commune": 3, "district": 2, "province": 1}[unit.level]
            for level in chance.sample(
                ["province", "district", "commune"][:levels], k=chance.randrange(levels + 1)
            ):
                later = day + datetime.timedelta(days=chance.randrange(300))
                later = min(later, D(2025, 6, 30))  # the last day of all these units
                Recognition.objects.create(model=record, level=level, decision="1", date=later)
            record.replicated_date = chance.choice([None, day + datetime.timedelta(days=30)])
            record.save()

    def shown(self, measure, unit):
        request = RequestFactory().get("/")
        request.user = self.cast["quantri"]
        kind = measure.origin.kind
        query = measure.query_of(unit.pk, self.period.start, self.period.end)
        rows = kind.model.objects.visible_to(request.user)
        found = FILTERS[kind.slug](QueryDict(query), rows, request=request)
        self.assertTrue(found.is_valid(), found.errors)
        return found.qs

    def test_every_link_shows_the_rows_of_its_figure(self):
        seen = set()
        for name in ("xa-13369", "xa-13363", "huyen-349", "tinh"):
            unit = self.cast[name].unit
            numbers = self.numbers(unit)
            for code, measure in MEASURES.items():
                with self.subTest(code, unit=str(unit)):
                    rows = self.shown(measure, unit)
                    if measure.origin.unit == "recogniser_id":
                        result = rows.count()
                    else:
                        whole = measure.aggregate(Q())
                        result = rows.order_by().values("unit_id").annotate(n=whole)
                        result = result[0]["n"] if result else None
                    self.assertEqual(Decimal(result or 0), numbers.get(code, 0))
                    seen |= {code} if result else set()
        # The random rows touch nearly every measure, so that the comparison says something.
        self.assertGreater(len(seen), len(MEASURES) * 0.85)

    def test_links_of_a_report_are_those_of_its_figures(self):
        report = self.world.report
        with self.assertNumQueries(2):
            links = links_behind([report])
        self.assertEqual(set(links), {(report.pk, code) for code in MEASURES})
        address = reverse("records:list", args=[MEASURES["DT03"].origin.kind])
        query = MEASURES["DT03"].query_of(self.unit.pk, self.period.start, self.period.end)
        self.assertEqual(links[report.pk, "DT03"], f"{address}?{query}")
        self.assertEqual(list(links_behind([report], ["DT03", "QT01"])), [(report.pk, "DT03")])

    def test_sums_agree_with_the_rules_of_the_catalogue(self):
        sums = [
            ("QT02", "QT03 QT04 QT05"),
            ("TH02", "TH03 TH04 TH05"),
            ("DT03", "DT04 DT05"),
            ("DT07", "DT08 DT09 DT10"),
            ("TD06", "TD07 TD08 TD09"),
            ("DV01", "DV02 DV03"),
            ("DV01", "DV04 DV05 DV06 DV07"),
            ("GS01", "GS01.MT GS01.CD GS01.ND GS01.TN GS01.PN GS01.CCB"),
            ("GS02", "GS02.MT GS02.CD GS02.ND GS02.TN GS02.PN GS02.CCB"),
        ]
        seen: dict = {}
        for name in ("xa-13369", "xa-13363", "huyen-349", "tinh"):
            n = self.numbers(self.cast[name].unit)
            for whole, parts in sums:
                with self.subTest(whole, unit=name):
                    seen[whole] = seen.get(whole, 0) + n[whole]
                    self.assertEqual(n[whole], sum(n[part] for part in parts.split()))
            recognised = sum(n.get(code, 0) for code in ("DV09", "DV10", "DV11"))
            self.assertEqual(recognised, n.get("DV12", 0) + n.get("DV13", 0))
            self.assertTrue(max(n["DT01"], n["DT02"]) <= n["DT03"] <= n["DT01"] + n["DT02"])
        self.assertTrue(all(seen.values()), seen)

    def test_as_many_queries_for_a_hundred_units_as_for_one(self):
        for units in (
            AdministrativeUnit.objects.filter(pk=self.unit.pk),
            AdministrativeUnit.objects.all(),
        ):
            with self.assertNumQueries(2):
                counted(units, self.period)
        with self.assertNumQueries(1):
            measured(AdministrativeUnit.objects.all(), self.period.start, self.period.end)
