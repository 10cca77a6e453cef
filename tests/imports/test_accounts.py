"""Accounts from a sheet: names proposed from codes, everything wrong at once, no password anywhere."""

import io
import re
from unittest.mock import ANY

import openpyxl
from django.core.exceptions import PermissionDenied
from django.test import TestCase

from danvan.accounts.models import AuditEntry, Role, SecurityEvent, User
from danvan.accounts.sheet import account_sheet
from danvan.common import excel
from danvan.imports.account_target import AccountTarget
from danvan.imports.models import ImportJob, RowKind
from records.kinds import KINDS
from records.sheets.columns import RecognitionResource, resource_of
from reports.sheets.columns import UNIT_COLUMNS
from tests.accounts.cast import make_cast
from tests.imports.tools import columns_of, confirm, content, errors_of, upload, workbook


class AccountSheetTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.quan = cls.cast["quan"]

    def setUp(self):
        self.target = AccountTarget()
        self.job = ImportJob(owner=self.quan, target="accounts")
        self.checker = self.target.checker(self.job)

    def check(self, unit="13369", role="Cán bộ nhập liệu", full_name="Lê Hà", username=None):
        row = {"unit": unit, "role": role, "full_name": full_name, "username": username}
        return self.checker.check(5, row)

    def problems(self, **row):
        verdict = self.check(**row)
        self.assertEqual(verdict.kind, RowKind.ERROR)
        return {problem[0]: problem[1] for problem in verdict.item[2]}

    def test_names_are_proposed_from_level_and_code_and_never_twice(self):
        names = [self.check(unit=code).item[1] for code in ("350", "13369", "13369", 13369)]
        self.assertEqual(names, ["huyen-350", "xa-13369-2", "xa-13369-3", "xa-13369-4"])

    def test_role_by_label_without_marks_or_by_value(self):
        for text in ("Cán bộ nhập liệu", "can bo nhap lieu", "clerk", "CLERK"):
            self.assertEqual(self.check(role=text).item[3], "clerk")

    def test_everything_wrong_in_a_row_is_told_at_once(self):
        found = self.problems(unit="99999", role="Chủ tịch", username="có dấu", full_name="x" * 200)
        self.assertEqual(set(found), {"unit", "role", "username", "full_name"})
        self.assertEqual(set(self.problems(unit=None, role=None)), {"unit", "role"})

    def test_every_sheet_knows_the_columns_of_the_unit_under_the_same_names(self):
        sheets = [
            [*self.target.columns(self.job), *self.target.also],
            UNIT_COLUMNS,
            RecognitionResource().columns,
            *(resource_of(kind)().columns for kind in KINDS),
        ]
        known = [{c.key: c.synonyms for c in s if c.key in ("unit", "unit_name")} for s in sheets]
        self.assertEqual(known, [{"unit": ANY, "unit_name": ANY}] * 12)
        self.assertEqual(len({tuple(sorted(names.items())) for names in known}), 1)

    def test_no_row_makes_a_superuser(self):
        self.assertIn("role", self.problems(role="Quản trị viên"))
        self.assertIn("role", self.problems(role="superuser"))

    def test_taken_names_are_refused_in_any_case_also_within_the_file(self):
        self.assertIn("username", self.problems(username="XA-13369"))
        self.assertEqual(self.check(username="lan.anh").kind, RowKind.NEW)
        self.assertIn("username", self.problems(username="Lan.Anh"))

    def test_what_is_exported_is_imported_unchanged(self):
        file = io.BytesIO()
        excel.stream_rows(file, account_sheet(User.objects.all()))
        book = openpyxl.load_workbook(file).active
        headings, *rows = book.values
        self.assertEqual(headings, tuple(c.heading for c in self.target.columns(self.job)))
        self.assertGreater(len(rows), 2)
        for unit, full_name, role, username in rows:
            verdict = self.check(unit=unit, role=role, full_name=full_name, username=username)
            self.assertIsNone(verdict.kind)
        other = self.check(unit=rows[0][0], role=rows[0][2], full_name="Khác", username=rows[0][3])
        self.assertEqual(other.kind, RowKind.ERROR)

    def write(self, *verdicts):
        return self.target.write(self.job, ((v.kind, v.item) for v in verdicts))

    def test_written_without_password_traced_and_then_issued_on_one_sheet(self):
        self.write(self.check(), self.check(unit="350", role="officer"))
        people = list(User.objects.filter(username__in=["xa-13369-2", "huyen-350"]))
        self.assertEqual(len(people), 2)
        self.assertFalse(any(person.has_usable_password() for person in people))
        self.assertEqual(AuditEntry.objects.filter(source="import", action=0).count(), 2)
        self.assertEqual(SecurityEvent.objects.filter(kind="created").count(), 2)
        self.client.force_login(self.quan)
        page = self.client.get("/quan-tri/accounts/user/?mat_khau=none")
        chosen = [user.pk for user in page.context["cl"].result_list]
        self.assertEqual(sorted(chosen), sorted(person.pk for person in people))
        issued = self.client.post(
            "/quan-tri/accounts/user/",
            {"action": "reset_selected", "_selected_action": chosen, "confirmed": "1"},
        )
        sheet = self.client.post(issued["Location"])
        passwords = re.findall(r"Mật khẩu: <code>([^<]+)</code>", sheet.content.decode())
        self.assertEqual(len(set(passwords)), 2)
        page = self.client.get("/quan-tri/accounts/user/?mat_khau=none")
        self.assertEqual(len(page.context["cl"].result_list), 0)

    def test_nobody_but_superusers(self):
        self.job.owner = self.cast["chi"]
        with self.assertRaises(PermissionDenied):
            self.write(self.check(role=Role.CLERK.label))
        for name in ("an", "binh", "chi", "lan"):
            self.client.force_login(self.cast[name])
            page = self.client.get("/nhap-excel/accounts/tai-len/")
            self.assertIn(page.status_code, (403, 404))


