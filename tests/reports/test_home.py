"""The home page per role, the counts by district, and where each count leads."""

import datetime
import re
from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Report, ReportingPeriod, State
from reports.workflow.periods import extend_deadline, open_period
from tests.budget import MOST, queries_of
from tests.cast import build_cast, build_world


class HomeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def test_every_role_before_and_after_a_year_is_open(self):
        for name in ("tinh", "huyen-349", "xa-13369", "lanhdao", "quantri", "canbo-13369"):
            with self.subTest(name=name, opened=False):
                self.client.force_login(self.cast[name])
                self.assertContains(self.client.get("/"), "Chưa mở kỳ báo cáo nào")
        build_world(self.cast)
        for name, counts in (
            ("tinh", 116),
            ("huyen-349", 16),
            ("lanhdao", 116),
            ("xa-13369", None),
        ):
            with self.subTest(name=name, opened=True):
                self.client.force_login(self.cast[name])
                with self.captureOnCommitCallbacks(execute=True):  # sums are kept for the next time
                    page = self.client.get("/")
                assert page.status_code == 200
                for figure in re.findall(r'href="([^"]*/chi-tieu/[^"]*)"', page.content.decode()):
                    self.assertEqual(self.client.get(figure.replace("&amp;", "&")).status_code, 200)
                if counts:
                    self.assertContains(page, f"Tiến độ báo cáo các đơn vị ({counts} đơn vị)")
                else:
                    self.assertNotContains(page, "Tiến độ báo cáo các đơn vị")
                assert len(queries_of(self.client, "/")) <= MOST


class FiguresTest(TestCase):
    """What a leader asks first: the figures of the whole area, not of the own office."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        period = build_world(cls.cast).period
        for code, number in (("35", 1), ("349", 10), ("13369", 100), ("13384", 1000)):
            report = Report.objects.get(period=period, unit__code=code)
            write_figures(report, {"DT03": Figure(Decimal(number))}, actor=None, source="form")
            Report.objects.filter(pk=report.pk).update(state=State.APPROVED)

    def test_figures_of_the_area(self):
        for name, shown, included in (
            ("tinh", "1.111", "4/116"),
            ("lanhdao", "1.111", "4/116"),
            ("huyen-349", "110", "2/17"),
            ("xem-349", "110", "2/17"),
        ):
            with self.subTest(name):
                self.client.force_login(self.cast[name])
                page = self.client.get("/")
                line = page.context["area_figures"]["lines"][0]
                assert (line["label"], line["cells"]) == ("Hội nghị đối thoại", [shown])
                self.assertContains(page, f"năm 2024 mới có {included} báo cáo", count=1)
                drill = self.client.get(
                    reverse("reports:drill", args=["DT03"]),
                    {"unit": self.cast[name].unit.code, "first": 2024, "last": 2024},
                )
                self.assertContains(drill, f'<div class="dv-figure">{shown}')

    def test_a_commune_sees_its_own(self):
        self.client.force_login(self.cast["xa-13369"])
        page = self.client.get("/")
        assert "area_figures" not in page.context
        self.assertContains(page, "Năm nay so với năm trước")


class AreaTest(TestCase):
    """Two districts stand differently; every count leads to exactly the reports it counts."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        due = timezone.localdate() + datetime.timedelta(days=1)
        past = due - datetime.timedelta(days=9)
        dates = {"due_commune": past, "due_district": due, "due_province": due}
        cls.period = build_world(cls.cast, **dates).period
        cls.move({"13369"}, State.APPROVED)
        cls.move({"13363", "349"}, State.SUBMITTED)
        cls.move({"13384"}, State.RETURNED)

    @classmethod
    def move(cls, codes, state):
        Report.objects.filter(period=cls.period, unit__code__in=codes).update(state=state)

    def areas(self, name):
        self.client.force_login(self.cast[name])
        return {row["unit"].code: row for row in self.client.get("/").context["areas"]}

    def test_counts_by_district(self):
        for name in ("tinh", "lanhdao", "quantri"):
            with self.subTest(name):
                rows = self.areas(name)
                assert list(rows) == ["35", "347", "349", "350", "351", "352", "353"]
                assert sum(row["all"] for row in rows.values()) == 116
                counts = [rows["349"][key] for key in ("all", "approved", "submitted", "to_send")]
                assert counts == [17, 1, 2, 14]
                assert rows["349"]["overdue"] == 14
                assert rows["350"]["returned"] == 1
                assert rows["350"]["overdue"] == rows["350"]["to_send"]  # the board's own has time

    def test_one_district_needs_no_table(self):
        for name in ("huyen-349", "xem-349"):
            with self.subTest(name):
                assert not self.areas(name)
                self.assertNotContains(self.client.get("/"), "Phải nộp")

    def test_every_count_leads_to_its_reports(self):
        for name in ("tinh", "lanhdao"):
            rows, lists = self.areas(name), self.client.get("/").context["lists"]
            for code in ("349", "350", "35"):
                for state in ("", "approved", "submitted", "returned", "to_send", "overdue"):
                    with self.subTest(name, code=code, state=state):
                        page = self.client.get(
                            f"{lists}&area={rows[code]['unit'].pk}&state={state}"
                        )
                        listed = page.context["paginator"].count
                        assert listed == rows[code][state or "all"]
                        assert page.context["counts"]["all"] == rows[code]["all"]

    def test_a_district_that_is_not_mine_is_no_choice(self):
        foreign = self.areas("tinh")["350"]["unit"].pk
        self.client.force_login(self.cast["huyen-349"])
        for url in (reverse("reports:list"), reverse("reports:review")):
            page = self.client.get(url, {"area": foreign})
            self.assertNotContains(page, "Địa bàn")
            assert "350" not in {report.unit.code for report in page.context["reports"]}
        self.client.force_login(self.cast["tinh"])
        page = self.client.get(reverse("reports:list"), {"area": 987654})
        self.assertContains(page, "Điều kiện lọc chưa đúng")

    def test_the_table_asks_no_more_for_many_districts(self):
        self.client.force_login(self.cast["tinh"])
        before = len(queries_of(self.client, "/"))
        Report.objects.filter(unit__path__startswith="35/35").update(state=State.SUBMITTED)
        Report.objects.exclude(unit__path__startswith="35/349").filter(level="commune").delete()
        assert len(queries_of(self.client, "/")) <= before

    def test_two_tiers_are_one_area(self):
        """Since July 2025 every commune reports to the province: a table of one line says nothing."""
        province = Report.objects.get(period=self.period, level="province").unit
        Report.objects.filter(period=self.period, level="district").delete()
        Report.objects.filter(period=self.period).update(reviewer=province)
        assert not self.areas("tinh")


