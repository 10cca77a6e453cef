"""Years after the districts ended: two parts or one period in 2025, commune to province in 2026."""

import datetime
from decimal import Decimal
from io import BytesIO

from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from danvan.accounts.models import User
from reports.catalogue.loading import catalogue_for, copy_catalogue
from reports.figures.rules import RuleBook
from reports.figures.stored import prior_numbers
from reports.models import Indicator, PeriodKind, Report, ReportingPeriod, State, Value
from reports.workflow.periods import (
    current_among,
    extend_deadline,
    open_period,
    periods_for,
)
from tests.reports.test_answering import NEW, D, HaNamCase
from tests.reports.test_answering_pages import FORM


def current_period(user):
    return current_among(periods_for(user), user)


class NinhBinhCase(HaNamCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.board = User.objects.create(
            username="tinh-37", unit=cls.unit(cls, "37", NEW), role="officer", full_name="Vũ Thị Hà"
        )
        cls.clerk = User.objects.create(
            username="son", unit=cls.unit(cls, "13363", NEW), role="clerk", full_name="Trần Thị Sơn"
        )

    def page(self, who, name, *args, **data):
        self.client.force_login(who)
        return self.client.get(reverse(name, args=args), data)


class NoDistrictTest(NinhBinhCase):
    """2025 told as one period on the units of its end, and 2026."""

    def setUp(self):
        self.y2025 = self.open()
        self.y2026 = open_period(2026, actor=self.board)

    def approve(self, **numbers):
        for period in (self.y2025, self.y2026):
            for code, number in numbers.items():
                Value.objects.create(
                    report=self.report(period, "13363"),
                    indicator=period.catalogue.indicators.get(code=code),
                    number=number,
                )
        Report.objects.update(state=State.APPROVED)

    def test_the_catalogue_asks_nothing_of_districts(self):
        for period in (self.y2025, self.y2026):
            rows = period.catalogue.indicators
            self.assertFalse(rows.filter(entry_levels__contains="H").exists())
            self.assertFalse(rows.filter(code__in=["DV10", "CQ06", "CQ07", "KT03"]).exists())
            self.assertEqual(rows.get(code="DC04").entry_levels, "XT")
            self.assertEqual(rows.get(code="DV08").formula, "DV09 + DV11")
            self.assertFalse(rows.filter(label__contains="huyện").exists())
            rules = period.catalogue.rules
            self.assertFalse(rules.filter(message__contains="huyện").exists())
            self.assertTrue(rules.filter(levels="T", expression="TD01 >= 12").exists())

    def test_the_chain_is_commune_to_province(self):
        report = self.report(self.y2026, "13363")
        self.assertEqual(report.reviewer, self.board.unit)
        Report.objects.filter(pk=report.pk).update(state=State.SUBMITTED)
        queue = self.page(self.board, "reports:review", period_choice=self.y2026.pk)
        self.assertContains(queue, "Phường Tiên Sơn")

    def test_no_page_speaks_of_a_district(self):
        self.approve(DT01=3, DT03=3)
        report = self.report(self.y2026, "13363")
        Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
        for who, name, args, data in (
            (self.board, "reports:periods", (), {}),
            (self.board, "reports:period", (self.y2026.pk,), {}),
            (self.board, "reports:period_open", (), {}),
            (self.board, "reports:review", (), {"period_choice": self.y2026.pk}),
            (self.board, "reports:list", (), {"period_choice": self.y2026.pk}),
            (self.board, "reports:consolidation", (), {}),
            (self.board, "reports:consolidation", (), {"view": "units"}),
            (self.board, "reports:catalogue", (2026,), {}),
            (self.board, "reports:catalogue_add", (2027, "chi-tieu"), {}),
            (self.board, "reports:catalogue_add", (2027, "quy-tac"), {}),
            (self.board, "home", (), {}),
            (self.clerk, "home", (), {}),
            (self.clerk, "reports:entry", (report.pk,), {}),
            (self.clerk, "reports:detail", (report.pk,), {}),
        ):
            with self.subTest(f"{who.username} {name} {data}"):
                copy_catalogue(self.y2026.catalogue, 2027)
                page = self.page(who, name, *args, **data).content.decode()
                for words in ("huyện", "Huyện"):
                    self.assertNotIn(words, page)

    def test_nor_the_workbook(self):
        self.approve(DT01=3, DT03=3)
        answer = self.page(self.board, "reports:consolidation_export", first=2025, last=2026)
        book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        for sheet in book:
            for row in sheet.iter_rows(values_only=True):
                self.assertFalse([cell for cell in row if "uyện" in str(cell)], sheet.title)
        page = self.page(self.board, "reports:consolidation", first=2025, last=2026)
        self.assertEqual(page.context["found"].levels, ("province", "commune"))
        self.assertEqual(page.context["found"].lines["DT01"].total.number, 6)

    def test_a_range_with_districts_keeps_their_column(self):
        open_period(2024, actor=self.cast["tinh"])
        page = self.page(self.board, "reports:consolidation", first=2024, last=2026)
        self.assertEqual(page.context["found"].levels, ("province", "district", "commune"))

    def test_many_communes_are_named_shortly_and_charted_by_the_highest(self):
        self.approve(DT01=3, DT03=3)
        shown = {"view": "units", "first": 2026, "last": 2026, "chart": "DT01"}
        page = self.page(self.board, "reports:consolidation", **shown)
        chart = page.context["chart"]
        self.assertEqual(len(chart.bars), 30)
        self.assertEqual((chart.bars[0].label, chart.bars[0].text), ("Phường Tiên Sơn", "3"))
        self.assertContains(page, "30 đơn vị cao nhất trong 34 đơn vị")
        queue = self.page(self.board, "reports:list", period_choice=self.y2026.pk)
        self.assertContains(queue, "Phường Tiên Sơn")
        self.assertNotContains(queue, "Phường Tiên Sơn, tỉnh")

    def test_the_workbook_charts_the_highest_of_many(self):
        self.approve(DT01=3, DT03=3)
        shown = {"first": 2026, "last": 2026}
        answer = self.page(self.board, "reports:consolidation_export", **shown)
        sheet = load_workbook(BytesIO(b"".join(answer.streaming_content)))["Biểu đồ"]
        self.assertIn("30 đơn vị cao nhất trong 34 đơn vị", sheet["A1"].value)
        heads = [row[0].row for row in sheet.iter_rows() if row[0].value == "Đơn vị"]
        self.assertEqual(len(heads), len(sheet._charts))
        first = [sheet.cell(heads[0] + 1, column).value for column in (1, 2)]
        self.assertEqual(first, ["Phường Tiên Sơn", 3])
        series = sheet._charts[0].series[0]
        self.assertIn(f"$B${heads[0] + 1}:$B${heads[0] + 30}", series.val.numRef.f)

    def test_menus_of_records_offer_the_units_of_today_first(self):
        for name in ("records:list", "records:create"):
            page = self.page(self.board, name, "dialogue-conference").content.decode()
            menu = page[page.index('name="unit"') :]
            self.assertLess(menu.index("Phường Tiên Sơn"), menu.index("Thành phố Phủ Lý"), name)

    def test_a_model_of_a_new_commune_is_not_offered_a_district(self):
        page = self.page(self.clerk, "records:create", "mobilisation-model")
        self.assertContains(page, "Cấp huyện")  # its report of 2025 answers for the old communes
        self.y2025.answers.all().delete()
        page = self.page(self.clerk, "records:create", "mobilisation-model")
        self.assertNotContains(page, "Cấp huyện")
        self.assertContains(page, "Cấp tỉnh")

    def test_opening_asks_for_a_due_date_of_districts_only_where_there_are_any(self):
        page = self.page(self.board, "reports:period_open")
        self.assertNotContains(page, "due_district")
        self.client.force_login(self.board)
        dates = {
            name: text.replace("2025", "2027").replace("01/01/2027", "15/12/2026")
            for name, text in FORM.items()
            if name != "due_district"
        }
        answer = self.client.post(reverse("reports:period_open"), dates)
        self.assertEqual(answer.status_code, 302)
        dates = FORM | {"year": "2024", "start": "15/12/2023", "structure_date": "14/12/2024"}
        del dates["due_district"]
        answer = self.client.post(reverse("reports:period_open"), dates)
        self.assertEqual(answer.status_code, 422)
        self.assertContains(answer, "Hạn nộp cấp huyện", status_code=422)


class CatalogueTest(NinhBinhCase):
    def test_a_catalogue_made_before_its_year_was_opened_loses_the_districts_then(self):
        copy_catalogue(catalogue_for(2024), 2025)
        mine = Indicator.objects.get(catalogue__year=2025, code="QT01")
        Indicator.objects.filter(pk=mine.pk).update(label="Tên của tỉnh")
        catalogue = self.open().catalogue
        self.assertFalse(catalogue.has_districts)
        self.assertEqual(catalogue.indicators.get(code="QT01").label, "Tên của tỉnh")
        self.assertEqual(catalogue.sections.count(), 13)

    def test_of_a_year_in_two_parts_the_later_has_one_of_its_own(self):
        first = self.first_part()
        self.assertTrue(first.catalogue.has_districts)
        second = self.open(kind=PeriodKind.PART, start=D(2025, 7, 1))
        self.assertEqual((second.catalogue.year, second.catalogue.slug), (2025, "2025-2"))
        self.assertFalse(second.catalogue.has_districts)
        asked = {
            period: period.catalogue.indicators.get(code="DC04").entry_levels
            for period in (first, second)
        }
        self.assertEqual(asked, {first: "HT", second: "XT"}, "communes say what districts said")
        self.assertEqual(
            open_period(2026, actor=None).catalogue.indicators.get(code="DC04").entry_levels, "XT"
        )
        self.assertEqual([period.reports.count() for period in (first, second)], [105, 34])
        self.assertEqual(second.dues[0][0], "xã")
        self.assertEqual([level for level, _day in second.dues], ["xã", "tỉnh"])

    def test_both_are_looked_at_edited_and_added_up(self):
        first = self.first_part()
        second = self.open(kind=PeriodKind.PART, start=D(2025, 7, 1))
        quan = self.cast["quantri"]
        page = self.page(quan, "reports:catalogues")
        for catalogue in (first.catalogue, second.catalogue):
            url = reverse("reports:catalogue", args=[catalogue.slug])
            self.assertContains(page, url)
            self.assertContains(self.client.get(url), str(catalogue))
            row = catalogue.indicators.get(code="QT01")
            edit = reverse("reports:catalogue_edit", args=[catalogue.slug, "chi-tieu", row.pk])
            self.assertContains(self.client.get(edit), row.label)
        self.assertEqual(self.client.get("/bao-cao/danh-muc/2025-3/").status_code, 404)
        told = Indicator.objects.of_year(2025)
        self.assertEqual(told.get(code="DC04").catalogue, second.catalogue)
        self.assertEqual(len({row.code for row in told}), told.count())


class SameSpanTest(HaNamCase):
    """What is compared: a year with a year, half a year with half a year."""

    def half(self, year):
        due = dict.fromkeys(("due_commune", "due_district", "due_province"), D(year, 6, 20))
        return open_period(
            year, actor=None, kind=PeriodKind.HALF, start=D(year - 1, 12, 15), end=D(year, 6, 14),
            structure_date=D(year, 6, 14), **due,
        )  # fmt: skip

    def enter(self, period, code, number, figure="DT06"):
        indicator = period.catalogue.indicators.get(code=figure)
        Value.objects.create(
            report=self.report(period, code), indicator=indicator, number=Decimal(number)
        )

    def test_half_a_year_with_half_a_year_never_with_the_year(self):
        y2023, y2024 = (open_period(year, actor=None) for year in (2023, 2024))
        half2024 = self.half(2024)
        self.enter(y2023, "13369", 900)
        report = self.report(half2024, "13369")
        self.assertEqual(prior_numbers(report), {})
        half2023 = self.half(2023)
        self.enter(half2023, "13369", 400)
        self.assertEqual(prior_numbers(report), {"DT06": 400})
        self.assertEqual(prior_numbers(self.report(y2024, "13369")), {"DT06": 900})

    def test_a_part_of_another_length_is_not_compared(self):
        self.enter(self.half(2024), "13369", 400)
        self.assertEqual(prior_numbers(self.report(self.first_part(), "13369")), {})

    def test_what_a_year_must_have_is_not_asked_of_half_a_year(self):
        year, half = open_period(2024, actor=None), self.half(2024)
        for period, told in ((year, True), (half, False)):
            self.enter(period, "13369", 12, "TD01")
            self.client.force_login(self.cast["xa-13369"])
            url = reverse("reports:entry", args=[self.report(period, "13369").pk])
            page = self.client.get(url).content.decode()
            self.assertEqual("24 ngày mỗi năm" in page, told, period)

    def test_the_jump_says_what_it_is_held_against(self):
        for year, number in ((2023, 400), (2024, 900)):
            self.enter(self.half(year), "13369", number)
        self.client.force_login(self.cast["xa-13369"])
        report = Report.objects.get(period__year=2024, unit__code="13369")
        page = self.client.get(reverse("reports:entry", args=[report.pk]))
        self.assertContains(page, "DT06 tăng mạnh so với cùng kỳ năm trước (400)")

    def test_rules_of_the_year_are_left_to_the_year(self):
        catalogue = open_period(2024, actor=None).catalogue_id
        whole, part = (RuleBook(catalogue, "commune", whole_year=flag) for flag in (True, False))
        left = {str(rule) for rule in whole.rules} - {str(rule) for rule in part.rules}
        self.assertEqual(left, {"TD01 >= 24"})


class WorkingPeriodTest(HaNamCase):
    """Today is 28 November 2026 at the earliest; the days are set around it."""

    def at(self, days, **fields):
        """Return the day so many days from now, for all levels unless told."""
        day = timezone.localdate() + datetime.timedelta(days=days)
        return dict.fromkeys(("due_commune", "due_district", "due_province"), day) | fields

    def year_and_quarter(self, year_due, quarter_due):
        year = open_period(2024, actor=None)
        quarter = open_period(
            2024, actor=None, kind=PeriodKind.QUARTER, start=D(2024, 9, 15), end=D(2024, 12, 14)
        )
        ReportingPeriod.objects.filter(pk=year.pk).update(**year_due)
        ReportingPeriod.objects.filter(pk=quarter.pk).update(**quarter_due)
        return year, quarter

    def test_the_one_due_next_not_the_newest(self):
        year, quarter = self.year_and_quarter(self.at(5), self.at(30))
        clerk = self.cast["xa-13369"]
        self.assertEqual(current_period(clerk), year)
        ReportingPeriod.objects.filter(pk=year.pk).update(**self.at(60))
        self.assertEqual(current_period(clerk), quarter)
        self.client.force_login(clerk)
        self.assertEqual(self.client.get("/").context["period"], quarter)
        listed = self.client.get(reverse("reports:list"))
        self.assertEqual(listed.context["period"], quarter)

    def test_what_is_past_comes_after_what_is_due_and_closed_ones_last(self):
        year, quarter = self.year_and_quarter(self.at(-1), self.at(30))
        clerk = self.cast["xa-13369"]
        self.assertEqual(current_period(clerk), quarter)
        ReportingPeriod.objects.filter(pk=quarter.pk).update(**self.at(-20))
        self.assertEqual(current_period(clerk), year)
        ReportingPeriod.objects.filter(pk=year.pk).update(is_closed=True)
        self.assertEqual(current_period(clerk), quarter)

    def test_for_each_level_and_unit_its_own(self):
        soon, later = self.at(5)["due_commune"], self.at(40)["due_commune"]
        year, quarter = self.year_and_quarter(
            self.at(30, due_commune=soon), self.at(20, due_commune=later)
        )
        self.assertEqual(current_period(self.cast["xa-13369"]), year)
        self.assertEqual(current_period(self.cast["huyen-349"]), quarter)
        until = self.at(90)["due_commune"]
        extend_deadline(
            self.report(year, "13369"), user=self.cast["huyen-349"], until=until, reason="Bão"
        )
        self.assertEqual(current_period(self.cast["xa-13369"]), quarter)
        self.assertEqual(current_period(self.cast["xa-13363"]), year)

    def test_where_the_own_unit_does_not_report_is_not_its_period(self):
        first = self.first_part()
        second = self.open(kind=PeriodKind.PART, start=D(2025, 7, 1))
        ReportingPeriod.objects.filter(pk=first.pk).update(**self.at(5))
        ReportingPeriod.objects.filter(pk=second.pk).update(**self.at(30))
        new = User.objects.create(username="son", unit=self.unit("13363", NEW), role="clerk")
        self.assertEqual(current_period(new), second)
        self.assertEqual(current_period(self.cast["xa-13369"]), first)
        self.assertEqual(current_period(self.cast["quantri"]), first)

    def test_one_query(self):
        self.year_and_quarter(self.at(5), self.at(30))
        clerk = self.cast["xa-13369"]
        with self.assertNumQueries(2):  # one of them the predecessors of the unit
            current_period(clerk)
