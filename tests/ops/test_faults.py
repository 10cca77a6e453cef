"""A fault of the machine is told, answered with 503 and loses nothing that was typed."""

import datetime
import re
import time
from html import unescape
from unittest import mock
from urllib.parse import urlencode

from django.contrib.sessions.models import Session
from django.db import InternalError
from django.test import Client, TransactionTestCase
from django.urls import reverse

from danvan.common.ops.faults import Fault, aside, fault_of
from danvan.imports.models import ImportJob, JobState
from danvan.imports.targets import target_of
from records.models import DialogueConference
from reports.models import Value
from tests.cast import PASSWORD, build_cast, build_world
from tests.imports.tools import sheet_of, upload
from tests.ops.faulty import database_away, full_database, locked_by_somebody, lose_the_connection
from tests.records.data import typed

HERE = {"HTTP_ORIGIN": "http://testserver"}
TABLE = DialogueConference._meta.db_table


class FaultTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.an = self.cast["xa-13369"]
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.an)
        self.url = reverse("records:create", args=[DialogueConference])
        self.data = typed("dialogue-conference", self.an.unit, title="Đối thoại <b>“mới”</b>")

    def assert_told(self, answer, fault: Fault):
        self.assertContains(answer, fault.message, status_code=503)
        assert answer.headers["Retry-After"]
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Request-ID"] in answer.content.decode()

    def post(self, url, data, **options):
        """Post as a form does that holds no file."""
        options = {**HERE, "content_type": "application/x-www-form-urlencoded", **options}
        return self.client.post(url, urlencode(data, doseq=True), **options)

    def send_again(self, answer):
        """Press the one button of the answer, as a browser would."""
        page = answer.content.decode()
        found = re.findall(r'<input\s+type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"', page)
        action = re.search(r'<form method="post" action="([^"]*)">', page)[1]
        assert [name for name, _ in found].count("csrfmiddlewaretoken") == 1
        data: dict[str, list] = {}
        for name, text in found:
            data.setdefault(unescape(name), []).append(unescape(text))
        return self.post(unescape(action), data)

    def test_a_locked_database_keeps_the_form_and_it_is_sent_again(self):
        with locked_by_somebody(TABLE):
            answer = self.post(self.url, self.data)
        self.assert_told(answer, Fault.BUSY)
        assert self.send_again(answer).status_code == 302
        assert DialogueConference.objects.get().title == self.data["title"]

    def test_a_full_database_says_so(self):
        with full_database():
            for number in range(200):  # until what is left of the last page is used up
                data = {**self.data, "title": f"{number} {'x' * 250}"}
                answer = self.post(self.url, data)
                if answer.status_code != 302:
                    break
        self.assert_told(answer, Fault.FULL)
        assert self.send_again(answer).status_code == 302
        assert DialogueConference.objects.filter(title=data["title"]).exists()

    def test_a_database_that_is_away_is_told_on_pages_and_posts(self):
        with database_away():
            page, posted = self.client.get("/"), self.post(self.url, self.data)
            health = Client().get("/healthz")
        self.assert_told(page, Fault.AWAY)
        self.assert_told(posted, Fault.AWAY)
        assert health.status_code == 503
        assert self.send_again(posted).status_code == 302

    def test_a_script_that_asked_for_json_gets_json(self):
        report = build_world(self.cast).report
        url = reverse("reports:entry", args=[report.pk])
        fields = {"version": 0, "DT01": "5"}
        with locked_by_somebody(Value._meta.db_table):
            answer = self.client.post(url, fields, headers={"Accept": "application/json"})
        assert answer.status_code == 503
        assert answer.json() == {"error": "busy", "message": Fault.BUSY.message}

    def test_what_another_site_posted_and_passwords_are_not_kept(self):
        with database_away():
            foreign = self.post(self.url, self.data, HTTP_ORIGIN="http://elsewhere.example")
            login = Client(raise_request_exception=False).post(
                "/dang-nhap/", {"username": "xa-13369", "password": PASSWORD}, **HERE
            )
        for answer in (foreign, login):
            self.assert_told(answer, Fault.AWAY)
            self.assertNotContains(answer, "<form", status_code=503)
        self.assertNotContains(login, PASSWORD, status_code=503)

    def test_noting_the_last_request_never_fails_a_read_nor_holds_it_up(self):
        session = self.client.session
        session["seen"] = int(time.time()) - 120
        session.save()
        with locked_by_somebody(Session._meta.db_table):
            start = time.monotonic()
            answer = self.client.get(reverse("records:list", args=[DialogueConference]))
            took = time.monotonic() - start
        assert answer.status_code == 200
        assert took < 2
        self.client.get("/")
        assert self.client.session["seen"] > time.time() - 60

    def test_housekeeping_never_fails_the_page_of_imports(self):
        job = upload(self.client, sheet_of(self.an, {}))
        past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        ImportJob.objects.update(expires_at=past, heartbeat=past, state=JobState.WRITING)
        with locked_by_somebody(ImportJob._meta.db_table):
            for url in ("/nhap-excel/", f"/nhap-excel/{job.pk}/"):
                assert self.client.get(url).status_code == 200, url

    def test_what_is_written_beside_a_page_may_find_the_database_away(self):
        with database_away(), self.assertLogs("danvan.faults", "WARNING"), aside("a test"):
            self.assertFalse(Value.objects.exists(), "it is not there to say so")
        with database_away(), aside("a test"):
            told = "a line of the log needs no database"
        self.assertTrue(told)

    def test_a_pooler_that_loses_its_server_between_two_answers_is_away(self):
        # Seen as a primary died behind PgBouncer. An error that a server tells itself is another matter.
        confused = InternalError("received 2 results from command 'BEGIN'")
        confused.__cause__ = Exception(str(confused))
        self.assertIs(fault_of(confused), Fault.AWAY)
        with (
            mock.patch("danvan.common.ops.faults._short_patience", side_effect=confused),
            aside("a test"),
        ):
            told = "the page"
        self.assertTrue(told)
        told_by_server = InternalError("invalid page in block 3")
        told_by_server.__cause__ = type("Told", (Exception,), {"sqlstate": "XX001"})()
        self.assertIsNone(fault_of(told_by_server))

    def test_a_confirmation_that_meets_a_fault_leaves_a_word_on_the_job(self):
        from django.db import connection

        rows = [{"title": f"Đối thoại số {number} {'x' * 200}"} for number in range(300)]
        job = upload(self.client, sheet_of(self.an, *rows))
        sqlite = connection.vendor == "sqlite"
        fault = Fault.FULL if sqlite else Fault.BUSY
        with full_database() if sqlite else locked_by_somebody(TABLE):
            answer = self.post(f"/nhap-excel/{job.pk}/xac-nhan/", {"only_good": ""})
        self.assert_told(answer, fault)
        job.refresh_from_db()
        assert job.state == JobState.CHECKED
        assert job.message == f"{fault.message} Chưa có gì được ghi."
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), fault.message)
        assert not DialogueConference.objects.exists()
        assert self.send_again(answer).status_code == 302
        assert DialogueConference.objects.count() == 300

    def test_a_connection_lost_in_the_middle_of_writing_leaves_a_word_on_the_job_as_well(self):
        job = upload(self.client, sheet_of(self.an, {}))
        target = target_of(job.target)
        written = target.write

        def lost(*args):
            written(*args)
            lose_the_connection()

        with mock.patch.object(target, "write", lost):
            answer = self.post(f"/nhap-excel/{job.pk}/xac-nhan/", {"only_good": ""})
        self.assert_told(answer, Fault.AWAY)
        job.refresh_from_db()
        assert (job.state, job.message) == (
            JobState.CHECKED,
            f"{Fault.AWAY.message} Chưa có gì được ghi.",
        )
        assert not DialogueConference.objects.exists()
        assert self.send_again(answer).status_code == 302
        assert DialogueConference.objects.count() == 1

    def test_a_form_that_met_a_lost_connection_is_kept(self):
        def lost(*args, **options):
            lose_the_connection()

        with mock.patch.object(DialogueConference, "derive", lost):
            answer = self.post(self.url, self.data)
        self.assert_told(answer, Fault.AWAY)
        assert self.send_again(answer).status_code == 302
        assert DialogueConference.objects.get().title == self.data["title"]
