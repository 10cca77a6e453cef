"""Behind PgBouncer in transaction mode: whoever comes next may have another connection.

Here every statement outside a transaction, and every transaction, leaves the connection as if it were new
(DISCARD ALL): a cursor, a setting or a lock that was to last would be gone. The same pages behind a real
PgBouncer are a part of `make cluster`.
"""

from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

from danvan.accounts.models import User
from danvan.accounts.models.trail import SecurityEvent
from danvan.common.db.streaming import streamed
from danvan.common.ops.faults import aside
from records.models import DialogueConference
from tests.cast import build_cast, build_world
from tests.imports.tools import confirm, content, sheet_of, upload

KIND = "/ho-so/hoi-nghi-doi-thoai/"


@contextmanager
def another_connection_each_time():
    """Forget what the connection knows whenever it is in no transaction. SQLite has no pooler."""
    if connection.vendor != "postgresql":
        yield
        return

    def forgetting(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not connection.in_atomic_block:
            connection.connection.execute("DISCARD ALL")
        return result

    with connection.execute_wrapper(forgetting):
        yield


class PoolerTest(TransactionTestCase):
    def setUp(self):
        cast = build_cast()
        self.world, self.an = build_world(cast), cast["xa-13369"]
        self.client.force_login(self.an)
        self.enterContext(another_connection_each_time())

    def test_a_file_goes_in_and_out_and_every_log_with_it(self):
        job = upload(
            self.client, sheet_of(self.an, *({"title": f"Đối thoại {n}"} for n in range(3)))
        )
        self.assertEqual(confirm(self.client, job).state, "done")
        self.assertEqual(DialogueConference.objects.count(), 3)
        for address in (f"{KIND}xuat-excel/", f"{KIND}xuat-excel/?bang"):
            self.assertTrue(content(self.client.get(address)).startswith(b"PK"))
        self.client.force_login(User.objects.get(username="tinh"))
        for address in ("/nhat-ky/xuat/", "/nhat-ky/bao-mat/xuat/", "/nhat-ky/so-lieu/xuat/"):
            self.assertTrue(content(self.client.get(address)).startswith(b"PK"))
        self.assertEqual(SecurityEvent.objects.filter(kind="export").count(), 5)
        call_command("verify_issues")

    def test_a_session_is_stamped_once_a_minute(self):
        session = self.client.session
        session["seen"] -= 120
        session.save()
        before = self.an.login_sessions.get().seen_at
        self.assertEqual(self.client.get("/").status_code, 200)
        self.assertGreater(self.an.login_sessions.get().seen_at, before)

    def test_what_is_written_beside_a_page_waits_a_moment_only_there(self):
        with aside("a test"):
            self.assertEqual(self.patience(), "200ms")
        self.assertEqual(self.patience(), self.usual)

    def test_many_rows_are_read_by_and_by_within_a_transaction_and_without(self):
        wanted = list(User.objects.order_by("pk").values_list("pk", flat=True))
        rows = User.objects.order_by("pk").values_list("pk", flat=True)
        self.assertEqual(list(streamed(rows, 2)), wanted)
        with transaction.atomic():
            self.assertEqual(list(streamed(rows, 2)), wanted)
        begun = streamed(rows, 2)
        self.assertEqual(next(begun), wanted[0])
        begun.close()
        self.assertFalse(connection.in_atomic_block)

    @property
    def usual(self) -> str:
        return "5s" if connection.vendor == "postgresql" else "200ms"

    def patience(self) -> str:
        """Return how long this connection waits for a lock; SQLite's is not asked."""
        if connection.vendor != "postgresql":
            return "200ms"
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]


def test_no_statement_is_prepared_and_no_cursor_is_held():
    known = settings.DATABASES["default"]
    if known["ENGINE"].endswith("postgresql"):
        assert known["DISABLE_SERVER_SIDE_CURSORS"]
        assert connection.get_connection_params()["prepare_threshold"] is None
    else:
        assert known["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
