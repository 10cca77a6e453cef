"""Reading, reviewing, periods, catalogue and home as pages."""

import datetime
import html
import re
from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import AuditEntry
from reports.catalogue.loading import copy_catalogue
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Catalogue, Indicator, Remark, Report, ReportingPeriod, Rule, State
from reports.workflow.moves import make_move
from tests.budget import queries_of
from tests.cast import build_cast, build_world


def chosen(report: Report) -> str:
    """Return what the box of `report` in the queue posts."""
    return f"{report.pk}.{report.version}"


class ReviewPagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.detail = reverse("reports:detail", args=[cls.world.report.pk])
        cls.move = reverse("reports:move", args=[cls.world.report.pk])
        cls.review = reverse("reports:review")

    def setUp(self):
        Report.objects.filter(pk=self.world.report.pk).update(
            state=State.SUBMITTED, submitted_at=timezone.now()
        )
        self.report = Report.objects.get(pk=self.world.report.pk)
        self.client.force_login(self.cast["huyen-349"])

    def test_return_with_remarks_at_single_figures(self):
        self.assertContains(self.client.get(self.detail), 'name="remark-DT07"')
        answer = self.client.post(
            self.move,
            {
                "version": self.report.version,
                "action": "return",
                "remark-DT07": "Chưa khớp",
                "remark-GS09": "Đề nghị giải trình",
                "remark-DT01": "  ",
            },
        )
        self.assertRedirects(answer, self.detail)
        self.report.refresh_from_db()
        assert self.report.state == State.RETURNED
        assert {r.indicator.code: r.text for r in Remark.objects.all()} == {
            "DT07": "Chưa khớp",
            "GS09": "Đề nghị giải trình",
        }
        trail = AuditEntry.objects.filter(content_type__model="remark")
        assert (
            trail.filter(actor=self.cast["huyen-349"], action=AuditEntry.Action.CREATE).count() == 2
        )
        self.client.force_login(self.cast["xa-13369"])
        home = self.client.get(reverse("home"))
        self.assertContains(home, "Chưa khớp")
        self.assertContains(home, "<b>2 chỉ tiêu</b>", html=True)

    def test_a_move_that_does_not_say_what_was_looked_at_is_refused(self):
        Report.objects.filter(pk=self.report.pk).update(version=3)
        for version in ({}, {"version": ""}, {"version": "x"}, {"version": "2"}):
            with self.subTest(version):
                answer = self.client.post(self.move, {"action": "approve", **version})
                assert answer.status_code == 409
                assert Report.objects.get(pk=self.report.pk).state == State.SUBMITTED

    def test_a_refused_return_keeps_what_was_typed(self):
        answer = self.client.post(
            self.move,
            {"version": 99, "action": "return", "remark-DT07": "Chưa khớp", "reason": "Sai"},
        )
        assert answer.status_code == 409
        self.assertContains(answer, 'value="Chưa khớp"', status_code=409)
        self.assertContains(answer, "Sai</textarea>", status_code=409)
        assert not Remark.objects.exists()

    def test_remarks_on_nothing_or_too_long_are_refused(self):
        for data in ({"remark-ZZ99": "x"}, {"remark-DT01": "x" * 1001}):
            with self.subTest(data=list(data)):
                answer = self.client.post(self.move, {"action": "remark", **data})
                assert answer.status_code == 409
        assert not Remark.objects.exists()

    def test_a_remark_is_settled_by_its_reviewer_only(self):
        remark = Remark.objects.create(report=self.report, text="x", author=self.cast["huyen-349"])
        url = reverse("reports:resolve_remark", args=[self.report.pk, remark.pk])
        self.client.force_login(self.cast["xa-13369"])
        assert self.client.post(url).status_code == 403
        self.client.force_login(self.cast["huyen-349"])
        self.assertRedirects(self.client.post(url), self.detail)
        remark.refresh_from_db()
        assert remark.resolved_by == self.cast["huyen-349"]

    def test_bulk_approval_says_what_became_of_each_and_leaves_foreign_ones_alone(self):
        foreign = Report.objects.get(unit__code="13384", period=self.world.period)
        draft = Report.objects.get(unit__code="13363", period=self.world.period)
        Report.objects.filter(pk=foreign.pk).update(state=State.SUBMITTED)
        answer = self.client.post(
            self.review,
            {"chosen": [*map(chosen, (self.report, draft, foreign)), "1e9", "x"]},
            follow=True,
        )
        self.assertContains(answer, "Đã duyệt 1 báo cáo (Xã Tiên Sơn, thị xã Duy Tiên).")
        self.assertContains(
            answer, "Chưa duyệt 1 báo cáo (Xã Tiên Ngoại, thị xã Duy Tiên): Báo cáo"
        )
        self.assertContains(answer, "3 báo cáo đã chọn không còn hoặc anh/chị không có quyền duyệt")
        foreign.refresh_from_db()
        assert foreign.state == State.SUBMITTED

    def test_all_that_wait_are_chosen_by_a_link_without_a_script(self):
        assert "tick=1" in self.client.get(self.review).content.decode()
        page = self.client.get(self.review, {"tick": 1, "level": "commune"})
        ticked = re.findall(r'name="chosen"[^>]* checked>', page.content.decode())
        self.assertEqual(len(ticked), 1)
        self.assertContains(page, f'value="{chosen(self.report)}" aria-label="Chọn Xã Tiên Sơn')
        # What is approved is what was posted, not what the address says.
        answer = self.client.post(
            f"{self.review}?tick=1", {"chosen": [chosen(self.report)]}, follow=True
        )
        self.assertNotRegex(answer.content.decode(), r'name="chosen"[^>]* checked>')
        self.assertContains(answer, "Đã duyệt 1 báo cáo")

    def test_a_report_sent_anew_since_the_page_was_opened_is_not_approved_unread(self):
        seen = chosen(self.report)
        make_move(self.report, "return", user=self.cast["huyen-349"], reason="Sai số")
        Report.objects.filter(pk=self.report.pk).update(state=State.SUBMITTED)
        answer = self.client.post(self.review, {"chosen": [seen]}, follow=True)
        self.assertNotContains(answer, "Đã duyệt 1 báo cáo")
        self.assertContains(answer, "sau khi anh/chị mở trang")
        assert Report.objects.get(pk=self.report.pk).state == State.SUBMITTED

    def test_the_queue_counts_and_filters(self):
        page = self.client.get(self.review)
        assert page.context["counts"]["all"] == 16
        assert page.context["counts"]["submitted"] == 1
        for query, expected in (
            ({"q": "tien son"}, 1),
            ({"q": "Xã Tiên Sơn"}, 1),
            ({"state": "submitted"}, 1),
            ({"state": "overdue"}, 15),
            ({"level": "district"}, 0),
            ({"state": "nonsense"}, 0),
            ({"period_choice": "99999"}, 0),
        ):
            with self.subTest(query=query):
                page = self.client.get(self.review, query)
                assert page.status_code == 200
                assert len(page.context["reports"]) == expected

    def test_an_extension_is_asked_with_day_and_reason(self):
        url = reverse("reports:extend", args=[self.report.pk])
        bad = self.client.post(url, {"until": "12/31/2030", "reason": ""})
        self.assertContains(bad, "Ngày chưa đúng", status_code=422)
        self.assertContains(bad, 'value="12/31/2030"', status_code=422)
        past = self.client.post(url, {"until": "01/02/2020", "reason": "Mất điện"})
        self.assertContains(past, "đã qua", status_code=422)
        day = timezone.localdate() + datetime.timedelta(days=3)
        good = self.client.post(url, {"until": f"{day:%d/%m/%Y}", "reason": "Mất điện"})
        self.assertRedirects(good, self.detail)
        assert Report.objects.get(pk=self.report.pk).due_date == day

    def test_an_extension_of_more_than_a_year_is_a_slip_of_the_pen(self):
        url = reverse("reports:extend", args=[self.report.pk])
        answer = self.client.post(url, {"until": "31/12/9999", "reason": "Mất điện"})
        self.assertContains(answer, "tối đa một năm", status_code=422)
        assert not self.report.extensions.exists()

    def test_ids_that_are_none_are_no_choice(self):
        for forged in ("9" * 5000, "9" * 30, "٣", "-1", "\x00", "1e3"):
            with self.subTest(forged=forged[:9]):
                answer = self.client.post(self.review, {"chosen": forged}, follow=True)
                self.assertContains(answer, "Chưa chọn báo cáo nào")

    def test_a_nul_in_a_code_finds_nothing(self):
        url = reverse("reports:figure_history", args=[self.report.pk, "\x00"])
        assert self.client.get(url).status_code == 404
        forged = {"action": "remark", "remark-\x00": "a"}
        assert self.client.post(self.move, forged).status_code == 409

    def test_a_wrong_filter_is_called_so(self):
        page = self.client.get(self.review, {"state": "nonsense"})
        self.assertContains(page, "Điều kiện lọc chưa đúng")
        self.assertNotContains(page, "Chưa mở kỳ báo cáo nào")

    def test_who_reviews_is_not_told_to_ask_the_reviewer(self):
        self.assertNotContains(self.client.get(self.detail), "vui lòng đề nghị")
        self.client.force_login(self.cast["xa-13369"])
        self.assertContains(self.client.get(self.detail), "vui lòng đề nghị Ban Dân vận")

    def test_the_reviewer_finds_the_button_that_settles_a_remark(self):
        self.client.post(self.move, {"action": "remark", "remark-DT07": "Chưa khớp"})
        url = reverse("reports:resolve_remark", args=[self.report.pk, Remark.objects.get().pk])
        self.assertContains(self.client.get(self.detail), f'action="{url}"')
        self.client.force_login(self.cast["xa-13369"])
        self.assertNotContains(self.client.get(self.detail), url)

    def test_history_of_a_figure(self):
        Report.objects.filter(pk=self.report.pk).update(state=State.RETURNED)
        for number in (3, 5):
            write_figures(
                self.report,
                {"DT01": Figure(Decimal(number))},
                actor=self.cast["xa-13369"],
                source="form",
            )
        url = reverse("reports:figure_history", args=[self.report.pk, "DT01"])
        lines = self.client.get(url).context["lines"]
        assert [(line["old"], line["new"]) for line in lines] == [("3", "5"), ("", "3")]
        assert self.client.get(url.replace("DT01", "ZZ99")).status_code == 404

    def test_pages_ask_no_more_for_many_units_than_for_few(self):
        few = len(queries_of(self.client, self.review))
        self.client.force_login(self.cast["tinh"])
        many = len(queries_of(self.client, self.review + "?who=all"))
        assert many <= few
        assert few <= 12
        assert len(queries_of(self.client, reverse("reports:list"))) <= 12


class ManagementPagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.client.force_login(self.cast["tinh"])

    def test_open_the_next_year(self):
        url = reverse("reports:period_open")
        form = self.client.get(url).context["form"]
        data = {
            name: f"{value:%d/%m/%Y}" if isinstance(value, datetime.date) else value
            for name, value in form.initial.items()
        }
        assert data["year"] == 2025
        bad = self.client.post(url, {**data, "end": "31/02/2025"})
        assert bad.status_code == 422
        assert bad.context["form"]["end"].value() == "31/02/2025"
        preview = self.client.post(url, data)
        assert not ReportingPeriod.objects.filter(year=2025).exists()  # nothing is opened unasked
        self.assertContains(preview, "34 đơn vị sẽ báo cáo")
        self.assertContains(preview, "34 đơn vị mới, 116 đơn vị không còn")
        self.assertContains(preview, "<li>Xã Tiên Sơn, thị xã Duy Tiên → Phường Tiên Sơn</li>")
        self.assertContains(preview, "Tỉnh Hà Nam không còn trong danh sách của kỳ này")
        back = self.client.post(url, {**data, "edit": "1"})
        assert back.context["form"]["end"].value() == data["end"]
        answer = self.client.post(url, {**data, "confirmed": "1"}, follow=True)
        self.assertContains(answer, "cho 34 đơn vị")
        answer = self.client.post(url, {**data, "confirmed": "1", "year": "2026"})
        assert answer.status_code == 422
        period = ReportingPeriod.objects.get(year=2025)
        assert Report.objects.filter(period=period).count() == 34  # one province, 33 communes
        commune = Report.objects.filter(period=period, level="commune").first()
        assert commune.reviewer.code == "37"
        again = self.client.post(url, data)
        assert again.status_code == 422

    def test_dates_that_cannot_be_are_refused_at_their_field(self):
        url = reverse("reports:period_open")
        form = self.client.get(url).context["form"]
        data = {
            name: f"{value:%d/%m/%Y}" if isinstance(value, datetime.date) else value
            for name, value in form.initial.items()
        }
        for field, value, says in (
            ("year", "99999", "2100"),
            ("year", "9" * 50, "2100"),
            ("year", "0", "2000"),
            ("year", "2050", "không khớp"),
            ("end", "14/12/2206", "dài quá một năm"),
            ("end", "01/01/0001", "không khớp"),
        ):
            with self.subTest(field=field, value=value[:9]):
                answer = self.client.post(url, {**data, field: value})
                self.assertContains(answer, says, status_code=422)
        assert ReportingPeriod.objects.count() == 1

    def test_an_error_of_the_whole_form_is_said_once(self):
        url = reverse("reports:period_open")
        form = self.client.get(url).context["form"]
        data = {
            name: f"{value:%d/%m/%Y}" if isinstance(value, datetime.date) else value
            for name, value in form.initial.items()
        }
        answer = self.client.post(url, {**data, "start": "01/12/2024"})
        self.assertContains(answer, "trùng với kỳ", count=1, status_code=422)

    def test_closing_asks_first_and_says_what_is_still_on_the_way(self):
        period = self.world.period
        close = reverse("reports:period_close", args=[period.pk])
        page = reverse("reports:period", args=[period.pk])
        self.assertContains(self.client.get(page), f'action="{close}"')
        asked = self.client.post(close, {"reason": "Hết <b>hạn</b>"})
        for told in (
            "Khóa kỳ báo cáo năm 2024?", "Còn 0 báo cáo chờ duyệt, 116 chưa gửi",
            "sẽ không gửi và không duyệt được nữa", "nhật ký: Hết &lt;b&gt;hạn&lt;/b&gt;", f'href="{page}"',
        ):  # fmt: skip
            self.assertContains(asked, told)
        Report.objects.filter(period=period).update(state=State.APPROVED)
        self.assertContains(self.client.post(close), "Cả 116 báo cáo đã được duyệt")
        period.refresh_from_db()
        assert not period.is_closed
        assert [line.action for line in period.log.all()] == ["Mở kỳ"]
        fields = (
            asked.content.decode().partition('class="dv-card dv-form"')[2].partition("</form>")[0]
        )
        sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html.unescape(fields)))
        self.assertRedirects(self.client.post(close, sent), page)
        assert period.log.first().reason == "Hết <b>hạn</b>"

    def test_close_and_reopen_with_a_reason(self):
        period = self.world.period
        self.client.post(reverse("reports:period_close", args=[period.pk]), {"confirmed": "1"})
        period.refresh_from_db()
        assert (period.is_closed, period.closed_by) == (True, self.cast["tinh"])
        answer = self.client.post(reverse("reports:period_reopen", args=[period.pk]))
        self.assertContains(answer, "Vui lòng ghi lý do", status_code=422)
        self.client.post(
            reverse("reports:period_reopen", args=[period.pk]), {"reason": "Bổ sung số liệu"}
        )
        period.refresh_from_db()
        assert not period.is_closed
        assert [line.action for line in period.log.all()] == ["Mở lại kỳ", "Khóa kỳ", "Mở kỳ"]

    def test_next_years_catalogue_is_edited_without_touching_this_year(self):
        self.client.post(reverse("reports:catalogue_copy", args=[2024]))
        new = Catalogue.objects.get(year=2025)
        made = AuditEntry.objects.filter(content_type__model="indicator", actor=self.cast["tinh"])
        assert made.count() == new.indicators.count()
        for page in ("accounts:audit", "accounts:audit_export"):  # a scale is a list of words
            answer = self.client.get(reverse(page))
            assert answer.status_code == 200
            assert answer.getvalue()
        row = new.indicators.get(code="DT01")
        url = reverse("reports:catalogue_edit", args=[2025, "chi-tieu", row.pk])
        data = self.client.get(url).context["form"].initial
        data = {k: v for k, v in data.items() if v not in (None, [])} | {"label": "Tên mới"}
        self.assertEqual(self.client.post(url, data).status_code, 302)
        row.refresh_from_db()
        assert row.label == "Tên mới"
        assert Indicator.objects.get(catalogue__year=2024, code="DT01").label != "Tên mới"

    def test_a_frozen_year_stands_still(self):
        Report.objects.filter(pk=self.world.report.pk).update(submitted_at=timezone.now())
        row = Indicator.objects.get(catalogue__year=2024, code="DT01")
        before = row.label
        url = reverse("reports:catalogue_edit", args=[2024, "chi-tieu", row.pk])
        data = self.client.get(url).context["form"].initial
        data = {k: v for k, v in data.items() if v not in (None, [])} | {"label": "Tên mới"}
        self.assertContains(self.client.post(url, data), "không sửa được nữa", status_code=422)
        self.client.post(reverse("reports:catalogue_delete", args=[2024, "chi-tieu", row.pk]))
        row.refresh_from_db()
        assert row.label == before

    def test_a_rule_that_cannot_be_read_is_refused_with_what_was_typed(self):
        url = reverse("reports:catalogue_add", args=[2024, "quy-tac"])
        dt01 = Indicator.objects.get(catalogue__year=2024, code="DT01")
        for expression in ("DT01 <=", "DT01 <= ZZ99", "__import__('os')"):
            with self.subTest(expression=expression):
                data = {
                    "indicator": dt01.pk,
                    "expression": expression,
                    "severity": "error",
                    "message": "x",
                }
                answer = self.client.post(url, data)
                assert answer.status_code == 422
                assert answer.context["form"]["expression"].value() == expression
        count = Rule.objects.count()
        self.client.post(url, data | {"expression": "DT01 <= 500", "message": "DT01 quá lớn."})
        assert Rule.objects.count() == count + 1

    def row_data(self, code, year=2024):
        """Return the edit page of an indicator of `year` and what its form posts unchanged."""
        row = Indicator.objects.get(catalogue__year=year, code=code)
        url = reverse("reports:catalogue_edit", args=[year, "chi-tieu", row.pk])
        initial = self.client.get(url).context["form"].initial
        return url, {k: v for k, v in initial.items() if v not in (None, [], False)}

    def test_a_rule_or_formula_that_could_not_be_evaluated_is_refused(self):
        dt01 = Indicator.objects.get(catalogue__year=2024, code="DT01")
        data = {"indicator": dt01.pk, "expression": "DT01", "severity": "error", "message": "x"}
        url = reverse("reports:catalogue_add", args=[2024, "quy-tac"])
        self.assertContains(self.client.post(url, data), "một điều kiện", status_code=422)
        for code, formula, says in (
            ("DT11", "DT08 >= DT07", "phải là một số"),
            ("DT13", "DT03 + 1", "phải là một điều kiện"),
            ("DT11", "DT11 / DT07", "tự gọi lại"),
            ("DV08", "DV15 * DV01", "tự gọi lại"),  # DV15 is computed from DV08
        ):
            with self.subTest(code=code, formula=formula):
                url, data = self.row_data(code)
                answer = self.client.post(url, data | {"formula": formula})
                self.assertContains(answer, says, status_code=422)
        url, data = self.row_data("DT11")
        assert self.client.post(url, data).status_code == 302

    def test_a_code_taken_twice_or_named_by_others_is_refused(self):
        copy_catalogue(self.world.period.catalogue, 2025)
        url, data = self.row_data("DT01", 2025)
        self.assertContains(
            self.client.post(url, data | {"code": "DT02"}), "Không đổi được mã", status_code=422
        )
        url, data = self.row_data("QT01", 2025)
        self.assertContains(
            self.client.post(url, data | {"code": "QT02"}), "mang mã này", status_code=422
        )
        add = reverse("reports:catalogue_add", args=[2024, "muc"])
        again = self.client.post(add, {"code": "QT", "label": "Lặp", "order": "1"})
        self.assertContains(again, "mang mã này", status_code=422)

    def test_opening_a_year_freezes_its_indicators_not_their_wording(self):
        url, data = self.row_data("QT01")
        for change in ({"value_type": "TEXT"}, {"entry_levels": "HT"}, {"code": "QT99"}):
            with self.subTest(change=change):
                answer = self.client.post(url, data | change)
                self.assertContains(answer, "đã mở kỳ báo cáo", status_code=422)
        add = reverse("reports:catalogue_add", args=[2024, "chi-tieu"])
        new = self.client.post(add, data | {"code": "QT98"})
        self.assertContains(new, "đã mở kỳ báo cáo", status_code=422)
        row = Indicator.objects.get(catalogue__year=2024, code="QT01")
        gone = reverse("reports:catalogue_delete", args=[2024, "chi-tieu", row.pk])
        self.assertContains(self.client.post(gone, follow=True), "đã mở kỳ báo cáo")
        assert self.client.post(url, data | {"label": "Tên mới"}).status_code == 302
        row.refresh_from_db()
        assert (row.label, row.value_type, row.entry_levels) == ("Tên mới", "INT", "XHT")

    def test_what_others_name_is_not_deleted(self):
        row = copy_catalogue(self.world.period.catalogue, 2025).indicators.get(code="DT08")
        url = reverse("reports:catalogue_delete", args=[2025, "chi-tieu", row.pk])
        self.assertContains(self.client.post(url, follow=True), "đang dùng trong DT11")
        assert Indicator.objects.filter(pk=row.pk).exists()
