"""The issued password and the own one: what each opens, what is taken and what is refused."""

import datetime
import unicodedata

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import SecurityEvent, User
from tests.accounts.cast import PASSWORD
from tests.accounts.test_login import LoginCase


class TestIssuedPassword(LoginCase):
    def setUp(self):
        User.objects.filter(pk=self.an.pk).update(
            must_change_password=True,
            password_issued_at=timezone.now(),
            issued_password=self.an.password,
        )

    def change(self, new, old=PASSWORD):
        return self.client.post(
            "/doi-mat-khau/", {"old_password": old, "new_password1": new, "new_password2": new}
        )

    def test_only_the_password_page_and_logout_answer(self):
        self.log_in()
        for name in ("home", "reports:list", "accounts:security", "accounts:audit", "admin:index"):
            with self.subTest(name):
                answer = self.client.get(reverse(name))
                self.assertRedirects(answer, "/doi-mat-khau/")
        self.assertEqual(self.client.get("/doi-mat-khau/").status_code, 200)
        answer = self.client.get(reverse("home"), headers={"Accept": "application/json"})
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.client.post("/dang-xuat/").status_code, 302)

    def test_a_chosen_password_opens_the_site(self):
        self.log_in()
        self.assertRedirects(
            self.change("trâu bò ăn cỏ ngoài đồng"), "/", fetch_redirect_response=False
        )
        self.an.refresh_from_db()
        self.assertFalse(self.an.must_change_password)
        self.assertEqual(self.client.get("/bao-mat/").status_code, 200)

    def test_the_issued_one_cannot_be_kept(self):
        self.log_in()
        self.assertContains(self.change(PASSWORD), "phải khác mật khẩu cũ")

    def test_the_issued_one_cannot_come_back_later(self):
        self.log_in()
        self.change("trâu bò ăn cỏ ngoài đồng")
        answer = self.change(PASSWORD, old="trâu bò ăn cỏ ngoài đồng")
        self.assertContains(answer, "phải khác mật khẩu cũ")

    def test_after_seven_days_it_opens_nothing(self):
        User.objects.filter(pk=self.an.pk).update(
            password_issued_at=timezone.now() - datetime.timedelta(days=7, minutes=1)
        )
        self.assertContains(self.log_in(), "quá hạn 7 ngày")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_on_the_seventh_day_it_still_does(self):
        User.objects.filter(pk=self.an.pk).update(
            password_issued_at=timezone.now() - datetime.timedelta(days=6, hours=23)
        )
        self.assertEqual(self.log_in().status_code, 302)


class TestOwnPassword(LoginCase):
    """What the page takes and what it refuses: length and lists, no rule of composition (ASVS 6.2)."""

    GOOD = "trâu bò ăn cỏ ngoài đồng"

    def setUp(self):
        self.log_in()

    def change(self, new, again=None, old=PASSWORD):
        data = {"old_password": old, "new_password1": new, "new_password2": again or new}
        return self.client.post("/doi-mat-khau/", data)

    def opens(self, password) -> bool:
        self.an.refresh_from_db()
        return self.an.check_password(password)

    def test_bad_ones_are_refused_with_the_reason(self):
        for bad, reason in (
            ("ngan", "12 ký tự"),
            ("mười một k.", "12 ký tự"),
            ("matkhau123456", "quá phổ biến"),
            ("Mật Khẩu 123456", "quá phổ biến"),
            ("123456789012", "quá phổ biến"),
            ("0912345678901", "quá phổ biến"),
            ("aaaaaaaaaaaaaaaa", "lặp lại quá ít"),
            ("abababababababab", "lặp lại quá ít"),
            ("xa tiên sơn 2024", "tên đơn vị"),
            ("Thị xã Duy Tiên", "tên đơn vị"),
            ("Huyện Kim Bảng", "tên đơn vị"),
            ("danvankimbang2024", "tên đơn vị"),
            ("Nguyễn Thị An", "tên người"),
            (PASSWORD, "phải khác mật khẩu cũ"),
            ("", "Vui lòng nhập"),
        ):
            with self.subTest(bad):
                answer = self.change(bad)
                self.assertEqual(answer.status_code, 200)
                self.assertIn(reason, " ".join(map(str, answer.context["form"].errors.values())))
                self.assertTrue(self.opens(PASSWORD))

    def test_two_different_entries_are_refused(self):
        answer = self.change(self.GOOD, again=self.GOOD + "!")
        self.assertIn("new_password2", answer.context["form"].errors)
        self.assertTrue(self.opens(PASSWORD))

    def test_a_wrong_present_one_is_refused_and_the_fifth_closes_the_door(self):
        for _ in range(5):
            self.assertContains(self.change(self.GOOD, old="sai"), "hiện tại chưa đúng")
        self.assertContains(self.change(self.GOOD), "Nhập sai nhiều lần")
        self.assertContains(
            self.client.post("/bao-mat/hai-lop/tat/", {"password": PASSWORD}), "Nhập sai nhiều lần"
        )
        self.assertTrue(self.opens(PASSWORD))
        self.assertEqual(SecurityEvent.objects.filter(kind="locked_out").count(), 1)

    def test_long_ones_with_spaces_and_marks_are_taken_as_typed(self):
        for number, good in enumerate(
            ("một câu rất dài " * 8, " bắt đầu bằng dấu cách ", "x1y2z3" * 11)
        ):
            with self.subTest(good):
                self.assertEqual(self.change(good, old=PASSWORD).status_code, 302)
                self.assertTrue(self.opens(good))
                self.assertFalse(self.opens(good[:-1]))
                self.assertEqual(
                    self.log_in(password=good, client=Client()).status_code, 302, number
                )
                self.an.set_password(PASSWORD)
                self.an.save()
                self.log_in(client=self.client)

    def test_another_keyboard_spells_the_marks_in_another_way(self):
        """Windows keyboards send "ế" as one character, others as three: the same password."""
        self.change(unicodedata.normalize("NFD", self.GOOD))
        for form in ("NFC", "NFD"):
            typed = unicodedata.normalize(form, self.GOOD)
            self.assertEqual(self.log_in(password=typed, client=Client()).status_code, 302, form)
