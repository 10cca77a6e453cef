"""“Vì sao?” stands at refusals, on the pages that people see, and leads to the passage of their kind."""

import ast
import datetime
import re
import uuid
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from danvan.common.handbook.why import Why, kind_of_error, kind_of_refusal
from danvan.imports.models import ImportPart
from records.models import DialogueConference
from reports.models import Indicator, Report, State
from tests.cast import PASSWORD, build_cast, build_world
from tests.imports.tools import sheet_of, upload
from tests.records.data import VALUES, make
from tests.source import APP_FILES, TEMPLATES, TREES, relative

CREATE = "/ho-so/hoi-nghi-doi-thoai/ghi-moi/"


def link(why: Why) -> str:
    return f'href="/huong-dan/vi-sao/#{why}"'


@pytest.mark.parametrize("code", ["required", "", None, "invalid", 7])
def test_other_codes_of_errors_are_no_kind_of_refusal(code):
    assert kind_of_refusal(code) is None


def test_the_kind_of_an_error_is_that_of_the_first_field_that_names_one():
    plain = ValidationError("Sai.")
    full = ValidationError("Đầy.", code=Why.LIMIT)
    assert kind_of_error(plain) is None
    assert kind_of_error(full) == Why.LIMIT
    assert kind_of_error(ValidationError({"name": plain, "file": [plain, full]})) == Why.LIMIT


def test_no_template_shows_a_refusal_without_the_way_to_its_passage():
    """Each box of errors holds it, each alert that may be one as well."""
    shown = [path.read_text() for path in TEMPLATES]
    boxes = [part for text in shown for part in re.split(r'class="[^"]*\bdv-errors\b', text)[1:]]
    assert len(boxes) > 15
    assert [box[:80] for box in boxes if not re.search(r"{%\s*why ", box)] == []
    alerts = [text for text in shown if re.search(r"alert-\S*(danger|%}danger)", text)]
    assert [text[:80] for text in alerts if "{% why " not in text] == []


def test_no_message_of_a_refusal_is_sent_without_its_kind():
    silent, told = [], 0
    for path in APP_FILES:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("messages.error"):
                told += 1
                if "extra_tags" not in {keyword.arg for keyword in node.keywords}:
                    silent.append(f"{relative(path)}:{node.lineno}")
    assert silent == []
    assert told > 10


class WhyTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.entry = reverse("reports:entry", args=[cls.world.report.pk])

    def setUp(self):
        self.client.force_login(self.cast["xa-13369"])

    def assert_why(self, response, why):
        assert link(why) in response.content.decode(), (why, response.status_code)

    def send(self, **changed):
        return {"version": self.world.report.version, "action": "save", **changed}

    def test_pages_that_are_closed_to_the_person(self):
        self.assert_why(self.client.get(reverse("reports:periods")), Why.RIGHT)
        self.assert_why(self.client.get("/bao-cao/999999/"), Why.AREA)

    def test_figures_that_cannot_be_read_blanks_and_rules(self):
        self.assert_why(self.client.post(self.entry, self.send(DT06="1.14")), Why.UNREADABLE)
        Report.objects.filter(pk=self.world.report.pk).update(version=0)
        blank = self.client.post(self.entry, {"version": "0", "action": "submit"})
        self.assert_why(blank, Why.BLANKS)
        version = Report.objects.get(pk=self.world.report.pk).version
        typed = {"version": version, "action": "submit", "QT07": "5", "QT08": "4"}
        self.assert_why(self.client.post(self.entry, typed), Why.RULES)

    def test_what_was_sent_stands_still_and_the_move_of_an_old_page_is_refused(self):
        unit = self.cast["xa-13369"].unit
        values = {"start_date": datetime.date(2024, 3, 5), **VALUES["dialogue-conference"]}
        row = DialogueConference.objects.create(unit=unit, **values)
        Report.objects.filter(pk=self.world.report.pk).update(
            state=State.SUBMITTED, submitted_at=timezone.now()
        )
        edit = reverse("records:edit", args=[DialogueConference, row.pk])
        self.assert_why(self.client.get(edit), Why.LOCKED)
        self.assert_why(
            self.client.get(reverse("reports:detail", args=[self.world.report.pk])), Why.LOCKED
        )
        self.client.force_login(self.cast["huyen-349"])
        move = reverse("reports:move", args=[self.world.report.pk])
        old = self.client.post(move, {"action": "approve", "version": "99"})
        self.assert_why(old, Why.MOVED_ON)

    def test_a_day_on_which_the_unit_did_not_stand_and_a_record_that_is_there_already(self):
        data = {
            "start_date": "05/03/2019", "title": "Đất đai", "led_by": "led_by_secretary",
            "kind": "regular", "attendees": "20", "opinions": "0", "unit": self.cast["xa-13369"].unit_id,
        }  # fmt: skip
        self.assert_why(self.client.post(CREATE, data), Why.UNIT_ENDED)
        data["start_date"] = "05/03/2024"
        assert self.client.post(CREATE, data | {"token": uuid.uuid4()}).status_code == 302
        again = self.client.post(CREATE, data | {"token": uuid.uuid4()})
        self.assert_why(again, Why.TWINS)

    def test_rows_of_a_file_that_are_not_taken(self):
        an = self.cast["xa-13369"]
        wrong = {
            Why.UNREADABLE: {"attendees": "1.14"},
            Why.WHOSE: {"unit": "99999"},
            Why.RULES: {"opinions": 9},
            Why.TWINS: {"title": "Hai lần"},
            Why.ROW: {"title": None},
            Why.UNIT_ENDED: {"start_date": "06/05/2019"},
        }
        rows = [{"title": f"Việc {n}", **row} for n, row in enumerate(wrong.values())]
        job = upload(self.client, sheet_of(an, *rows, {"title": "Hai lần"}))
        page = self.client.get(reverse("imports:job", args=[job.pk]))
        for why in wrong:
            self.assert_why(page, why)
        Report.objects.filter(pk=self.world.report.pk).update(state=State.SUBMITTED)
        job = upload(self.client, sheet_of(an, {}))
        page = reverse("imports:job", args=[job.pk])
        self.assert_why(self.client.get(page), Why.LOCKED)
        [part] = job.parts.all()  # as it was stored before rows told their kind
        ImportPart.pack(
            job, part.kind, [[n, t, [p[:4] for p in ps]] for n, t, ps in part.items]
        ).save()
        part.delete()
        self.assert_why(self.client.get(page), Why.ROW)

    def test_files_that_are_not_kept_at_a_record(self):
        row = make("dialogue-conference", self.cast["xa-13369"].unit)
        attach = reverse("records:attach", args=["dialogue-conference", row.pk])
        bad = SimpleUploadedFile("a.exe", b"MZ")
        self.assert_why(self.client.post(attach, {"file": bad}), Why.FILE)
        Report.objects.filter(pk=self.world.report.pk).update(state=State.APPROVED)
        good = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
        self.assert_why(self.client.post(attach, {"file": good}), Why.LOCKED)
        delete = reverse("records:delete", args=["dialogue-conference", row.pk])
        self.assert_why(self.client.post(delete, {"version": row.version}), Why.LOCKED)

    def test_a_bulk_approval_of_reports_that_moved_on(self):
        Report.objects.filter(pk=self.world.report.pk).update(state=State.SUBMITTED)
        self.client.force_login(self.cast["huyen-349"])
        chosen = {"chosen": f"{self.world.report.pk}.77"}
        queue = self.client.post(reverse("reports:review"), chosen, follow=True)
        self.assert_why(queue, Why.MOVED_ON)

    def test_the_pages_of_the_admin_and_what_they_refuse(self):
        self.assert_why(self.client.get(reverse("admin:index")), Why.RIGHT)
        self.client.force_login(self.cast["quantri"])
        stop = reverse("admin:accounts_user_step", args=[self.cast["quantri"].pk, "ngung"])
        self.assert_why(self.client.post(stop, {"on": "01/01/2024"}), Why.ACCOUNT)
        add = self.client.post(reverse("admin:accounts_user_add"), {"username": ""})
        self.assert_why(add, Why.ACCOUNT)
        unit = self.client.post(reverse("admin:units_administrativeunit_add"), {})
        self.assert_why(unit, Why.UNITS)

    def test_requests_that_cannot_be_read_and_faults_of_the_program(self):
        client = Client(raise_request_exception=False)
        client.force_login(self.cast["quantri"])
        self.assert_why(client.get("/quan-tri/accounts/user/?password__regex=a"), Why.REQUEST)
        with mock.patch("danvan.common.handbook.views.found", side_effect=ZeroDivisionError):
            page = client.get(reverse("handbook:index"), {"q": "a"})
        self.assertContains(page, "đây là lỗi của phần mềm".capitalize(), status_code=500)

    def test_a_catalogue_that_reports_were_sent_by(self):
        Report.objects.filter(pk=self.world.report.pk).update(submitted_at=timezone.now())
        self.client.force_login(self.cast["tinh"])
        row = Indicator.objects.get(catalogue__year=2024, code="DT01")
        url = reverse("reports:catalogue_edit", args=[2024, "chi-tieu", row.pk])
        data = self.client.get(url).context["form"].initial
        data = {k: v for k, v in data.items() if v not in (None, [], False)}
        refused = self.client.post(url, data | {"label": "Tên khác"})
        assert refused.status_code == 422
        assert (
            refused.content.decode().count(link(Why.CATALOGUE)) == 2
        )  # the note above, and the error

    def test_who_cannot_log_in_reads_the_passage_on_the_spot(self):
        self.client.logout()
        for _ in range(7):
            page = self.client.post("/dang-nhap/", {"username": "xa-13369", "password": "x"})
        self.assertContains(page, "Caps Lock")
        self.assertNotContains(page, link(Why.LOGIN))

    def test_the_first_step_that_is_still_to_be_done(self):
        User.objects.filter(username="xa-13369").update(must_change_password=True)
        self.assert_why(self.client.get("/", follow=True), Why.FIRST_STEPS)


class FirstLoginTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        build_world(cls.cast)

    def log_in(self, **more):
        self.client.logout()
        data = {"username": "xa-13369", "password": PASSWORD, **more}
        return self.client.post("/dang-nhap/", data)

    def test_the_three_steps_are_shown_once_and_never_instead_of_a_page_that_was_asked_for(self):
        User.objects.filter(username="xa-13369").update(welcomed=False)
        self.assertRedirects(self.log_in(next="/bao-cao/"), "/bao-cao/")
        self.assertRedirects(self.log_in(), reverse("handbook:welcome"))
        self.assertRedirects(self.log_in(), "/")
        self.assertContains(self.client.get(reverse("handbook:welcome")), "Ba bước đầu tiên")
