"""A form sent again because its answer got lost: the answer of the first time, nothing twice, nothing lost."""

import uuid

from django.urls import reverse

from danvan.common.handbook.why import Why
from records.kinds import BY_SLUG
from records.models import Recognition, SkilledMobilisationModel
from tests.records.data import formset, make, typed
from tests.records.test_pages import PageCase

MODEL = "mobilisation-model"
DECISION = {"level": "commune", "decision": "1/QĐ", "date": "10/06/2024", "body": "UBND"}


class SentAgainTest(PageCase):
    def setUp(self):
        self.log_in("xa-13369")

    def test_of_every_kind_the_second_sending_gets_the_first_answer(self):
        for slug, kind in BY_SLUG.items():
            with self.subTest(slug):
                data = typed(slug, self.unit, token=str(uuid.uuid4()))
                if slug == MODEL:
                    data |= formset(DECISION)
                first, again = (self.client.post(self.url("create", slug), data) for _ in range(2))
                self.assertEqual((again.status_code, again["Location"]), (302, first["Location"]))
                self.assertContains(self.client.get(again["Location"]), "không lưu lần thứ hai")
                self.assertEqual(kind.model.objects.count(), 1)
        self.assertEqual(Recognition.objects.count(), 1)

    def test_of_every_kind_what_was_corrected_meanwhile_changes_the_row_with_one_more_click(self):
        for slug, kind in BY_SLUG.items():
            with self.subTest(slug):
                data = typed(slug, self.unit, token=str(uuid.uuid4()))
                self.client.post(self.url("create", slug), data)
                row = kind.model.objects.get()
                asked = self.client.post(self.url("create", slug), {**data, "note": "Đã sửa"})
                self.assertContains(asked, "với nội dung khác", status_code=409)
                self.assertContains(asked, f"/vi-sao/#{Why.SENT_TWICE}", status_code=409)
                self.assertContains(asked, "<b>Đã sửa</b>", status_code=409, html=True)
                self.assertEqual(asked.context["form"]["note"].value(), "Đã sửa")
                edit = self.url("edit", slug, row.pk)
                self.assertContains(asked, f'action="{edit}"', status_code=409)
                saved = self.client.post(edit, asked.context["form"].data)
                self.assertRedirects(saved, row.get_absolute_url())
                row.refresh_from_db()
                self.assertEqual(
                    (row.note, row.version, kind.model.objects.count()), ("Đã sửa", 2, 1)
                )

    def test_what_can_no_longer_be_stored_is_told_at_its_field_beside_what_is_stored(self):
        data = typed("friendly-government", self.unit, token=str(uuid.uuid4()))
        url = self.url("create", "friendly-government")
        self.client.post(url, data)
        asked = self.client.post(url, {**data, "score": "abc"})
        self.assertEqual(list(asked.context["form"].errors), ["score"])
        self.assertContains(asked, 'value="abc"', status_code=409)

    def test_decisions_that_were_corrected_meanwhile(self):
        other = {"level": "commune", "decision": "2/QĐ", "date": "11/06/2024", "body": ""}
        url = self.url("create", MODEL)
        data = typed(MODEL, self.unit, token=str(uuid.uuid4()))
        self.client.post(url, data | formset(DECISION, other))
        row = SkilledMobilisationModel.objects.get()
        for sent, left in (
            ([DECISION | {"decision": "9/QĐ"}, {}, other], ["9/QĐ", "2/QĐ"]),  # one changed
            ([DECISION], ["1/QĐ"]),  # one taken out
            ([DECISION, DECISION | {"date": "12/06/2024"}], ["1/QĐ", "1/QĐ"]),
        ):
            with self.subTest(left):
                asked = self.client.post(url, data | formset(*sent))
                self.assertContains(asked, "với nội dung khác", status_code=409)
                edit = self.url("edit", MODEL, row.pk)
                self.assertEqual(
                    self.client.post(edit, asked.context["form"].data).status_code, 302
                )
                found = [one.decision for one in row.recognitions.order_by("pk")]
                self.assertEqual(found, left)

    def test_a_change_with_a_new_decision_sent_twice_is_one_change(self):
        row = make(MODEL, self.unit)
        url = self.url("edit", MODEL, row.pk)
        data = typed(MODEL, self.unit, version=1) | formset(DECISION)
        for _ in range(2):
            self.assertRedirects(self.client.post(url, data), row.get_absolute_url())
        kept = Recognition.objects.get()
        row.refresh_from_db()
        self.assertEqual(row.version, 2)
        gone = formset({**DECISION, "id": kept.pk, "DELETE": "on"}, initial=1)
        for _ in range(2):
            answer = self.client.post(url, typed(MODEL, self.unit, version=2) | gone)
            self.assertRedirects(answer, row.get_absolute_url())
        self.assertFalse(Recognition.objects.exists())

    def test_a_form_of_nobody_and_rows_out_of_all_measure_do_no_harm(self):
        url = reverse("records:create", args=[BY_SLUG[MODEL]])
        data = typed(MODEL, self.unit, token=str(uuid.uuid4()))
        self.assertEqual(self.client.post(url, {**data, "token": "khong-phai-ma"}).status_code, 422)
        self.client.post(url, data)
        data |= {"recognitions-TOTAL_FORMS": "x", "recognitions-999-level": "commune"}
        self.assertEqual(self.client.post(url, data).status_code, 409)
