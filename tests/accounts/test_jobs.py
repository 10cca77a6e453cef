"""Long work: asked for on a page, done by a worker, fetched by the one who asked, taken again once."""

import datetime
import io
import os
import signal
import subprocess
import sys
import tempfile
from unittest import mock

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, TaskResultStatus
from python_calamine import CalamineWorkbook

from danvan.accounts import services
from danvan.accounts.audit import views as audit
from danvan.accounts.jobs import working
from danvan.accounts.jobs.pages import ask_page
from danvan.accounts.jobs.working import perform
from danvan.accounts.models import (
    AuditEntry,
    Job,
    SecurityEvent,
    SecurityKind,
    SlipSheet,
    User,
    WorkState,
)
from danvan.accounts.models.job import KEEP, RESULTS
from danvan.common.ops.progress import Progress, following
from records.kinds import BY_SLUG
from records.sheets import views as records_views
from reports.consolidation import views as consolidation
from reports.documents import views_urging as urging
from reports.sheets import views as values
from tests.cast import build_cast, build_world
from tests.imports.tools import content, work_off
from tests.records.data import make

EXPORT = f"/ho-so/{BY_SLUG['dialogue-conference'].path}/xuat-excel/"
LIST = "/viec-giao-may-chu/"
START = f"{LIST}yeu-cau/"
LATER = datetime.timedelta(minutes=2)

# A worker that is killed while it writes the rows of an export.
KILLED = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.MEDIA_ROOT = sys.argv[2]
from django.core.management import call_command
from records.sheets import views
views.write_records = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
call_command("db_worker", "--batch", "--no-reload", "--no-startup-delay", verbosity=0)
"""


def silent(job: Job) -> None:
    """Let the process that had `job` be silent for longer than its lease."""
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - LATER)
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now() - LATER)


def rows_of(answer) -> list[list]:
    """Return the cells of a workbook that was sent."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content(answer)))
    return book.get_sheet_by_index(0).to_python()


def began(client, url, query=None, **more):
    """Return the answer to the button of a page whose file is too large for a request."""
    page = client.get(url, query)
    return client.post(START, {"offer": page.context["offer"]}, **more)


class JobCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.an = cls.cast["xa-13369"]
        for number in range(3):
            make("dialogue-conference", cls.an.unit, title=f"Đối thoại {number}")

    def setUp(self):
        self.client.force_login(self.an)
        patched = mock.patch.object(records_views, "ROWS_AT_ONCE", 2)
        patched.start()
        self.addCleanup(patched.stop)

    def asked(self, url=EXPORT, **query) -> Job:
        answer = began(self.client, url, query)
        assert answer.status_code == 302, answer
        job = Job.objects.get(pk=int(answer.url.rstrip("/").rsplit("/", 1)[1]))
        assert answer.url == job.get_absolute_url()
        return job

    def state(self, job) -> str:
        job.refresh_from_db()
        return job.state


