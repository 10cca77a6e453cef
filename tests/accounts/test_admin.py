"""Django's admin: superusers only, accounts as services allow them, units without rewriting history."""

import datetime
import re
from unittest import mock

from django.contrib import admin
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from danvan.accounts import services
from danvan.accounts.models import (
    AuditEntry,
    LastSuperuserError,
    SecurityEvent,
    SlipSheet,
    User,
)
from danvan.common.stale import stamp_of
from danvan.units.models import AdministrativeUnit
from tests.accounts.cast import PASSWORD, START, make_cast
from tests.words import Reading

LIST = "/quan-tri/accounts/user/"


class AdminCase(TestCase):
    client_class = Reading  # every page, confirmation and refusal of the steps below is read

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.an, cls.quan = cls.cast["an"], cls.cast["quan"]

    def setUp(self):
        self.client.force_login(self.quan)

    def step(self, user, name, **data):
        return self.client.post(reverse("admin:accounts_user_step", args=[user.pk, name]), data)

    def shown(self, answer):
        """Press the button of the sheet that `answer` leads to."""
        self.assertRedirects(answer, answer["Location"])
        return self.client.post(answer["Location"])

    def slip_password(self, answer) -> str:
        answer = self.shown(answer)
        self.assertIn("no-store", answer["Cache-Control"])
        return re.search(r"Mật khẩu: <code>([^<]+)</code>", answer.content.decode())[1]


class TestDoor(AdminCase):
    def test_everybody_else_gets_403_and_visitors_the_login(self):
        for name in ("an", "binh", "chi", "lan"):
            client = Client()
            client.force_login(self.cast[name])
            for url in ("/quan-tri/", LIST, "/quan-tri/login/", f"{LIST}{self.an.pk}/change/"):
                with self.subTest(who=name, url=url):
                    self.assertEqual(client.get(url).status_code, 403)
        for url in ("/quan-tri/", "/quan-tri/login/"):
            last, _ = Client().get(url, follow=True).redirect_chain[-1]
            self.assertTrue(last.startswith("/dang-nhap/"), last)

    def test_staff_flag_opens_nothing(self):
        User.objects.filter(pk=self.an.pk).update(is_staff=True)
        client = Client()
        client.force_login(self.an)
        self.assertEqual(client.get("/quan-tri/").status_code, 403)

    def test_only_accounts_and_units_are_there(self):
        names = {model.__name__ for model in admin.site._registry}
        self.assertEqual(names, {"User", "AdministrativeUnit", "UnitSuccession"})

    def test_pages_are_vietnamese(self):
        for url in ("/quan-tri/", LIST, f"{LIST}add/", f"{LIST}{self.an.pk}/change/"):
            with self.subTest(url):
                page = re.sub(
                    r"<script.*?</script>|<[^>]+>", " ", self.client.get(url).content.decode()
                )
                english = re.findall(
                    r"\b(?:Add|Change|Save|Delete|Search|Home|Filter|History)\b", page
                )
                self.assertEqual(english, [])


