"""`manage.py load_demo --scene 2026`: today's Ninh Bình, true to the rules, Hà Nam as the article has it."""

import datetime
import gzip
from io import StringIO

from django.core.management import CommandError, call_command
from django.db.models import Count, F, Sum
from django.test import TestCase, override_settings
from django.utils import timezone

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from records.kinds import KINDS
from reports.counting.counting import counted
from reports.figures.rules import RuleBook
from reports.figures.stored import figures_of, prior_numbers
from reports.models import Report, ReportingPeriod, State, Value
from tests.budget import MOST, queries_of

NEW = datetime.date(2025, 7, 1)
LATER_PAGES = 15 * 1024  # bytes of a page, compressed


def load_scene():
    out = StringIO()
    with override_settings(DEBUG=True):
        call_command("load_demo", scene="2026", stdout=out)
    return out.getvalue()


class RefusedTests(TestCase):
    def test_refused_when_debug_is_off(self):
        with self.assertRaisesRegex(CommandError, "refused when DEBUG is 0"):
            call_command("load_demo", scene="2026")
        self.assertFalse(AdministrativeUnit.objects.exists())

    def test_refused_beside_the_other_scene(self):
        with override_settings(DEBUG=True):
            call_command("load_demo", without_records=True, stdout=StringIO())
        with self.assertRaisesRegex(CommandError, "holds another demonstration"):
            load_scene()
        self.assertFalse(ReportingPeriod.objects.filter(year=2026).exists())


class SceneTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.output = load_scene()

    def sums(self, code, years, root):
        values = Value.objects.filter(indicator__code=code, report__period__year__in=years)
        values = values.filter(report__unit__path__startswith=f"{root}/")
        return dict(values.values_list("report__level").annotate(Sum("number")))

    def test_one_report_for_each_unit_of_its_year(self):
        counts = dict(Report.objects.values_list("period__year").annotate(Count("pk")))
        self.assertEqual({counts[year] for year in (2025, 2026)}, {134})
        self.assertEqual(counts[2022], 3 + 8 + 10 + 6 + 143 + 226 + 109)
        levels = Report.objects.filter(period__year=2026).values_list("level", flat=True)
        self.assertEqual(set(levels), {"province", "commune", "body"})
        for period in ReportingPeriod.objects.all():
            self.assertTrue(period.is_demo)
            period.full_clean()

    def test_ha_nam_keeps_the_figures_of_the_article(self):
        found = self.sums("DT01", (2021, 2022), 35)
        self.assertEqual(found, {"province": 3, "district": 22, "commune": 216})
        found = self.sums("GS01", (2021, 2022, 2023), 35)
        self.assertEqual(sum(found.values()), 684)

    def test_merged_communes_go_on_with_what_their_parts_had(self):
        def villages(year):
            values = Value.objects.filter(indicator__code="DC09", report__period__year=year)
            return values.aggregate(Sum("number"))["number__sum"]

        self.assertAlmostEqual(float(villages(2025) / villages(2021)), 1, delta=0.02)

    def test_every_figure_of_its_level_and_no_rule_broken(self):
        reports = Report.objects.filter(period__year__in=(2025, 2026), submitted_at__isnull=False)
        for report in reports.select_related("period")[::9]:
            book = RuleBook(report.period.catalogue_id, report.level)
            figures = figures_of(report)
            problems = book.check(figures, prior=prior_numbers(report))
            if report.unit.code != "13363":
                self.assertEqual([p for p in problems if p.stops], [], report)
                self.assertEqual(book.blanks(figures), [], report)

    def test_its_four_bodies_report_what_the_catalogue_asks_of_them(self):
        reports = Report.objects.filter(level="body")
        self.assertEqual(reports.filter(period__year=2025, state=State.APPROVED).count(), 4)
        asked = reports.first().period.catalogue.indicators.filter(entry_levels__contains="K")
        asked = set(asked.exclude(value_type="PCT").values_list("code", flat=True))
        for report in reports.filter(period__year=2025):
            self.assertEqual(set(figures_of(report)), asked)

    def test_2026_has_something_of_everything_and_deadlines_of_today(self):
        reports = Report.objects.filter(period__year=2026)
        states = dict(reports.values_list("state").annotate(Count("pk")))
        self.assertEqual(set(states), {"draft", "submitted", "returned", "approved"})
        self.assertGreater(min(states.values()), 5)
        self.assertTrue(5 < reports.overdue().count() < 50)
        self.assertGreater(reports.filter(extensions__isnull=False).count(), 5)
        period = ReportingPeriod.objects.get(year=2026)
        self.assertLess(abs(period.due_commune - timezone.localdate()).days, 10)
        self.assertFalse(period.is_closed)
        shown = reports.get(unit__code="13363")
        self.assertEqual(shown.state, State.RETURNED)
        self.assertEqual(shown.remarks.filter(resolved_at=None).count(), 2)

    def test_records_of_2026_none_of_tomorrow_and_what_they_count(self):
        period = ReportingPeriod.objects.get(year=2026)
        for kind in KINDS:
            rows = kind.model.objects.select_related("unit", "created_by").order_by("pk")
            self.assertGreater(rows.count(), 100, kind)
            latest = rows.order_by("start_date").last()
            self.assertLess(latest.start_date, timezone.localdate())
            for row in rows[::200]:
                row.check_row()
        values = Value.objects.filter(report__period=period, report__submitted_at__isnull=False)
        self.assertGreater(values.filter(counted__isnull=False).count(), 3000)
        differing = values.exclude(counted=None).exclude(counted=F("number"))
        named = list(differing.values_list("report__unit__code", "indicator__code"))
        self.assertEqual(named, [("13363", "DT07")])
        found = counted(AdministrativeUnit.objects.all(), period)
        self.assertEqual(len(found), 134)

    def test_accounts(self):
        self.assertEqual(User.objects.count(), 136)
        clerk = User.objects.get(username="xa-13363")
        self.assertEqual((clerk.unit.full_name, clerk.role), ("Phường Tiên Sơn", "clerk"))
        self.assertEqual(User.objects.get(username="tinh").unit.valid_from, NEW)
        for name in ("xa-13363", "khoi-k3701"):
            self.assertIn(name, self.output)
        self.assertEqual(User.objects.get(username="khoi-k3701").unit.name, "Công an tỉnh")
        self.assertNotIn("huyen", self.output)

    def test_the_board_reads_what_became_its_province(self):
        board = User.objects.get(username="tinh")
        reports = Report.objects.visible_to(board).filter(period__year=2022)
        self.assertEqual(reports.count(), Report.objects.filter(period__year=2022).count())

    def test_pages_of_a_province_with_a_reform_behind_it_are_few_queries_and_few_bytes(self):
        for name in ("tinh", "lanhdao", "xa-13363", "quantri"):
            self.client.force_login(User.objects.get(username=name))
            for url in ("/", "/bao-cao/toan-canh/"):
                with self.subTest(name=name, url=url):
                    queries_of(self.client, url)
                    asked = queries_of(self.client, url)
                    self.assertLessEqual(len(asked), MOST, "\n".join(sql[:200] for sql in asked))
                    page = self.client.get(url).content
                    self.assertLessEqual(len(gzip.compress(page)), LATER_PAGES)

    def test_a_second_run_changes_nothing(self):
        self.assertIn("nothing was changed", load_scene())
