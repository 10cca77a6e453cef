"""Pressed twice, or pressed on what is gone: the answer is that of the first press, and no typing is lost."""

import datetime
from decimal import Decimal
from unittest import mock

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.test import Client, TestCase, TransactionTestCase
from django.urls import reverse

from danvan.accounts.models import AuditEntry
from records import services
from records.files.attachments import attach
from records.models import DialogueConference, Recognition, SkilledMobilisationModel
from records.services import delete_record, delete_records
from reports.figures.writing import Figure, write_figures, write_many
from reports.models import Indicator, Remark, Report, Section, State, Transition, Value
from reports.workflow import moves
from reports.workflow.periods import extend_deadline, open_period
from reports.workflow.remarks import keep_remarks, settle
from tests.cast import build_cast, build_world
from tests.locks.tools import Beside, halted
from tests.records.data import formset, make, typed

SENT = "Đã gửi báo cáo."


class SendTwiceTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.report = build_world(self.cast).report
        self.url = reverse("reports:entry", args=[self.report.pk])
        self.detail = reverse("reports:detail", args=[self.report.pk])
        self.data = {"version": 0, "action": "submit_blanks", "DT01": "0"}

    def press(self, **changes):
        client = Client()
        client.force_login(self.cast["xa-13369"])
        return client.post(self.url, {**self.data, **changes}, follow=True)

    def assert_sent_once(self, *answers):
        for answer in answers:
            self.assertRedirects(answer, self.detail)
            self.assertContains(answer, SENT)
        assert Transition.objects.count() == 1
        assert Value.objects.get().number == 0
        assert self.report.changes.count() == 1

    def test_one_after_the_other(self):
        self.assert_sent_once(self.press(), self.press())

    def test_at_once(self):
        with halted(moves, "_take", self.press) as first:
            second = Beside(self.press)
            assert second.waits()
        self.assert_sent_once(first.ended(), second.ended())

    def test_who_typed_something_else_is_told_and_keeps_it(self):
        self.press()
        answer = self.press(DT01="7")
        assert answer.status_code == 409
        assert 'value="7"' in answer.content.decode()
        assert SENT not in answer.content.decode()
        assert Value.objects.get().number == 0

    def test_a_reviewer_who_presses_twice(self):
        self.press()
        move = reverse("reports:move", args=[self.report.pk])
        board = Client()
        board.force_login(self.cast["huyen-349"])
        version = Report.objects.get(pk=self.report.pk).version
        data = {"version": version, "action": "return", "remark-DT01": "Xem lại"}
        for _ in range(2):
            answer = board.post(move, data, follow=True)
            self.assertContains(answer, "Đã trả lại")
        assert Remark.objects.count() == 1
        assert Transition.objects.filter(action="return").count() == 1

    def test_a_remark_sent_twice_is_one_remark(self):
        self.press()
        board = Client()
        board.force_login(self.cast["huyen-349"])
        data = {"action": "remark", "remark-DT01": "Xem lại"}
        for _ in range(2):
            board.post(reverse("reports:move", args=[self.report.pk]), data)
        assert Remark.objects.count() == 1


