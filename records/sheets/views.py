"""The export of one kind: what the list shows under its filter, as a workbook that imports unchanged."""

from typing import Any

from django.http import FileResponse, HttpRequest

from danvan.common import excel
from records.filters import FILTERS
from records.sheets.exporting import write_records
from records.views import RecordListView


class ExportView(RecordListView):
    """The rows of the list's filter, streamed from the database into the workbook."""

    def get_filterset_class(self) -> type[Any]:
        return FILTERS[self.kind.slug]

    def render_to_response(self, context: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("an export has no page")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        """Return the workbook; a filter that is not valid exports nothing rather than everything."""
        rows = self.get_filterset(self.get_filterset_class()).rows()
        rows = rows.order_by("unit__code", "start_date", "pk")
        return excel.download(self.kind.plural, lambda file: write_records(self.kind, rows, file))
