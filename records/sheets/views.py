"""The export of one kind: its rows under the filter as a workbook that imports unchanged, or as seen."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator

from danvan.accounts.jobs.pages import is_long, later
from danvan.common import excel
from danvan.common.db.replica import may_lag
from danvan.common.own_lists import SEEN
from danvan.common.paging import Listing
from records.sheets.exporting import write_records, write_table
from records.views import RecordListView

ROWS_AT_ONCE = 20_000  # written within the request: about three seconds


@method_decorator(may_lag, name="dispatch")
class ExportView(RecordListView):
    """The rows of the list's filter, streamed from the database into the workbook."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the workbook, a large one later; a filter that is not valid exports nothing, never everything.

        With `bang` it holds the columns and the order that the list shows.
        """
        rows = self.get_filterset(self.get_filterset_class()).rows()
        if is_long(request, rows, ROWS_AT_ONCE):
            return later(request, f"Tải {self.kind.plural.lower()} ra Excel")
        if SEEN in request.GET:
            listing = Listing(rows, self.sorts[self.order])
            rows = listing.ordered()
            rows = self.ranked(rows) if listing.is_short else rows
            seen = self.own.columns
            return excel.download(
                f"{self.kind.plural}, bảng đang xem",
                lambda file: write_table(self.kind, rows, seen, file),
            )
        rows = rows.order_by("unit__code", "start_date", "pk")
        return excel.download(self.kind.plural, lambda file: write_records(self.kind, rows, file))
