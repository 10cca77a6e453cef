"""Records out: rows streamed from the database into the columns of their Resource."""

from collections.abc import Generator, Iterator, Sequence
from typing import IO, Any

from django.db import models

from danvan.common import excel
from danvan.common.db.streaming import streamed
from danvan.common.sheets.columns import Column, stream
from records.kinds import RecordKind
from records.models import Recognition
from records.sheets.columns import RecognitionResource, resource_of
from records.sheets.recognitions import RECOGNITIONS
from records.shown import is_number, label_of, value_text


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


def write_table(
    kind: RecordKind, rows: models.QuerySet, names: Sequence[str], target: str | IO[bytes]
) -> None:
    """Write `rows`, in their order, as the list shows them with the columns `names`: to read, not to import."""
    columns = [
        Column("Ngày" if kind.dated else "Năm", 12, excel.DATE if kind.dated else "0"),
        Column(kind.label_of("title"), 40),
        Column("Đơn vị", 30),
        *(
            Column(label_of(kind, n), 18, excel.FRACTION if is_number(kind, n) else "")
            for n in names
        ),
    ]
    excel.stream_rows(target, excel.Sheet(kind.menu, columns, _table(kind, rows, names)))


def _table(kind: RecordKind, rows: Any, names: Sequence[str]) -> Iterator[list]:
    for row in streamed(rows.with_names(), 2000):
        when = row.start_date if kind.dated else row.year
        cells = [
            getattr(row, n) if is_number(kind, n) else value_text(row, n) or None for n in names
        ]
        yield [when, str(row), row.unit.place_name, *cells]
