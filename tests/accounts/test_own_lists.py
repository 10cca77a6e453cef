"""Every list people use daily as one person likes it: columns, filters under names, what is seen as a sheet."""

from datetime import timedelta
from io import BytesIO

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from openpyxl import load_workbook

from danvan.accounts.models import SavedList
from reports.models import Report, State
from tests.cast import build_cast, build_world

# Name of the list's address → where its columns are kept, one usual column, one that is chosen, its export.
LISTS = {
    "reports:list": ("reports", "state", "deviating", "reports:list"),
    "reports:review": ("review", "due", "code", "reports:review"),
    "accounts:audit": ("log-changes", "who", "address", "accounts:audit_export"),
    "accounts:security_log": ("log-security", "page", "request", "accounts:security_export"),
    "ledger:list": ("log-figures", "note", "request", "ledger:export"),
    "admin:accounts_user_changelist": (
        *("admin-user", "full_name", "password_state"),
        "admin:accounts_user_changelist",
    ),
    "admin:units_administrativeunit_changelist": (
        *("admin-administrativeunit", "level", "kind"),
        "admin:units_administrativeunit_changelist",
    ),
    "admin:units_unitsuccession_changelist": (
        *("admin-unitsuccession", "share", "successor"),
        "admin:units_unitsuccession_changelist",
    ),
}


class OwnListsTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.client.force_login(self.cast["quantri"])

    def columns(self, url: str, query: str = "") -> tuple[str, ...]:
        return self.client.get(f"{url}{query}").context["own"].columns

    def test_columns_stay_for_one_person_until_chosen_anew(self):
        for name, (place, usual, chosen, _) in LISTS.items():
            url = reverse(name)
            with self.subTest(name):
                before = self.columns(url)
                self.assertIn(usual, before)
                keep = {"place": place, "next": url, "cot": [chosen]}
                page = self.client.post(reverse("accounts:list_keep"), keep, follow=True)
                self.assertEqual(page.context["own"].columns, (chosen,))
                label = dict(page.context["own"].choices)[chosen]
                self.assertContains(page, label)
                self.assertEqual(self.columns(url, f"?cot={usual}"), (usual,))
                self.client.post(reverse("accounts:list_keep"), {"place": place, "next": url})
                self.assertEqual(self.columns(url), before)

    def test_every_column_is_offered_shown_and_exported_alone(self):
        for name, (*_, export) in LISTS.items():
            url = reverse(name)
            page = self.client.get(url)
            for column, label in page.context["own"].choices:
                with self.subTest(name, column=column):
                    shown = self.client.get(f"{url}?cot={column}")
                    self.assertEqual(shown.status_code, 200)
                    heads = self.heads_of(f"{reverse(export)}?cot={column}&bang=1")
                    self.assertLess(len(heads), 7)
                    if not name.startswith(("accounts:", "ledger")):
                        self.assertEqual(heads[-1], label)

    def heads_of(self, url: str) -> list[str]:
        answer = self.client.get(url)
        self.assertEqual(answer.status_code, 200, url)
        sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
        self.rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
        return [cell.value for cell in sheet[1]]

    def test_the_sheet_holds_what_the_filter_shows_on_all_pages(self):
        url = reverse("reports:list")
        page = self.client.get(f"{url}?level=commune&q=tien&cot=state")
        shown = [row.unit.place_name for row in page.context["reports"]]
        heads = self.heads_of(f"{url}?level=commune&q=tien&cot=state&bang=1")
        self.assertEqual(heads, ["Đơn vị", "Trạng thái"])
        self.assertEqual(self.rows, [[place, "Quá hạn"] for place in shown])
        self.assertGreater(len(shown), 3)
        units = reverse("admin:units_administrativeunit_changelist")
        heads = self.heads_of(f"{units}?q=tien+son&cot=code&cot=valid_from&bang=1")
        self.assertEqual(heads, ["Đơn vị", "Mã đơn vị", "Hiệu lực từ ngày"])
        self.assertIn("13369", [row[1] for row in self.rows])
        self.heads_of(f"{reverse('reports:list')}?level=nonsense&bang=1")
        self.assertEqual(self.rows, [])

    def test_a_list_kept_under_a_name_opens_with_filters_and_columns_and_keeps_both(self):
        url = reverse("admin:units_administrativeunit_changelist")
        query = "q=tien&cot=code"
        kept = {"place": "admin-administrativeunit", "named": "1", "name": "Tiên", "query": query}
        page = self.client.post(
            reverse("accounts:list_keep"), {**kept, "next": url, "cot": ["code"]}, follow=True
        )
        self.assertContains(page, f'href="{url}?q=tien&amp;cot=code"')
        opened = self.client.get(f"{url}?{SavedList.objects.get().query}")
        self.assertEqual(opened.context["own"].columns, ("code",))
        self.assertContains(opened, "&amp;cot=code")  # its links of order and filters
        self.assertEqual(self.client.get(f"{url}?q=tien&nonsense=1&bang=1").status_code, 400)

    def test_a_filter_keeps_the_columns_of_the_address(self):
        for name in ("reports:list", "reports:review", "accounts:audit", "ledger:list"):
            _, usual, *_ = LISTS[name]
            page = self.client.get(f"{reverse(name)}?cot={usual}")
            self.assertContains(page, f'<input type="hidden" name="cot" value="{usual}">')


