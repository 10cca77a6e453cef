"""A clerk's small things: asked about a twin, counts left out of a copy, where a record counts."""

import uuid

from django.urls import reverse

from records.kinds import BY_SLUG
from records.models import DialogueConference, Recognition
from reports.counting.counting import counted_for
from reports.models import Report
from tests.records.data import DAY, make, typed
from tests.records.test_pages import PageCase


class TwinTest(PageCase):
    """The same unit, day, title and kind twice is asked about, never refused."""

    def post(self, slug="dialogue-conference", **values):
        data = typed(slug, self.unit, token=str(uuid.uuid4()))
        return self.client.post(self.url("create", slug), data | values)

    def test_a_twin_is_asked_about_and_saved_when_confirmed(self):
        self.log_in("xa-13369")
        for slug, kind in BY_SLUG.items():
            if kind.key == ("year",):  # a rule of its own allows one a year
                continue
            with self.subTest(slug):
                rows = kind.model.objects.filter(unit=self.unit)
                self.assertEqual(self.post(slug).status_code, 302)
                first = rows.get()
                asked = self.post(slug)
                self.assertContains(asked, "giống hệt, chưa lưu", status_code=409)
                self.assertContains(asked, first.get_absolute_url(), status_code=409)
                self.assertEqual(rows.count(), 1)
                self.assertEqual(self.post(slug, anyway=str(first.pk)).status_code, 302)
                self.assertEqual(rows.count(), 2)
                self.assertEqual(self.post(slug, anyway=str(first.pk)).status_code, 409)

    def test_another_day_title_or_kind_is_no_twin(self):
        self.log_in("xa-13369")
        self.post()
        for values in ({"title": "Hội nghị khác"}, {"start_date": "04/03/2024"}):
            with self.subTest(values):
                self.assertEqual(self.post(**values).status_code, 302)

    def test_the_same_form_twice_is_no_twin(self):
        self.log_in("xa-13369")
        token = str(uuid.uuid4())
        for _ in range(2):
            self.assertEqual(self.post(token=token).status_code, 302)
        self.assertEqual(DialogueConference.objects.count(), 1)

    def test_editing_asks_nothing(self):
        self.log_in("xa-13369")
        one, other = (make("dialogue-conference", self.unit) for _ in range(2))
        values = typed("dialogue-conference", self.unit, note="Đã sửa", version=1)
        answer = self.client.post(self.url("edit", "dialogue-conference", one.pk), values)
        self.assertRedirects(answer, one.get_absolute_url())
        self.assertNotEqual(one.pk, other.pk)


class CopyTest(PageCase):
    def test_counts_are_left_to_be_typed(self):
        self.log_in("xa-13369")
        for slug, kind in BY_SLUG.items():
            record = make(slug, self.unit)
            empty = self.client.get(self.url("create", slug)).context["form"]
            form = self.client.get(self.url("copy", slug, record.pk)).context["form"]
            for name in (*kind.totals, kind.number):
                with self.subTest(slug, field=name):
                    if not kind.column(name).choices:
                        self.assertEqual(form[name].value(), empty[name].value())
            if "title" in form.fields:
                self.assertEqual(form["title"].value(), record.title)


class FeedTest(PageCase):
    """A record says in which report it counts and in which of its figures."""

    def test_a_dialogue_of_the_secretary(self):
        self.log_in("xa-13369")
        record = make("dialogue-conference", self.unit)
        page = self.client.get(record.get_absolute_url())
        report = Report.objects.get(unit=self.unit)
        (feed,) = page.context["feeds"]
        self.assertEqual((feed.period, feed.unit), ("Năm 2024", self.unit.place_name))
        codes = {code for code, _label in feed.figures}
        self.assertIn("DT03", codes)
        self.assertLessEqual(codes, {row.code for row in report.period.catalogue.indicators.all()})
        self.assertContains(page, f'href="{feed.url}#DT03"')
        self.assertEqual(feed.url, reverse("reports:detail", args=[report.pk]))

    def test_what_is_told_is_what_is_counted(self):
        """Of every kind: the figures named are just those whose counting rises with the record."""
        self.log_in("xa-13369")
        report = Report.objects.get(unit=self.unit)
        for slug in BY_SLUG:
            before = counted_for(report)
            record = make(slug, self.unit)
            after = counted_for(report)
            risen = {code for code, number in after.items() if number != before.get(code, 0)}
            feeds = self.client.get(record.get_absolute_url()).context["feeds"]
            told = {code for feed in feeds for code, _label in feed.figures}
            with self.subTest(slug):
                self.assertLessEqual(risen, told)

    def test_a_recognition_counts_at_who_recognised(self):
        self.log_in("tinh")
        model = make("mobilisation-model", self.unit)
        Recognition.objects.create(model=model, level="province", decision="12-QĐ", date=DAY)
        feeds = self.client.get(model.get_absolute_url()).context["feeds"]
        units = {feed.unit: {code for code, _ in feed.figures} for feed in feeds}
        self.assertIn("DV09", units["Tỉnh Hà Nam"])
        self.assertNotIn("DV09", units[self.unit.place_name])
        self.log_in("xa-13369")
        page = self.client.get(model.get_absolute_url())
        province = next(one for one in page.context["feeds"] if one.unit == "Tỉnh Hà Nam")
        self.assertEqual(province.url, "")  # a commune does not read the province's report

    def test_a_year_that_is_not_open_is_said(self):
        self.log_in("xa-13369")
        record = make("dialogue-conference", self.unit, start_date=DAY.replace(year=2022))
        page = self.client.get(record.get_absolute_url())
        self.assertContains(page, "Báo cáo năm 2022: kỳ báo cáo chưa mở")


