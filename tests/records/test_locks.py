"""When the report is sent the records of its period stand still, whichever way one comes."""

import datetime
import uuid
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.utils import timezone

from danvan.accounts.models.trail import AuditEntry
from records.kinds import BY_SLUG, KINDS
from records.locks import RecordLocked, lock_of, locks_on
from records.models import DialogueConference, EmergingIssue, IssueStatus
from records.services import (
    StaleRecord,
    change_records,
    delete_record,
    delete_records,
    save_record,
)
from reports.models import PeriodKind, Report, State
from reports.workflow.periods import close_period, extend_deadline, open_period
from tests.records.data import brought_in, build, formset, make, typed
from tests.records.test_pages import PageCase

IN, AFTER = datetime.date(2024, 5, 6), datetime.date(2024, 12, 20)


class LockedCase(PageCase):
    """Tiên Sơn's report of 2024 was sent; a dialogue of May lies in it, one of 20 December does not."""

    def setUp(self):
        self.clerk, self.board = self.cast["xa-13369"], self.cast["huyen-349"]
        self.inside = make("dialogue-conference", self.unit, start_date=IN)
        self.after = make("dialogue-conference", self.unit, start_date=AFTER)
        self.set_state(State.SUBMITTED)
        self.log_in("xa-13369")

    def set_state(self, state):
        Report.objects.filter(pk=self.world.report.pk).update(
            state=state, submitted_at=timezone.now()
        )


class EveryDoorTest(LockedCase):
    def test_the_pages_say_why_since_when_and_whom_to_ask(self):
        url = self.url("edit", "dialogue-conference", self.inside.pk)
        for method in (self.client.get, self.client.post):
            answer = method(url)
            self.assertEqual(answer.status_code, 403)
            self.assertIn("đã gửi và đang chờ duyệt", answer.content.decode())
            self.assertIn("Ban Dân vận Thị ủy Duy Tiên", answer.content.decode())
        page = self.client.get(self.inside.get_absolute_url())
        self.assertContains(page, "đang khóa theo báo cáo năm 2024")
        self.assertNotContains(page, url)

    def test_no_new_record_in_the_period_and_none_moved_into_or_out_of_it(self):
        answer = self.client.post(self.url("create"), typed("dialogue-conference", self.unit))
        self.assertContains(answer, "đang khóa", status_code=422)
        into = typed("dialogue-conference", self.unit, start_date="06/05/2024", version=1)
        answer = self.client.post(self.url("edit", "dialogue-conference", self.after.pk), into)
        self.assertContains(answer, "đang khóa", status_code=422)
        self.inside.start_date = AFTER
        with self.assertRaises(RecordLocked):
            save_record(self.inside, actor=self.clerk)
        self.inside.refresh_from_db()
        self.assertEqual(self.inside.start_date, IN)
        self.assertEqual(DialogueConference.objects.count(), 2)

    def test_delete_bulk_delete_and_files(self):
        where = self.url("delete", "dialogue-conference", self.inside.pk)
        answer = self.client.post(where, {"version": 1})
        self.assertContains(answer, "đang khóa", status_code=409)
        keys = [self.inside.pk, self.after.pk]
        results = {
            one.pk: one.problem
            for one in delete_records(DialogueConference, keys, actor=self.clerk)
        }
        self.assertIn("đang khóa", results[self.inside.pk])
        self.assertEqual(results[self.after.pk], "")
        self.assertEqual(list(DialogueConference.objects.all()), [self.inside])
        file = SimpleUploadedFile("a.pdf", b"%PDF-1.4 x")
        url = self.url("attach", "dialogue-conference", self.inside.pk)
        self.assertContains(self.client.post(url, {"file": file}), "đang khóa", status_code=422)

    def test_bulk_creation_and_change_as_imports_do_it(self):
        with self.assertRaises(RecordLocked):
            brought_in(build("dialogue-conference", self.unit), actor=self.clerk)
        self.inside.attendees, self.after.attendees = 1, 2
        with self.assertRaises(RecordLocked):
            change_records([self.inside, self.after], ["attendees"], actor=self.clerk)
        self.after.version = 1  # nothing was written
        self.assertEqual(change_records([self.after], ["attendees"], actor=self.clerk), 1)
        self.after.refresh_from_db()
        self.assertEqual((self.after.attendees, self.after.version), (2, 2))

    def test_what_changes_nothing_is_not_in_the_way_and_writes_nothing(self):
        before = DialogueConference.objects.filter(pk=self.inside.pk).values().get()
        self.assertEqual(change_records([self.inside], ["attendees"], actor=self.clerk), 0)
        save_record(self.inside, actor=self.clerk)
        after = DialogueConference.objects.filter(pk=self.inside.pk).values().get()
        self.assertEqual(after, before, "a closed period is not written in, its dates included")

    def test_the_board_may_not_either(self):
        with self.assertRaises(RecordLocked):
            delete_record(self.inside, actor=self.board)

    def test_returned_reports_and_other_units_are_open(self):
        self.set_state(State.RETURNED)
        self.assertIsNone(lock_of(self.inside))
        self.set_state(State.APPROVED)
        self.assertIn("đã được duyệt", lock_of(self.inside).message)
        other = self.cast["xa-13363"].unit
        self.assertIsNone(lock_of(make("dialogue-conference", other)))


