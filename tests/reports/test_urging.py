"""The letter to units whose reports are late: who stands in it with what, on whose paper."""

import datetime
from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Remark, Report, State
from tests.budget import assert_same_queries
from tests.cast import build_cast, build_world
from tests.reports.word import paragraphs

DAY = datetime.timedelta(days=1)


class UrgingTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.today = timezone.localdate()
        dates = {"due_commune": cls.today - 3 * DAY, "due_district": cls.today - DAY}
        cls.world = build_world(cls.cast, due_province=cls.today + DAY, **dates)
        cls.period, cls.url = cls.world.period, reverse("documents:urge")

    def report(self, code):
        return Report.objects.get(period=self.period, unit__code=code)

    def letter(self, name, **query):
        self.client.force_login(self.cast[name])
        answer = self.client.get(self.url, {"period_choice": self.period.pk, **query})
        assert answer.status_code == 200
        assert answer["Content-Disposition"].endswith("2024.docx")
        return paragraphs(answer.content)

    def row(self, lines, name):
        """Return the cells of the row of a unit."""
        at = lines.index(name)
        return lines[at - 1 : at + 4]

    def test_each_late_unit_with_what_it_still_has_to_do(self):
        blank, begun, sent = (self.report(code) for code in ("13363", "13330", "13336"))
        figures = {"DT03": Figure(Decimal(3)), "TD05": Figure(Decimal(9))}
        write_figures(begun, figures, actor=None, source="form")
        Report.objects.filter(pk=sent.pk).update(state=State.APPROVED)
        returned = self.world.report
        Report.objects.filter(pk=returned.pk).update(state=State.RETURNED)
        Remark.objects.create(report=returned, text="684?", author=self.cast["huyen-349"])
        lines = self.letter("huyen-349")
        due = f"{self.today - 3 * DAY:%d/%m/%Y}"
        place = ", thị xã Duy Tiên"
        assert self.row(lines, f"Xã Tiên Sơn{place}")[2:] == [
            due, "3", "Chưa gửi lại sau khi được trả lại để sửa (còn 1 ý kiến)",
        ]  # fmt: skip
        assert self.row(lines, blank.unit.place_name)[2:] == [due, "3", "Chưa nhập số liệu"]
        told = self.row(lines, begun.unit.place_name)[4]
        assert told.startswith("Đã nhập 2/") and told.endswith("chỉ tiêu, chưa gửi")
        assert sent.unit.place_name not in lines
        text = "\n".join(lines)
        late = Report.objects.filter(unit__parent=self.cast["huyen-349"].unit).overdue().count()
        assert f"còn {late} đơn vị quá hạn, trong đó 1 đơn vị chưa gửi lại" in text
        assert f"Hạn nộp báo cáo công tác dân vận năm 2024: cấp xã {due}." in text
        assert "684" not in text

    def test_on_the_paper_of_the_office_as_a_letter(self):
        lines = self.letter("huyen-349")
        assert any(line.endswith("-CV/BTGDVTU") for line in lines), lines[:8]
        assert "V/v đôn đốc gửi báo cáo công tác dân vận năm 2024" in lines
        assert [line for line in lines if line.startswith("- ")][0].startswith("- Như trên")
        assert "THỊ ỦY DUY TIÊN" in lines

    def test_the_letter_is_of_those_that_the_queue_shows(self):
        own = self.letter("tinh")  # reviews districts
        assert "Thị xã Duy Tiên" in own and "Xã Tiên Sơn, thị xã Duy Tiên" not in own
        everybody = self.letter("tinh", who="all")
        assert "Xã Tiên Sơn, thị xã Duy Tiên" in everybody
        one = self.letter("tinh", who="all", q="tien son")
        assert "Xã Tiên Sơn, thị xã Duy Tiên" in one and "Thị xã Duy Tiên" not in one
        assert "Xã Tiên Sơn, thị xã Duy Tiên" in self.letter("quantri", who="all")
        assert "Thị trấn Quế, huyện Kim Bảng" not in self.letter("huyen-349", who="all")

    def test_buttons_where_somebody_is_late_only(self):
        self.client.force_login(self.cast["huyen-349"])
        page = self.client.get(reverse("reports:review"), {"period_choice": self.period.pk})
        self.assertContains(page, f'{self.url}?period_choice={self.period.pk}"')
        self.client.force_login(self.cast["tinh"])
        url = reverse("reports:period", args=[self.period.pk])
        self.assertContains(self.client.get(url), "Công văn đôn đốc (Word)")
        Report.objects.update(state=State.SUBMITTED)
        self.assertNotContains(self.client.get(url), "Công văn đôn đốc (Word)")
        answer = self.client.get(self.url, {"period_choice": self.period.pk}, follow=True)
        self.assertContains(answer, "Không có đơn vị nào quá hạn")

    def test_no_such_period_and_no_right(self):
        self.client.force_login(self.cast["huyen-349"])
        for query in ({"period_choice": 10**9}, {"period_choice": "x"}, {"who": "nobody"}):
            assert self.client.get(self.url, query).status_code == 404
        for name in ("xa-13369", "lanhdao", "nhap-349"):
            self.client.force_login(self.cast[name])
            assert self.client.get(self.url).status_code == 403

    def test_many_units_ask_no_more_than_few(self):
        self.client.force_login(self.cast["tinh"])
        url = f"{self.url}?period_choice={self.period.pk}&who=all"
        late = Report.objects.filter(period=self.period, level="commune")
        few = list(late.values_list("pk", flat=True)[:3])
        assert_same_queries(
            self.client,
            url,
            lambda: late.exclude(pk__in=few).update(state=State.APPROVED),
            lambda: late.update(state=State.DRAFT),
            limit=25,
        )
