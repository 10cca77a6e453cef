"""The official workbook of a consolidation: it only lays out what consolidation/ returned.

Sheets: the summary by level, one per section with units as rows, charts, where reports stand. Layout:
domain reference, "Document conventions". Totals are values, equal to the sum of their parts.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from openpyxl.worksheet.worksheet import Worksheet

from danvan.common import excel
from danvan.common.ops.memory import uncollected
from danvan.common.ops.progress import expect, taken
from danvan.units.models import Level
from reports.consolidation.keeping import Keeping
from reports.consolidation.restating import Restating, moves
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import (
    Consolidation,
    Line,
    Restated,
    Submission,
    consolidate,
    submissions,
)
from reports.consolidation.units import Breakdown, UnitNode, break_down, unit_tree
from reports.consolidation.words import (
    DEMO_NOTE,
    level_text,
    remarks,
    restated_notes,
    restated_text,
    roman,
    share_percent,
    title_text,
    years_text,
)
from reports.documents.letterhead import Letterhead, document_date, letterhead_on
from reports.documents.workbook import cells
from reports.documents.workbook.charts import add_chart_sheet
from reports.documents.workbook.head import write_foot, write_letterhead
from reports.documents.workbook.tables import PlainTable, add_plain_table
from reports.documents.workbook.units import add_section_sheet, sheet_rows

RESTATED_NOTE = "Cách quy đổi và các đơn vị đã chia: xem trang “Quy đổi”. * Số ước tính."
NO_FIGURES = "Mục này là lời văn, được tập hợp riêng; không có số liệu để tổng hợp."


@dataclass(frozen=True)
class Content:
    """All that the workbook shows, computed beforehand."""

    consolidation: Consolidation
    breakdown: Breakdown
    submissions: tuple[Submission, ...]
    head: Letterhead
    abstract: str = ""  # what the document is called; by default by its years
    notes: tuple[str, ...] = ()  # said below the title
    tables: tuple[PlainTable, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What the workbook shows beside figures: whose it is, how the units hang together, where reports stand."""

    head: Letterhead
    tree: UnitNode
    submissions: tuple[Submission, ...]


def collect(scope: Scope) -> Content:
    """Return the content of the workbook of `scope`."""
    data = ScopeData(scope)
    return workbook_content(data, frame_of(data))


def frame_of(data: ScopeData) -> Frame:
    """Return what the workbook of the scope of `data` shows beside figures."""
    unit = data.scope.unit
    date = document_date(unit, data.scope.last_year, timezone.localdate())
    return Frame(letterhead_on(unit, date), unit_tree(data), submissions(data))


def workbook_content(data: ScopeData, frame: Frame, keeping: Keeping | None = None) -> Content:
    """Return the content of the workbook of the scope of `data` in its `frame`; `keeping` as consolidate."""
    found = consolidate(data, keeping, named=0)
    return Content(
        consolidation=found,
        breakdown=break_down(data, data.scope.section, frame.tree),
        submissions=frame.submissions,
        head=frame.head,
        notes=(RESTATED_NOTE,) if found.restated else (),
        tables=(_moves_table(data.restating, found.restated),)
        if data.restating and found.restated
        else (),
    )


def _moves_table(restating: Restating, restated: Restated) -> PlainTable:
    """Return where the old units went, and by which rule."""
    columns = (("Đơn vị cũ", 46), ("Đến hết ngày", 14), ("Đơn vị mới", 46))
    rows = []
    for move in moves(restating):
        last_day = move.old.valid_to and move.old.valid_to - datetime.timedelta(days=1)
        names = move.old.place_name, last_day, move.new.place_name
        rows.append((*names, share_percent(move), move.rule))
    return PlainTable(
        "Quy đổi",
        restated_text(restated).upper(),
        (*columns, ("Tỷ lệ", 15), ("Căn cứ chia", 30)),
        rows,
        notes=restated_notes(restated)[:2],
    )


