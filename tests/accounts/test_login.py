"""Login: lock-out in two speeds, one message for everything unknown, sessions that end, the second factor."""

import datetime
import json
import re
import time
from unittest import mock

from django.db import OperationalError, connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from danvan.accounts.audit import security_log
from danvan.accounts.login import lockout, sessions
from danvan.accounts.models import LoginFailure, SecurityEvent, User
from danvan.accounts.models.trail import SecurityKind
from tests.accounts.cast import PASSWORD, make_cast

LOGIN = "/dang-nhap/"


class LoginCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.an, cls.quan = cls.cast["an"], cls.cast["quan"]

    def log_in(
        self, username="xa-13369", password=PASSWORD, client=None, address="10.0.0.1", **more
    ):
        return (client or self.client).post(
            LOGIN, {"username": username, "password": password, **more}, REMOTE_ADDR=address
        )


class TestLockOut(LoginCase):
    def fail(self, times, username="xa-13369", address="10.0.0.1"):
        for _ in range(times):
            answer = self.log_in(username, "sai", address=address)
        return answer

    def test_fifth_failure_closes_name_at_address_even_for_right_password(self):
        self.fail(5)
        answer = self.log_in()
        self.assertContains(answer, "thử lại sau 15 phút")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_tries_at_once_are_counted_before_the_hash(self):
        """Each try begins while the one before is still being checked, as in many threads."""
        from django.contrib.auth.hashers import MD5PasswordHasher as Hasher

        real, hashes = Hasher.verify, []

        def verify(hasher, password, encoded):
            hashes.append(password)
            if len(hashes) < 12:
                self.log_in(password="sai", client=Client())
            return real(hasher, password, encoded)

        with mock.patch.object(Hasher, "verify", verify):
            self.log_in(password="sai")
            self.assertContains(self.log_in(), "thử lại sau 15 phút")
        self.assertEqual((len(hashes), LoginFailure.objects.count()), (5, 5))

    def test_a_right_password_leaves_no_try_behind(self):
        self.log_in()
        self.assertEqual(LoginFailure.objects.count(), 0)

    def test_four_failures_do_not(self):
        self.fail(4)
        self.assertEqual(self.log_in().status_code, 302)

    def test_colleague_at_same_address_works_on(self):
        self.fail(5)
        self.assertEqual(self.log_in("huyen-349").status_code, 302)

    def test_same_name_elsewhere_works_on(self):
        self.fail(5)
        self.assertEqual(self.log_in(address="10.0.0.2").status_code, 302)

    def test_case_and_spaces_are_the_same_name(self):
        self.fail(3, "XA-13369")
        self.fail(2, " xa-13369 ")
        self.assertContains(self.log_in(), "thử lại sau")

    def test_every_spelling_that_finds_the_account_counts(self):
        """Invisible characters are dropped before the account is looked up, so before counting as well."""
        for name in ("xa-13369\u200b", "\u200bxa-13369", "xa\u200b-13369", "xa-1\u2060\u200b3369"):
            self.assertContains(self.fail(1, name), "chưa đúng")
        self.fail(1, "ｘａ-13369")
        self.assertContains(self.log_in(), "thử lại sau")

    def test_names_are_ascii(self):
        """PostgreSQL would find "tinh" under "tınh", and the lock-out would count another name."""
        self.assertContains(self.log_in("tınh"), "chưa đúng")
        with self.assertRaises(User.DoesNotExist), CaptureQueriesContext(connection) as queries:
            User.objects.get_by_natural_key("tınh")
        self.assertEqual(len(queries), 0)

    def test_unknown_name_is_told_the_same(self):
        known, unknown = self.fail(1), self.fail(1, "khong-co")
        message = "Tên đăng nhập hoặc mật khẩu chưa đúng"
        self.assertContains(known, message)
        self.assertContains(unknown, message)
        self.assertContains(self.fail(5, "khong-co"), "thử lại sau")

    def test_deactivated_is_told_the_same(self):
        User.objects.filter(pk=self.an.pk).update(is_active=False)
        self.assertContains(self.log_in(), "Tên đăng nhập hoặc mật khẩu chưa đúng")

    def test_door_opens_after_a_quarter_of_an_hour(self):
        self.fail(5)
        LoginFailure.objects.update(at=timezone.now() - datetime.timedelta(minutes=16))
        self.assertEqual(self.log_in().status_code, 302)

    def test_attempts_at_a_closed_door_do_not_keep_it_closed(self):
        self.fail(5)
        self.fail(3)
        self.assertEqual(LoginFailure.objects.count(), 5)

    def test_many_addresses_slow_the_name_down(self):
        for number in range(20):
            self.fail(1, address=f"10.1.0.{number}")
        self.assertContains(self.log_in(address="10.2.0.1"), "thử lại sau 1 phút")

    def test_delay_grows(self):
        now = timezone.now()
        LoginFailure.objects.bulk_create(
            LoginFailure(name="xa-13369", address=f"10.1.0.{number}", at=now)
            for number in range(35)
        )
        until = lockout.closed_until("xa-13369", "10.2.0.1")
        self.assertAlmostEqual((until - now).total_seconds(), 8 * 60, delta=2)

    def test_slowing_spares_the_address_the_person_works_at(self):
        self.log_in(address="10.3.0.1")
        self.client.logout()
        for number in range(20):
            self.fail(1, address=f"10.1.0.{number}")
        self.assertEqual(self.log_in(address="10.3.0.1").status_code, 302)

    def test_login_forgets_failures_at_this_address_only(self):
        self.fail(4)
        self.fail(4, address="10.0.0.9")
        self.log_in()
        self.assertEqual(set(LoginFailure.objects.values_list("address", flat=True)), {"10.0.0.9"})

    def test_closing_is_logged_once(self):
        self.fail(7)
        kinds = list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))
        self.assertEqual(kinds, ["login_failed"] * 4 + ["locked_out"])

    def test_unknown_name_costs_a_hash_like_a_known_one(self):
        with mock.patch(
            "django.contrib.auth.hashers.MD5PasswordHasher.encode", autospec=True
        ) as hashed:
            hashed.return_value = "md5$salt$0"
            self.log_in("khong-co", "sai")
            unknown = hashed.call_count
            self.log_in("xa-13369", "sai")
        self.assertEqual((unknown, hashed.call_count), (1, 2))


