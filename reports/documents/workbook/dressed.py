"""A workbook of openpyxl that works out each look of its cells once, and writes its rows as text.

openpyxl looks a font, a border and their likes up for every cell, and builds a tree of elements of each one.
Both were most of the work; what is written is the same (tests/reports/test_dressed_workbook.py compares).
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from html import escape
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
from openpyxl.compat import safe_string
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.functions import Element

from danvan.common.ops.memory import uncollected

_PLACE = re.compile(b"<sheetData ?/>")  # with the blank where openpyxl works without lxml


class DressedWorkbook(openpyxl.Workbook):
    """`looks` has what a cell's look is by its parts, which are held there so that no identity is given twice.

    A look is shared by its cells and never changed: `numbers` has the number of each by identity. `rooms` has
    the width that the numbers of a column need, `heights` the height of a row.
    """

    def __init__(self) -> None:
        super().__init__()
        self.looks: dict[tuple, tuple] = {}
        self.numbers: dict[int, str] = {}
        self.rooms: dict[tuple[Worksheet, int], float] = {}
        self.heights: defaultdict[Worksheet, dict[int, float]] = defaultdict(dict)

    def dress(
        self,
        cell: Any,
        font: Font,
        align: Alignment,
        border: Border | None,
        fill: PatternFill | None,
        fmt: str | None,
    ) -> None:
        """Give a new `cell` its look; what its value asked for (a date its format) stays."""
        asked = cell._style and cell._style.tobytes()
        key = asked, id(font), id(align), id(border), id(fill), fmt
        known = self.looks.get(key)
        if known is None:
            parts = {"font": font, "alignment": align, "border": border, "fill": fill}
            for name, part in {**parts, "number_format": fmt}.items():
                if part:
                    setattr(cell, name, part)
            known = self.looks[key] = cell._style, parts
            self.numbers[id(cell._style)] = f'" s="{cell.style_id}"'
        cell._style = known[0]

    def give_room(self, ws: Worksheet, column: int, width: float) -> None:
        """Widen a column to at least `width`."""
        if width > self.rooms.get((ws, column), 0):
            self.rooms[ws, column] = width
            room = ws.column_dimensions[get_column_letter(column)]
            room.width = max(room.width, width)

    @uncollected()
    def save(self, filename: Any) -> None:
        """Write the workbook into a path or a binary file."""
        with ZipFile(filename, "w", ZIP_DEFLATED) as archive:
            _Archive(self, archive).write_data()

    def close(self) -> None:
        """Let go of the cells: they and their sheets hold each other until somebody looks for circles."""
        for ws in self:
            ws._cells.clear()


class _Archive(ExcelWriter):
    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        frame = io.BytesIO()
        writer = _Frame(ws, frame)
        writer.write()
        ws._rels = writer._rels
        before, after = _PLACE.split(frame.getvalue(), 1)
        rows = f"<sheetData>{_rows_text(ws)}</sheetData>".encode()
        self._archive.writestr(ws.path[1:], before + rows + after)
        self.manifest.append(ws)


class _Frame(WorksheetWriter):
    """A sheet without its rows."""

    def write_rows(self) -> None:
        self.xf.send(Element("sheetData"))


def _rows_text(ws: Any) -> str:
    """Return the rows of a sheet as XML, as openpyxl would have them."""
    book, rows = ws.parent, defaultdict[int, list[str]](list)
    numbers, heights = book.numbers, book.heights[ws]
    for (row, _column), cell in sorted(ws._cells.items()):
        rows[row].append(_cell_text(cell, numbers))
    told = []
    for row, texts in rows.items():
        height = f' ht="{safe_string(heights[row])}" customHeight="1"' if row in heights else ""
        told.append(f'<row r="{row}"{height}>{"".join(texts)}</row>')
    return "".join(told)


def _cell_text(cell: Any, numbers: dict[int, str]) -> str:
    """Return a cell as XML, as openpyxl would have it."""
    value, kind, style = cell._value, cell.data_type, cell._style
    number = numbers.get(id(style)) or (f'" s="{cell.style_id}"' if cell.has_style else '"')
    start = f'<c r="{get_column_letter(cell.column)}{cell.row}{number}'
    if value is None:
        return f'{start} t="n"/>' if len(number) > 1 else ""
    if value.__class__ is int:
        return f'{start} t="n"><v>{value}</v></c>'
    if kind == "s":
        if not value:
            return f'{start} t="inlineStr"/>'
        space = ' xml:space="preserve"' if value != value.strip() else ""
        return f'{start} t="inlineStr"><is><t{space}>{escape(value, quote=False)}</t></is></c>'
    told = to_excel(value) if kind == "d" else value
    return f'{start} t="n"><v>{safe_string(told)}</v></c>'
