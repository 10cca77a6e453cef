"""What was sent out stays as it was: freezing, numbers, replacing, checksums, the database itself."""

import datetime
import uuid
from decimal import Decimal
from io import BytesIO, StringIO
from unittest import mock

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import TestCase
from openpyxl import load_workbook

from danvan.accounts.models import User
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.consolidation.units import break_down
from reports.documents.issues import issuing
from reports.documents.issues.files import attach_signed, made_file
from reports.documents.issues.issuing import IssueOrder, IssueRefused, issue, next_number
from reports.documents.issues.standing import differs_today
from reports.documents.issues.thawed import Thawed
from reports.figures.writing import Figure, write_figures
from reports.models import (
    Indicator,
    IssuedReport,
    IssueFile,
    PublishedIssue,
    Qualifier,
    Report,
    State,
    Value,
)
from reports.workflow.moves import make_move
from tests.reports.consolidation_data import enter, make_period, make_tree, set_state

DAY = datetime.date(2023, 1, 10)


class Issues(TestCase):
    """The small province with 2021 and 2022, and its board."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        # keys that are in another order as texts
        cls.y2021, cls.y2022 = make_period(2021, pk=99_999), make_period(2022, pk=100_000)
        enter(cls.y2022, "1", DT01=3, DT07=80, DT08=73, CQ02=4, GS08=2, VD01="12.5")
        enter(cls.y2022, "2", Qualifier.AT_LEAST, DT01=1140)
        enter(cls.y2022, "3", DT03=2, CQ01=1, CQ02=2)
        enter(cls.y2022, "350", DT01=5, DV10=4)
        enter(cls.y2022, "35", DT01=1, DV09=2)
        enter(cls.y2021, "1", DT01=7, GS08=9)
        text = cls.y2022.catalogue.indicators.get(code="NX01")
        Value.objects.create(
            report=Report.objects.get(period=cls.y2022, unit__code="1"),
            indicator=text,
            text="Ổn định.",
        )
        cls.officers = {
            code: User.objects.create(username=f"o{code}", unit=cls.tree[code], role="officer")
            for code in ("35", "350")
        }
        cls.officer = cls.officers["35"]
        cls.clerk = User.objects.create(username="c", unit=cls.tree["1"], role="clerk")

    def scope(self, first=2022, last=2022, unit="35", **options):
        return Scope(self.tree[unit], first, last, **options)

    def order(self, number=1, **fields):
        values = {
            "scope": self.scope(),
            "kind": "BC",
            "number": number,
            "date": DAY,
            "title": "kết quả công tác dân vận năm 2022",
            "signing": {
                "authority": "",
                "authority_of": "",
                "post": "TRƯỞNG BAN",
                "signer": "Lê Thị Chi",
            },
        }
        return IssueOrder(**{**values, **fields})

    def issue(self, *args, user=None, **fields):
        made = issue(self.order(*args, **fields), user=user or self.officer)
        return self.again(made)

    def again(self, made):
        return PublishedIssue.objects.with_names().with_touched().get(pk=made.pk)

    def change(self, unit, reason="Đếm lại", period=None, **numbers):
        """Correct an approved report as people do: reopen, write, send, approve."""
        report = Report.objects.get(period=period or self.y2022, unit__code=unit)
        boss = User.objects.filter(is_superuser=True).first() or User.objects.create(
            username="root", is_superuser=True, full_name="Quản trị"
        )
        make_move(report, "reopen", user=boss, reason="Sai số liệu")
        figures = {code: Figure(Decimal(number)) for code, number in numbers.items()}
        write_figures(report, figures, actor=boss, source="form", reason=reason)
        Report.objects.filter(pk=report.pk).update(state=State.SUBMITTED)
        report.refresh_from_db()
        make_move(report, "approve", user=boss)


class FreezingTests(Issues):
    def test_what_is_kept_is_what_the_page_showed(self):
        for scope in (
            self.scope(),
            self.scope(2021, 2022),
            self.scope(unit="350"),
            self.scope(section="DT"),
        ):
            with self.subTest(scope):
                user = self.officers[scope.unit.code]
                number = next_number(scope.unit, "BC", "2020 - 2025")
                row = self.issue(number, scope=scope, user=user)
                data = ScopeData(scope)
                live, kept = consolidate(data), Thawed(row).consolidation
                self.assertEqual(kept.sections, live.sections)
                self.assertEqual((kept.years, kept.prior_years), (live.years, live.prior_years))
                self.assertEqual(
                    self.flat(Thawed(row).breakdown.total),
                    self.flat(break_down(data, scope.section).total),
                )

    def test_an_issue_that_kept_its_years_by_key_is_read_in_the_order_of_time(self):
        row = self.issue(scope=self.scope(2021, 2022))
        shown = self.flat(Thawed(row).breakdown.total)
        older = self.again(row)
        years = dict(older.frozen_units.pop("periods"))
        older.frozen_units["years"] = {str(key): years[key] for key in sorted(years, key=str)}
        self.assertEqual(list(older.frozen_units["years"]), ["100000", "99999"])
        self.assertEqual(list(Thawed(older).years.values()), [2021, 2022])
        self.assertEqual(self.flat(Thawed(older).breakdown.total), shown)

    def flat(self, row):
        """Return the rows of a breakdown as (name, figures), in their order."""
        parts = [line for part in row.parts for line in self.flat(part)]
        return [(row.unit.place_name, row.is_own, row.figures), *parts]

    def test_later_corrections_do_not_reach_it(self):
        row = self.issue()
        before = Thawed(row).consolidation.lines["DT01"].total
        self.change("1", DT01=30)
        Indicator.objects.filter(code="DT01").update(label="Tên mới")
        kept = Thawed(self.again(row)).consolidation.lines["DT01"]
        self.assertEqual((kept.total, kept.definition.label), (before, "Chỉ tiêu DT01"))
        self.assertEqual(row.seal(), row.sha256)

    def test_letterhead_number_signer_and_register(self):
        row = self.issue(7)
        head = Thawed(row).head
        self.assertEqual(head.number_line, "Số 07-BC/BDVTU")
        self.assertEqual(
            (head.signer, row.register, str(row)),
            ("Lê Thị Chi", "2020 - 2025", "Báo cáo số 07-BC/BDVTU"),
        )
        notice = self.issue(1, kind="TB")
        self.assertEqual(notice.symbol, "-TB/BDVTU")

    def test_the_reports_asked_for_and_their_versions_are_kept(self):
        row = self.issue()
        kept = IssuedReport.objects.filter(issue=row)
        self.assertEqual(kept.count(), Report.objects.filter(period=self.y2022).count())

    def test_the_workbook_is_made_once_and_says_what_was_sent(self):
        row = self.issue()
        self.change("1", DT01=30)
        made = made_file(row, "xlsx", user=self.officer)
        self.assertEqual(made_file(self.again(row), "xlsx", user=self.officer), made)
        with made.file.open("rb") as stored:
            book = load_workbook(BytesIO(stored.read()))
        summary = [[c.value for c in line] for line in book["Tổng hợp"].iter_rows()]
        self.assertIn(1149, next(line for line in summary if line[1] == "Chỉ tiêu DT01"))
        values = {value for line in summary for value in line}
        self.assertLessEqual(
            {"Số 01-BC/BDVTU", "Lê Thị Chi", "Hà Nam, ngày 10 tháng 01 năm 2023"}, values
        )
        texts = [[c.value for c in line] for line in book["Lời văn"].iter_rows(min_row=4)]
        self.assertEqual(
            texts, [["Xã Liêm Chung, thành phố Phủ Lý", "Năm 2022", "Chỉ tiêu NX01", "Ổn định."]]
        )

    def test_figures_that_move_while_they_are_read_are_refused(self):
        def meanwhile(*args):
            self.change("1", DT01=30)
            return real(*args)

        real = issuing.frozen_units
        with mock.patch.object(issuing, "frozen_units", meanwhile), self.assertRaises(IssueRefused):
            self.issue()
        self.assertFalse(PublishedIssue.objects.exists())


class RefusalTests(Issues):
    def refused(self, field, **fields):
        with self.assertRaises(IssueRefused) as refusal:
            self.issue(**fields)
        self.assertEqual(refusal.exception.field, field)
        return str(refusal.exception)

    def test_missing_reports_ask_for_a_reason_and_it_is_printed(self):
        set_state(self.y2022, "3", State.DRAFT)
        self.assertIn("Còn thiếu 1/7 báo cáo", self.refused("missing_reason"))
        row = self.issue(missing_reason="Xã Lê Hồ bị lụt")
        self.assertEqual(Thawed(row).notes, ["Còn thiếu 1/7 báo cáo: Xã Lê Hồ bị lụt"])
        with made_file(row, "xlsx", user=self.officer).file.open("rb") as stored:
            sheet = load_workbook(BytesIO(stored.read()))["Tổng hợp"]
        self.assertIn(
            "Còn thiếu 1/7 báo cáo: Xã Lê Hồ bị lụt", [c.value for line in sheet for c in line]
        )

    def test_nothing_to_send_out(self):
        Report.objects.filter(period=self.y2022).update(state=State.DRAFT)
        self.assertIn("Chưa có báo cáo nào", self.refused("", missing_reason="x"))

    def test_a_number_already_used(self):
        self.issue(5)
        self.assertIn(
            "Số 5 đã được dùng trong sổ 2020 - 2025. Số tiếp theo là 6.",
            self.refused("number", number=5),
        )
        self.issue(5, kind="TB")  # another kind of document runs by itself
        self.issue(
            5, date=datetime.date(2026, 1, 12), scope=self.scope(2021, 2021)
        )  # the next term
        self.issue(
            5,
            scope=self.scope(unit="350"),
            user=User.objects.create(username="d", unit=self.tree["350"], role="officer"),
        )
        self.assertEqual(next_number(self.tree["35"], "BC", "2020 - 2025"), 6)

    def test_two_at_the_same_moment_get_no_number_twice(self):
        self.issue(5)
        with mock.patch.object(issuing, "_check"), self.assertRaises(IssueRefused) as refusal:
            self.issue(5)
        self.assertEqual(refusal.exception.field, "number")

    def test_days_on_which_no_such_office_writes(self):
        self.refused("date", date=datetime.date(2019, 1, 1))
        self.refused("date", date=datetime.date.today() + datetime.timedelta(days=1))

    def test_only_the_offices_own_officers(self):
        viewer = User.objects.create(username="v", unit=self.tree["35"], role="viewer")
        above = User.objects.create(username="d", unit=self.tree["350"], role="officer")
        for user, scope in (
            (viewer, self.scope()),
            (self.clerk, self.scope(unit="1")),
            (above, self.scope()),
            (self.officer, self.scope(unit="350")),
        ):
            with self.subTest(user.username), self.assertRaises(PermissionDenied):
                self.issue(scope=scope, user=user)

    def test_who_signs_is_judged_like_a_letterhead(self):
        with self.assertRaises(ValidationError) as refused:
            self.issue(
                signing={
                    "authority": "KT",
                    "authority_of": "",
                    "post": "PHÓ TRƯỞNG BAN",
                    "signer": "TS. A",
                }
            )
        self.assertEqual(set(refused.exception.error_dict), {"authority_of"})

    def test_a_form_sent_twice_gives_the_first_result(self):
        token = uuid.uuid4()
        first = self.issue(token=token)
        self.assertEqual(self.issue(number=9, token=token), first)
        with self.assertRaises(PermissionDenied):
            self.issue(
                token=token,
                user=User.objects.create(username="q", unit=self.tree["35"], role="officer"),
            )


class ReplacingTests(Issues):
    def rows(self, row):
        return {
            (r["code"], r["unit"] or r["level"]): (r["old"], r["new"], r["why"])
            for r in row.frozen["differences"]
        }

    def test_the_difference_sheet_says_what_who_and_why(self):
        first = self.issue()
        self.change("1", DT01=30, DT08=60, CQ02=5)
        second = self.issue(2, replaces=first, title="lần hai")
        rows = self.rows(second)
        commune = "Xã Liêm Chung, thành phố Phủ Lý"
        self.assertEqual(rows["DT01", commune][:2], ("3", "30"))
        for said in ("Quản trị", "sửa ngày", "Đếm lại"):
            self.assertIn(said, rows["DT01", commune][2])
        self.assertEqual(
            rows["DT01", "Tổng"], ("trên 1.149", "trên 1.176", "Do số liệu của Xã Liêm Chung")
        )
        self.assertEqual(
            rows["DT11", "Tổng"], ("91,3", "75", "Tính lại theo công thức DT08 / DT07")
        )
        self.assertEqual(rows["CQ02", commune][:2], ("Tốt", "Xuất sắc"))
        self.assertNotIn(("DT07", commune), rows)
        with made_file(second, "xlsx", user=self.officer).file.open("rb") as stored:
            sheet = load_workbook(BytesIO(stored.read()))["Khác biệt"]
        printed = [tuple(c.value for c in line)[:7] for line in sheet.iter_rows(min_row=4)]
        self.assertIn(("DT01", "Chỉ tiêu DT01", "Cấp xã", commune, 2022, "3", "30"), printed)

    def test_a_report_that_came_late_says_so(self):
        set_state(self.y2022, "1", State.SUBMITTED)
        first = self.issue(missing_reason="Chưa duyệt xong")
        report = Report.objects.get(period=self.y2022, unit__code="1")
        boss = User.objects.create(username="root", is_superuser=True)
        make_move(report, "approve", user=boss)
        row = self.rows(self.issue(2, replaces=first))["DT01", "Xã Liêm Chung, thành phố Phủ Lý"]
        self.assertEqual(row[:2], ("(trống)", "3"))
        self.assertIn("lần trước chưa có trong số liệu", row[2])

    def test_editions_count_and_only_the_last_is_replaced(self):
        first = self.issue()
        second = self.issue(2, replaces=first)
        self.assertEqual(
            (second.edition, Thawed(second).notes),
            (2, ["Lần 2, thay thế báo cáo số 01-BC/BDVTU ngày 10/01/2023."]),
        )
        with self.assertRaises(IssueRefused):
            self.issue(3, replaces=self.again(first))
        with mock.patch.object(issuing, "_check"), self.assertRaises(IssueRefused) as refusal:
            self.issue(3, replaces=first)
        self.assertEqual(refusal.exception.field, "replaces")
        with self.assertRaises(IssueRefused):
            self.issue(3, replaces=second, scope=self.scope(2021, 2022))
        self.assertEqual(self.issue(3, replaces=second).edition, 3)


class StandingTests(Issues):
    def differs(self, row):
        return differs_today(self.again(row))

    def test_says_which_no_longer_equal_todays_figures(self):
        row, other = self.issue(), self.issue(2, scope=self.scope(2021, 2021))
        self.assertFalse(self.differs(row))
        self.change("1", DT01=30)
        self.assertEqual((self.differs(row), self.differs(other)), (True, False))
        self.change("1", DT01=3)
        self.assertFalse(self.differs(row))

    def test_sent_back_and_approved_again_unchanged_is_no_difference(self):
        row = self.issue()
        self.change("1", DT01=3)
        self.assertTrue(self.again(row).touched)
        self.assertFalse(self.differs(row))

    def test_two_units_that_even_out_are_a_difference(self):
        row = self.issue()
        self.change("1", DT01=4)
        self.change("350", DT01=4)
        self.assertTrue(self.differs(row))

    def test_a_report_taken_out_and_a_period_opened_later_are(self):
        row = self.issue()
        report = Report.objects.get(period=self.y2022, unit__code="2")
        boss = User.objects.create(username="root", is_superuser=True)
        make_move(report, "reopen", user=boss, reason="Sai")
        self.assertTrue(self.differs(row))
        other = self.issue(2, scope=self.scope(2021, 2021))
        make_period(
            2021,
            kind="part",
            start=datetime.date(2021, 12, 15),
            end=datetime.date(2021, 12, 20),
            catalogue=self.y2021.catalogue,
        )
        self.assertTrue(self.differs(other))

    def test_nothing_touched_asks_no_figure(self):
        row = self.again(self.issue())
        with self.assertNumQueries(0):
            differs_today(row)
        self.change("1", DT01=30)
        row = self.again(row)
        differs_today(row)
        with self.assertNumQueries(1):  # remembered: only the versions are read
            differs_today(row)


class KeptForGoodTests(Issues):
    def test_the_database_refuses_changes(self):
        attach_signed(self.issue(), SimpleUploadedFile("a.pdf", b"%PDF-1.7 x"), user=self.officer)
        for rows, column in (
            (PublishedIssue.objects, "number"),
            (IssuedReport.objects, "version"),
            (IssueFile.objects, "size"),
        ):
            for act in (
                lambda rows=rows, column=column: rows.update(**{column: 9}),
                lambda rows=rows: rows.all()._raw_delete("default"),
            ):
                with (
                    self.subTest(rows.model.__name__),
                    self.assertRaises(DatabaseError),
                    transaction.atomic(),
                ):
                    act()

    def verify(self):
        out, err = StringIO(), StringIO()
        call_command("verify_issues", stdout=out, stderr=err)
        return out.getvalue()

    def tampered(self, **values):
        """Change an issue as somebody could who has the database file and no trigger in the way."""
        from danvan.common.ops.append_only import unprotected

        row = self.issue(PublishedIssue.objects.count() + 1)
        with unprotected(connection, PublishedIssue._meta.db_table):
            PublishedIssue.objects.filter(pk=row.pk).update(**values)
        return row

    def test_checksums_are_recomputed(self):
        self.issue()
        made_file(self.again(PublishedIssue.objects.get()), "xlsx", user=self.officer)
        self.assertIn("1 issues, 1 files", self.verify())

    def test_whatever_was_changed_is_found(self):
        other = self.issue(90, scope=self.scope(2021, 2021))
        for number, values in enumerate(
            (
                {"number": 99}, {"title": "khác"}, {"missing_reason": "x"}, {"content": other.content},
                {"units": other.units}, {"content": b"x"}, {"date": datetime.date(2022, 1, 1)},
                {"sha256": "0" * 64}, {"included": 1}, {"replaces": other},
            ), 1,
        ):  # fmt: skip
            with self.subTest(list(values)):
                self.tampered(**values)
                with self.assertRaisesMessage(CommandError, f"{number} checksum(s) differ"):
                    self.verify()

    def test_a_changed_or_lost_file_is_found(self):
        row = self.issue()
        file = attach_signed(row, SimpleUploadedFile("a.pdf", b"%PDF-1.7 x"), user=self.officer)
        file.file.storage.delete(file.file.name)
        with self.assertRaisesMessage(CommandError, "1 checksum(s) differ"):
            self.verify()
        file.file.storage.save(file.file.name, SimpleUploadedFile("a", b"%PDF-1.7 y"))
        with self.assertRaises(CommandError):
            self.verify()
