"""The sheet of charts: the first figure of each section by unit, to be edited in Excel."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.text import CharacterProperties, Font
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from danvan.common import excel
from reports.consolidation.figures import Definition
from reports.consolidation.summary import Consolidation
from reports.consolidation.units import Breakdown, UnitRow
from reports.consolidation.words import inclusion_text, restated_text, row_label
from reports.documents.workbook import cells
from reports.documents.workbook.cells import write_figure
from reports.models import Aggregation

_LABELS, _PER_ROW = 1, 2
MOST_BARS = 30  # of a chart: a page holds no more
_COLUMNS = 13  # of the page: two charts side by side
_ROWS = 34  # of the page below its repeated title, at the scale that makes the columns fit


def add_chart_sheet(
    book: cells.DressedWorkbook, found: Consolidation, breakdown: Breakdown
) -> None:
    """Add a sheet with one bar chart per section; nothing where no unit lies below the chosen one.

    The figures stand below the charts: a chart of Excel draws what is in cells.
    """
    drawn = _drawn(found)
    parts = breakdown.total.parts
    if not parts or not drawn:
        return
    ws = book.create_sheet(excel.safe_sheet_title("Biểu đồ", book.sheetnames))
    cells.set_widths(ws, [26, *([11] * (_COLUMNS - 1))])
    height = max(15, min(len(parts), MOST_BARS) + 6)  # of a chart, in rows
    rows_of_charts = max(1, _ROWS // height)
    head = 2 + -(-len(drawn) // _PER_ROW) * height
    title = "BIỂU ĐỒ THEO ĐƠN VỊ"
    if found.restated:
        title += f" ({restated_text(found.restated)})"
    blocks = [_Block(head, len(parts), place + _LABELS + 1) for place in range(len(drawn))]
    if not found.is_complete:
        title += f" – {inclusion_text(found)}"
    if len(parts) > MOST_BARS:
        title += f": {MOST_BARS} đơn vị cao nhất trong {len(parts)} đơn vị"
        step = MOST_BARS + 2
        blocks = [_Block(head + n * step, MOST_BARS, _LABELS + 1) for n in range(len(drawn))]
        for block, definition in zip(blocks, drawn, strict=True):
            _write_block(ws, block, _highest(parts, definition), [definition])
    else:
        _write_block(ws, blocks[0], parts, drawn)
    cells.write_across(ws, 1, 1, _COLUMNS, title, font=cells.SUBTITLE)
    _break_before(ws, head)
    for place, (block, definition) in enumerate(zip(blocks, drawn, strict=True)):
        chart = _bar_chart(ws, block, definition)
        # A row of 15 points, in centimetres; two rows stay empty.
        chart.height = (height - 2) * 0.53
        row = 2 + place // _PER_ROW * height
        if place and place % (_PER_ROW * rows_of_charts) == 0:
            _break_before(ws, row)
        ws.add_chart(chart, f"{'A' if place % _PER_ROW == 0 else 'G'}{row}")
    cells.set_page(
        ws, head_row=1, freeze_column=2, last_column=max(_COLUMNS, len(drawn) + 1), wide=False
    )


@dataclass(frozen=True)
class _Block:
    """The cells a chart draws: below the heading in row `head`, `count` rows, the figures in `column`."""

    head: int
    count: int
    column: int


def _highest(parts: Sequence[UnitRow], definition: Definition) -> list[UnitRow]:
    """Return the rows with the highest figures, highest first."""
    of = {id(part): part.figures.get(definition.code) for part in parts}
    return sorted(parts, key=lambda part: -(getattr(of[id(part)], "number", 0) or 0))[:MOST_BARS]


def _write_block(
    ws: Worksheet, block: _Block, parts: Sequence[UnitRow], drawn: Sequence[Definition]
) -> None:
    """Write the units of `parts` with their figures of `drawn`."""
    codes = [definition.code for definition in drawn]
    cells.write_head(ws, block.head, ["Đơn vị", *codes], 20)
    for row, part in enumerate(parts, block.head + 1):
        cells.write(ws, row, _LABELS, row_label(part))
        for column, definition in enumerate(drawn, _LABELS + 1):
            write_figure(ws, row, column, part.figures.get(definition.code), definition)


def _break_before(ws: Worksheet, row: int) -> None:
    """Begin a page above `row`: a chart is not cut in two, nor the table behind the charts.

    One of the two empty rows goes along: the edge of a chart lies on the border of its row.
    """
    ws.row_breaks.append(Break(id=row - 2))


def _drawn(found: Consolidation) -> list[Definition]:
    """Return the first figure of each section that adds up over units."""
    firsts: list[Definition] = []
    for section in found.sections:
        filled = (line.definition for line in section.lines if not line.total.is_blank)
        added = (definition for definition in filled if definition.aggregation == Aggregation.SUM)
        firsts += itertools.islice(added, 1)
    return firsts


def _bar_chart(ws: Worksheet, block: _Block, definition: Definition) -> BarChart:
    chart = BarChart()
    chart.type, chart.style = "bar", 10
    chart.title = excel.safe_text(f"{definition.code} {definition.label}"[:90])
    for run in chart.title.tx.rich.p[0].r:
        run.rPr = CharacterProperties(sz=1100, b=True, latin=Font(typeface=cells.FONT))
    chart.width = 14.5
    chart.legend, chart.gapWidth = None, 60
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.y_axis.majorGridlines = None
    chart.x_axis.scaling.orientation = "maxMin"  # the first unit stands on top, as in the table
    rows = {"min_row": block.head + 1, "max_row": block.head + block.count}
    chart.add_data(Reference(ws, min_col=block.column, **rows))
    chart.set_categories(Reference(ws, min_col=_LABELS, **rows))
    chart.series[0].graphicalProperties.solidFill = "9F1D20"
    return chart
