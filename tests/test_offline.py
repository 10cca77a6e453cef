"""What the server gives for work without a line: shells without anything stored, answers to what comes later.

The browser's side is walked in tests/browser/test_offline.py.
"""

import datetime
import re
import uuid

from django.test import Client, TestCase
from django.urls import reverse

from danvan.accounts.login import browser
from records.kinds import KINDS
from records.models import DialogueConference, Recognition
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Remark
from reports.workflow.periods import open_period
from tests.cast import PASSWORD, build_cast, build_world
from tests.records.data import formset, make, typed

ODD = 7654  # a number that stands nowhere else
JSON = {"Accept": "application/json"}
DIALOGUE = "dialogue-conference"


class ClerkCase(TestCase):
    """A clerk at the own browser, logged in."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.an = cls.cast["xa-13369"]

    def setUp(self):
        self.client.force_login(self.an)


class ShellTest(ClerkCase):
    def shell(self, url: str) -> str:
        answer = self.client.get(url, {"khung": 1})
        assert answer.status_code == 200, url
        assert answer["Dv-Shell"] == str(self.an.pk)
        assert "no-store" in answer["Cache-Control"]
        self.assertNotIn("Dv-Shell", self.client.get(url).headers)
        return answer.content.decode()

    def test_the_form_of_a_year_without_its_figures(self):
        report, clerk = self.world.report, self.an
        before = open_period(2023, actor=None).reports.get(unit=report.unit)
        for one, figure in ((report, Figure(ODD, note="Vì mưa")), (before, Figure(ODD + 1))):
            write_figures(one, {"DT01": figure}, actor=clerk, source="form")
        make(DIALOGUE, clerk.unit, attendees=ODD)
        remark = {"text": "Xem lại", "author": self.cast["huyen-349"]}
        Remark.objects.create(report=report, **remark)
        url = reverse("reports:entry", args=[report.pk])
        page, shell = self.client.get(url).content.decode(), self.shell(url)
        for text in ("7.654", "7.655", "Vì mưa", "Xem lại", 'name="take"'):
            self.assertIn(text, page)
            self.assertNotIn(text, shell)
        self.assertIn('id="i-DT01"', shell)
        self.assertIn('name="version" value="0"', shell)

    def test_record_forms_hold_no_record(self):
        for kind in KINDS:
            row = make(kind.slug, self.an.unit, note="Ghi chú cũ")
            if kind.slug == "mobilisation-model":
                given = {"decision": "987/QĐ-ZZ", "date": datetime.date(2024, 6, 1)}
                Recognition.objects.create(model=row, level="commune", **given)
            shells = [
                self.shell(reverse("records:create", args=[kind])),
                *(
                    self.shell(reverse(f"records:{n}", args=[kind, row.pk]))
                    for n in ("edit", "copy")
                ),
            ]
            for shell in shells:
                self.assertNotIn("Ghi chú cũ", shell)
                self.assertNotIn("987/QĐ-ZZ", shell)
                values = re.findall(r'<input type="(?:text|number)[^>]*value="([^"]+)"', shell)
                self.assertEqual(values, [], kind.slug)
                chosen = re.findall(r'<option value="([^"]+)" selected', shell)
                self.assertIn(chosen, ([], [str(self.an.unit_id)]), kind.slug)
                self.assertNotIn("checked", shell)
                self.assertIn(f'name="unit" value="{self.an.unit_id}"', shell)
            page = self.client.get(reverse("records:edit", args=[kind, row.pk]))
            self.assertContains(page, "Ghi chú cũ")

    def test_messages_wait_for_a_page_that_is_read(self):
        self.client.post(reverse("reports:entry", args=[self.world.report.pk]), {"version": 0})
        self.client.get(reverse("offline"), {"khung": 1})
        self.assertContains(self.client.get("/"), "Đã lưu nháp.")

    def test_the_worker_changes_with_the_files_it_keeps(self):
        answer = Client().get(reverse("worker"))
        assert answer["Content-Type"].startswith("text/javascript")
        assert answer["Cache-Control"] == "no-cache"
        self.assertIn("worker-src 'self'", answer["Content-Security-Policy"])
        self.assertRegex(answer.content.decode(), 'VERSION = "[0-9a-f]{12}"')


class SentLaterTest(ClerkCase):
    """What a script sends when the line is back: told in words, stored once, in nobody else's name."""

    def setUp(self):
        super().setUp()
        self.url = reverse("records:create", args=["dialogue-conference"])

    def send(self, data, url=None, **headers):
        return self.client.post(url or self.url, data, headers={**JSON, **headers})

    def test_twice_is_once(self):
        data = typed(DIALOGUE, self.an.unit, token="0123456789abcdef0123456789abcdef")  # noqa: S106
        first, second = self.send(data), self.send(data)
        row = DialogueConference.objects.get()
        assert first.json()["saved"] == second.json()["saved"] == row.get_absolute_url()
        assert "báo cáo năm 2024" in first.json()["told"][0]
        self.assertNotContains(self.client.get("/"), "Đã lưu hội nghị")  # told already

    def test_what_was_corrected_after_a_lost_answer_is_not_dropped(self):
        data = typed(DIALOGUE, self.an.unit, token="0123456789abcdef0123456789abcdef")  # noqa: S106
        self.send(data)  # stored, the answer got lost, and what waits is corrected
        answer = self.send({**data, "attendees": "77"})
        assert answer.status_code == 409
        assert "đã được lưu với nội dung khác" in answer.json()["told"][0]
        assert DialogueConference.objects.count() == 1

    def test_a_change_sent_twice_is_one_change(self):
        row = make(DIALOGUE, self.an.unit)
        url = reverse("records:edit", args=[DIALOGUE, row.pk])
        data = typed(DIALOGUE, self.an.unit, version=1, title="Mới")
        for _ in range(2):
            assert self.send(data, url).status_code == 200
        row.refresh_from_db()
        assert (row.title, row.version) == ("Mới", 2)
        answer = self.send({**data, "title": "Khác"}, url)
        assert (answer.status_code, answer.json()["told"]) == (
            422,
            ["Người khác vừa sửa hồ sơ này."],
        )
        row.delete()
        assert self.send(data, url).status_code in (404, 409)

    def test_refusals_come_in_words(self):
        answer = self.send(typed(DIALOGUE, self.an.unit, attendees="x", title=""))
        assert answer.status_code == 422
        told = " ".join(answer.json()["told"])
        assert "Số người dự: " in told and "Chủ đề: " in told
        make(DIALOGUE, self.an.unit)
        DialogueConference.objects.update(token=uuid.uuid4())
        twin = self.send(typed(DIALOGUE, self.an.unit, token=uuid.uuid4()))
        assert (twin.status_code, twin.json()["told"]) == (409, ["Đã có hồ sơ giống hồ sơ này."])
        url = reverse("records:create", args=["mobilisation-model"])
        row = {"level": "commune", "decision": "987/QĐ-ZZ", "date": "hôm qua"}
        answer = self.send(typed("mobilisation-model", self.an.unit) | formset(row), url)
        assert any("Ngày" in text for text in answer.json()["told"]), answer.json()

    def test_under_another_login_nothing_is_taken(self):
        data = typed(DIALOGUE, self.an.unit)
        answer = self.send(data, **{browser.TYPED_BY: str(self.cast["huyen-349"].pk)})
        assert (answer.status_code, answer.json()) == (401, {"error": "login"})
        assert not DialogueConference.objects.exists()
        answer = self.send(data, **{browser.TYPED_BY: str(self.an.pk)})
        assert answer.status_code == 200

    def test_a_stale_token_is_told_to_a_script(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.an)
        answer = client.post(self.url, {}, headers=JSON)
        assert (answer.status_code, answer.json()) == (403, {"error": "csrf"})


class WhoseBrowserTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def log_in(self, name, **carried):
        data = {"username": name, "password": PASSWORD, **carried}
        return self.client.post(reverse("accounts:login"), data)

    def test_the_logout_wipes_and_forgets_whose_it_was(self):
        self.log_in("xa-13369")
        answer = self.client.post(reverse("accounts:logout"))
        assert answer["Clear-Site-Data"] == '"storage"'
        assert answer.cookies["person"].value == ""
        assert "Clear-Site-Data" not in self.log_in("huyen-349").headers

    def test_the_same_person_keeps_and_another_wipes(self):
        assert "Clear-Site-Data" not in self.log_in("xa-13369").headers
        del self.client.cookies["sessionid"]  # ended without a logout
        assert "Clear-Site-Data" not in self.log_in("xa-13369").headers
        del self.client.cookies["sessionid"]
        assert self.log_in("huyen-349")["Clear-Site-Data"] == '"storage"'

    def test_what_another_typed_is_not_sent_on(self):
        carried = {"resume_path": "/bao-cao/1/nhap/", "resume_body": "DT01=12"}
        self.log_in("xa-13369")
        for name, offered in (("xa-13369", True), ("huyen-349", False)):
            del self.client.cookies["sessionid"]
            answer = self.log_in(name, **carried)
            assert (answer.status_code == 200) == offered, name
        self.assertContains(self.client.get("/"), "người khác nhập dở trên máy này không được gửi")

    def test_a_page_says_who_typed(self):
        an, binh = self.cast["xa-13369"], self.cast["huyen-349"]
        for typed_by, offered in ((an.pk, False), (binh.pk, True)):
            client = Client()
            data = {"username": "huyen-349", "password": PASSWORD, "resume_path": "/x/"}
            data["resume_body"] = f"DT01=12&{browser.TYPED_BY}={typed_by}"
            answer = client.post(reverse("accounts:login"), data)
            assert (answer.status_code == 200) == offered
            client = Client(enforce_csrf_checks=True)
            client.force_login(binh)
            own = {"Origin": "http://testserver"}
            body = f"a=1&{browser.TYPED_BY}={typed_by}"
            answer = client.post("/", body, "application/x-www-form-urlencoded", headers=own)
            self.assertEqual("Tiếp tục gửi" in answer.content.decode(), offered)


