"""Pages that come back where one was: the queue with its filters, the nearest page, an empty page's reason."""

from unittest import mock

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from reports.models import Report, ReportingPeriod, State
from reports.workflow.periods import open_period
from reports.workflow.views_queue import ReportListView
from tests.cast import YEAR, build_cast, build_world


class QueueTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.later = open_period(YEAR + 1, actor=cls.cast["tinh"])
        cls.review = reverse("reports:review")

    def setUp(self):
        Report.objects.filter(period=self.world.period, unit__path__contains="/349/").update(
            state=State.SUBMITTED, submitted_at=timezone.now()
        )
        self.report = Report.objects.get(pk=self.world.report.pk)
        self.client.force_login(self.cast["huyen-349"])

    def filters(self, **more):
        return {
            "period_choice": self.world.period.pk,
            "state": "submitted",
            "level": "commune",
            **more,
        }

    def open(self, filters):
        """Open the report from the queue as a person does, and return its page."""
        queue = self.client.get(self.review, filters)
        self.assertContains(queue, "Xã Tiên Sơn")
        start = f'href="{reverse("reports:detail", args=[self.report.pk])}'
        address = queue.content.decode().split(start)[1].split('"')[0].replace("&amp;", "&")
        return self.client.get(reverse("reports:detail", args=[self.report.pk]) + address)

    def send(self, page, action, **more):
        """Press a button of the report's page with all its hidden fields."""
        form = page.content.decode().split('id="review-form"')[1]
        hidden = form.split('name="danh_sach" value="')[1].split('"')[0].replace("&amp;", "&")
        return self.client.post(
            reverse("reports:move", args=[self.report.pk]),
            {"version": self.report.version, "action": action, "danh_sach": hidden, **more},
        )

    def test_after_approving_one_report_the_queue_has_its_filters(self):
        answer = self.send(self.open(self.filters(q="tiên sơn")), "approve")
        queue = self.client.get(answer.url)
        self.assertEqual(queue.context["period"], self.world.period)
        form = queue.context["filter"].form.cleaned_data
        self.assertEqual(
            (form["state"], form["level"], form["q"]), ("submitted", "commune", "tiên sơn")
        )

    def test_a_refusal_and_a_return_keep_them_too(self):
        page = self.open(self.filters())
        refused = self.send(page, "return")  # without a reason
        self.assertEqual(refused.status_code, 409)
        returned = self.client.get(self.send(refused, "return", reason="Sai số").url)
        self.assertContains(returned, "Danh sách duyệt")
        self.assertContains(returned, "state=submitted")

    def test_without_filters_the_queue_is_that_of_the_reports_period(self):
        waiting = Report.objects.filter(state=State.SUBMITTED)
        waiting.exclude(pk=self.report.pk).update(state=State.DRAFT)
        page = self.client.get(reverse("reports:detail", args=[self.report.pk]))
        queue = self.client.get(self.send(page, "approve").url)
        self.assertEqual(queue.context["period"], self.world.period)

    def test_a_forged_address_leads_nowhere_else(self):
        answer = self.client.post(
            reverse("reports:move", args=[self.report.pk]),
            {
                "version": self.report.version,
                "action": "approve",
                "danh_sach": "next=//evil.vn&state=submitted&q=%0d%0aSet-Cookie:x",
            },
        )
        self.assertTrue(answer.url.startswith(f"{self.review}?state=submitted&q=%0D%0ASet-Cookie"))

    def test_bulk_approval_stays_on_its_page(self):
        with mock.patch.object(ReportListView, "paginate_by", 5):
            page = self.client.get(self.review, {**self.filters(), "page": 2})
            self.assertContains(page, "page=2")
            chosen = [f"{r.pk}.{r.version}" for r in page.context["reports"]]
            form = page.content.decode().split('<form method="post" action="?')[1].split('"')[0]
            url = f"{self.review}?" + form.replace("&amp;", "&")
            answer = self.client.post(url, {"chosen": chosen})
            self.assertEqual(answer.status_code, 302)  # Back never asks to send it again
            queue = self.client.get(answer.url)
            self.assertEqual(queue.context["page_obj"].number, 2)
            self.assertContains(queue, f"Đã duyệt {len(chosen)} báo cáo")

    def test_a_page_beyond_the_end_shows_the_nearest(self):
        self.client.force_login(self.cast["tinh"])
        url = reverse("reports:list")
        with mock.patch.object(ReportListView, "paginate_by", 50):
            for asked, number in (
                ("2", 2),
                ("99", 3),
                ("9" * 30, 3),
                ("0", 1),
                ("-3", 1),
                ("x", 1),
            ):
                with self.subTest(asked):
                    page = self.client.get(
                        url, {"page": asked, "period_choice": self.world.period.pk}
                    )
                    self.assertEqual(page.context["page_obj"].number, number)
        for name in ("reports:consolidation", "imports:list"):
            page = self.client.get(reverse(name), {"page": "-1", "view": "units"})
            self.assertEqual(page.status_code, 200)


class EmptyPageTests(TestCase):
    """An empty page says why it is empty, and nothing it does not know."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def pages(self, name):
        self.client.force_login(self.cast[name])
        return [self.client.get(reverse(f"reports:{page}")) for page in ("list", "review")]

    def test_no_period_open(self):
        for page in self.pages("tinh"):
            self.assertContains(page, "<p>Chưa mở kỳ báo cáo nào.</p>")
            self.assertNotContains(page, "khớp điều kiện lọc")
        self.assertContains(self.client.get(reverse("home")), "<p>Chưa mở kỳ báo cáo nào.</p>")

    def test_no_report_of_the_own_area_and_none_that_fits(self):
        period = build_world(self.cast).period
        Report.objects.filter(unit__path__contains="/349/").delete()
        User.objects.filter(username="huyen-349").update(is_active=True)
        listed, queue = self.pages("huyen-349")
        self.assertContains(listed, "không có báo cáo nào trong phạm vi")
        self.assertContains(queue, "không có báo cáo nào do đơn vị anh/chị duyệt")
        self.client.force_login(self.cast["huyen-350"])
        narrowed = self.client.get(
            reverse("reports:list"), {"q": "không đâu", "period_choice": period.pk}
        )
        self.assertContains(narrowed, "Không có báo cáo nào khớp điều kiện lọc.")
        wrong = self.client.get(reverse("reports:list"), {"state": "x"})
        self.assertContains(wrong, "Điều kiện lọc chưa đúng nên")

    def test_the_section_of_texts_says_that_texts_are_gathered_elsewhere(self):
        build_world(self.cast)
        self.client.force_login(self.cast["tinh"])
        page = self.client.get(reverse("reports:consolidation"), {"section": "NX"})
        self.assertContains(page, "là lời văn nên không cộng thành số")
        self.assertNotContains(page, "chưa có kỳ báo cáo nào")
        self.assertNotContains(page, "Xuất Excel")
        self.assertEqual(ReportingPeriod.objects.count(), 1)
