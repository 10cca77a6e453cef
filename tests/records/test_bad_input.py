"""What must never be stored, for the form and for rows of a file alike."""

import unicodedata

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase

from records.kinds import BY_SLUG, KINDS
from records.models import CitizenReception, DialogueConference
from tests.records.data import build, formset, make, typed
from tests.records.test_pages import PageCase

# kind: (what is changed, the field that must complain)
REFUSED = {
    "study-conference": [
        ({"start_date": "31/02/2024"}, "start_date"),
        ({"start_date": "2024"}, "start_date"),
        ({"start_date": ""}, "start_date"),
        ({"start_date": "01/01/0024"}, "start_date"),
        ({"start_date": "01/01/2090"}, "start_date"),
        ({"start_date": "01/06/2019"}, "start_date"),  # before the unit was there
        ({"end_date": "05/05/2024"}, "end_date"),
        ({"attendees": "-1"}, "attendees"),
        ({"attendees": "1.5"}, "attendees"),
        ({"attendees": "40,5"}, "attendees"),
        ({"attendees": "1.14"}, "attendees"),
        ({"attendees": "1e999999"}, "attendees"),
        ({"attendees": "99999999999999999999999"}, "attendees"),
        ({"attendees": "2000000"}, "attendees"),
        ({"attendees": "٤٠"}, "attendees"),
        ({"attendees": "NaN"}, "attendees"),
        ({"attendees": "bốn mươi"}, "attendees"),
        ({"party_members": "41"}, "party_members"),
        ({"form": "telepathy"}, "form"),
        ({"form": ""}, "form"),
        ({"title": "x" * 301}, "title"),
        ({"title": "\u200b \ufeff"}, "title"),
        ({"note": "x" * 2001}, "note"),
    ],
    "dialogue-conference": [
        ({"led_by": []}, "led_by"),
        ({"led_by": ["led_by_mayor"]}, "led_by"),
        ({"opinions": "6"}, "opinions"),
        ({"answered": "9", "pending": ""}, "opinions"),
        ({"notice_date": "07/05/2024"}, "notice_date"),
        ({"result_date": "05/05/2024"}, "result_date"),
        ({"conclusion_date": "10/05/2024"}, "conclusion_number"),
    ],
    "citizen-reception": [
        ({"within_competence": "1"}, "within_competence"),
        ({"petitions": "2", "within_competence": "1", "resolved": "2"}, "resolved"),
        ({"people": ""}, "people"),
    ],
    "mobilisation-model": [
        ({"registered_year": "1890"}, "registered_year"),
        ({"registered_year": "2020"}, "registered_year"),
        ({"status": "replicated"}, "replicated_date"),
        ({"replicated_date": "01/01/2024"}, "replicated_date"),
        ({"type": "team"}, "type"),
    ],
    "friendly-government": [
        ({"year": "2019"}, "year"),
        ({"year": "2090"}, "year"),
        ({"year": "abc"}, "year"),
        ({"score": "100,01"}, "score"),
        ({"rating": "6"}, "rating"),
        ({"satisfied": "5", "surveys": "4"}, "satisfied"),
        ({"satisfied": "5"}, "surveys"),
    ],
    "democracy-conference": [({"kind": "party"}, "kind"), ({"title": ""}, "title")],
    "oversight": [
        ({"kind": "critique", "lead": "HDND"}, "lead"),
        ({"recommendations": "1", "accepted": "2"}, "accepted"),
        ({"accepted": "2"}, "recommendations"),
        ({"amount": "-0,5"}, "amount"),
        ({"amount": "1,2345"}, "amount"),
        ({"lead": "CIA"}, "lead"),
    ],
    "training-course": [({"days": "367"}, "days"), ({"participants": "-3"}, "participants")],
    "emerging-issue": [
        ({"status": "resolved"}, "resolved_date"),
        ({"resolved_date": "10/05/2024"}, "resolved_date"),
        ({"status": "resolved", "resolved_date": "01/05/2024"}, "resolved_date"),
        ({"due_date": "01/05/2024"}, "due_date"),
        ({"status": "running", "status_date": "01/05/2024"}, "status_date"),
        ({"people": "-1"}, "people"),
    ],
}


