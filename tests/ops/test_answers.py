"""What every answer carries: headers, a request id, a health page that tells nothing, lines that cannot lie."""

import io
import json
import logging
import os
import subprocess
import sys
from contextlib import closing
from unittest import mock

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import Client, SimpleTestCase, TestCase
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from danvan.accounts.login.middleware import DueMovesMiddleware
from danvan.common.ops import health
from danvan.common.ops.logs import JsonFormatter, PlainFormatter, RequestIdFilter
from danvan.common.ops.version import running_version
from danvan.common.web.middleware import request_id
from danvan.imports import workers
from danvan.imports.confirming import work_on_job
from tests.accounts.cast import make_cast
from tests.locks.tools import Beside
from tests.ops.faulty import another_connection

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class TestHeaders(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def answers(self):
        clerk = Client(raise_request_exception=False)
        clerk.force_login(self.cast["an"])
        yield "login", Client().get("/dang-nhap/")
        yield "own page", clerk.get("/bao-mat/")
        yield "403", clerk.get("/nhat-ky/")
        yield "404", clerk.get("/khong-co/")
        yield "405", clerk.get("/dang-xuat/")
        yield "health", Client().get("/healthz")
        yield "redirect", Client().get("/")

    def test_on_every_answer(self):
        for name, answer in self.answers():
            with self.subTest(name):
                for header, value in EVERYWHERE.items():
                    self.assertEqual(answer.headers.get(header), value, header)
                policy = answer.headers["Content-Security-Policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertIn("camera=()", answer.headers["Permissions-Policy"])
                self.assertEqual(len(answer.headers["X-Request-ID"]), 32)

    def test_pages_behind_the_login_stay_out_of_caches(self):
        clerk = Client()
        clerk.force_login(self.cast["binh"])
        for name in ("home", "accounts:security", "accounts:audit", "accounts:audit_export"):
            with self.subTest(name):
                answer = clerk.get(reverse(name))
                self.assertIn("no-store", answer.headers["Cache-Control"])
                b"".join(answer)  # to its end, where the file of a download is closed

    def test_error_pages_quote_the_id_of_the_request(self):
        clerk = Client()
        clerk.force_login(self.cast["an"])
        for url in ("/nhat-ky/", "/khong-co/"):
            answer = clerk.get(url)
            self.assertContains(
                answer, answer.headers["X-Request-ID"], status_code=answer.status_code
            )


class TestRefusedRequests(TestCase):
    def test_the_line_of_a_refusal_carries_the_id_that_the_page_quotes(self):
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(PlainFormatter("%(name)s [%(request_id)s] %(message)s"))
        handler.addFilter(RequestIdFilter())
        log = logging.getLogger("django.request")
        log.addHandler(handler)
        self.addCleanup(log.removeHandler, handler)
        answer = Client().get("/khong-co/")
        line = f"django.request [{answer.headers['X-Request-ID']}] Not Found: /khong-co/"
        self.assertIn(line, out.getvalue())


class TestHealth(TestCase):
    def test_all_is_well(self):
        answer = Client().get("/healthz")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            dict.fromkeys(health.CHECKS, "ok"),
        )

    def test_each_part_can_fail_and_says_no_more_than_that(self):
        secret = OperationalError("could not connect to server at 10.1.2.3 as danvan")
        for part in health.CHECKS:
            for outcome in ({"return_value": False}, {"side_effect": secret}):
                with (
                    self.subTest(part=part, outcome=outcome),
                    mock.patch.dict(health.CHECKS, {part: mock.Mock(**outcome)}),
                    self.assertLogs("danvan.health", "ERROR"),
                ):
                    answer = Client().get("/healthz")
                    self.assertEqual(answer.status_code, 200 if part in health.BESIDE else 503)
                    self.assertEqual(answer.json()[part], "failed")
                    self.assertEqual(answer.json()["told"], [health.SENTENCES[part]])
                    self.assertNotIn("10.1.2.3", answer.content.decode())

    def test_work_that_nobody_takes_is_told_and_pages_are_served_all_the_same(self):
        work_on_job.enqueue(0)
        self.assertEqual(Client().get("/healthz").json()["queue"], "ok")
        DBTaskResult.objects.update(enqueued_at=timezone.now() - workers.WAITS_LONG)
        with self.assertLogs("danvan.health", "ERROR"):
            answer = Client().get("/healthz")
        self.assertEqual((answer.status_code, answer.json()["queue"]), (200, "failed"))
        other = work_on_job.enqueue(0)
        DBTaskResult.objects.filter(pk=other.id).update(status="RUNNING", started_at=timezone.now())
        with self.assertLogs("danvan.health", "ERROR"):
            told = Client().get("/healthz").json()
        self.assertEqual(told["queue"], "failed", "who had that in hand is gone")
        version = running_version()
        workers.Worker.objects.create(name="w", version=version, seen_at=timezone.now())
        self.assertEqual(Client().get("/healthz").json()["queue"], "ok", "a worker is busy")

    def test_a_database_that_is_not_migrated_is_told_whatever_else_is_done_first_on_a_day(self):
        missing = OperationalError("no such column: accounts_user.later")
        missing.__cause__ = type("Missing", (Exception,), {"sqlstate": "42703"})()
        with (
            mock.patch.object(DueMovesMiddleware, "settled_on", None),
            mock.patch("danvan.accounts.services.settle_moves", side_effect=missing),
        ):
            self.assertEqual(Client().get("/healthz").status_code, 200)
            with self.assertRaises(OperationalError):
                Client().get("/dang-nhap/")

    def test_a_standby_in_the_place_of_the_primary_is_told(self):
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET TRANSACTION READ ONLY")  # as every transaction of a standby is
            self.assertEqual(health.database_answers(), connection.vendor == "sqlite")

    def test_a_save_that_waits_for_the_standby_is_told(self):
        """It waits at its commit, which no limit of PostgreSQL's ends; here somebody waits for a lock."""
        if connection.vendor != "postgresql":
            self.assertTrue(health.saves_are_acknowledged())
            return
        with closing(another_connection()) as holder, closing(another_connection()) as waiter:
            holder.autocommit = True  # a transaction would see one state of the others
            holder.execute("SELECT pg_advisory_lock(7, 7)")
            waiting = Beside(lambda: waiter.execute("SELECT pg_advisory_lock(7, 7)"))
            there = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'"
            while not holder.execute(there).fetchone():
                self.assertTrue(waiting.is_alive())
            with connection.cursor() as cursor:  # the tests of this class are one transaction
                cursor.execute("SELECT pg_stat_clear_snapshot()")
            with (
                mock.patch.multiple(health, STANDBY_WAIT="advisory", SAVES_WAIT="0 s"),
                self.assertLogs("danvan.health", "ERROR"),
            ):
                told = Client().get("/healthz")
            self.assertEqual(told.json()["told"], [health.SENTENCES["saves"]])
            holder.execute("SELECT pg_advisory_unlock(7, 7)")
            waiting.ended()

    def test_a_folder_that_is_not_there_yet_is_no_full_disk(self):
        """Before the first attachment, on PostgreSQL, neither var/ nor the media folder exists."""
        with self.settings(MEDIA_ROOT="/nowhere/at/all", VAR_DIR="/nowhere"):
            self.assertTrue(health.disk_has_room())

    def test_full_disk_and_missing_migration_are_found(self):
        with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=health.MIN_FREE - 1)):
            self.assertFalse(health.disk_has_room())
        with mock.patch.object(health, "MigrationExecutor") as executor:
            executor.return_value.migration_plan.return_value = [("x", False)]
            self.assertFalse(health.migrations_are_applied())


