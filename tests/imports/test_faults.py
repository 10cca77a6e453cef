"""Two people at once, a process killed in the middle, somebody saving beside an import."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from unittest import mock

from django.conf import settings
from django.db import connection, connections
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from danvan.accounts.jobs import liveness
from danvan.accounts.jobs.liveness import working_on
from danvan.common.excel import Sheet, stream_rows
from danvan.common.sheets.columns import Column
from danvan.imports import confirming
from danvan.imports.models import ImportJob, JobState
from records.models import DialogueConference
from tests.cast import build_cast
from tests.imports.tools import GOOD, columns_of, sheet_of, upload, work_off

WORKER = """
import os, sys, threading, signal
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
settings.MEDIA_ROOT = sys.argv[3]
from danvan.accounts.audit import lines as bulk
from danvan.accounts.jobs import liveness
from danvan.imports import confirming
from danvan.imports.models import ImportJob
insert, count = bulk.insert_many, 0
def killed(*args, **options):
    global count
    count += 1
    done = insert(*args, **options)
    if count == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
bulk.insert_many = killed
job = ImportJob.objects.get(pk=int(sys.argv[2]))
confirming.confirm(job, here=True)
"""

# Another process that saves something every 10 ms and tells, for each word it was told, how often and its
# longest wait. It repeats the word, so that no save begun before is counted to what comes after.
OTHER = """
import json, select, sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from danvan.accounts.models import User
person = User.objects.get(username="xa-13363")
waits, told = {}, "start"
while told != "end":
    if select.select([sys.stdin], [], [], 0)[0]:
        told = sys.stdin.readline().strip()
        print(told, flush=True)
    start = time.monotonic()
    person.full_name = f"Em {start}"
    person.save(update_fields=["full_name"])
    waits.setdefault(told, []).append(time.monotonic() - start)
    if told == "start":
        print("ready", flush=True)
        told = "ready"
    time.sleep(0.01)
