"""Pages over the change of 1 January 2025: what was merged is another unit, what was renamed the same."""

import datetime
import re

from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from reports.figures.stored import prior_numbers
from reports.models import Report, State, Value
from reports.workflow.periods import open_period
from tests.cast import build_cast

OLD, HALF = datetime.date(2024, 12, 14), datetime.date(2025, 6, 30)


class HaNamCase(TestCase):
    """2024 and the first half of 2025, each unit's DT01 its own, everything approved."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.y2024 = open_period(2024, actor=cls.cast["tinh"])
        cls.y2025 = open_period(2025, actor=cls.cast["tinh"], structure_date=HALF)
        for period in (cls.y2024, cls.y2025):
            indicator = period.catalogue.indicators.get(code="DT01")
            reports = Report.objects.filter(period=period)
            Value.objects.bulk_create(
                Value(report=report, indicator=indicator, number=int(report.unit.code) % 1000)
                for report in reports.select_related("unit")
            )
            reports.update(state=State.APPROVED)

    def unit(self, code, day):
        return AdministrativeUnit.objects.on(day).get(code=code)

    def report(self, period, code):
        return Report.objects.get(period=period, unit__code=code)

    def page(self, who, name, *args, **data):
        self.client.force_login(self.cast[who] if isinstance(who, str) else who)
        return self.client.get(reverse(name, args=args), data)


class LastYearTest(HaNamCase):
    def test_a_renamed_unit_has_last_years_value_a_merged_one_has_none(self):
        self.assertEqual(prior_numbers(self.report(self.y2025, "13384")), {"DT01": 384})
        self.assertEqual(prior_numbers(self.report(self.y2025, "350")), {"DT01": 350})
        for code in ("13294", "13366", "13540"):  # Châu Cầu, Tân Hiệp, Bình An took an old code
            self.assertEqual(prior_numbers(self.report(self.y2025, code)), {}, code)

    def test_the_form_shows_it_so(self):
        for code, shown in (("13384", True), ("13294", False)):
            report = self.report(self.y2025, code)
            Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
            page = self.page("tinh", "reports:entry", report.pk)
            found = [e for s in page.context["sections"] for e in s.entries if e.code == "DT01"]
            self.assertEqual(bool(found[0].prior), shown)


class ConsolidationTest(HaNamCase):
    def rows(self, who="tinh", **data):
        data = {"unit": "35", "first": 2024, "last": 2025, "section": "DT", "view": "units", **data}
        return self.page(who, "reports:consolidation", **data)

    def test_chau_cau_does_not_swallow_minh_khai(self):
        page = self.rows(unit="347")
        names = re.findall(r"Phường (?:Châu Cầu|Minh Khai)", page.content.decode())
        self.assertIn("Phường Minh Khai", names)
        self.assertIn("Phường Châu Cầu", names)

    def test_both_stand_in_the_menu_and_each_shows_its_own(self):
        options = re.findall(
            r'<option value="([^"]*)"[^>]*>([^<]*)</option>', self.rows().content.decode()
        )
        menu = dict(options)
        self.assertEqual(menu["13294"], "Phường Châu Cầu")
        self.assertEqual(menu["13294@2020-01-01"], "Phường Minh Khai")
        self.assertNotIn("13384@2020-01-01", menu)  # Quế is one unit
        for key, total in (("13294@2020-01-01", 294), ("13384", 768)):
            page = self.rows(unit=key, view="")
            self.assertEqual(page.context["found"].lines["DT01"].total.number, total, key)


class ReviewerTest(HaNamCase):
    def test_the_board_of_the_renamed_district_has_its_queue_of_last_year(self):
        board = User.objects.create(
            username="tx-350", role="officer", unit=self.unit("350", HALF), full_name="Đỗ Thị Hoa"
        )
        Report.objects.filter(period=self.y2024, reviewer__code="350").update(state=State.SUBMITTED)
        page = self.page(board, "reports:review", period_choice=self.y2024.pk)
        self.assertContains(page, "Xã Nguyễn Úy")
        own = self.report(self.y2024, "350")
        moves = self.page(board, "reports:detail", own.pk).context.get("moves", [])
        self.assertNotIn("approve", [move.action for move in moves])
