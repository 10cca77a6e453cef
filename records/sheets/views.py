"""The export of one kind: its rows under the filter as a workbook that imports unchanged, or as seen."""

from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils.decorators import method_decorator

from danvan.common import excel
from danvan.common.db.replica import may_lag
from danvan.common.paging import Listing
from records.filters import FILTERS
from records.sheets.exporting import write_records, write_table
from records.views import RecordListView


@method_decorator(may_lag, name="dispatch")
class ExportView(RecordListView):
    """The rows of the list's filter, streamed from the database into the workbook."""

    def get_filterset_class(self) -> type[Any]:
        return FILTERS[self.kind.slug]

    def render_to_response(self, context: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("an export has no page")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        """Return the workbook; a filter that is not valid exports nothing rather than everything.

        With `bang` it holds the columns and the order that the list shows.
        """
        rows = self.get_filterset(self.get_filterset_class()).rows()
        if "bang" in request.GET:
            listing = Listing(rows, self.sorts[self.order])
            rows = listing.ordered()
            rows = self.ranked(rows) if listing.is_short else rows
            seen = self.columns
            return excel.download(
                f"{self.kind.plural}, bảng đang xem",
                lambda file: write_table(self.kind, rows, seen, file),
            )
        rows = rows.order_by("unit__code", "start_date", "pk")
        return excel.download(self.kind.plural, lambda file: write_records(self.kind, rows, file))
