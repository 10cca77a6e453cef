"""Figures taken from records: shown before, told where the person is, and given back."""

from decimal import Decimal

from django.test import TestCase
from django.urls import reverse

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import FigureChange, Report, State
from tests.budget import queries_of
from tests.cast import build_cast, build_world
from tests.records.data import make


class TakingTest(TestCase):
    """Two dialogues in the records, one figure typed otherwise, one explained."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.report = build_world(cls.cast).report
        cls.clerk = cls.cast["xa-13369"]
        for title in ("Môi trường", "Đất đai"):
            make("dialogue-conference", cls.report.unit, title=title)
        typed = {"DT03": Figure(Decimal(5)), "DT06": Figure(Decimal(99), note="theo sổ")}
        write_figures(cls.report, typed, actor=cls.clerk, source="form")

    def setUp(self):
        self.client.force_login(self.clerk)
        self.entry = reverse("reports:entry", args=[self.report.pk])
        self.url = reverse("reports:take", args=[self.report.pk])

    def number(self, code):
        value = self.report.values.filter(indicator__code=code).first()
        return value and value.number

    def post(self, url=None, **data):
        version = Report.objects.get(pk=self.report.pk).version
        return self.client.post(url or self.url, {"version": version, **data}, follow=True)

    def test_nothing_is_written_before_the_person_has_seen_old_and_new(self):
        page = self.post(self.entry, take="DT", DT07="3")
        self.assertEqual((self.number("DT03"), self.number("DT07")), (5, 3))  # typing is kept
        offers = {offer.indicator.code: offer for offer in page.context["offers"]}
        self.assertEqual((offers["DT03"].old, offers["DT03"].new), ("5", "2"))
        self.assertTrue(offers["DT03"].ticked)
        self.assertFalse(offers["DT06"].ticked)  # explained: it is meant otherwise
        self.assertContains(page, "Đã giải trình: theo sổ")
        self.assertNotIn("QT02", offers)

    def test_only_what_is_ticked_is_written_and_it_is_told_in_its_section(self):
        page = self.post(code=["DT03", "DT01"], phan="DT")
        self.assertEqual(self.number("DT03"), 2)
        self.assertEqual(self.number("DT06"), 99)
        taken = page.context["taken"]
        self.assertEqual(taken.place, "DT")
        self.assertEqual(taken.lines, [("DT01", "", "2"), ("DT03", "5", "2")])
        section = page.content.decode().partition('id="DT"')[2]
        self.assertIn("Vừa lấy từ hồ sơ", section.partition("</fieldset>")[0])
        sources = FigureChange.objects.filter(indicator__code="DT03").values_list("source")
        self.assertEqual(sources[0], ("records",))

    def test_it_can_be_given_back(self):
        page = self.post(code=["DT03", "DT01"], phan="DT")
        version = page.context["taken"].version
        back = self.post(undo=version, phan="DT")
        self.assertContains(back, "Đã dùng lại 2 số cũ")
        self.assertEqual((self.number("DT03"), self.number("DT01")), (5, None))
        self.assertEqual(FigureChange.objects.first().source, "undo")
        again = self.client.get(page.redirect_chain[-1][0])
        self.assertIsNone(again.context["taken"])  # the old address tells nothing untrue

    def test_a_figure_changed_since_stays(self):
        version = self.post(code=["DT03", "DT01"], phan="DT").context["taken"].version
        self.post(self.entry, DT03="7")
        back = self.post(undo=version, phan="DT")
        self.assertContains(back, "DT03 vừa được sửa")
        self.assertEqual((self.number("DT03"), self.number("DT01")), (7, 2))

    def test_another_person_gives_nothing_back(self):
        version = self.post(code=["DT03"], phan="DT").context["taken"].version
        self.client.force_login(self.cast["huyen-349"])
        self.assertContains(self.post(undo=version), "Không có số cũ nào")
        self.assertEqual(self.number("DT03"), 2)

    def test_a_figure_that_another_changed_meanwhile_is_not_taken(self):
        version = Report.objects.get(pk=self.report.pk).version
        write_figures(
            self.report, {"DT03": Figure(Decimal(8))}, actor=self.cast["huyen-349"], source="form"
        )
        answer = self.post(version=version, code=["DT03"])
        self.assertContains(answer, "DT03 vừa được sửa")
        self.assertEqual(self.number("DT03"), 8)

    def test_one_figure_is_taken_where_it_stands(self):
        page = self.post(self.entry, take="DT03")
        self.assertEqual(self.number("DT03"), 2)
        self.assertEqual(page.context["taken"].lines, [("DT03", "5", "2")])
        self.assertTrue(page.redirect_chain[-1][0].endswith("#DT03"))
        self.assertContains(self.post(self.entry, take="DT03"), "đã khớp với hồ sơ")

    def test_nothing_ticked_and_nothing_counted(self):
        self.assertContains(self.post(phan="DT"), "Chưa chọn số nào")
        self.assertContains(self.client.get(self.url + "?phan=NX", follow=True), "chưa cho số nào")

    def test_a_sent_report_takes_nothing(self):
        Report.objects.filter(pk=self.report.pk).update(state=State.SUBMITTED)
        answer = self.post(code=["DT03"])
        self.assertEqual(answer.redirect_chain[-1][0], f"/bao-cao/{self.report.pk}/")
        self.assertEqual(self.number("DT03"), 5)

    def test_the_page_costs_no_more_than_the_form(self):
        self.assertLessEqual(
            len(queries_of(self.client, self.url)), len(queries_of(self.client, self.entry))
        )
