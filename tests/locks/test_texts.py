"""Two officers, or two presses, take over the same text at once; two runs of the timer mail at once."""

from django.core import mail
from django.test import TransactionTestCase, override_settings

from danvan.accounts.models import User
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import GatheredText, Report, SentReminder, State
from reports.notices import mailing
from reports.texts import taking
from reports.texts.sources import TextScope, stamp
from tests.cast import build_cast, build_world
from tests.locks.tools import Beside, halted
from tests.reports.test_reminders import SMTP

TEXT = "Nhân dân phấn khởi. Không có điểm nóng."


class TakenTwiceTest(TransactionTestCase):
    def test_one_piece_with_each_sentence_once(self):
        cast = build_cast()
        report = build_world(cast).report
        write_figures(report, {"NX01": Figure(text=TEXT)}, actor=None, source="form")
        Report.objects.filter(pk=report.pk).update(state=State.APPROVED)
        scope = TextScope(cast["huyen-349"].unit, 2024, 2024)
        choice = {
            report.pk: taking.TextChoice(stamp(TEXT), frozenset({stamp("Nhân dân phấn khởi.")}))
        }

        def press():
            user = User.objects.get(username="huyen-349")
            return taking.take(scope, "NX01", choice, user=user)

        with halted(taking, "_add", press) as first:
            second = Beside(press)
            assert second.waits()
        assert (first.ended(), second.ended()) == (({report.pk}, []), ({report.pk}, []))
        assert GatheredText.objects.get().text == "Nhân dân phấn khởi."


@override_settings(**SMTP)
class MailedTwiceTest(TransactionTestCase):
    def test_the_second_run_sends_nothing(self):
        cast = build_cast()
        build_world(cast)
        User.objects.filter(username="xa-13369").update(email="an@tinh.vn")
        with halted(mailing, "_deliver", mailing.send_reminders):
            assert Beside(mailing.send_reminders).ended().total() == 0
        assert len(mail.outbox) == SentReminder.objects.count() == 1
