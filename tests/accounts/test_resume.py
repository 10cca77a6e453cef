"""What was typed survives an ended session; nothing secret does, and it goes to no other host."""

from django.conf import settings
from django.test import Client, TestCase
from django.urls import reverse

from tests.cast import PASSWORD, build_cast

FORM = "application/x-www-form-urlencoded"


class ResumeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def login(self, **fields):
        data = {"username": "xa-13369", "password": PASSWORD, **fields}
        return self.client.post(reverse("accounts:login"), data)

    def test_a_post_without_a_session_comes_back_inside_the_login_page(self):
        answer = self.client.post("/bao-cao/1/nhap/", "DT01=12&note=a%26b%0D%0Ac", FORM)
        field = 'name="resume_path" value="/bao-cao/1/nhap/"'
        self.assertContains(answer, field, status_code=403)
        self.assertContains(answer, "DT01=12&amp;note=a%26b%0D%0Ac", status_code=403)

    def test_a_wrong_password_keeps_it(self):
        answer = self.login(password="x", resume_path="/a/", resume_body="DT01=12")
        self.assertContains(answer, 'value="DT01=12"')

    def test_after_login_the_fields_wait_for_one_click(self):
        answer = self.login(resume_path="/a/?nam=2024", resume_body="x=%3Cb%3E&x=2&trong=")
        self.assertContains(answer, 'action="/a/?nam=2024"')
        self.assertContains(answer, '<input type="hidden" name="x" value="&lt;b&gt;">', html=True)
        self.assertContains(answer, '<input type="hidden" name="trong" value="">', html=True)
        self.assertContains(answer, "2 ô đã nhập")
        self.assertContains(answer, "Tiếp tục gửi nội dung đã nhập")

    def test_a_body_no_page_could_have_sent_is_dropped_unread(self):
        """Taking a million fields apart and putting them together again cost seconds, without a login."""
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        for number, kept in ((most, True), (most + 1, False)):
            answer = self.login(
                password="x", resume_path="/a/", resume_body="&".join(["a=1"] * number)
            )
            self.assertEqual("resume" in answer.context, kept)

    def test_another_host_gets_nothing(self):
        for path in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            with self.subTest(path=path):
                answer = self.login(resume_path=path, resume_body="x=1")
                self.assertNotContains(answer, "evil", status_code=302)
                self.client.logout()

    def test_passwords_are_never_carried(self):
        answer = self.client.post("/doi-mat-khau/", "old_password=a&new_password1=b", FORM)
        self.assertRedirects(answer, "/dang-nhap/?next=/doi-mat-khau/")
        answer = self.login(resume_path="/a/", resume_body="password=secret&x=1")
        self.assertNotContains(answer, "secret")

    def test_a_script_gets_a_plain_answer(self):
        answer = self.client.post("/", {"x": "1"}, headers={"Accept": "application/json"})
        self.assertEqual((answer.status_code, answer.json()), (401, {"error": "login"}))

    def test_a_stale_token_offers_to_send_again(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.cast["xa-13369"])
        own = {"Origin": "http://testserver"}
        answer = client.post("/", "DT01=12", FORM, headers=own)
        self.assertContains(answer, 'name="DT01" value="12"', status_code=403)

    def test_what_another_site_posts_is_not_carried(self):
        """Carried over a login it would be sent with the rights of whoever logged in."""
        for who in (None, "xa-13369"):
            client = Client(enforce_csrf_checks=True)
            if who:
                client.force_login(self.cast[who])
            for headers in (
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Referer": "https://evil.example/http://testserver/"},
                {},
            ):
                with self.subTest(who=who, headers=headers):
                    answer = client.post("/bao-cao/1/nhap/", "DT01=12", FORM, headers=headers)
                    self.assertEqual(answer.status_code, 403)
                    self.assertNotContains(answer, "DT01", status_code=403)
