"""Writing a Word document piece by piece: head, title, text, tables, foot."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from danvan.common.text import clean_text
from reports.documents.layout import Layout
from reports.documents.word.styles import (
    CELL,
    CELL_HEAD,
    HEADINGS,
    NOTE,
    PAGE_NUMBER,
    dress,
    style_name,
)

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDING = ".docx"
StyledLine = tuple[str, str]  # text, kind of text of the layout (or the name of a style)


class Paper:
    """A Word document that is being written, from the top."""

    def __init__(self, layout: Layout, title: str = "") -> None:
        self.layout = layout
        self.document: Any = docx.Document()
        dress(self.document, layout)
        _number_pages(self.document.sections[0])
        _describe(self.document, title)

    def add(self, text: str, kind: str = "body") -> None:
        """Write one paragraph."""
        self._fill(self.document.add_paragraph(), text, kind)

    def heading(self, text: str, depth: int = 1) -> None:
        """Write a heading; 1 is the highest."""
        self._fill(self.document.add_paragraph(), text, HEADINGS[depth - 1])

    def note(self, text: str) -> None:
        """Write what holds for the draft only."""
        self._fill(self.document.add_paragraph(), text, NOTE)

    def beside(self, left: Iterable[StyledLine], right: Iterable[StyledLine], split: int) -> None:
        """Write two columns of lines side by side; the left one takes `split` percent of the page."""
        width = self._width
        widths = [width * split / 100, width * (100 - split) / 100]
        table = self._table(widths)
        _pad(table, 0)
        row = _add_row(table, "w:cantSplit")
        for cell, lines in zip(row.cells, (left, right), strict=True):
            for number, (text, kind) in enumerate(lines):
                paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
                self._fill(paragraph, text, kind)

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[Any]], shares: Sequence[float]
    ) -> None:
        """Write a table with lines; `shares` are the widths of its columns relative to each other.

        Its head is repeated on every page, no row is torn apart.
        """
        table = self.grid(shares)
        self.row(table, heads, CELL_HEAD, is_head=True)
        for row in rows:
            self.row(table, [str(value) for value in row], CELL)
        self.add("", CELL)

    def grid(self, shares: Sequence[float]) -> Any:
        """Return a table with lines as wide as the text, still without rows; see `table`."""
        unit = self._width / sum(shares)
        return self._table([share * unit for share in shares], style="Table Grid")

    def row(self, table: Any, texts: Sequence[str], *kinds: str, is_head: bool = False) -> Any:
        """Write one row of a table and return it; the last of `kinds` holds for all further cells."""
        row = _add_row(table, "w:cantSplit", *(("w:tblHeader",) if is_head else ()))
        cells = zip(row.cells, texts, table.columns, strict=True)
        for number, (cell, text, column) in enumerate(cells):
            cell.width = column.width
            self._fill(cell.paragraphs[0], text, kinds[min(number, len(kinds) - 1)])
        return row

    def turn(self) -> None:
        """Go on with a new page across the sheet, for wide tables."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.different_first_page_header_footer = False
        dress(self.document, self.layout)

    def data(self) -> bytes:
        """Return the document as a file; made again it is the same, byte for byte."""
        file = BytesIO()
        self.document.save(file)
        return _undated(file)

    @property
    def _width(self) -> float:
        """The width of the text in millimetres."""
        section = self.document.sections[-1]
        return (section.page_width - section.left_margin - section.right_margin) / Mm(1)

    def _table(self, widths: Sequence[float], style: str = "Normal Table") -> Any:
        table = self.document.add_table(rows=0, cols=len(widths))
        table.style = self.document.styles[style]
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        return table

    def _fill(self, paragraph: Any, text: str, kind: str) -> None:
        paragraph.style = self.document.styles[style_name(kind)]
        # A number that is still to be given keeps its room: clean_text would close it.
        # Runs of spaces stay: they keep room for a number that is still to be given.
        paragraph.add_run(" ".join(clean_text(word) for word in text.split(" ")))


def _undated(file: BytesIO) -> bytes:
    """Return a packed file whose parts do not say when they were packed."""
    packed = BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _add_row(table: Any, *marks: str) -> Any:
    row = table.add_row()
    for mark in marks:
        row._tr.get_or_add_trPr().append(OxmlElement(mark))
    return row


def _pad(table: Any, width: int) -> None:
    """Set the room between the edge of a cell and its text, left and right, in twentieths of a point."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(width))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")


def _number_pages(section: Any) -> None:
    """Put the number of the page above it, centred, but not on the first."""
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.style = section.part.document.styles[PAGE_NUMBER]
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()._r
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run.append(mark)


def _describe(document: Any, title: str) -> None:
    """Fill in the properties; nothing in them tells when or by what the file was made."""
    about = document.core_properties
    about.title, about.author, about.comments, about.language = title, "", "", "vi-VN"
    about.created = about.modified = datetime.datetime(2024, 1, 1)
    about.last_modified_by, about.revision = "", 1
    relations = document.part.package.rels
    for key in [key for key, relation in relations.items() if "thumbnail" in relation.reltype]:
        del relations[key]  # a picture of the library's sample
