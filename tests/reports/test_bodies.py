"""Bodies that are no area: begun and ended on a page, they report, are counted and have their column."""

from io import BytesIO
from tempfile import NamedTemporaryFile

from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from danvan.units.changing import NewUnit, Plan, Transfer, work_out
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.naming import Gazetteer
from records.models import StudyConference
from reports.counting.counting import counted_for
from reports.models import PeriodKind, Report, State, Value
from reports.workflow.periods import open_period
from tests.reports.test_answering import NEW, D
from tests.reports.test_two_tiers import NinhBinhCase


class BodyCase(NinhBinhCase):
    def begin(self, above="37", kind="dang_uy", name="Công an tỉnh", day="01/07/2025", who=None):
        self.client.force_login(who or self.board)
        above = self.unit(above, NEW).pk
        data = {"above": above, "kind": kind, "name": name, "valid_from": day}
        return self.client.post(reverse("accounts:bodies"), data)

    def world(self):
        """Two bodies, one below a ward; 2026 open; figures of four reports."""
        self.begin()
        self.begin("13363", "mttq", "phường Tiên Sơn")
        self.police = AdministrativeUnit.objects.get(code="K3701")
        self.front = AdministrativeUnit.objects.get(code="K1336301")
        self.y2026 = open_period(2026, actor=self.board)
        for code, number in (("37", 1), ("13363", 20), ("K3701", 300), ("K1336301", 4000)):
            self.value(code, "QT01", number)

    def value(self, code, indicator, number):
        report = Report.objects.get(period=self.y2026, unit__code=code)
        row = self.y2026.catalogue.indicators.get(code=indicator)
        Value.objects.create(report=report, indicator=row, number=number)
        Report.objects.filter(pk=report.pk).update(state=State.APPROVED)


class BeginTest(BodyCase):
    def test_the_board_begins_bodies_below_the_province_and_a_ward(self):
        self.assertRedirects(self.begin(), reverse("accounts:bodies"))
        self.begin(name="Quân sự tỉnh")
        self.begin("13363", "mttq", "phường Tiên Sơn")
        found = AdministrativeUnit.objects.filter(level="body").order_by("code")
        self.assertEqual([body.code for body in found], ["K1336301", "K3701", "K3702"])
        self.assertEqual(found[1].full_name, "Đảng ủy Công an tỉnh")
        self.assertEqual(found[1].full_name_in_text, "đảng ủy Công an tỉnh")
        page = self.page(self.board, "accounts:bodies")
        for name in ("Đảng ủy Quân sự tỉnh", "Ủy ban MTTQ phường Tiên Sơn", "K3702"):
            self.assertContains(page, name)

    def test_bad_input_is_told_and_nothing_is_made(self):
        self.begin()
        for data, told in (
            ({}, "đã có Đảng ủy Công an tỉnh"),
            ({"name": "công  an TỈNH"}, "đã có"),
            ({"name": " "}, "Vui lòng nhập ô này"),
            ({"name": "Quân sự", "day": "01/06/2025"}, "không có hiệu lực"),
            ({"name": "Quân sự", "day": "35/13/2025"}, "Ngày"),
            ({"name": "Quân sự", "kind": "xa"}, "kind"),
        ):
            with self.subTest(data):
                page = self.begin(**data)
                self.assertContains(page, told, status_code=422)
        self.assertEqual(AdministrativeUnit.objects.filter(level="body").count(), 1)

    def test_only_the_board_and_superusers(self):
        self.assertEqual(self.begin(who=self.clerk).status_code, 403)
        self.assertEqual(self.begin(who=self.cast["quantri"]).status_code, 302)

    def test_below_a_unit_that_ended_or_lies_elsewhere_there_is_none(self):
        self.client.force_login(self.board)
        old = self.unit("13369", D(2024, 1, 1)).pk
        data = {"above": old, "kind": "ban", "name": "Một", "valid_from": "01/01/2024"}
        page = self.client.post(reverse("accounts:bodies"), data)
        self.assertEqual(page.status_code, 422)

    def test_an_end_is_written_and_taken_back(self):
        self.begin()
        body = AdministrativeUnit.objects.get(code="K3701")
        url = reverse("accounts:body_end", args=[body.pk])
        page = self.client.post(url, {"valid_to": "01/07/2025"})
        self.assertContains(page, "phải sau ngày bắt đầu", status_code=422)
        self.client.post(url, {"valid_to": "01/03/2026"})
        body.refresh_from_db()
        self.assertEqual(body.valid_to, D(2026, 3, 1))
        self.begin()  # the name is free again, the code is not
        self.assertEqual(AdministrativeUnit.objects.filter(level="body").count(), 2)
        self.assertTrue(AdministrativeUnit.objects.filter(code="K3702").exists())
        self.client.post(url, {"valid_to": ""})
        body.refresh_from_db()
        self.assertIsNone(body.valid_to)