class TestAccounts(AdminCase):
    def add(self, **more):
        data = {
            "username": "xa-13370",
            "full_name": "Đỗ  Thị Hoa",
            "unit": self.cast["xa"].pk,
            "role": "clerk",
            **more,
        }
        return self.client.post(f"{LIST}add/", data)

    def test_new_account_comes_with_a_password_shown_once(self):
        answer = self.add()
        password = self.slip_password(answer)
        self.assertGreaterEqual(len(password), 12)
        user = User.objects.get(username="xa-13370")
        self.assertTrue(user.check_password(password) and user.must_change_password)
        self.assertEqual(user.full_name, "Đỗ Thị Hoa")
        everything = "".join(str(row) for row in AuditEntry.objects.values())
        everything += "".join(str(row) for row in SecurityEvent.objects.values())
        self.assertNotIn(password, everything)
        self.assertNotIn(user.password, everything)

    def test_name_is_unique_in_any_case(self):
        self.assertContains(self.add(username="XA-13369"), "Đã có tài khoản")

    def test_bad_names_are_refused_with_a_reason(self):
        for bad in ("xã-1", "a b", "-x", "x" * 151, "a\u200bb"):
            with self.subTest(bad):
                self.assertEqual(self.add(username=bad).status_code, 200)
                self.assertFalse(User.objects.filter(username=bad).exists())

    def test_what_is_wrong_is_told_in_vietnamese(self):
        for wrong in ({"username": "a b"}, {"username": "a b", "unit": ""}):
            page = self.add(**wrong)
            self.assertContains(page, "Vui lòng sửa lỗi dưới đây.")
            self.assertNotContains(page, "Please")

    def test_account_without_unit_is_refused(self):
        self.assertContains(self.add(unit=""), "phải thuộc một đơn vị")

    def test_forged_fields_are_ignored(self):
        self.add(is_staff="on", password="x", user_permissions="1", must_change_password="")
        user = User.objects.get(username="xa-13370")
        self.assertFalse(user.is_staff)
        self.assertTrue(user.must_change_password)

    def test_reset_ends_sessions_and_opens_a_locked_door(self):
        clerk = Client()
        clerk.post("/dang-nhap/", {"username": "xa-13369", "password": PASSWORD})
        for _ in range(5):
            Client().post("/dang-nhap/", {"username": "xa-13369", "password": "sai"})
        password = self.slip_password(self.step(self.an, "cap-mat-khau"))
        self.assertEqual(clerk.get("/bao-mat/").status_code, 302)
        answer = Client().post("/dang-nhap/", {"username": "xa-13369", "password": password})
        self.assertEqual(answer.status_code, 302)

    def test_many_are_reset_after_a_confirmation(self):
        chosen = {
            "action": "reset_selected",
            "_selected_action": [self.an.pk, self.cast["dung"].pk],
        }
        old = self.an.password
        asked = self.client.post(LIST, chosen)
        self.assertContains(asked, "xa-13400")
        self.an.refresh_from_db()
        self.assertEqual(self.an.password, old)
        sheet = self.shown(self.client.post(LIST, {**chosen, "confirmed": "1"}))
        self.assertEqual(sheet.content.decode().count("Mật khẩu: <code>"), 2)

    def test_nobody_issues_the_own_password_or_takes_the_own_second_factor_away(self):
        old = self.quan.password
        TOTPDevice.objects.create(user=self.quan, confirmed=True)
        self.assertContains(self.step(self.quan, "cap-mat-khau"), "trang Đổi mật khẩu")
        self.assertContains(self.step(self.quan, "tat-hai-lop"), "trang Bảo mật tài khoản")
        self.assertTrue(TOTPDevice.objects.filter(user=self.quan).exists())
        chosen = {"action": "reset_selected", "_selected_action": [self.quan.pk, self.an.pk]}
        self.assertNotContains(self.client.post(LIST, chosen), "<li>quantri")
        sheet = self.shown(self.client.post(LIST, {**chosen, "confirmed": "1"}))
        self.assertEqual(sheet.content.decode().count("Mật khẩu: <code>"), 1)
        self.quan.refresh_from_db()
        self.assertEqual(self.quan.password, old)

    def test_passwords_are_issued_to_all_or_to_none(self):
        old = self.an.password
        broken = mock.patch.object(services.security_log, "record_all", side_effect=OSError)
        with broken, self.assertRaises(OSError):
            services.reset_passwords([self.an, self.cast["dung"]], by=self.quan)
        self.an.refresh_from_db()
        self.assertEqual(self.an.password, old)
        self.assertFalse(SlipSheet.objects.exists())

    def test_of_two_presses_at_once_the_second_is_told_and_the_first_slip_opens_the_account(self):
        first, right = [], services._expect_right

        def pressed_twice(by, user):
            if not first:
                first.append(None)
                first[0] = services.reset_passwords([User.objects.get(pk=user.pk)], by=self.quan)
            right(by, user)

        chosen = {"action": "reset_selected", "_selected_action": [self.an.pk], "confirmed": "1"}
        with mock.patch.object(services, "_expect_right", pressed_twice):
            second = self.client.post(LIST, chosen, follow=True)
        self.assertContains(second, "nên lần này chưa cấp")
        self.assertContains(second, "Phiếu chưa xem: 1 tài khoản", count=1)
        ((_, password),) = services.show_slips(first[0], by=self.quan)
        self.assertTrue(User.objects.get(pk=self.an.pk).check_password(password))

    def test_an_edit_leaves_the_password_that_changed_meanwhile(self):
        edited = User.objects.get(pk=self.an.pk)
        services.reset_passwords([User.objects.get(pk=self.an.pk)], by=self.quan)
        new = User.objects.get(pk=self.an.pk).password
        edited.full_name = "Khác"
        before = services.rights_of(edited)
        services.change_rights(edited, by=self.quan, before=before, fields=["full_name"])
        stored = User.objects.get(pk=self.an.pk)
        self.assertEqual((stored.password, stored.full_name), (new, "Khác"))

    def test_accounts_without_a_password_wait_for_one_click(self):
        url = reverse("admin:accounts_user_issue")
        self.assertRedirects(self.client.get(url), LIST)
        for number in range(3):
            User.objects.create_user(f"moi-{number}", unit=self.cast["xa"])
        User.objects.create_user("da-ngung", unit=self.cast["xa"], is_active=False)
        with mock.patch("danvan.accounts.services.SLIPS_AT_ONCE", 2):
            page = self.client.get(url)
        self.assertContains(page, "Còn 1 tài khoản nữa")
        self.assertContains(page, "<b>2 tài khoản</b>")
        page = self.client.get(url)
        form = re.search(
            r'<form method="post" action="([^"]+)">(.*?)</form>', page.content.decode(), re.S
        )
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[2])
        data = {
            "_selected_action": [v for n, v in fields if n == "_selected_action"],
            **{n: v for n, v in fields if n != "_selected_action"},
        }
        sheet = self.shown(self.client.post(form[1], data))
        self.assertEqual(
            re.findall(r"đăng nhập: <code>([^<]+)", sheet.content.decode()),
            ["moi-0", "moi-1", "moi-2"],
        )
        self.assertRedirects(self.client.get(url), LIST)

    def test_deactivated_with_date_and_out_at_once(self):
        clerk = Client()
        clerk.force_login(self.an)
        self.assertEqual(self.step(self.an, "ngung", on="01/02/2024").status_code, 302)
        self.an.refresh_from_db()
        self.assertEqual(self.an.deactivated_on, datetime.date(2024, 2, 1))
        self.assertEqual(clerk.get("/bao-mat/").status_code, 302)
        self.assertContains(
            self.client.get(f"{LIST}{self.an.pk}/change/"), "Đã ngừng từ 01/02/2024"
        )

    def test_tomorrow_is_refused(self):
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        answer = self.step(self.an, "ngung", on=f"{tomorrow:%d/%m/%Y}")
        self.assertContains(answer, "Ngày không được ở tương lai")

    def test_reopened_with_a_new_password_only(self):
        services.deactivate(self.an, by=self.quan, on=timezone.localdate())
        password = self.slip_password(self.step(self.an, "mo-lai"))
        self.an.refresh_from_db()
        self.assertTrue(self.an.is_active and self.an.check_password(password))
        self.assertFalse(self.an.check_password(PASSWORD))

    def test_transfer_moves_rights_and_ends_sessions(self):
        clerk = Client()
        clerk.force_login(self.an)
        answer = self.step(self.an, "chuyen", unit=self.cast["xa_khac"].pk, on="01/02/2024")
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(clerk.get("/bao-mat/").status_code, 302)
        event = SecurityEvent.objects.filter(kind="transferred").get()
        self.assertEqual(event.detail["old"], "Xã Tiên Sơn, thị xã Duy Tiên")
        self.assertEqual(event.detail["on"], "2024-02-01")

    def test_role_change_is_on_the_security_log_and_ends_sessions(self):
        clerk = Client()
        clerk.force_login(self.an)
        data = {
            "username": "xa-13369",
            "role": "viewer",
            "row_stamp": stamp_of(User.objects.get(pk=self.an.pk)),
        }
        answer = self.client.post(f"{LIST}{self.an.pk}/change/", data)
        self.assertEqual(answer.status_code, 302)
        event = SecurityEvent.objects.filter(kind="rights_changed").get()
        self.assertEqual(
            (event.detail["old"]["role"], event.detail["new"]["role"]), ("clerk", "viewer")
        )
        self.assertEqual(clerk.get("/bao-mat/").status_code, 302)

    def test_stale_form_speaks_of_roles_in_words(self):
        stamp = stamp_of(User.objects.get(pk=self.an.pk))
        User.objects.filter(pk=self.an.pk).update(role="viewer")
        data = {"username": "xa-13369", "role": "clerk", "row_stamp": stamp}
        answer = self.client.post(f"{LIST}{self.an.pk}/change/", data)
        self.assertContains(answer, "hiện là “Lãnh đạo (chỉ xem)”, anh/chị nhập “Cán bộ nhập liệu”")

    def test_stale_form_keeps_typing_shows_both_and_saves_on_second_click(self):
        data = {
            "username": "xa-13369",
            "role": "clerk",
            "full_name": "An Gõ",
            "row_stamp": stamp_of(User.objects.get(pk=self.an.pk)),
        }
        self.an.full_name = "An Người Khác Sửa"
        self.an.save()
        url = f"{LIST}{self.an.pk}/change/"
        answer = self.client.post(url, data)
        self.assertContains(answer, "hiện là “An Người Khác Sửa”, anh/chị nhập “An Gõ”")
        self.assertContains(answer, 'value="An Gõ"')
        data["row_stamp"] = answer.context["adminform"].form["row_stamp"].value()
        self.assertEqual(self.client.post(url, data).status_code, 302)
        self.an.refresh_from_db()
        self.assertEqual(self.an.full_name, "An Gõ")

    def test_no_account_is_deleted(self):
        self.assertEqual(self.client.post(f"{LIST}{self.an.pk}/delete/").status_code, 403)
        for delete in (self.an.delete, User.objects.filter(pk=self.an.pk).delete):
            with self.assertRaises(Exception) as refused:
                delete()
            self.assertIn("never deleted", str(refused.exception))

    def test_search_and_filters(self):
        for query, found in (
            ("q=tien+son", ["xa-13369"]),
            ("q=Ti%C3%AAn+S%C6%A1n", ["xa-13369"]),
            ("q=pham+dinh", ["xa-13400"]),
            (f"dia_ban={self.cast['huyen'].pk}", ["huyen-349", "xa-13369"]),
            ("vai_tro=viewer", ["lanhdao"]),
            ("vai_tro=superuser", ["quantri"]),
            ("vai_tro=officer", ["huyen-349", "tinh"]),
            ("tinh_trang=stopped", []),
            ("dia_ban=²", sorted(u.username for u in User.objects.all())),
            (f"dia_ban={'9' * 30}", []),
            ("dang_nhap=never&vai_tro=clerk", ["xa-13369", "xa-13400"]),
            ("dang_nhap=week", ["quantri"]),
        ):
            with self.subTest(query):
                page = self.client.get(f"{LIST}?{query}")
                names = sorted(user.username for user in page.context["cl"].result_list)
                self.assertEqual(names, found)