print(json.dumps({name: [len(them), max(them)] for name, them in waits.items()}))
"""


def many_rows(user, number: int) -> bytes:
    import io

    columns = columns_of(user)
    target = io.BytesIO()
    rows = (
        tuple({**GOOD, "title": f"Đối thoại số {n}"}.get(column.key) for column in columns)
        for n in range(number)
    )
    heads = tuple(Column(column.heading) for column in columns)
    stream_rows(target, Sheet("a", heads, rows))
    return target.getvalue()


@override_settings(IMPORT_INLINE_BYTES=10_000_000)
class FaultTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.an = self.cast["xa-13369"]
        self.client.force_login(self.an)

    def at_once(self, *actions):
        """Run the actions in threads at the same moment; return what they raised."""
        barrier, raised = threading.Barrier(len(actions)), []

        def run(action):
            try:
                barrier.wait()
                action()
            except Exception as error:  # noqa: BLE001 - shown by the test
                raised.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(action,)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return raised

    def test_two_confirmations_at_once_import_once(self):
        job = upload(self.client, sheet_of(self.an, {}, {"title": "Hai"}))

        def press():
            client = Client()
            client.force_login(self.an)
            client.post(f"/nhap-excel/{job.pk}/xac-nhan/")

        self.assertEqual(self.at_once(press, press), [])
        self.assertEqual(DialogueConference.objects.count(), 2)

    def test_two_people_importing_the_same_file_at_once_make_no_doubles(self):
        jobs = []
        for name in ("xa-13369", "canbo-13369"):
            client = Client()
            client.force_login(self.cast[name])
            jobs.append((client, upload(client, sheet_of(self.an, {}, {"title": "Hai"}))))
        actions = [
            lambda client=client, job=job: client.post(f"/nhap-excel/{job.pk}/xac-nhan/")
            for client, job in jobs
        ]
        self.assertEqual(self.at_once(*actions), [])
        self.assertEqual(DialogueConference.objects.count(), 2)
        states = sorted(ImportJob.objects.values_list("state", flat=True))
        self.assertEqual(states, ["checked", "done"])
        told = ImportJob.objects.get(state="checked")
        self.assertIn("đã thay đổi", told.message)
        self.assertEqual(told.counts, {"same": 2})

    def test_killed_in_the_middle_nothing_is_written_and_it_can_be_confirmed_again(self):
        job = upload(self.client, many_rows(self.an, 6000))
        self.assertEqual(job.counts["new"], 6000)
        name = str(connection.settings_dict["NAME"])
        connection.close()
        command = [sys.executable, "-c", WORKER, name, str(job.pk), str(settings.MEDIA_ROOT)]
        with tempfile.TemporaryDirectory() as folder:  # what is killed tidies nothing up
            env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TMPDIR": folder}
            done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertEqual(DialogueConference.objects.count(), 0)
        job.refresh_from_db()
        self.assertEqual(job.state, JobState.WRITING)
        self.silent()
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Máy chủ dừng giữa chừng khi đang ghi nên chưa có gì được ghi")
        self.assertContains(page, "Xác nhận ghi 6.000 dòng")
        self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/")
        self.assertEqual(DialogueConference.objects.count(), 6000)

    def silent(self, **values) -> None:
        """Let the process of the job be silent for a minute, and a worker look after it."""
        minute_ago = timezone.now() - timezone.timedelta(minutes=1)
        ImportJob.objects.update(heartbeat=minute_ago, **values)
        confirming.recover_imports()

    def test_a_first_check_whose_process_died_is_done_once_more_by_itself(self):
        job = upload(self.client, sheet_of(self.an, {}))
        self.silent(state=JobState.CHECKING)
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Đang chờ đến lượt")
        self.assertNotContains(page, "Máy chủ dừng")
        work_off()
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "Xác nhận ghi 1 dòng")

    def test_a_file_that_nobody_is_going_to_check_is_not_forgotten(self):
        """A worker that took it from the queue, or a host that stored it, died before it began."""
        job = upload(self.client, sheet_of(self.an, {}))
        self.silent(state=JobState.QUEUED, run=0)
        confirming.recover_imports()
        self.assertEqual(DBTaskResult.objects.count(), 1, "queued once")
        work_off()
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "Xác nhận ghi 1 dòng")

    def test_a_check_whose_process_died_again_says_so_and_goes_on_when_asked(self):
        job = upload(self.client, sheet_of(self.an, {}))
        self.silent(state=JobState.CHECKING, run=3)
        self.silent()
        self.assertFalse(DBTaskResult.objects.exists())
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Máy chủ dừng giữa chừng khi đang kiểm tra tệp")
        self.assertContains(page, "Kiểm tra ngay")
        self.assertNotContains(page, 'http-equiv="refresh"')
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/")
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Xác nhận ghi 1 dòng")
        self.assertNotContains(page, "Máy chủ dừng")

    def test_a_job_somebody_works_on_is_left_to_them(self):
        job = upload(self.client, sheet_of(self.an, {}))
        minute_ago = timezone.now() - timezone.timedelta(minutes=1)
        ImportJob.objects.update(state=JobState.WRITING, heartbeat=minute_ago)
        with mock.patch.object(liveness, "LEASE", timezone.timedelta(seconds=0.3)), working_on(job):
            self.until_renewed(minute_ago)
            confirming.recover_imports()
            self.assertEqual(ImportJob.objects.get().state, JobState.WRITING)
        self.silent()  # and then its process died
        self.assertEqual(ImportJob.objects.get().state, JobState.CHECKED)

    def until_renewed(self, before) -> None:
        deadline = time.monotonic() + 20
        while ImportJob.objects.get().heartbeat == before:
            self.assertLess(time.monotonic(), deadline, "the lease was not renewed")
            time.sleep(0.02)

    def test_a_slow_process_that_was_given_up_writes_nothing_after_all(self):
        job = upload(self.client, sheet_of(self.an, {}))
        self.assertTrue(confirming.request_confirmation(job, only_good=False))
        ImportJob.objects.filter(pk=job.pk).update(heartbeat="2020-01-01T00:00Z")
        confirming.recover_imports()
        self.assertFalse(confirming.done_or_back(job, confirming.write_as_shown, ""))
        self.assertEqual(DialogueConference.objects.count(), 0)

    def test_another_process_saves_while_a_job_is_checked_and_while_it_is_written(self):
        """Nobody's save fails, none waits longer than rows are written; never near the 20 s limit."""
        data = many_rows(self.an, 5000)
        name = str(connection.settings_dict["NAME"])
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", OTHER, name]
        other = subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, **pipes)
        try:
            self.assertEqual(other.stdout.readline(), "ready\n")
            self.tell(other, "check")
            start = time.monotonic()
            job = upload(self.client, data)
            checking = time.monotonic() - start
            self.tell(other, "write")
            start, spent = time.monotonic(), time.process_time()
            self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/")
            writing, spent = time.monotonic() - start, time.process_time() - spent
            said = other.communicate("end\n")[0]
        finally:
            other.kill()
            other.wait()
        self.assertEqual(DialogueConference.objects.count(), 5000)
        waits = json.loads(said.splitlines()[-1])
        self.assertGreater(waits["check"][0], 10, waits)
        self.assertLess(waits["check"][1], checking, waits)
        self.assertGreater(waits["write"][0], 0, waits)
        self.assertLess(waits["write"][1], writing + 1, waits)
        self.assertLess(spent, 10)

    def tell(self, other, word: str) -> None:
        """Let the other process go over to `word`; return when it has."""
        other.stdin.write(f"{word}\n")
        other.stdin.flush()
        self.assertEqual(other.stdout.readline(), f"{word}\n")
