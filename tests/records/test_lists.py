"""Lists: strict filters, a whitelist of orders, bounded pages, as many queries for 300 rows as for 3."""

import datetime
from unittest import mock

from danvan.common import paging
from records.kinds import KINDS
from records.menu import MOST
from records.models import DialogueConference, Oversight
from tests.budget import assert_same_queries
from tests.records.data import build, make
from tests.records.test_pages import PageCase


class QueryTest(PageCase):
    @mock.patch("danvan.accounts.login.sessions.touch")  # writes once a minute, whatever the page
    def test_every_list_asks_the_same_for_3_and_300_rows(self, touch):
        for name in ("xa-13369", "tinh"):
            self.log_in(name)
            for kind in KINDS:
                with self.subTest(kind.slug, who=name):
                    kind.model.objects.all().delete()
                    assert_same_queries(
                        self.client,
                        self.url("list", kind.slug),
                        lambda kind=kind: self.fill(kind, 0, 3),
                        lambda kind=kind: self.fill(kind, 3, 300),
                        limit=12,
                    )

    def fill(self, kind, first, last):
        units = [self.unit] if kind.dated else [p.unit for p in self.cast.values() if p.unit]
        rows = [
            build(
                kind.slug,
                units[n % len(units)] if kind.dated else self.unit,
                **({} if kind.dated else {"year": 2000 + n % 100}),
            )
            for n in range(first, last)
        ]
        if not kind.dated:
            for row in rows:
                row.start_date = datetime.date(2024, 6, 30)
            rows = rows[: max(0, 100 - first)]
        for row in rows:
            row.created_by = self.cast["huyen-349"]
            row.derive()
        kind.model.objects.bulk_create(rows)


class FilterTest(PageCase):
    def setUp(self):
        self.log_in("huyen-349")
        self.url_ = self.url("list")

    def found(self, **query):
        answer = self.client.get(self.url_, query)
        self.assertEqual(answer.status_code, 200)
        return answer.context["rows"]

    def test_wrong_values_show_an_error_and_no_row(self):
        make("dialogue-conference", self.unit)
        for query in (
            {"kind": "x"},
            {"kind": "regular,x"},
            {"tu": "31/02/2024"},
            {"nam": "hai nghìn"},
            {"nam": "99999999999999999999"},
            {"so_tu": "1e99999"},
            {"unit": "x"},
            {"unit": str(self.cast["xa-13384"].unit.pk)},  # exists, in another district
            {"q": "x" * 101},
        ):
            with self.subTest(query):
                answer = self.client.get(self.url_, query)
                self.assertEqual(len(answer.context["rows"]), 0)
                self.assertContains(answer, "Vui lòng kiểm tra lại")

    def test_unit_and_everything_below(self):
        mine = make("dialogue-conference", self.cast["huyen-349"].unit)
        below = make("dialogue-conference", self.unit)
        unit = self.cast["huyen-349"].unit.pk
        self.assertEqual(self.found(unit=unit), [mine])
        self.assertEqual(set(self.found(unit=unit, duoi="on")), {mine, below})

    def test_the_year_is_the_reporting_year(self):
        days = [
            datetime.date(2023, 12, 14),
            datetime.date(2023, 12, 15),
            datetime.date(2024, 12, 14),
        ]
        rows = [make("dialogue-conference", self.unit, start_date=day) for day in days]
        self.assertEqual(set(self.found(nam="2024")), set(rows[1:]))

    def test_days_choices_numbers_and_words_together(self):
        row = make("dialogue-conference", self.unit, kind="thematic", attendees=1140)
        make("dialogue-conference", self.unit)
        query = {"tu": "06/05/2024", "den": "06/05/2024", "kind": "thematic,ad_hoc"}
        self.assertEqual(self.found(**query, so_tu="1.140", so_den="1.140", q="NONG thon"), [row])
        self.assertEqual(self.found(**query, so_tu="1.141"), [])
        self.assertEqual(self.found(led_by="chairman"), [])
        self.assertEqual(len(self.found(led_by="chairman,secretary")), 2)

    def test_only_whitelisted_orders_sort(self):
        few = make(
            "dialogue-conference", self.unit, attendees=1, start_date=datetime.date(2024, 1, 5)
        )
        many = make("dialogue-conference", self.unit, attendees=900)
        self.assertEqual(self.found(xep="so"), [few, many])
        self.assertEqual(self.found(xep="-so"), [many, few])
        for order in ("", "unit__users__password", "-search", "'", "pk); DROP"):
            with self.subTest(order):
                self.assertEqual(self.found(xep=order), [many, few])

    def test_exact_marks_come_first(self):
        make("dialogue-conference", self.unit, title="Thụy Lôi")
        make(
            "dialogue-conference", self.unit, title="Thuỷ Lôi", start_date=datetime.date(2024, 1, 5)
        )
        self.assertEqual([row.title for row in self.found(q="thuỷ lôi")], ["Thuỷ Lôi", "Thụy Lôi"])
        self.assertEqual([row.title for row in self.found(q="thuy loi")], ["Thụy Lôi", "Thuỷ Lôi"])

    def test_totals_are_those_of_the_filtered_rows(self):
        make("dialogue-conference", self.unit, kind="thematic", attendees=500)
        make("dialogue-conference", self.unit, attendees=640)
        answer = self.client.get(self.url_)
        self.assertContains(answer, "1.140")
        self.assertEqual(answer.context["totals"]["attendees"], 1140)
        narrowed = self.client.get(self.url_, {"kind": "thematic"})
        self.assertEqual(narrowed.context["totals"]["attendees"], 500)

    def test_a_sum_of_nothing_said_is_no_zero(self):
        make("oversight", self.unit, recommendations=2)
        answer = self.client.get(self.url("list", "oversight"))
        self.assertEqual(answer.context["totals"]["violations"], None)
        self.assertNotContains(answer, "số vụ việc vi phạm phát hiện")
        make("oversight", self.unit, violations=0)
        answer = self.client.get(self.url("list", "oversight"))
        self.assertContains(answer, "số vụ việc vi phạm phát hiện <b>0</b>")


