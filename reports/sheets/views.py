"""The wide sheet of a period's figures as a download; the way in is danvan/imports."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common import excel
from reports.models import ReportingPeriod
from reports.sheets.columns import VALUES


@require_safe
def export_values(request: HttpRequest, pk: int) -> FileResponse:
    """Return the figures of period `pk` that the person may read: units as rows."""
    if not person(request).can(Action.VIEW):
        raise PermissionDenied("Anh/chị không có quyền xem số liệu.")
    period = get_object_or_404(ReportingPeriod, pk=pk)
    sheet = VALUES.export_sheet(person(request), period)
    return excel.download(f"Số liệu {period}", lambda file: excel.stream_rows(file, sheet))