class GoneTest(TestCase):
    """The record was deleted while somebody had its form open."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.an, cls.other = cls.cast["xa-13369"], cls.cast["canbo-13369"]

    def setUp(self):
        self.client.force_login(self.an)

    def send_again(self, answer, data, kind):
        """Post what the page shows to where the page's form leads."""
        create = reverse("records:create", args=[kind])
        self.assertContains(answer, f'action="{create}"', status_code=409)
        form = answer.context["form"]
        return self.client.post(create, {**data, "token": form["token"].value(), "version": ""})

    def test_the_typing_is_kept_and_becomes_a_new_record(self):
        record = make("dialogue-conference", self.an.unit)
        url = reverse("records:edit", args=[DialogueConference, record.pk])
        delete_record(record, actor=self.other)
        data = typed("dialogue-conference", self.an.unit, title="Sửa dở dang", version=1)
        answer = self.client.post(url, data)
        self.assertContains(answer, "đã bị xóa", status_code=409)
        self.assertContains(answer, "Hoàng Văn Hải", status_code=409)
        self.assertContains(answer, "Sửa dở dang", status_code=409)
        assert self.send_again(answer, data, DialogueConference).status_code == 302
        assert DialogueConference.objects.get().title == "Sửa dở dang"

    def test_a_model_keeps_its_decisions(self):
        model = make("mobilisation-model", self.an.unit)
        row = Recognition.objects.create(
            model=model, level="commune", decision="12/QĐ", date=datetime.date(2024, 6, 1)
        )
        url = reverse("records:edit", args=[SkilledMobilisationModel, model.pk])
        delete_records(SkilledMobilisationModel, [model.pk], actor=self.other)
        rows = {"id": row.pk, "level": "commune", "decision": "13/QĐ", "date": "01/06/2024"}
        data = typed("mobilisation-model", self.an.unit, version=1) | formset(rows, initial=1)
        answer = self.client.post(url, data)
        assert answer.status_code == 409
        data |= {
            f.html_name: f.value() or "" for form in answer.context["form"].children for f in form
        }
        data |= {
            f"recognitions-{name}": text
            for name, text in (("TOTAL_FORMS", 1), ("INITIAL_FORMS", 0))
        }
        assert self.send_again(answer, data, SkilledMobilisationModel).status_code == 302
        assert Recognition.objects.get().decision == "13/QĐ"

    def test_deleted_at_the_very_moment_of_saving(self):
        record = make("dialogue-conference", self.an.unit)
        url = reverse("records:edit", args=[DialogueConference, record.pk])
        real = services.Kept

        def overtaken(*args):
            DialogueConference.objects.filter(pk=record.pk).delete()
            return real(*args)

        with mock.patch.object(services, "Kept", overtaken):
            answer = self.client.post(url, typed("dialogue-conference", self.an.unit, version=1))
        self.assertContains(answer, "đã bị xóa", status_code=409)

    def test_others_and_rows_that_never_were_stay_unknown(self):
        record = make("dialogue-conference", self.an.unit)
        url = reverse("records:edit", args=[DialogueConference, record.pk])
        delete_record(record, actor=self.other)
        data = typed("dialogue-conference", self.an.unit, version=1)
        never = reverse("records:edit", args=[DialogueConference, 10**9])
        assert self.client.post(never, data).status_code == 404
        assert self.client.get(url).status_code == 404
        for name in ("xa-13363", "lanhdao"):
            self.client.force_login(self.cast[name])
            assert self.client.post(url, data).status_code == 404, name

    def test_a_second_press_on_delete_says_that_it_is_gone(self):
        record = make("dialogue-conference", self.an.unit)
        url = reverse("records:delete", args=[DialogueConference, record.pk])
        self.client.post(url, {"version": 1})
        answer = self.client.post(url, {"version": 1}, follow=True)
        self.assertContains(answer, "đã được xóa")
        assert AuditEntry.objects.filter(action=AuditEntry.Action.DELETE).count() == 1

    def test_a_row_of_the_catalogue(self):
        build_world(self.cast)
        self.client.force_login(self.cast["tinh"])
        self.client.post(reverse("reports:catalogue_copy", args=[2024]))
        row = Section.objects.create(
            catalogue=Indicator.objects.filter(catalogue__year=2025)[0].catalogue,
            code="ZZ",
            label="Mới",
        )
        url = reverse("reports:catalogue_edit", args=[2025, "muc", row.pk])
        self.client.post(reverse("reports:catalogue_delete", args=[2025, "muc", row.pk]))
        data = {"code": "ZZ", "label": "Sửa dở dang", "order": 3}
        answer = self.client.post(url, data)
        self.assertContains(answer, "vừa bị người khác xóa", status_code=409)
        self.assertContains(answer, "Sửa dở dang", status_code=409)
        add = reverse("reports:catalogue_add", args=[2025, "muc"])
        self.assertContains(answer, f'action="{add}"', status_code=409)
        assert self.client.post(add, data).status_code == 302
        never = reverse("reports:catalogue_edit", args=[2025, "muc", 10**9])
        assert self.client.post(never, data).status_code == 404


class OwnChecksTest(TestCase):
    """A hidden button guards nothing: every service asks for itself."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def test_opening_a_period_asks_its_right(self):
        for name in ("xa-13369", "huyen-349", "lanhdao"):
            with self.assertRaises(PermissionDenied):
                open_period(2023, actor=self.cast[name])
        assert open_period(2023, actor=self.cast["tinh"]).year == 2023

    def test_an_extension_is_its_reviewers_affair(self):
        until = datetime.date.today() + datetime.timedelta(days=30)
        with self.assertRaises(PermissionDenied):
            extend_deadline(
                self.world.report, user=self.cast["huyen-350"], until=until, reason="Mất điện"
            )

    def test_figures_of_others_are_not_written(self):
        figures = {"DT01": Figure(Decimal(0))}
        for name in ("xa-13363", "huyen-350", "lanhdao", "xem-349"):
            with self.subTest(name), self.assertRaises(PermissionDenied):
                write_figures(self.world.report, figures, actor=self.cast[name], source="form")
        both = list(Report.objects.filter(unit__code__in=("13369", "13384")))
        with self.assertRaises(PermissionDenied):
            changes = {report.pk: figures for report in both}
            write_many(changes, actor=self.cast["huyen-349"], source="import")
        assert not Value.objects.exists()

    def test_remarks_and_their_settling(self):
        Report.objects.filter(pk=self.world.report.pk).update(state=State.SUBMITTED)
        with self.assertRaises(PermissionDenied):
            keep_remarks(self.world.report, {"DT01": "x"}, self.cast["xa-13369"])
        remark = Remark.objects.create(
            report=self.world.report, text="x", author=self.cast["huyen-349"]
        )
        with self.assertRaises(PermissionDenied):
            settle(remark, self.cast["xa-13369"])

    def test_files_of_others(self):
        record = make("dialogue-conference", self.cast["xa-13369"].unit)
        for name in ("xa-13363", "lanhdao"):
            with self.subTest(name), self.assertRaises(PermissionDenied):
                attach(
                    record, ContentFile(b"%PDF-", "a.pdf"), "application/pdf", actor=self.cast[name]
                )
