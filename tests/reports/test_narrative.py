"""What a draft says and what it leaves unsaid; own reports, interim periods, shipped templates."""

import datetime
import tempfile
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from reports.catalogue.files import read_catalogue
from reports.consolidation import keeping
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.documents.letterhead import default_row
from reports.documents.narrative.drafting import collect_draft, scope_of_report, write_draft
from reports.documents.narrative.sentences import phrases
from reports.documents.narrative.shipped import TEMPLATE_KINDS, build_template, template_file
from reports.documents.narrative.telling import is_several, tell
from reports.models import Indicator, PeriodKind, Qualifier, Report, ReportingPeriod, State, Value
from tests.budget import assert_same_queries
from tests.cast import build_cast, build_world
from tests.reports.consolidation_data import add_communes, enter, make_period, make_tree, set_state
from tests.reports.word import paragraphs


class Drafts(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2021, cls.y2022 = make_period(2021), make_period(2022)

    def said(self, unit="35", first=2022, last=2022, **scope):
        """Return what is said of each indicator, by code."""
        found = consolidate(ScopeData(Scope(self.tree[unit], first, last, **scope)))
        return tell(found, several=is_several(found)).sentences


class SentenceTests(Drafts):
    def test_levels_exactness_and_the_change(self):
        enter(self.y2021, "1", DT01=10)
        enter(self.y2022, "35", DT01=3)
        enter(self.y2022, "350", DT01=0)
        enter(self.y2022, "1", Qualifier.AT_LEAST, DT01=1140)
        self.assertEqual(
            self.said()["DT01"],
            "Bí thư cấp ủy các cấp tổ chức, tham dự trên 1.143 hội nghị đối thoại "
            "(3 hội nghị cấp tỉnh; trên 1.140 hội nghị cấp xã), "
            "tăng khoảng 1.133 hội nghị so với năm 2021.",
        )

    def test_the_change_stands_with_the_figure_that_changed(self):
        Indicator.objects.filter(code="DT07").update(code="DT06", parent=None)
        enter(self.y2021, "1", DT03=1)
        enter(self.y2022, "1", DT03=3, DT06=90)
        self.assertIn(
            "đã có 3 hội nghị đối thoại của người đứng đầu, tăng 2 hội nghị so với năm 2021, "
            "với 90 lượt người dự.",
            self.said()["DT03"],
        )

    def test_one_level_alone_is_not_named_and_one_office_has_no_levels(self):
        enter(self.y2022, "1", DT01=2)
        self.assertEqual(
            self.said()["DT01"],
            "Bí thư cấp ủy các cấp tổ chức, tham dự 2 hội nghị đối thoại.",
        )
        self.assertEqual(
            self.said("1")["DT01"], "Bí thư cấp ủy tổ chức, tham dự 2 hội nghị đối thoại."
        )

    def test_ratios_with_what_they_are_made_of(self):
        enter(self.y2021, "1", DT07=10, DT08=5)
        enter(self.y2022, "1", DT07=10, DT08=8)
        text = self.said(first=2021)["DT11"]
        self.assertTrue(text.endswith("đạt 65% (13/20; từng năm 50–80%)."), text)
        self.assertTrue(
            self.said()["DT11"].endswith("80% (8/10), tăng 30 điểm phần trăm so với năm 2021.")
        )

    def test_blank_and_zero_are_not_said(self):
        enter(self.y2022, "1", DT01=0)
        self.assertEqual(self.said(), {})

    def test_figures_while_reports_are_missing_are_compared_with_nothing(self):
        enter(self.y2021, "1", DT01=10)
        enter(self.y2022, "1", DT01=12)
        set_state(self.y2022, "2", State.DRAFT)
        self.assertNotIn("so với", self.said()["DT01"])

    def test_units_are_counted_for_a_board_only(self):
        enter(self.y2022, "1", DT03=2)
        self.assertEqual(
            self.said()["DT13"],
            "Số đơn vị có ít nhất một hội nghị đối thoại trong năm là 1 đơn vị.",
        )
        self.assertNotIn("DT13", self.said("1"))

    def test_an_indicator_without_a_sentence_is_told_by_its_label(self):
        Indicator.objects.filter(code="DT15").update(
            code="XY01", label="Số cuộc {giao} ban", aggregation="SUM", entry_levels="X", formula=""
        )
        enter(self.y2022, "1", XY01=5)
        enter(self.y2022, "2", XY01=1)
        self.assertEqual(self.said()["XY01"], "Số cuộc (giao) ban: 6 cuộc.")


class NewsTests(Drafts):
    """Zero is said where it is the news, and only when everybody said so."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        Indicator.objects.filter(code="DT08").update(code="DC13", parent=None)

    def fill(self, *units):
        for unit in units:
            enter(self.y2022, unit, DC13=0)

    def test_all_said_zero(self):
        self.fill(*self.tree)
        self.assertEqual(
            self.said()["DC13"],
            "Chưa xảy ra vụ việc vi phạm nào liên quan đến thực hiện dân chủ ở cơ sở.",
        )

    def test_somebody_said_nothing(self):
        self.fill(*list(self.tree)[1:])
        self.assertNotIn("DC13", self.said())


class OwnReportTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def test_a_clerk_takes_the_own_report_before_it_is_sent(self):
        report = self.world.report
        enter(report.period, "13369", DT01=2)
        Value.objects.create(
            report=report,
            indicator=report.period.catalogue.indicators.get(code="NX01"),
            text="Nhân dân phấn khởi.\n\nĐời sống ổn định.",
        )
        Report.objects.filter(pk=report.pk).update(state=State.DRAFT)
        self.client.force_login(self.cast["xa-13369"])
        page = self.client.get(reverse("reports:detail", args=[report.pk]))
        address = reverse("reports:report_word", args=[report.pk])
        self.assertContains(page, address)
        texts = paragraphs(self.client.get(address).content)
        self.assertIn("ĐẢNG ỦY XÃ TIÊN SƠN", texts)
        self.assertIn("Năm 2024, bí thư cấp ủy tổ chức, tham dự 2 hội nghị đối thoại.", texts)
        at = texts.index("Nhân dân phấn khởi.")
        self.assertEqual(texts[at + 1], "Đời sống ổn định.")
        self.assertTrue(any(text.startswith("III. HOẠT ĐỘNG CỦA KHỐI DÂN VẬN") for text in texts))

    def test_a_board_takes_only_what_its_own_office_entered(self):
        enter(self.world.period, "13369", DT01=2)
        enter(self.world.period, "349", DT01=5)
        own = Report.objects.get(period=self.world.period, unit__code="349")
        scope = scope_of_report(own)
        texts = paragraphs(write_draft(collect_draft(scope)))
        self.assertIn("Năm 2024, bí thư cấp ủy tổ chức, tham dự 5 hội nghị đối thoại.", texts)


class DraftTests(Drafts):
    def test_the_office_spells_as_it_writes_but_others_texts_stay(self):
        enter(self.y2022, "35", DT01=3)
        row = default_row(self.tree["35"], datetime.date(2022, 1, 1), spelling="uỷ")
        row.save()
        Value.objects.create(
            report=Report.objects.get(period=self.y2022, unit=self.tree["35"]),
            indicator=self.y2022.catalogue.indicators.get(code="NX01"),
            text="Cấp ủy xã báo cáo.",
        )
        texts = paragraphs(write_draft(collect_draft(Scope(self.tree["35"], 2022, 2022))))
        self.assertIn("1. Công tác dân vận của cấp uỷ các cấp", texts)
        self.assertTrue(any("bí thư cấp uỷ các cấp" in text for text in texts))
        self.assertIn("Cấp ủy xã báo cáo.", texts)

    @mock.patch.object(keeping, "FEWEST", 10**9)  # each time as if for the first time
    def test_a_draft_costs_the_same_queries_however_many_units(self):
        self.client.force_login(
            User.objects.create(username="b", unit=self.tree["35"], role="officer")
        )
        address = f"{reverse('reports:consolidation_word')}?unit=35&first=2022&last=2022&xep_hang=1"

        def more() -> None:
            add_communes(self.tree["347"], 20)
            Report.objects.bulk_create(
                Report(period=self.y2022, unit=u, reviewer=u, level=u.level, state="approved")
                for u in AdministrativeUnit.objects.filter(code__startswith="90")
            )

        assert_same_queries(
            self.client, address, lambda: enter(self.y2022, "1", DT03=1), more, limit=41
        )


class InterimTests(Drafts):
    def test_an_interim_period_stands_beside_the_same_one_of_the_year_before(self):
        halves = [
            make_period(
                year, kind=PeriodKind.HALF, start=datetime.date(year, 1, 1),
                end=datetime.date(year, 6, 30), catalogue=period.catalogue,
            )
            for year, period in ((2021, self.y2021), (2022, self.y2022))
        ]  # fmt: skip
        enter(halves[0], "1", DT01=3)
        enter(halves[1], "1", DT01=4)
        enter(self.y2022, "1", DT01=90)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "f.docx")
            call_command(
                *("export_narrative", "--unit", "35", "--years", "2022"),
                *("--period", str(halves[1].pk), "--output", str(file)),
                stdout=StringIO(),
            )
            texts = paragraphs(file.read_bytes())
        self.assertIn("kết quả công tác dân vận 6 tháng đầu năm 2022", texts)
        self.assertIn(
            "Trong 6 tháng đầu năm 2022, bí thư cấp ủy các cấp tổ chức, tham dự 4 hội nghị đối thoại, "
            "tăng 1 hội nghị so với cùng kỳ năm 2021.",
            texts,
        )

    def test_wrong_arguments_are_told(self):
        whole = ReportingPeriod.objects.get(year=2022)
        for arguments, told in (
            (("--years", "2022", "--period", str(whole.pk)), "no interim period"),
            (("--years", "2019"), "no reporting period"),
            (("--years", "2022", "--output", "f.xlsx"), "must end in .docx"),
        ):
            with self.assertRaisesMessage(CommandError, told):
                call_command("export_narrative", "--unit", "35", "--output", "f.docx", *arguments)


def parts_of(data):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", TEMPLATE_KINDS)
def test_the_committed_template_is_what_its_outline_builds(kind):
    assert parts_of(template_file(kind).read_bytes()) == parts_of(build_template(kind))


def test_every_shipped_indicator_is_told_or_left_to_the_table_on_purpose():
    known = phrases()
    codes = read_catalogue(2024).indicators.keys()
    texts = set(known.texts)
    assert codes - known.told - known.silent - texts == set()
    assert (known.told | known.silent | texts) - codes == set(), "names no indicator"
    assert known.told & known.silent == set()


@pytest.mark.parametrize("kind", TEMPLATE_KINDS[:-1])
def test_every_heading_of_the_data_file_has_its_place_in_every_template(kind):
    text = "\n".join(paragraphs(template_file(kind).read_bytes()))
    for place in phrases().places:
        assert f"in {place} %}}" in text, place