class TestLastSuperuser(AdminCase):
    def second(self):
        return User.objects.create_user("quantri2", is_superuser=True)

    def test_cannot_be_demoted_stopped_or_stop_himself(self):
        data = {
            "username": "quantri",
            "role": "officer",
            "row_stamp": stamp_of(User.objects.get(pk=self.quan.pk)),
        }
        answer = self.client.post(f"{LIST}{self.quan.pk}/change/", data)
        self.assertContains(answer, "tự đổi vai trò")
        self.assertContains(answer, "quản trị viên cuối cùng")
        self.assertContains(self.step(self.quan, "ngung", on="01/02/2024"), "tự ngừng")
        self.quan.is_active = False
        with self.assertRaises(LastSuperuserError):
            self.quan.save()

    def test_one_of_two_can(self):
        other = self.second()
        self.assertEqual(self.step(other, "ngung", on="01/02/2024").status_code, 302)

    def test_two_at_once_cannot_both_go(self):
        other = self.second()
        first, second = User.objects.get(pk=self.quan.pk), User.objects.get(pk=other.pk)
        first.is_active = second.is_active = False
        first.clean()
        second.clean()
        first.save()
        with self.assertRaises(LastSuperuserError):
            second.save()


class TestServices(AdminCase):
    def test_nobody_but_superusers_manages_accounts(self):
        for name in ("an", "binh", "chi", "lan"):
            by = self.cast[name]
            calls = {
                "create": lambda by=by: services.create_account(User(username="x1"), by=by),
                "reset": lambda by=by: services.reset_passwords([self.an], by=by),
                "stop": lambda by=by: services.deactivate(self.an, by=by, on=START),
                "open": lambda by=by: services.reactivate(self.an, by=by),
                "move": lambda by=by: services.transfer(
                    self.an, self.cast["khac"], by=by, on=START
                ),
                "rights": lambda by=by: services.change_rights(
                    self.an, by=by, before={}, fields=[]
                ),
            }
            for what, call in calls.items():
                with (
                    self.subTest(who=name, what=what),
                    self.assertRaises(services.PermissionDenied),
                ):
                    call()