class PeriodTest(LockedCase):
    def test_a_closed_period_locks_until_an_extension_runs(self):
        self.set_state(State.DRAFT)
        close_period(self.world.period, user=self.cast["tinh"])
        self.assertIn("đã khóa", lock_of(self.inside).message)
        self.assertIn("Lê Thị Chi", lock_of(self.inside).message)
        extend_deadline(
            self.world.report, user=self.board, until=timezone.localdate(), reason="Mất điện"
        )
        self.assertIsNone(lock_of(self.inside))

    def test_interim_reports_do_not_lock(self):
        self.set_state(State.DRAFT)
        half = open_period(
            2024,
            actor=None,
            kind=PeriodKind.HALF,
            start=datetime.date(2023, 12, 15),
            end=datetime.date(2024, 6, 14),
            structure_date=datetime.date(2024, 6, 14),
        )
        half.reports.update(state=State.APPROVED)
        self.assertIsNone(lock_of(self.inside))

    def test_one_query_for_many_units(self):
        units = [person.unit_id for person in self.cast.values() if person.unit_id]
        with self.assertNumQueries(1):
            self.assertEqual(len(locks_on(units)), 1)
        self.assertEqual(locks_on([]), [])


class LaterTest(LockedCase):
    """What happens after the period may be written, what it counted may not."""

    def setUp(self):
        self.set_state(State.DRAFT)
        super().setUp()
        self.issue = make("emerging-issue", self.unit)

    def post_issue(self, **values):
        data = typed("emerging-issue", self.unit, version=1, **values)
        return self.client.post(self.url("edit", "emerging-issue", self.issue.pk), data)

    def test_an_issue_is_resolved_after_the_report_was_sent(self):
        answer = self.post_issue(status="resolved", resolved_date="20/12/2024", outcome="Xong")
        self.assertEqual(answer.status_code, 302)
        self.issue.refresh_from_db()
        self.assertEqual((self.issue.status, self.issue.outcome), ("resolved", "Xong"))
        rows = EmergingIssue.objects.with_status_on(datetime.date(2024, 12, 14))
        self.assertEqual(rows.get().status_on, "new")

    def test_but_not_backwards_into_it_nor_under_another_name(self):
        answer = self.post_issue(status="resolved", resolved_date="10/06/2024")
        self.assertContains(answer, "đang khóa", status_code=422)
        self.post_issue(title="Tên khác", status="running", status_date="20/12/2024")
        self.issue.refresh_from_db()
        self.assertEqual(self.issue.title, "Kiến nghị về môi trường")
        self.assertEqual(IssueStatus.objects.filter(issue=self.issue).count(), 2)

    def test_a_model_is_recognised_later(self):
        Report.objects.update(state=State.DRAFT)
        model = make("mobilisation-model", self.unit)
        self.set_state(State.APPROVED)

        def recognise(day):
            return lambda: model.recognitions.create(level="commune", decision="1", date=day)

        with self.assertRaises(RecordLocked):
            save_record(model, actor=self.clerk, then=recognise(datetime.date(2024, 6, 1)))
        self.assertFalse(model.recognitions.exists())
        model.refresh_from_db()
        save_record(model, actor=self.clerk, then=recognise(AFTER))
        self.assertEqual(model.recognitions.get().date, AFTER)

    def test_the_recognising_units_report_locks_as_well(self):
        Report.objects.update(state=State.DRAFT)
        Report.objects.filter(unit=self.board.unit).update(state=State.APPROVED)
        model = make("mobilisation-model", self.unit)
        with self.assertRaises(RecordLocked):
            save_record(
                model,
                actor=self.clerk,
                then=lambda: model.recognitions.create(
                    level="district", decision="1", date=datetime.date(2024, 6, 1)
                ),
            )

    def test_what_is_locked_is_no_obstacle_to_what_is_not(self):
        """A locked form cleans its closed fields as well: what is stored there must pass, and stay."""
        cases = {
            "friendly-government": (
                {"score": Decimal("90.50"), "surveys": 1140, "satisfied": 1001, "rating": 5},
                {"decision": "12-QĐ/HU", "decision_date": "20/12/2024"},
            ),
            "mobilisation-model": (
                {"title": "Mô hình\u00a0“Dân vận khéo”", "registered_year": 2024},
                {"status": "running"},
            ),
            "emerging-issue": (
                {"people": 1140, "end_date": AFTER},
                {"status": "resolved", "resolved_date": "20/12/2024"},
            ),
        }
        later = {kind.slug for kind in KINDS if kind.model.LATER_FIELDS}
        self.assertEqual(later, set(cases))
        for slug, (stored, posted) in cases.items():
            with self.subTest(slug):
                record = make(slug, self.unit, **stored)
                record.clean_texts()
                record.save()
                names = set(BY_SLUG[slug].fields) - type(record).LATER_FIELDS
                before = {name: getattr(record, name) for name in names}
                url = self.url("edit", slug, record.pk)
                self.assertContains(self.client.get(url), "disabled")
                data = {"version": record.version, **posted}
                data |= formset() if slug == "mobilisation-model" else {}
                answer = self.client.post(url, data)
                self.assertEqual(answer.status_code, 302, answer.context)
                record.refresh_from_db()
                self.assertEqual({name: getattr(record, name) for name in names}, before)
                name, value = next(iter(posted.items()))
                self.assertEqual(getattr(record, name), value)


