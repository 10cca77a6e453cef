"""The export of one kind: what the list shows under its filter, as a workbook that imports unchanged."""

from __future__ import annotations

import tempfile

from django.http import FileResponse

from danvan.common import excel
from records.filters import FILTERS
from records.kinds import RecordKind
from records.sheets.columns import resource_of
from records.sheets.exporting import columns_of, recognition_sheet, record_rows
from records.sheets.recognitions import RECOGNITIONS
from records.views import RecordListView

IN_MEMORY = 4 << 20  # bytes of an export that never touch the disk


class ExportView(RecordListView):
    """The rows of the list's filter, streamed from the database into the workbook."""

    def get_filterset_class(self):
        return FILTERS[self.kind.slug]

    def render_to_response(self, context, **kwargs):
        raise NotImplementedError("an export has no page")

    def get(self, request, *args, **kwargs):
        """Return the workbook; a filter that is not valid exports nothing rather than everything."""
        rows = self.get_queryset()
        filterset = self.get_filterset_class()(request.GET, queryset=rows, request=request)
        rows = filterset.qs if filterset.is_valid() else rows.none()
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the response
        write_records(self.kind, rows.order_by("unit__code", "start_date", "pk"), file)
        file.seek(0)
        return FileResponse(
            file,
            as_attachment=True,
            filename=excel.safe_file_name(self.kind.plural),
            content_type=excel.CONTENT_TYPE,
        )


def write_records(kind: RecordKind, rows, target) -> int:
    """Write `rows` (a queryset of `kind`) into `target` (a path or binary file); return how many.

    Decisions that recognised models follow on a sheet of their own.
    """
    resource = resource_of(kind)
    counter = _Counted(record_rows(resource, rows))
    sheets = [excel.Sheet(kind.menu, columns_of(resource), counter)]
    if hasattr(kind.model, "recognitions"):
        sheets.append(recognition_sheet(RECOGNITIONS.sheet_title, rows))
    excel.stream_rows(target, *sheets)
    return counter.number


class _Counted:
    """Rows with their number."""

    def __init__(self, rows):
        self.rows, self.number = rows, 0

    def __iter__(self):
        for row in self.rows:
            self.number += 1
            yield row
