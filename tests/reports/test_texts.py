"""Texts gathered: what a board takes from the units below, edits, orders; sources that change; who may."""

import io
import re

import docx
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import AuditEntry
from reports.consolidation.scope import Scope, ScopeData
from reports.documents.issues.issuing import IssueOrder, issue
from reports.documents.issues.thawed import Thawed
from reports.documents.narrative.texts import written_texts
from reports.figures.figure import BLANK, Figure
from reports.figures.writing import write_figures, write_many
from reports.models import GatheredText, Report, State
from tests.budget import assert_same_queries
from tests.cast import build_cast, build_world

FIRST = "Nhân dân phấn khởi. Nhiều nơi còn lo về giải phóng mặt bằng.\nKhông có điểm nóng."
SECOND = "Tình hình ổn định, đời sống khá lên."


class TextsCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.period = build_world(cls.cast).period
        cls.url = reverse("reports:texts") + "?unit=349&first=2024&last=2024"
        cls.tien_son = cls.write("13369", FIRST)
        cls.tien_ngoai = cls.write("13363", SECOND)

    def setUp(self):
        self.client.force_login(self.cast["huyen-349"])

    @classmethod
    def write(cls, code, text, state=State.APPROVED, heading="NX01"):
        report = Report.objects.get(period=cls.period, unit__code=code)
        figure = Figure(text=text) if text else BLANK
        Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
        write_figures(report, {heading: figure}, actor=None, source="form")
        Report.objects.filter(pk=report.pk).update(state=state)
        return report

    def page(self, more=""):
        return self.client.get(self.url + more)

    def lines(self, more=""):
        return {line["report"].unit.code: line for line in self.page(more).context["lines"]}

    def take(self, **posted):
        seen = [f"{line['report'].pk}:{line['stamp']}" for line in self.lines().values()]
        return self.client.post(self.url, {"seen": seen, **posted}, follow=True)

    def ticks(self, *numbers, of="13369"):
        """Return what the boxes of these sentences send."""
        line = self.lines()[of]
        found = [*line["first"], *line["more"]]
        return [f"{line['report'].pk}:{found[number][0]}" for number in numbers]

    def checked(self, page):
        """Return what the ticked boxes of `page` send."""
        boxes = re.findall(r'name="part"\s+value="([^"]+)"\s+(checked)?', page.content.decode())
        return {value for value, ticked in boxes if ticked}

    def pieces(self):
        return list(GatheredText.objects.order_by("place"))

    def drafted(self):
        """Return the paragraphs that the board's draft has, by heading."""
        unit = self.cast["huyen-349"].unit
        return written_texts(ScopeData(Scope(unit, 2024, 2024)))

    def change(self, piece, **posted):
        query = self.url.partition("?")[2]
        url = reverse("reports:text_piece", args=[piece.pk])
        version = posted.pop("version", piece.version)
        return self.client.post(f"{url}?{query}", {"version": version, **posted}, follow=True)


class ListTests(TextsCase):
    def test_texts_of_the_units_below_with_unit_and_state(self):
        lines = self.lines()
        assert list(lines) == ["13363", "13369"]
        assert [text for _, text in lines["13369"]["first"]] == [
            "Nhân dân phấn khởi.",
            "Nhiều nơi còn lo về giải phóng mặt bằng.",
            "Không có điểm nóng.",
        ]
        self.assertContains(self.page(), "Đã duyệt")
        assert self.page().context["tabs"][0][2:] == (2, 2)

    def test_what_is_listed_can_be_narrowed(self):
        self.write("13369", FIRST, State.SUBMITTED)
        self.write("13363", SECOND, State.RETURNED)
        assert set(self.lines()) == {"13369"}
        assert set(self.lines("&status=approved")) == set()
        assert set(self.lines("&status=all")) == {"13369", "13363"}
        assert set(self.lines("&status=all&q=tien+ngoai")) == {"13363"}
        assert set(self.lines("&status=nonsense&use=x")) == {"13369"}
        self.take(whole=self.tien_son.pk)
        assert set(self.lines("&use=unused")) == set()
        assert set(self.lines("&heading=NX02")) == set()
        assert set(self.lines("&heading=<b>")) == {"13369"}

    def test_a_long_text_folds_and_many_units_are_paged(self):
        self.write("13369", " ".join(f"Câu số {n}." for n in range(40)))
        line = self.lines()["13369"]
        assert (len(line["first"]), len(line["more"])) == (6, 34)
        self.assertContains(self.page(), "Xem thêm 34 câu")
        self.client.force_login(self.cast["tinh"])
        reports = Report.objects.filter(period=self.period, level="commune")

        def all_write():
            Report.objects.update(state=State.DRAFT)
            wanted = {report.pk: {"NX01": Figure(text=SECOND)} for report in reports}
            write_many(wanted, actor=None, source="form")
            reports.update(state=State.RETURNED)

        url = reverse("reports:texts") + "?status=all"
        assert_same_queries(self.client, url, lambda: None, all_write, limit=20)
        page = self.client.get(url)
        assert len(page.context["lines"]) == 20
        assert page.context["page_obj"].paginator.count == reports.count() > 90

    def test_only_officers_of_the_office_itself(self):
        for name, status in (
            ("nhap-349", 403), ("xem-349", 403), ("tinh", 403), ("huyen-350", 404),
            ("xa-13369", 404), ("quantri", 200),
        ):  # fmt: skip
            with self.subTest(name):
                self.client.force_login(self.cast[name])
                assert self.page().status_code == status
                posted = self.client.post(self.url, {"whole": "1"})
                assert posted.status_code == (422 if status == 200 else status)
        assert self.pieces() == []