class TestExports(JobCase):
    def test_reading_the_page_begins_nothing_and_an_offer_is_for_one_person_and_a_day(self):
        page = self.client.get(EXPORT)
        self.assertContains(page, "Lập tệp")
        self.assertFalse(Job.objects.exists())
        other = Client()
        other.force_login(self.cast["canbo-13369"])
        offer = {"offer": page.context["offer"]}
        past = mock.patch("danvan.accounts.jobs.pages._GOOD_FOR", datetime.timedelta(seconds=-1))
        for client, posted in ((other, offer), (self.client, {"offer": "x"}), (self.client, {})):
            answer = client.post(START, posted, follow=True)
            self.assertContains(answer, "Vui lòng mở lại trang và bấm tải lần nữa")
        with past:
            self.assertEqual(self.client.post(START, offer).url, LIST)
        self.assertFalse(Job.objects.exists())

    def test_above_the_size_a_worker_makes_the_very_same_file(self):
        with mock.patch.object(records_views, "ROWS_AT_ONCE", 3):
            at_once = rows_of(self.client.get(EXPORT))
        job = self.asked()
        page = self.client.get(job.get_absolute_url())
        self.assertContains(page, "Đang chờ đến lượt")
        self.assertContains(page, 'http-equiv="refresh"')
        self.assertContains(self.client.get("/"), "1 việc đang làm")
        work_off()
        self.assertContains(self.client.get("/"), "1 việc đã xong")
        page = self.client.get(job.get_absolute_url())
        self.assertContains(page, f'href="{job.get_absolute_url()}tep/"')
        self.assertNotContains(page, 'http-equiv="refresh"')
        file = self.client.get(f"{job.get_absolute_url()}tep/")
        self.assertEqual(rows_of(file), at_once)
        self.assertIn("attachment", file["Content-Disposition"])
        self.assertNotContains(self.client.get("/"), "việc đã xong")
        self.assertContains(self.client.get(LIST), "Tải tệp")
        job.refresh_from_db()
        self.assertEqual((job.progress, job.total), (3, 3))
        kinds = AuditEntry.objects.values_list("content_type__model", flat=True)
        self.assertNotIn("job", kinds)

    def test_what_left_the_site_is_in_the_security_log(self):
        job = self.asked(nam=2024)
        work_off()
        content(self.client.get(f"{job.get_absolute_url()}tep/"))
        events = SecurityEvent.objects.filter(kind=SecurityKind.EXPORT, user=self.an).order_by("pk")
        made, fetched = events.values_list("path", "detail")
        self.assertEqual(made, (EXPORT, {"query": "nam=2024"}))
        self.assertEqual(fetched[0], f"{job.get_absolute_url()}tep/")

    def test_asked_twice_it_is_one_job_and_nobody_queues_without_end(self):
        self.assertEqual(self.asked(), self.asked())
        for year in range(2020, 2024):
            self.asked(q="Đối thoại", nam="", khong=year)
        answer = began(self.client, EXPORT, {"khong": 1}, follow=True)
        self.assertContains(answer, "Anh/chị đang có 5 việc chưa xong")
        self.assertEqual(Job.objects.count(), 5)

    def test_only_who_asked_fetches_it_and_only_with_the_rights_of_then(self):
        job = self.asked()
        work_off()
        file = f"{job.get_absolute_url()}tep/"
        for name in ("canbo-13369", "tinh", "quantri"):
            other = Client()
            other.force_login(self.cast[name])
            self.assertEqual(other.get(file).status_code, 404)
            self.assertNotContains(other.get(LIST), job.title)
        moved = User.objects.filter(pk=self.an.pk)
        moved.update(unit=self.cast["xa-13363"].unit)
        self.assertEqual(self.client.get(file).status_code, 404)
        board = self.cast["tinh"]
        self.client.force_login(board)
        with mock.patch.object(audit, "ROWS_AT_ONCE", 0):
            log = self.asked(reverse("accounts:security_export"))
        work_off()
        User.objects.filter(pk=board.pk).update(role="viewer")
        file = f"{log.get_absolute_url()}tep/"
        self.assertEqual(self.client.get(file).status_code, 403)

    def test_a_right_lost_before_its_turn_makes_no_file(self):
        job = self.asked()
        User.objects.filter(pk=self.an.pk).update(is_active=False)
        work_off()
        self.assertEqual(self.state(job), WorkState.FAILED)
        self.assertEqual((job.message, job.file.name), (working.RIGHT_LOST, ""))

    def test_who_moved_before_its_turn_gets_no_file_of_the_other_unit(self):
        job, home = self.asked(), self.an.unit
        people = User.objects.filter(pk=self.an.pk)
        people.update(unit=self.cast["xa-13363"].unit)
        work_off()
        people.update(unit=home)
        self.assertEqual(self.state(job), WorkState.FAILED)
        self.assertEqual(self.client.get(f"{job.get_absolute_url()}tep/").status_code, 404)

    def test_every_large_export_goes_the_same_way(self):
        board = self.cast["tinh"]
        self.client.force_login(board)
        User.objects.filter(pk=self.an.pk).update(full_name="An")
        late = timezone.localdate() - datetime.timedelta(days=3)
        type(self.world.period).objects.update(due_commune=late, due_district=late)
        period = self.world.period.pk
        named = {
            reverse("reports:export_values", args=[period]): (values, "UNITS_AT_ONCE"),
            reverse("accounts:security_export"): (audit, "ROWS_AT_ONCE"),
            reverse("reports:consolidation_export"): (consolidation, "EXPORTED_AT_ONCE"),
            reverse("documents:urge"): (urging, "URGED_AT_ONCE"),
        }
        jobs = []
        for url, (module, limit) in named.items():
            with mock.patch.object(module, limit, 0):
                jobs.append(self.asked(url))
        work_off()
        for job in jobs:
            self.assertEqual(self.state(job), WorkState.DONE, f"{job}: {job.message}")
            file = content(self.client.get(f"{job.get_absolute_url()}tep/"))
            self.assertTrue(file.startswith(b"PK"), job)

    def test_more_rows_than_a_sheet_holds_are_refused_in_words(self):
        job = self.asked()
        with mock.patch("danvan.accounts.jobs.pages.MAX_SHEET_ROWS", 3):
            work_off()
        self.assertEqual(self.state(job), WorkState.FAILED)
        self.assertContains(
            self.client.get(job.get_absolute_url()), "một trang Excel không chứa hết"
        )

    def test_how_far_it_is_and_how_long_it_still_takes_is_said(self):
        job = self.asked()
        began = timezone.now() - datetime.timedelta(seconds=30)
        Job.objects.update(state=WorkState.WORKING, began_at=began, progress=1000, total=11000)
        page = self.client.get(job.get_absolute_url())
        self.assertContains(page, "Xong 1.000/11.000")
        self.assertContains(page, "còn khoảng 5 phút")

    def test_results_go_after_their_day_and_so_does_what_a_killed_process_left(self):
        job, fresh = self.asked(), self.asked(q="Đối thoại")
        work_off()
        job.refresh_from_db()
        left = default_storage.save(f"{RESULTS}/tep-la", ContentFile(b"half"))
        Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - KEEP)
        day_ago = timezone.now() + datetime.timedelta(days=2)
        kept = reverse("accounts:job_file", args=[job.pk])
        self.assertEqual(self.client.get(kept).status_code, 404)
        Job.objects.clean_up()  # a worker's duty
        self.assertFalse(default_storage.exists(job.file.name))
        self.assertTrue(default_storage.exists(left))
        self.assertEqual(list(Job.objects.all()), [fresh])
        with mock.patch.object(timezone, "now", lambda: day_ago):
            Job.objects.clean_up()
        self.assertFalse(default_storage.exists(left))
        fresh.refresh_from_db()
        self.assertTrue(default_storage.exists(fresh.file.name))