class ReportTest(BodyCase):
    def setUp(self):
        self.world()

    def test_each_has_a_report_that_the_board_reviews(self):
        for body in (self.police, self.front):
            report = Report.objects.get(period=self.y2026, unit=body)
            self.assertEqual((report.level, report.reviewer.code), ("body", "37"))
            self.assertEqual(report.due_date, self.y2026.due_commune)
        self.assertEqual(self.y2026.dues[0][0], "xã, khối trực thuộc")
        queue = self.page(self.board, "reports:list", period_choice=self.y2026.pk, level="body")
        self.assertContains(queue, "Đảng ủy Công an tỉnh")
        self.assertNotContains(queue, "Phường Tiên Sơn</a>")

    def test_it_enters_what_the_catalogue_asks_of_bodies(self):
        rows = self.y2026.catalogue.indicators
        self.assertEqual(rows.get(code="QT01").entry_levels, "XTK")
        self.assertEqual(rows.get(code="GS01.MT").entry_levels, "XTK")
        self.assertEqual(rows.get(code="VD01").entry_levels, "X")
        report = Report.objects.get(period=self.y2026, unit=self.police)
        Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
        user = User.objects.create(username="khoi", unit=self.police, role="clerk")
        self.assertContains(self.page(user, "home"), "Đảng ủy Công an tỉnh")
        page = self.page(user, "reports:entry", report.pk)
        self.assertContains(page, "QT01")
        self.assertNotContains(page, "VD01")
        self.client.post(
            reverse("reports:entry", args=[report.pk]),
            {"QT01": "44", "version": page.context["report"].version},
        )
        value = Value.objects.get(report=report, indicator__code="QT01")
        self.assertEqual(value.number, 44)
        other = Report.objects.get(period=self.y2026, unit=self.front)
        self.assertEqual(self.page(user, "reports:entry", other.pk).status_code, 404)

    def test_its_column_and_row_and_the_total_is_the_sum(self):
        page = self.page(self.board, "reports:consolidation", first=2026, last=2026)
        found = page.context["found"]
        self.assertEqual(found.levels, ("province", "commune", "body"))
        self.assertContains(page, "Khối trực thuộc")
        line = found.lines["QT01"]
        numbers = [line.by_level[level].number for level in found.levels]
        self.assertEqual((numbers, line.total.number), ([1, 20, 4300], 4321))
        page = self.page(self.board, "reports:consolidation", first=2026, last=2026, view="units")
        parts = {row.unit.code: row for row in page.context["breakdown"].total.parts}
        self.assertEqual(parts["K3701"].figures["QT01"].number, 300)
        self.assertEqual(parts["13363"].figures["QT01"].number, 4020)
        self.assertEqual(list(parts)[-1], "K3701")
        self.assertContains(page, "Ủy ban MTTQ phường Tiên Sơn")

    def test_a_ward_has_the_column_of_its_body_and_none_above_it(self):
        shown = {"first": 2026, "last": 2026, "unit": "13363"}
        found = self.page(self.clerk, "reports:consolidation", **shown).context["found"]
        self.assertEqual(found.levels, ("commune", "body"))
        self.assertEqual(found.lines["QT01"].total.number, 4020)
        other = User.objects.create(username="phu-ly", unit=self.unit("13285", NEW), role="clerk")
        shown["unit"] = "13285"
        found = self.page(other, "reports:consolidation", **shown).context["found"]
        self.assertEqual(found.levels, ("commune",))

    def test_the_workbook_has_it(self):
        answer = self.page(self.board, "reports:consolidation_export", first=2026, last=2026)
        book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        cells = [
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        ]
        for text in ("Khối trực thuộc", "Đảng ủy Công an tỉnh", "4321"):
            self.assertIn(text, cells)

    def test_a_record_of_a_body_counts_in_its_report(self):
        StudyConference.objects.create(
            unit=self.police, title="Nghị quyết", start_date=D(2026, 3, 1), form="direct", attendees=30,
            created_by=self.board,
        )  # fmt: skip
        report = Report.objects.get(period=self.y2026, unit=self.police)
        user = User.objects.create(username="khoi", unit=self.police, role="clerk")
        Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
        self.assertEqual(counted_for(report)["QT06"], 30)
        listed = self.page(user, "records:list", "study-conference")
        self.assertContains(listed, "Nghị quyết")
        self.assertEqual(self.page(user, "records:create", "study-conference").status_code, 200)

    def test_its_office_has_a_letterhead(self):
        user = User.objects.create(username="khoi", unit=self.police, role="clerk")
        page = self.page(user, "documents:letterhead", self.police.pk)
        for text in ("ĐẢNG ỦY CÔNG AN TỈNH", "TỈNH ỦY NINH BÌNH", "BÍ THƯ"):
            self.assertContains(page, text)

    def test_figures_of_a_body_leave_and_come_back_unchanged(self):
        answer = self.page(self.board, "reports:export_values", self.y2026.pk)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        rows = [
            row
            for sheet in load_workbook(BytesIO(content))
            for row in sheet.iter_rows(values_only=True)
        ]
        mine = [row for row in rows if "K3701" in row]
        self.assertEqual(len(mine), 1)
        self.assertIn("Đảng ủy Công an tỉnh", mine[0])
        self.assertEqual(Gazetteer().codes("Đảng ủy Công an tỉnh"), {"K3701"})
        self.assertEqual(Gazetteer().codes("Ủy ban MTTQ phường Tiên Sơn"), {"K1336301"})
        self.assertIn("13363", Gazetteer().codes("phường Tiên Sơn"))

    def test_one_that_ended_is_asked_no_more(self):
        AdministrativeUnit.objects.filter(pk=self.police.pk).update(valid_to=D(2026, 12, 20))
        y2027 = open_period(2027, actor=self.board)
        self.assertFalse(y2027.reports.filter(unit=self.police).exists())
        answer = y2027.answers.get(
            unit=self.police
        )  # its last days of the period are the province's
        self.assertEqual(answer.report.unit.code, "37")
        self.assertTrue(y2027.reports.filter(unit=self.front).exists())
        self.assertEqual(y2027.catalogue.indicators.get(code="QT01").entry_levels, "XTK")

    def test_it_ends_with_its_ward_and_stays_where_that_only_takes_a_name(self):
        new = NewUnit("13366", "phuong", "Tiên Sơn Mới", "37")
        moves = (Transfer("13363", "13366"), Transfer("13366", "13366"))
        found = work_out(Plan(D(2027, 7, 1), (new,), moves))
        self.assertIn(self.front, found.ended)
        self.assertNotIn(self.police, found.ended)
        self.assertFalse([a for a in found.arrows if a.predecessor == self.front])
        self.assertEqual(found.above[self.front.pk].name, "Tiên Sơn Mới")
        new = NewUnit("13363", "phuong", "Tên Mới", "37")
        found = work_out(Plan(D(2027, 7, 1), (new,), (Transfer("13363", "13363"),)))
        self.assertNotIn(self.front, found.ended)

    def test_it_has_no_part_in_areas(self):
        arrow = UnitSuccession(
            predecessor=self.police, successor=self.unit("37", NEW), date=D(2026, 1, 1)
        )
        with self.assertRaisesMessage(ValidationError, "không có quan hệ kế thừa"):
            arrow.full_clean()
        page = self.page(self.clerk, "records:create", "mobilisation-model")
        self.assertNotContains(page, "Khối trực thuộc")
        with self.assertRaises(CommandError):
            file = self.enterContext(NamedTemporaryFile("w", suffix=".csv"))
            file.write(
                "code,name,level,parent_code,valid_from,valid_to,successor_codes,source\n"
                "9,Đảng ủy X,body,37,2026-01-01,,,\n"
            )
            file.flush()
            call_command("load_units", file.name)


