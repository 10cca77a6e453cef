"""How a consolidated figure reads in words: shared by the page, the workbook and the Word draft."""

import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from danvan.common.numbers import format_change, format_number, rounded
from danvan.units.heirs import SplitRule
from danvan.units.models import Level
from reports.consolidation.figures import Definition, Total
from reports.consolidation.restating import UnitMove
from reports.consolidation.scope import Scope
from reports.consolidation.summary import Consolidation, Line, Restated
from reports.consolidation.units import UnitRow
from reports.models import Qualifier, ValueType

ESTIMATED, INCOMPARABLE = "*", "không so sánh được"
RESTATED_RULE = (
    "Số liệu của đơn vị cũ được cộng vào đơn vị kế thừa; tỷ lệ tính lại từ các số đã cộng. Số đếm đơn vị "
    f"và xếp loại chỉ có khi đơn vị không thay đổi, còn lại ghi “{INCOMPARABLE}”."
)
ESTIMATED_RULE = (
    f"{ESTIMATED} Số ước tính: có phần của đơn vị đã chia về nhiều đơn vị. Chia theo tỷ lệ đã nhập; chưa có "
    "tỷ lệ thì tính cả về một đơn vị: đơn vị do ban phân công, nếu chưa thì đơn vị cùng tên, cùng mã hoặc "
    "có mã nhỏ nhất."
)
DEMO_NOTE = "Số liệu minh họa, không phải số liệu thật."
ROMAN = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV",
)  # fmt: skip


def roman(number: int) -> str:
    """Return the number of a section as headings write it; beyond XV in digits."""
    return ROMAN[number - 1] if 0 < number <= len(ROMAN) else str(number)


def years_text(first: int, last: int) -> str:
    """Return "2022" or "2021–2022"."""
    return str(first) if first == last else f"{first}–{last}"


def figure_text(figure: Total | None, definition: Definition) -> str:
    """Return a figure as a reader sees it: "trên 1.140", "90,5", "Tốt 60 · Khá 3"; "" for blank.

    In the units of another day "12*" is an estimate, and what cannot be compared says so.
    """
    if figure is None or figure.is_blank:
        return ""
    if figure.is_incomparable:
        return INCOMPARABLE
    if figure.ranks:
        return " · ".join(f"{name} {count}" for name, count in figure.ranks)
    mark = ESTIMATED if figure.is_estimated else ""
    return Qualifier(figure.qualifier).prefix + number_text(figure.number, definition) + mark


def contribution_text(contribution: Any, definition: Definition) -> str:
    """Return what one report gave: "trên 40", "Tốt"; for a count the figures that met its test."""
    if contribution.shown and definition.formula is not None:
        return "; ".join(f"{d.code}: {_entered(d, number)}" for d, number in contribution.shown)
    text = Qualifier(contribution.qualifier).prefix + _entered(definition, contribution.number)
    if contribution.whole is None:
        return text
    return f"{text}{ESTIMATED} trong {_entered(definition, contribution.whole)}"


def _entered(definition: Definition, number: Decimal) -> str:
    """Return an entered number; for a rating the name of the rank."""
    rank = int(number)
    if definition.value_type == ValueType.RATING and 0 < rank <= len(definition.scale):
        return definition.scale[rank - 1]
    return number_text(number, definition)


def number_text(number: Decimal | None, definition: Definition) -> str:
    """Return a number of an indicator in words: "1.140", "90,5"; "" for none."""
    return "" if number is None else format_number(definition.shown(number))


def change_text(line: Line) -> str:
    """Return the change of a line with its sign, in points for a ratio; "" where there is none."""
    return format_change(None if line.change is None else line.definition.shown(line.change))


def row_label(row: UnitRow) -> str:
    """Return the name of a row: of a unit, or of what a unit's own office entered."""
    if row.ended:
        return ended_text(row.ended.level, row.ended.day)
    return Level(row.unit.level).label if row.is_own else row.unit.full_name


def level_text(level: str, restated: Restated | None) -> str:
    """Return the heading of a level: "Cấp xã"; of one that has ended "Cấp huyện (trước 01/7/2025)"."""
    day = restated.ended.get(level) if restated else None
    return ended_text(level, day) if day else Level(level).label


def ended_text(level: str, day: datetime.date) -> str:
    """Return how a level that has ended is called."""
    return f"{Level(level).label} (trước {day_text(day)})"


