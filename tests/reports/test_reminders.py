"""Reminders by mail: to whom, of what, never twice, and what a failing mail server does."""

import datetime
import os
import signal
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from danvan.accounts import services
from danvan.accounts.models import AuditEntry, User
from danvan.common.ops import health
from danvan.imports.workers import ENDS_WITHIN, recover_tasks
from reports.models import MailChoice, Report, SentReminder, State
from reports.notices import mailing
from reports.workflow.moves import make_move
from reports.workflow.periods import close_period, extend_deadline
from tests.cast import build_cast, build_world
from tests.imports.tools import work_off
from tests.reports.mailbox import EmailBackend, busy_server
from tests.words import wrong_words

DAY = datetime.timedelta(days=1)
SMTP = {
    "EMAIL_HOST": "mail.tinh.vn",
    "DEFAULT_FROM_EMAIL": "danvan@tinh.vn",
    "SITE_URL": "https://danvan.vn",
    "EMAIL_BACKEND": "tests.reports.mailbox.EmailBackend",
}


@override_settings(**SMTP)
class RemindersTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        today = timezone.localdate()
        dates = {f"due_{level}": today + 30 * DAY for level in ("commune", "district", "province")}
        cls.world = build_world(cls.cast, **dates)
        cls.report, cls.period = cls.world.report, cls.world.period
        for name in ("xa-13369", "xa-13363"):
            User.objects.filter(username=name).update(email=f"{name}@tinh.vn")

    def run_it(self) -> str:
        """Run the timer's command and a worker; return what the command says."""
        out = StringIO()
        call_command("send_reminders", stdout=out)
        work_off()
        return out.getvalue()

    def sent(self):
        """Return (address, subject) of what the timer's command has sent."""
        mail.outbox.clear()
        self.run_it()
        for message in mail.outbox:
            assert wrong_words(f"{message.subject}\n{message.body}") == ()
        return sorted((message.to[0], message.subject) for message in mail.outbox)

    def due_in(self, days):
        due = timezone.localdate() + days * DAY
        type(self.period).objects.filter(pk=self.period.pk).update(due_commune=due)
        return f"{due:%d/%m/%Y}"

    def returned(self):
        Report.objects.filter(pk=self.report.pk).update(state=State.SUBMITTED)
        self.report.refresh_from_db()
        make_move(self.report, "return", user=self.cast["huyen-349"], reason="Số 684 chưa đúng")

    def test_each_kind_goes_once_to_the_people_of_the_unit(self):
        opened = f"hạn nộp {timezone.localdate() + 30 * DAY:%d/%m/%Y}"
        assert self.sent() == [
            (f"{name}@tinh.vn", f"[Dân vận] Kỳ báo cáo năm 2024 đã mở, {opened}")
            for name in ("xa-13363", "xa-13369")
        ]
        assert self.sent() == []
        self.returned()
        assert self.sent() == [
            ("xa-13369@tinh.vn", "[Dân vận] Báo cáo năm 2024 được trả lại để sửa")
        ]
        day = self.due_in(3)
        assert [s for _, s in self.sent()] == [
            f"[Dân vận] Báo cáo năm 2024 sắp đến hạn nộp ({day})"
        ] * 2
        self.due_in(2)
        Report.objects.filter(unit__code="13363").update(state=State.SUBMITTED)
        day = self.due_in(-1)
        assert self.sent() == [
            ("xa-13369@tinh.vn", f"[Dân vận] Báo cáo năm 2024 đã quá hạn nộp ({day})")
        ]
        assert self.sent() == []

    def test_a_later_date_is_a_new_due_date(self):
        self.due_in(-1)
        self.sent()
        until = timezone.localdate() + 2 * DAY
        self.report.refresh_from_db()
        extend_deadline(self.report, user=self.cast["huyen-349"], until=until, reason="Bão")
        assert self.sent() == [
            ("xa-13369@tinh.vn", f"[Dân vận] Báo cáo năm 2024 sắp đến hạn nộp ({until:%d/%m/%Y})")
        ]

    def test_several_notices_are_one_mail_without_figures_or_remarks_with_links(self):
        self.due_in(-2)
        self.returned()
        assert "và 2 việc khác" in dict(self.sent())["xa-13369@tinh.vn"]
        message = next(m for m in mail.outbox if m.to == ["xa-13369@tinh.vn"])
        assert "684" not in message.body
        assert message.body.startswith("Kính gửi anh/chị Nguyễn Thị An,")
        link = "https://danvan.vn" + reverse("reports:detail", args=[self.report.pk])
        assert message.body.count(link) == 3
        assert "https://danvan.vn" + reverse("notices:mail") in message.body
        assert message.from_email == "danvan@tinh.vn"
        assert message.message()["Auto-Submitted"] == "auto-generated"

    def test_no_mail_to_stopped_accounts_readers_and_people_without_address(self):
        for name in ("lanhdao", "xem-349"):
            User.objects.filter(username=name).update(email=f"{name}@tinh.vn")
        clerk = User.objects.get(username="xa-13369")
        services.deactivate(clerk, by=self.cast["quantri"], on=timezone.localdate())
        assert [address for address, _ in self.sent()] == ["xa-13363@tinh.vn"]

    def test_old_news_and_closed_periods_are_mailed_to_nobody(self):
        """Mails may be set up in the middle of a year, or beside years that nobody closed."""
        log = mock.patch.object(mailing, "STALE", datetime.timedelta(0))
        self.due_in(-20)
        with log:
            assert self.sent() == []
        self.due_in(-1)
        close_period(self.period, user=self.cast["tinh"])
        assert self.sent() == []

    def test_everybody_chooses(self):
        clerk = User.objects.get(username="xa-13369")
        self.client.force_login(clerk)
        url = reverse("notices:mail")
        page = self.client.get(url)
        self.assertContains(page, 'value="xa-13369@tinh.vn"')
        assert page.content.count(b"checked") == 4
        refused = self.client.post(url, {"email": "khong-phai-thu", "late": "on"})
        self.assertContains(refused, "Địa chỉ chưa đúng", status_code=422)
        self.assertContains(refused, "khong-phai-thu", status_code=422)
        self.client.post(url, {"email": "an@tinh.vn", "late": "on", "returned": "on"})
        assert self.sent() == [("xa-13363@tinh.vn", mail.outbox[0].subject)]
        self.returned()
        assert [address for address, _ in self.sent()] == ["an@tinh.vn"]
        self.assertContains(self.client.get(url), "(đã gửi)", count=1)
        told = AuditEntry.objects.filter(actor=clerk)
        assert {e.content_type.model for e in told} == {"user", "mailchoice"}
        self.client.post(url, {"email": "an@tinh.vn"})
        choice = MailChoice.objects.get(user=clerk)
        assert not (choice.late or choice.soon or choice.returned or choice.opened)

    def test_one_bad_address_stops_nobody_and_is_tried_three_times(self):
        with mock.patch.object(EmailBackend, "refused", frozenset({"xa-13363@tinh.vn"})):
            for run in range(4):
                with self.subTest(run), self.later(2 * run * mailing.REST):
                    mail.outbox.clear()
                    if run < 3:
                        with self.assertLogs("danvan.mail") as said:
                            self.run_it()
                        assert "1 mails refused" in said.output[-1]
                    else:
                        self.run_it()
                    assert len(mail.outbox) == int(run == 0)
        row = SentReminder.objects.get(user__username="xa-13363")
        assert (row.state, row.tries) == ("refused", 3)

    def test_a_refusal_that_ends_is_made_good(self):
        with mock.patch.object(EmailBackend, "refused", frozenset({"xa-13363@tinh.vn"})):
            self.run_it()
        with self.later(mailing.REST):
            assert [address for address, _ in self.sent()] == ["xa-13363@tinh.vn"]
            assert self.sent() == []

    def test_a_server_that_takes_nothing_for_an_hour_loses_nothing(self):
        """However often the command is run meanwhile: tries lie apart, so none is wasted."""
        everybody = frozenset({"xa-13363@tinh.vn", "xa-13369@tinh.vn"})
        for minutes in range(0, 130, 10):
            refused = everybody if minutes <= 60 else frozenset()
            refusing = mock.patch.object(EmailBackend, "refused", refused)
            with refusing, self.later(datetime.timedelta(minutes=minutes)):
                self.run_it()
                answer = self.client.get("/healthz")
            assert answer.status_code == 200
            assert answer.json()["mail"] == ("ok" if minutes == 120 else "failed")
        assert {message.to[0] for message in mail.outbox} == everybody
        assert len(mail.outbox) == 2
        assert set(SentReminder.objects.values_list("state", "tries")) == {("sent", 3)}

    def test_a_server_that_hangs_up_on_one_mail_gets_the_next_on_a_new_line(self):
        User.objects.filter(username="huyen-349").update(email="huyen-349@tinh.vn")
        smtp = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
        smtp |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}
        with busy_server() as port, self.settings(**smtp, EMAIL_PORT=port):
            self.run_it()
            states = list(SentReminder.objects.order_by("pk").values_list("state", flat=True))
            assert states == ["sent", "refused", "sent"]
            with self.later(mailing.REST):
                self.run_it()
        assert set(SentReminder.objects.values_list("state", flat=True)) == {"sent"}

    def later(self, time: datetime.timedelta):
        """Let the clock show so much more while the block runs."""
        moment = timezone.now() + time
        return mock.patch.object(timezone, "now", lambda: moment)

    def test_a_line_that_breaks_is_never_sent_again(self):
        """Nobody knows whether that mail arrived: better one too few than one every hour."""
        with mock.patch.object(EmailBackend, "broken", frozenset({"xa-13363@tinh.vn"})):
            self.run_it()
        assert [m.to for m in mail.outbox] == [["xa-13369@tinh.vn"]]
        assert self.sent() == []

    def test_a_stop_between_note_and_mail_sends_nothing_twice(self):
        stop = mock.patch.object(EmailBackend, "send_messages", side_effect=KeyboardInterrupt)
        with stop:
            self.run_it()
        assert SentReminder.objects.get().state == "unsure"
        assert len(self.sent()) == 1  # the other person's
        assert self.sent() == []

    def test_no_mail_server_in_reach(self):
        """Nothing is noted: the whole waits for the next run."""
        away = mock.patch.object(EmailBackend, "away", True)
        with away, self.assertLogs("django_tasks", "ERROR") as said:
            self.run_it()
        assert "ConnectionRefusedError" in said.output[0]
        assert not SentReminder.objects.exists()
        with self.assertLogs("danvan.health", "ERROR"):
            assert health.SENTENCES["mail"] in self.client.get("/healthz").json()["told"]
        assert len(self.sent()) == 2
        assert self.client.get("/healthz").json()["mail"] == "ok"

    def test_two_runs_at_once_send_one_mail(self):
        """The second read what is due before the first had noted anything."""
        waiting = list(mailing.due_mails())
        self.run_it()
        mail.outbox.clear()
        with mock.patch.object(mailing, "due_mails", return_value=waiting):
            self.run_it()
        assert mail.outbox == []

    @override_settings(EMAIL_HOST="")
    def test_without_a_mail_server_the_command_says_so(self):
        assert "nothing sent" in self.run_it()
        assert mail.outbox == []
        self.client.force_login(self.cast["xa-13369"])
        self.assertContains(self.client.get(reverse("notices:mail")), "chưa được cài đặt")

    def test_people_of_a_unit_that_changed_its_name(self):
        """Xã Quế became thị trấn: who works for the later version is told of the report of the earlier."""
        unit = self.cast["xa-13384"].unit
        later = [version for version in unit.versions() if version != unit]
        assert later
        User.objects.create(username="moi-13384", unit=later[-1], email="moi@tinh.vn")
        assert "moi@tinh.vn" in [address for address, _ in self.sent()]


