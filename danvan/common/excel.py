"""The one door that writes cells into spreadsheets.

Text stays text: no string ever becomes a formula, whatever it begins with. Numbers and dates stay
native, characters that XML refuses are dropped, names of sheets and files are made safe. Two ways
in: `put` for the formatted workbooks of openpyxl, `stream_rows` for plain exports of any length
(written by a Rust writer in constant memory; docs/decisions.md has the measurement).
"""

import datetime
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from textwrap import shorten
from typing import IO, Any, Protocol

import rustpy_xlsxwriter as rust
from django.http import FileResponse
from django.utils import timezone

from danvan.common.ops.progress import taken

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHOLE = "#,##0"
FRACTION = "#,##0.###"
DATE = "dd/mm/yyyy"
DATE_TIME = "dd/mm/yyyy hh:mm"
MAX_TEXT = 32_767
MAX_SHEET_ROWS = 1_048_576
IN_MEMORY = 4 << 20  # bytes of a download that never touch the disk

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_LIVE = ("=", "+", "-", "@", "\t", "\n")
_AS_IT_IS = {int, type(None)}  # most cells of an export need no look
_FIRST_DAY = datetime.date(1900, 3, 1)  # before it Excel counts a day that never was


def safe_text(text: str) -> str:
    """Return `text` as a cell may hold it: legal, 32,767 characters at most (then it ends in …)."""
    if not text.isprintable():
        text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def cell_value(value: Any) -> Any:
    """Return what a cell holds for `value`: text, a number, a naive date or moment, None.

    Yes and no become words, dates Excel cannot hold become dd/mm/yyyy text, moments local time;
    NaN and infinity are refused with ValueError, anything else is written as text.
    """
    kind = type(value)
    if kind is str:
        return safe_text(value)
    if value is None or kind is int:
        return value
    if kind is bool:
        return "Có" if value else "Không"
    if isinstance(value, (float, Decimal, int)):
        if not Decimal(value).is_finite():
            raise ValueError(f"{value} is not a number a cell can hold")
        return value
    if isinstance(value, datetime.datetime):
        return timezone.make_naive(value) if timezone.is_aware(value) else value
    if isinstance(value, datetime.date):
        return value if value >= _FIRST_DAY else f"{value:%d/%m/%Y}"
    return safe_text(str(value))


def put(cell: Any, value: Any, fmt: str | None = None) -> Any:
    """Write `value` into an openpyxl cell and return the cell.

    `fmt` is a number format; dates get dd/mm/yyyy without one. Text is typed as text and,
    where Excel would read it as a formula when edited, marked with the text prefix.
    """
    value = cell_value(value)
    if isinstance(value, str):
        # Not by way of `value`, which looks for formulas and for characters that are gone by now.
        cell._value, cell.data_type = _ESCAPE_LIKE.sub("_x005F_", value)[:MAX_TEXT], "s"
        if value.startswith(_LIVE):
            cell.quotePrefix = True
    elif value is None or value.__class__ in (int, float):
        cell._value, cell.data_type = value, "n"
    else:
        cell.value = value
        if isinstance(value, datetime.datetime):
            cell.number_format = DATE_TIME
        elif isinstance(value, datetime.date):
            cell.number_format = DATE
    if fmt:
        cell.number_format = fmt
    return cell


@lru_cache(maxsize=8192)
def width_of(number: Decimal | int | float, fmt: str = WHOLE) -> float:
    """Return the column width in which a number in Times New Roman 12, bold or not, shows no ####.

    A format's words before the number ("trên ") and its decimals count; so does a sign.
    """
    words = "".join(re.findall(r'"([^"]*)"', fmt.partition(";")[0]))
    places = len(re.sub(r"[^0#]", "", fmt.partition(";")[0].partition(".")[2]))
    digits = f"{abs(Decimal(number)):,.{places}f}"
    return (len(words) + len(digits) + (";" in fmt)) * 1.15 + 1


class Headed(Protocol):
    """What a sheet needs to know of a column; sheets.columns.Column is one."""

    heading: str
    width: float
    fmt: str


@dataclass(frozen=True)
class Sheet:
    """A sheet of a plain export: rows are tuples in the order of the columns, read once.

    A column without a number format, or with that of text, is text.
    """

    title: str
    columns: Sequence[Headed]
    rows: Iterable[Sequence[Any]]