def day_text(day: datetime.date) -> str:
    """Return a day as documents write it: "01/7/2025", "15/02/2025"."""
    return f"{day:%d/%m/%Y}" if day.month < 3 else f"{day:%d}/{day.month}/{day.year}"


def restated_text(restated: Restated) -> str:
    """Return the heading above restated columns."""
    return f"quy đổi theo đơn vị hành chính từ {day_text(restated.day)}"


def restated_notes(restated: Restated) -> list[str]:
    """Return what must be said below a restated table: the rule, and where each divided unit went."""
    notes = [RESTATED_RULE]
    if restated.divided:
        notes.append(ESTIMATED_RULE)
    for old, group in groupby(restated.divided, key=lambda move: move.old):
        notes.append(f"{old.place_name}: {_division_text(list(group))}.")
    return notes


def _division_text(pieces: list[UnitMove]) -> str:
    """Return where a divided unit went: "Phường A 60%, Phường B 40% (theo tỷ lệ đã nhập)"."""
    told = ", ".join(f"{move.new.full_name} {share_percent(move)}" for move in pieces)
    return f"{told} ({pieces[0].rule})"


def share_percent(move: UnitMove) -> str:
    """Return how much of the old unit went this way: "100%", "62,5%", "chưa có tỷ lệ"."""
    if not move.share and move.rule != SplitRule.SHARE:
        return "chưa có tỷ lệ"
    return f"{format_number(rounded(move.share * 100, 2))}%"


def rating_text(row: UnitRow, definition: Definition) -> str:
    """Return the rank of one unit, or how many units hold each rank."""
    figure = row.figures.get(definition.code)
    if figure is not None and figure.ranks and figure.reports == 1 and not row.parts:
        return figure.ranks[0][0]
    return figure_text(figure, definition)


def share_text(figure: Total) -> str:
    """Return what a ratio is made of, "98/109"; "" for what is none."""
    if figure.denominator is None or figure.numerator is None:
        return ""
    return f"{format_number(figure.numerator)}/{format_number(figure.denominator)}"


def spread_text(figure: Total, definition: Definition) -> str:
    """Return the lowest and highest single year of a ratio: "từng năm 91–93,5%"."""
    if figure.low is None:
        return ""
    low, high = (number_text(number, definition) for number in (figure.low, figure.high))
    return f"từng năm {low}%" if low == high else f"từng năm {low}–{high}%"


def as_of_text(figure: Total, definition: Definition, scope: Scope) -> str:
    """Return which year a stock, count or rating is of; "" where the range is that very year."""
    if figure.as_of is None or scope.first_year == scope.last_year:
        return ""
    return f"số cuối năm {figure.as_of}" if definition.is_stock else f"số năm {figure.as_of}"


def remarks(line: Line, scope: Scope) -> list[str]:
    """Return what must be said beside a line: exactness, ratios' parts, ranks, the year of a stock."""
    definition, total = line.definition, line.total
    found = []
    inexact = total.qualifier != Qualifier.EXACT and total.number is not None
    is_rating = definition.value_type == ValueType.RATING and not total.is_incomparable
    if inexact or is_rating:
        found.append(figure_text(total, definition))
    return found + besides(total, definition, scope)


def besides(total: Total, definition: Definition, scope: Scope) -> list[str]:
    """Return what a figure alone does not tell: a ratio's parts and spread, the year of a stock."""
    found = (
        share_text(total),
        spread_text(total, definition),
        as_of_text(total, definition, scope),
    )
    return [text for text in found if text]


def title_text(consolidation: Consolidation) -> str:
    """Return the years in a title: "năm 2022", "từ năm 2021 đến năm 2022"."""
    scope = consolidation.scope
    if scope.first_year == scope.last_year:
        return f"năm {scope.first_year}"
    return f"từ năm {scope.first_year} đến năm {scope.last_year}"


def inclusion_text(consolidation: Consolidation) -> str:
    """Return how much is in the figures: "232/232 báo cáo đã duyệt"."""
    states = "đã gửi hoặc đã duyệt" if consolidation.scope.include_submitted else "đã duyệt"
    included, expected = (
        format_number(count) for count in (consolidation.included, consolidation.expected)
    )
    return f"{included}/{expected} báo cáo {states}"
