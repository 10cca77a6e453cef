"""Restated series the way people take to them: page, drill-down, workbook, command, interface."""

import datetime
import json
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from danvan.accounts.tokens import keys
from reports.consolidation import keeping
from reports.consolidation.words import row_label
from tests.budget import MOST, Asked, queries_of
from tests.reports.consolidation_data import enter, make_period
from tests.reports.test_restated import Reformed

PAGE = "reports:consolidation"
HEAD = "quy đổi theo đơn vị hành chính từ 01/7/2025"


class PageCase(Reformed):
    SHARES = ("0.6", "0.4")

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.people = {
            name: User.objects.create(username=name, unit=unit, role=role)
            for name, unit, role in (
                ("board", cls.now["37"], "officer"),
                ("old-board", cls.tree["35"], "officer"),
                ("clerk", cls.now["9"], "clerk"),
            )
        }
        for code, number in (("35", 1), ("347", 20), ("1", 10), ("2", 7), ("4", 300)):
            enter(cls.y2022, code, DT01=number, CQ02=4)

    def get(self, who="board", name=PAGE, *args, **data):
        data = {"first": 2022, "last": 2022, "as_of": "2025-07-01"} | data
        self.client.force_login(self.people[who])
        return self.client.get(reverse(name, args=args), data)

    def book(self, answer):
        return load_workbook(BytesIO(b"".join(answer.streaming_content)))


