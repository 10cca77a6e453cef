"""An import from upload to undo: what is shown is what is written, once, whole, by its owner."""

import io
import os

import openpyxl
from django.conf import settings
from django.test import TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from danvan.accounts.models.trail import AuditEntry
from danvan.imports import confirming
from danvan.imports.models import ImportJob, JobState
from records.models import DialogueConference
from tests.cast import build_cast, build_world
from tests.imports.tools import confirm, content, errors_of, saved, sheet_of, upload, work_off
from tests.records.data import make

SLUG = "dialogue-conference"


class ImportCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.an = cls.cast["xa-13369"]
        cls.unit = cls.an.unit

    def setUp(self):
        self.client.force_login(self.an)

    def upload(self, *rows, **options):
        return upload(self.client, sheet_of(self.an, *rows), **options)

    def login(self, name):
        self.client.force_login(self.cast[name])


class FlowTest(ImportCase):
    def test_upload_writes_nothing_and_confirm_writes_what_was_shown(self):
        job = self.upload({}, {"title": "Đối thoại về đất đai"})
        self.assertEqual((job.state, job.counts["new"]), (JobState.CHECKED, 2))
        self.assertEqual(DialogueConference.objects.count(), 0)
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Đối thoại về đất đai")
        job = confirm(self.client, job)
        self.assertEqual((job.state, job.result["new"]), (JobState.DONE, 2))
        row = DialogueConference.objects.get(title="Đối thoại về đất đai")
        self.assertEqual((row.unit, row.attendees, row.created_by), (self.unit, 60, self.an))
        self.assertTrue(row.led_by_secretary)
        self.assertIn("doi thoai ve dat dai", row.search)
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "2 dòng thêm mới")

    def test_the_audit_trail_names_person_job_line_and_values(self):
        job = confirm(self.client, self.upload({}))
        entry = AuditEntry.objects.get(object_id=DialogueConference.objects.get().pk)
        self.assertEqual(
            (entry.actor, entry.source, entry.cid), (self.an, "import", f"import-{job.pk}")
        )
        self.assertEqual(entry.additional_data, {"row": 2})
        self.assertEqual(entry.changes["attendees"], [None, 60])
        self.assertEqual(entry.unit, self.unit)

    def test_a_changed_cell_is_one_change_and_is_shown_old_to_new(self):
        row = make(SLUG, self.unit, title="Đối thoại về nông thôn mới", attendees=60)
        job = self.upload({"attendees": "1.140"})
        self.assertEqual((job.counts.get("changed"), job.counts.get("new", 0)), (1, 0))
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "<del>60</del>", html=True)
        confirm(self.client, job)
        row.refresh_from_db()
        self.assertEqual((row.attendees, row.version), (1140, 2))
        entry = AuditEntry.objects.filter(object_id=row.pk, action=AuditEntry.Action.UPDATE).get()
        self.assertEqual(entry.changes, {"attendees": [60, 1140]})

    def test_all_or_nothing_unless_asked_for_the_good_rows(self):
        job = self.upload({}, {"title": "Khác", "attendees": "1.14"})
        self.assertEqual(list(errors_of(job)), ["J3"])
        refused = confirm(self.client, job)
        self.assertEqual((refused.state, DialogueConference.objects.count()), (JobState.CHECKED, 0))
        done = confirm(self.client, job, only_good="on")
        self.assertEqual((done.state, DialogueConference.objects.count()), (JobState.DONE, 1))

    def test_the_workbook_comes_back_marked_and_goes_in_corrected_without_doubles(self):
        job = self.upload({}, {"title": "Khác", "attendees": "1.14"})
        confirm(self.client, job, only_good="on")
        back = self.client.get(f"/nhap-excel/{job.pk}/tep-loi/")
        path = os.path.join(settings.MEDIA_ROOT, "back.xlsx")
        with open(path, "wb") as file:
            file.write(content(back))
        book = openpyxl.load_workbook(path)
        cell = book.active["J3"]
        self.assertIn("chưa rõ", cell.comment.text)
        self.assertEqual(cell.fill.fgColor.rgb, "00FFC7CE")
        told = list(book["Danh sách lỗi"].values)[1]
        self.assertEqual((told[:3], told[3]), (("J3", "Số người dự", "1.14"), cell.comment.text))
        cell.value = 1140
        book.save(path)
        with open(path, "rb") as file:
            again = upload(self.client, file.read())
        os.unlink(path)
        self.assertEqual((again.counts.get("new"), again.counts.get("same")), (1, 1))
        confirm(self.client, again)
        self.assertEqual(DialogueConference.objects.count(), 2)

    def test_an_error_cell_that_comes_back_uncorrected_is_still_an_error(self):
        book = openpyxl.load_workbook(io.BytesIO(sheet_of(self.an, {}, {"title": "Hai"})))
        headings = [cell.value for cell in book.active[1]]
        column = headings.index("Địa điểm") + 1
        book.active.cell(2, column).value, book.active.cell(3, column).value = "#REF!", "=A1"
        job = upload(self.client, saved(book))
        self.assertEqual(job.counts, {"error": 2})
        back = content(self.client.get(f"/nhap-excel/{job.pk}/tep-loi/"))
        self.assertEqual(upload(self.client, back).counts, {"error": 2})

    def test_a_second_confirmation_imports_nothing_twice(self):
        job = self.upload({})
        confirm(self.client, job)
        confirm(self.client, job)
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_the_post_decides_nothing_but_the_choice(self):
        job = self.upload({})
        confirm(self.client, job, target="emerging-issue", state="done", rows="[]", file="x")
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_a_page_for_every_state(self):
        job = self.upload({})
        for state in JobState.values:
            ImportJob.objects.filter(pk=job.pk).update(state=state, message="Thử")
            answer = self.client.get(f"/nhap-excel/{job.pk}/")
            self.assertEqual(answer.status_code, 200, state)
        self.assertContains(self.client.get("/nhap-excel/"), "tệp.xlsx")

    def test_a_cancelled_job_leaves_no_file(self):
        job = self.upload({})
        path = job.file.path
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(f"/nhap-excel/{job.pk}/bo/")
        job.refresh_from_db()
        self.assertEqual(
            (job.state, os.path.exists(path), job.parts.count()), ("cancelled", False, 0)
        )

    def test_expired_jobs_lose_file_and_rows_and_cannot_be_confirmed(self):
        job = self.upload({})
        path = job.file.path
        ImportJob.objects.update(expires_at=timezone.now() - timezone.timedelta(days=1))
        confirm(self.client, job)
        with self.captureOnCommitCallbacks(execute=True):
            ImportJob.objects.clean_up()  # a worker does it: tests/imports/test_workers.py
        job.refresh_from_db()
        self.assertEqual((job.state, os.path.exists(path)), (JobState.EXPIRED, False))
        self.assertEqual(DialogueConference.objects.count(), 0)


