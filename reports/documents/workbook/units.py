"""The sheets of the workbook with units as rows: districts with their sums, their communes below them."""

from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from danvan.common import excel
from reports.consolidation.figures import Definition
from reports.consolidation.summary import Restated, SectionLines
from reports.consolidation.units import Breakdown, UnitRow
from reports.consolidation.words import rating_text, restated_text, roman, row_label, years_text
from reports.documents.workbook import cells
from reports.models import ValueType

_FIRST_FIGURE = 3


def add_section_sheet(
    book: cells.DressedWorkbook,
    section: SectionLines,
    breakdown: Breakdown,
    note: str = "",
    restated: Restated | None = None,
) -> None:
    """Add the sheet of one section to `book`: units as rows, its indicators as columns."""
    definitions = [line.definition for line in section.lines]
    title = excel.safe_sheet_title(f"{section.code} {section.label}", book.sheetnames)
    ws = book.create_sheet(title)
    last = _FIRST_FIGURE - 1 + len(definitions)
    width = 13 if len(definitions) <= 16 else 11
    cells.set_widths(ws, [5, 34, *([width] * len(definitions))])
    scope = breakdown.scope
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
    row = _write_rows(ws, 5, breakdown, definitions)
    label = f"TỔNG CỘNG {scope.unit.full_name.upper()}"
    _write_row(ws, row, None, label, breakdown.total, definitions, bold=True)
    banded = restated is not None
    cells.set_page(ws, head_row=4, freeze_column=_FIRST_FIGURE, last_column=last, banded=banded)


def _write_rows(
    ws: Worksheet, row: int, breakdown: Breakdown, definitions: list[Definition]
) -> int:
    """Write the parts of the total: groups with their sums in bold; return the next row."""
    group = number = 0
    for part in breakdown.total.parts:
        if not part.parts:
            number += 0 if part.is_own else 1
            _write_row(ws, row, None if part.is_own else number, row_label(part), part, definitions)
            row += 1
            continue
        group += 1
        _write_row(ws, row, roman(group), part.unit.full_name, part, definitions, bold=True)
        row += 1
        count = 0
        for below in part.parts:
            count += 0 if below.is_own else 1
            shown = None if below.is_own else count
            _write_row(ws, row, shown, row_label(below), below, definitions)
            row += 1
    return row


def _write_row(
    ws: Worksheet,
    row: int,
    number: int | str | None,
    label: str,
    unit_row: UnitRow,
    definitions: Any,
    *,
    bold: Any = False,
) -> None:
    font = cells.BOLD if bold else cells.PLAIN
    cells.write(ws, row, 1, number, font=font, align=cells.CENTER)
    cells.write(ws, row, 2, label, font=font, align=cells.LEFT if bold else cells.INDENT)
    height = cells.wrapped_height(label, 34)
    for column, definition in enumerate(definitions, _FIRST_FIGURE):
        figure = unit_row.figures.get(definition.code)
        is_rating = definition.value_type == ValueType.RATING
        if is_rating and not (figure and figure.is_incomparable):
            text = rating_text(unit_row, definition)
            cells.write(ws, row, column, text, font=font, align=cells.CENTER)
            height = max(height, cells.wrapped_height(text, 13))
        else:
            cells.write_figure(ws, row, column, figure, definition, font=font)
    if bold:
        for column in range(1, _FIRST_FIGURE + len(definitions)):
            ws.parent.dress(ws.cell(row, column), fill=cells.SECTION_FILL)
    ws.row_dimensions[row].height = height
