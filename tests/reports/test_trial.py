"""A rule or formula is tried on last year's figures before it is saved."""

from decimal import Decimal

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.catalogue.loading import copy_catalogue
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Indicator, Report, Rule, State
from tests.cast import build_cast, build_world


class TrialTest(TestCase):
    """2024 has three sent reports; the rules and formulas of 2025 are tried on them."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.period = build_world(cls.cast).period
        for code, figures in (
            ("13369", {"DT01": 3, "DT03": 5, "DT07": 10, "DT08": 4, "DT09": 1}),
            ("13363", {"DT01": 4, "DT03": 2, "DT07": 10, "DT08": 10, "DT09": 0}),
            ("349", {"DT01": 1}),
        ):
            report = Report.objects.get(period=cls.period, unit__code=code)
            written = {name: Figure(Decimal(number)) for name, number in figures.items()}
            write_figures(report, written, actor=None, source="command")
            Report.objects.filter(pk=report.pk).update(state=State.SUBMITTED)
        copy_catalogue(cls.period.catalogue, 2025)

    def setUp(self):
        self.client.force_login(self.cast["tinh"])

    def indicator(self, code):
        return Indicator.objects.get(catalogue__year=2025, code=code)

    def rule(self, expression, **more):
        data = {
            "indicator": self.indicator("DT01").pk, "expression": expression,
            "severity": "error", "message": "DT01 lớn hơn DT03.", "try": "1", **more,
        }  # fmt: skip
        return self.client.post(reverse("reports:catalogue_add", args=[2025, "quy-tac"]), data)

    def test_a_rule_says_who_would_have_broken_it_and_saves_nothing(self):
        before = Rule.objects.count()
        page = self.rule("DT01 < DT03")
        trial = page.context["trial"]
        self.assertEqual((trial.year, trial.reports), (2024, 3))
        self.assertEqual([number for _text, number in trial.counts], [1, 1, 1])
        unit, figures, answer = trial.lines[0]  # who breaks it comes first
        self.assertEqual((figures, answer), ("DT01 = 4, DT03 = 2", "sai"))
        self.assertIn("Tiên Ngoại", unit)
        self.assertContains(page, 'value="DT01 &lt; DT03"')
        self.assertEqual(Rule.objects.count(), before)

    def test_a_rule_of_some_levels_is_tried_on_those(self):
        self.assertEqual(self.rule("DT01 < DT03", levels="H").context["trial"].reports, 1)

    def test_a_formula_gives_each_units_answer_and_that_of_the_sums(self):
        row = self.indicator("DT11")
        url = reverse("reports:catalogue_edit", args=[2025, "chi-tieu", row.pk])
        initial = self.client.get(url).context["form"].initial
        data = {k: v for k, v in initial.items() if v not in (None, [], False)}
        page = self.client.post(url, data | {"formula": "(DT08 - DT09) / DT07", "try": "1"})
        trial = page.context["trial"]
        self.assertEqual({answer for *_, answer in trial.lines}, {"30%", "100%", "để trống"})
        self.assertEqual(trial.whole, "65%")
        row.refresh_from_db()
        self.assertNotEqual(row.formula, "(DT08 - DT09) / DT07")

    def test_an_expression_that_cannot_be_read_is_not_tried(self):
        page = self.rule("DT01 <=")
        self.assertEqual(page.status_code, 422)
        self.assertIsNone(page.context["trial"])

    def test_without_a_year_before_there_is_nothing_to_try_on(self):
        Report.objects.update(state=State.DRAFT)
        self.assertContains(self.rule("DT01 < DT03"), "Chưa có báo cáo nào của năm trước")

    def test_the_page_explains_with_examples_and_names_the_codes(self):
        page = self.client.get(reverse("reports:catalogue_add", args=[2025, "quy-tac"]))
        self.assertContains(page, "GS08 = 0 =&gt; GS09 = 0")
        self.assertContains(page, self.indicator("DT03").label)
        page = self.client.get(reverse("reports:catalogue_add", args=[2025, "chi-tieu"]))
        self.assertContains(page, f">DT03: {self.indicator('DT03').label}</option>")

    def test_its_cost_does_not_grow_with_the_reports(self):
        few = self.queries()
        Report.objects.filter(period=self.period).update(state=State.APPROVED)
        self.assertEqual(self.queries(), few)

    def queries(self):
        with CaptureQueriesContext(connection) as captured:
            self.rule("DT01 < DT03")
        return len(captured)
