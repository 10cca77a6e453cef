"""How long a page waits for others: not for ever, and not at the cost of everybody else."""

import subprocess
import sys
import time
from unittest import mock

from django.conf import settings
from django.db import connection
from django.test import Client, SimpleTestCase, TransactionTestCase
from django.urls import reverse

from danvan.common.ops import databases
from danvan.common.ops.faults import Fault
from reports.models import Report
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.locks.tools import Beside
from tests.ops.faulty import another_connection

LIMITS = {"lock_timeout": 5, "statement_timeout": 30}
ASK = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"


class LimitsTest(SimpleTestCase):
    def environment(self) -> dict[str, str]:
        return {
            "SECRET_KEY": "limits-" + "0123456789abcdefghij" * 3,
            "DATABASE_URL": "postgresql:///nowhere",
            "PATH": "/usr/bin:/bin",
        }

    def told(self, *command: str) -> str:
        answer = subprocess.run(
            [sys.executable, *command], env=self.environment(), cwd=settings.BASE_DIR,
            capture_output=True, text=True,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def test_pages_give_up_and_commands_do_not(self):
        start = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'danvan.settings'; "
        served = self.told("-c", start + ASK)
        assert "lock_timeout=5000" in served
        assert "statement_timeout=30000" in served
        assert "idle_in_transaction_session_timeout=60000" in served
        command = self.told("manage.py", "shell", "--no-imports", "-v0", "-c", ASK)
        assert "lock_timeout=0" in command
        assert "statement_timeout=0" in command

    def test_the_server_of_a_first_look_serves_pages(self):
        for line, limit in (
            (["manage.py", "runserver"], "=5000"),
            (["manage.py", "migrate"], "=0"),
        ):
            with mock.patch.object(sys, "argv", line):
                assert f"lock_timeout{limit}" in databases.patience(LIMITS)["options"]

    def test_a_server_that_does_not_answer_is_given_up_as_well(self):
        """Before it is reached, and while its answer is waited for: a machine without power says nothing."""
        given = databases.patience({})
        assert given["connect_timeout"] == 5
        assert given["keepalives_idle"] + given["keepalives_interval"] < 30
        assert given["tcp_user_timeout"] == 30_000


class WaiterTest(TransactionTestCase):
    """Somebody holds one report's row; who wants it is told after a while, all others work."""

    def test_one_locked_row_stops_nobody_else(self):
        cast = build_cast()
        world = build_world(cast)
        sqlite = connection.vendor == "sqlite"
        if not sqlite:
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("5s",)
        url = reverse("reports:entry", args=[world.report.pk])
        data = {"version": 0, "DT01": "0"}
        waiting = Client()
        waiting.force_login(cast["xa-13369"])
        reader = Client()
        reader.force_login(cast["xa-13363"])
        other = another_connection()
        if sqlite:
            other.execute("BEGIN IMMEDIATE")
        else:
            other.execute(
                "SELECT 1 FROM reports_report WHERE id = %s FOR UPDATE", [world.report.pk]
            )
        try:
            start = time.monotonic()
            waiter = Beside(lambda: self.impatient(sqlite, lambda: waiting.post(url, data)))
            assert reader.get("/").status_code == 200
            assert Client().get("/healthz").status_code == 200
            if not sqlite:  # one writer at a time is SQLite's own way
                foreign = Report.objects.get(period=world.period, unit__code="13363")
                submit(foreign, user=cast["huyen-349"], blanks_confirmed=True)
            assert waiter.is_alive()
            answer = waiter.ended()
            took = time.monotonic() - start
        finally:
            other.rollback()
            other.close()
        self.assertContains(answer, Fault.BUSY.message, status_code=503)
        assert 1 < took < 10, took

    def impatient(self, sqlite: bool, action):
        """Do `action`; on SQLite with two seconds of patience instead of twenty."""
        if sqlite:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 2000")
        return action()