# A worker that is killed when its second mail is noted and has not left.
KILLED = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connection
connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
settings.EMAIL_FILE_PATH = sys.argv[2]
from django.core.mail.backends.filebased import EmailBackend
send, left = EmailBackend.send_messages, []
def killed(self, messages):
    left.append(messages) if not left else os.kill(os.getpid(), signal.SIGKILL)
    return send(self, messages)
EmailBackend.send_messages = killed
call_command("db_worker", "--batch", "--no-reload", "--no-startup-delay", verbosity=0)
"""


@override_settings(**SMTP)
class KilledTest(TransactionTestCase):
    def test_where_a_worker_is_killed_another_goes_on_and_nobody_gets_two_mails(self):
        cast = build_cast()
        build_world(cast)
        people = ["huyen-349", "xa-13363", "xa-13369"]
        for name in people:
            User.objects.filter(username=name).update(email=f"{name}@tinh.vn")
        call_command("send_reminders", stdout=StringIO())
        name = str(connection.settings_dict["NAME"])
        connection.close()
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", KILLED, name, folder]
            env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
            done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=False)
            assert done.returncode == -signal.SIGKILL
            left = "".join(file.read_text() for file in Path(folder).iterdir())
        noted = SentReminder.objects.values_list("user__username", "state").distinct()
        noted = dict(noted)
        assert sorted(noted.values()) == ["sent", "unsure"]
        assert [name for name in noted if f"To: {name}@tinh.vn" in left] == [
            name for name, state in noted.items() if state == "sent"
        ]
        recover_tasks()
        work_off()
        assert mail.outbox == [], "its worker may still be at it"
        DBTaskResult.objects.update(started_at=timezone.now() - ENDS_WITHIN)
        for _ in range(2):
            recover_tasks()
            work_off()
        (last,) = mail.outbox
        assert [last.to[0].split("@")[0]] == [name for name in people if name not in noted]
        assert DBTaskResult.objects.get().status == "SUCCESSFUL"
