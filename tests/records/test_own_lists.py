"""Lists as one person likes to see them: columns, filters under names, and their export as seen."""

from io import BytesIO

from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import SavedList
from danvan.accounts.preferences import MOST_LISTS
from records.kinds import BY_SLUG
from records.shown import column_choices
from tests.budget import queries_of
from tests.records.data import make
from tests.records.test_pages import PageCase

SLUG = "dialogue-conference"


class OwnListTest(PageCase):
    def setUp(self):
        self.log_in("xa-13369")
        for number, title in ((60, "Môi trường"), (20, "Đất đai"), (90, "Chuyển đổi số")):
            make(SLUG, self.unit, title=title, attendees=number, location="Nhà văn hóa")

    def keep(self, **data):
        url = reverse("accounts:list_keep")
        data = {"place": SLUG, "next": self.url("list"), **data}
        return self.client.post(url, data, follow=True)

    def labels(self, page):
        return [head.label for head in page.context["headings"]]

    def test_chosen_columns_stay_for_this_person_alone(self):
        page = self.keep(cot=["location", "pending"])
        kind = BY_SLUG[SLUG]
        expected = ["Ngày", "Chủ đề", kind.label_of("pending"), kind.label_of("location")]
        self.assertEqual(self.labels(page), expected)
        self.assertContains(page, "Nhà văn hóa")
        totals = [cell.text for cell in page.context["total_cells"]]
        self.assertEqual(totals, ["3", ""])  # each under its own column, none under words
        self.assertIn((kind.label_of("attendees"), "170"), page.context["other_totals"])
        self.log_in("huyen-349")
        self.assertNotEqual(self.labels(self.client.get(self.url("list"))), expected)

    def test_none_and_nonsense_give_the_usual_columns(self):
        usual = self.labels(self.client.get(self.url("list")))
        self.keep(cot=["location"])
        self.assertEqual(self.labels(self.keep()), usual)
        self.assertEqual(self.labels(self.keep(cot=["password", "unit", "x" * 999])), usual)
        page = self.client.get(self.url("list") + "?cot=created_by&cot=version")
        self.assertEqual(self.labels(page), usual)

    def test_every_column_of_every_kind_can_be_shown_and_exported(self):
        for slug, kind in BY_SLUG.items():
            make(slug, self.unit)
            query = "&".join(f"cot={name}" for name, _label in column_choices(kind))
            with self.subTest(slug):
                page = self.client.get(f"{self.url('list', slug)}?{query}")
                self.assertEqual(page.status_code, 200)
                sheet = self.client.get(f"{self.url('export', slug)}?{query}&bang=1")
                self.assertTrue(b"".join(sheet.streaming_content).startswith(b"PK"))

    def test_a_filter_is_kept_under_its_name_and_opens_as_it_was(self):
        query = "q=m%C3%B4i&nam=2024&xep=so"
        self.keep(named="1", name="  Môi  trường ", query=query, cot=["location"])
        page = self.client.get(self.url("list"))
        (kept,) = page.context["own"].named
        self.assertEqual(kept.name, "Môi trường")
        opened = self.client.get(f"{self.url('list')}?{kept.query}")
        self.assertEqual([row.record.title for row in opened.context["table"]], ["Môi trường"])
        self.assertEqual(len(opened.context["headings"]), 3)
        self.keep(named="1", name="Môi trường", query="nam=2023")  # the name again: replaced
        self.assertEqual(SavedList.objects.get(name="Môi trường").query, "nam=2023")
        drop = reverse("accounts:list_drop")
        self.log_in("huyen-349")
        self.client.post(drop, {"pk": kept.pk})
        self.assertTrue(SavedList.objects.filter(pk=kept.pk).exists())  # nobody else's
        self.log_in("xa-13369")
        self.client.post(drop, {"pk": kept.pk})
        self.assertFalse(SavedList.objects.filter(pk=kept.pk).exists())

    def test_bad_input(self):
        self.assertContains(self.keep(named="1", name=" "), "Vui lòng đặt tên cho bộ lọc")
        for data in ({"place": "../x"}, {"place": ""}, {"place": "X" * 99}):
            self.keep(named="1", name="a", **data)
        self.assertFalse(SavedList.objects.exists())
        self.keep(named="1", name="x" * 500, query="q=" + "y" * 5000)
        self.assertEqual(len(SavedList.objects.get().name), 60)
        for number in range(MOST_LISTS + 2):
            page = self.keep(named="1", name=f"Bộ {number}")
        self.assertContains(page, "lưu tối đa")
        self.assertEqual(SavedList.objects.count(), MOST_LISTS)
        answer = self.client.post(reverse("accounts:list_drop"), {"next": "//evil.example"})
        self.assertRedirects(answer, "/")

    def test_the_export_of_what_is_seen_is_what_is_seen(self):
        query = "xep=-so&cot=attendees&cot=location"
        page = self.client.get(f"{self.url('list')}?{query}")
        shown = [
            [row.when, row.record.title, *(cell.text for cell in row.cells)]
            for row in page.context["table"]
        ]
        answer = self.client.get(f"{self.url('export')}?{query}&bang=1")
        sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
        head, *rows = sheet.iter_rows(values_only=True)
        self.assertEqual(list(head)[:3], ["Ngày", "Chủ đề", "Đơn vị"])
        read = [
            [f"{day:%d/%m/%Y}", title, str(int(number)), place]
            for day, title, _u, number, place in rows
        ]
        self.assertEqual(read, shown)

    def test_kept_lists_cost_one_query(self):
        before = len(queries_of(self.client, self.url("list")))
        for number in range(5):
            self.keep(named="1", name=f"Bộ {number}")
        self.client.get(self.url("list"))  # the message
        self.assertEqual(len(queries_of(self.client, self.url("list"))), before)
