"""Pages of the consolidation: who sees what, wrong choices, links, budgets, charts."""

import re
from decimal import Decimal
from io import BytesIO
from unittest import mock

from django.db import connection
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from reports.consolidation import keeping, summary
from reports.documents.charts import bar_chart
from reports.models import Qualifier, State
from tests.budget import assert_same_queries, queries_of
from tests.reports.consolidation_data import (
    add_communes,
    enter,
    enter_all,
    make_period,
    make_tree,
    merge_communes,
    set_state,
)

PAGE = "reports:consolidation"


class Pages(TestCase):
    """The small province in 2022, with a board officer of the province, a district and two clerks."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2022 = make_period(2022, is_demo=True)
        for code, number in (("35", 1), ("347", 10), ("1", 100), ("3", 1000)):
            enter(cls.y2022, code, DT01=number)
        cls.people = {
            name: User.objects.create(username=name, unit=cls.tree[code], role=role)
            for name, code, role in (
                ("province", "35", "officer"),
                ("leader", "35", "viewer"),
                ("district", "347", "officer"),
                ("clerk", "1", "clerk"),
            )
        }
        cls.people["root"] = User.objects.create(username="root", is_superuser=True)

    def get(self, who, name=PAGE, *args, **data):
        self.client.force_login(self.people[who])
        return self.client.get(reverse(name, args=args), data)

    def total(self, response, code="DT01"):
        return response.context["found"].lines[code].total.number


class AccessTests(Pages):
    def test_everyone_reads_their_own_area(self):
        for who, number in (
            ("province", 1111), ("leader", 1111), ("root", 1111), ("district", 110), ("clerk", 100),
        ):  # fmt: skip
            with self.subTest(who):
                response = self.get(who)
                self.assertEqual(response.status_code, 200)
                self.assertEqual(self.total(response), number)

    def test_rows_and_missing_reports_are_of_the_own_area_and_asked_in_few_queries(self):
        """One list of reports serves the rows, their tree and what is missing: it begins at the reader."""
        for code in ("350", "2", "4"):
            set_state(self.y2022, code, State.DRAFT)
        earlier = make_period(2021)
        enter(earlier, "4", DT01=7, DT03=1)
        for who, units, missing in (
            ("province", {"35", "347", "350", "1", "2", "3", "4"}, {"350", "2", "4"}),
            ("leader", {"35", "347", "350", "1", "2", "3", "4"}, {"350", "2", "4"}),
            ("root", {"35", "347", "350", "1", "2", "3", "4"}, {"350", "2", "4"}),
            ("district", {"347", "1", "2"}, {"2"}),
            ("clerk", {"1"}, set()),
        ):
            for view in ("", "units"):
                with self.subTest(who, view=view):
                    data = {"first": 2021, "last": 2022, "section": "DT", "view": view}
                    self.client.force_login(self.people[who])
                    with CaptureQueriesContext(connection) as asked:
                        context = self.client.get(reverse(PAGE), data).context
                    self.assertEqual({one.unit.code for one in context["found"].missing}, missing)
                    if view:
                        total = context["breakdown"].total
                        rows = [total, *total.parts, *(p for d in total.parts for p in d.parts)]
                        self.assertEqual({row.unit.code for row in rows}, units)
                    self.assertLessEqual(len(asked), 15)

    def test_a_report_sent_back_while_the_page_is_made_leaves_no_negative_number(self):
        set_state(self.y2022, "4", State.DRAFT)
        lines = summary._lines

        def meanwhile(*args):
            told = lines(*args)
            set_state(self.y2022, "2", State.RETURNED)
            return told

        with mock.patch.object(summary, "_lines", meanwhile):
            page = self.get("province")
        found = page.context["found"]
        self.assertEqual(len(found.missing), found.expected - found.included + 1)
        self.assertNotContains(page, "báo cáo khác")

    def test_anonymous_logs_in_first(self):
        response = self.client.get(reverse(PAGE))
        self.assertRedirects(
            response,
            f"{reverse('accounts:login')}?next={reverse(PAGE)}",
            fetch_redirect_response=False,
        )

    def test_only_reading(self):
        self.client.force_login(self.people["province"])
        for name, args in (
            (PAGE, ()), ("reports:consolidation_export", ()), ("reports:drill", ("DT01",)),
        ):  # fmt: skip
            self.assertEqual(self.client.post(reverse(name, args=args)).status_code, 405)

    def test_foreign_unit_shows_nothing(self):
        response = self.get("district", unit="350")
        self.assertEqual(response.status_code, 200)
        self.assertIsNone(response.context["wanted"])
        self.assertContains(response, "Không có đơn vị này trong phạm vi")
        self.assertNotContains(response, "1.000")
        self.assertNotContains(response, "Kim Bảng")

    def test_foreign_unit_in_other_addresses_is_not_found(self):
        for name, args in (("reports:drill", ("DT01",)), ("reports:consolidation_export", ())):
            for unit in ("350", "35", "3", "0"):
                self.assertEqual(self.get("district", name, *args, unit=unit).status_code, 404)

    def test_account_without_a_unit_that_counts(self):
        ended = User.objects.create(username="ended", unit=self.tree["1"], is_active=True)
        User.objects.filter(pk=ended.pk).update(is_active=False)
        self.client.force_login(self.people["clerk"])
        User.objects.filter(pk=self.people["clerk"].pk).update(is_active=False)
        self.assertEqual(self.client.get(reverse(PAGE)).status_code, 302)

    def test_predecessor_in_another_district_stays_hidden_from_the_board(self):
        new = merge_communes({**self.tree, "4": self.tree["2"]})  # xã 3 and a xã of the city
        make_period(2025)
        enter(self.y2022, "2", DT01=7)
        district = User.objects.create(username="kb", unit=self.tree["350"], role="officer")
        self.people["kb"] = district
        response = self.get("kb", unit=new.code, first=2022, last=2025)
        self.assertEqual(self.total(response), 1000)
        whole = self.get("province", unit=new.code, first=2022, last=2025)
        self.assertEqual(self.total(whole), 1007)


class WrongChoiceTests(Pages):
    def test_wrong_input_is_told_in_vietnamese(self):
        for data in (
            {"first": "2022", "last": "1999"}, {"first": "abc"}, {"last": "99999999999999999999"},
            {"section": "ZZ"}, {"level": "village"}, {"view": "x"}, {"state": "draft"},
            {"unit": "35'--"}, {"unit": "\x00"}, {"chart": "<script>"},
        ):  # fmt: skip
            with self.subTest(data):
                response = self.get("province", **data)
                self.assertEqual(response.status_code, 200)
                self.assertIsNone(response.context["wanted"])
                self.assertContains(response, "Lựa chọn chưa đúng")

    def test_years_in_the_wrong_order(self):
        make_period(2023)
        response = self.get("province", first="2023", last="2022")
        self.assertContains(response, "Năm cuối phải từ 2023 trở đi")

    def test_no_period_yet(self):
        self.y2022.reports.all().delete()
        self.y2022.delete()
        response = self.get("province")
        self.assertContains(response, "Chưa mở kỳ báo cáo nào")

    def test_unknown_indicator(self):
        self.assertEqual(self.get("province", "reports:drill", "ZZ99").status_code, 404)


class ContentTests(Pages):
    def test_inexact_figures_and_demo_label(self):
        enter(self.y2022, "2", Qualifier.AT_LEAST, DT07=1140)
        response = self.get("province")
        self.assertContains(response, "trên 1.140")
        self.assertContains(response, "số liệu minh họa")

    def test_every_figure_links_to_what_it_is_made_of(self):
        response = self.get("province", section="DT")
        link = f"{reverse('reports:drill', args=['DT01'])}?unit=35&amp;first=2022&amp;last=2022"
        self.assertContains(response, f'href="{link}"')
        self.assertContains(response, f'href="{link}&amp;level=commune"')
        drill = self.get("province", "reports:drill", "DT01", unit="35", level="commune")
        self.assertEqual(drill.context["drill"].figure.number, 1100)
        self.assertContains(drill, "Xã Lê Hồ, huyện Kim Bảng")

    def test_missing_reports_are_listed(self):
        set_state(self.y2022, "2", State.DRAFT)
        response = self.get("province")
        self.assertContains(response, "1 báo cáo chưa có trong số liệu")
        self.assertContains(response, "Xã Phù Vân, thành phố Phủ Lý")

    def test_a_year_that_lacks_reports_says_so_wherever_it_stands_beside_another(self):
        y2021 = make_period(2021)
        set_state(self.y2022, "3", State.DRAFT)
        page = self.get("province", first=2022, last=2022, unit="35")
        self.assertContains(page, 'Tổng<small class="dv-partial">6/7</small>')
        self.assertEqual(page.context["prior_partial"], "")  # 2021 is whole
        set_state(y2021, "1", State.DRAFT)
        set_state(y2021, "3", State.DRAFT)
        page = self.get("province", first=2022, last=2022, unit="35")
        self.assertEqual(page.context["prior_partial"], "5/7")
        drill = self.get("province", "reports:drill", "DT01", first=2021, last=2022, unit="35")
        labels = [bar.label for bar in drill.context["chart"].bars]
        self.assertEqual(labels, ["2021 (5/7)", "2022 (6/7)"])
        self.assertContains(drill, "Năm 2021, 2022 chưa đủ báo cáo")

    def test_waiting_reports_on_request(self):
        set_state(self.y2022, "3", State.SUBMITTED)
        self.assertEqual(self.total(self.get("province")), 111)
        self.assertEqual(self.total(self.get("province", state="submitted")), 1111)

    def test_by_unit(self):
        response = self.get("province", view="units", section="DT", chart="DT01")
        self.assertContains(response, "Tổng cộng tỉnh Hà Nam")
        bars = response.context["chart"].bars
        self.assertEqual(
            [(bar.label, bar.text) for bar in bars],
            [("Cấp tỉnh", "1"), ("Thành phố Phủ Lý", "110"), ("Huyện Kim Bảng", "1.000")],
        )

    def test_a_unit_with_nothing_below_has_a_table_by_unit_too(self):
        response = self.get("clerk", view="units", section="DT")
        self.assertContains(response, "Tổng cộng xã Liêm Chung")

    def test_no_choice_is_offered_twice(self):
        for name in (PAGE, "reports:list", "reports:review"):
            page = self.get("province", name).content.decode()
            for select in re.findall(r"<select.*?</select>", page, re.DOTALL):
                offered = re.findall(r'<option value="([^"]*)"', select)
                with self.subTest(name, select=select[:60]):
                    self.assertEqual(len(offered), len(set(offered)), offered)

    def test_one_level(self):
        response = self.get("province", level="commune")
        self.assertEqual(self.total(response), 1100)
        self.assertNotContains(response, '<th scope="col" class="num">Cấp tỉnh</th>')

    def test_excel_button_sends_what_the_page_shows(self):
        response = self.get("district", "reports:consolidation_export", first=2022, section="DT")
        self.assertIn("attachment", response["Content-Disposition"])
        book = load_workbook(BytesIO(b"".join(response.streaming_content)))
        rows = list(book["Tổng hợp"].iter_rows(values_only=True))
        (line,) = [row for row in rows if row[1] == "Chỉ tiêu DT01"]
        self.assertEqual(line[3:6], (10, 100, 110))  # a district has no column of the province

    def test_no_inline_style_or_script(self):
        for data in ({}, {"view": "units"}):
            html = self.get("province", **data).content.decode()
            self.assertNotRegex(html, r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=")

    @mock.patch.object(keeping, "FEWEST", 10**9)  # each time as if for the first time
    def test_queries_do_not_grow(self):
        period = make_period(2023)
        enter(period, "1", DT01=1)

        def grow():
            add_communes(self.tree["350"], 100)
            period.reports.all().delete()
            catalogue = period.catalogue
            period.delete()
            make_period(2023, catalogue=catalogue)

        self.client.force_login(self.people["province"])
        url = f"{reverse(PAGE)}?unit=35&first=2023"
        assert_same_queries(self.client, url, lambda: None, grow, limit=15)


class LongTableTests(Pages):
    """A province of a size that no single page should hold."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        add_communes(cls.tree["350"], 250)
        cls.y2023 = make_period(2023)
        enter_all(cls.y2023.reports.filter(unit__code__startswith="9"), DT07=2, DT08=1)

    def test_the_reports_behind_a_figure_come_in_pages_and_none_twice(self):
        codes = []
        for number in (1, 2, 3):
            response = self.get(
                "province", "reports:drill", "DT11", unit="35", first=2023, part=2, page=number
            )
            first, second = (page for _part, page in response.context["pages"])
            self.assertEqual(first.number, 1)
            codes += [item.report.unit.code for item in second]
        self.assertEqual(codes, [str(code) for code in range(9000, 9250)])
        self.assertContains(response, "page=2#phan-2")

    def test_only_the_page_asked_for_is_read(self):
        self.client.force_login(self.people["province"])
        url = reverse("reports:drill", args=["DT07"]) + "?unit=35&first=2023"
        rows = [
            sql for sql in queries_of(self.client, url) if "ORDER BY" in sql and '"note"' in sql
        ]
        self.assertEqual(len(rows), 1)
        self.assertIn("LIMIT 100", rows[0])

    def test_a_page_number_that_is_none(self):
        for data in ({"page": "x"}, {"page": "9" * 30}, {"part": "x"}, {"part": "0", "page": "2"}):
            response = self.get("province", "reports:drill", "DT07", unit="35", first=2023, **data)
            self.assertEqual(response.status_code, 200, data)
            response = self.get("province", view="units", section="DT", first=2023, **data)
            self.assertEqual(response.status_code, 200, data)

    def test_the_rows_by_unit_come_in_pages_that_name_their_district(self):
        seen = []
        for number in (1, 2):
            response = self.get("province", view="units", section="DT", first=2023, page=number)
            rows = list(response.context["unit_page"])
            self.assertIsNone(rows[0][1])
            seen += [row.unit.code for row, district in rows if district and not row.is_own]
            self.assertContains(response, "Tổng cộng tỉnh Hà Nam")
        self.assertEqual(rows[0][0].unit.code, "350")
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(len(seen), 254)

    def test_the_list_of_missing_reports_ends(self):
        self.y2023.reports.filter(level="commune").update(state=State.DRAFT)
        response = self.get("province", first=2023)
        self.assertContains(response, "254 báo cáo chưa có trong số liệu")
        self.assertContains(response, "và 54 báo cáo khác")


class ChartTests(SimpleTestCase):
    def test_bars_are_in_proportion_and_blank_has_none(self):
        chart = bar_chart(
            "T",
            [
                ("A", Decimal(10), "10"),
                ("B", Decimal(5), "5"),
                ("C", None, ""),
                ("D", Decimal(0), "0"),
            ],
        )
        widths = [int(bar.width) for bar in chart.bars]
        self.assertEqual(widths[1] * 2, widths[0])
        self.assertEqual(widths[2:], [0, 0])
        self.assertEqual([bar.text for bar in chart.bars], ["10", "5", "—", "0"])
        self.assertIn("C chưa có số liệu", chart.description)

    def test_nothing_to_draw(self):
        self.assertEqual(bar_chart("T", []).bars, ())