@uncollected()
def build(content: Content) -> cells.DressedWorkbook:
    """Return the workbook of `content`, ready to be saved."""
    book = cells.DressedWorkbook()
    _add_summary(book, content)
    note = DEMO_NOTE if content.consolidation.is_demo else ""
    expect(len(content.consolidation.sections))
    scope, rows = content.breakdown.scope, sheet_rows(content.breakdown)
    for section in taken(content.consolidation.sections):
        add_section_sheet(book, section, scope, rows, note, content.consolidation.restated)
    add_chart_sheet(book, content.consolidation, content.breakdown)
    _add_submissions(book, content)
    for table in content.tables:
        add_plain_table(book, table)
    for sheet in book:
        cells.set_margins(sheet, content.head.layout)
    _describe(book, content)
    return book


def file_name(scope: Scope) -> str:
    """Return the name of the file a browser is given."""
    years = years_text(scope.first_year, scope.last_year).replace("–", "-")
    day = f", đơn vị từ {scope.as_of:%d-%m-%Y}" if scope.as_of else ""
    return f"Tổng hợp công tác dân vận {scope.unit.full_name} {years}{day}"


def _describe(book: cells.DressedWorkbook, content: Content) -> None:
    """Fill in the document properties and open the file on its first sheet."""
    scope = content.consolidation.scope
    properties = book.properties
    properties.title = excel.safe_text(
        f"Tổng hợp kết quả công tác dân vận {title_text(content.consolidation)}"
    )
    properties.subject = excel.safe_text(scope.unit.full_name)
    properties.creator = excel.safe_text(content.head.issuer)
    properties.language = "vi-VN"
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    properties.created = properties.modified = now
    book.active = 0


# ---- The summary by level


# Heading and width of a column, and what writes a cell of it: where, for which line, of which number.
Fill = Callable[[tuple[Worksheet, int, int], Line, int], Any]
SummaryColumn = tuple[str, float, Fill]


def _figure_of(level: str) -> Fill:
    return lambda at, line, _: cells.write_figure(*at, line.by_level.get(level), line.definition)


def _label(at: tuple[Worksheet, int, int], line: Line, number: int) -> None:
    align = cells.INDENT if line.definition.parent_code else cells.LEFT
    cells.write(*at, line.definition.label, align=align)


def _total(at: tuple[Worksheet, int, int], line: Line, number: int) -> None:
    cells.write_figure(*at, line.total, line.definition, font=cells.BOLD)


def _change(at: tuple[Worksheet, int, int], line: Line, number: int) -> None:
    if line.change is None:
        cells.write(*at, None, align=cells.RIGHT)
        return
    fmt = cells.CHANGE.format(cells.decimals_format(line.change, line.definition.value_type))
    cells.write_number(*at, line.change, fmt)


def _columns(found: Consolidation) -> list[SummaryColumn]:
    def measure(at: tuple[Worksheet, int, int], line: Line, number: int) -> None:
        cells.write(*at, line.definition.unit_of_measure, align=cells.CENTER)

    prior = f"Cùng kỳ {years_text(*found.prior_years)}" if found.prior_years else "Cùng kỳ"
    levels = [(level_text(one, found.restated), 12.0, _figure_of(one)) for one in found.levels]
    return [
        ("TT", 5, lambda at, _, number: cells.write(*at, number, align=cells.CENTER)),
        ("Chỉ tiêu", 52, _label),
        ("ĐVT", 12, measure),
        *levels,
        ("Tổng", 14, _total),
        (prior, 13, lambda at, line, _: cells.write_figure(*at, line.prior, line.definition)),
        ("Tăng/giảm", 12, _change),
        ("Ghi chú", 30, lambda at, line, _: cells.write(*at, _note(line, found))),
    ]


def _note(line: Line, found: Consolidation) -> str:
    return "; ".join(remarks(line, found.scope))


