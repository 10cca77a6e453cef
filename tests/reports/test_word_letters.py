"""A letter in Word: margins, sizes and spacing measured in its XML, its texts as the letterhead has them."""

import datetime
from dataclasses import replace
from urllib.parse import unquote

import pytest
from django.test import TestCase
from django.urls import reverse

from reports.documents.layout import layouts
from reports.documents.letterhead import Letterhead
from reports.documents.word.letters import WordHeading, WordTable, letter
from reports.documents.word.styles import STYLES, SUBJECT
from tests.cast import build_cast
from tests.reports.word import W, has, paragraphs, part, style, styled, value

LAYOUTS = {layout.code: layout for _since, layout in layouts()}
RECIPIENTS = ("Ban Dân vận Trung ương", "Thường trực Tỉnh ủy", "Lưu Ban Dân vận Tỉnh ủy")
TWIPS_A_MM = 1440 / 25.4


def head_in(code):
    return Letterhead(
        superior="Tỉnh ủy Hà Nam",
        issuer="Ban Dân vận",
        symbol="-BC/BDVTU",
        place="Hà Nam",
        date=datetime.date(2026, 12, 5),
        authority="KT",
        authority_of="Trưởng ban",
        post="Phó trưởng ban",
        signer="Nguyễn Văn A",
        recipients=RECIPIENTS,
        term="2025-2030",
        spelling="ủy",
        layout=LAYOUTS[code],
    )


def written(code, kind="Báo cáo", **changes):
    table = WordTable(("TT", "Đơn vị"), [(1, "Xã A"), (2, "Xã\x00 B")], (1, 5))
    blocks = [WordHeading("I. TÌNH HÌNH"), "Đoạn văn.", table]
    return letter(replace(head_in(code), **changes), kind, "kết quả năm 2026", blocks)


@pytest.mark.parametrize("code", LAYOUTS)
def test_the_page_is_that_of_the_layout(code):
    page = part(written(code)).find(f"{W}body/{W}sectPr")
    size, margins = page.find(f"{W}pgSz"), page.find(f"{W}pgMar")
    assert (value(size, "w"), value(size, "h")) == ("11906", "16838")  # A4
    for side, length in LAYOUTS[code].margins.items():
        assert float(value(margins, side)) == pytest.approx(length * TWIPS_A_MM, abs=1), side
    top = LAYOUTS[code].page_number_top
    assert float(value(margins, "header")) == pytest.approx(top * TWIPS_A_MM, abs=1)
    assert page.find(f"{W}titlePg") is not None  # no number on the first page


@pytest.mark.parametrize("code", LAYOUTS)
def test_every_kind_of_text_has_the_size_and_the_marks_of_the_layout(code):
    data, layout = written(code), LAYOUTS[code]
    for kind, (name, *_rest) in STYLES.items():
        found, text = style(data, name), layout.texts[kind]
        assert float(value(found.find(f"{W}rPr/{W}sz"))) / 2 == text.size, name
        assert has(found, "b") == text.bold, name
        assert has(found, "i") == text.italic, name
        ruled = kind == "national" and len(layout.national) == 1
        assert has(found, "u") == (text.underlined or ruled), name
        fonts = found.find(f"{W}rPr/{W}rFonts")
        assert {fonts.get(W + s) for s in ("ascii", "hAnsi", "cs")} == {"Times New Roman"}, name


@pytest.mark.parametrize("code", LAYOUTS)
def test_lines_and_paragraphs_are_spaced_by_the_layout(code):
    data, layout = written(code), LAYOUTS[code]
    form = style(data, "Nội dung").find(f"{W}pPr")
    spacing, indent = form.find(f"{W}spacing"), form.find(f"{W}ind")
    least, most = layout.line
    assert value(spacing, "lineRule") == "exact"
    assert least <= float(value(spacing, "line")) / 20 <= most
    assert float(value(spacing, "after")) / 20 >= layout.between
    first = float(value(indent, "firstLine"))
    assert first == pytest.approx(layout.first_line * TWIPS_A_MM, abs=1)
    assert value(form.find(f"{W}jc")) == "both"
    number = style(data, "Số trang").find(f"{W}rPr/{W}sz")
    assert float(value(number)) / 2 == layout.page_number_size
    assert "PAGE" in [n.text for n in part(data, "word/header1.xml").iter(f"{W}instrText")]


def test_a_party_letter_says_what_its_letterhead_says():
    found = styled(written("party-05"))
    assert found[:6] == [
        ("Cơ quan cấp trên", "TỈNH ỦY HÀ NAM"),
        ("Cơ quan ban hành", "BAN DÂN VẬN"),
        ("Số và ký hiệu", "*"),
        ("Số và ký hiệu", "Số        -BC/BDVTU"),
        ("Tiêu đề văn bản", "ĐẢNG CỘNG SẢN VIỆT NAM"),
        ("Địa danh, ngày tháng", "Hà Nam, ngày 05 tháng 12 năm 2026"),
    ]
    assert found[6:9] == [
        ("Tên loại văn bản", "BÁO CÁO"), ("Trích yếu", "kết quả năm 2026"),
        ("Số và ký hiệu", "-----"),
    ]  # fmt: skip
    assert found[-7:] == [
        ("Nơi nhận", "Nơi nhận:"),
        ("Danh sách nơi nhận", "- Ban Dân vận Trung ương,"),
        ("Danh sách nơi nhận", "- Thường trực Tỉnh ủy,"),
        ("Danh sách nơi nhận", "- Lưu Ban Dân vận Tỉnh ủy."),
        ("Thẩm quyền ký", "K/T TRƯỞNG BAN"),
        ("Chức vụ người ký", "PHÓ TRƯỞNG BAN"),
        ("Họ tên người ký", "Nguyễn Văn A"),
    ]


def test_a_state_letter_without_kind_has_its_subject_below_the_number():
    found = styled(written("state-30", kind="", superior="", number=7))
    assert found[:5] == [
        ("Cơ quan ban hành", "BAN DÂN VẬN"), ("Số và ký hiệu", "Số: 07-BC/BDVTU"),
        (SUBJECT, "kết quả năm 2026"),
        ("Tiêu đề văn bản", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("Tiêu ngữ", "Độc lập - Tự do - Hạnh phúc"),
    ]  # fmt: skip


def test_nothing_that_xml_does_not_hold_gets_in():
    assert "Xã B" in paragraphs(written("party-05"))


class LetterheadInWordTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def test_an_office_takes_its_letterhead_of_a_day_as_a_word_document(self):
        self.client.force_login(self.cast["huyen-349"])
        unit = self.cast["xa-13369"].unit
        page = self.client.get(reverse("documents:letterhead", args=[unit.pk]))
        address = reverse("documents:letterhead_word", args=[unit.pk])
        self.assertContains(page, address)
        answer = self.client.get(address, {"ngay": "01/06/2024"})
        self.assertIn("Tiên Sơn.docx", unquote(answer["Content-Disposition"]))
        texts = paragraphs(answer.content)
        self.assertIn("ĐẢNG ỦY XÃ TIÊN SƠN", texts)
        self.assertIn("T/M ĐẢNG ỦY", texts)
        self.assertIn("Tiên Sơn, ngày 01 tháng 6 năm 2024", texts)
