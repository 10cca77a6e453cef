"""The yearly form as a browser posts it."""

from decimal import Decimal
from urllib.parse import urlencode

from django.test import Client, TestCase
from django.urls import reverse

from reports.figures.figure import Figure
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import Remark, Report, State
from reports.workflow.periods import close_period
from tests.budget import assert_same_queries
from tests.cast import PASSWORD, build_cast, build_world


class EntryPageTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.url = reverse("reports:entry", args=[cls.world.report.pk])

    def setUp(self):
        self.report = Report.objects.get(pk=self.world.report.pk)
        self.client.force_login(self.cast["xa-13369"])

    def post(self, **data):
        """Post as a browser does: fields in the body, no file."""
        body = urlencode({"version": self.report.version, "action": "save", **data})
        return self.client.post(self.url, body, content_type="application/x-www-form-urlencoded")

    def number(self, code):
        figure = figures_of(Report.objects.get(pk=self.report.pk)).get(code)
        return figure and figure.number

    def test_every_figure_of_the_level_stands_on_the_page_and_no_other(self):
        page = self.client.get(self.url)
        codes = {e.code for section in page.context["sections"] for e in section.entries}
        assert {"DT01", "DT11", "GS01.MT", "NX05", "CQ02"} <= codes
        assert not codes & {"KT01", "DV09", "TP01", "DT13"}
        self.assertContains(page, 'name="DT01"')
        self.assertNotContains(page, 'name="DT11"')  # a ratio is shown, never typed

    def test_numbers_as_typed_in_offices(self):
        answer = self.post(
            DT06="1.140", VD01="90,5", DT01=" trên 12 ", CQ01="1", CQ02="4", NX01="Ổn định.\r\nTốt."
        )
        self.assertRedirects(answer, self.url)
        figures = figures_of(self.report)
        assert figures["DT06"].number == 1140
        assert figures["VD01"].number == Decimal("90.5")
        assert (figures["DT01"].number, figures["DT01"].qualifier) == (12, "at_least")
        assert figures["NX01"].text == "Ổn định.\nTốt."
        page = self.client.get(self.url)
        self.assertContains(page, 'value="1.140"')
        self.assertContains(page, 'value="90,5"')

    def test_an_unclear_number_is_asked_for_and_the_rest_is_saved(self):
        answer = self.post(DT06="1.14", DT01="3", DT02="hai")
        assert answer.status_code == 422
        self.assertContains(answer, "“1.14” chưa rõ", status_code=422)
        self.assertContains(answer, 'value="1.14"', status_code=422)
        self.assertContains(answer, 'value="hai"', status_code=422)
        self.assertContains(answer, 'href="#i-DT06"', status_code=422)
        assert self.number("DT01") == 3
        assert self.number("DT06") is None

    def test_what_was_not_posted_is_untouched_and_an_empty_field_empties(self):
        self.post(DT01="3", DT02="4")
        self.report.refresh_from_db()
        self.post(DT02="")
        assert (self.number("DT01"), self.number("DT02")) == (3, None)

    def test_forged_fields_are_ignored(self):
        self.post(DT01="3", KT01="9", DT11="1", DV09="5", state="approved", unit="1")
        report = Report.objects.get(pk=self.report.pk)
        assert set(figures_of(report)) == {"DT01"}
        assert (report.state, report.unit_id) == (State.DRAFT, self.report.unit_id)

    def test_a_mangled_version_is_the_oldest_never_a_blind_overwrite(self):
        self.post(DT01="3")
        for version in ("abc", "", "-1", "99999999999999999999", "٣"):
            with self.subTest(version=version):
                answer = self.client.post(self.url, {"version": version, "DT01": "9"})
                assert answer.status_code == 409
        assert self.number("DT01") == 3

    def test_two_tabs_keep_the_typing_and_show_both(self):
        self.post(DT01="3", DT02="1")
        answer = self.post(DT01="5", DT02="", DT04="7")  # the other tab, opened before
        assert answer.status_code == 409
        self.assertContains(answer, 'value="5"', status_code=409)
        self.assertContains(answer, "vừa lưu <b>3</b>", status_code=409)
        assert (self.number("DT01"), self.number("DT04")) == (3, None)
        answer = self.client.post(
            self.url, {"version": answer.context["sheet"].version, "DT01": "5", "DT04": "7"}
        )
        self.assertRedirects(answer, self.url)
        assert (self.number("DT01"), self.number("DT02"), self.number("DT04")) == (5, 1, 7)

    def page_fields(self, answer):
        """Return what a browser would post from this page, every field of the form."""
        fields = {"version": answer.context["sheet"].version}
        for section in answer.context["sections"]:
            for entry in section.entries:
                if not entry.indicator.is_computed:
                    fields[entry.code] = entry.typed
                    fields[f"{entry.code}-q"] = entry.qualifier
                    fields[f"{entry.code}-note"] = entry.note
        return fields

    def test_settling_a_clash_does_not_undo_what_others_saved_elsewhere(self):
        mine = self.page_fields(self.client.get(self.url))
        self.post(DT01="3", DT02="1", NX01="Người khác viết.")
        answer = self.client.post(self.url, {**mine, "DT01": "5"})
        assert answer.status_code == 409
        again = self.page_fields(answer)
        assert (again["DT01"], again["DT02"]) == ("5", "1")
        self.assertRedirects(self.client.post(self.url, again), self.url)
        assert (self.number("DT01"), self.number("DT02")) == (5, 1)
        assert figures_of(self.report)["NX01"].text == "Người khác viết."

    def test_the_script_learns_what_others_saved_so_that_the_button_does_not_undo_it(self):
        page = self.page_fields(self.client.get(self.url))
        self.post(**{"DT02": "1", "DT02-q": "about", "DT02-note": "ước"})
        sent = {"version": page["version"], "DT01": "5"}
        data = self.client.post(self.url, sent, headers={"Accept": "application/json"}).json()
        assert data["others"] == {"DT02": {"DT02": "1", "DT02-q": "about", "DT02-note": "ước"}}
        page |= {"version": data["version"], "DT01": "5"}
        for fields in data["others"].values():
            page |= fields
        self.assertRedirects(self.client.post(self.url, page), self.url)
        assert (self.number("DT01"), self.number("DT02")) == (5, 1)

    def test_an_unreadable_figure_that_somebody_else_saved_meanwhile_shows_both(self):
        self.post(DT06="40")
        answer = self.post(DT06="1.14", DT01="5")
        assert answer.status_code == 422
        self.assertContains(answer, 'value="1.14"', status_code=422)
        self.assertContains(answer, "vừa lưu <b>40</b>", status_code=422)
        assert (self.number("DT06"), self.number("DT01")) == (40, 5)

    def test_a_version_that_does_not_exist_yet_is_no_way_round_the_comparison(self):
        self.post(DT01="3")
        assert self.client.post(self.url, {"version": "2", "DT01": "9"}).status_code == 409
        assert self.number("DT01") == 3

    def test_taking_from_records_where_there_are_none_does_not_claim_any(self):
        answer = self.client.post(self.url, {"version": 0, "take": "NX"}, follow=True)
        self.assertContains(answer, "Hồ sơ chưa cho số nào")
        self.assertNotContains(answer, 'name="take" value="NX"')

    def test_more_than_a_thousand_fields(self):
        junk = {f"x{i}": "1" for i in range(1500)}
        self.assertRedirects(self.post(DT01="3", **junk), self.url)
        assert self.number("DT01") == 3

    def test_the_script_gets_json_and_saves_only_what_it_sends(self):
        answer = self.client.post(
            self.url,
            {"version": 0, "DT07": "9", "DT08": "5"},
            headers={"Accept": "application/json"},
        )
        data = answer.json()
        assert (data["version"], data["changed"]) == (1, 2)
        assert "DT08 + DT09 + DT10" in data["problems"]["DT07"][0]["message"]
        assert data["computed"]["DT11"] == "55,6%"
        assert data["sections"]["DT"] == {"filled": 2, "total": 11, "bad": 1}

    def test_the_script_is_told_of_a_lost_session_and_of_a_conflict(self):
        self.post(DT01="3")
        headers = {"Accept": "application/json"}
        clash = self.client.post(self.url, {"version": 0, "DT01": "4"}, headers=headers)
        assert clash.status_code == 409
        assert "Nguyễn Thị An đã lưu: 3" in clash.json()["conflicts"]["DT01"]
        self.client.logout()
        assert self.client.post(self.url, {"DT01": "4"}, headers=headers).status_code == 401

    def test_a_lost_session_brings_the_typing_back_after_login(self):
        self.client.logout()
        refused = self.post(DT01="7", NX01="Dòng một\nDòng hai & “hai”")
        assert refused.status_code == 403
        resume = refused.context["resume"].initial
        page = self.client.post(
            reverse("accounts:login"),
            {"username": "xa-13369", "password": PASSWORD, **resume},
        )
        self.assertContains(page, "Tiếp tục gửi nội dung đã nhập")
        pending = page.context["pending"]
        assert pending.path == self.url
        assert self.number("DT01") is None  # not before the person says so
        self.assertRedirects(self.client.post(pending.path, dict(pending.fields)), self.url)
        assert self.number("DT01") == 7
        assert figures_of(self.report)["NX01"].text == "Dòng một\nDòng hai & “hai”"

    def test_a_stale_csrf_token_offers_to_send_again(self):
        browser = Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})
        browser.force_login(self.cast["xa-13369"])
        body = "csrfmiddlewaretoken=old&version=0&DT01=7"
        kind = "application/x-www-form-urlencoded"
        page = browser.post(self.url, body, content_type=kind)
        assert page.status_code == 403
        self.assertContains(page, 'name="DT01" value="7"', status_code=403)
        assert self.number("DT01") is None

    def test_a_submission_with_broken_rules_stays_with_a_summary(self):
        answer = self.post(DT07="9", DT08="5", action="submit")
        assert answer.status_code == 422
        self.assertContains(answer, "DT07 phải bằng", status_code=422)
        assert Report.objects.get(pk=self.report.pk).state == State.DRAFT

    def test_blanks_are_confirmed_once_and_then_sent(self):
        first = self.post(DT01="0", action="submit")
        self.assertContains(first, "chỉ tiêu chưa nhập", status_code=422)
        self.report.refresh_from_db()
        second = self.post(action="submit_blanks")
        self.assertRedirects(second, reverse("reports:detail", args=[self.report.pk]))
        self.report.refresh_from_db()
        assert self.report.state == State.SUBMITTED
        again = self.post(action="submit_blanks", DT01="5")
        assert again.status_code == 409
        self.assertContains(again, "đang chờ duyệt", status_code=409)
        self.assertContains(again, 'value="5"', status_code=409)
        assert self.number("DT01") == 0

    def test_a_closed_year_says_who_closed_it(self):
        close_period(self.world.period, user=self.cast["tinh"])
        self.assertRedirects(
            self.client.get(self.url), reverse("reports:detail", args=[self.report.pk])
        )
        answer = self.post(DT01="5")
        self.assertContains(answer, "Lê Thị Chi", status_code=409)

    def test_the_remark_stands_beside_its_figure(self):
        Report.objects.filter(pk=self.report.pk).update(state="returned")
        dt07 = self.report.period.catalogue.indicators.get(code="DT07")
        Remark.objects.create(
            report=self.report, indicator=dt07, text="Chưa khớp", author=self.cast["huyen-349"]
        )
        page = self.client.get(self.url)
        entry = next(
            e for section in page.context["sections"] for e in section.entries if e.code == "DT07"
        )
        assert [remark.text for remark in entry.remarks] == ["Chưa khớp"]
        self.assertContains(page, "Chưa khớp", count=1)

    def test_last_year_stands_beside(self):
        from reports.workflow.periods import open_period

        before = open_period(2023, actor=self.cast["tinh"])
        report = Report.objects.get(period=before, unit=self.report.unit)
        write_figures(
            report,
            {"DT06": Figure(Decimal(860))},
            actor=self.cast["tinh"],
            source="form",
        )
        self.assertContains(self.client.get(self.url), '<span class="prior">860</span>')
        self.post(DT06="1.290")
        self.assertNotContains(self.client.get(self.url), "tăng mạnh")
        self.report.refresh_from_db()
        self.post(DT06="1.291")
        self.assertContains(self.client.get(self.url), "DT06 tăng mạnh so với năm trước (860)")

    def test_entering_for_a_unit_below_is_marked(self):
        self.client.force_login(self.cast["huyen-349"])
        self.assertContains(self.client.get(self.url), "nhập thay")
        self.post(DT01="2")
        change = self.report.changes.get()
        assert (change.on_behalf, change.actor_unit) == (True, "Ban Dân vận Thị ủy Duy Tiên")

    def test_query_budget(self):
        def fill(count):
            codes = [
                row.code
                for row in self.report.period.catalogue.indicators.all()
                if row.entered_by("commune") and row.is_number
            ]
            changes = {code: Figure(Decimal(1)) for code in codes[:count]}
            write_figures(self.report, changes, actor=self.cast["xa-13369"], source="form")

        assert_same_queries(self.client, self.url, lambda: fill(3), lambda: fill(60), limit=40)