class PageTests(PageCase):
    def test_headings_marks_and_rule(self):
        page = self.get()
        self.assertContains(page, f'scope="colgroup">{HEAD}</th>')
        self.assertContains(page, "Cấp huyện (trước 01/7/2025)")
        self.assertContains(page, "không so sánh được")
        self.assertContains(page, "Xã Phù Lê 60%, Xã Hòa Hậu 40% (theo tỷ lệ đã nhập).")
        self.assertEqual(page.context["found"].lines["DT01"].total.number, 338)
        page = self.get(view="units", section="DT")
        self.assertContains(page, f'scope="colgroup">{HEAD}</th>')
        self.assertContains(page, "314*")
        bars = [(bar.label, bar.text) for bar in page.context["chart"].bars]
        self.assertEqual(
            bars,
            [
                ("Cấp tỉnh", "1"),
                ("Cấp huyện cũ", "20"),
                ("Xã Phù Lê", "314*"),
                ("Xã Hòa Hậu", "3*"),
            ],
        )

    def test_as_each_year_was_says_nothing_of_it(self):
        page = self.get(as_of="")
        for text in ("quy đổi theo", "không so sánh được", "(trước 01"):
            self.assertNotContains(page, text)
        self.assertContains(page, "Như từng năm")
        self.assertContains(page, "Quy đổi theo đơn vị từ 01/7/2025")

    def test_a_range_of_two_tiers_speaks_of_no_district(self):
        make_period(2027)  # the year before it has no district either, the one before that had
        for year in (2026, 2027):
            for data in ({}, {"view": "units"}):
                self.assertNotContains(self.get(first=year, last=year, **data), "uyện")

    def test_nor_where_the_year_before_had_districts(self):
        make_period(2025, end=datetime.date(2025, 6, 14))
        page = self.get(first=2026, last=2026, view="units", section="DT")
        self.assertNotContains(page, "Cấp huyện")
        self.assertNotContains(self.get(first=2026, last=2026), "Cấp huyện")

    def test_one_level_alone(self):
        page = self.get(view="units", section="DT", level="commune")
        rows = [row_label(row) for row in page.context["breakdown"].total.parts]
        self.assertEqual(rows, ["Xã Phù Lê", "Xã Hòa Hậu"])

    def test_every_row_leads_to_what_it_is_made_of(self):
        page = self.get(view="units", section="DT")
        nine = self.now["9"].pk
        self.assertContains(page, f'as_of=2025-07-01&amp;row={nine}"')
        found = self.get("board", "reports:drill", "DT01", row=nine)
        self.assertContains(found, "3* trong 7")
        self.assertContains(found, HEAD)
        found = self.get("board", "reports:drill", "DT01", row=f"{self.now['37'].pk}H")
        self.assertContains(found, "Tỉnh Ninh Bình, các cơ quan cấp huyện cũ")
        self.assertEqual(found.context["drill"].figure.number, 20)
        for row in (f"{nine}H", "0H", "H"):
            answer = self.get("board", "reports:drill", "DT01", row=row)
            self.assertEqual(answer.status_code, 404, row)

    def test_todays_unit_can_be_chosen_for_years_before_it(self):
        page = self.get("clerk", unit="9")
        self.assertContains(page, "Tổng hợp 2022, xã Hòa Hậu")
        self.assertEqual(page.context["found"].lines["DT01"].total.number, 3)
        self.assertIsNone(self.get("clerk", unit="8").context["wanted"])  # not the clerk's

    def test_a_code_used_again_names_no_other_unit(self):
        self.now["8"].code = "1"
        self.now["8"].save()
        units = self.get().context["filter"].units
        self.assertEqual(units["1"], self.tree["1"])
        self.assertEqual(units["1@2025-07-01"], self.now["8"])
        page = self.get(unit="1@2025-07-01")
        self.assertEqual(page.context["found"].lines["DT01"].total.number, 314)

    def test_the_old_board_sees_its_part_in_todays_units(self):
        page = self.get("old-board", view="units", section="DT")
        self.assertContains(page, "Tổng cộng tỉnh Hà Nam")
        self.assertContains(page, "Xã Hòa Hậu")

    def test_what_cannot_be_told_apart_is_refused_in_words(self):
        page = self.get(first=2022, last=2026, as_of="2025-01-01")
        self.assertIsNone(page.context["wanted"])
        self.assertContains(page, "Năm 2026 có đơn vị nhập sau ngày 01/01/2025")
        self.assertContains(page, "Vui lòng chọn ngày muộn hơn hoặc bớt năm.")
        for name, args in (("reports:drill", ("DT01",)), ("reports:consolidation_export", ())):
            answer = self.get("board", name, *args, first=2022, last=2026, as_of="2025-01-01")
            self.assertEqual(answer.status_code, 404)
        for day in ("2025-07-02", "x", "\x00", "2025-02-30"):
            self.assertIsNone(self.get(as_of=day).context["wanted"])

    def test_restated_figures_are_not_sent_out(self):
        self.assertNotContains(self.get(), "Ban hành</a>")
        for name in ("issues:new", "reports:consolidation_word"):
            self.assertEqual(self.get("board", name).status_code, 404)
        self.assertNotContains(self.get(), "Dự thảo Word")
        self.assertContains(self.get(as_of="", last=2022), "Ban hành</a>")

    @mock.patch.object(keeping, "FEWEST", 10**9)  # each time as if for the first time
    def test_thirty_units_cost_what_three_do(self):
        self.client.force_login(self.people["board"])
        asked = {}
        for view in ("", "&view=units&section=DT"):
            url = f"{reverse(PAGE)}?first=2022&last=2022&as_of=2025-07-01{view}"
            queries_of(self.client, url)
            asked[url] = len(queries_of(self.client, url))
        self.grow()
        for url, before in asked.items():
            self.assertLessEqual(before, 41)
            self.assertEqual(len(queries_of(self.client, url)), before, url)

    @mock.patch.object(keeping, "FEWEST", 1)  # looked up first, as of a whole province
    def test_every_address_asks_few_queries_and_begins_at_the_reader(self):
        """A unit divided between the reader and others is read by itself."""
        scope, nine = "first=2022&last=2022&as_of=2025-07-01", self.now["9"].pk
        page, drill = reverse(PAGE), reverse("reports:drill", args=["DT01"])
        addresses = {
            f"{page}?{scope}": MOST,
            f"{page}?{scope}&view=units&section=DT": MOST,
            f"{drill}?{scope}": MOST + 1,
            f"{drill}?{scope}&row={nine}": MOST + 2,
            f"{reverse('reports:consolidation_export')}?{scope}": MOST + 3,  # two are savepoints
        }
        offered = {
            "board": {"35", "347", "350", "1", "2", "3", "4", "37", "8", "9"},
            "clerk": {"2", "9"},
        }
        for who, units in offered.items():
            shown = self.get(who)  # stamps the session as well, once a minute
            controls = shown.context["filter"]
            self.assertEqual({unit.code for unit in controls.units.values()}, units)
            self.assertLessEqual({one.code for one in controls.known.units.values()}, units)
            for url, most in addresses.items():
                with Asked() as asked:
                    answer = self.client.get(url)
                    b"".join(answer)
                self.assertEqual(answer.status_code, 200, (who, url))
                told = "\n".join(sql[:90] + whence for sql, whence in asked.statements)
                with self.subTest(who, url=url):
                    self.assertLessEqual(
                        len(asked.statements), most, f"{len(asked.statements)}\n{told}"
                    )
        for view in ("", "units"):
            told = self.get("clerk", view=view, section="DT").content.decode()
            for foreign in ("Liêm Chung", "Lê Hồ", "Đại Cương", "314"):
                self.assertNotIn(foreign, told)


