"""The reviewer's queue: what waits first, what deviates, the next one, many at once, a new date."""

import datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlparse

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import DeadlineExtension, Report, State
from reports.workflow.submission import submit
from tests.budget import queries_of
from tests.cast import build_cast, build_world


class QueueCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.review = reverse("reports:review")

    def setUp(self):
        self.client.force_login(self.cast["huyen-349"])

    def reports(self, *codes):
        return [Report.objects.get(period=self.world.period, unit__code=code) for code in codes]

    def send(self, *codes):
        """Let the units of `codes` wait for approval; return their reports in that order."""
        reports = self.reports(*codes)
        rows = Report.objects.filter(pk__in=[report.pk for report in reports])
        rows.update(state=State.SUBMITTED, submitted_at=timezone.now())
        return self.reports(*codes)

    def decide(self, report, action, **more):
        url = reverse("reports:move", args=[report.pk])
        return self.client.post(url, {"version": report.version, "action": action, **more})


class OrderTests(QueueCase):
    def test_what_waits_stands_first(self):
        (last,) = self.send("13363")
        page = self.client.get(self.review)
        self.assertEqual(page.context["reports"][0].pk, last.pk)
        self.assertNotEqual(self.client.get(reverse("reports:list")).context["reports"][0], last)

    def test_after_a_decision_comes_the_next_that_waits_and_after_the_last_the_queue(self):
        self.send("13363", "13369")
        first, second = (report for report in self.client.get(self.review).context["reports"][:2])
        answer = self.decide(first, "approve")
        self.assertEqual(answer.url, reverse("reports:detail", args=[second.pk]))
        self.assertContains(
            self.client.get(answer.url), "Còn 1 báo cáo chờ duyệt, đây là báo cáo tiếp theo."
        )
        answer = self.decide(second, "approve")
        self.assertEqual(urlparse(answer.url).path, self.review)

    def test_the_next_one_is_of_the_same_queue(self):
        first, other = self.send("13369", "13363")
        queue = "level=commune&q=ti%C3%AAn+s%C6%A1n"
        answer = self.decide(first, "return", reason="Sai số", danh_sach=queue)
        self.assertEqual(urlparse(answer.url).path, reverse("reports:detail", args=[first.pk]))
        answer = self.decide(other, "return", reason="Sai số", danh_sach="level=commune")
        self.assertNotIn("danh_sach=next", answer.url)

    def test_a_skipped_report_is_not_offered_again_before_the_others(self):
        self.send("13363", "13369", "13357")
        rows = list(self.client.get(self.review).context["reports"][:3])
        answer = self.decide(rows[1], "return", reason="Sai số")
        self.assertEqual(answer.url, reverse("reports:detail", args=[rows[2].pk]))
        answer = self.decide(rows[2], "return", reason="Sai số")
        self.assertEqual(answer.url, reverse("reports:detail", args=[rows[0].pk]))


class DeviationTests(QueueCase):
    def test_a_submission_counts_what_deviates_and_what_is_explained(self):
        report = self.world.report
        figures = {"DT06": Figure(Decimal(5), note="Mới tổ chức lại"), "DT01": Figure(Decimal(0))}
        write_figures(report, figures, actor=self.cast["xa-13369"], source="form")
        report.refresh_from_db()
        submit(report, user=self.cast["xa-13369"], blanks_confirmed=True)
        report.refresh_from_db()
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        listed = {e.code for s in page.context["sections"] for e in s.entries if e.problems}
        self.assertEqual(report.deviating, len(listed))
        self.assertEqual(report.explained, 1)
        self.assertContains(
            self.client.get(self.review),
            f'aria-label="{report.deviating} chỉ tiêu lệch, 1 có giải trình"',
        )
        only = self.client.get(reverse("reports:detail", args=[report.pk]), {"lech": 1})
        shown = {e.code for s in only.context["sections"] for e in s.entries}
        self.assertEqual(shown, listed | {"DT06"})

    def test_the_change_against_last_year_is_rounded_like_everything(self):
        from reports.workflow.periods import open_period

        before = open_period(2023, actor=self.cast["tinh"])
        old = Report.objects.get(period=before, unit=self.world.report.unit)
        for report, numbers in ((old, (8, 0, 200)), (self.world.report, (13, 5, 1))):
            figures = {
                code: Figure(Decimal(number))
                for code, number in zip(("DT06", "DT01", "TD05"), numbers, strict=True)
            }
            write_figures(report, figures, actor=self.cast["tinh"], source="form")
        page = self.client.get(reverse("reports:detail", args=[self.world.report.pk]))
        changes = {e.code: e.change for s in page.context["sections"] for e in s.entries}
        self.assertEqual((changes["DT06"], changes["DT01"], changes["TD05"]), ("+63%", "", "−100%"))