class AsOfNowTest(ImportCase):
    """Between preview and confirmation the world moves on."""

    def test_data_changed_since_goes_back_to_its_owner(self):
        row = make(SLUG, self.unit, title="Đối thoại về nông thôn mới", attendees=60)
        job = self.upload({"attendees": 70})
        DialogueConference.objects.filter(pk=row.pk).update(attendees=65, version=2)
        job = confirm(self.client, job)
        self.assertEqual(job.state, JobState.CHECKED)
        self.assertIn("đã thay đổi", job.message)
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "<del>65</del>", html=True)
        self.assertEqual(confirm(self.client, job).state, JobState.DONE)

    def test_a_change_elsewhere_in_the_unit_does_not_stop_it(self):
        job = self.upload({})
        make(SLUG, self.unit, title="Việc khác")
        self.assertEqual(confirm(self.client, job).state, JobState.DONE)

    def test_a_lost_right_writes_nothing(self):
        job = self.upload({})
        self.an.role = "viewer"
        self.an.save()
        self.assertEqual(self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/").status_code, 403)
        self.assertEqual(DialogueConference.objects.count(), 0)

    def test_a_lock_that_came_since_writes_nothing(self):
        world = build_world(self.cast)
        job = self.upload({})
        type(world.report).objects.filter(pk=world.report.pk).update(state="submitted")
        job = confirm(self.client, job)
        self.assertEqual((job.state, job.counts["error"]), (JobState.CHECKED, 1))
        self.assertEqual(DialogueConference.objects.count(), 0)

    def test_a_failing_database_writes_nothing_and_says_so(self):
        job = self.upload({})
        self.assertTrue(confirming.request_confirmation(job, only_good=False))
        job.result = {}
        self.assertFalse(ImportJob.objects.take(job, JobState.CHECKED, JobState.WRITING))
        ImportJob.objects.filter(pk=job.pk).update(
            heartbeat=timezone.now() - timezone.timedelta(hours=1)
        )
        confirming.recover_imports()
        job.refresh_from_db()
        self.assertEqual(job.state, JobState.CHECKED)


class UndoTest(ImportCase):
    def test_undo_takes_back_new_and_changed_rows_as_one(self):
        row = make(SLUG, self.unit, title="Đối thoại về nông thôn mới", attendees=60)
        job = confirm(self.client, self.upload({"attendees": 70}, {"title": "Mới"}))
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        job.refresh_from_db()
        row.refresh_from_db()
        self.assertEqual((job.state, row.attendees), (JobState.UNDONE, 60))
        self.assertEqual(DialogueConference.objects.count(), 1)
        self.assertTrue(AuditEntry.objects.filter(source="undo", action=2).exists())

    def test_undo_is_refused_when_something_newer_builds_on_it(self):
        job = confirm(self.client, self.upload({}, {"title": "Mới"}))
        DialogueConference.objects.filter(title="Mới").update(attendees=61, version=2)
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        job.refresh_from_db()
        self.assertEqual((job.state, DialogueConference.objects.count()), (JobState.DONE, 2))
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), job.message)
        self.assertIn("Không hoàn tác được: 1 hồ sơ", job.message)

    def undone(self, job) -> ImportJob:
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        job.refresh_from_db()
        return job

    def test_undo_b_then_undo_a_works_when_nothing_differs_any_more(self):
        row = make(SLUG, self.unit, title="Có sẵn", attendees=60)
        old, new = {"title": "Có sẵn"}, {"title": "Mới"}
        first = confirm(self.client, self.upload({**old, "attendees": 70}, new))
        changes = ({**old, "attendees": 80}, {**new, "attendees": 99, "location": "Nhà văn hóa"})
        second = confirm(self.client, self.upload(*changes))
        self.assertEqual(second.result["changed"], 2)
        self.assertEqual(self.undone(first).state, JobState.DONE, "the second builds on it")
        self.assertEqual(self.undone(second).state, JobState.UNDONE)
        self.assertEqual(self.undone(first).state, JobState.UNDONE, first.message)
        row.refresh_from_db()
        self.assertEqual((row.attendees, DialogueConference.objects.count()), (60, 1))

    def test_what_a_person_wrote_in_another_column_is_no_more_undone(self):
        make(SLUG, self.unit, title="Có sẵn", attendees=60)
        job = confirm(self.client, self.upload({"title": "Có sẵn", "attendees": 70}))
        DialogueConference.objects.update(location="Hội trường", version=3)
        self.assertEqual(self.undone(job).state, JobState.DONE)
        self.assertEqual(DialogueConference.objects.get().attendees, 70)

    def test_undo_twice_is_once(self):
        job = confirm(self.client, self.upload({}))
        for _ in range(2):
            self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        job.refresh_from_db()
        self.assertEqual(job.state, JobState.UNDONE)

    def undo_as_large(self, job) -> None:
        """Ask for the undo of a file too large for a request, then be the worker."""
        with override_settings(IMPORT_INLINE_BYTES=1):
            self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
            self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        self.assertEqual(DBTaskResult.objects.ready().count(), 1)
        self.assertEqual(ImportJob.objects.get(pk=job.pk).state, JobState.UNDOING)
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Đang chờ đến lượt")
        self.assertContains(page, 'http-equiv="refresh"')
        work_off()

    def test_a_large_undo_is_queued_once(self):
        row = make(SLUG, self.unit, title="Đối thoại về nông thôn mới", attendees=60)
        job = confirm(self.client, self.upload({"attendees": 70}, {"title": "Mới"}))
        self.undo_as_large(job)
        job.refresh_from_db()
        row.refresh_from_db()
        self.assertEqual((job.state, row.attendees), (JobState.UNDONE, 60))
        self.assertEqual(DialogueConference.objects.count(), 1)
        entry = AuditEntry.objects.filter(source="undo", action=2).get()
        self.assertEqual((entry.actor, entry.cid), (self.an, f"import-{job.pk}"))

    def test_a_large_undo_that_is_refused_says_why_on_the_page(self):
        job = confirm(self.client, self.upload({}, {"title": "Mới"}))
        DialogueConference.objects.filter(title="Mới").update(attendees=61, version=2)
        self.undo_as_large(job)
        job.refresh_from_db()
        self.assertEqual((job.state, DialogueConference.objects.count()), (JobState.DONE, 2))
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "Không hoàn tác được: 1 hồ")

    def test_what_waits_for_a_worker_is_left_alone_however_long_it_waits(self):
        """Confirmed and queued behind others for an hour: it is written when its turn comes, once."""
        waiting = self.upload({"title": "Hai"})
        with override_settings(IMPORT_INLINE_BYTES=1):
            for _ in range(2):
                self.client.post(f"/nhap-excel/{waiting.pk}/xac-nhan/")
        hour_ago = timezone.now() - timezone.timedelta(hours=1)
        ImportJob.objects.update(heartbeat=hour_ago)
        confirming.recover_imports()
        self.assertContains(self.client.get(f"/nhap-excel/{waiting.pk}/"), "Đang chờ đến lượt")
        work_off()
        waiting.refresh_from_db()
        self.assertEqual((waiting.state, DialogueConference.objects.count()), (JobState.DONE, 1))

    def test_what_a_worker_took_and_died_with_goes_back_to_its_owner(self):
        waiting = self.upload({"title": "Hai"})
        with override_settings(IMPORT_INLINE_BYTES=1):
            self.client.post(f"/nhap-excel/{waiting.pk}/xac-nhan/")
        hour_ago = timezone.now() - timezone.timedelta(hours=1)
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        ImportJob.objects.update(heartbeat=hour_ago)
        confirming.recover_imports()
        self.assertEqual(ImportJob.objects.get().state, JobState.WRITING, "it was only just taken")
        DBTaskResult.objects.update(started_at=hour_ago)
        confirming.recover_imports()
        page = self.client.get(f"/nhap-excel/{waiting.pk}/")
        self.assertContains(page, "Máy chủ dừng giữa chừng khi đang ghi")
        self.assertContains(
            self.client.post(f"/nhap-excel/{waiting.pk}/xac-nhan/", follow=True), "Đã nhập"
        )
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_an_undo_whose_process_died_can_be_asked_for_again(self):
        job = confirm(self.client, self.upload({}))
        self.assertTrue(confirming.request_undo(job))
        ImportJob.objects.update(heartbeat=timezone.now() - timezone.timedelta(hours=1))
        confirming.recover_imports()
        given_up = confirming.done_or_back(job, confirming.undo_whole, "")
        self.assertFalse(given_up)  # it does nothing after all
        self.assertEqual(DialogueConference.objects.count(), 1)
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        self.assertEqual(DialogueConference.objects.count(), 0)


