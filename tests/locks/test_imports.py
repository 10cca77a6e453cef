"""Imports beside everything else: one door for records, one winner of two tabs, no unit held up by another."""

from django.test import Client, TransactionTestCase, override_settings
from django.urls import reverse

from danvan.accounts.audit import lines as bulk
from danvan.accounts.models import AuditEntry
from danvan.imports import confirming
from danvan.imports.confirming import undo
from danvan.imports.models import ImportJob, JobState
from records.models import DialogueConference, EmergingIssue, IssueStatus
from records.services import save_record
from reports.models import Report, State
from reports.workflow import moves
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.imports.tools import columns_of, confirm, sheet_of, upload, workbook
from tests.locks.tools import Beside, halted, one_writer
from tests.records.data import build


@override_settings(IMPORT_INLINE_BYTES=10_000_000)
class BesideImportTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.an, self.em = self.cast["xa-13369"], self.cast["xa-13363"]
        self.client.force_login(self.an)
        self.job = upload(self.client, sheet_of(self.an, {}, {"title": "Hai"}))

    def write(self):
        confirming.confirm(self.job, here=True)

    def sending(self, name: str):
        user = self.cast[name]
        report = Report.objects.get(period=self.world.period, unit=user.unit)
        return lambda: submit(report, user=user, blanks_confirmed=True)

    def stored(self) -> ImportJob:
        return ImportJob.objects.get(pk=self.job.pk)

    def test_a_submission_waits_for_the_import_of_its_own_unit_only(self):
        with halted(bulk, "insert_many", self.write):
            own, foreign = Beside(self.sending("xa-13369")), Beside(self.sending("xa-13363"))
            assert own.waits()
            assert foreign.waits() == one_writer()
        own.ended()
        foreign.ended()
        assert self.stored().state == JobState.DONE
        assert DialogueConference.objects.count() == 2

    def test_no_record_lands_in_a_report_that_is_being_sent(self):
        with halted(moves, "_take", self.sending("xa-13369")):
            importing = Beside(self.write)
            assert importing.waits()
        importing.ended()
        assert self.stored().state == JobState.CHECKED
        assert "đã thay đổi" in self.stored().message
        assert not DialogueConference.objects.exists()

    def test_another_persons_record_of_the_same_unit_does_not_wait(self):
        other = build("oversight", self.an.unit)
        with halted(bulk, "insert_many", self.write):
            saving = Beside(lambda: save_record(other, actor=self.cast["canbo-13369"]))
            assert saving.waits() == one_writer()
        saving.ended()

    def test_of_a_tab_that_cancels_and_one_that_confirms_one_wins(self):
        page = f"/nhap-excel/{self.job.pk}"
        with halted(ImportJob, "discard", lambda: self.client.post(f"{page}/bo/")):
            other = Client()
            other.force_login(self.an)
            assert confirm(other, self.job).state == JobState.DONE
        assert self.stored().state == JobState.DONE
        assert self.stored().file
        assert DialogueConference.objects.count() == 2
        assert self.stored().parts.exists()
        assert undo(self.stored())
        assert not DialogueConference.objects.exists()

    def test_what_a_process_works_on_cannot_be_cancelled(self):
        ImportJob.objects.filter(pk=self.job.pk).update(state=JobState.WRITING)
        self.client.post(f"/nhap-excel/{self.job.pk}/bo/")
        assert self.stored().state == JobState.WRITING


class OneDoorTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.an = self.cast["xa-13369"]
        self.client.force_login(self.an)

    def import_issues(self, *rows) -> ImportJob:
        slug = "emerging-issue"
        columns = columns_of(self.an, slug)
        return upload(self.client, workbook(list(rows), columns), slug)

    def issue(self, **values) -> dict:
        return {
            "unit": "13369",
            "start_date": "06/05/2024",
            "title": "Kiến nghị về môi trường",
            "field": "Môi trường",
            "severity": "Thông thường",
            "status": "Mới",
            **values,
        }

    def test_children_of_imported_records_are_in_the_trail(self):
        job = self.import_issues(
            self.issue(),
            self.issue(title="Đã xong", status="Đã giải quyết", resolved_date="07/05/2024"),
        )
        job = confirm(self.client, job)
        assert job.state == JobState.DONE, job.message
        lines = IssueStatus.objects.count()
        assert lines == 3
        entries = AuditEntry.objects.filter(content_type__model="issuestatus", action=0)
        assert entries.count() == lines
        assert {entry.cid for entry in entries} == {f"import-{job.pk}"}
        assert {entry.source for entry in entries} == {"import"}
        assert {entry.actor_id for entry in entries} == {self.an.pk}
        assert {entry.unit_id for entry in entries} == {self.an.unit_id}
        issues = set(EmergingIssue.objects.values_list("pk", flat=True))
        assert {entry.additional_data["record"] for entry in entries} == issues
        for issue in EmergingIssue.objects.all():
            page = self.client.get(reverse("records:history", args=[EmergingIssue, issue.pk]))
            self.assertContains(page, "06/05/2024")

    def test_a_row_that_also_counts_on_a_locked_day_is_told_in_the_preview(self):
        """Found in an open year, settled in one whose report was sent: the form refuses it as well."""
        from reports.workflow.periods import open_period

        later = self.world.period
        open_period(2023, actor=self.cast["tinh"])
        Report.objects.filter(period=later, unit=self.an.unit).update(state=State.SUBMITTED)
        job = self.import_issues(
            self.issue(start_date="06/05/2023", status="Đã giải quyết", resolved_date="06/05/2024")
        )
        assert job.counts == {"error": 1}
        (_, (_, _, problems)) = next(job.entries("error"))
        assert "đang khóa" in problems[0][1]
