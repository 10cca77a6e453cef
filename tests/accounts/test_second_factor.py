"""The second factor: what the password alone opens, whose the secret is, and what ends half a login."""

import re
import time
from unittest import mock

from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, override_settings
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from danvan.accounts import services
from danvan.accounts.login import twofactor
from danvan.accounts.models import SecurityEvent, User
from tests.accounts.cast import PASSWORD
from tests.accounts.test_login import LOGIN, LoginCase

CODE, SET_UP = "/dang-nhap/ma-xac-thuc/", "/bao-mat/hai-lop/"
NEW = "trâu bò ăn cỏ ngoài đồng"


def later(seconds):
    return mock.patch("danvan.accounts.login.proofs.time.time", return_value=time.time() + seconds)


def code_of(device, step=1):
    """The next code: the one just used is refused a second time."""
    return f"{totp(device.bin_key, t0=-30 * step):06d}"


class FactorCase(LoginCase):
    def set_up(self, user):
        session = SessionStore()
        twofactor.begin(session, user)
        code = code_of(twofactor.pending_device(session, user), 0)
        codes = twofactor.confirm_code(session, user, code)
        return twofactor.confirmed_device(user), codes

    def send(self, code, client=None):
        return (client or self.client).post(CODE, {"code": code}, REMOTE_ADDR="10.0.0.1")


class TestLogin(FactorCase):
    def test_password_alone_is_not_enough(self):
        self.set_up(self.an)
        self.assertContains(self.log_in(), "Mã xác thực")
        self.assertEqual(self.client.get("/bao-mat/").status_code, 302)

    def test_code_finishes_the_login_and_goes_where_it_was_meant_to(self):
        device, _ = self.set_up(self.an)
        self.log_in(next="/bao-mat/")
        answer = self.client.post(CODE, {"code": code_of(device), "next": "/bao-mat/"})
        self.assertRedirects(answer, "/bao-mat/")

    def test_no_code_without_the_password(self):
        device, _ = self.set_up(self.an)
        self.assertRedirects(self.send(code_of(device)), LOGIN)

    def test_the_code_that_set_it_up_opens_nothing(self):
        device, _ = self.set_up(self.an)
        self.log_in()
        self.assertContains(self.send(code_of(device, 0)), "Mã chưa đúng")

    def test_recovery_code_works_once(self):
        _, codes = self.set_up(self.an)
        self.log_in()
        self.assertEqual(self.send(codes[0]).status_code, 302)
        self.client.post("/dang-xuat/")
        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        self.log_in()
        self.assertContains(self.send(codes[0]), "Mã chưa đúng")

    def test_wrong_codes_lock_out_like_wrong_passwords(self):
        self.set_up(self.an)
        self.log_in()
        for _ in range(5):
            self.send("000000")
        answer = self.send("000000")
        self.assertRedirects(answer, LOGIN, fetch_redirect_response=False)
        self.assertContains(self.log_in(), "thử lại sau")

    def test_half_a_login_expires(self):
        device, _ = self.set_up(self.an)
        self.log_in()
        with later(301):
            answer = self.send(code_of(device))
        self.assertRedirects(answer, LOGIN)

    def test_a_new_password_ends_half_a_login(self):
        """Who knew the old one stood before the code: the change of the password shuts that door too."""
        device, _ = self.set_up(self.an)

        def changed():
            services.change_own_password(User.objects.get(pk=self.an.pk), NEW)

        def issued():
            services.reset_passwords([User.objects.get(pk=self.an.pk)], by=self.quan)

        def stopped():
            User.objects.filter(pk=self.an.pk).update(is_active=False)

        for step, end in enumerate((changed, issued, stopped), 1):
            with self.subTest(end.__name__):
                client = Client()
                User.objects.filter(pk=self.an.pk).update(password=self.an.password)
                self.assertContains(self.log_in(client=client), "Mã xác thực")
                end()
                self.assertRedirects(self.send(code_of(device, step), client), LOGIN)
                self.assertEqual(client.get("/bao-mat/").status_code, 302)

    def test_half_a_login_does_not_stay_behind_another_persons_login(self):
        device, _ = self.set_up(self.an)
        self.log_in()
        self.log_in("huyen-349")
        self.assertRedirects(self.send(code_of(device)), LOGIN, fetch_redirect_response=False)
        self.assertContains(self.client.get("/bao-mat/"), "Trần Bình")

    @override_settings(REQUIRE_SECOND_FACTOR=True)
    def test_required_of_superusers_when_switched_on(self):
        self.log_in("quantri")
        self.assertRedirects(self.client.get("/quan-tri/"), SET_UP)
        self.set_up(self.quan)
        self.assertEqual(self.client.get("/quan-tri/").status_code, 200)
        clerk = Client()
        self.log_in(client=clerk)
        self.assertEqual(clerk.get("/bao-mat/").status_code, 200)


