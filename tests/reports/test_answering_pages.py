"""The board's page of split units, and days that no period covers: named before and after."""

from io import StringIO

from django.core.management import call_command
from django.urls import reverse

from danvan.accounts.models import User
from records.models import DialogueConference
from reports.models import PeriodLog, Report, ReportingPeriod, ReportUnit, State
from reports.workflow.periods import open_period
from tests.budget import queries_of
from tests.imports.tools import sheet_of, upload
from tests.records.data import make, typed
from tests.reports.test_answering import HALF, NEW, SPLITS, D, HaNamCase

FORM = {
    "year": "2025", "kind": "year", "start": "01/01/2025", "end": "14/12/2025",
    "structure_date": "14/12/2025", "due_commune": "20/12/2025", "due_district": "25/12/2025",
    "due_province": "31/12/2025", "confirmed": "1",
}  # fmt: skip


class SplitPageTest(HaNamCase):
    """2025 as one period on the units of its end: five communes were split in July."""

    def setUp(self):
        self.period = self.open()
        self.url = reverse("reports:period_split", args=[self.period.pk])
        self.board = User.objects.create(
            username="tinh-37", unit=self.unit("37", NEW), role="officer", full_name="Vũ Thị Hà"
        )
        self.client.force_login(self.board)
        self.noi = self.unit("13354", HALF)  # Tiên Nội: to Tiên Sơn (13363) or Hà Nam (13366)
        self.record = make("dialogue-conference", self.noi, start_date=D(2025, 3, 1))

    def answer(self, unit):
        return ReportUnit.objects.get(period=self.period, unit=unit)

    def choose(self, code):
        return self.client.post(
            self.url, {f"unit_{self.noi.pk}": self.report(self.period, code).pk}
        )

    def test_the_period_tells_and_the_page_lists_all_five(self):
        told = self.client.get(reverse("reports:period", args=[self.period.pk]))
        self.assertContains(told, "5 đơn vị được chia tách trong kỳ đang chờ phân công")
        self.assertContains(told, self.url)
        page = self.client.get(self.url)
        for code, choices in SPLITS.items():
            self.assertContains(page, self.unit(code, HALF).full_name)
            for choice in choices:
                self.assertContains(page, self.unit(choice, NEW).full_name)
        self.assertContains(page, "1 hồ sơ trong kỳ; tạm tính cho phường Tiên Sơn.")

    def test_the_board_assigns_once(self):
        answer = self.choose("13366")
        self.assertRedirects(answer, self.url)
        row = self.answer(self.noi)
        self.assertEqual(
            (row.report.unit.code, row.is_question, row.assigned_by),
            ("13366", False, self.board),
        )
        line = PeriodLog.objects.get(action="Phân công")
        self.assertEqual(
            (line.reason, line.actor),
            ("Phường Tiên Nội, thị xã Duy Tiên → Phường Hà Nam", self.board),
        )
        again = self.choose("13363")
        self.assertEqual(again.status_code, 422)
        self.assertEqual(self.answer(self.noi).report.unit.code, "13366")
        self.assertContains(self.client.get(self.url), "→ <b>Phường Hà Nam</b>")

    def test_its_records_are_counted_and_locked_by_whom_it_went_to(self):
        from records.locks import lock_of
        from reports.counting.counting import counted_for

        son, ha_nam = (self.report(self.period, code) for code in ("13363", "13366"))
        self.assertEqual((counted_for(son).get("DT03"), counted_for(ha_nam)), (1, {}))
        self.choose("13366")
        self.assertEqual((counted_for(son), counted_for(ha_nam).get("DT03")), ({}, 1))
        Report.objects.filter(pk=ha_nam.pk).update(state=State.APPROVED)
        self.assertIn("phường Hà Nam", lock_of(self.record).message)

    def test_only_one_of_its_own_heirs_and_no_report_already_sent(self):
        answer = self.choose("13285")
        self.assertEqual(answer.status_code, 422)
        Report.objects.filter(period=self.period, unit__code="13363").update(state=State.SUBMITTED)
        answer = self.choose("13366")
        self.assertContains(answer, "báo cáo của phường Tiên Sơn đang khóa", status_code=422)
        self.assertTrue(self.answer(self.noi).is_question)
        self.assertEqual(self.choose("13363").status_code, 302)  # nothing moves

    def test_nothing_chosen_and_nothing_to_choose(self):
        self.assertContains(self.client.post(self.url), "Vui lòng chọn", status_code=422)
        other = open_period(2024, actor=self.cast["tinh"])
        page = self.client.get(reverse("reports:period_split", args=[other.pk]))
        self.assertContains(page, "không có đơn vị nào chia tách")

    def test_the_reports_say_what_they_answer_for(self):
        report = self.report(self.period, "13363")
        for name in ("reports:detail", "reports:entry"):
            page = self.client.get(reverse(name, args=[report.pk]))
            self.assertContains(page, "Phường Tiên Nội, thị xã Duy Tiên, 15/12/2024")
            self.assertContains(page, "chờ cấp tỉnh phân")
        province = self.client.get(
            reverse("reports:detail", args=[self.report(self.period, "37").pk])
        )
        self.assertContains(province, "Thị xã Duy Tiên")  # a district that ended without heir

    def test_the_page_costs_the_same_for_one_and_for_five(self):
        five = queries_of(self.client, self.url)
        ReportUnit.objects.exclude(unit=self.noi).update(is_question=False)
        self.assertEqual(len(queries_of(self.client, self.url)), len(five))


