"""The sentence on each field of a record: complete, edited by the board, shown beside the field on demand."""

import gzip

from django.test import TestCase
from django.urls import reverse

from danvan.common.text import search_key
from records.guidance.sentences import (
    field_label,
    guided_fields,
    shipped_sentence,
    shipped_sentences,
)
from records.kinds import BY_SLUG, KINDS
from records.models import FieldGuidance
from tests.cast import build_cast, build_world


class GuidanceTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        build_world(cls.cast)

    def setUp(self):
        self.client.force_login(self.cast["xa-13369"])

    def test_every_field_of_every_kind_has_one_sentence(self):
        used = set()
        for kind in KINDS:
            for name in guided_fields(kind):
                with self.subTest(kind.slug, field=name):
                    sentence = shipped_sentence(kind, name)
                    used.add(sentence)
                    assert 20 < len(sentence) <= 200
                    assert sentence.endswith(".")
                    assert "không" in sentence.lower()
                    assert "ví dụ" in sentence
                    assert search_key(sentence) != search_key(field_label(kind, name))
        assert used == set(shipped_sentences().values())  # no line of the file is for nothing

    def test_the_form_shows_the_sentence_of_each_field_and_names_it_to_who_cannot_see(self):
        for kind in KINDS:
            with self.subTest(kind.slug):
                page = self.client.get(reverse("records:create", args=[kind]))
                for name in kind.fields:
                    if name == "unit":  # a clerk is not asked for the unit
                        continue
                    self.assertContains(page, shipped_sentence(kind, name))
                    self.assertContains(page, f'id="id_{name}_guide"')
                    assert f"id_{name}_guide" in page.context["form"][name].aria_describedby
                assert len(gzip.compress(page.content)) < 15_000
        page = self.client.get(reverse("records:create", args=["mobilisation-model"]))
        self.assertContains(page, 'id="id_recognitions-0-decision_guide"')
        self.assertContains(page, 'aria-describedby="id_recognitions-0-decision_guide"')

    def test_the_board_edits_a_sentence_and_takes_the_first_one_again(self):
        kind = BY_SLUG["dialogue-conference"]
        url = reverse("records:guidance_edit", args=[kind, "attendees"])
        form = reverse("records:create", args=[kind])
        assert self.client.post(url, {"text": "x"}).status_code == 403
        self.client.force_login(self.cast["tinh"])
        first = self.client.get(url)
        stamp = first.context["form"].initial["row_stamp"]
        self.assertContains(
            self.client.post(url, {"text": " ", "row_stamp": stamp}), "Vui lòng", status_code=422
        )
        wanted = "Ghi cả đại biểu,  ví dụ 80; không ghi giấy mời."
        self.assertRedirects(
            self.client.post(url, {"text": wanted, "row_stamp": stamp}),
            reverse("records:guidance") + "#dialogue-conference-attendees",
        )
        self.assertContains(self.client.get(form), "Ghi cả đại biểu, ví dụ 80; không ghi giấy mời.")
        stale = self.client.post(url, {"text": "Câu của người khác.", "row_stamp": "cũ"})
        self.assertContains(stale, "vừa được người khác sửa", status_code=422)
        self.client.post(url, {"shipped": "1"})
        assert not FieldGuidance.objects.exists()
        self.assertContains(self.client.get(form), shipped_sentence(kind, "attendees"))

    def test_sentences_are_found_without_marks(self):
        url = reverse("records:guidance")
        found = self.client.get(url, {"q": "giay moi doi thoai"})
        self.assertContains(found, 'id="dialogue-conference-attendees"')
        self.assertNotContains(found, 'id="training-course-days"')
        self.assertNotContains(found, "sửa</a>")
        assert len(gzip.compress(self.client.get(url).content)) < 15_000
        self.client.force_login(self.cast["tinh"])
        self.assertContains(self.client.get(url, {"q": "giay moi doi thoai"}), "sửa</a>")
        nowhere = reverse("records:guidance_edit", args=["oversight", "nothing"])
        assert self.client.get(nowhere).status_code == 404
