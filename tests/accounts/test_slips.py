"""Slips: issued for hundreds at once before the proxy gives up, and whatever happens, to be seen once."""

import datetime
import re
from unittest import mock

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import AuditEntry, Role, SecurityEvent, SlipSheet, User
from danvan.settings import PASSWORD_HASHERS as HASHERS
from tests.accounts.test_admin import LIST, AdminCase
from tests.imports.tools import content

OLD_KEY = "an-old-key-of-the-server-that-was-good-enough-0123456789-abcdef"


class SlipCase(AdminCase):
    def issue(self, *people) -> str:
        """Issue passwords as the confirmation's button does; return where the answer leads."""
        chosen = [person.pk for person in people]
        data = {"action": "reset_selected", "_selected_action": chosen, "confirmed": "1"}
        return self.client.post(LIST, data)["Location"]

    def passwords(self, answer) -> dict[str, str]:
        """Return account → password as printed."""
        text = answer.content.decode()
        names = re.findall(r"đăng nhập: <code>([^<]+)", text)
        return dict(zip(names, re.findall(r"Mật khẩu: <code>([^<]+)", text), strict=True))

    def opens(self, name, password) -> bool:
        data = {"username": name, "password": password}
        return Client().post("/dang-nhap/", data).status_code == 302


class TestSeenOnce(SlipCase):
    def test_a_sheet_waits_until_it_is_looked_at_and_is_shown_once(self):
        self.issue(self.an, self.cast["dung"])  # the answer was lost on the way
        page = self.client.get(LIST)
        (url,) = re.findall(r'href="([^"]+)">Phiếu chưa xem', page.content.decode())
        for _ in range(2):
            waiting = self.client.get(url)
            self.assertContains(waiting, "Hiện phiếu để in")
            self.assertNotContains(waiting, "Mật khẩu: <code>")
        shown = self.passwords(self.client.post(url))
        self.assertEqual(set(shown), {"xa-13369", "xa-13400"})
        for name, password in shown.items():
            self.assertTrue(self.opens(name, password))
        again = self.client.post(url, follow=True)
        self.assertContains(again, "không xem lại được")
        self.assertEqual(self.passwords(again), {})
        self.assertNotContains(self.client.get(LIST), "Phiếu chưa xem")

    def test_every_step_that_issues_a_password_leads_to_a_sheet(self):
        services.deactivate(self.cast["dung"], by=self.quan, on=timezone.localdate())
        new = {"username": "xa-moi", "unit": self.cast["xa"].pk, "role": "clerk"}
        for answer in (
            self.step(self.an, "cap-mat-khau"),
            self.step(self.cast["dung"], "mo-lai"),
            self.client.post(f"{LIST}add/", new),
        ):
            ((name, password),) = self.passwords(self.client.post(answer["Location"])).items()
            self.assertTrue(self.opens(name, password), name)

    def test_a_double_click_on_a_new_account_does_not_lose_the_first_slip(self):
        new = {"username": "xa-moi", "unit": self.cast["xa"].pk, "role": "clerk"}
        self.client.post(f"{LIST}add/", new)
        self.assertContains(self.client.post(f"{LIST}add/", new), "Đã có tài khoản")
        url = reverse("admin:accounts_user_slips", args=[SlipSheet.objects.get().pk])
        self.assertEqual(set(self.passwords(self.client.post(url))), {"xa-moi"})

    def test_only_its_maker_sees_it(self):
        url = self.issue(self.an)
        other = Client()
        other.force_login(User.objects.create_user("quantri2", is_superuser=True))
        self.assertEqual(other.get(url).status_code, 404)
        self.assertEqual(other.post(url).status_code, 404)
        self.assertNotContains(other.get(LIST), "Phiếu chưa xem")
        for name in ("chi", "lan"):
            other.force_login(self.cast[name])
            self.assertEqual(other.post(url).status_code, 403)
        self.assertEqual(set(self.passwords(self.client.post(url))), {"xa-13369"})

    def test_slips_that_open_nothing_any_more_are_not_printed(self):
        first = self.issue(self.an, self.cast["dung"], self.cast["lan"])
        second = self.issue(self.an)
        services.change_own_password(User.objects.get(pk=self.cast["dung"].pk), "x")
        answer = self.client.post(first)
        self.assertEqual(set(self.passwords(answer)), {"lanhdao"})
        self.assertContains(answer, "1/3 phiếu")
        self.assertEqual(set(self.passwords(self.client.post(second))), {"xa-13369"})

    def test_after_seven_days_nothing_is_left_of_it(self):
        url = self.issue(self.an)
        week = timezone.now() - datetime.timedelta(days=7, minutes=1)
        SlipSheet.objects.update(made_at=week)
        self.assertContains(self.client.get(url), "quá hạn")
        self.assertEqual(self.passwords(self.client.post(url, follow=True)), {})
        self.issue(self.cast["dung"])
        self.assertEqual(SlipSheet.objects.get(made_at=week).seed, "")

    def test_showing_leaves_no_way_to_compute_it_and_is_on_the_log(self):
        url = self.issue(self.an)
        password = self.passwords(self.client.post(url))["xa-13369"]
        sheet = SlipSheet.objects.get()
        self.assertEqual(sheet.seed, "")
        with self.assertRaises(ValidationError):
            services.show_slips(sheet, by=self.quan)
        event = SecurityEvent.objects.filter(kind="slips_shown").get()
        self.assertEqual((event.actor, event.detail), (self.quan, {"count": 1}))
        for model in (AuditEntry, SecurityEvent, SlipSheet, User):
            self.assertNotIn(password, str(list(model.objects.values())))

    def test_a_new_key_of_the_server_does_not_lose_a_sheet(self):
        with override_settings(SECRET_KEY=OLD_KEY):
            self.client.force_login(self.quan)
            url = self.issue(self.an)
            sheet = SlipSheet.objects.get()
        with override_settings(SECRET_KEY_FALLBACKS=[OLD_KEY]):
            self.client.force_login(self.quan)
            shown = self.passwords(self.client.post(url))
            self.assertTrue(self.opens("xa-13369", shown["xa-13369"]))
        SlipSheet.objects.filter(pk=sheet.pk).update(seed=sheet.seed, seen_at=None)
        self.assertIn("Hiện phiếu", self.client.get(url).content.decode())
        self.assertEqual(self.passwords(self.client.post(url, follow=True)), {})


