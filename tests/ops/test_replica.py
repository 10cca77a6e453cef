"""Reads that may lag: which pages, for whom, and what happens when the replica is away, behind or none.

The replica of these tests is a second connection to the same database; what it reads is told from what the
primary reads by the queries of each.
"""

import io
from contextlib import contextmanager
from unittest import mock

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection, connections, transaction
from django.http import Http404, HttpResponse
from django.test import (
    Client,
    RequestFactory,
    SimpleTestCase,
    TransactionTestCase,
    override_settings,
)
from django.test.utils import CaptureQueriesContext

from danvan.accounts.models import User
from danvan.accounts.tokens import keys
from danvan.common.db import standby as standby_module
from danvan.common.db.replica import may_lag, reading
from danvan.common.db.standby import NOT_ONE, OF_ANOTHER, Standby, standby
from danvan.common.ops import health
from danvan.common.ops.faults import aside
from reports.models import KeptFacts
from tests.cast import build_cast, build_world
from tests.test_settings import start

ROUTERS = ["danvan.common.db.replica.Router"]
LAGGING = (
    *("/bao-cao/tong-hop/?unit=35", "/bao-cao/tong-hop/xuat-excel/?unit=35"),
    *("/bao-cao/tong-hop/chi-tieu/DT01/?unit=35", "/bao-cao/tong-hop/xuat-word/?unit=35"),
    *(
        "/bao-cao/toan-canh/",
        "/nhat-ky/",
        "/nhat-ky/xuat/",
        "/nhat-ky/bao-mat/",
        "/nhat-ky/so-lieu/",
    ),
    "/ho-so/hoi-nghi-doi-thoai/xuat-excel/",
)
FRESH = ("/", "/bao-cao/", "/bao-cao/xet-duyet/", "/ho-so/hoi-nghi-doi-thoai/", "/nhap-excel/")


@contextmanager
def a_replica():
    """Add the alias."""
    known = connections.settings["default"]
    test = {**known["TEST"], "MIRROR": "default"}
    connections.settings["replica"] = {**known, "TEST": test}
    try:
        with override_settings(DATABASE_ROUTERS=ROUTERS):
            yield
    finally:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]


def usable():
    """Let the replica be found good: a server that is none would not be."""
    return mock.patch.object(standby, "is_usable", return_value=True)


