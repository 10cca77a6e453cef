"""Pages of all nine kinds: what a clerk does every day, and what other people must not see."""

import uuid

from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models.trail import AuditEntry
from records.kinds import KINDS
from records.models import DialogueConference
from tests.cast import build_cast, build_world
from tests.records.data import DAY, formset, make, typed


class PageCase(TestCase):
    """Tiên Sơn's clerk and the others."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.unit = cls.cast["xa-13369"].unit

    def log_in(self, name):
        self.client.force_login(self.cast[name])

    def url(self, page, slug="dialogue-conference", *args):
        return reverse(f"records:{page}", args=[slug, *args])


class EveryKindTest(PageCase):
    def test_a_clerk_creates_sees_edits_copies_and_deletes(self):
        self.log_in("xa-13369")
        for kind in KINDS:
            with self.subTest(kind.slug):
                form = self.client.get(self.url("create", kind.slug))
                self.assertEqual(form.status_code, 200)
                answer = self.client.post(
                    self.url("create", kind.slug),
                    typed(kind.slug, self.unit, token=str(uuid.uuid4())),
                )
                self.assertEqual(answer.status_code, 302, self.errors_of(answer))
                record = kind.model.objects.get()
                self.assertEqual(record.created_by, self.cast["xa-13369"])
                self.assertContains(self.client.get(record.get_absolute_url()), str(record))
                listed = self.client.get(self.url("list", kind.slug))
                self.assertContains(listed, record.get_absolute_url())
                values = typed(kind.slug, self.unit, note="Đã kiểm tra", version=1)
                edited = self.client.post(self.url("edit", kind.slug, record.pk), values)
                self.assertRedirects(edited, record.get_absolute_url())
                record.refresh_from_db()
                self.assertEqual((record.note, record.version), ("Đã kiểm tra", 2))
                copy = self.client.get(self.url("copy", kind.slug, record.pk))
                self.assertEqual(copy.status_code, 200)
                history = self.client.get(self.url("history", kind.slug, record.pk))
                self.assertContains(history, "Đã kiểm tra")
                self.assertContains(history, "Nguyễn Thị An")
                asked = self.client.get(self.url("delete", kind.slug, record.pk))
                self.assertContains(asked, "Xóa hẳn")
                self.client.post(self.url("delete", kind.slug, record.pk), {"version": 2})
                self.assertFalse(kind.model.objects.exists())

    @staticmethod
    def errors_of(answer):
        form = answer.context and answer.context.get("form")
        return form and form.errors.as_json(escape_html=False)

    def test_another_communes_record_does_not_exist(self):
        self.log_in("xa-13363")
        for kind in KINDS:
            record = make(kind.slug, self.unit)
            for page in ("detail", "edit", "copy", "delete", "history"):
                with self.subTest(kind=kind.slug, page=page):
                    answer = self.client.get(self.url(page, kind.slug, record.pk))
                    self.assertEqual(answer.status_code, 404)
            with self.subTest(kind=kind.slug, page="list"):
                listed = self.client.get(self.url("list", kind.slug))
                self.assertNotContains(listed, record.get_absolute_url())

    def test_a_viewer_reads_and_is_told_that_he_cannot_write(self):
        self.log_in("lanhdao")
        record = make("dialogue-conference", self.unit)
        self.assertEqual(self.client.get(record.get_absolute_url()).status_code, 200)
        for page in ("edit", "delete", "copy"):
            answer = self.client.get(self.url(page, "dialogue-conference", record.pk))
            self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.client.get(self.url("create")).status_code, 403)


class FormTest(PageCase):
    def setUp(self):
        self.log_in("xa-13369")

    def post(self, slug="dialogue-conference", **values):
        return self.client.post(self.url("create", slug), typed(slug, self.unit, **values))

    def test_the_same_form_sent_twice_makes_one_row(self):
        token = str(uuid.uuid4())
        first, second = self.post(token=token), self.post(token=token)
        self.assertEqual(first["Location"], second["Location"])
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_somebody_elses_token_is_refused(self):
        token = str(uuid.uuid4())
        self.post(token=token)
        self.log_in("tinh")
        self.assertEqual(self.post(token=token).status_code, 403)
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_save_and_next_keeps_unit_date_and_kind(self):
        answer = self.post(next="1")
        page = self.client.get(answer["Location"])
        self.assertEqual(page.context["own_unit"], self.unit)
        form = page.context["form"]
        self.assertEqual(form["start_date"].value(), "06/05/2024")
        self.assertEqual(form["kind"].value(), "regular")
        self.assertEqual(int(form["unit"].value()), self.unit.pk)
        self.assertFalse(form["title"].value())

    def test_nonsense_in_the_address_of_an_empty_form_does_no_harm(self):
        answer = self.client.get(self.url("create"), {"unit": "x", "start_date": "y", "kind": "z"})
        self.assertEqual(answer.status_code, 200)

    def test_a_stale_save_keeps_the_typing_and_shows_both(self):
        record = make("dialogue-conference", self.unit)
        url = self.url("edit", "dialogue-conference", record.pk)
        self.client.post(url, typed("dialogue-conference", self.unit, title="Bản một", version=1))
        mine = typed("dialogue-conference", self.unit, title="Bản hai", version=1)
        answer = self.client.post(url, mine)
        self.assertEqual(answer.status_code, 422)
        self.assertContains(answer, "Bản một", status_code=422)
        self.assertContains(answer, 'value="Bản hai"', status_code=422)
        self.assertContains(answer, "Nguyễn Thị An", status_code=422)
        record.refresh_from_db()
        self.assertEqual(record.title, "Bản một")
        again = {**mine, "version": answer.context["form"]["version"].value()}
        self.assertEqual(self.client.post(url, again).status_code, 302)
        record.refresh_from_db()
        self.assertEqual((record.title, record.version), ("Bản hai", 3))

    def test_a_form_without_version_counts_as_stale(self):
        record = make("dialogue-conference", self.unit)
        answer = self.client.post(
            self.url("edit", "dialogue-conference", record.pk),
            typed("dialogue-conference", self.unit),
        )
        self.assertEqual(answer.status_code, 422)

    def test_nothing_sent_without_its_version_is_stored_or_deleted_and_the_typing_stays(self):
        record = make("dialogue-conference", self.unit)
        where = ("dialogue-conference", record.pk)
        for version in ({}, {"version": ""}, {"version": "x"}, {"version": "0"}):
            with self.subTest(version):
                values = typed("dialogue-conference", self.unit, title="Gõ mò", **version)
                answer = self.client.post(self.url("edit", *where), values)
                self.assertContains(answer, "Gõ mò", status_code=422)
                answer = self.client.post(self.url("delete", *where), version)
                self.assertContains(answer, "vui lòng xem lại trước khi xóa", status_code=409)
                record.refresh_from_db()
                self.assertEqual((record.version, record.title != "Gõ mò"), (1, True))

    def test_the_history_shows_old_and_new_as_people_write_them_and_no_blanks(self):
        record = make("dialogue-conference", self.unit, attendees=1140)
        url = self.url("edit", "dialogue-conference", record.pk)
        self.client.post(url, typed("dialogue-conference", self.unit, attendees="1.200", version=1))
        history = self.client.get(self.url("history", "dialogue-conference", record.pk))
        changed, made = history.context["entries"]
        self.assertEqual(changed.changes, [("Số người dự", "1.140", "1.200")])
        self.assertEqual(changed.who, "Nguyễn Thị An")
        self.assertNotIn(("", ""), [(old, new) for _, old, new in made.changes])
        self.assertNotContains(history, "(trống)")

    def test_a_notice_that_was_too_short_is_saved_with_a_word(self):
        answer = self.client.post(
            self.url("create"),
            typed("dialogue-conference", self.unit, notice_date="05/05/2024"),
            follow=True,
        )
        self.assertContains(answer, "chưa đủ 7 ngày")
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_a_board_enters_for_a_unit_below_and_it_shows(self):
        self.log_in("huyen-349")
        self.post()
        self.log_in("xa-13369")
        record = DialogueConference.objects.get()
        self.assertTrue(record.on_behalf)
        self.assertContains(self.client.get(record.get_absolute_url()), "nhập thay")
        self.assertContains(self.client.get(self.url("list")), "nhập thay")


class BulkDeleteTest(PageCase):
    def test_rows_that_may_not_go_stay_and_say_why(self):
        own = make("dialogue-conference", self.unit)
        other = make("dialogue-conference", self.cast["xa-13363"].unit)
        self.log_in("xa-13369")
        url = self.url("bulk_delete")
        asked = self.client.post(url, {"pk": [own.pk, other.pk]})
        self.assertContains(asked, "1 hồ sơ đã đánh dấu không còn")
        self.assertEqual(DialogueConference.objects.count(), 2)
        done = self.client.post(url, {"pk": [own.pk, other.pk], "confirmed": "1"})
        self.assertContains(done, "Đã xóa 1")
        self.assertContains(done, "1 hồ sơ đã đánh dấu không còn")
        self.assertEqual(list(DialogueConference.objects.all()), [other])
        entry = AuditEntry.objects.filter(object_id=own.pk, action=AuditEntry.Action.DELETE).get()
        self.assertEqual((entry.actor, entry.source), (self.cast["xa-13369"], "bulk"))

    def test_what_went_meanwhile_is_counted(self):
        rows = [make("dialogue-conference", self.unit) for _ in range(3)]
        self.log_in("xa-13369")
        keys = [row.pk for row in rows]
        rows[0].delete()
        data = {"pk": [*keys, "x", "999999"], "confirmed": "1"}
        done = self.client.post(self.url("bulk_delete"), data)
        self.assertContains(done, "Đã xóa 2")
        self.assertContains(done, "3 hồ sơ đã đánh dấu không còn")

    def test_nonsense_and_nothing_are_answered(self):
        self.log_in("xa-13369")
        for data in ({}, {"pk": "x"}, {"pk": ["1' OR 1=1"]}, {"pk": ["9" * 30, "²"]}):
            answer = self.client.post(self.url("bulk_delete"), data)
            self.assertRedirects(answer, self.url("list"))


class RecognitionFormTest(PageCase):
    ROW = {"level": "district", "decision": "12-QĐ/HU", "date": "10/06/2024", "body": "Thị ủy"}

    def setUp(self):
        self.log_in("xa-13369")
        self.record = make("mobilisation-model", self.unit)
        self.edit = self.url("edit", "mobilisation-model", self.record.pk)

    def post(self, **values):
        return self.client.post(
            self.edit, typed("mobilisation-model", self.unit, version=1, **values)
        )

    def test_a_decision_belongs_to_the_unit_that_recognised(self):
        self.assertEqual(self.post(**formset(self.ROW)).status_code, 302)
        recognition = self.record.recognitions.get()
        self.assertEqual(recognition.recogniser, self.cast["huyen-349"].unit)
        self.assertContains(self.client.get(self.record.get_absolute_url()), "12-QĐ/HU")
        history = self.client.get(self.url("history", "mobilisation-model", self.record.pk))
        self.assertContains(history, "12-QĐ/HU")

    def test_the_history_still_tells_of_a_decision_that_was_deleted(self):
        self.post(**formset(self.ROW))
        row = {**self.ROW, "id": self.record.recognitions.get().pk, "DELETE": "on"}
        values = typed("mobilisation-model", self.unit, **formset(row, initial=1))
        self.client.post(self.edit, {**values, "version": 2})
        self.assertFalse(self.record.recognitions.exists())
        history = self.client.get(self.url("history", "mobilisation-model", self.record.pk))
        told = [(line.action, line.about) for line in history.context["entries"] if line.about]
        decision = "Cấp huyện: 12-QĐ/HU ngày 10/06/2024"
        self.assertEqual(told, [("Xóa", decision), ("Tạo mới", decision)])

    def test_a_status_that_the_decisions_do_not_bear_out_is_saved_with_a_word(self):
        for status, rows, word in (
            ("recognised", (), "Chưa có quyết định công nhận"),
            ("running", (self.ROW,), "tình trạng còn “Đang thực hiện”"),
            ("recognised", (self.ROW,), ""),
            ("registered", (), ""),
        ):
            with self.subTest(status, decisions=len(rows)):
                values = typed("mobilisation-model", self.unit, status=status, **formset(*rows))
                answer = self.client.post(self.url("create", "mobilisation-model"), values)
                page = self.client.get(answer["Location"])
                if word:
                    self.assertContains(page, word)
                else:
                    self.assertEqual(len(page.context["messages"]), 1)

    def test_the_key_of_another_communes_decision_reaches_nothing(self):
        foreign = make("mobilisation-model", self.cast["xa-13363"].unit)
        taken = foreign.recognitions.create(level="commune", decision="1", date=DAY)
        row = {**self.ROW, "id": taken.pk}
        for initial in (0, 1):
            self.post(**formset(row, initial=initial))
            taken.refresh_from_db()
            self.assertEqual((taken.model, taken.decision), (foreign, "1"))

    def test_days_and_levels_that_cannot_be_are_refused(self):
        for change in (
            {"date": "01/01/2024"},
            {"date": "31/02/2024"},
            {"level": "central"},
            {"decision": ""},
        ):
            with self.subTest(change):
                answer = self.post(**formset({**self.ROW, **change}))
                self.assertEqual(answer.status_code, 422)
                self.assertFalse(self.record.recognitions.exists())
