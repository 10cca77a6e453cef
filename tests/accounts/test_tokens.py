"""Keys for programs: made after the password was given, shown once, kept as a hash, ended with sessions."""

import datetime
import re

from django.test import Client
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import ApiToken, SecurityEvent, User
from danvan.accounts.tokens import keys
from tests.accounts.cast import PASSWORD
from tests.accounts.test_login import LoginCase

PAGE, UNITS = "/bao-mat/ma-truy-cap/", "/api/v1/units?date=2024-12-14"


class TokenCase(LoginCase):
    def setUp(self):
        self.log_in()

    def make(self, label="Power BI", days=30, password=PASSWORD, client=None):
        data = {"label": label, "days": days, "password": password}
        return (client or self.client).post(PAGE, data)

    def text(self, answer) -> str:
        return re.search(r"dv1_[\w-]+", answer.content.decode())[0]

    def status(self, text) -> int:
        return Client().get(UNITS, headers={"Authorization": f"Bearer {text}"}).status_code


class TestOwnKeys(TokenCase):
    def test_made_shown_once_used_and_taken_back_through_the_pages(self):
        answer = self.make()
        text = self.text(answer)
        self.assertIn("no-store", answer["Cache-Control"])
        self.assertEqual(self.status(text), 200)
        page = self.client.get(PAGE)
        self.assertNotContains(page, text)
        self.assertContains(page, f"{text[:10]}…")
        self.assertContains(page, "Power BI")
        self.assertNotContains(page, "chưa dùng")
        token = ApiToken.objects.get()
        self.assertNotIn(text, str(ApiToken.objects.values()))
        self.client.post(f"{PAGE}{token.pk}/thu-hoi/")
        self.assertEqual(self.status(text), 401)
        again = self.client.post(f"{PAGE}{token.pk}/thu-hoi/", follow=True)
        self.assertContains(again, "hết hiệu lực từ trước")
        self.assertContains(again, "Đã thu hồi")
        events = SecurityEvent.objects.filter(kind="api_token").order_by("pk")
        states = [event.detail["state"] for event in events]
        self.assertEqual(states, ["given", "taken_back", "refused"])
        self.assertEqual({event.user for event in events}, {self.an})

    def test_an_open_screen_is_not_enough(self):
        answer = self.make(password="sai")
        self.assertEqual(answer.status_code, 422)
        self.assertContains(answer, "hiện tại chưa đúng", status_code=422)
        self.assertContains(answer, 'value="Power BI"', status_code=422)
        self.assertFalse(ApiToken.objects.exists())

    def test_nothing_but_the_offered_lives_and_at_most_ten(self):
        self.assertEqual(self.make(days=36500).status_code, 422)
        self.assertEqual(self.make(label=" ").status_code, 422)
        for number in range(10):
            self.make(label=f"Số {number}")
        self.assertContains(self.make(), "tối đa 10", status_code=422)
        self.assertEqual(ApiToken.objects.count(), 10)

    def test_nobody_takes_the_key_of_another(self):
        text = self.text(self.make(label="Máy của An"))
        other = Client()
        self.log_in("xa-13400", client=other)
        pk = ApiToken.objects.get().pk
        self.assertEqual(other.post(f"{PAGE}{pk}/thu-hoi/").status_code, 404)
        self.assertNotContains(other.get(PAGE), "Máy của An")
        self.assertEqual(self.status(text), 200)


class TestEnds(TokenCase):
    """A key ends with its day and with everything that ends the sessions of its account."""

    def person(self):
        return User.objects.get(pk=self.an.pk)

    def test_its_day(self):
        text = self.text(self.make())
        ApiToken.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
        self.assertEqual(self.status(text), 401)
        self.assertContains(self.client.get(PAGE), "Đã hết hạn")

    def test_what_ends_the_sessions(self):
        today = timezone.localdate()

        def own_password():
            services.change_own_password(self.person(), "trâu bò ăn cỏ ngoài đồng")

        def issued_password():
            services.reset_passwords([self.person()], by=self.quan)

        def moved():
            services.transfer(self.person(), self.cast["xa_khac"], by=self.quan, on=today)

        def another_role():
            person = self.person()
            before = services.rights_of(person)
            person.role = "viewer"
            services.change_rights(person, by=self.quan, before=before, fields=["role"])

        def stopped():
            services.deactivate(self.person(), by=self.quan, on=today)

        for end in (own_password, issued_password, moved, another_role, stopped):
            with self.subTest(end.__name__):
                User.objects.filter(pk=self.an.pk).update(must_change_password=False)
                _, text = keys.give(self.person(), end.__name__, 30)
                self.assertEqual(self.status(text), 200)
                end()
                User.objects.filter(pk=self.an.pk).update(must_change_password=False)
                self.assertEqual(self.status(text), 401)
        self.assertFalse(ApiToken.objects.usable().exists())

    def test_a_stopped_account_opens_nothing_whatever_the_key_says(self):
        _, text = keys.give(self.an, "x", 30)
        User.objects.filter(pk=self.an.pk).update(is_active=False)
        self.assertEqual(self.status(text), 401)

    def test_other_ways_to_write_a_key_open_nothing(self):
        _, text = keys.give(self.an, "x", 30)
        for wrong in ("", "dv1_", text[:-1], text + "x", text.upper(), text[4:], "dv1_\x00"):
            with self.subTest(wrong):
                self.assertEqual(self.status(wrong), 401)
        token = ApiToken.objects.get()
        self.assertEqual(self.status(token.digest), 401)
