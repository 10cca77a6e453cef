"""A board's own report: the page says whose figures are asked, and a sum of the communes is asked about."""

from urllib.parse import urlencode

from django.test import TestCase
from django.urls import reverse

from reports.figures.below import sums_below
from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import Indicator, Report, State
from reports.workflow.submission import NotReady, submit
from tests.cast import build_cast, build_world

SAYS = "bằng đúng tổng của các đơn vị cấp dưới"


class OwnFiguresTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.period = build_world(cls.cast).period

    def rows(self, report):
        return {
            row.code: row for row in Indicator.objects.filter(catalogue=report.period.catalogue_id)
        }

    def report(self, code):
        return Report.objects.select_related("unit", "period").get(
            period=self.period, unit__code=code
        )

    def enter(self, code, state=State.DRAFT, **numbers):
        report = self.report(code)
        figures = {name: Figure(number) for name, number in numbers.items()}
        write_figures(report, figures, actor=self.cast["tinh"], source="form")
        Report.objects.filter(pk=report.pk).update(state=state)

    def save(self, who, code, **typed):
        report = self.report(code)
        self.client.force_login(self.cast[who])
        url = reverse("reports:entry", args=[report.pk])
        body = urlencode({"version": report.version, **typed})
        headers = {"accept": "application/json"}
        kind = "application/x-www-form-urlencoded"
        return self.client.post(url, body, content_type=kind, headers=headers).json()

    def test_the_form_says_whose_figures_it_takes(self):
        for who, code, said in (
            ("tinh", "35", True),
            ("huyen-349", "349", True),
            ("xa-13369", "13369", False),
        ):
            with self.subTest(code):
                self.client.force_login(self.cast[who])
                page = self.client.get(reverse("reports:entry", args=[self.report(code).pk]))
                check = self.assertContains if said else self.assertNotContains
                check(page, "số của cơ quan mình")

    def test_the_sum_of_the_communes_asks_until_it_is_explained(self):
        self.enter("13369", DT01=3)
        self.enter("13363", DT01=4)
        self.enter("13384", DT01=100)  # of another district
        said = self.save("huyen-349", "349", DT01="7")["problems"]["DT01"]
        self.assertIn(SAYS, said[0]["message"])
        self.assertEqual((said[0]["severity"], said[0]["settled"]), ("warning", False))
        with self.assertRaises(NotReady) as refused:
            submit(self.report("349"), user=self.cast["huyen-349"], blanks_confirmed=True)
        self.assertIn("DT01", [problem.code for problem in refused.exception.problems])
        settled = self.save("huyen-349", "349", DT01="7", **{"DT01-note": "Huyện tự tổ chức 7"})
        self.assertTrue(settled["problems"]["DT01"][0]["settled"])
        self.assertNotIn(
            "DT01", self.save("huyen-349", "349", DT01="8", **{"DT01-note": ""})["problems"]
        )

    def test_the_sum_of_what_was_approved_or_sent_asks_as_well(self):
        self.enter("13369", State.APPROVED, DT01=3)
        self.enter("13363", State.APPROVED, DT01=4)
        self.enter("13384", State.SUBMITTED, DT01=5)
        self.enter("349", DT01=50)
        for number in ("7", "12", "62"):  # approved; with those sent; everything below
            with self.subTest(number):
                self.assertIn("DT01", self.save("tinh", "35", DT01=number)["problems"])
        self.assertNotIn("DT01", self.save("tinh", "35", DT01="6")["problems"])

    def test_one_commune_alone_nought_and_ratios_are_no_sums(self):
        self.enter("13369", DT01=3, DT02=0)
        self.enter("13363", DT02=0)
        answer = self.save("huyen-349", "349", DT01="3", DT02="0")
        self.assertNotIn("DT01", answer["problems"])
        self.assertNotIn("DT02", answer["problems"])

    def test_a_commune_is_asked_nothing_of_the_database(self):
        report = self.report("13369")
        rows = self.rows(report)
        with self.assertNumQueries(0):
            self.assertEqual(sums_below(report, {"DT01": Figure(3)}, rows), {})

    def test_the_question_costs_one_query_however_many_communes(self):
        self.enter("349", DT01=7)
        report = self.report("349")
        figures, rows = figures_of(report), self.rows(report)
        with self.assertNumQueries(1):
            sums_below(report, figures, rows)
