"""Plain tables at the end of a workbook: what differs from the issue before, and the texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from danvan.common import excel
from reports.documents.workbook import cells


@dataclass(frozen=True)
class PlainTable:
    """One sheet: its title, columns as (heading, width), rows of texts and numbers."""

    title: str
    heading: str
    columns: tuple[tuple[str, float], ...]
    rows: Sequence[Iterable[Any]]
    notes: Sequence[str] = ()  # said below the rows


def add_plain_table(book: cells.DressedWorkbook, table: PlainTable) -> None:
    """Add the sheet of `table`; nothing where it has no row."""
    if not table.rows:
        return
    ws = book.create_sheet(excel.safe_sheet_title(table.title, book.sheetnames))
    last = len(table.columns)
    cells.set_widths(ws, [width for _heading, width in table.columns])
    cells.write_across(ws, 1, 1, last, table.heading, font=cells.SUBTITLE)
    cells.write_head(ws, 3, [heading for heading, _width in table.columns], 22)
    for number, row in enumerate(table.rows, 4):
        height = 0.0
        for column, (value, (_heading, width)) in enumerate(
            zip(row, table.columns, strict=True), 1
        ):
            cells.write(ws, number, column, value, align=cells.LEFT)
            height = max(height, cells.wrapped_height(str(value), width))
        ws.parent.heights[ws][number] = min(height, 400)
    for number, note in enumerate(table.notes, len(table.rows) + 5):
        cells.write_across(ws, number, 1, last, note, font=cells.ITALIC, align=cells.LEFT)
        room = sum(width for _heading, width in table.columns)
        ws.parent.heights[ws][number] = cells.wrapped_height(note, room)
    cells.set_page(ws, head_row=3, freeze_column=2, last_column=last)
