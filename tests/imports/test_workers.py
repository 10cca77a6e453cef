"""The processes that do what is queued: known with their version, tidying up beside their work."""

import datetime
import io
import threading
from unittest import mock

from django.core.management import call_command
from django.test import Client, TransactionTestCase
from django.utils import timezone

from danvan.common.ops import health, version
from danvan.imports import workers
from danvan.imports.models import ImportJob, JobState
from danvan.imports.workers import Worker, at_work
from tests.cast import build_cast
from tests.imports.tools import sheet_of, upload
from tests.locks.tools import LONG


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


def test_another_program_has_another_version(tmp_path, settings):
    (tmp_path / "danvan").mkdir()
    (tmp_path / "requirements.txt").write_text("a==1")
    file = tmp_path / "danvan/a.py"
    told = []
    settings.BASE_DIR = tmp_path
    for text in ("x = 1", "x = 2", "x = 1"):
        file.write_text(text)
        version.running_version.cache_clear()
        told.append(version.running_version())
    version.running_version.cache_clear()
    assert told[0] == told[2] != told[1]