class TakingTests(TextsCase):
    def test_reports_that_are_not_there_are_counted_and_told(self):
        seen = [f"{pk}:x" for pk in (987654, 987655)]
        page = self.client.post(
            self.url, {"seen": seen, "part": ["987654:0", "987655:1"]}, follow=True
        )
        self.assertContains(page, "2 báo cáo đã chọn không còn lời văn", status_code=422)
        assert self.pieces() == []

    def test_the_whole_text_or_ticked_sentences_and_each_once(self):
        page = self.take(whole=self.tien_son.pk)
        self.assertContains(page, "Đã lấy lời văn của 1 báo cáo vào dự thảo.")
        self.assertContains(page, "Đã dùng")
        assert self.page().context["tabs"][0][2:] == (2, 1)
        (piece,) = self.pieces()
        assert (piece.text, piece.snapshot, piece.report) == (FIRST, FIRST, self.tien_son)
        piece.delete()
        self.take(part=self.ticks(0, 2))
        self.take(part=self.ticks(1, 2))  # a second look
        (piece,) = self.pieces()
        assert piece.text == (
            "Nhân dân phấn khởi. Không có điểm nóng.\nNhiều nơi còn lo về giải phóng mặt bằng."
        )
        assert AuditEntry.objects.filter(content_type__model="gatheredtext").count() >= 3

    def test_several_units_at_once(self):
        self.take(part=[*self.ticks(0), *self.ticks(0, of="13363")])
        assert [piece.text for piece in self.pieces()] == [SECOND, "Nhân dân phấn khởi."]

    def test_nothing_chosen_and_nonsense_take_nothing(self):
        self.assertContains(self.take(), "Chưa chọn câu nào", status_code=422)
        other = Report.objects.get(period=self.period, unit__code="13384")
        for posted in (
            {"whole": "abc"}, {"whole": 10**30}, {"part": ["x", "1:x", f"{other.pk}:0"]},
            {"whole": other.pk, "seen": f"{other.pk}:1"}, {"part": f"{self.tien_son.pk}:0"},
        ):  # fmt: skip
            with self.subTest(posted):
                self.take(**posted)
                assert self.pieces() == []

    def test_what_was_written_anew_meanwhile_is_not_taken_unseen(self):
        seen = [f"{line['report'].pk}:{line['stamp']}" for line in self.lines().values()]
        parts = [*self.ticks(0, 2), *self.ticks(0, of="13363")]
        self.write("13369", "Câu mới đứng đầu. Không có điểm nóng.")
        page = self.client.post(self.url, {"seen": seen, "part": parts}, follow=True)
        self.assertContains(page, "Chưa lấy của Xã Tiên Sơn")
        assert [piece.text for piece in self.pieces()] == [SECOND]
        # The tick goes along with its sentence, not with the place where another one stands now.
        assert self.checked(page) == set(self.ticks(1))

    def test_what_was_ticked_and_not_taken_stays_ticked_and_its_draft_is_not_wiped(self):
        ours, theirs = set(self.ticks(1, 2)), set(self.ticks(0, of="13363"))
        ticked, number = {"part": [*ours, *theirs], "Draft": "a" * 32}, f"stored-{'a' * 32}"
        refused = self.take(**ticked, whole="abc")
        assert (refused.status_code, self.checked(refused)) == (422, ours | theirs)
        used = self.take(**ticked, used=self.tien_ngoai.pk)
        assert self.checked(used) == ours | theirs
        whole = self.take(**ticked, whole=self.tien_ngoai.pk)
        self.assertContains(whole, "Đã lấy lời văn của 1 báo cáo")
        assert self.checked(whole) == ours
        assert number not in self.client.cookies
        assert self.checked(self.take(**ticked)) == set()
        assert number in self.client.cookies

    def test_a_sentence_that_stands_there_twice_is_taken_once(self):
        self.write("13369", "Ổn định. Phấn khởi. Ổn định.")
        self.take(part=self.ticks(0))
        assert [piece.text for piece in self.pieces()] == ["Ổn định."]

    def test_marked_as_used_without_a_place_in_the_draft(self):
        self.take(used=self.tien_son.pk)
        (piece,) = self.pieces()
        assert not piece.in_draft
        assert self.drafted() == {}
        assert self.lines()["13369"]["value"].used
        self.change(piece, move="put_in")
        assert self.drafted() == {"NX01": FIRST.split("\n")}
        piece.refresh_from_db()
        self.change(piece, move="leave_out", text=piece.text)
        piece.refresh_from_db()
        self.change(piece, move="forget")
        assert not self.lines()["13369"]["value"].used