class GapTest(HaNamCase):
    """2024 ends on 14 December; a year that begins on 1 January leaves seventeen days to nobody."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        open_period(2024, actor=cls.cast["tinh"])
        make("dialogue-conference", cls.cast["xa-13369"].unit, start_date=D(2024, 12, 20))
        make("oversight", cls.cast["xa-13363"].unit, start_date=D(2024, 12, 31))

    def post(self, **data):
        self.client.force_login(self.cast["tinh"])
        return self.client.post(reverse("reports:period_open"), {**FORM, **data})

    def test_the_page_names_the_days_and_their_records_and_asks_first(self):
        answer = self.post()
        self.assertContains(
            answer, "từ ngày 15/12/2024 đến ngày 31/12/2024: 2 hồ sơ", status_code=422
        )
        self.assertFalse(ReportingPeriod.objects.filter(year=2025).exists())
        self.assertEqual(self.post(gaps_accepted="on").status_code, 302)
        self.assertTrue(ReportingPeriod.objects.filter(year=2025).exists())

    def test_a_year_that_follows_on_is_not_asked_about(self):
        self.assertEqual(self.post(start="15/12/2024").status_code, 302)

    def test_an_interim_period_is_not_either(self):
        self.assertEqual(self.post(kind="quarter", end="31/03/2025").status_code, 422)
        answer = self.post(kind="quarter", end="31/03/2025", structure_date="31/03/2025")
        self.assertEqual(answer.status_code, 302)

    def test_the_command_names_them_before_it_opens(self):
        said = StringIO()
        call_command("open_period", 2025, start=D(2025, 1, 1), stderr=said, stdout=StringIO())
        self.assertEqual(said.getvalue(), "In no period: 2024-12-15 to 2024-12-31, 2 records.\n")
        self.assertTrue(ReportingPeriod.objects.filter(year=2025).exists())
        said = StringIO()
        call_command("open_period", 2026, stderr=said, stdout=StringIO())
        self.assertEqual(said.getvalue(), "")

    def test_the_preview_of_a_sheet_counts_them(self):
        open_period(2025, actor=self.cast["tinh"], start=D(2025, 1, 1))
        clerk = self.cast["xa-13369"]
        self.client.force_login(clerk)
        days = ("21/12/2024", "22/12/2024", "03/03/2025")
        rows = [{"start_date": day, "title": f"Ngày {day}"} for day in days]
        job = upload(self.client, sheet_of(clerk, *rows))
        page = self.client.get(reverse("imports:job", args=[job.pk]))
        self.assertContains(page, "2 hồ sơ có ngày không thuộc kỳ báo cáo nào")

    def test_who_saves_a_record_of_such_a_day_is_told(self):
        open_period(2025, actor=self.cast["tinh"], start=D(2025, 1, 1))
        unit = self.cast["xa-13369"].unit
        self.client.force_login(self.cast["xa-13369"])
        url = reverse("records:create", args=["dialogue-conference"])
        for day, told in (("21/12/2024", True), ("03/03/2025", False), ("01/12/2026", False)):
            posted = typed("dialogue-conference", unit, start_date=day)
            page = self.client.post(url, posted, follow=True)
            words = f"Ngày {day} không thuộc kỳ báo cáo nào"
            self.assertEqual(words in page.content.decode(), told, day)
        self.assertTrue(DialogueConference.objects.filter(start_date=D(2024, 12, 21)).exists())