class LongListTest(PageCase):
    """Beyond the bound nothing is counted unasked, and every row can still be walked to."""

    def setUp(self):
        self.log_in("xa-13369")
        sizes = mock.patch.multiple(paging, MAX_ROWS=5, PAGE_SIZE=3)
        sizes.start()
        self.addCleanup(sizes.stop)

    def walk(self, address, slug="dialogue-conference", step="next"):
        """Return the rows of each page from `address` on, by following the link to the page beside."""
        pages = []
        while True:
            answer = self.client.get(self.url("list", slug) + address)
            pages.append(answer.context["rows"])
            self.assertLess(len(pages), 20, "the walk goes in a circle")
            address = getattr(answer.context["page"], step)
            if not address:
                return pages, answer
            self.assertContains(answer, address.replace("&", "&amp;"))

    def test_counting_stops_and_totals_are_asked_for(self):
        for n in range(7):
            make("dialogue-conference", self.unit, attendees=n)
        url = self.url("list")
        answer = self.client.get(url)
        self.assertContains(answer, "Hơn 5 hội nghị")
        self.assertIsNone(answer.context["totals"])
        self.assertEqual(len(answer.context["rows"]), 3)
        self.assertContains(answer, "tính tổng cộng")
        summed = self.client.get(url, {"tong": "1"})
        self.assertContains(summed, "Cộng 7 hội nghị")
        self.assertEqual(summed.context["totals"]["attendees"], 21)

    def test_every_row_is_reached_once_in_both_directions_whatever_the_order(self):
        for n in range(14):
            day = datetime.date(2024, 5, 1 + n // 5)  # equal days: the key decides
            amount = None if n % 3 else n // 4  # blanks in between, and equal numbers
            make("oversight", self.unit, start_date=day, recommendations=amount)
        rows = list(Oversight.objects.all())
        for order, expected in (
            ("", sorted(rows, key=lambda row: (row.start_date, row.pk), reverse=True)),
            ("?xep=ngay", sorted(rows, key=lambda row: (row.start_date, row.pk))),
            ("?xep=so", self.by_number(rows, 1)),
            ("?xep=-so", self.by_number(rows, -1)),
        ):
            with self.subTest(order):
                pages, last = self.walk(order, "oversight")
                self.assertEqual([row for page in pages for row in page], expected)
                self.assertEqual([len(page) for page in pages], [3, 3, 3, 3, 2])
                before = last.context["page"].previous
                back, first = self.walk(before, "oversight", "previous")
                self.assertEqual([r for page in reversed(back) for r in page], expected[:12])
                self.assertNotContains(first, "Trang trước")
                with (
                    mock.patch.object(paging, "MAX_ROWS", 100),
                    mock.patch.object(paging, "PAGE_SIZE", 100),
                ):
                    pages, _ = self.walk(order, "oversight")
                self.assertEqual(pages, [expected])  # a short list has the same order

    @staticmethod
    def by_number(rows, sign):
        """Blanks last in both directions, the key between equals."""
        return sorted(
            rows,
            key=lambda row: (
                row.recommendations is None,
                sign * (row.recommendations or 0),
                sign * row.pk,
            ),
        )

    def test_a_row_added_or_deleted_on_the_way_neither_doubles_nor_hides_another(self):
        rows = [make("oversight", self.unit) for _ in range(12)][::-1]
        url = self.url("list", "oversight")
        first = self.client.get(url)
        make("oversight", self.unit)
        rows[2].delete()  # the row the link names
        second = self.client.get(url + first.context["page"].next)
        self.assertEqual(second.context["rows"], rows[3:6])

    def test_nonsense_in_the_address_leads_to_the_first_page(self):
        rows = [make("oversight", self.unit) for _ in range(8)][::-1]
        places = (
            "x",
            ".",
            ".5",
            "2024-13-45.1",
            "2024-05-06.x",
            "9" * 30,
            f"2024-05-06.{'9' * 30}",
        )
        for place in (*places, "1e9999.1", "1900-01-01.1", "2024-05-06.٣x", "\x00.1"):
            for step in ("sau", "truoc"):
                for order in ("", "so", "-so", "ngay"):
                    with self.subTest(place, step=step, order=order):
                        query = {step: place, "xep": order}
                        answer = self.client.get(self.url("list", "oversight"), query)
                        self.assertEqual(len(answer.context["rows"]), 3)
        self.assertEqual(
            self.client.get(self.url("list", "oversight"), {"page": "2"}).context["rows"], rows[:3]
        )

    def test_beyond_the_end_stands_the_last_page(self):
        rows = [make("oversight", self.unit) for _ in range(8)][::-1]
        url = self.url("list", "oversight")
        last = self.client.get(url, {"sau": f"2024-05-06.{rows[-1].pk}"})
        self.assertEqual(last.context["rows"], rows[-3:])
        page = last.context["page"]
        self.assertEqual(page.next, "")
        before = self.client.get(url + page.previous)
        self.assertEqual(before.context["rows"], rows[-6:-3])

    def test_the_filter_goes_along(self):
        rows = [make("oversight", self.unit, lead="CD") for _ in range(8)][::-1]
        for _ in range(8):
            make("oversight", self.unit)
        pages, _ = self.walk("?lead=CD", "oversight")
        self.assertEqual([row for page in pages for row in page], rows)


class ShortListTest(PageCase):
    def test_pages_that_do_not_exist_lead_to_ones_that_do(self):
        make("dialogue-conference", self.unit)
        self.log_in("xa-13369")
        for page in ("0", "-1", "99", "x", "", "9" * 30):
            with self.subTest(page):
                answer = self.client.get(self.url("list"), {"page": page})
                self.assertEqual(len(answer.context["rows"]), 1)


class MenuTest(PageCase):
    def test_counts_of_the_year_in_the_rail_and_on_the_tiles(self):
        make("dialogue-conference", self.unit)
        make("dialogue-conference", self.cast["xa-13363"].unit)
        make("dialogue-conference", self.unit, start_date=datetime.date(2022, 5, 6))
        self.log_in("xa-13369")
        page = self.client.get("/ho-so/")
        self.assertContains(page, "Hồ sơ công tác 2024")
        self.assertContains(page, "1 hội nghị")
        listed = self.client.get(self.url("list"), {"nam": "2024"})
        for address in (page, listed):  # whoever follows a count finds as many rows
            self.assertContains(address, f'href="{self.url("list")}?nam=2024"')
        self.assertEqual(len(listed.context["rows"]), 1)
        self.assertContains(listed, 'aria-current="page"')
        self.log_in("huyen-349")
        self.assertContains(self.client.get("/ho-so/"), "2 hội nghị")

    def test_counting_stops(self):
        rows = [build("dialogue-conference", self.unit) for _ in range(MOST + 3)]
        DialogueConference.objects.bulk_create(rows)
        self.log_in("xa-13369")
        self.assertContains(self.client.get("/ho-so/"), "1.000+ hội nghị")


class PrintTest(PageCase):
    """What is printed with a total holds every row the total counts."""

    def test_the_printed_list_holds_all_rows_and_a_page_of_it_no_total(self):
        self.log_in("xa-13369")
        for number in range(60):
            make("dialogue-conference", self.unit, title=f"Hội nghị {number}")
        page = self.client.get(self.url("list"))
        self.assertEqual(len(page.context["table"]), 50)
        self.assertContains(page, '<tr class="total no-print">')
        self.assertContains(page, "?in=1")
        whole = self.client.get(self.url("list") + "?in=1&page=2")
        self.assertEqual(len(whole.context["table"]), 60)
        self.assertContains(whole, '<tr class="total">')
        self.assertContains(whole, "data-print")