class DraftTests(TextsCase):
    def setUp(self):
        super().setUp()
        self.take(part=[*self.ticks(0), *self.ticks(0, of="13363")])
        self.above, self.below = self.pieces()

    def test_edit_and_order_and_what_is_typed_goes_along(self):
        self.change(self.below, text="Nhân dân\nrất phấn khởi.")
        self.below.refresh_from_db()
        self.change(self.below, text="Nhân dân rất phấn khởi.", move="up")
        assert [p.text for p in self.pieces()] == ["Nhân dân rất phấn khởi.", SECOND]
        self.below.refresh_from_db()
        self.change(self.below, text=self.below.text, move="up")  # the first one stays
        self.below.refresh_from_db()
        self.change(self.below, text=self.below.text, move="down")
        assert [p.text for p in self.pieces()] == [SECOND, "Nhân dân rất phấn khởi."]

    def test_a_stale_or_empty_edit_is_refused_and_keeps_what_was_typed(self):
        self.change(self.below, text="Của người thứ nhất.")
        page = self.change(self.below, text="Của người thứ hai.")
        self.assertContains(page, "vừa được người khác sửa", status_code=422)
        self.assertContains(page, "Của người thứ hai.</textarea>", status_code=422)
        self.assertContains(page, "Của người thứ nhất.”", status_code=422)
        self.below.refresh_from_db()
        page = self.change(self.below, text="Của người thứ hai.")
        assert self.pieces()[1].text == "Của người thứ hai."
        self.below.refresh_from_db()
        for posted in ({"text": "  "}, {"text": "A" * 40_001}, {"version": "x"}):
            with self.subTest(list(posted)):
                assert self.change(self.below, **posted).status_code == 422
        gone = self.below.version
        self.below.delete()
        url = reverse("reports:text_piece", args=[self.above.pk])
        assert self.client.get(url, follow=True).status_code == 200
        assert self.change(self.above, text="x", version=gone + 9).status_code == 422

    def test_a_source_that_changes_is_told_until_somebody_looked(self):
        self.assertNotContains(self.page(), "sau khi lấy")
        self.write("13369", "Lời mới.")
        self.assertContains(self.page(), "Đơn vị đã sửa lời văn sau khi lấy", count=1)
        self.change(self.below, move="seen", text=self.below.text)
        self.assertNotContains(self.page(), "sau khi lấy")
        assert self.pieces()[1].text == "Nhân dân phấn khởi."
        self.write("13369", "Lời mới nữa.")
        self.below.refresh_from_db()
        self.change(self.below, move="renew", text="bỏ đi")
        assert self.pieces()[1].text == "Lời mới nữa."
        self.write("13369", "")
        self.assertContains(self.page(), "Đơn vị đã bỏ lời văn này sau khi lấy.")

    def test_the_draft_in_word_takes_the_words_in_order_without_their_sources(self):
        self.change(self.below, text="Nhân dân rất phấn khởi.", move="up")
        word = self.client.get(
            reverse("reports:consolidation_word"), {"unit": "349", "first": 2024, "last": 2024}
        )
        body = docx.Document(io.BytesIO(word.content))
        lines = [paragraph.text for paragraph in body.paragraphs]
        assert lines.index("Nhân dân rất phấn khởi.") < lines.index(SECOND)
        assert "Tiên Ngoại" not in "\n".join(lines)

    def test_the_consolidation_leads_here(self):
        page = self.client.get(reverse("reports:consolidation"), {"section": "NX"})
        self.assertContains(page, "Tập hợp lời văn")
        self.assertContains(self.client.get(page.context["texts_url"]), SECOND)

    def test_an_issue_keeps_the_words_as_they_were_signed(self):
        unit = self.cast["huyen-349"].unit
        order = IssueOrder(
            Scope(unit, 2024, 2024), "BC", 1, self.period.end, "kết quả", {"post": "TRƯỞNG BAN"},
            missing_reason="Chưa đủ",
        )  # fmt: skip
        made = issue(order, user=self.cast["huyen-349"])
        self.change(self.below, text="Viết lại sau khi ký.")
        assert Thawed(made).draft().narrative.texts["NX01"] == [SECOND, "Nhân dân phấn khởi."]
