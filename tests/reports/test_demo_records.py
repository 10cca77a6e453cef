"""Demonstration records agree with the demonstration figures, each row by its own rules."""

from io import StringIO

from django.core.management import call_command
from django.db.models import F
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from records.kinds import KINDS
from records.models import EmergingIssue, IssueStatus, Recognition
from reports.counting.counting import counted
from reports.demo.units import filled_boards, units_of
from reports.models import Report, ReportingPeriod, State, Value

WEIGHED = (
    *("home", "notices:list", "reports:list", "reports:review", "issues:list", "imports:list"),
    *("reports:periods", "reports:catalogues", "accounts:audit", "ledger:list", "records:start"),
)


class DemoRecordsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        with override_settings(DEBUG=True):
            call_command("load_demo", verbosity=0, stdout=StringIO())
        cls.units = units_of(2024)
        cls.boards = {board.year: board for board in filled_boards([2022, 2023, 2024])}

    def test_no_page_is_heavy_on_a_weak_line(self):
        """Compressed, as it is sent: 15 KB a page, 20 the consolidation, with a whole province's figures."""
        reports = Report.objects.filter(period__year=2024)
        heavy, looked = {}, 0
        for name in ("xa-13369", "huyen-349", "tinh", "lanhdao"):
            person = User.objects.select_related("unit").get(username=name)
            client = Client(headers={"accept-encoding": "gzip"})
            client.force_login(person)
            seen = reports.visible_to(person)
            own, other = seen.get(unit=person.unit), seen.filter(state=State.SUBMITTED).first()
            forms = [reverse("reports:entry", args=[own.pk])] if name != "lanhdao" else []
            details = [reverse("reports:detail", args=[one.pk]) for one in (own, other) if one]
            sums = reverse("reports:consolidation")
            sums = [sums, f"{sums}?view=units", f"{sums}?first_year=2021&last_year=2024"]
            lists = [reverse("records:list", args=[kind]) for kind in KINDS]
            for url in [*map(reverse, WEIGHED), *forms, *details, *sums, *lists]:
                answer = client.get(url)
                if answer.status_code == 200:
                    looked += 1
                    most = 20 if url in sums else 15
                    if len(answer.content) > most * 1024:
                        heavy[f"{name} {url}"] = len(answer.content)
        self.assertEqual(heavy, {})
        self.assertGreater(looked, 60)

    def test_what_the_records_count_is_what_the_figures_say(self):
        for period in ReportingPeriod.objects.filter(year__gte=2022):
            board = self.boards[period.year]
            found = counted(AdministrativeUnit.objects.all(), period)
            indicators = list(period.catalogue.indicators.exclude(measure=""))
            differing, same = [], 0
            for unit in self.units:
                for row in indicators:
                    if row.entered_by(unit.level):
                        figure = board.rows[unit.code][row.code]
                        number = found.get(unit.pk, {}).get(row.code)
                        # No record at all says nothing; the report then says 0.
                        if number == figure or (number is None and figure == 0):
                            same += 1
                        else:
                            differing.append((unit.code, row.code, figure, number))
            with self.subTest(year=period.year):
                self.assertEqual(differing, [])
                self.assertGreater(same, 8000)

    def test_every_kind_and_no_row_against_its_own_rules(self):
        for kind in KINDS:
            rows = kind.model.objects.select_related("unit", "created_by").order_by("pk")
            self.assertGreater(rows.count(), 300, kind)
            for row in rows[::25]:
                row.check_row()
                self.assertEqual(row.unit_id, row.created_by.unit_id)
                self.assertTrue(row.search)
        for row in Recognition.objects.select_related("model__unit")[::25]:
            row.clean_fields()
            row.clean()

    def test_records_lie_inside_their_periods(self):
        first, last = ReportingPeriod.objects.get(year=2022), ReportingPeriod.objects.get(year=2024)
        for kind in KINDS:
            days = kind.model.objects.order_by("start_date").values_list("start_date", flat=True)
            self.assertGreaterEqual(days[0], first.start)
            self.assertLessEqual(days.last(), last.end)

    def test_issues_have_their_history(self):
        latest = IssueStatus.objects.filter(status=F("issue__status"), date=F("issue__status_date"))
        self.assertEqual(latest.values("issue").distinct().count(), EmergingIssue.objects.count())

    def test_submitted_figures_keep_what_the_records_gave(self):
        submitted = Value.objects.filter(report__submitted_at__isnull=False)
        kept = submitted.filter(counted__isnull=False)
        self.assertGreater(kept.filter(report__period__year=2023).count(), 8000)
        differing = kept.exclude(counted=F("number")).values_list(
            "report__unit__code", "indicator__code", "number", "counted"
        )
        self.assertEqual(list(differing), [("13369", "DT07", 64, 61)])
        drafts = Report.objects.filter(submitted_at=None)
        self.assertFalse(Value.objects.filter(report__in=drafts, counted__isnull=False).exists())
