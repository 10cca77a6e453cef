"""The first submission freezes the catalogue: whoever edits it at that moment is before it or refused."""

from django.test import TransactionTestCase
from django.urls import reverse

from reports.models import Indicator, Section
from reports.workflow import moves
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.locks.tools import Beside, halted


class FreezingTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.report = build_world(self.cast).report
        self.row = Indicator.objects.get(code="DT01")
        self.client.force_login(self.cast["tinh"])
        self.url = reverse("reports:catalogue_edit", args=[2024, "chi-tieu", self.row.pk])
        form = self.client.get(self.url).context["form"]
        self.typed = {
            name: form[name].value() if form[name].value() is not None else ""
            for name in form.fields
            if form[name].value() is not False
        } | {"label": "Tên khác"}

    def edit(self):
        return self.client.post(self.url, self.typed)

    def send(self):
        submit(self.report, user=self.cast["xa-13369"], blanks_confirmed=True)

    def label(self) -> str:
        return Indicator.objects.get(pk=self.row.pk).label

    def test_an_edit_waits_for_a_submission_and_is_refused(self):
        with halted(moves, "_take", self.send):
            editing = Beside(self.edit)
            assert editing.waits()
        answer = editing.ended()
        self.assertContains(answer, "không sửa được nữa", status_code=422)
        self.assertContains(answer, "Tên khác", status_code=422)
        assert self.label() == self.row.label

    def test_a_submission_waits_for_an_edit(self):
        with halted(Indicator, "save", self.edit) as editing:
            sending = Beside(self.send)
            assert sending.waits()
        sending.ended()
        assert editing.ended().status_code == 302
        assert self.label() == "Tên khác"

    def test_a_deletion_waits_for_a_submission_and_is_refused(self):
        section = Section.objects.create(catalogue=self.row.catalogue, code="ZZ", label="Thừa")
        url = reverse("reports:catalogue_delete", args=[2024, "muc", section.pk])
        with halted(moves, "_take", self.send):
            deleting = Beside(lambda: self.client.post(url))
            assert deleting.waits()
        assert deleting.ended().status_code == 302
        assert Section.objects.filter(pk=section.pk).exists()