class TestUnits(AdminCase):
    def test_a_used_unit_keeps_its_identity(self):
        unit = self.cast["xa"]
        url = reverse("admin:units_administrativeunit_change", args=[unit.pk])
        data = {
            "code": "99999",
            "name": "Khác",
            "valid_from": "01/01/2020",
            "source": "Nghị quyết 1",
            "row_stamp": stamp_of(AdministrativeUnit.objects.get(pk=unit.pk)),
        }
        self.assertEqual(self.client.post(url, data).status_code, 302)
        unit.refresh_from_db()
        self.assertEqual((unit.code, unit.name, unit.source), ("13369", "Tiên Sơn", "Nghị quyết 1"))
        self.assertEqual(self.client.post(url.replace("change", "delete")).status_code, 403)

    def test_an_unused_one_can_be_corrected(self):
        unit = AdministrativeUnit.objects.create(
            code="20000",
            kind="xa",
            name="Sai",
            level="commune",
            parent=self.cast["huyen"],
            valid_from=START,
        )
        url = reverse("admin:units_administrativeunit_change", args=[unit.pk])
        data = {
            "code": "20000", "kind": "xa", "name": "Đúng", "level": "commune",
            "parent": self.cast["huyen"].pk, "valid_from": "01/01/2004",
            "row_stamp": stamp_of(AdministrativeUnit.objects.get(pk=unit.pk)),
        }  # fmt: skip
        self.assertEqual(self.client.post(url, data).status_code, 302)
        unit.refresh_from_db()
        self.assertEqual(unit.name, "Đúng")

    def test_listed_by_date_in_force(self):
        AdministrativeUnit.objects.filter(pk=self.cast["xa"].pk).update(
            valid_to=datetime.date(2010, 1, 1)
        )
        AdministrativeUnit.objects.create(
            code="13369", kind="phuong", name="Tiên Sơn", level="commune",
            parent=self.cast["huyen"], valid_from=datetime.date(2010, 1, 1),
        )  # fmt: skip
        url = "/quan-tri/units/administrativeunit/?q=tien+son&ngay="
        for day, kind in (("2004-01-01", "xa"), ("2010-01-01", "phuong"), ("today", "phuong")):
            with self.subTest(day):
                page = self.client.get(url + day)
                self.assertEqual([unit.kind for unit in page.context["cl"].result_list], [kind])
        self.assertEqual(self.client.get(url + "rubbish").status_code, 200)