class WayBackTest(TestCase):
    """What is done to a report opened from a list leads back to that list, its filters and its page."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.client.force_login(self.cast["huyen-349"])

    def test_from_the_list_of_reports_and_from_the_queue(self):
        for name, says in (("reports:list", "Báo cáo năm"), ("reports:review", "Danh sách duyệt")):
            with self.subTest(name):
                query = "level=commune&q=tien"
                page = self.client.get(f"{reverse(name)}?{query}")
                report = page.context["reports"][0]
                detail = reverse("reports:detail", args=[report.pk]) + page.context["back"]
                opened = self.client.get(detail)
                self.assertContains(opened, "level=commune&amp;q=tien")
                self.assertContains(opened, f"‹ {says}")
                extend = reverse("reports:extend", args=[report.pk]) + opened.context["carried"]
                data = {
                    "until": f"{timezone.localdate() + timedelta(days=30):%d/%m/%Y}",
                    "reason": "Bão lũ",
                }
                after = self.client.post(extend, data, follow=True)
                self.assertContains(after, f"‹ {says}")
                self.assertContains(after, "level=commune&amp;q=tien")

    def test_typing_in_place_of_a_unit_leads_back_as_well(self):
        query = "level=commune&q=tien&page=1"
        for name, says in (("reports:list", "Báo cáo năm"), ("reports:review", "Danh sách duyệt")):
            page = self.client.get(f"{reverse(name)}?{query}")
            report = page.context["reports"][0]
            back = page.context["back"]
            url = reverse("reports:entry", args=[report.pk]) + back
            detail = reverse("reports:detail", args=[report.pk]) + back
            take = reverse("reports:take", args=[report.pk]) + back
            opened = self.client.get(detail)
            self.assertContains(opened, f'href="{escape(url)}"')
            form = self.client.get(url)
            self.assertContains(form, f'href="{escape(detail)}"')
            saved = {"version": report.version, "action": "save"}
            saves = self.client.post(url, {**saved, "q": "DT01"})
            self.assertEqual(saves.url, f"{url}&q=DT01")
            asked = self.client.post(url, {"version": report.version, "take": "all"})
            self.assertEqual(asked.url, f"{take}&phan=all")
            self.assertEqual(self.client.get(asked.url).url, url)  # the records say nothing new
            Report.objects.filter(pk=report.pk).update(state=State.SUBMITTED)
            sent = self.client.get(url)
            self.assertRedirects(sent, detail)
            Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
            for page in (form, opened):
                self.assertContains(page, f"‹ {says}")
                self.assertContains(page, escape(query))