class RefusedTest(PageCase):
    def setUp(self):
        self.log_in("xa-13369")

    def test_bad_values_are_field_errors_in_vietnamese_and_nothing_is_stored(self):
        for slug, cases in REFUSED.items():
            for change, field in cases:
                with self.subTest(slug, change=change):
                    data = typed(slug, self.unit, **change)
                    answer = self.client.post(self.url("create", slug), data)
                    self.assertEqual(answer.status_code, 422)
                    errors = answer.context["form"].errors
                    self.assertIn(field, errors)
                    self.assertNotRegex(" ".join(errors[field]), r"\b(Enter|valid|Ensure|field)\b")
                    self.assertFalse(BY_SLUG[slug].model.objects.exists())

    def test_every_kind_has_bad_values_here(self):
        self.assertEqual(set(REFUSED), {kind.slug for kind in KINDS})

    def test_a_unit_that_is_not_mine_is_no_choice(self):
        foreign = self.cast["xa-13363"].unit
        for kind in KINDS:
            with self.subTest(kind.slug):
                data = {**typed(kind.slug, self.unit), "unit": foreign.pk}
                answer = self.client.post(self.url("create", kind.slug), data)
                self.assertIn("unit", answer.context["form"].errors)
                self.assertFalse(kind.model.objects.exists())

    def test_a_record_cannot_be_moved_to_a_unit_that_is_not_mine(self):
        record = make("dialogue-conference", self.unit)
        data = {**typed("dialogue-conference", self.cast["xa-13363"].unit), "version": 1}
        answer = self.client.post(self.url("edit", "dialogue-conference", record.pk), data)
        self.assertIn("unit", answer.context["form"].errors)

    def test_too_many_decisions_are_refused(self):
        rows = [{"level": "commune", "decision": str(n), "date": "10/06/2024"} for n in range(30)]
        answer = self.client.post(
            self.url("create", "mobilisation-model"),
            {**typed("mobilisation-model", self.unit), **formset(*rows)},
        )
        self.assertEqual(answer.status_code, 422)

    def test_text_is_stored_clean_and_found_with_and_without_marks(self):
        name = unicodedata.normalize("NFD", "Đối  thoại\u200b về Ðất đai")
        self.client.post(self.url("create"), typed("dialogue-conference", self.unit, title=name))
        self.assertEqual(DialogueConference.objects.get().title, "Đối thoại về Đất đai")
        for words in ("đất đai", "DAT DAI", "dai dat", unicodedata.normalize("NFD", "đối thoại")):
            with self.subTest(words):
                found = self.client.get(self.url("list"), {"q": words})
                self.assertEqual(len(found.context["rows"]), 1)
        self.assertEqual(
            len(self.client.get(self.url("list"), {"q": "giao thông"}).context["rows"]), 0
        )


class RowTest(TestCase):
    """check_row() for files asks no query and says the same as the form; the database refuses as well."""

    @classmethod
    def setUpTestData(cls):
        from tests.cast import build_cast

        cls.unit = build_cast()["xa-13369"].unit

    def test_a_valid_row_of_every_kind_needs_no_query(self):
        for kind in KINDS:
            record = build(kind.slug, self.unit)
            with self.subTest(kind.slug), self.assertNumQueries(0):
                record.check_row()

    def test_the_same_rules_stand_at_the_same_fields(self):
        record = build("citizen-reception", self.unit, petitions=1, within_competence=2, resolved=3)
        with self.assertRaises(ValidationError) as caught:
            record.check_row()
        self.assertEqual(set(caught.exception.message_dict), {"within_competence", "resolved"})

    def test_wrong_types_are_errors_not_crashes(self):
        record = build("study-conference", self.unit, start_date="hôm qua", attendees="nhiều")
        with self.assertRaises(ValidationError) as caught:
            record.check_row()
        self.assertEqual(set(caught.exception.message_dict), {"start_date", "attendees"})

    def test_the_database_keeps_the_rules_too(self):
        for change in ({"people": -1}, {"resolved": 3}, {"receiver": "mayor"}):
            with self.subTest(change), self.assertRaises(IntegrityError), transaction.atomic():
                CitizenReception.objects.bulk_create(
                    [build("citizen-reception", self.unit, **change)]
                )
