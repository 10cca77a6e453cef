"""The wide sheet of a period's figures as a download; the way in is danvan/imports."""

from collections.abc import Iterator
from decimal import Decimal

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.db.replica import may_lag
from danvan.common.numbers import rounded
from danvan.common.sheets.columns import Column
from reports.figures.figure import BLANK, describe
from reports.figures.form import EntrySheet
from reports.figures.views_entry import visible_report
from reports.models import Indicator, Qualifier, Report, ReportingPeriod, ValueType
from reports.sheets.columns import VALUES

UNITS_AT_ONCE = 1_000  # written within the request: about three seconds


@require_safe
@may_lag
def export_values(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Return the figures of period `pk` that the person may read: units as rows; of many units later."""
    person(request).require(Action.VIEW, "Anh/chị không có quyền xem số liệu.")
    period = get_object_or_404(ReportingPeriod, pk=pk)
    reports = Report.objects.visible_to(person(request)).filter(period=period)
    if is_long(request, reports, UNITS_AT_ONCE):
        return later(request, f"Tải số liệu {str(period).lower()} ra Excel")
    sheet = VALUES.export_sheet(person(request), period)
    return excel.download(f"Số liệu {period}", lambda file: excel.stream_rows(file, sheet))


@require_safe
@may_lag
def export_report(request: HttpRequest, pk: int) -> FileResponse:
    """Send the figures of one report as a plain sheet, one line per indicator, numbers as numbers."""
    report = visible_report(person(request), pk)
    year = report.period.year
    number = excel.FRACTION
    columns = (
        Column("Mục", 30),
        Column("Mã", 10),
        Column("Chỉ tiêu", 60),
        Column("ĐVT", 12),
        Column(str(year), 14, number),
        Column("Mức, lời văn", 30),
        Column("Theo hồ sơ", 12, number),
        Column(str(year - 1), 14, number),
        Column("Giải trình", 40),
    )
    lines = excel.Sheet(f"Báo cáo {year}", columns, _report_rows(EntrySheet(report)))
    name = f"Báo cáo {year} {report.unit.full_name}"
    return excel.download(name, lambda file: excel.stream_rows(file, lines))


def _shown(row: Indicator, number: Decimal | None) -> Decimal | None:
    """Return a computed figure as its page shows it: a ratio in per cent, rounded."""
    if number is None or row.value_type != ValueType.PERCENT:
        return number
    return rounded(number * 100, ValueType.PERCENT.places)


def _report_rows(sheet: EntrySheet) -> Iterator[tuple]:
    computed, before = sheet.book.computed(sheet.stored), sheet.book.computed(sheet.prior)
    for section in sheet.sections():
        for entry in section.entries:
            row = entry.indicator
            figure, last = (one.get(row.code, BLANK) for one in (sheet.stored, sheet.prior))
            if row.is_computed:
                numbers = tuple(_shown(row, one.get(row.code)) for one in (computed, before))
                says = ""
            elif row.is_number:
                numbers = figure.number, last.number
                says = Qualifier(figure.qualifier).prefix.strip()
            else:
                numbers, says = (None, None), describe(row, figure)
            yield (
                section.section.label,
                row.code,
                row.label,
                row.unit_of_measure,
                numbers[0],
                says,
                sheet.counted.get(row.code),
                numbers[1],
                entry.note,
            )