class ScopeTest(ImportCase):
    def test_a_foreign_units_row_is_refused_without_telling_whether_it_exists(self):
        job = self.upload({"unit": "13363"}, {"unit": "99999", "title": "Khác"})
        messages = set(errors_of(job).values())
        self.assertEqual(job.counts["error"], 2)
        self.assertEqual(len({m.replace("13363", "").replace("99999", "") for m in messages}), 1)

    def test_a_foreign_record_is_not_found_by_its_key(self):
        make(SLUG, self.cast["xa-13363"].unit, title="Đối thoại về nông thôn mới", attendees=99)
        job = self.upload({})
        self.assertEqual(job.counts.get("new"), 1)

    def test_a_district_officer_enters_for_the_communes_below(self):
        self.login("huyen-349")
        data = sheet_of(self.cast["huyen-349"], {}, {"unit": "13363"}, {"unit": "13384"})
        job = upload(self.client, data)
        self.assertEqual((job.counts["new"], job.counts["error"]), (2, 1))

    def test_nobody_sees_or_confirms_the_job_of_another(self):
        job = self.upload({})
        for name in ("canbo-13369", "huyen-349", "tinh", "quantri"):
            self.login(name)
            self.assertEqual(self.client.get(f"/nhap-excel/{job.pk}/").status_code, 404, name)
            answer = self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/")
            self.assertEqual(answer.status_code, 404, name)
        self.assertEqual(DialogueConference.objects.count(), 0)
