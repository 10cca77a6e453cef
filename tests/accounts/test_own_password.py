"""The issued password and the own one: what each opens, what is taken and what is refused."""

import datetime
import unicodedata
from unittest import mock

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import SecurityEvent, User
from danvan.settings import PASSWORD_HASHERS as HASHERS
from tests.accounts.cast import PASSWORD
from tests.accounts.test_login import LoginCase


def issue(person, by) -> str:
    """Issue a password as superusers do; return what stands on the slip."""
    sheet = services.reset_passwords([User.objects.get(pk=person.pk)], by=by)
    ((_, password),) = services.show_slips(sheet, by=by)
    return password


class TestIssuedPassword(LoginCase):
    GOOD, OTHER = "trâu bò ăn cỏ ngoài đồng", "gà con kêu ngoài vườn sau"

    def setUp(self):
        self.issued = issue(self.an, self.quan)

    def enter(self, password=None):
        return self.log_in(password=password or self.issued)

    def change(self, new, old=None):
        old = old or self.issued
        return self.client.post(
            "/doi-mat-khau/", {"old_password": old, "new_password1": new, "new_password2": new}
        )

    def test_only_the_password_page_and_logout_answer(self):
        self.enter()
        for name in ("home", "reports:list", "accounts:security", "accounts:audit", "admin:index"):
            with self.subTest(name):
                answer = self.client.get(reverse(name))
                self.assertRedirects(answer, "/doi-mat-khau/")
        self.assertEqual(self.client.get("/doi-mat-khau/").status_code, 200)
        answer = self.client.get(reverse("home"), headers={"Accept": "application/json"})
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.client.post("/dang-xuat/").status_code, 302)

    def test_a_chosen_password_opens_the_site(self):
        self.enter()
        steps = "/huong-dan/ba-buoc/"  # once, after the first password of one's own
        self.assertRedirects(self.change(self.GOOD), steps, fetch_redirect_response=False)
        self.an.refresh_from_db()
        self.assertTrue(self.an.welcomed)
        self.assertFalse(self.an.must_change_password)
        self.assertIsNone(self.an.slips)
        self.assertEqual(self.client.get("/bao-mat/").status_code, 200)

    def test_no_issued_one_ever_becomes_permanent(self):
        """Neither the last, nor one of years ago, nor somebody else's, nor any of them with a mark behind."""
        first, self.issued = self.issued, issue(self.an, self.quan)
        others = issue(self.cast["binh"], self.quan)
        self.enter()
        bad = (self.issued, first, others, first.upper(), f"{first}1!", f"{first[:4]}-{first[4:]}")
        for password in bad:
            self.assertContains(self.change(password), "phải khác mật khẩu cũ")
        self.change(self.GOOD)
        for password in bad:
            self.assertContains(self.change(password, old=self.GOOD), "phải khác mật khẩu cũ")
        self.assertEqual(self.change(self.OTHER, old=self.GOOD).status_code, 302)
        with self.assertRaises(ValidationError):
            validate_password(first, self.an)  # what manage.py changepassword asks

    def test_the_old_one_is_refused_in_any_spelling(self):
        self.enter()
        self.change(self.GOOD)
        same = unicodedata.normalize("NFD", self.GOOD)
        self.assertContains(self.change(same, old=self.GOOD), "phải khác mật khẩu cũ")

    def test_after_seven_days_it_opens_nothing(self):
        User.objects.filter(pk=self.an.pk).update(
            password_issued_at=timezone.now() - datetime.timedelta(days=7, minutes=1)
        )
        self.assertContains(self.enter(), "quá hạn 7 ngày")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_on_the_seventh_day_it_still_does(self):
        User.objects.filter(pk=self.an.pk).update(
            password_issued_at=timezone.now() - datetime.timedelta(days=6, hours=23)
        )
        self.assertEqual(self.enter().status_code, 302)


@override_settings(PASSWORD_HASHERS=HASHERS)
class TestHashes(LoginCase):
    """Issued passwords are hashed fast, chosen ones slowly, and refusals take the same time for both."""

    def test_the_first_login_stores_the_slow_hash(self):
        password = issue(self.an, self.quan)
        self.an.refresh_from_db()
        self.assertTrue(self.an.password.startswith("argon2_issued$"))
        self.assertEqual(self.log_in(password=password).status_code, 302)
        self.an.refresh_from_db()
        self.assertTrue(self.an.password.startswith("argon2$"))
        self.assertTrue(self.an.must_change_password)

    def test_a_wrong_password_costs_a_slow_hash_for_issued_ones_too(self):
        issue(self.an, self.quan)
        slow = "django.contrib.auth.hashers.Argon2PasswordHasher.encode"
        with mock.patch(slow, autospec=True, return_value="argon2$x") as hashed:
            self.log_in("xa-13369", "sai")
            self.log_in("khong-co", "sai")
        self.assertEqual(hashed.call_count, 2)


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
            ("Hà Nam Duy Tiên 2024", "tên đơn vị"),
            ("TienSon@DuyTien#2024", "tên đơn vị"),
            ("2024.KimBang.HaNam.2025", "tên đơn vị"),
            ("phambinh1985lan", "tên người"),
            ("Nguyễn Văn A 123456", "tên người"),
            ("tranbinh@hanam", "tên người"),
            ("xa-13369-xa-13369", "tên đơn vị"),
            ("matkhau@hanam@2024", "từ phổ biến"),
            ("P@ssw0rdHaNam2024", "từ phổ biến"),
            ("T1enS0nDuyT1en", "tên đơn vị"),
            ("H4n4mDuyTi3n", "tên đơn vị"),
            ("password2024dragon", "từ phổ biến"),
            ("hà nam 2024 xyz", "tên đơn vị"),
            ("!@#$%^&*()_+", "con số"),
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
            (
                "một câu rất dài " * 8,
                " bắt đầu bằng dấu cách ",
                "x1y2z3" * 11,
                "lúa chín vàng trên đồng Tiên Sơn",
                "xK9$mQ2v!Lp7",
            )
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