class TestFaults(JobCase):
    def test_a_process_that_died_once_is_followed_by_another_and_twice_is_told(self):
        job = self.asked()
        for tried in (1, 2):
            Job.objects.update(state=WorkState.WORKING, tries=tried)
            self.client.get(job.get_absolute_url())
            self.assertEqual(
                self.state(job), WorkState.WORKING, "a page that is read writes nothing"
            )
            working.recover_jobs()
            self.assertEqual(self.state(job), WorkState.WORKING, "its lease still runs")
            silent(job)
            working.recover_jobs()
            page = self.client.get(job.get_absolute_url())
        self.assertContains(page, "Máy chủ dừng giữa chừng hai lần")
        self.assertContains(page, "Làm lại")
        work_off()
        self.assertEqual(self.state(job), WorkState.FAILED)

    def test_a_job_given_up_too_early_keeps_nothing_of_the_first_process(self):
        job, before = self.asked(), default_storage.listdir(RESULTS)[1]

        def slow(taken):
            silent(taken)
            working.recover_jobs()
            return ask_page(taken)

        with mock.patch("danvan.accounts.jobs.pages.ask_page", slow):
            perform(Job.objects.get(pk=job.pk))
        self.assertEqual(self.state(job), WorkState.QUEUED)
        self.assertEqual(default_storage.listdir(RESULTS)[1], before)
        work_off()
        self.assertEqual(self.state(job), WorkState.DONE)

    def test_a_bug_or_a_fault_is_told_and_reaches_the_log_of_the_worker(self):
        for error, told in ((ZeroDivisionError(), "gặp lỗi"), (OSError(28, "full"), "Ổ đĩa")):
            job = self.asked()
            with (
                mock.patch.object(records_views, "write_records", side_effect=error),
                self.assertRaises(type(error)),
            ):
                perform(job)
            self.assertEqual(self.state(job), WorkState.FAILED)
            self.assertIn(told, job.message)

    def test_progress_is_nobodys_outside_a_job(self):
        progress = Progress()
        content(self.client.get(EXPORT, {"bang": "1", "q": "không có"}))
        with following(progress):
            content(self.client.get(EXPORT, {"q": "không có"}))
        self.assertEqual(progress.done, 0)