class ReplicaTest(TransactionTestCase):
    databases = "__all__"

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(a_replica())
        super().setUpClass()

    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.client.force_login(self.cast["tinh"])

    def read(self, address: str, client=None, **more) -> int:
        """Return how many queries of a page the replica got."""
        with CaptureQueriesContext(connections["replica"]) as asked:
            answer = (client or self.client).get(address, **more)
            self.assertEqual(answer.status_code, 200, address)
            b"".join(answer)
        told = [query["sql"] for query in asked.captured_queries]
        self.assertFalse([sql for sql in told if sql.startswith(("INSERT", "UPDATE", "DELETE"))])
        return len(told)

    def test_pages_that_may_lag_read_the_replica_and_no_others(self):
        with usable():
            for address in LAGGING:
                self.assertGreater(self.read(address), 0, address)
            for address in FRESH:
                self.assertEqual(self.read(address), 0, address)
            self.assertEqual(self.read(f"/bao-cao/{self.world.report.pk}/nhap/"), 0)
            _, key = keys.give(self.cast["tinh"], "Excel", 30)
            for form in ("json", "csv"):
                got = self.read(
                    f"/api/v1/units?format={form}",
                    Client(),
                    headers={"Authorization": f"Bearer {key}"},
                )
                self.assertGreater(got, 0, form)
        self.assertEqual(self.cast["tinh"].tokens.get().calls, 2, "counted where it is decided")

    def test_who_wrote_a_moment_ago_reads_the_primary(self):
        with usable():
            answer = self.client.post("/bang-so-lieu/", {"density": "compact"})
            cookie = answer.cookies["wrote"]
            self.assertGreater(cookie["max-age"], 10)
            self.assertTrue(cookie["httponly"])
            self.assertEqual(self.read(LAGGING[0]), 0)
            del self.client.cookies["wrote"]
            self.assertGreater(self.read(LAGGING[0]), 0)

    def test_an_import_done_by_a_worker_is_somebodys_write_as_well(self):
        from tests.imports.tools import sheet_of, upload

        clerk = Client()
        clerk.force_login(self.cast["xa-13369"])
        job = upload(clerk, sheet_of(self.cast["xa-13369"], {}))
        del clerk.cookies["wrote"]
        self.assertEqual(clerk.get(f"/nhap-excel/{job.pk}/").status_code, 200)
        self.assertIn("wrote", clerk.cookies)

    def test_what_is_kept_beside_a_page_goes_to_the_primary(self):
        with usable(), mock.patch("reports.consolidation.keeping.FEWEST", 0):
            self.assertGreater(self.read(LAGGING[0]), 0)
        self.assertTrue(KeptFacts.objects.exists())
        with reading(lagging=True):
            self.assertEqual(User.objects.all().db, "replica")
            with aside("a test"):
                self.assertEqual(User.objects.all().db, "default")
            with transaction.atomic():
                self.assertEqual(User.objects.all().db, "default")
            self.assertEqual(User.objects.select_for_update().db, "default")

    def test_a_replica_that_goes_away_costs_nobody_a_page(self):
        wrong = {"NAME": "/nowhere/at/all", "HOST": "127.0.0.1", "PORT": "1"}
        connections["replica"].close()
        with (
            usable(),
            mock.patch.dict(connections["replica"].settings_dict, wrong),
            self.assertLogs("danvan.replica", "WARNING"),
        ):
            self.assertEqual(self.client.get(LAGGING[0]).status_code, 200)
        self.assertFalse(standby.is_usable())

    def test_a_replica_that_is_none_is_told_at_the_start_and_on_healthz_and_never_asked(self):
        mocked = mock.patch.object(standby, "_ask_at", 0.0)
        with mocked, self.assertLogs("danvan", "WARNING") as said:
            self.assertEqual(self.read(LAGGING[0]), 1 if connection.vendor == "postgresql" else 0)
            answer = Client().get("/healthz")
        self.assertEqual((answer.status_code, answer.json()["replica"]), (200, "failed"))
        self.assertEqual(answer.json()["told"], [health.SENTENCES["replica"]])
        if connection.vendor == "postgresql":
            self.assertIn(NOT_ONE, "".join(said.output))
            with self.assertRaisesMessage(SystemCheckError, NOT_ONE):
                self.check()
        else:  # whatever is wrong with it
            self.assertIn("does not answer", "".join(said.output))
            self.check()

    def check(self):
        call_command(
            "check", tags=["database"], databases=["default", "replica"], fail_level="ERROR",
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip


class StandbyTest(SimpleTestCase):
    """How old is what the replica shows? Times and places of the log are made up."""

    def setUp(self):
        self.standby, self.now = Standby(), 1000.0
        self.enterContext(mock.patch.object(standby_module.time, "monotonic", lambda: self.now))

    def ask(self, written: int, replayed: int | None, *, after=1.0, is_standby=True, who=(7, 1)):
        """Let `after` seconds pass and ask; a server that answers nothing is an error."""
        self.now += after

        def row(alias, question):
            if alias == "default":
                return (7, 1, written)
            if replayed is None:
                raise OperationalError("away")
            return (*who, replayed, is_standby)

        with mock.patch.object(standby_module, "_row", row):
            return self.standby.is_usable()

    def test_an_idle_primary_is_no_lag_and_a_moment_behind_is_none_either(self):
        self.assertTrue(self.ask(100, 100))
        self.assertTrue(self.ask(100, 100, after=3600))
        self.assertTrue(self.ask(150, 140, after=2), "what was written 2 s ago is there")

    def test_one_that_is_cut_off_is_given_up_after_a_while_and_serves_again_later(self):
        self.assertTrue(self.ask(100, 100))
        self.assertTrue(self.ask(200, 100, after=9))
        with self.assertLogs("danvan.replica", "WARNING") as said:
            self.assertFalse(self.ask(300, 100, after=3))
            self.assertIn("more than 10 s behind", said.output[0])
            self.assertTrue(self.ask(400, 400))
            self.assertIn("serves again", said.output[1])

    def test_a_new_process_waits_until_it_knows(self):
        with self.assertLogs("danvan.replica", "WARNING"):
            self.assertFalse(self.ask(100, 90))
            self.assertTrue(self.ask(120, 100))

    def test_one_that_does_not_answer_is_left_alone_for_a_while(self):
        with self.assertLogs("danvan.replica", "WARNING"):
            self.assertFalse(self.ask(100, None))
            self.assertFalse(self.ask(100, 100, after=5))
            self.assertTrue(self.ask(100, 100, after=6))

    def test_a_primary_and_another_database_are_no_replica(self):
        with self.assertLogs("danvan.replica", "WARNING"):
            self.assertFalse(self.ask(100, 100, is_standby=False))
            self.assertEqual(self.standby.trouble, NOT_ONE)
            for who in ((8, 1), (7, 2)):
                self.assertFalse(self.ask(100, 100, who=who))
                self.assertEqual(self.standby.trouble, OF_ANOTHER)


class ViewTest(SimpleTestCase):
    """What a view that may lag does with what it meets there."""

    def setUp(self):
        self.seen = []
        self.enterContext(a_replica())
        self.enterContext(usable())

    def ask(self, error=None, method="GET"):
        def view(request):
            self.seen.append(User.objects.all().db)
            if error and self.seen[-1] == "replica":
                raise error
            return HttpResponse("x")

        return may_lag(view)(RequestFactory().generic(method, "/"))

    def test_a_row_that_is_not_there_yet_is_looked_for_at_the_primary(self):
        self.assertEqual(self.ask(Http404()).content, b"x")
        self.assertEqual(self.seen, ["replica", "default"])

    def test_a_post_never_lags(self):
        self.ask(method="POST")
        self.assertEqual(self.seen, ["default"])

    def test_a_query_that_took_too_long_is_not_asked_twice(self):
        error = OperationalError()
        error.__cause__ = type("Cancelled", (Exception,), {"sqlstate": "57014"})()
        with self.assertRaises(OperationalError):
            self.ask(error)
        self.assertEqual(self.seen, ["replica"])


def test_a_replica_of_sqlite_is_refused_with_a_sentence():
    standby_of = {"DATABASE_REPLICA_URL": "postgresql:///elsewhere", "DEBUG": "1"}
    answer = start(**standby_of)
    assert answer.returncode != 0
    assert "DATABASE_REPLICA_URL names a standby of PostgreSQL" in answer.stderr
    address = {"DATABASE_URL": "postgresql:///here"}
    assert start(["DATABASE_ROUTERS"], **standby_of, **address).stdout.count("Router") == 1
    answer = start(**address, DEBUG="1", DATABASE_REPLICA_URL="sqlite:///a")
    assert "must name a standby of PostgreSQL" in answer.stderr
