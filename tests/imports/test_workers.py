"""The processes that do what is queued: known with their version, tidying up beside their work."""

import datetime
import io
import signal
import threading
from unittest import mock

from django.core.management import call_command
from django.db import OperationalError, ProgrammingError
from django.db.models import QuerySet
from django.test import Client, TransactionTestCase
from django.utils import timezone

from danvan.accounts.jobs import liveness
from danvan.accounts.models import Job
from danvan.accounts.models.job import LEASE
from danvan.common.ops import health, version
from danvan.common.ops.progress import Progress
from danvan.imports import workers
from danvan.imports.management.commands import db_worker
from danvan.imports.models import ImportJob, JobState
from danvan.imports.workers import Worker, at_work
from tests.cast import build_cast
from tests.imports.tools import sheet_of, upload
from tests.locks.tools import LONG
from tests.ops.faulty import lose_the_connection


class WorkersTest(TransactionTestCase):
    def test_a_worker_is_there_while_it_works(self):
        done = threading.Event()
        with at_work("w1", tidy=lambda: None, recover=done.set):
            self.assertTrue(done.wait(LONG))
            self.assertEqual(Worker.objects.get().version, version.running_version())
            self.assertEqual(Client().get("/healthz").json()["worker"], "ok")
        self.assertFalse(Worker.objects.exists())

    def test_one_of_another_version_is_told_and_one_that_is_gone_is_not(self):
        now = timezone.now()
        Worker.objects.create(name="old", version="another", seen_at=now)
        with self.assertLogs("danvan.health", "ERROR"):
            answer = Client().get("/healthz")
        self.assertEqual((answer.status_code, answer.json()["worker"]), (200, "failed"))
        self.assertEqual(answer.json()["told"], [health.SENTENCES["worker"]])
        Worker.objects.update(seen_at=now - workers.GONE_AFTER - datetime.timedelta(seconds=1))
        self.assertEqual(Client().get("/healthz").json()["worker"], "ok")

    def test_the_command_tidies_up_what_no_page_does(self):
        """A job past its day goes, and one whose process died waits for its owner again."""
        cast = build_cast()
        client = Client()
        client.force_login(cast["xa-13369"])
        old, dead = (upload(client, sheet_of(cast["xa-13369"], {"title": t})) for t in "ab")
        past = timezone.now() - datetime.timedelta(minutes=5)
        ImportJob.objects.filter(pk=old.pk).update(expires_at=past)
        ImportJob.objects.filter(pk=dead.pk).update(state=JobState.WRITING, heartbeat=past)
        self.assertEqual(client.get("/nhap-excel/").status_code, 200)
        old.refresh_from_db()
        self.assertEqual(old.state, JobState.CHECKED, "a page that is read writes nothing")
        cleaned, clean_up = threading.Event(), ImportJob.objects.clean_up

        def cleaning():
            clean_up()
            cleaned.set()

        def working(*args):
            cleaned.wait(LONG)

        with (
            mock.patch.object(type(ImportJob.objects), "clean_up", lambda self: cleaning()),
            mock.patch("django_tasks_db.management.commands.db_worker.Worker.run", working),
        ):
            call_command("db_worker", reload=False, verbosity=0, stdout=io.StringIO())
        old.refresh_from_db()
        dead.refresh_from_db()
        self.assertEqual((old.state, bool(old.file)), (JobState.EXPIRED, False))
        self.assertEqual(dead.state, JobState.CHECKED)
        self.assertIn("Máy chủ dừng giữa chừng", dead.message)

    def test_a_database_that_goes_away_is_waited_for(self):
        """At the start and between two tasks: the worker that is there again is the same."""
        at, told = "django_tasks_db.management.commands.db_worker.Worker.run", io.StringIO()
        with (
            mock.patch(at, side_effect=[OperationalError("gone"), None]) as run,
            mock.patch.object(db_worker, "AGAIN_AFTER", 0),
        ):
            call_command("db_worker", reload=False, verbosity=0, stderr=told)
            self.assertEqual(run.call_count, 2)
            self.assertIn("asked again in 0 s: gone", told.getvalue())
        bug = mock.patch(at, side_effect=ProgrammingError("no such column"))
        with bug, self.assertRaises(ProgrammingError):
            call_command("db_worker", reload=False, verbosity=0)

    def test_a_worker_that_was_told_to_stop_waits_for_no_database(self):
        def working(worker):
            worker.running_task = True
            worker.shutdown(signal.SIGTERM, None)  # it ends after the task, which then fails
            raise OperationalError("gone")

        at = "django_tasks_db.management.commands.db_worker.Worker.run"
        waiting = mock.patch.object(db_worker.time, "sleep", side_effect=AssertionError("waits"))
        with mock.patch(at, working), waiting, self.assertRaises(OperationalError):
            call_command("db_worker", reload=False, verbosity=0)

    def test_a_duty_that_fails_keeps_no_other_from_being_done(self):
        """Nor itself the next time: who tidies up no more would be missed by nobody."""
        tried, done = mock.Mock(side_effect=ZeroDivisionError), threading.Event()

        def recover():
            if tried.call_count:
                done.set()

        with (
            mock.patch.multiple(workers, RECOVER_EVERY=0, CLEAN_EVERY=0),
            self.assertLogs("danvan.worker", "ERROR") as said,
            at_work("w1", tidy=tried, recover=recover),
        ):
            self.assertTrue(done.wait(LONG))
        self.assertIn("ZeroDivisionError", said.output[0])

    def test_a_lease_is_renewed_after_its_connection_broke(self):
        job = Job.objects.create(owner=build_cast()["tinh"], heartbeat=timezone.now() - LEASE)
        before, renewed, update = job.heartbeat, threading.Event(), QuerySet.update
        broken = [1]

        def breaking(rows, **values):
            if broken.pop() if broken else 0:
                lose_the_connection()
            done = update(rows, **values)
            renewed.set()
            return done

        with (
            mock.patch.object(liveness, "TELLING", 0.02),
            mock.patch.object(QuerySet, "update", breaking),
            liveness.working_on(job, Progress()),
        ):
            self.assertTrue(renewed.wait(LONG))
        job.refresh_from_db()
        self.assertGreater(job.heartbeat, before)


def test_another_program_has_another_version(tmp_path, settings):
    (tmp_path / "danvan").mkdir()
    (tmp_path / "requirements.txt").write_text("a==1")
    settings.BASE_DIR = tmp_path
    for name in ("danvan/a.py", "danvan/sentences.toml"):
        file, told = tmp_path / name, []
        for text in ("x = 1", "x = 2", "x = 1"):
            file.write_text(text)
            version.running_version.cache_clear()
            told.append(version.running_version())
        assert told[0] == told[2] != told[1], name
    (tmp_path / "danvan/__pycache__").mkdir()
    for name in ("a.pyc", "a.pyc.140234"):  # finished, and as another process is writing it
        (tmp_path / "danvan/__pycache__" / name).write_bytes(b"made of it")
    version.running_version.cache_clear()
    assert version.running_version() == told[0]
    version.running_version.cache_clear()