class TestKilled(TransactionTestCase):
    def test_killed_in_the_middle_it_is_taken_again_once(self):
        an = build_cast()["xa-13369"]
        make("dialogue-conference", an.unit)
        self.client.force_login(an)
        with mock.patch.object(records_views, "ROWS_AT_ONCE", 0):
            job = Job.objects.get(pk=int(began(self.client, EXPORT).url.split("/")[-2]))
        name = str(connection.settings_dict["NAME"])
        connection.close()
        command = [sys.executable, "-c", KILLED, name, str(settings.MEDIA_ROOT)]
        with tempfile.TemporaryDirectory() as folder:  # what is killed tidies nothing up
            env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TMPDIR": folder}
            done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        job.refresh_from_db()
        self.assertEqual((job.state, job.tries, job.file.name), (WorkState.WORKING, 1, ""))
        silent(job)
        working.recover_jobs()
        self.assertContains(self.client.get(job.get_absolute_url()), "Đang chờ đến lượt")
        work_off()
        job.refresh_from_db()
        self.assertEqual((job.state, job.tries), (WorkState.DONE, 2))
        self.assertTrue(content(self.client.get(f"{job.get_absolute_url()}tep/")))


class TestSlips(JobCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.cast["quantri"])
        patched = mock.patch.object(services, "SLIPS_AT_ONCE", 2)
        patched.start()
        self.addCleanup(patched.stop)
        self.people = User.objects.filter(username__startswith="xa-")
        self.people.update(password="!none")  # noqa: S106 - nobody's

    def job(self) -> Job:
        page = self.client.get(reverse("admin:accounts_user_issue"))
        self.assertContains(page, "Cấp cho cả 3 tài khoản")
        posted = {"action": "reset_selected", "everybody": page.context["everybody"]}
        posted |= {"confirmed": "1", "_selected_action": [self.an.pk]}
        answer = self.client.post("/quan-tri/accounts/user/", posted)
        self.assertEqual(answer.status_code, 302)
        return Job.objects.get()

    def test_more_people_than_a_sheet_takes_get_several_sheets_and_no_secret_is_stored(self):
        job = self.job()
        work_off()
        self.assertEqual(self.state(job), WorkState.DONE)
        self.assertIn("2 phiếu", job.message)
        shown = {}
        for sheet in SlipSheet.objects.all():
            page = self.client.post(f"/quan-tri/accounts/user/phieu/{sheet.pk}/")
            shown |= {user.username: password for user, password in page.context["issued"]}
        self.assertEqual(set(shown), set(self.people.values_list("username", flat=True)))
        for name, password in shown.items():
            posted = {"username": name, "password": password}
            self.assertEqual(Client().post("/dang-nhap/", posted).status_code, 302)
            self.assertNotIn(password, str(vars(job)))

    def test_ended_between_two_sheets_it_goes_on_with_the_second(self):
        job, issue = self.job(), services.reset_passwords

        def dying(people, by):
            if SlipSheet.objects.exists():
                raise KeyboardInterrupt
            return issue(people, by=by)

        with (
            mock.patch.object(services, "reset_passwords", dying),
            pytest.raises(KeyboardInterrupt),
        ):
            perform(job)
        silent(job)
        working.recover_jobs()
        work_off()
        self.assertEqual(self.state(job), WorkState.DONE)
        self.assertEqual(sorted(SlipSheet.objects.values_list("size", flat=True)), [1, 2])