def stream_rows(target: Any, *sheets: Sheet) -> None:
    """Write `sheets` into `target` (a path or a writable binary file) as a workbook, row by row.

    Header row bold, frozen and filtered; text columns carry the text prefix. Memory does not grow
    with the rows. Raises ValueError for equal headings in a sheet or more rows than a sheet holds, OSError
    for a disk that takes no more.
    """
    titles: list[str] = []
    for sheet in sheets:
        titles.append(safe_sheet_title(sheet.title, titles))
    named = list(zip(titles, sheets, strict=True))
    records = [_records(sheet) for sheet in sheets]
    header = rust.Format().set_bold().set_text_wrap().set_background_color("#E8EEF7")
    try:
        rust.write_worksheets(
            list(zip(titles, records, strict=True)),
            target,
            column_formats={title: [_format(c) for c in sheet.columns] for title, sheet in named},
            column_widths={title: [c.width for c in sheet.columns] for title, sheet in named},
            header_format=dict.fromkeys(titles, header),
            freeze_panes={title: {"row": 1, "col": 0} for title in titles},
            autofilter=dict.fromkeys(titles, True),
        )
    except BaseException as error:
        if found := _machine_error(error):
            raise found from error
        raise
    finally:  # where it broke off the database's cursor is still open
        for rows in (*records, *(sheet.rows for sheet in sheets)):
            if close := getattr(rows, "close", None):
                close()


def _machine_error(error: BaseException) -> Exception | None:
    """Return what the writer's own words mean: it panics, past every `except Exception`, on a full disk."""
    panic = type(error).__name__ == "PanicException"
    if not panic and (not isinstance(error, OSError) or error.errno):
        return None
    if code := re.search(r"(?:code: |os error )(\d+)", str(error)):
        number = int(code[1])
        return OSError(number, os.strerror(number))
    return RuntimeError(str(error)) if panic else None


def _records(sheet: Sheet) -> Iterator[dict]:
    """Yield each row as the writer wants it; without rows one empty row carries the headings."""
    headings = [safe_text(column.heading) for column in sheet.columns]
    if len(set(headings)) != len(headings):
        raise ValueError(f"equal headings in sheet {sheet.title}")
    number = 0
    for number, row in enumerate(taken(sheet.rows), start=1):
        if number >= MAX_SHEET_ROWS:
            raise ValueError(f"a sheet holds {MAX_SHEET_ROWS - 1} rows")
        cells = [
            value
            if value.__class__ in _AS_IT_IS
            or (value.__class__ is str and len(value) < MAX_TEXT and value.isprintable())
            else cell_value(value)
            for value in row
        ]
        yield dict(zip(headings, cells, strict=True))
    if not number:
        yield dict.fromkeys(headings)


def _format(column: Headed) -> rust.Format:
    fmt = rust.Format().set_num_format(column.fmt) if column.fmt else rust.Format()
    return fmt.set_quote_prefix() if column.fmt in ("", "@") else fmt


def download(name: str, write: Callable[[IO[bytes]], Any]) -> FileResponse:
    """Return the workbook that `write` puts into the file it is given, as a download called `name`."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the response
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = safe_file_name(name)
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def safe_sheet_title(title: str, taken: Iterable[str] = ()) -> str:
    """Return `title` as Excel allows it: 31 characters, none of []:*?/\\, not one of `taken`."""
    title = _ILLEGAL.sub("", title.replace("\n", " "))
    title = re.sub(r"[\[\]:*?/\\]", "-", title).strip("' ")
    words = shorten(title, 31, placeholder="…") if len(title) > 31 else title
    title = (words if len(words) > 1 else title[:31]).strip("' ") or "Trang tính"
    if title.casefold() == "history":
        title = "History 1"
    taken = {name.casefold() for name in taken}
    candidate, number = title, 1
    while candidate.casefold() in taken:
        number += 1
        ending = f" ({number})"
        candidate = title[: 31 - len(ending)].rstrip() + ending
    return candidate


def safe_file_name(name: str, ending: str = ".xlsx") -> str:
    """Return `name` as a file name for every system: no separators, 120 characters at most."""
    name = re.sub(r'[\\/:*?"<>|\n\r\t\x00-\x1f\x7f]+', "-", _ILLEGAL.sub("", name))
    name = re.sub(r"\s+", " ", name).strip(" .-")[: 120 - len(ending)].rstrip(" .-")
    return f"{name or 'tep'}{ending}"