class ElsewhereTest(TestCase):
    """A year opened meanwhile hides no report of the one still in progress."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.old = build_world(cls.cast).period
        own = Report.objects.filter(period=cls.old)
        own.filter(unit__code="13369").update(state=State.RETURNED)
        own.filter(unit__code="13363").update(state=State.APPROVED)
        cls.report = own.get(unit__code="13369")
        cls.new = open_period(2023, actor=cls.cast["tinh"])
        soon = timezone.localdate() + datetime.timedelta(days=1)
        for level in ("commune", "district", "province"):
            setattr(cls.new, f"due_{level}", soon)
        cls.new.save()

    def test_desk_and_lists_lead_to_the_open_reports_of_the_other_year(self):
        for name, url, numbers in (
            ("xa-13369", "/", ["1 trả lại để sửa"]),
            ("xa-13369", reverse("reports:list"), ["1 trả lại để sửa"]),
            ("tinh", "/", ["1 trả lại để sửa", "114 chưa gửi"]),
            ("tinh", reverse("reports:review"), ["1 trả lại để sửa", "114 chưa gửi"]),
            ("huyen-349", reverse("reports:review"), ["1 trả lại để sửa", "14 chưa gửi"]),
            ("lanhdao", "/", ["1 trả lại để sửa", "114 chưa gửi"]),
        ):
            with self.subTest(name, url=url):
                self.client.force_login(self.cast[name])
                page = self.client.get(url)
                assert page.context["period"] == self.new
                self.assertContains(page, "Kỳ năm 2024 còn báo cáo chưa xong")
                for text in numbers:
                    self.assertContains(page, f">{text}</a>")
                if name == "xa-13369":
                    self.assertContains(page, reverse("reports:detail", args=[self.report.pk]))

    def test_each_count_leads_to_as_many_reports(self):
        for name, url in (("tinh", "/"), ("tinh", reverse("reports:review"))):
            self.client.force_login(self.cast[name])
            page = self.client.get(url)
            for address, words, number in page.context["elsewhere"][0].lines:
                with self.subTest(url, words=words):
                    found = self.client.get(address if url == "/" else url + address)
                    assert found.context["page_obj"].paginator.count == number

    def test_a_closed_year_is_named_only_while_an_extension_runs(self):
        ReportingPeriod.objects.filter(pk=self.old.pk).update(is_closed=True)
        self.client.force_login(self.cast["xa-13369"])
        self.assertNotContains(self.client.get("/"), "Kỳ năm 2024 còn")
        extend_deadline(
            self.report,
            user=self.cast["huyen-349"],
            until=timezone.localdate() + datetime.timedelta(days=9),
            reason="Sửa số",
        )
        for name in ("xa-13369", "huyen-349"):
            self.client.force_login(self.cast[name])
            page = self.client.get("/")
            assert page.context["period"] == self.new
            assert page.context["elsewhere"][0].lines == [
                (reverse("reports:detail", args=[self.report.pk]), "trả lại để sửa", 1)
            ]
