"""Demonstration records agree with the demonstration figures, each row by its own rules."""

from io import StringIO

from django.core.management import call_command
from django.db.models import F
from django.test import TestCase, override_settings

from danvan.units.models import AdministrativeUnit
from records.kinds import KINDS
from records.models import EmergingIssue, IssueStatus, Recognition
from reports.counting.counting import counted
from reports.demo.units import filled_boards, units_of
from reports.models import Report, ReportingPeriod, Value


class DemoRecordsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        with override_settings(DEBUG=True):
            call_command("load_demo", verbosity=0, stdout=StringIO())
        cls.units = units_of(2024)
        cls.boards = {board.year: board for board in filled_boards([2022, 2023, 2024])}

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
