"""How a span of time reads: a year, several, an interim period, and the span before."""

from __future__ import annotations

from reports.consolidation.summary import Consolidation
from reports.consolidation.words import roman, years_text
from reports.models import PeriodKind, ReportingPeriod


def span_text(found: Consolidation) -> str:
    """Return what the document is about: "năm 2022", "2 năm 2021–2022", "6 tháng đầu năm 2026"."""
    scope = found.scope
    if scope.interim:
        return interim_text(scope.interim)
    return _years(scope.first_year, scope.last_year)


def prior_text(found: Consolidation) -> str:
    """Return the span before, "" for none: "năm 2021", "2 năm 2019–2020", "cùng kỳ năm 2025"."""
    if found.prior_years is None:
        return ""
    if found.scope.interim:
        return f"cùng kỳ năm {found.prior_years[0]}"
    return _years(*found.prior_years)


def interim_text(period: ReportingPeriod) -> str:
    """Return an interim period by the month it ends in: periods of one year may begin in the last."""
    if period.kind == PeriodKind.QUARTER:
        return f"quý {roman((period.end.month + 2) // 3)} năm {period.year}"
    if period.kind == PeriodKind.PART:
        return f"từ {period.start:%d/%m/%Y} đến {period.end:%d/%m/%Y}"
    return f"6 tháng {'đầu' if period.end.month <= 6 else 'cuối'} năm {period.year}"


def _years(first: int, last: int) -> str:
    if first == last:
        return f"năm {first}"
    return f"{last - first + 1} năm {years_text(first, last)}"