@override_settings(PROXY_COUNT=1)
class TestAddress(LoginCase):
    def test_only_the_proxys_part_of_the_header_is_believed(self):
        for forged in range(5):
            self.client.post(
                LOGIN,
                {"username": "xa-13369", "password": "sai"},
                headers={"X-Forwarded-For": f"1.1.1.{forged}, 10.9.9.9"},
            )
        self.assertEqual(set(LoginFailure.objects.values_list("address", flat=True)), {"10.9.9.9"})

    def test_rubbish_is_no_address(self):
        self.client.post(
            LOGIN, {"username": "a", "password": "b"}, headers={"X-Forwarded-For": "x'; --"}
        )
        self.assertIsNone(LoginFailure.objects.get().address)


class TestSessions(LoginCase):
    def at(self, seconds):
        return mock.patch(
            "danvan.accounts.login.sessions.time.time", return_value=time.time() + seconds
        )

    def test_idle_session_ends_and_keeps_the_post(self):
        self.log_in()
        with self.at(46 * 60):
            answer = self.client.post(
                "/bao-mat/hai-lop/",
                "code=gi%E1%BB%AF+l%E1%BA%A1i",
                content_type="application/x-www-form-urlencoded",
            )
        self.assertContains(answer, "vừa nhập vẫn được giữ lại", status_code=403)
        self.assertNotIn("_auth_user_id", self.client.session)
        self.assertEqual(SecurityEvent.objects.first().detail, {"ended": "limit"})

    def test_twelve_hours_end_it_whatever_happens(self):
        self.log_in()
        for minutes in range(0, 12 * 60, 30):
            with self.at(minutes * 60):
                self.assertEqual(self.client.get("/bao-mat/").status_code, 200)
        with self.at(12 * 3600 + 1):
            self.assertEqual(self.client.get("/bao-mat/").status_code, 302)

    def test_reading_pages_does_not_write(self):
        self.log_in()
        with CaptureQueriesContext(connection) as queries:
            self.client.get("/bao-mat/")
        self.assertEqual([q["sql"] for q in queries if not q["sql"].startswith("SELECT")], [])

    def test_other_sessions_can_be_ended_one_by_one_and_all(self):
        others = [Client(), Client(), Client()]
        for number, client in enumerate(others):
            self.log_in(client=client, address=f"10.0.1.{number}")
        self.log_in()
        first = sessions.LoginSession.objects.get(address="10.0.1.0")
        self.client.post(f"/bao-mat/ket-thuc/{first.pk}/")
        self.assertEqual([c.get("/bao-mat/").status_code for c in others], [302, 200, 200])
        self.client.post("/bao-mat/ket-thuc/")
        self.assertEqual([c.get("/bao-mat/").status_code for c in others], [302, 302, 302])
        self.assertEqual(self.client.get("/bao-mat/").status_code, 200)

    def test_nobody_ends_the_session_of_another(self):
        other = Client()
        self.log_in("xa-13400", client=other)
        self.log_in()
        row = self.cast["dung"].login_sessions.get()
        self.assertEqual(self.client.post(f"/bao-mat/ket-thuc/{row.pk}/").status_code, 404)
        self.assertEqual(other.get("/bao-mat/").status_code, 200)

    def test_password_change_ends_the_others_and_keeps_this_one(self):
        other = Client()
        self.log_in(client=other)
        self.log_in()
        new = "trâu bò ăn cỏ ngoài đồng"
        self.client.post(
            "/doi-mat-khau/",
            {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        )
        self.assertEqual(other.get("/bao-mat/").status_code, 302)
        page = self.client.get("/bao-mat/")
        self.assertContains(page, "Máy này")


@override_settings(
    HTTPS=True,
    COOKIE_PREFIX="__Host-",
    SESSION_COOKIE_NAME="__Host-sessionid",
    CSRF_COOKIE_NAME="__Host-csrftoken",
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_SECURE=True,
)
class TestCookies(LoginCase):
    """Named so, a cookie is taken by browsers only when it is Secure, for "/" and for no domain."""

    def test_every_cookie_of_a_day_begins_with_host(self):
        client, seen = Client(enforce_csrf_checks=True), {}

        def token(page):
            return re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.content.decode())[1]

        def go(answer):
            seen.update(answer.cookies)
            return answer

        name = {"username": "xa-13369", "password": PASSWORD}
        page = go(client.get(LOGIN, secure=True))
        headers = {"Referer": "https://testserver/"}
        given = {**name, "csrfmiddlewaretoken": token(page)}
        answer = go(client.post(LOGIN, given, secure=True, headers=headers))
        self.assertEqual(answer.status_code, 302)
        page = go(client.get("/bao-mat/", secure=True))
        ended = {"csrfmiddlewaretoken": token(page)}
        go(client.post("/bao-mat/ket-thuc/", ended, secure=True, headers=headers))
        page = go(client.get("/bao-mat/", secure=True))
        self.assertContains(page, "Đã kết thúc")
        self.assertEqual({name.partition("-")[0] for name in seen}, {"__Host"})
        self.assertEqual(len(seen), 4, seen)
        for cookie in seen.values():
            self.assertTrue(cookie["secure"], cookie)
            self.assertEqual((cookie["path"], cookie["domain"]), ("/", ""), cookie)


class TestSecurityLog(LoginCase):
    def test_a_line_cannot_be_broken(self):
        nasty = 'x\r\n{"event": "login"}\u2028\x1b[31m\x85'
        with self.assertLogs("danvan.security", "INFO") as logs:
            self.log_in(nasty, "sai")
        (text,) = (record.getMessage() for record in logs.records)
        self.assertTrue(text.isprintable())
        self.assertEqual(json.loads(text)["event"], "login_failed")

    def test_refusals_of_people_are_noted_with_page_and_status(self):
        self.log_in()
        self.client.get("/nhat-ky/")
        self.client.get("/khong-co-trang-nay/")
        event, login = SecurityEvent.objects.all()
        self.assertEqual(login.kind, SecurityKind.LOGIN)
        self.assertEqual(
            (event.kind, event.user, event.path, event.detail["status"]),
            (SecurityKind.REFUSED, self.an, "/nhat-ky/", 403),
        )

    def test_a_full_disk_keeps_nobody_from_working(self):
        with (
            mock.patch.object(
                SecurityEvent.objects, "bulk_create", side_effect=OperationalError("disk full")
            ),
            self.assertLogs("danvan.security", "ERROR"),
        ):
            security_log.record(SecurityKind.EXPORT, user=self.an)