class LateTest(BodyCase):
    def test_a_body_begun_in_an_open_year_is_asked_by_its_next_period(self):
        year = open_period(2026, actor=self.board)
        self.begin(day="01/01/2026")
        self.assertFalse(year.reports.filter(level="body").exists())
        quarter = open_period(
            2026,
            actor=self.board,
            kind=PeriodKind.QUARTER,
            start=D(2026, 9, 15),
            end=D(2026, 12, 14),
        )
        self.assertEqual(quarter.catalogue, year.catalogue)
        self.assertEqual(quarter.reports.filter(level="body").count(), 1)
        self.assertTrue(quarter.catalogue.indicators.filter(entry_levels__contains="K").exists())

    def test_without_bodies_nothing_speaks_of_them(self):
        year = open_period(2026, actor=self.board)
        self.assertFalse(year.catalogue.indicators.filter(entry_levels__contains="K").exists())
        for name, args, data in (
            ("reports:consolidation", (), {}),
            ("reports:list", (), {"period_choice": year.pk}),
            ("reports:period", (year.pk,), {}),
            ("reports:catalogue", (2026,), {}),
            ("reports:catalogue_add", (2026, "quy-tac"), {}),
        ):
            page = self.page(self.board, name, *args, **data).content.decode()
            content = page[page.index("<main") :]
            self.assertNotIn("hối trực thuộc", content, name)
