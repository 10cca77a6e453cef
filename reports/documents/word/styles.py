"""What a layout means in Word: the page, and one named style for each kind of text.

The names are those a person sees in Word. Only the styles carry sizes and spacing, never single
paragraphs, so that `dress` gives a document the layout of its day whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from reports.documents.layout import Layout, TextStyle

LEFT, CENTRE, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
# Kind of text of a layout → the name of its style, how it stands, points above it.
STYLES: dict[str, tuple[str, Any, float]] = {
    "superior": ("Cơ quan cấp trên", CENTRE, 0),
    "issuer": ("Cơ quan ban hành", CENTRE, 0),
    "number": ("Số và ký hiệu", CENTRE, 0),
    "national": ("Tiêu đề văn bản", CENTRE, 0),
    "motto": ("Tiêu ngữ", CENTRE, 0),
    "place": ("Địa danh, ngày tháng", CENTRE, 0),
    "kind": ("Tên loại văn bản", CENTRE, 18),
    "abstract": ("Trích yếu", CENTRE, 0),
    "body": ("Nội dung", JUSTIFY, 0),
    "authority": ("Thẩm quyền ký", CENTRE, 0),
    "post": ("Chức vụ người ký", CENTRE, 0),
    "signer": ("Họ tên người ký", CENTRE, 56),
    "recipients_head": ("Nơi nhận", LEFT, 0),
    "recipients": ("Danh sách nơi nhận", LEFT, 0),
}
HEADINGS = ("Heading 1", "Heading 2", "Heading 3")
_HEADING_MARKS = ("b", "b", "bi")
NOTE, CELL, CELL_HEAD, PAGE_NUMBER = "Ghi chú dự thảo", "Ô bảng", "Đầu bảng", "Số trang"
CELL_NUMBER = "Số trong bảng"
RULE, SUBJECT = "Đường kẻ", "Trích yếu công văn"
TABLE_SIZE = 12.0


def style_name(kind: str) -> str:
    """Return the name of the style of one kind of text; a style's own name stays as it is."""
    return STYLES[kind][0] if kind in STYLES else kind


def dress(document: Document, layout: Layout) -> None:
    """Give `document` the page and the styles of `layout`; styles that it lacks are added."""
    _set_base(document, layout)
    for kind, (name, align, above) in STYLES.items():
        text = layout.texts[kind]
        if kind == "national" and len(layout.national) == 1:  # the line below is as long
            text = TextStyle(text.size, text.marks + "u")
        _set_style(document, name, text, layout.font, align=align, above=above)
    _set_body(document, layout)
    size = layout.texts["body"].size
    for name, marks in zip(HEADINGS, _HEADING_MARKS, strict=True):
        style = _set_style(document, name, TextStyle(size, marks), layout.font, align=JUSTIFY)
        _space(style, layout)
        style.paragraph_format.keep_with_next = True
    _set_style(document, NOTE, TextStyle(size - 1, "i"), layout.font, align=CENTRE)
    _set_style(document, SUBJECT, TextStyle(TABLE_SIZE), layout.font, align=CENTRE)
    _set_style(document, CELL, TextStyle(TABLE_SIZE), layout.font, align=LEFT)
    _set_style(document, CELL_NUMBER, TextStyle(TABLE_SIZE), layout.font, align=RIGHT)
    _set_style(document, CELL_HEAD, TextStyle(TABLE_SIZE, "b"), layout.font, align=CENTRE)
    number = TextStyle(layout.page_number_size)
    _set_style(document, PAGE_NUMBER, number, layout.font, align=CENTRE)
    _set_rule(document, layout)
    for section in document.sections:
        _set_page(section, layout)


def dressed(data: bytes, layout: Layout, reworded: Callable[[str], str] = str) -> bytes:
    """Return a document given as a file, dressed; each piece of its text goes through `reworded`."""
    document, file = docx.Document(BytesIO(data)), BytesIO()
    dress(document, layout)
    for piece in document.element.iter(qn("w:t")):
        piece.text = reworded(piece.text or "")
    document.save(file)
    return file.getvalue()


def _set_base(document: Document, layout: Layout) -> None:
    """Write Vietnamese in the font of the layout wherever no style says otherwise."""
    defaults = document.styles.element.find(qn("w:docDefaults"))
    properties = defaults.find(qn("w:rPrDefault")).find(qn("w:rPr"))
    properties.find(qn("w:lang")).set(qn("w:val"), "vi-VN")
    spacing = defaults.find(qn("w:pPrDefault")).find(qn("w:pPr")).find(qn("w:spacing"))
    spacing.attrib.clear()
    spacing.set(qn("w:after"), "0")
    _set_font(properties, layout.font)
    normal = document.styles["Normal"]
    _set_font(normal.element.get_or_add_rPr(), layout.font)
    normal.font.size = Pt(layout.texts["body"].size)


def _set_style(
    document: Document, name: str, text: TextStyle, font: str, *, align: Any, above: float = 0
) -> Any:
    """Return the paragraph style `name`, set as the layout says."""
    styles = document.styles
    known = name in {style.name for style in styles}
    style: Any = styles[name] if known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if not known:
        style.base_style = styles["Normal"]
        style.quick_style = True
    _set_font(style.element.get_or_add_rPr(), font)
    style.font.size = Pt(text.size)
    style.font.bold, style.font.italic = text.bold, text.italic
    style.font.underline = text.underlined
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.paragraph_format.alignment = align
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(above), Pt(0)
    return style


def _set_font(properties: Any, font: str) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def _set_body(document: Document, layout: Layout) -> None:
    _space(document.styles[style_name("body")], layout)


def _space(style: Any, layout: Layout) -> None:
    """Set exact lines, in the middle of what the layout allows, and the space between paragraphs."""
    form = style.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(sum(layout.line) / 2)
    form.space_after = Pt(layout.between)
    form.first_line_indent = Mm(layout.first_line)


def _set_rule(document: Document, layout: Layout) -> None:
    """Draw the line below the issuing body of state documents: a border, a third of the column long."""
    style = _set_style(document, RULE, TextStyle(4), layout.font, align=CENTRE)
    style.paragraph_format.left_indent = style.paragraph_format.right_indent = Mm(25)
    properties = style.element.get_or_add_pPr()
    if properties.find(qn("w:pBdr")) is None:
        borders, line = OxmlElement("w:pBdr"), OxmlElement("w:top")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc"
        )


def _set_page(section: Any, layout: Layout) -> None:
    """Set A4 with the margins of the layout; a turned sheet keeps the bound edge on top."""
    turned = section.orientation == WD_ORIENT.LANDSCAPE
    width, height = Mm(210), Mm(297)
    section.page_width, section.page_height = (height, width) if turned else (width, height)
    margins = layout.landscape_margins if turned else layout.margins
    for side, length in margins.items():
        setattr(section, f"{side}_margin", Mm(length))
    section.header_distance = section.footer_distance = Mm(layout.page_number_top)