class BulkTests(QueueCase):
    def chosen(self, *reports):
        return [f"{report.pk}.{report.version}" for report in reports]

    def test_before_many_are_approved_the_page_says_what_they_hold(self):
        first, second = self.send("13369", "13363")
        Report.objects.filter(pk=first.pk).update(deviating=3, explained=2)
        (draft,) = self.reports("13360")
        page = self.client.post(
            self.review, {"ask": 1, "chosen": self.chosen(first, second, draft)}
        )
        self.assertContains(page, "Duyệt 2 báo cáo?")
        self.assertContains(page, "1 báo cáo có chỉ tiêu lệch")
        self.assertContains(page, "1 báo cáo đã chọn không chờ duyệt")
        self.assertEqual(self.reports("13369")[0].state, State.SUBMITTED)
        posted = [
            part.split('"')[0] for part in page.content.decode().split('name="chosen" value="')[1:]
        ]
        self.client.post(self.review, {"chosen": posted})
        self.assertEqual(
            {report.state for report in self.reports("13369", "13363")}, {State.APPROVED}
        )
        self.assertEqual(self.reports("13360")[0].state, State.DRAFT)

    def test_nothing_that_waits_was_chosen(self):
        page = self.client.post(
            self.review, {"ask": 1, "chosen": self.chosen(*self.reports("13360"))}
        )
        self.assertContains(page, "Không có báo cáo nào đã chọn đang chờ duyệt.")

    def test_many_get_a_later_date_at_once_or_none(self):
        reports = self.reports("13369", "13363", "13360")
        data = {"extend": 1, "chosen": self.chosen(*reports)}
        page = self.client.post(self.review, data)
        self.assertContains(page, "Gia hạn cho 3 đơn vị")
        self.assertContains(page, "Xã Tiên Sơn")
        day = timezone.localdate() + datetime.timedelta(days=9)
        for wrong in ({"until": "31/02/2026", "reason": "Mưa lũ"}, {"until": f"{day:%d/%m/%Y}"}):
            page = self.client.post(self.review, {**data, **wrong})
            self.assertEqual(page.status_code, 422)
            self.assertContains(page, wrong["until"], status_code=422)
            self.assertFalse(DeadlineExtension.objects.exists())
        answer = self.client.post(
            f"{self.review}?level=commune&tick=1",
            {**data, "until": f"{day:%d/%m/%Y}", "reason": "Mưa lũ"},
        )
        self.assertEqual(parse_qs(urlparse(answer.url).query), {"level": ["commune"]})
        self.assertContains(self.client.get(answer.url), "Đã gia hạn cho 3 đơn vị")
        self.assertEqual({report.due_date for report in self.reports("13369", "13363")}, {day})

    def test_foreign_reports_are_not_extended(self):
        (foreign,) = self.reports("13384")
        day = timezone.localdate() + datetime.timedelta(days=9)
        self.client.post(
            self.review,
            {
                "extend": 1,
                "chosen": self.chosen(foreign),
                "until": f"{day:%d/%m/%Y}",
                "reason": "x",
            },
        )
        self.assertFalse(DeadlineExtension.objects.exists())

    def test_asking_costs_the_same_for_many(self):
        few = self.chosen(*self.send("13369"))
        many = self.chosen(*self.send("13369", "13363", "13360", "13357", "13354"))

        def asked(chosen):
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(connection) as captured:
                self.client.post(self.review, {"ask": 1, "chosen": chosen})
            return len(captured)

        asked(few)
        self.assertEqual(asked(few), asked(many))
        self.assertLessEqual(len(queries_of(self.client, self.review)), 12)


class NewDateTests(QueueCase):
    def test_a_return_after_the_due_date_offers_a_new_one(self):
        (report,) = self.send("13369")
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        offered = timezone.localdate() + datetime.timedelta(days=7)
        self.assertContains(page, f'name="until" value="{offered:%d/%m/%Y}"')
        self.decide(report, "return", reason="Sai số", until=f"{offered:%d/%m/%Y}")
        report = self.reports("13369")[0]
        self.assertEqual((report.state, report.due_date), (State.RETURNED, offered))
        self.assertEqual(report.extensions.get().reason, "Sai số")

    def test_a_wrong_day_keeps_everything_as_it_was(self):
        (report,) = self.send("13369")
        for day in ("31/02/2026", "01/01/2020", "hôm nay"):
            answer = self.decide(report, "return", reason="Sai số", until=day)
            self.assertContains(answer, f'value="{day}"', status_code=409)
            self.assertContains(answer, "Sai số</textarea>", status_code=409)
        self.assertEqual(self.reports("13369")[0].state, State.SUBMITTED)
        self.assertFalse(DeadlineExtension.objects.exists())

    def test_without_a_day_nothing_is_extended_and_before_the_due_date_nothing_is_offered(self):
        (report,) = self.send("13369")
        self.decide(report, "return", reason="Sai số", until="")
        self.assertFalse(DeadlineExtension.objects.exists())
        self.send("13369")
        due = timezone.localdate() + datetime.timedelta(days=2)
        type(self.world.period).objects.update(due_commune=due)
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        self.assertNotContains(page, 'name="until"')