class AccountFlowTest(TestCase):
    """The same through the pages: from the list of accounts to the sheet and back."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.quan = cls.cast["quan"]

    def setUp(self):
        self.client.force_login(self.quan)

    def file(self, *rows) -> bytes:
        return workbook(rows, columns_of(self.quan, "accounts"))

    def test_the_accounts_page_leads_to_it_and_only_superusers_are_offered_it(self):
        address = "/nhap-excel/accounts/tai-len/"
        self.assertContains(self.client.get("/quan-tri/accounts/user/"), address)
        self.assertContains(self.client.get("/nhap-excel/"), address)
        self.client.force_login(self.cast["chi"])
        self.assertNotContains(self.client.get("/nhap-excel/"), address)
        for method, path in (("get", "tai-len"), ("get", "mau"), ("post", "tai-len")):
            answer = getattr(self.client, method)(f"/nhap-excel/accounts/{path}/")
            self.assertEqual(answer.status_code, 403, path)

    def test_the_template_filled_in_is_imported_and_ends_at_the_passwords(self):
        book = openpyxl.load_workbook(
            io.BytesIO(content(self.client.get("/nhap-excel/accounts/mau/")))
        )
        self.assertEqual(book.sheetnames[0], "Tài khoản")
        self.assertNotIn("Mật khẩu", [cell.value for cell in book.active[3]])
        for column, value in enumerate(("350", "Lê Hà", "Cán bộ nhập liệu"), start=1):
            book.active.cell(4, column).value = value
        filled = io.BytesIO()
        book.save(filled)
        job = upload(self.client, filled.getvalue(), "accounts")
        self.assertEqual(job.counts, {"new": 1, "changes": 1})
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "huyen-350")
        self.assertFalse(User.objects.filter(username="huyen-350").exists())
        job = confirm(self.client, job)
        self.assertEqual((job.state, job.result), ("done", {"new": 1, "changed": 0}))
        person = User.objects.get(username="huyen-350")
        self.assertEqual((person.full_name, person.role), ("Lê Hà", Role.CLERK))
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, 'href="/quan-tri/accounts/user/cap-mat-khau/"')
        self.assertContains(self.client.get("/quan-tri/accounts/user/cap-mat-khau/"), "huyen-350")
        self.assertNotContains(page, "Hoàn tác toàn bộ")

    def test_accounts_are_stopped_not_undone(self):
        row = {"unit": "350", "role": Role.CLERK.label}
        job = confirm(self.client, upload(self.client, self.file(row), "accounts"))
        page = self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/", follow=True)
        self.assertContains(page, "không hoàn tác được")
        self.assertTrue(User.objects.get(username="huyen-350").is_active)

    def test_one_bad_row_stops_all_and_the_second_upload_makes_no_double(self):
        good = {"unit": "350", "role": Role.CLERK.label, "username": "lan.anh"}
        job = upload(self.client, self.file(good, {"unit": "1", "role": "?"}), "accounts")
        self.assertEqual(set(errors_of(job)), {"A3", "C3"})
        self.assertEqual(confirm(self.client, job).state, "checked")
        self.assertFalse(User.objects.filter(username="lan.anh").exists())
        confirm(self.client, upload(self.client, self.file(good), "accounts"))
        again = upload(self.client, self.file(good), "accounts")
        self.assertEqual(set(errors_of(again)), set())
        other = upload(self.client, self.file({**good, "full_name": "Khác"}), "accounts")
        self.assertEqual(set(errors_of(other)), {"D2"})
        self.assertEqual(User.objects.filter(username="lan.anh").count(), 1)

    def test_who_lost_the_right_meanwhile_writes_nothing(self):
        row = {"unit": "350", "role": Role.CLERK.label}
        job = upload(self.client, self.file(row), "accounts")
        User.objects.filter(pk=self.quan.pk).update(is_superuser=False, unit=self.cast["xa"])
        self.assertEqual(self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/").status_code, 404)
        self.assertFalse(User.objects.filter(username="huyen-350").exists())
