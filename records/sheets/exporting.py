"""Records out: rows streamed from the database into the columns of their Resource."""

from collections.abc import Generator, Iterator
from typing import IO

from django.db import models

from danvan.common import excel
from danvan.common.sheets.columns import stream
from records.kinds import RecordKind
from records.models import Recognition
from records.sheets.columns import RecognitionResource, resource_of
from records.sheets.recognitions import RECOGNITIONS


def write_records(kind: RecordKind, rows: models.QuerySet, target: str | IO[bytes]) -> int:
    """Write `rows` (a queryset of `kind`) into `target` (a path or binary file); return how many.

    Decisions that recognised models follow on a sheet of their own.
    """
    columns = resource_of(kind)().columns
    counter = _Counted(stream(columns, rows))
    sheets = [excel.Sheet(kind.menu, columns, counter)]
    if hasattr(kind.model, "recognitions"):
        sheets.append(_recognition_sheet(rows))
    excel.stream_rows(target, *sheets)
    return counter.number


def _recognition_sheet(models_: models.QuerySet) -> excel.Sheet:
    """Return the sheet of the decisions that recognised `models_`."""
    columns = RecognitionResource().columns
    rows = Recognition.objects.filter(model__in=models_.order_by().values("pk"))
    rows = rows.order_by("model__unit__code", "model__start_date", "model_id", "date", "pk")
    return excel.Sheet(RECOGNITIONS.sheet_title, columns, stream(columns, rows))


class _Counted:
    """Rows with their number."""

    def __init__(self, rows: Generator[list, None, None]) -> None:
        self.rows, self.number = rows, 0
        self.close = rows.close

    def __iter__(self) -> Iterator[list]:
        for row in self.rows:
            self.number += 1
            yield row
