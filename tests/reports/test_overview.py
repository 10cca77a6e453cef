"""Toàn cảnh: its numbers are those of the consolidation, its counts those of the lists they lead to."""

import datetime
import gzip
import re
from html import unescape
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import Role, User
from danvan.units.models import AdministrativeUnit
from reports.consolidation.words import figure_text, number_text
from reports.models import HeadlineChoice, Report, ReportingPeriod, State
from reports.overview.headlines import headlines
from reports.overview.picture import picture
from tests.budget import assert_same_queries
from tests.reports.consolidation_data import (
    add_communes,
    by_child_unit,
    consolidated,
    enter,
    enter_all,
    make_period,
    make_tree,
    merge_communes,
    new_province,
    set_state,
)

PAGE, CHOOSE = reverse("reports:overview"), reverse("reports:headlines")


def person(name: str, unit: AdministrativeUnit | None, role: str = Role.OFFICER, **more) -> User:
    return User.objects.create(username=name, unit=unit, role=role, full_name=name, **more)


def links(html: str, start: str) -> list[str]:
    """Return the addresses of a page that begin with `start`."""
    return [
        one for one in map(unescape, re.findall(r'href="([^"]+)"', html)) if one.startswith(start)
    ]


class OverviewCase(TestCase):
    """Three years of the small province: two whole ones, and one that half of the reports are in of."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.board = person("tinh", cls.tree["35"])
        cls.district = person("huyen", cls.tree["350"])
        cls.leader = person("lanhdao", cls.tree["35"], Role.VIEWER)
        cls.clerk = person("xa", cls.tree["3"], Role.CLERK)
        cls.periods = {year: make_period(year) for year in (2022, 2023, 2024)}
        for year, period in cls.periods.items():
            for number, code in enumerate("1234", 1):
                figures = {"DT03": number * (year - 2020), "DT01": 1, "DV11": 3}
                enter(period, code, DT07=10, DT08=number + year - 2022, VD01=1, **figures)
            enter(period, "347", DT03=7, DV10=2)
        enter(cls.periods[2023], "35", DT03=1)
        for code in ("35", "350", "3"):
            set_state(cls.periods[2024], code, State.DRAFT)
        set_state(cls.periods[2024], "4", State.SUBMITTED)
        for unit in cls.tree.values():
            Report.objects.filter(unit__parent=unit).update(reviewer=unit)
        codes = ["DT03", "DT11", "DV08", "GS08"]
        HeadlineChoice.objects.create(unit=cls.tree["35"], codes=codes, chosen_by=cls.board)

    def page(self, user: User, **asked):
        self.client.force_login(user)
        return self.client.get(PAGE, asked)


class NumbersTest(OverviewCase):
    """What is drawn equals what the consolidation says."""

    def test_headline_figures_of_all_years_are_those_of_the_consolidation(self):
        for user in (self.board, self.district, self.leader, self.clerk):
            found = self.page(user).context["found"]
            assert [one.year for one in found.years] == [2022, 2023, 2024]
            for year in found.years:
                whole = consolidated(user.unit, year.year, year.year)
                assert (year.expected, year.included) == (whole.expected, whole.included)
                for trend in found.trends:
                    drawn = next(one for one in trend.years if one.year == year.year)
                    line = whole.lines[trend.definition.code]
                    assert drawn.figure.number == line.total.number, (user, trend.definition.code)
                    assert drawn.is_whole == whole.is_complete

    def test_the_change_is_that_of_the_consolidation_and_none_beside_a_year_in_progress(self):
        found = self.page(self.board).context["found"]
        assert found.shown.year == 2023
        lines = consolidated(self.tree["35"], 2023, 2023).lines
        assert {one.definition.code: one.change for one in found.trends} == {
            one.definition.code: lines[one.definition.code].change for one in found.trends
        }
        page = self.page(self.board, year=2024)
        assert {one.change for one in page.context["found"].trends} == {None}
        self.assertContains(page, "Chưa so: năm 2024 mới có 3/7 báo cáo.")
        self.assertContains(page, "không so với năm đủ")
        self.assertContains(page, 'fill="url(#part)"')

    def test_cells_are_those_of_the_table_by_unit_and_lead_to_them(self):
        page = self.page(self.board)
        heat = page.context["found"].heat
        rows = {row.unit.code: row for row in heat.rows}
        table = by_child_unit(self.tree["35"], 2023, 2023).total
        for part in table.parts:
            for one in (part, *part.parts):
                if one.is_own:
                    continue
                cells = {cell.definition.code: cell for cell in rows[one.unit.code].cells}
                for code, cell in cells.items():
                    assert cell.figure.number == one.figures[code].number, (one.unit.code, code)
        assert set(rows) == {"347", "350", "1", "2", "3", "4"}
        assert [row.unit.code for row in heat.rows if row.is_heading] == ["347", "350"]
        shades = {cell.definition.code: cell.shade for cell in rows["1"].cells}
        # 3 of a median of 7,5; nothing was entered for GS08.
        assert (shades["DT03"], shades["DV08"]) == (1, 3)

    def test_every_mark_leads_to_its_own_figure(self):
        html = self.page(self.board).content.decode()
        found = self.page(self.board).context["found"]
        expected = {}
        for trend in found.trends:
            for one in trend.years:
                expected[trend.definition.code, str(one.year), ""] = (one.figure, trend.definition)
        for row in found.heat.rows:
            for cell in row.cells:
                if cell.figure.number is not None:
                    key = cell.definition.code, "2023", str(row.unit.pk)
                    expected[key] = (cell.figure, cell.definition)
        start = reverse("reports:drill", args=["DT03"]).removesuffix("DT03/")
        seen = set()
        for address in links(html, start):
            parts = urlsplit(address)
            asked = dict(parse_qsl(parts.query))
            key = parts.path.split("/")[-2], asked["first"], asked.get("row", "")
            if key in seen or expected[key][0].number is None:
                continue
            seen.add(key)
            figure, definition = expected[key]
            shown = number_text(figure.number, definition)
            assert f'<div class="dv-figure">{shown}' in self.client.get(address).content.decode(), (
                key
            )
        assert len(seen) > 25

    def test_districts_stand_for_their_communes_where_there_are_too_many(self):
        whole = self.page(self.board).context["found"]
        with mock.patch("reports.overview.picture.MOST_UNITS", 3):
            found = self.page(self.board).context["found"]
        assert [one.number for one in _figures(found)] == [one.number for one in _figures(whole)]
        headings = {row.unit.code: row for row in whole.heat.rows if row.is_heading}
        assert {row.unit.code for row in found.heat.rows} == {"347", "350"}
        for row in found.heat.rows:
            old = [cell.figure.number for cell in headings[row.unit.code].cells]
            assert [cell.figure.number for cell in row.cells] == old

    def test_who_rose_and_fell_is_told_of_whole_years_only(self):
        moves = self.page(self.board).context["found"].moves
        assert {one.unit.code for one in moves.risen} == {"1", "2", "3", "4"}
        assert [one.step for one in moves.risen if one.unit.code == "4"] == [4]
        assert moves.compared == 4
        # Of 2024 only xã 1 and 2 are approved.
        late = self.page(self.board, year=2024).context["found"].moves
        assert {one.unit.code for one in (*late.risen, *late.fallen)} == {"1", "2"}
        assert late.compared == 2

    def test_a_figure_far_from_the_year_before_is_named(self):
        Report.objects.get(period=self.periods[2023], unit__code="1").values.filter(
            indicator__code="DT03"
        ).update(number=50)
        page = self.page(self.board)
        assert page.context["found"].moves.far == 1
        self.assertContains(page, "đơn vị có số liệu năm 2023 khác xa năm trước")


def _figures(found):
    return [one.figure for trend in found.trends for one in trend.years]


class ProgressTest(OverviewCase):
    def test_every_count_leads_to_as_many_reports(self):
        Report.objects.filter(period=self.periods[2024], unit__code="4").update(
            deviating=3, explained=2
        )
        for user in (self.leader, self.district):
            html = self.page(user).content.decode()
            found = self.client.get(PAGE).context["found"]
            seen = 0
            for address in set(links(html, reverse("reports:list") + "?")):
                asked = dict(parse_qsl(urlsplit(address).query))
                counts = found.progress.counts
                if area := asked.get("area"):
                    counts = found.progress.areas[int(area)]
                if asked.get("deviation"):
                    look = found.progress.look
                    number = (
                        look.unexplained if asked["deviation"] == "unexplained" else look.deviating
                    )
                else:
                    number = counts[asked.get("state", "all")]
                page = self.client.get(address)
                assert page.context["paginator"].count == number, (user, address)
                seen += 1
            assert seen > 5

    def test_days_are_held_against_the_due_date_of_each_year(self):
        today = timezone.localdate()
        for year, days in ((2023, 3), (2024, 4)):
            period = self.periods[year]
            period.is_closed = False
            for level in ("commune", "district", "province"):
                setattr(period, f"due_{level}", today + datetime.timedelta(days=days))
            period.save()
        before, now = self.page(self.board).context["found"].progress.curves
        assert (before.year, now.year) == (2023, 2024)
        assert dict(before.points)[-3] == 100
        assert dict(before.points)[-4] == 0
        assert not before.is_running
        assert now.is_running
        assert now.points[-1] == (-4, 400 / 7)
        page = self.page(self.board)
        self.assertContains(page, "năm 2024 (đến hôm nay)")
        for line, year in zip(page.context["lines"], (2023, 2024), strict=True):
            listed = self.client.get(line.url).context["reports"]
            assert {report.period.year for report in listed} == {year}

    def test_a_province_without_districts_is_told_by_unit(self):
        new_province(self.tree, datetime.date(2025, 7, 1))
        make_period(2025, state=State.DRAFT)
        Report.objects.filter(unit__code="8").update(
            reviewer=Report.objects.get(unit__code="37").unit
        )
        board = person("moi", AdministrativeUnit.objects.get(code="37"))
        page = self.page(board)
        assert [one.name for one in page.context["squares"]] == ["Tỉnh Ninh Bình", "X. Phù Lê"]
        assert not page.context["bars"]
        # Colours have no names on a phone: who is late stands below.
        self.assertContains(page, f'<a href="{page.context["late"][-1][1]}">X. Phù Lê</a>')


class ReformTest(OverviewCase):
    """Over a change of units nothing is compared that cannot be, and the sums stay those reported."""

    def test_merged_communes_are_told_in_the_new_unit(self):
        new = merge_communes(self.tree)
        period = make_period(2025)
        enter(period, "3", DT03=30)
        page = self.page(self.board)
        found = page.context["found"]
        assert found.area.restated.day == datetime.date(2025, 1, 1)
        for year in found.years:
            whole = consolidated(self.tree["35"], year.year, year.year)
            trend = next(one for one in found.trends if one.definition.code == "DT03")
            drawn = next(one for one in trend.years if one.year == year.year)
            assert drawn.figure.number == whole.lines["DT03"].total.number
        row = next(one for one in found.heat.rows if one.unit == new)
        address = next(
            one
            for one in links(page.content.decode(), reverse("reports:drill", args=["DT03"]))
            if f"row={new.pk}" in one
        )
        shown = figure_text(row.cells[0].figure, row.cells[0].definition)
        self.assertContains(self.client.get(address), f'<div class="dv-figure">{shown}')
        self.assertContains(page, "Đơn vị thay đổi ngày 01/01/2025")

    def test_a_level_that_ended_forbids_the_change(self):
        new_province(self.tree)
        make_period(2025)
        board = person("moi", AdministrativeUnit.objects.get(code="37"))
        page = self.page(board)
        found = page.context["found"]
        assert found.shown.year == 2025
        assert not found.is_compared
        drawn = {one.year: one.figure.number for one in found.trends[0].years}
        for year in (2022, 2023):
            whole = consolidated(board.unit, year, year).lines[found.trends[0].definition.code]
            assert drawn[year] == whole.total.number
        self.assertContains(page, "Không so với 2024: đơn vị báo cáo đã đổi.")
        self.assertContains(page, "gồm cả phần của cấp huyện nay không còn")
        self.assertContains(page, 'class="dv-break"')

    def test_an_address_names_a_unit_by_the_day_it_began(self):
        new = merge_communes(self.tree)
        make_period(2025)
        self.client.force_login(self.board)
        for unit, first in ((self.tree["3"], 2024), (new, 2025)):
            key = f"{unit.code}@{unit.valid_from}"
            page = self.client.get(
                reverse("reports:consolidation"), {"unit": key, "first": first, "last": first}
            )
            assert page.context["found"].scope.unit == unit


class ChoiceTest(OverviewCase):
    def setUp(self):
        HeadlineChoice.objects.all().delete()

    def test_a_board_chooses_and_the_districts_follow_until_they_choose(self):
        assert self._codes(self.board) == ["DT01", "DV08", "VD01"]  # first of each section
        self.client.force_login(self.board)
        page = self.client.post(CHOOSE, {"code": ["DT03", "DT11"]}, follow=True)
        self.assertContains(page, "Đã lưu chỉ tiêu trọng tâm.")
        assert self._codes(self.board) == self._codes(self.district) == ["DT03", "DT11"]
        self.client.force_login(self.district)
        self.assertContains(self.client.get(CHOOSE), "lựa chọn của tỉnh Hà Nam")
        self.client.post(CHOOSE, {"code": ["VD01"]})
        assert self._codes(self.district) == self._codes(self.clerk) == ["VD01"]
        assert self._codes(self.leader) == ["DT03", "DT11"]
        self.client.force_login(self.district)
        self.client.post(CHOOSE, {"usual": "1"})
        assert self._codes(self.district) == ["DT03", "DT11"]

    def _codes(self, user):
        return [one.code for one in self.page(user).context["found"].headlines]

    def test_a_refusal_keeps_what_was_ticked(self):
        self.client.force_login(self.board)
        for codes, told in (
            ([], "ít nhất một chỉ tiêu"),
            (["DT03", "XX99"], "không còn trong danh mục"),
            (["NX01"], "không còn trong danh mục"),
            (
                ["DT01", "DT03", "DT07", "DT08", "DT11", "DV08", "DV09", "DV10", "DV11"],
                "Đã chọn 9 chỉ tiêu, chỉ giữ được 8",
            ),
        ):
            with self.subTest(codes):
                page = self.client.post(CHOOSE, {"code": codes})
                self.assertContains(page, told, status_code=422)
                assert page.context["ticked"] == codes
        assert not HeadlineChoice.objects.exists()

    def test_what_the_catalogue_of_today_lacks_is_left_out(self):
        definitions = self.page(self.board).context["found"].area.data.definitions
        assert [one.code for one in headlines(definitions, ["DT03", "ZZ01"])] == ["DT03"]
        assert headlines(definitions, ["ZZ01"]) == headlines(definitions, None)


class BadInputTest(OverviewCase):
    def test_nonsense_and_others_units(self):
        self.client.force_login(self.district)
        for query, status in (
            ("?year=abc", 200), ("?year=1999", 404), ("?unit=zzz", 404), ("?unit=347", 404),
            ("?unit=4", 200), ("?unit=4@1999-01-01", 404), ("?page=99", 200), ("?unit=4%00", 200),
        ):  # fmt: skip
            with self.subTest(query):
                assert self.client.get(PAGE + query).status_code == status
        page = self.client.get(
            reverse("reports:consolidation") + "?unit=4%00@2020-01-01&first=2023"
        )
        assert page.status_code == 200

    def test_before_the_first_year_and_without_a_unit(self):
        Report.objects.all().delete()
        for period in self.periods.values():
            period.delete()
        self.assertContains(self.page(self.board), "Chưa mở kỳ báo cáo nào")
        root = person("goc", None, is_superuser=True)
        self.assertContains(self.page(root), "Chưa mở kỳ báo cáo nào")
        self.client.force_login(self.board)
        self.assertRedirects(self.client.get(CHOOSE), PAGE)


class SizeTest(OverviewCase):
    def test_a_page_costs_as_many_queries_and_few_bytes_whatever_the_units(self):
        def large():
            add_communes(self.tree["347"], 125)
            make_period(2025)
            reports = Report.objects.filter(period__year=2025, unit__name__startswith="Xã ")
            enter_all(list(reports), DT03=3, DT07=7, DT08=5, DV11=2, GS08=1)

        self.client.force_login(self.leader)
        assert_same_queries(self.client, PAGE, lambda: None, large, limit=15)
        page = self.client.get(PAGE)
        assert page.context["found"].heat.units == 129
        assert len(gzip.compress(page.content)) <= 15 * 1024

    def test_the_picture_itself_asks_the_same_of_a_country(self):
        counted = ReportingPeriod.objects.counted()
        with self.assertNumQueries(10), mock.patch("reports.overview.picture.MOST_UNITS", 3):
            picture(self.tree["35"], counted, User.objects.get(pk=self.board.pk))
