"""Tables of figures, on the server: every figure by unit leads to what it is made of, words find lines."""

import re
from io import BytesIO

from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from danvan.common.outline import has_words
from reports.models import Qualifier, State
from reports.workflow.moves import make_move
from tests.reports.consolidation_data import (
    enter,
    make_period,
    merge_communes,
    rename_district,
)
from tests.reports.test_consolidation_pages import Pages

LINK = re.compile(r'<a(?: class="ranks")? href="([^"]+)"[^>]*>([^<]+)</a>')


class ByUnitLinkTests(Pages):
    """Over two years in which a district changes its kind and two communes merge."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        enter(cls.y2022, "1", DT07=10, DT08=9, GS08=3)
        enter(cls.y2022, "4", DT07=4, DT08=1, GS08=2)
        rename_district(cls.tree)
        merge_communes(cls.tree)
        cls.y2025 = make_period(2025)
        for code, number in (("347", 20), ("350", 40), ("1", 200), ("3", 4000)):
            enter(cls.y2025, code, DT01=number, DT07=number, DT08=1)
        enter(cls.y2025, "2", GS08=5)

    def table(self, who="province", **data):
        page = self.get(who, view="units", first=2022, last=2025, **data)
        return page.content.decode().partition('<table class="dv-figures dv-units">')[2]

    def test_every_figure_leads_to_the_reports_that_add_up_to_it(self):
        followed = 0
        for section in ("DT", "GS"):
            for address, shown in LINK.findall(
                self.table(section=section).partition("</table>")[0]
            ):
                page = self.client.get(address.replace("&amp;", "&"))
                with self.subTest(address):
                    self.assertEqual(page.status_code, 200)
                    figure = page.context["drill"].figure
                    self.assertContains(page, f'<div class="dv-figure">{shown}')
                    parts = page.context["drill"].parts
                    if len(parts) == 1 and figure.number is not None:
                        listed = sum(one.number for one in parts[0].contributions)
                        self.assertEqual(listed, figure.number)
                followed += 1
        self.assertGreater(followed, 30)

    def test_an_own_row_holds_what_the_office_entered_alone(self):
        rows = self.get("province", view="units", section="DT", first=2022, last=2022).context
        district = next(r for r, _above in rows["unit_page"] if r.unit.code == "347" and r.parts)
        own = district.parts[0]
        page = self.get(
            "province", "reports:drill", "DT01", unit="35", first=2022, row=str(own.key)
        )
        self.assertEqual(page.context["drill"].figure.number, 10)
        self.assertContains(page, "Thành phố Phủ Lý, riêng cơ quan")

    def test_a_row_that_is_none_is_not_found(self):
        for row in ("0", "x", "99999999", "1oo", "-1", "٣"):
            page = self.get("province", "reports:drill", "DT01", unit="35", first=2022, row=row)
            self.assertEqual(page.status_code, 404, row)
        other = self.tree["350"].pk
        page = self.get("district", "reports:drill", "DT01", unit="347", first=2022, row=other)
        self.assertEqual(page.status_code, 404, "a row of another district's table")

    def test_the_index_names_every_section_and_marks_the_shown(self):
        page = self.get("province", view="units", section="GS", first=2022, last=2025)
        outline = page.context["outline"]
        self.assertEqual([line.code for line in outline if line.is_current], ["GS"])
        self.assertGreater(len(outline), 1)
        for line in outline:
            self.assertEqual(self.client.get(line.address).context["section"].code, line.code)


class WordsTests(Pages):
    def test_words_without_marks_and_codes(self):
        for words, is_there in {
            "": True, "doi thoai": True, "DOI": True, "dt01": True, "đối DT01": True,
            "doi thoay": False, "dt02": False, "%_": True,
        }.items():  # fmt: skip
            self.assertEqual(has_words(words, "DT01", "Đối thoại định kỳ"), is_there, words)

    def test_the_box_filters_every_view(self):
        page = self.get("province", q="dt01")
        self.assertEqual([s.code for s in page.context["sections"]], ["DT"])
        self.assertEqual(len(page.context["sections"][0].lines), 1)
        page = self.get("province", q="gs08", view="units")
        self.assertEqual([column.code for column in page.context["columns"]], ["GS08"])

    def test_nothing_found_says_so_and_keeps_the_way_back(self):
        for data in ({}, {"view": "units"}):
            page = self.get("province", q="không có gì <b>", **data)
            self.assertContains(page, "Không có chỉ tiêu nào mang mã hoặc từ này.")
            self.assertContains(page, "Hiện tất cả")
            self.assertNotContains(page, "gì <b>")

    def test_too_long_a_search_is_refused_in_words(self):
        self.assertContains(self.get("province", q="a" * 101), "Lựa chọn chưa đúng")


class DensityTests(Pages):
    def post(self, choice, back="/bao-cao/"):
        self.client.force_login(self.people["leader"])
        return self.client.post(reverse("accounts:density"), {"compact": choice, "next": back})

    def compact(self) -> bool:
        return User.objects.get(username="leader").compact

    def test_the_choice_is_kept_and_the_reader_stays(self):
        self.assertTrue(self.compact())
        answer = self.post("0", "/bao-cao/tong-hop/?unit=35&q=dt")
        self.assertRedirects(
            answer, "/bao-cao/tong-hop/?unit=35&q=dt", fetch_redirect_response=False
        )
        self.assertFalse(self.compact())
        self.assertNotContains(self.get("leader"), 'class="dv-compact"')
        self.post("1")
        self.assertContains(self.get("leader"), 'class="dv-compact"')

    def test_bad_choices_and_foreign_addresses_do_nothing(self):
        for choice in ("", "2", "true", "x" * 500):
            self.post(choice)
            self.assertTrue(self.compact(), choice)
        for back in (
            "//example.org/",
            "https://example.org/",
            "javascript:alert(1)",
            "",
            "bao-cao",
        ):
            self.assertRedirects(self.post("1", back), "/", fetch_redirect_response=False)

    def test_it_needs_a_token(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.people["leader"])
        answer = client.post(reverse("accounts:density"), {"compact": "0"})
        self.assertEqual(answer.status_code, 403)
        self.assertTrue(self.compact())


class ChangedTests(Pages):
    """The board sees what was changed after it had returned a report."""

    def test_figures_changed_since_the_return_say_what_they_were(self):
        report = self.y2022.reports.get(unit__code="1")
        report.reviewer, report.state = self.tree["347"], State.SUBMITTED
        report.save()
        board, clerk = self.people["district"], self.people["clerk"]
        make_move(report, "return", user=board, version=report.version, reason="xem lại")
        report.refresh_from_db()
        self.client.force_login(clerk)
        for number in ("150", "160"):
            report.refresh_from_db()
            self.client.post(
                reverse("reports:entry", args=[report.pk]),
                {"version": report.version, "DT01": number},
            )
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        self.assertContains(page, "sửa lại, trước là 100")
        (line,) = [line for line in page.context["outline"] if line.code == "DT"]
        self.assertIn("1 đã sửa", line.notes)
        report.refresh_from_db()
        self.client.post(
            reverse("reports:entry", args=[report.pk]), {"version": report.version, "DT01": "100"}
        )
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        self.assertNotContains(page, "sửa lại, trước là")


class ReportSheetTests(Pages):
    def test_a_report_as_a_sheet_holds_what_its_page_shows_numbers_as_numbers(self):
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT07=1140, DT08=912)
        report = self.y2022.reports.get(unit__code="1")
        self.client.force_login(self.people["clerk"])
        answer = self.client.get(reverse("reports:report_export", args=[report.pk]))
        rows = list(load_workbook(BytesIO(answer.getvalue())).worksheets[0].values)
        lines = {row[1]: row for row in rows[1:]}
        self.assertEqual(rows[0][4], "2022")
        self.assertEqual((lines["DT01"][4], lines["DT07"][4:6]), (100, (1140, "trên")))
        self.assertEqual(lines["DT11"][4], 80)
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        shown = {e.code for s in page.context["sections"] for e in s.entries}
        self.assertEqual(set(lines), shown)

    def test_a_report_of_another_unit_is_not_found(self):
        self.client.force_login(self.people["clerk"])
        other = self.y2022.reports.get(unit__code="3")
        url = reverse("reports:report_export", args=[other.pk])
        self.assertEqual(self.client.get(url).status_code, 404)
