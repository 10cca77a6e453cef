"""How the official workbook looks: fonts, borders, page setup, cells, formats that say how exact.

Text enters a cell through excel.put alone.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from danvan.common import excel
from danvan.common.numbers import rounded
from reports.consolidation.figures import Definition, Total
from reports.consolidation.words import ESTIMATED, INCOMPARABLE
from reports.documents.layout import Layout
from reports.documents.workbook.dressed import DressedWorkbook
from reports.models import Qualifier, ValueType

__all__ = ["DressedWorkbook", "Worksheet"]
FONT, LINE_HEIGHT = "Times New Roman", 15.75
_THIN = Side(style="thin", color="808080")
BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def font(size: float = 12, **kind: Any) -> Font:
    """Return the one font of the workbook in a size: bold, italic, underline as in openpyxl."""
    return Font(FONT, size, **kind)


PLAIN, BOLD, ITALIC = font(), font(bold=True), font(italic=True)
SMALL = font(9, italic=True)
TITLE, SUBTITLE = font(15, bold=True), font(13, bold=True)
HEAD_FILL = PatternFill("solid", fgColor="E7E2D9")
SECTION_FILL = PatternFill("solid", fgColor="F4EFE6")
CENTER = Alignment("center", "center", wrap_text=True)
LEFT = Alignment("left", "center", wrap_text=True)
INDENT = Alignment("left", "center", wrap_text=True, indent=1)
RIGHT = Alignment("right", "center")
MAX_COLUMNS = 18
MM_PER_INCH = 25.4


def write(
    ws: Worksheet,
    row: int,
    column: int,
    value: Any,
    *,
    font: Font = PLAIN,
    align: Alignment = LEFT,
    fmt: str | None = None,
    box: Any = True,
    fill: PatternFill | None = None,
) -> None:
    """Write a cell through excel.put in a look of its own: font, alignment, border, fill, number format."""
    cell = excel.put(Cell(ws, row, column), value)
    ws.parent.dress(cell, font, align, BOX if box else None, fill, fmt)
    ws._cells[row, column] = cell


def write_across(
    ws: Worksheet,
    row: int,
    first: int,
    last: int,
    value: Any,
    *,
    font: Font,
    align: Alignment = CENTER,
    fill: PatternFill | None = None,
) -> None:
    """Write one text over merged columns; a filled one is boxed as part of a table."""
    look: Any = {"font": font, "align": align, "box": bool(fill), "fill": fill}
    write(ws, row, first, value, **look)
    if last > first:  # by itself: merge_cells works out the border of each cell it covers
        ws.merged_cells.add(CellRange(min_col=first, min_row=row, max_col=last, max_row=row))
        for column in range(first + 1, last + 1) if fill else ():
            write(ws, row, column, None, **look)


def write_head(ws: Worksheet, row: int, headings: list[str], height: float) -> None:
    """Write the header row of a table."""
    for column, heading in enumerate(headings, 1):
        write(ws, row, column, heading, font=BOLD, align=CENTER, fill=HEAD_FILL)
    ws.parent.heights[ws][row] = height


def write_band(ws: Worksheet, row: int, first: int, last: int, text: str) -> None:
    """Write a heading that several columns have in common, above the header row of their table."""
    write_across(ws, row, first, last, text, font=ITALIC, align=CENTER, fill=HEAD_FILL)
    ws.parent.heights[ws][row] = wrapped_height(text, 11 * (last - first + 1))


def set_widths(ws: Worksheet, widths: list[float]) -> None:
    """Set the column widths from the first column on."""
    for column, width in enumerate(widths, 1):
        ws.column_dimensions[get_column_letter(column)].width = width


def set_page(
    ws: Worksheet,
    *,
    head_row: int,
    freeze_column: int,
    last_column: int,
    wide: bool | None = None,
    banded: bool = False,
) -> None:
    """Set up A4 landscape, repeated head (`banded`: with the row above it), frozen panes.

    Fit to the width of one page; two for a table too wide to be read on one.
    """
    ws.page_setup.orientation = ws.ORIENTATION_LANDSCAPE
    ws.page_setup.paperSize = ws.PAPERSIZE_A4
    wide = last_column > MAX_COLUMNS if wide is None else wide
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 2 if wide else 1, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.print_options.horizontalCentered = True
    ws.print_title_rows = f"{head_row - banded}:{head_row}"
    ws.print_title_cols = f"A:{get_column_letter(freeze_column - 1)}"
    ws.print_area = f"A1:{get_column_letter(last_column)}{ws.max_row}"
    ws.freeze_panes = f"{get_column_letter(freeze_column)}{head_row + 1}"
    ws.sheet_view.showGridLines = False


def set_margins(ws: Worksheet, layout: Layout) -> None:
    """Set the margins of a layout, and its page number from page 2 on."""
    for side, length in layout.landscape_margins.items():
        setattr(ws.page_margins, side, length / MM_PER_INCH)
    ws.page_margins.header = layout.page_number_top / MM_PER_INCH
    ws.HeaderFooter.differentFirst = True
    number = ws.oddHeader.center
    number.text, number.font, number.size = "&P", layout.font, int(layout.page_number_size)


def wrapped_height(text: str, width: float) -> float:
    """Return the height a wrapped text needs in a column: merged and boxed cells do not grow alone."""
    room = max(int(width * 1.1), 1)
    lines = sum(-(-max(len(part), 1) // room) for part in text.split("\n"))
    return max(1, lines) * LINE_HEIGHT + 3


CHANGE = "+{0};-{0};0"


def decimals_format(number: Decimal, value_type: str) -> str:
    """Return the number format: 0.0 for ratios, else with the decimals the number has."""
    if value_type == ValueType.PERCENT:
        return "0.0"
    if number == number.to_integral_value():
        return excel.WHOLE
    shown = rounded(number, ValueType(value_type).places)
    places = len(f"{shown.normalize():f}".partition(".")[2])
    return excel.WHOLE + ("." + "0" * places if places else "")


@lru_cache(maxsize=8192)
def number_format(number: Decimal, value_type: str, qualifier: str, *, is_estimated: bool) -> str:
    """Return the number format of a figure; an inexact one says so before its number."""
    prefix = Qualifier(qualifier).prefix
    mark = f'"{ESTIMATED}"' if is_estimated else ""
    return (f'"{prefix}"' if prefix else "") + decimals_format(number, value_type) + mark


@lru_cache(maxsize=8192)
def cell_number(number: Decimal) -> int | float:
    """Return what a cell stores: whole numbers as such, others without digits nobody entered."""
    number = rounded(number, 10)
    return int(number) if number == number.to_integral_value() else float(number)


def write_figure(
    ws: Worksheet,
    row: int,
    column: int,
    figure: Total | None,
    definition: Definition,
    *,
    font: Font = PLAIN,
    fill: PatternFill | None = None,
) -> None:
    """Write a figure as a real number (blank stays blank), right-aligned; its column has room for it."""
    if figure is not None and figure.is_incomparable:
        write(ws, row, column, INCOMPARABLE, font=SMALL, align=CENTER, fill=fill)
    elif figure is None or figure.number is None:
        write(ws, row, column, None, font=font, align=RIGHT, fill=fill)
    else:
        kind, estimated = definition.value_type, figure.is_estimated
        fmt = number_format(figure.number, kind, figure.qualifier, is_estimated=estimated)
        write_number(ws, row, column, figure.number, fmt, font=font, fill=fill)


def write_number(
    ws: Worksheet,
    row: int,
    column: int,
    number: Decimal,
    fmt: str,
    *,
    font: Font = PLAIN,
    fill: PatternFill | None = None,
) -> None:
    """Write a number in a format, right-aligned, and widen its column where it would show ####."""
    ws.parent.give_room(ws, column, excel.width_of(number, fmt))
    shown = cell_number(number)
    write(ws, row, column, shown, font=font, align=RIGHT, fmt=fmt, fill=fill)
