"""The wide sheet of a period's figures as a download; the way in is danvan/imports."""

from __future__ import annotations

import tempfile

from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from danvan.accounts.rights import Action
from danvan.common import excel
from reports.models import ReportingPeriod
from reports.sheets.columns import VALUES

IN_MEMORY = 4 << 20  # bytes of an export that never touch the disk


@require_safe
def export_values(request, pk: int):
    """Return the figures of period `pk` that the person may read: units as rows."""
    if not request.user.can(Action.VIEW):
        raise PermissionDenied("Anh/chị không có quyền xem số liệu.")
    period = get_object_or_404(ReportingPeriod, pk=pk)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the response
    excel.stream_rows(file, VALUES.export_sheet(request.user, period))
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=excel.safe_file_name(f"Số liệu {period}"),
        content_type=excel.CONTENT_TYPE,
    )