class BeginTest(PageCase):
    def test_the_keyboard_stands_in_the_first_field_and_short_days_are_read(self):
        self.log_in("xa-13369")
        page = self.client.get(self.url("create"))
        self.assertContains(page, "autofocus", count=1)
        for typed_day in ("04032024", "040324", "4/3/24", "4/3"):
            with self.subTest(typed_day):
                data = typed("dialogue-conference", self.unit, start_date=typed_day)
                data |= {"token": str(uuid.uuid4()), "title": f"Ngày {typed_day}"}
                answer = self.client.post(self.url("create"), data, follow=True)
                self.assertContains(answer, "tính vào báo cáo năm 2024")
        days = set(DialogueConference.objects.values_list("start_date", flat=True))
        self.assertEqual({f"{day:%d/%m/%Y}" for day in days}, {"04/03/2024"})


class WayBackTest(PageCase):
    """Filters, order and page of a list survive whatever is done to its rows."""

    QUERY = "q=%C4%91%E1%BB%91i&nam=2024&xep=so&page=1"

    def test_every_page_behind_a_list_leads_back_to_it(self):
        self.log_in("xa-13369")
        record = make("dialogue-conference", self.unit)
        back = f"{self.url('list')}?{self.QUERY}"
        carry = {"ds": self.QUERY}
        listed = self.client.get(back)
        carried = listed.context["carry"]
        self.assertContains(listed, record.get_absolute_url() + carried.replace("&", "&amp;"))
        for page in ("detail", "edit", "copy", "delete", "history"):
            with self.subTest(page):
                url = self.url(page, "dialogue-conference", record.pk)
                answer = self.client.get(url + carried)
                self.assertEqual(answer.context["list_url"], back)
        values = typed("dialogue-conference", self.unit, note="Đã sửa", version=1) | carry
        url = self.url("edit", "dialogue-conference", record.pk)
        saved = self.client.post(url, values)
        self.assertRedirects(saved, record.get_absolute_url() + carried)
        url = self.url("delete", "dialogue-conference", record.pk)
        self.assertRedirects(self.client.post(url, {"version": 2} | carry), back)

    def test_many_deleted_at_once_lead_back_too(self):
        self.log_in("xa-13369")
        record = make("dialogue-conference", self.unit)
        url, back = self.url("bulk_delete"), f"{self.url('list')}?{self.QUERY}"
        self.assertRedirects(self.client.post(url, {"ds": self.QUERY}), back)
        asked = self.client.post(url, {"ds": self.QUERY, "pk": record.pk})
        self.assertContains(asked, f'href="{back}"'.replace("&", "&amp;"))
        done = self.client.post(url, {"ds": self.QUERY, "pk": record.pk, "confirmed": "1"})
        self.assertEqual(done.context["list_url"], back)

    def test_an_address_from_elsewhere_leads_nowhere_else(self):
        self.log_in("xa-13369")
        record = make("dialogue-conference", self.unit)
        for nonsense in ("//evil.example/", "https://evil.example", "x" * 5000, "a=%00&b=1"):
            page = self.client.get(record.get_absolute_url(), {"ds": nonsense})
            self.assertTrue(page.context["list_url"].startswith(self.url("list")), nonsense)
