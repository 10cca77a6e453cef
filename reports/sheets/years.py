"""The year a file of figures carries: last year's file, or a quarter's, is never taken for this year's."""

import re
from collections.abc import Iterator
from typing import Any

from danvan.common.sheets import cells
from danvan.common.sheets.columns import Column, Problem
from danvan.common.sheets.table.questions import Question
from danvan.common.text import search_key
from danvan.imports.targets import Around, Refused
from reports.models import PeriodKind, ReportingPeriod

OF_YEAR = "of_year"
# Read where a sheet has it: the year a row speaks of must be the one that was chosen.
YEAR_COLUMN = Column(
    "Năm", key=OF_YEAR, synonyms=("Năm báo cáo", "Năm số liệu", "Kỳ báo cáo", "Kỳ số liệu")
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SPOKEN = re.compile(r"\bnam (?:bao cao )?((?:19|20)\d\d)\b")
_RANGE = re.compile(r"\b((?:19|20)\d\d) (?:(?:den |toi )?(?:het )?(?:nam )?)?((?:19|20)\d\d)\b")
_SIGNED = re.compile(r"\bngay (?:\d+ )?thang (?:\d+ )?nam (?:\d+)?")  # when a paper was signed
_PART = re.compile(
    r"\bquy (?:i{1,3}|iv|[1-4])\b|\b(?:3|6|9|ba|sau|chin) thang\b|\bthang (?:\d|1[0-2])\b|"
    r"\bnua (?:dau|cuoi) nam\b"
)
_INTERIM = {PeriodKind.HALF, PeriodKind.QUARTER}


def sheet_title(title: str, period: ReportingPeriod) -> str:
    """Return the name of the sheet of an export: it says of which period the figures are."""
    if period.kind == PeriodKind.QUARTER:
        return f"{title} quý {(period.start.month + 2) // 3} năm {period.year}"
    return f"{title}{' sáu tháng' * (period.kind == PeriodKind.HALF)} {period.year}"


def year_doubts(period: ReportingPeriod, around: Around) -> list[Question]:
    """Return what is to be asked because a file speaks of another time than the period chosen.

    The name of a sheet is the export's own mark: it refuses. Raises Refused.
    """
    year = str(period.year)
    if _is_other(year, _YEAR.findall(around.sheet)):
        raise Refused(
            f"Trang “{around.sheet}” là số liệu của năm khác nhưng anh/chị chọn năm {year}. "
            "Vui lòng chọn đúng năm, hoặc đổi tên trang nếu tên ghi sai."
        )
    text = next(_other_times(period, around), "")
    if not text:
        return []
    question = f"Tệp ghi “{text[:80]}” nhưng anh/chị chọn kỳ “{period}”. Số liệu này là của kỳ nào?"
    return [Question("nam", question, (("dung", f"Của kỳ “{period}”: cứ nhập"),))]


def year_problem(period: ReportingPeriod, cell: Any) -> Problem | None:
    """Return what is wrong with a cell that says of which year its row is; None for nothing."""
    if cell.__class__ is Problem or cells.is_blank(cell):
        return cell or None
    text = search_key(cells.as_text(cell))
    if not (_is_other(str(period.year), _YEAR.findall(text)) or _is_other_part(period, text)):
        return None
    message = f"Dòng này là số liệu của kỳ khác; anh/chị chọn kỳ “{period}”. Vui lòng xem lại."
    return Problem(OF_YEAR, message, cells.shown(cell))


def _other_times(period: ReportingPeriod, around: Around) -> Iterator[str]:
    """Yield the words of a file that speak of another time than `period`."""
    year = str(period.year)
    folded = [(line, _SIGNED.sub(" ", search_key(line))) for line in around.lines]
    name = around.file_name.rpartition(".")[0]
    named = search_key(name)
    if _is_other(year, _YEAR.findall(name)):
        yield around.file_name
    if _is_other(year, [found for _, text in folded for found in _SPOKEN.findall(text)]):
        yield next(line for line, text in folded if _SPOKEN.search(text))
    for line, text in ((around.sheet, search_key(around.sheet)), *folded, (name, named)):
        if _is_other_part(period, text):
            yield line
        if any(set(years) != {year} for years in _RANGE.findall(text)):
            yield line
    if period.kind in _INTERIM and re.fullmatch(r"so lieu \d{4}", search_key(around.sheet)):
        yield around.sheet


def _is_other_part(period: ReportingPeriod, text: str) -> bool:
    return period.kind == PeriodKind.YEAR and bool(_PART.search(text))


def _is_other(year: str, years: list[str]) -> bool:
    return bool(years) and year not in years
