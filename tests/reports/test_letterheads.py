"""Letterheads as data by date: the default table for every level, an office's own, layouts measured."""

import datetime
import json
from io import BytesIO

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from openpyxl import load_workbook

from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation.scope import Scope
from reports.documents.layout import layout_from, layout_on
from reports.documents.letterhead import (
    date_in_words,
    default_row,
    document_date,
    letterhead_from,
    letterhead_of,
    letterhead_on,
    spelled,
)
from reports.documents.workbook.build import build, collect
from reports.models import OfficeLetterhead
from tests.reports.consolidation_data import (
    make_period,
    make_tree,
    make_unit,
    new_province,
    rename_district,
)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


class Offices(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()

    def own(self, code, since, **fields):
        """Store a letterhead of a unit's office that differs from the default in `fields`."""
        row = default_row(self.tree[code], day(since))
        row.valid_from = day(since)
        for name, value in fields.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
        return row


class DefaultTableTests(Offices):
    def test_boards_before_and_after_the_merger(self):
        self.tree["349"] = make_unit("349", "thi_xa", "Duy Tiên", Level.DISTRICT, self.tree["35"])
        old, new = "BAN DÂN VẬN", "BAN TUYÊN GIÁO VÀ DÂN VẬN"
        for code, date, superior, issuer, symbol, first in (
            ("35", "2025-02-28", "TỈNH ỦY HÀ NAM", old, "-BC/BDVTU", "Ban Dân vận Trung ương"),
            ("35", "2025-03-01", "TỈNH ỦY HÀ NAM", new, "-BC/BTGDVTU", "Ban Tuyên giáo và Dân vận Trung ương"),
            ("350", "2022-12-31", "HUYỆN ỦY KIM BẢNG", old, "-BC/BDVHU", "Ban Dân vận Tỉnh ủy Hà Nam"),
            ("349", "2022-12-31", "THỊ ỦY DUY TIÊN", old, "-BC/BDVTU", "Ban Dân vận Tỉnh ủy Hà Nam"),
            ("347", "2025-04-01", "THÀNH ỦY PHỦ LÝ", new, "-BC/BTGDVTU",
             "Ban Tuyên giáo và Dân vận Tỉnh ủy Hà Nam"),
        ):  # fmt: skip
            with self.subTest(code=code, date=date):
                head = letterhead_on(self.tree[code], day(date))
                self.assertEqual(
                    (head.superior, head.issuer, head.symbol, head.recipients[0], head.signing),
                    (superior, issuer, symbol, first, (("TRƯỞNG BAN", "authority"),)),
                )

    def test_communes_name_the_unit_above_on_the_day(self):
        head = letterhead_on(self.tree["3"], day("2022-12-31"))
        self.assertEqual(
            (head.superior, head.issuer, head.symbol, head.place),
            ("ĐẢNG BỘ HUYỆN KIM BẢNG", "ĐẢNG ỦY XÃ LÊ HỒ", "-BC/ĐU", "Lê Hồ"),
        )
        self.assertEqual(head.signing, (("T/M ĐẢNG ỦY", "authority"), ("BÍ THƯ", "post")))
        new_province(self.tree)
        head = letterhead_on(AdministrativeUnit.objects.get(code="8"), day("2025-12-31"))
        self.assertEqual(head.superior, "ĐẢNG BỘ TỈNH NINH BÌNH")
        self.assertEqual(head.recipients[0], "Ban Tuyên giáo và Dân vận Tỉnh ủy Ninh Bình")

    def test_every_level_and_style_fills_in_without_a_gap(self):
        for code in ("35", "350", "3"):
            for style in ("party", "state"):
                with self.subTest(code=code, style=style):
                    row = default_row(self.tree[code], day("2022-12-31"), style)
                    row.full_clean(exclude=["unit"])
                    head = letterhead_of(row, day("2022-12-31"))
                    texts = [text for text, _style in (*head.left, *head.right, *head.signing)]
                    self.assertFalse(
                        [t for t in (*texts, *head.recipients) if "{" in t or "  Nam" in t]
                    )
                    self.assertTrue(head.recipients)

    def test_terms_and_registers(self):
        province = self.tree["35"]
        for date, term in (
            ("2019-05-01", "2015 - 2020"),
            ("2022-12-31", "2020 - 2025"),
            ("2026-11-01", "2025 - 2030"),
        ):
            self.assertEqual(letterhead_on(province, day(date)).register, term)
        state = letterhead_of(default_row(province, day("2026-11-01"), "state"), day("2026-11-01"))
        self.assertEqual(state.register, "2026")


class OwnLetterheadTests(Offices):
    def test_holds_from_its_day_until_the_next(self):
        self.own("3", "2022-06-01", post="PHÓ BÍ THƯ", signer="Nguyễn Văn A")
        self.own("3", "2023-06-01", signer="Trần Thị B")
        at = {
            date: letterhead_on(self.tree["3"], day(date)).signer
            for date in ("2022-05-31", "2022-06-01", "2023-05-31", "2024-01-01")
        }
        self.assertEqual(list(at.values()), ["", "Nguyễn Văn A", "Nguyễn Văn A", "Trần Thị B"])
        self.assertEqual(letterhead_on(self.tree["4"], day("2024-01-01")).signer, "")

    def test_an_office_that_became_another_one_writes_no_old_name(self):
        self.own("350", "2024-01-01", signer="Nguyễn Văn A")
        self.own("35", "2024-01-01", signer="Lê Văn C")
        self.assertEqual(letterhead_on(self.tree["35"], day("2025-02-28")).signer, "Lê Văn C")
        merged = letterhead_on(self.tree["35"], day("2025-03-01"))
        self.assertEqual((merged.issuer, merged.signer), ("BAN TUYÊN GIÁO VÀ DÂN VẬN", ""))
        renamed = rename_district(self.tree)
        before, after = (letterhead_on(renamed, day(date)) for date in ("2024-12-31", "2025-01-01"))
        self.assertEqual((before.superior, before.signer), ("HUYỆN ỦY KIM BẢNG", "Nguyễn Văn A"))
        self.assertEqual((after.superior, after.signer), ("THỊ ỦY KIM BẢNG", ""))

    def test_an_own_letterhead_from_before_a_rename_is_found_under_the_old_name_only(self):
        renamed = rename_district(self.tree)
        self.tree["350"] = renamed
        self.own("350", "2025-01-10", signer="Nguyễn Văn A")
        self.assertEqual(letterhead_on(renamed, day("2025-02-01")).signer, "Nguyễn Văn A")

    def test_spelling_as_the_office_writes_it(self):
        row = default_row(self.tree["35"], day("2022-12-31"), spelling="uỷ")
        head = letterhead_of(row, day("2022-12-31"))
        self.assertEqual(
            (head.superior, head.recipients[1]), ("TỈNH UỶ HÀ NAM", "Thường trực Tỉnh uỷ Hà Nam")
        )
        self.assertEqual(spelled("cấp ủy, Ủy ban", head.spelling), "cấp uỷ, Uỷ ban")
        self.assertEqual(spelled("Thuỷ, uỷ ban", "ủy"), "Thuỷ, ủy ban")

    def test_what_the_rules_do_not_know_is_refused_at_its_field(self):
        for field, fields in (
            ("symbol", {"symbol": "BC/BDVTU"}),
            ("symbol", {"symbol": "/BC-UBND"}),
            ("symbol", {"style": "state"}),
            ("authority", {"authority": "KT", "authority_of": "ĐẢNG ỦY"}),
            ("authority", {"authority": "KT", "authority_of": "BÍ THƯ"}),
            ("authority", {"authority_of": "TRƯỞNG BAN"}),
            ("authority_of", {"authority": "TM"}),
            ("signer", {"signer": "TS. Nguyễn Văn A"}),
            ("signer", {"signer": "Đ/c Nguyễn Văn A"}),
            ("recipients", {"recipients": "\n".join(f"Nơi {n}" for n in range(21))}),
            ("valid_from", {"valid_from": day("1999-12-31")}),
        ):
            with self.subTest(**fields), self.assertRaises(ValidationError) as refused:
                row = default_row(self.tree["35"], day("2022-12-31"))
                for name, value in fields.items():
                    setattr(row, name, value)
                row.full_clean()
            self.assertIn(field, refused.exception.message_dict)
        for signer in ("Bảo Bà Triệu", "Ông Thị Tám"[5:], "Bùi Thị Ngọc"):
            row = default_row(self.tree["35"], day("2022-12-31"))
            row.signer, row.authority, row.authority_of = signer, "KT", "TRƯỞNG BAN"
            row.full_clean()

    def test_recipients_lose_their_dashes_and_get_those_of_the_layout(self):
        row = self.own(
            "35",
            "2022-01-01",
            recipients="- Ban Dân vận Trung ương,\n\n  + Thường trực Tỉnh ủy;\n- Lưu VP.",
        )
        head = letterhead_of(row, day("2022-12-31"))
        self.assertEqual(
            head.recipient_lines,
            ("- Ban Dân vận Trung ương,", "- Thường trực Tỉnh ủy,", "- Lưu VP."),
        )

    def test_one_letterhead_a_day(self):
        self.own("35", "2022-01-01")
        with self.assertRaises(ValidationError):
            self.own("35", "2022-01-01")
        self.assertEqual(OfficeLetterhead.objects.count(), 1)


class LayoutTests(SimpleTestCase):
    def test_by_date_and_style(self):
        for style, date, code in (
            ("party", "2022-12-31", "party-36"), ("party", "2026-01-08", "party-36"),
            ("party", "2026-01-09", "party-05"), ("party", "2010-01-01", "party-36"),
            ("state", "2024-01-01", "state-30"),
        ):  # fmt: skip
            self.assertEqual(layout_on(style, day(date)).code, code)
        with self.assertRaises(KeyError):
            layout_on("unknown", day("2024-01-01"))

    def test_measures_of_the_rules(self):
        for style, date in (
            ("party", "2026-11-01"),
            ("party", "2022-12-31"),
            ("state", "2024-01-01"),
        ):
            layout = layout_on(style, day(date))
            self.assertEqual(
                dict(layout.margins), {"top": 20, "bottom": 20, "left": 30, "right": 15}
            )
            self.assertEqual(
                layout.landscape_margins, {"top": 30, "right": 20, "bottom": 15, "left": 20}
            )
            self.assertEqual((layout.page_number_size, layout.page_number_top), (14, 10))
            self.assertEqual((layout.line, layout.first_line, layout.between), ((18, 22), 10, 6))
        new, old = layout_on("party", day("2026-11-01")), layout_on("party", day("2022-12-31"))
        self.assertEqual([x.texts["post"].bold for x in (new, old)], [False, True])
        sizes = {name: style.size for name, style in new.texts.items()}
        self.assertEqual(
            sizes,
            {
                "national": 15, "motto": 14, "superior": 14, "issuer": 14, "number": 14, "place": 14,
                "kind": 16, "abstract": 14, "body": 14, "authority": 14, "post": 14, "signer": 14,
                "recipients_head": 14, "recipients": 12,
            },
        )  # fmt: skip
        self.assertEqual((new.ending, layout_on("state", day("2024-01-01")).ending), (".", "./."))

    def test_a_frozen_layout_comes_back_as_it_was(self):
        layout = layout_on("state", day("2024-01-01"))
        self.assertEqual(layout_from(json.loads(json.dumps(layout.as_json()))), layout)

    def test_dates(self):
        self.assertEqual(date_in_words(day("2022-02-05")), "ngày 05 tháng 02 năm 2022")
        self.assertEqual(date_in_words(day("2022-03-15")), "ngày 15 tháng 3 năm 2022")
        today = day("2024-11-20")
        unit = AdministrativeUnit(
            code="35", kind="tinh", name="Hà Nam", level="province", valid_from=day("2020-01-01")
        )
        self.assertEqual(document_date(unit, 2022, today), day("2022-12-31"))
        self.assertEqual(document_date(unit, 2024, today), today)
        unit.valid_to = day("2024-07-01")
        self.assertEqual(document_date(unit, 2024, today), day("2024-06-30"))


class InTheWorkbookTests(Offices):
    def sheet(self, unit="35", year=2022):
        file = BytesIO()
        build(collect(Scope(self.tree[unit], year, year))).save(file)
        return load_workbook(file)

    def test_head_foot_margins_and_page_number(self):
        make_period(2022)
        self.own(
            "35",
            "2022-01-01",
            authority="KT",
            authority_of="TRƯỞNG BAN",
            post="PHÓ TRƯỞNG BAN",
            signer="Nguyễn Văn A",
        )
        book = self.sheet()
        cells = {c.value: c for row in book["Tổng hợp"].iter_rows() for c in row if c.value}
        for text, size, marks in (
            ("TỈNH ỦY HÀ NAM", 14, ""), ("BAN DÂN VẬN", 14, "b"), ("ĐẢNG CỘNG SẢN VIỆT NAM", 15, "b"),
            ("Hà Nam, ngày 31 tháng 12 năm 2022", 14, "i"), ("K/T TRƯỞNG BAN", 14, "b"),
            ("PHÓ TRƯỞNG BAN", 14, "b"), ("Nguyễn Văn A", 14, "b"), ("-----", 14, ""),
            ("- Lưu Ban Dân vận Tỉnh ủy Hà Nam.", 12, ""), ("Nơi nhận:", 14, ""),
        ):  # fmt: skip
            with self.subTest(text):
                font = cells[text].font
                self.assertEqual((font.sz, font.b, font.i), (size, "b" in marks, "i" in marks))
        self.assertEqual(cells["Nơi nhận:"].font.u, "single")
        for sheet in book:
            margins = sheet.page_margins
            shown_margins = [
                round(getattr(margins, s) * 25.4)
                for s in ("top", "right", "bottom", "left", "header")
            ]
            self.assertEqual(shown_margins, [30, 20, 15, 20, 10], sheet.title)
            self.assertTrue(sheet.HeaderFooter.differentFirst)
            self.assertEqual((sheet.oddHeader.center.text, sheet.oddHeader.center.size), ("&P", 14))

    def test_the_post_of_a_deputy_is_not_bold_by_the_rules_of_2026(self):
        make_period(2026)
        self.own(
            "35", "2026-01-01", authority="KT", authority_of="TRƯỞNG BAN", post="PHÓ TRƯỞNG BAN"
        )
        cells = {c.value: c for row in self.sheet(year=2026)["Tổng hợp"].iter_rows() for c in row}
        self.assertEqual(
            [cells[t].font.b for t in ("K/T TRƯỞNG BAN", "PHÓ TRƯỞNG BAN")], [True, False]
        )

    def test_state_layout(self):
        make_period(2022)
        row = default_row(self.tree["35"], day("2022-12-31"), "state")
        row.valid_from = day("2022-01-01")
        row.save()
        values = {c.value for row in self.sheet()["Tổng hợp"].iter_rows() for c in row}
        self.assertLessEqual(
            {
                "ỦY BAN NHÂN DÂN TỈNH HÀ NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                "Độc lập - Tự do - Hạnh phúc", "Số:        /BC-UBND", "TM. ỦY BAN NHÂN DÂN", "- Lưu: VT.",
            },
            values,
        )  # fmt: skip
        self.assertNotIn("*", values)

    def test_a_frozen_letterhead_comes_back_as_it_was(self):
        head = letterhead_on(self.tree["3"], day("2022-12-31"))
        self.assertEqual(letterhead_from(json.loads(json.dumps(head.as_json()))), head)
