"""Who writes holds the period: closing waits for them, and whoever comes after it writes nothing."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.test import TransactionTestCase, override_settings

from danvan.accounts.audit import lines as bulk
from danvan.accounts.models import AuditEntry
from danvan.imports import confirming
from danvan.imports.models import ImportJob, JobState
from records import services
from records.models import DialogueConference
from records.services import save_record
from reports.figures import writing
from reports.figures.figure import Figure
from reports.figures.writing import ReportLocked, write_figures
from reports.models import FigureChange, PeriodLog, ReportingPeriod, Transition
from reports.workflow import moves
from reports.workflow.moves import MoveRefused
from reports.workflow.periods import close_period
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.imports.tools import sheet_of, upload
from tests.locks.tools import Beside, halted
from tests.records.data import build


@override_settings(IMPORT_INLINE_BYTES=10_000_000)
class ClosingTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.clerk, self.report = self.cast["xa-13369"], self.world.report
        self.client.force_login(self.clerk)

    def closing(self):
        period = ReportingPeriod.objects.get(pk=self.world.period.pk)
        close_period(period, user=self.cast["tinh"])
        return period.closed_at

    def waits_for(self, owner, name: str, action):
        """Close the period while `action` is inside; return when it was closed."""
        with halted(owner, name, action):
            closing = Beside(self.closing)
            assert closing.waits()
        return closing.ended()

    def save_figure(self):
        figures = {"DT01": Figure(Decimal(0))}
        write_figures(self.report, figures, actor=self.clerk, source="form")

    def save_a_record(self):
        save_record(build("dialogue-conference", self.clerk.unit), actor=self.clerk)

    def send(self):
        submit(self.report, user=self.clerk, blanks_confirmed=True)

    def test_it_waits_for_a_figure(self):
        closed_at = self.waits_for(writing, "insert_many", self.save_figure)
        assert FigureChange.objects.get().at < closed_at
        with self.assertRaises(ReportLocked):
            write_figures(
                self.report, {"DT01": Figure(Decimal(1))}, actor=self.clerk, source="form"
            )

    def test_it_waits_for_a_record(self):
        closed_at = self.waits_for(services, "differing", self.save_a_record)
        assert DialogueConference.objects.get().updated_at < closed_at
        with self.assertRaises(ValidationError):
            self.save_a_record()

    def test_it_waits_for_a_submission(self):
        closed_at = self.waits_for(moves, "_take", self.send)
        assert Transition.objects.get().at < closed_at
        assert self.report.state == "submitted"

    def test_it_waits_for_an_import(self):
        job = upload(self.client, sheet_of(self.clerk, {}, {"title": "Hai"}))
        closed_at = self.waits_for(bulk, "insert_many", lambda: confirming.confirm(job, here=True))
        assert DialogueConference.objects.filter(created_at__lt=closed_at).count() == 2
        assert AuditEntry.objects.filter(timestamp__gt=closed_at, source="import").count() == 0

    def test_what_comes_while_it_closes_waits_and_is_refused(self):
        job = upload(self.client, sheet_of(self.clerk, {}, {"title": "Hai"}))
        with halted(PeriodLog.objects, "create", self.closing):
            comers = [
                (Beside(self.save_figure), ReportLocked),
                (Beside(self.save_a_record), ValidationError),
                (Beside(self.send), MoveRefused),
            ]
            importing = Beside(lambda: confirming.confirm(job, here=True))
            assert all(comer.waits() for comer, _ in comers) and importing.waits()
        for comer, error in comers:
            with self.assertRaises(error):
                comer.ended()
        importing.ended()
        assert ImportJob.objects.get(pk=job.pk).state == JobState.CHECKED
        assert not DialogueConference.objects.exists()
        assert not FigureChange.objects.exists()