class ServiceTest(PageCase):
    """Scope, right, version and trail belong to the service, not to the page."""

    def setUp(self):
        self.clerk = self.cast["xa-13369"]

    def test_a_row_saved_outside_the_area_is_rolled_back(self):
        record = make("dialogue-conference", self.unit)
        record.unit = self.cast["xa-13363"].unit
        with self.assertRaises(PermissionDenied):
            save_record(record, actor=self.clerk)
        record.refresh_from_db()
        self.assertEqual(record.unit, self.unit)
        with self.assertRaises(PermissionDenied):
            brought_in(build("oversight", self.cast["xa-13363"].unit), actor=self.clerk)
        with self.assertRaises(PermissionDenied):
            save_record(build("oversight", self.unit), actor=self.cast["lanhdao"])

    def test_of_two_people_one_is_told(self):
        record = make("dialogue-conference", self.unit)
        mine, theirs = (DialogueConference.objects.get(pk=record.pk) for _ in range(2))
        theirs.note = "sửa trước"
        save_record(theirs, actor=self.clerk, version=1)
        with self.assertRaises(StaleRecord):
            save_record(mine, actor=self.clerk, version=1)

    def test_every_way_leaves_an_entry_with_values_and_person(self):
        record = save_record(build("oversight", self.unit), actor=self.clerk, token=uuid.uuid4())
        record.accepted, record.recommendations = 1, 2
        save_record(record, actor=self.clerk)
        (made,) = brought_in(build("oversight", self.unit), actor=self.clerk)
        made.recommendations = 7
        change_records([made], ["recommendations"], actor=self.clerk)
        delete_record(record, actor=self.clerk)
        delete_records(type(made), [made.pk], actor=self.clerk)
        entries = AuditEntry.objects.filter(content_type__model="oversight").order_by("pk")
        actions = [entry.get_action_display() for entry in entries.filter(object_id=record.pk)]
        self.assertEqual(len(actions), 3)
        self.assertEqual(entries.filter(object_id=made.pk).count(), 3)
        self.assertTrue(all(entry.actor == self.clerk for entry in entries))
        change = entries.filter(object_id=made.pk)[1].changes
        self.assertEqual(change["recommendations"], [None, 7])

    def test_bulk_costs_do_not_grow_with_the_rows(self):
        def queries(n):
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            rows = [build("emerging-issue", self.unit) for _ in range(n)]
            with CaptureQueriesContext(
                connection,
            ) as made:
                created = brought_in(*rows, actor=self.clerk)
            with CaptureQueriesContext(connection) as gone:
                delete_records(EmergingIssue, [row.pk for row in created], actor=self.clerk)
            return len(made), len(gone)

        queries(1)
        self.assertEqual(queries(2), queries(12))
        gone = AuditEntry.objects.filter(action=AuditEntry.Action.DELETE)
        self.assertEqual(gone.filter(content_type__model="emergingissue").count(), 15)


class IssueScopeTest(TestCase):
    """Issues are read by the unit and those above, not by what the unit became."""

    @classmethod
    def setUpTestData(cls):
        from tests.cast import build_cast

        cls.cast = build_cast()

    def test_a_successor_reads_the_dialogues_but_not_the_issues(self):
        from danvan.accounts.models import User
        from danvan.units.models import AdministrativeUnit

        old = self.cast["xa-13369"].unit
        new = (
            AdministrativeUnit.objects.filter(precessions__predecessor=old)
            .order_by("-valid_from")
            .first()
        )
        heir = User.objects.create(username="moi", unit=new)
        dialogue, issue = make("dialogue-conference", old), make("emerging-issue", old)
        self.assertIn(dialogue, type(dialogue).objects.visible_to(heir))
        self.assertNotIn(issue, type(issue).objects.visible_to(heir))
        for name in ("xa-13369", "huyen-349", "tinh", "lanhdao", "quantri"):
            self.assertIn(issue, type(issue).objects.visible_to(self.cast[name]), name)
        for name in ("xa-13363", "huyen-350"):
            self.assertNotIn(issue, type(issue).objects.visible_to(self.cast[name]), name)
