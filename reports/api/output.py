"""The two formats: JSON in pages, CSV whole and streamed."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from danvan.common.db.streaming import streamed
from reports.api.params import ApiParams, Paged

BATCH = 5000
BOM = "\ufeff"  # by it Excel knows UTF-8
_LIVE = frozenset("=+-@\t\r")


@dataclass
class ApiTable:
    """Rows with the names of their columns; `about` says what they are of, `next` where they go on.

    `texts` are the columns that people wrote: a spreadsheet must not take them for formulas.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterable[tuple]
    about: dict[str, Any] = field(default_factory=dict)
    next: int | None = None
    texts: tuple[str, ...] = ()


def pages(
    queryset: QuerySet, columns: Iterable[str], asked: Paged, line: Callable[[tuple], tuple]
) -> tuple[Iterable[tuple], int | None]:
    """Return the lines made of the values (key first) of `queryset`, and the key the next page begins after.

    All of them for CSV, as they come from the database.
    """
    values = queryset.order_by("pk").values_list("pk", *columns)
    if asked.format == "csv":
        return map(line, streamed(values, BATCH)), None
    found = list(values.filter(pk__gt=asked.after)[: asked.limit + 1])
    more = found[asked.limit - 1][0] if len(found) > asked.limit else None
    return map(line, found[: asked.limit]), more


def answer(request: HttpRequest, asked: ApiParams, table: ApiTable) -> HttpResponseBase:
    """Return `table` in the format that was asked for."""
    if asked.format == "csv":
        response = StreamingHttpResponse(_csv(table), content_type="text/csv; charset=utf-8")
        name = content_disposition_header(True, f"{table.name}.csv")
        response["Content-Disposition"] = name
        return response
    items = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    told = {**table.about, "items": items, "next": _next(request, table.next)}
    text = json.dumps(told, ensure_ascii=False, default=_plain)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def plain(number: Decimal | float | None) -> int | float | None:
    """Return a figure as a number of JSON: whole where it is whole. Fifteen digits fit exactly."""
    if number is None:
        return None
    whole = int(number)
    return whole if whole == number else float(number)


def _next(request: HttpRequest, after: int | None) -> str | None:
    if after is None:
        return None
    query = request.GET.copy()
    query["after"] = str(after)
    return request.build_absolute_uri(f"?{query.urlencode()}")


def _plain(value: Any) -> Any:
    """Return what JSON does not know: numbers as numbers, days as ISO 8601."""
    return plain(value) if isinstance(value, Decimal) else value.isoformat()


def _csv(table: ApiTable) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(table.columns)
    buffer.seek(0)
    yield (BOM + buffer.read()).encode()
    written = [table.columns.index(name) for name in table.texts]
    rows = iter(table.rows)
    while batch := list(islice(rows, BATCH)):
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(_inert(row, written) for row in batch)
        yield buffer.getvalue().encode()


def _inert(row: tuple, written: list[int]) -> tuple:
    """Return `row` with no text that a spreadsheet would take for a formula."""
    for index in written:
        if row[index] and row[index][0] in _LIVE:
            return tuple(
                f"'{one}" if at in written and one and one[0] in _LIVE else one
                for at, one in enumerate(row)
            )
    return row
