"""The head and the foot of the official table: who issues it, what it is called, who signs, who receives it."""

from itertools import zip_longest

from openpyxl.styles import Font

from reports.consolidation.summary import Consolidation
from reports.consolidation.words import DEMO_NOTE, inclusion_text
from reports.documents.layout import Layout
from reports.documents.letterhead import Letterhead
from reports.documents.workbook import cells

_LEFT, _RIGHT = (1, 3), 5  # columns of the issuing body; the first of the national heading
_SIGNER = 7


def write_letterhead(
    ws: cells.Worksheet,
    head: Letterhead,
    found: Consolidation,
    last: int,
    abstract: str,
    notes: tuple[str, ...] = (),
) -> int:
    """Write the head over columns 1 to `last` and return the row of the table's header.

    `abstract` is what the document is called, `notes` are lines below the title.
    """
    layout, row = head.layout, 0
    lines = zip_longest(head.left, head.right, fillvalue=("", "body"))
    for row, ((text, style), (other, its_style)) in enumerate(lines, 1):
        _across(ws, row, *_LEFT, text, layout, style)
        ruled = row == 1 and len(layout.national) == 1
        _across(ws, row, _RIGHT, last, other, layout, its_style, ruled=ruled)
    titles = [("BIỂU TỔNG HỢP", font_of(layout, "kind"))]
    titles.append((abstract, font_of(layout, "abstract")))
    if layout.rule:
        titles.append((layout.rule, font_of(layout, "body")))
    titles.append((f"{found.scope.unit.full_name} – {inclusion_text(found)}", cells.ITALIC))
    titles += [(note, cells.ITALIC) for note in notes]
    if found.is_demo:
        titles.append((DEMO_NOTE, cells.ITALIC))
    for row, (text, font) in enumerate(titles, row + 2):  # noqa: B020 - goes on below the head
        cells.write_across(ws, row, 1, last, text, font=font)
        ws.parent.heights[ws][row] = _height(font.sz)
    return row + 2


def write_foot(ws: cells.Worksheet, row: int, head: Letterhead, last: int) -> None:
    """Write from `row` on who receives the document (left), who made the table, who signs (right)."""
    layout = head.layout
    for offset, (text, style) in enumerate(head.signing):
        _across(ws, row + offset, _SIGNER, last, text, layout, style)
    below = row + len(head.signing)
    cells.write_across(ws, below, _SIGNER, last, "(chữ ký, dấu)", font=cells.ITALIC)
    _across(ws, below + 4, _SIGNER, last, head.signer, layout, "signer")
    cells.write_across(ws, row, 3, 5, "NGƯỜI LẬP BIỂU", font=cells.BOLD)
    cells.write_across(ws, row + 1, 3, 5, "(ký, ghi rõ họ tên)", font=cells.ITALIC)
    if not head.recipients:
        return
    lines = [("Nơi nhận:", "recipients_head"), *((t, "recipients") for t in head.recipient_lines)]
    for offset, (text, style) in enumerate(lines):
        font = font_of(layout, style)
        cells.write_across(ws, row + offset, 1, 2, text, font=font, align=cells.LEFT)
        width = sum(ws.column_dimensions[letter].width for letter in "AB")
        height = cells.wrapped_height(text, width)
        ws.parent.heights[ws][row + offset] = max(height, _height(font.sz))


def font_of(layout: Layout, name: str, *, ruled: bool = False) -> Font:
    """Return the font of one kind of text; `ruled` underlines it in place of the rule below it."""
    style = layout.texts[name]
    line = "single" if style.underlined or ruled else None
    return Font(layout.font, style.size, bold=style.bold, italic=style.italic, underline=line)


def _across(
    ws: cells.Worksheet,
    row: int,
    first: int,
    last: int,
    text: str,
    layout: Layout,
    style: str,
    *,
    ruled: bool = False,
) -> None:
    """Write one text of the layout over merged columns; nothing for an empty one."""
    if text:
        font = font_of(layout, style, ruled=ruled)
        cells.write_across(ws, row, first, last, text, font=font)
        ws.parent.heights[ws][row] = _height(font.sz)


def _height(size: float) -> float:
    """Return the height of a row for text of `size` points."""
    return max(20, size * 1.4)