class TestLines(SimpleTestCase):
    NASTY = "/a\r\n2026-01-01 ERROR forged\x1b[31m\u2028\x85"

    def line(self, formatter, **extra):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        handler.addFilter(RequestIdFilter())
        logger = logging.Logger("danvan.test")
        logger.addHandler(handler)
        token = request_id.set("abc123")
        try:
            logger.error("Not Found: %s", self.NASTY, **extra)
        finally:
            request_id.reset(token)
        return stream.getvalue()

    def test_a_path_cannot_begin_a_new_line(self):
        text = self.line(PlainFormatter("%(levelname)s [%(request_id)s] %(message)s"))
        self.assertEqual(text.count("\n"), 1)
        self.assertTrue(text.rstrip("\n").isprintable())
        self.assertIn("[abc123]", text)

    def test_a_traceback_is_indented(self):
        try:
            raise ValueError(self.NASTY)
        except ValueError:
            text = self.line(PlainFormatter("%(message)s"), exc_info=True)
        below = text.rstrip("\n").split("\n")[1:]
        self.assertTrue(below)
        self.assertTrue(all(line.startswith("    ") and line.isprintable() for line in below))

    def test_json_is_one_object_per_line(self):
        text = self.line(JsonFormatter())
        self.assertEqual(text.count("\n"), 1)
        fields = json.loads(text)
        self.assertEqual((fields["request"], fields["level"]), ("abc123", "ERROR"))

    def test_log_format_is_read_from_the_environment_and_a_typo_stops_the_start(self):
        for value, works in (("json", True), ("plain", True), ("jsno", False)):
            answer = subprocess.run(
                [sys.executable, "-c", "import danvan.settings"],
                cwd=settings.BASE_DIR,
                env={"PATH": os.environ["PATH"], "DEBUG": "1", "LOG_FORMAT": value},
                capture_output=True,
                text=True,
            )
            self.assertEqual(answer.returncode == 0, works, answer.stderr)


class TestProductionRefusals(SimpleTestCase):
    def test_sample_key_and_any_host_stop_the_start(self):
        for more, named in (
            ({"SECRET_KEY": settings.SAMPLE_SECRET_KEY}, "SECRET_KEY"),
            ({"SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ):
            answer = subprocess.run(
                [sys.executable, "-c", "import danvan.settings"],
                cwd=settings.BASE_DIR,
                env={"PATH": os.environ["PATH"], **more},
                capture_output=True,
                text=True,
            )
            self.assertNotEqual(answer.returncode, 0)
            self.assertIn(named, answer.stderr)
