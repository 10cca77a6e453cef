"""The sheets of the workbook with units as rows: districts with their sums, their communes below them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from danvan.common import excel
from reports.consolidation.figures import Definition
from reports.consolidation.scope import Scope
from reports.consolidation.summary import Restated, SectionLines
from reports.consolidation.units import Breakdown, UnitRow
from reports.consolidation.words import rating_text, restated_text, roman, row_label, years_text
from reports.documents.workbook import cells

_FIRST_FIGURE = 3
_PLAIN: dict[str, Any] = {"font": cells.PLAIN}
_SUM: dict[str, Any] = {"font": cells.BOLD, "fill": cells.SECTION_FILL}


@dataclass(frozen=True)
class SheetRow:
    """A row of every sheet of a section: its number, what it is called, its figures and how it looks."""

    number: int | str | None
    label: str
    row: UnitRow
    look: dict[str, Any]

    @cached_property
    def height(self) -> float:
        """What the label needs."""
        return cells.wrapped_height(self.label, 34)


def add_section_sheet(
    book: cells.DressedWorkbook,
    section: SectionLines,
    scope: Scope,
    rows: list[SheetRow],
    note: str = "",
    restated: Restated | None = None,
) -> None:
    """Add the sheet of one section to `book`: units as rows, its indicators as columns.

    `rows` are sheet_rows of the table by unit in `scope`.
    """
    definitions = [line.definition for line in section.lines]
    title = excel.safe_sheet_title(f"{section.code} {section.label}", book.sheetnames)
    ws = book.create_sheet(title)
    last = _FIRST_FIGURE - 1 + len(definitions)
    width = 13 if len(definitions) <= 16 else 11
    cells.set_widths(ws, [5, 34, *([width] * len(definitions))])
    years = years_text(scope.first_year, scope.last_year)
    heading = f"{roman(section.number)}. {section.label}"
    lead = f"{scope.unit.full_name}, năm {years}" + (f". {note}" if note else "")
    cells.write_across(ws, 1, 1, last, heading, font=cells.SUBTITLE, align=cells.LEFT)
    cells.write_across(ws, 2, 1, last, lead, font=cells.ITALIC, align=cells.LEFT)
    labels = [f"{d.label} ({d.unit_of_measure})" for d in definitions]
    height = max(cells.wrapped_height(label, width) for label in labels)
    if restated:
        cells.write_band(ws, 3, _FIRST_FIGURE, last, restated_text(restated))
    cells.write_head(ws, 4, ["TT", "Đơn vị", *labels], max(34, height))
    for row, one in enumerate(rows, 5):
        _write_row(ws, row, one, definitions)
    banded = restated is not None
    cells.set_page(ws, head_row=4, freeze_column=_FIRST_FIGURE, last_column=last, banded=banded)


def sheet_rows(breakdown: Breakdown) -> list[SheetRow]:
    """Return the parts of the total and the total: groups with their sums in bold, their parts below them."""
    rows: list[SheetRow] = []
    group = number = 0
    for part in breakdown.total.parts:
        if not part.parts:
            number += 0 if part.is_own else 1
            rows.append(_plain_row(part, number))
            continue
        group += 1
        rows.append(SheetRow(roman(group), part.unit.full_name, part, _SUM))
        count = 0
        for below in part.parts:
            count += 0 if below.is_own else 1
            rows.append(_plain_row(below, count))
    label = f"TỔNG CỘNG {breakdown.scope.unit.full_name.upper()}"
    return [*rows, SheetRow(None, label, breakdown.total, _SUM)]


def _plain_row(row: UnitRow, number: int) -> SheetRow:
    return SheetRow(None if row.is_own else number, row_label(row), row, _PLAIN)


def _write_row(ws: Worksheet, row: int, one: SheetRow, definitions: list[Definition]) -> None:
    look, figures = one.look, one.row.figures
    cells.write(ws, row, 1, one.number, align=cells.CENTER, **look)
    cells.write(ws, row, 2, one.label, align=cells.LEFT if look is _SUM else cells.INDENT, **look)
    height = one.height
    for column, definition in enumerate(definitions, _FIRST_FIGURE):
        figure = figures.get(definition.code)
        if definition.is_rating and not (figure and figure.is_incomparable):
            text = rating_text(one.row, definition)
            cells.write(ws, row, column, text, align=cells.CENTER, **look)
            height = max(height, cells.wrapped_height(text, 13))
        else:
            cells.write_figure(ws, row, column, figure, definition, **look)
    ws.parent.heights[ws][row] = height