class WorkbookTests(PageCase):
    def test_the_workbook(self):
        book = self.book(self.get("board", "reports:consolidation_export", section="DT"))
        summary = list(book["Tổng hợp"].iter_rows(values_only=True))
        self.assertIn(HEAD, [row[3] for row in summary])
        self.assertTrue(any("Cấp huyện (trước 01/7/2025)" in row for row in summary))
        self.assertTrue(
            any(row[1] == "Chỉ tiêu DT13" and "không so" not in str(row) for row in summary)
        )
        sheet = book[book.sheetnames[1]]
        rows = {row[1].value: row[2] for row in sheet.iter_rows(min_row=5) if row[1].value}
        self.assertEqual(sheet["C3"].value, HEAD)
        self.assertEqual(sheet.print_title_rows, "$3:$4")
        self.assertEqual(
            (rows["Xã Hòa Hậu"].value, rows["Xã Hòa Hậu"].number_format), (3, '#,##0"*"')
        )
        self.assertEqual(rows["Cấp huyện (trước 01/7/2025)"].value, 20)
        total = rows.pop("TỔNG CỘNG TỈNH NINH BÌNH").value
        self.assertEqual(sum(cell.value or 0 for cell in rows.values()), total)
        moves = list(book["Quy đổi"].iter_rows(min_row=4, values_only=True))
        self.assertIn("40%", [row[3] for row in moves if row[0] and "Phù Vân" in row[0]])

    def test_counts_in_it(self):
        book = self.book(self.get("board", "reports:consolidation_export", section="CQ"))
        sheet = book[book.sheetnames[1]]
        rows = {row[1].value: row[3].value for row in sheet.iter_rows(min_row=5)}
        self.assertEqual(rows["Xã Phù Lê"], "không so sánh được")

    def test_the_command(self):
        with TemporaryDirectory() as folder:
            target, out = Path(folder) / "f.xlsx", StringIO()
            asked = {"unit": "37", "years": "2022", "output": str(target), "stdout": out}
            call_command("export_consolidated", as_of="2025-07-01", **asked)
            self.assertIn("Tỉnh Ninh Bình, 2022, in the units of 2025-07-01", out.getvalue())
            sheet = load_workbook(target)["Tổng hợp"]
            self.assertIn(HEAD, [row[3] for row in sheet.iter_rows(values_only=True)])
            for day, text in (
                ("2025-13-01", "is not a day like 2025-07-01"),
                ("1990-01-01", "Chưa có đơn vị hành chính nào"),
            ):
                with self.assertRaisesMessage(CommandError, text):
                    call_command("export_consolidated", as_of=day, **asked)


class ApiTests(PageCase):
    def ask(self, query, who="board"):
        key = keys.give(self.people[who], "thử", 30)[1]
        address = f"/api/v1/consolidation?first_year=2022&as_of=2025-07-01&{query}"
        return Client().get(address, headers={"Authorization": f"Bearer {key}"})

    def test_figures_in_the_units_of_a_day(self):
        answer = json.loads(self.ask("unit=37&section=DT&by=unit").content)
        self.assertEqual(answer["restated_to"], "2025-07-01")
        rows = {
            (row["unit_code"], row["part"]): (row["number"], row["shown"], row["is_estimated"])
            for row in answer["items"]
            if row["indicator"] == "DT01"
        }
        self.assertEqual(
            rows,
            {
                ("37", "total"): (338, "338", False),
                ("37", "own"): (1, "1", False),
                ("37", "district"): (20, "20", False),
                ("8", "total"): (314, "314*", True),
                ("9", "total"): (3, "3*", True),
            },
        )
        ranks = json.loads(self.ask("unit=8&section=CQ").content)["items"]
        told = {(row["shown"], row["is_comparable"]) for row in ranks if row["indicator"] == "CQ02"}
        self.assertIn(("không so sánh được", False), told)

    def test_within_the_area_and_refused_in_words(self):
        self.assertEqual(self.ask("unit=9", "clerk").status_code, 200)
        self.assertEqual(self.ask("unit=37", "clerk").status_code, 404)
        self.assertEqual(self.ask("unit=37&as_of=x").status_code, 422)
        answer = self.ask("unit=35&last_year=2026&as_of=2025-01-01")
        self.assertEqual(answer.status_code, 422)
        self.assertIn("không tách ngược được", json.loads(answer.content)["detail"])
