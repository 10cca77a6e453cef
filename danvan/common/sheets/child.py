"""The process that opens a workbook. It may be killed at any time: it has nothing but the file.

Started as `python -I -c …` with the request as JSON in its argument. It answers JSON lines on stdout: first
what it saw of every sheet; then, once the caller has named one on stdin, what the XML of that one tells,
lists of its rows, at last the end mark. The reader library can abort the whole process on a 2 KB file,
which is why it lives here and never in the web process.
"""

import datetime
import gc
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from danvan.common.children import limit_myself, send
from danvan.common.sheets.formats import DATE, MOMENT, TIME, marked
from danvan.common.sheets.markup import MAX_BAD_CELLS, Markup, read_markup, read_styles, sheet_parts
from danvan.common.sheets.survey import Survey, Vocabulary

CHUNK = 1000
MARKER = "danvan-template"


def main() -> None:
    """Read the request from argv, limit this process, answer on stdout."""
    request = json.loads(sys.argv[1])
    limit_myself(request["memory"], request["cpu"])
    gc.disable()  # rows come and go without circles
    out = os.fdopen(1, "wb", buffering=1 << 20)
    try:
        _answer(request, out)
    except MemoryError:
        _send(out, {"error": "memory"})
    except Exception as error:  # noqa: BLE001 - whatever the file did to the reader, say so and end
        _send(out, {"error": "broken", "detail": f"{type(error).__name__}: {error}"[:200]})
    out.flush()


def _send(out: IO[bytes], data: Any) -> None:
    send(out, data, _plain)


def _plain(value: Any) -> str:
    """Return a date, moment, time or duration as marked text."""
    if isinstance(value, datetime.datetime):
        return MOMENT + value.isoformat()
    if isinstance(value, datetime.date):
        return DATE + value.isoformat()
    return TIME + str(value)


def _answer(request: dict, out: IO[bytes]) -> None:
    import python_calamine

    with zipfile.ZipFile(request["path"]) as archive:
        parts, late = sheet_parts(archive)
    workbook = python_calamine.CalamineWorkbook.from_path(request["path"])
    visible = python_calamine.SheetVisibleEnum.Visible
    hidden = {meta.name for meta in workbook.sheets_metadata if meta.visible != visible}
    sheets = {
        name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names if name in parts
    }
    vocabulary = Vocabulary(request["headings"], request["codes"])
    surveys = {name: Survey(vocabulary) for name in sheets}
    for name, survey in surveys.items():
        survey.look(_rows(sheets[name]))
    told = [
        {"name": name, "hidden": name in hidden, **survey.told(sheets[name])}
        for name, survey in surveys.items()
    ]
    _send(out, {"sheets": told, "marker": _marker(sheets, hidden), "late": late})
    out.flush()
    chosen = json.loads(sys.stdin.readline() or "{}").get("sheet")
    if chosen in sheets:
        _tell(request, out, sheets[chosen], parts[chosen], surveys[chosen])


def _tell(request: dict, out: IO[bytes], sheet: Any, part: str, survey: Survey) -> None:
    """Send what the XML of the chosen sheet tells, and its rows."""
    with zipfile.ZipFile(request["path"]) as archive:
        markup = read_markup(archive, part, read_styles(archive))
    if len(markup.bad) > MAX_BAD_CELLS:  # those beyond would be read as blanks
        _send(out, {"error": "bad"})
        return
    judged = survey.witness.judge(markup.font)
    _send(
        out,
        {
            "bad": markup.bad,
            "hidden": markup.hidden,
            "columns": markup.columns,
            "capitals": markup.capitals,
            "judged": [[index, j.encoding, j.mixed] for index, j in judged.items()],
        },
    )
    _send_rows(sheet, markup, request, out)


def _marker(sheets: dict[str, Any], hidden: set[str]) -> str:
    """Return the text of the hidden template marker ("danvan-template|kind|version|…"), or ""."""
    for name in hidden & sheets.keys():
        for row in sheets[name].to_python(nrows=3):
            for value in row:
                if isinstance(value, str) and value.startswith(MARKER):
                    return value[:500]
    return ""


def _rows(sheet: Any) -> Iterator[tuple[int, list]]:
    """Yield the rows with their number, from column A; blank ones are lists of blanks."""
    first_row, first_column = sheet.start or (0, 0)
    pad = [""] * first_column
    for number, cells in enumerate(sheet.iter_rows(), start=first_row + 1):
        yield number, pad + cells if pad else cells


def _send_rows(sheet: Any, markup: Markup, request: dict, out: IO[bytes]) -> None:
    """Send the non-blank rows as [row number, cells], trailing blanks cut, in lists of 1,000."""
    sent, chunk = 0, []
    for number, cells in _rows(sheet):
        while cells and (cells[-1] == "" or cells[-1].__class__ is str and cells[-1].isspace()):
            cells.pop()
        if not cells:
            continue
        if len(cells) > request["columns"]:
            _send(out, {"error": "columns", "row": number})
            return
        if number in markup.formats:
            _mark(cells, markup.formats[number])
        chunk.append([number, cells])
        if len(chunk) == CHUNK:
            sent += CHUNK
            _send(out, chunk)
            chunk = []
            if sent > request["rows"]:
                _send(out, {"error": "rows"})
                return
    if chunk:
        _send(out, chunk)
    _send(out, {"end": True})


def _mark(cells: list, formats: dict[int, str]) -> None:
    """Let the cells of a row say what their formats show."""
    for index, code in formats.items():
        if index < len(cells) and isinstance(cells[index], (int, float, datetime.date)):
            cells[index] = marked(cells[index], code)