class TestSettingUp(FactorCase):
    def secret(self, page) -> str:
        return re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode())[1]

    def code(self, page) -> str:
        import base64

        key = base64.b32decode(self.secret(page).replace(" ", ""))
        return f"{totp(key):06d}"

    def begin(self, client=None, password=PASSWORD):
        return (client or self.client).post(SET_UP, {"password": password}, follow=True)

    def test_through_the_pages(self):
        self.log_in()
        self.assertNotContains(self.client.get(SET_UP), "data:image")
        page = self.begin()
        self.assertContains(page, "data:image/svg+xml;base64,")
        wrong = self.client.post(SET_UP, {"code": "12"})
        self.assertContains(wrong, "Mã chưa đúng")
        self.assertEqual(
            self.secret(wrong), self.secret(page), "the secret stays while it is typed"
        )
        done = self.client.post(SET_UP, {"code": self.code(page)})
        self.assertEqual(len(done.context["codes"]), 10)
        self.assertContains(self.client.get("/bao-mat/"), "Tắt xác thực hai lớp")
        self.client.post("/bao-mat/hai-lop/tat/", {"password": "sai"})
        self.assertIsNotNone(twofactor.confirmed_device(self.an))
        self.client.post("/bao-mat/hai-lop/tat/", {"password": PASSWORD})
        self.assertIsNone(twofactor.confirmed_device(self.an))

    def test_an_open_screen_is_not_enough(self):
        self.log_in()
        page = self.begin(password="sai")
        self.assertContains(page, "hiện tại chưa đúng")
        self.assertNotContains(page, "data:image")
        answer = self.client.post(SET_UP, {"code": "123456"}, follow=True)
        self.assertContains(answer, "bắt đầu lại")
        for _ in range(4):
            self.begin(password="sai")
        self.assertContains(self.begin(), "Nhập sai nhiều lần")
        self.assertEqual(SecurityEvent.objects.filter(kind="locked_out").count(), 1)

    def test_the_secret_belongs_to_the_session_that_asked(self):
        """It was one for the account: seen on one screen it could be confirmed on another."""
        self.log_in()
        page = self.begin()
        other = Client()
        self.log_in(client=other, address="10.0.0.2")
        self.assertNotContains(other.get(SET_UP), "<code>")
        other.post(SET_UP, {"code": self.code(page)})
        self.assertIsNone(twofactor.confirmed_device(self.an))
        self.assertNotEqual(self.secret(self.begin(other)), self.secret(page))

    def test_the_secret_ends_with_the_session_the_password_and_ten_minutes(self):
        self.log_in()
        page = self.begin()
        with later(601):
            self.client.post(SET_UP, {"code": self.code(page)})
        page = self.begin()
        change = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        self.client.post("/doi-mat-khau/", change)
        self.client.post(SET_UP, {"code": self.code(page)})
        page = self.begin(password=NEW)
        self.client.post("/dang-xuat/")
        self.log_in(password=NEW)
        self.client.post(SET_UP, {"code": self.code(page)})
        self.assertIsNone(twofactor.confirmed_device(self.an))

    def test_of_two_sessions_one_sets_it_up(self):
        other = Client()
        for client in (self.client, other):
            self.log_in(client=client)
        first, second = self.begin(), self.begin(other)
        self.client.post(SET_UP, {"code": self.code(first)})
        device = twofactor.confirmed_device(self.an)
        other.post(SET_UP, {"code": self.code(second)})
        self.assertEqual(TOTPDevice.objects.get(), device)

    def test_a_second_phone_does_not_take_the_place_of_the_first(self):
        device, _ = self.set_up(self.an)
        self.client.force_login(self.an)
        answer = self.begin()
        self.assertRedirects(answer, "/bao-mat/hai-lop/tat/")
        self.assertEqual(twofactor.confirmed_device(self.an), device)