class TestWhoGetsNone(SlipCase):
    def test_rows_that_are_left_out_are_counted_and_told(self):
        services.deactivate(self.cast["dung"], by=self.quan, on=timezone.localdate())
        chosen = [self.an.pk, self.cast["dung"].pk, self.quan.pk, 999_999, 1_000_000]
        data = {"action": "reset_selected", "_selected_action": chosen}
        page = self.client.post(LIST, data)
        told = (
            "Bỏ qua 2 tài khoản không còn hoặc ngoài phạm vi, 1 tài khoản đang ngừng, "
            "1 tài khoản của chính anh/chị."
        )
        self.assertContains(page, told)
        self.assertContains(page, "<b>1 tài khoản</b>")
        sheet = self.client.post(LIST, {**data, "confirmed": "1"}, follow=True)
        self.assertContains(sheet, told)
        self.assertContains(sheet, "cho 1 tài khoản")

    def test_nobody_left_is_told_with_the_reason(self):
        data = {"action": "reset_selected", "_selected_action": [999_999], "confirmed": "1"}
        page = self.client.post(LIST, data, follow=True)
        self.assertContains(page, "Bỏ qua 1 tài khoản không còn")
        self.assertContains(page, "Không có tài khoản nào cần cấp mật khẩu")
        self.assertFalse(SlipSheet.objects.exists())

    def test_all_of_a_filter_names_only_what_is_left_out(self):
        people = User.objects.filter(is_active=True)
        data = {"action": "reset_selected", "select_across": "1", "index": "0"}
        data["_selected_action"] = [self.an.pk]
        page = self.client.post(LIST, data)
        self.assertContains(page, "Bỏ qua 1 tài khoản của chính anh/chị.")
        self.assertContains(page, f"<b>{people.count() - 1} tài khoản</b>")

    def test_the_list_in_excel_tells_who_is_not_in_it(self):
        data = {"action": "export_selected", "_selected_action": [self.an.pk, self.quan.pk]}
        file = self.client.post(LIST, data)
        self.assertEqual(file["Content-Disposition"][:10], "attachment")
        content(file)
        self.assertContains(self.client.get(LIST), "1 quản trị viên không thuộc đơn vị nào")

    def test_steps_say_why_they_do_not_apply(self):
        """A hidden button guards nothing."""
        old = User.objects.get(pk=self.quan.pk).password
        self.assertContains(self.step(self.quan, "mo-lai"), "đang hoạt động, không cần mở lại")
        self.assertEqual(User.objects.get(pk=self.quan.pk).password, old)
        self.assertTrue(self.client.get(LIST).status_code == 200, "still logged in")
        self.assertContains(self.step(self.an, "mo-lai"), "không cần mở lại")
        today = f"{timezone.localdate():%d/%m/%Y}"
        services.deactivate(self.cast["dung"], by=self.quan, on=timezone.localdate())
        dung = User.objects.get(pk=self.cast["dung"].pk)
        for step, data in (
            ("cap-mat-khau", {}),
            ("ngung", {"on": today}),
            ("chuyen", {"on": today, "unit": self.cast["xa"].pk}),
        ):
            self.assertContains(
                self.step(dung, step, **data), "Tài khoản đang ngừng", msg_prefix=step
            )
        self.assertEqual(User.objects.get(pk=dung.pk).password, dung.password)


class TestMany(SlipCase):
    def people(self, number):
        rows = [
            User(username=f"m-{number}-{n}", unit=self.cast["xa"], role=Role.CLERK)
            for n in range(number)
        ]
        return User.objects.bulk_create(rows)

    def test_the_number_of_queries_does_not_grow_with_the_people(self):
        counts = []
        for number in (3, 30):
            with CaptureQueriesContext(connection) as queries:
                services.reset_passwords(self.people(number), by=self.quan)
            counts.append(len(queries))
        self.assertEqual(counts[0], counts[1])

    def test_all_of_them_on_one_sheet_or_none(self):
        people = self.people(40)
        url = self.issue(*people)
        with (
            mock.patch.object(services, "passwords_on", side_effect=OSError),
            self.assertRaises(OSError),
        ):
            self.client.post(url)
        shown = self.passwords(self.client.post(url))
        self.assertEqual(len(set(shown.values())), 40)

    @override_settings(PASSWORD_HASHERS=HASHERS)
    def test_five_hundred_cost_less_than_thirty_logins(self):
        """With the site's own hashes; in ratios, for the machine may be slow. It was five hundred."""
        import time

        from django.contrib.auth.hashers import make_password

        people = self.people(500)
        start = time.perf_counter()
        for _ in range(5):
            make_password("x")
        login = (time.perf_counter() - start) / 5
        start = time.perf_counter()
        url = self.issue(*people)
        self.assertEqual(len(self.passwords(self.client.post(url))), 500)
        self.assertLess(time.perf_counter() - start, max(100 * login, 10))


def test_the_tests_ask_the_hashers_of_the_site():
    assert HASHERS[0].endswith("Argon2PasswordHasher")
    assert settings.PASSWORD_HASHERS != HASHERS