def _add_summary(book: cells.DressedWorkbook, content: Content) -> None:
    ws = book.active
    ws.title = excel.safe_sheet_title("Tổng hợp")
    found = content.consolidation
    columns = _columns(found)
    headings, widths, fills = zip(*columns, strict=True)
    last = len(columns)
    cells.set_widths(ws, list(widths))
    abstract = content.abstract or f"kết quả công tác dân vận {title_text(found)}"
    head_row = write_letterhead(ws, content.head, found, last, abstract, content.notes)
    if found.restated:
        cells.write_band(ws, head_row - 1, 4, last - 1, restated_text(found.restated))
    cells.write_head(ws, head_row, list(headings), 34)
    row = head_row + 1
    for section in found.sections:
        text = f"{roman(section.number)}. {section.label}"
        cells.write_across(
            ws, row, 1, last, text, font=cells.BOLD, align=cells.LEFT, fill=cells.SECTION_FILL
        )
        ws.parent.heights[ws][row] = 20
        row += 1
        for number, line in enumerate(section.lines, 1):
            for place, fill in enumerate(fills, 1):
                fill((ws, row, place), line, number)
            texts = line.definition.label, line.definition.unit_of_measure, _note(line, found)
            rooms = zip(texts, (widths[1], widths[2], widths[-1]), strict=True)
            ws.parent.heights[ws][row] = max(cells.wrapped_height(*room) for room in rooms)
            row += 1
    if not found.sections:
        cells.write_across(ws, row, 1, last, NO_FIGURES, font=cells.ITALIC, align=cells.LEFT)
        row += 1
    write_foot(ws, row + 1, content.head, last)
    banded = bool(found.restated)
    cells.set_page(ws, head_row=head_row, freeze_column=3, last_column=last, banded=banded)


# ---- Where the reports stand

_SUBMISSION_COLUMNS: tuple[tuple[str, float, Callable[[Submission], object]], ...] = (
    ("Đơn vị", 44, lambda s: s.unit.place_name),
    ("Cấp", 12, lambda s: Level(s.level).label),
    ("Kỳ báo cáo", 16, lambda s: s.period_label),
    ("Trạng thái", 18, lambda s: s.state_label),
    ("Hạn nộp", 13, lambda s: s.due_date),
    ("Ngày gửi", 13, lambda s: _day(s.submitted_at)),
    ("Ngày duyệt", 13, lambda s: _day(s.approved_at)),
    ("Ghi chú", 30, lambda s: _submission_note(s)),
)


def _day(moment: datetime.datetime | None) -> datetime.date | None:
    return timezone.localdate(moment) if moment else None


def _submission_note(submission: Submission) -> str:
    if submission.is_included:
        return ""
    return "Quá hạn, chưa có trong số liệu" if submission.is_overdue else "Chưa có trong số liệu"


def _add_submissions(book: cells.DressedWorkbook, content: Content) -> None:
    ws = book.create_sheet(excel.safe_sheet_title("Tình hình nộp", book.sheetnames))
    last = len(_SUBMISSION_COLUMNS) + 1
    cells.set_widths(ws, [6, *(width for _heading, width, _value in _SUBMISSION_COLUMNS)])
    title = f"TÌNH HÌNH NỘP BÁO CÁO {title_text(content.consolidation).upper()}"
    cells.write_across(ws, 1, 1, last, title, font=cells.SUBTITLE)
    counts = "; ".join(
        f"năm {year.year}: {year.included}/{year.expected} báo cáo có trong số liệu"
        for year in content.consolidation.years
    )
    cells.write_across(ws, 2, 1, last, counts, font=cells.ITALIC)
    cells.write_head(ws, 4, ["TT", *(heading for heading, _w, _v in _SUBMISSION_COLUMNS)], 22)
    for number, submission in enumerate(content.submissions, 1):
        row = number + 4
        cells.write(ws, row, 1, number, align=cells.CENTER)
        for column, (_heading, _width, value) in enumerate(_SUBMISSION_COLUMNS, 2):
            shown = value(submission)
            align = cells.CENTER if isinstance(shown, datetime.date) else cells.LEFT
            cells.write(ws, row, column, shown, align=align)
    cells.set_page(ws, head_row=4, freeze_column=3, last_column=last)