class StoredTest(ClerkCase):
    """Which form was stored is told by the number that the script gave it, and nothing else tells it."""

    number = "0123456789abcdef" * 2

    def told(self, answer) -> list[str]:
        return [name for name in answer.cookies if name.startswith("stored-")]

    def twins(self) -> list[int]:
        """Return what the person has seen and wants another one of; keys go on from test to test."""
        return list(DialogueConference.objects.values_list("pk", flat=True))

    def test_a_form_that_was_taken_and_no_other(self):
        url = reverse("records:create", args=[DIALOGUE])
        refused = self.client.post(url, {"title": "Nước sạch", "Draft": self.number})
        assert (refused.status_code, self.told(refused)) == (422, [])
        self.assertContains(refused, f'data-posted="{self.number}"', status_code=422)
        data = typed(DIALOGUE, self.an.unit)
        for number in ("", "1;Path=/x", "0" * 31, self.number.upper()):
            data["token"] = uuid.uuid4()
            taken = self.client.post(url, {**data, "Draft": number, "anyway": self.twins()})
            assert (taken.status_code, self.told(taken)) == (302, []), number
        last = {**data, "token": uuid.uuid4(), "Draft": self.number, "anyway": self.twins()}
        assert self.told(self.client.post(url, last)) == [f"stored-{self.number}"]

    def test_what_leads_elsewhere_took_nothing(self):
        self.an.must_change_password = True
        self.an.save(update_fields=["must_change_password"])
        url = reverse("records:create", args=[DIALOGUE])
        answer = self.client.post(url, {"Draft": self.number})
        assert (answer.status_code, self.told(answer)) == (302, [])

    def test_only_a_real_logout_wipes(self):
        assert self.told(self.client.post(reverse("accounts:logout"))) == ["stored-all"]
        assert self.told(self.client.get(reverse("accounts:login"))) == []
