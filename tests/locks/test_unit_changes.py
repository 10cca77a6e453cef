"""A change of units beside people at work: it waits for who is inside, and who comes after it is told."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.test import TransactionTestCase

from danvan.units.models import AdministrativeUnit
from records import services
from records.services import save_record
from reports.figures import writing
from reports.figures.figure import Figure
from reports.figures.writing import ReportLocked, write_figures
from reports.models import Report, ReportUnit, Transition, UnitChange
from reports.restructuring import fates
from reports.restructuring.applying import apply_change
from reports.workflow import moves
from reports.workflow.moves import MoveRefused
from reports.workflow.submission import submit
from tests.locks.tools import Beside, halted
from tests.records.data import build
from tests.reports.test_unit_changes import DAY, START, ChangeCase, D


class ChangeBesideWorkTest(TransactionTestCase):
    def setUp(self):
        self.world = ChangeCase
        ChangeCase.setUpTestData()
        self.clerk = ChangeCase.clerks["902"]
        self.change = ChangeCase.merger(ChangeCase())
        self.report = Report.objects.select_related("unit", "period").get(unit__code="902")

    def applying(self):
        change = UnitChange.objects.get(pk=self.change.pk)
        apply_change(change, by=ChangeCase.board, version=0)
        return change

    def save_figure(self):
        report = Report.objects.select_related("unit", "period").get(pk=self.report.pk)
        write_figures(report, {"DT01": Figure(Decimal(3))}, actor=self.clerk, source="form")

    def save_a_record(self):
        record = build("dialogue-conference", self.clerk.unit, start_date=D(2026, 7, 3))
        save_record(record, actor=self.clerk)

    def send(self):
        submit(self.report, user=self.clerk, blanks_confirmed=True)

    def waits_for(self, owner, name, action):
        with halted(owner, name, action):
            applying = Beside(self.applying)
            self.assertTrue(applying.waits())
        return applying

    def test_it_waits_for_a_figure_and_keeps_its_report(self):
        self.waits_for(writing, "insert_many", self.save_figure).ended()
        self.report.refresh_from_db()
        self.assertEqual((self.report.until, self.report.version), (DAY, 1))

    def test_it_waits_for_a_submission_and_is_refused(self):
        applying = self.waits_for(moves, "_take", self.send)
        with self.assertRaisesMessage(ValidationError, "đã gửi sau ngày hiệu lực"):
            applying.ended()
        self.assertEqual(Transition.objects.count(), 1)
        self.assertFalse(AdministrativeUnit.objects.filter(valid_from=DAY).exists())

    def test_it_waits_for_a_record_and_carries_it_along(self):
        self.waits_for(services, "differing", self.save_a_record).ended()
        from records.models import DialogueConference

        self.assertEqual(DialogueConference.objects.get().unit.valid_from, DAY)

    def test_who_comes_meanwhile_waits_and_is_told(self):
        with halted(fates, "freeze", self.applying):
            comers = [
                (Beside(self.save_figure), ReportLocked, "báo cáo này không còn"),
                (Beside(self.send), MoveRefused, "báo cáo này không còn"),
                (Beside(self.save_a_record), ValidationError, "nhập về phường Mới"),
                (Beside(self.applying), ValidationError, "vừa được người khác"),
            ]
            self.assertTrue(all(comer.waits() for comer, _error, _words in comers))
        for comer, error, words in comers:
            with self.subTest(words), self.assertRaisesRegex(error, words):
                comer.ended()
        answers = ReportUnit.objects.filter(unit__code="902", unit__valid_from=START)
        self.assertEqual(answers.get().report.unit.valid_from, DAY)
