"""Records out: the columns of a Resource as a sheet, and rows streamed from the database into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.db import models
from import_export.resources import Resource

from danvan.common import excel
from danvan.units.models import AdministrativeUnit
from records.kinds import RecordKind
from records.models import Recognition
from records.sheets.columns import RecognitionResource, RecordResource, TextWidget, resource_of
from records.sheets.recognitions import RECOGNITIONS


def write_records(kind: RecordKind, rows: models.QuerySet, target: str | IO[bytes]) -> int:
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

    def __init__(self, rows: Iterator[list]) -> None:
        self.rows, self.number = rows, 0

    def __iter__(self) -> Iterator[list]:
        for row in self.rows:
            self.number += 1
            yield row


def columns_of(resource: type[Resource]) -> tuple[excel.Column, ...]:
    """Return the columns of an export, headed as the import knows them."""
    return tuple(
        excel.Column(
            field.column_name,
            getattr(field.widget, "width", 16),
            getattr(field.widget, "fmt", ""),
        )
        for field in (resource.fields[name] for name in resource._meta.fields)
    )


def record_rows(resource: type[RecordResource], rows: models.QuerySet) -> Iterator[list]:
    """Yield the sheet's rows for `rows`, streamed from the database in the order of the columns."""
    names = resource._meta.fields
    lookups = [{"unit": "unit__code", "unit_name": "unit_id"}.get(name, name) for name in names]
    shape = []
    for index, name in enumerate(names):
        widget = resource.fields[name].widget
        if name == "unit_name":
            shape.append((index, _Places().__getitem__))
        elif name != "unit" and type(widget).render is not TextWidget.render:
            shape.append((index, widget.render))
    for row in rows.values_list(*lookups).iterator(chunk_size=2000):
        row = list(row)
        for index, render in shape:
            row[index] = render(row[index])
        yield row


class _Places(dict):
    """Unit id → name with its district, read once each."""

    def __missing__(self, pk):
        if not self:
            rows = AdministrativeUnit.objects.select_related("parent")
            self.update((unit.pk, unit.place_name) for unit in rows)
        return self.setdefault(pk, "")


def recognition_sheet(title: str, models_: models.QuerySet) -> excel.Sheet:
    """Return the sheet of the decisions that recognised `models_`."""
    rows = Recognition.objects.filter(model__in=models_.order_by().values("pk"))
    order = ("model__unit__code", "model__start_date", "model_id", "date", "pk")
    rows = rows.select_related("model__unit__parent").order_by(*order)
    return excel.Sheet(title, columns_of(RecognitionResource), _recognition_rows(rows))


def _recognition_rows(rows) -> Iterator[tuple]:
    for row in rows.iterator(chunk_size=2000):
        model = row.model
        yield (
            *(model.unit.code, model.unit.place_name, model.start_date, model.title),
            *(row.get_level_display(), row.decision, row.date, row.body),
        )
