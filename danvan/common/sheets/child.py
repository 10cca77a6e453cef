"""The process that opens a workbook. It may be killed at any time: it has nothing but the file.

Started as `python -I -c …` with the request as JSON in its argument; answers JSON lines on stdout: first
one about the workbook and the chosen sheet, then lists of rows, at last the end mark. The reader library
can abort the whole process on a 2 KB file, which is why it lives here and never in the web process.
"""

from __future__ import annotations

import datetime
import json
import os
import resource
import sys
import zipfile

CHUNK = 1000
HEADER_ROWS = 60
MAX_BAD_CELLS = 20_000
MARKER = "danvan-template"
DATE, MOMENT, TIME = "\x01d", "\x01m", "\x01t"  # how dates travel in JSON
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/", b"t = ")


def main() -> None:
    """Read the request from argv, limit this process, answer on stdout."""
    request = json.loads(sys.argv[1])
    _limit(request["memory"], request["cpu"])
    out = os.fdopen(1, "wb", buffering=1 << 20)
    try:
        _answer(request, out)
    except MemoryError:
        _send(out, {"error": "memory"})
    except Exception as error:  # noqa: BLE001 - whatever the file did to the reader, say so and end
        _send(out, {"error": "broken", "detail": f"{type(error).__name__}: {error}"[:200]})
    out.flush()


def _limit(memory: int, cpu: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _send(out, data) -> None:
    out.write(
        json.dumps(data, default=_plain, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    )


def _plain(value) -> str:
    """Return a date, moment, time or duration as marked text."""
    if isinstance(value, datetime.datetime):
        return MOMENT + value.isoformat()
    if isinstance(value, datetime.date):
        return DATE + value.isoformat()
    return TIME + str(value)


class _Book(dict):
    """Sheets by name, each parsed once: parsing is what costs."""

    def __init__(self, workbook):
        super().__init__()
        self.workbook = workbook

    def __missing__(self, name):
        self[name] = self.workbook.get_sheet_by_name(name)
        return self[name]


def _answer(request: dict, out) -> None:
    import python_calamine

    with zipfile.ZipFile(request["path"]) as archive:
        parts = _sheet_parts(archive)
    workbook = python_calamine.CalamineWorkbook.from_path(request["path"])
    hidden = {
        meta.name
        for meta in workbook.sheets_metadata
        if meta.visible != python_calamine.SheetVisibleEnum.Visible
    }
    names = [name for name in workbook.sheet_names if name in parts]
    book = _Book(workbook)
    marker = _marker(book, hidden)
    chosen, problem = _choose(book, names, hidden, request)
    about = {
        "sheets": [n for n in names if n not in hidden],
        "marker": marker,
        "sheet": chosen,
        "problem": problem,
    }
    if chosen is None:
        _send(out, about)
        return
    with zipfile.ZipFile(request["path"]) as archive:
        about["bad"] = _bad_cells(archive, parts[chosen])
    if len(about["bad"]) > MAX_BAD_CELLS:  # those beyond would be read as blanks
        _send(out, {"error": "bad"})
        return
    sheet = book[chosen]
    _send(out, about)
    _send_rows(sheet, request, out)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → part, from the workbook and its relationships."""
    from defusedxml import ElementTree

    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    parts, members = {}, set(archive.namelist())
    for element in workbook.iter():
        if element.tag.endswith("}sheet"):
            reference = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
            target = targets.get(reference, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in members:
                parts[element.get("name", "")] = part
    return parts


def _marker(book, hidden) -> str:
    """Return the text of the hidden template marker ("danvan-template|kind|version|…"), or ""."""
    for name in hidden:
        for row in book[name].to_python(nrows=3):
            for value in row:
                if isinstance(value, str) and value.startswith(MARKER):
                    return value[:500]
    return ""


def _choose(book: _Book, names, hidden, request):
    """Return (sheet name, problem): by title, else the one visible sheet that has the headings."""
    from danvan.common.sheets.legacy import in_unicode
    from danvan.common.text import search_key

    def fold(text: str) -> str:
        return search_key(in_unicode(text))

    titles = set(request["titles"])
    named = [name for name in names if fold(name) in titles]
    able = [name for name in named or names if name not in hidden] or named
    headings = set(request["headings"])

    def shown(sheets) -> dict[str, int]:
        return {name: _known_headings(book[name], headings, fold) for name in sheets}

    known = shown(able)
    most = max(known.values(), default=0)
    fitting = [name for name in able if known[name] == most]
    if most < 2:
        out_of_sight = [name for name, n in shown(hidden & set(names)).items() if n >= 2]
        if out_of_sight and not named:
            return None, "hidden"
        return (able[0], "") if len(able) == 1 else (None, "none")
    return (fitting[0], "") if len(fitting) == 1 else (None, "many")


def _known_headings(sheet, headings, fold) -> int:
    """Return how many headings the best row of the sheet's beginning shows."""
    best = 0
    for row in sheet.to_python(nrows=HEADER_ROWS):
        texts = [value for value in row if isinstance(value, str) and not value.isspace() and value]
        known = [t for t in texts if fold(t) in headings or fold(t.split()[0]) in headings]
        best = max(best, len(known))
    return best


def _send_rows(sheet, request, out) -> None:
    """Send the non-blank rows as [row number, cells], trailing blanks cut, in lists of 1,000."""
    first_row, first_column = sheet.start or (0, 0)
    pad = [""] * first_column
    sent, chunk = 0, []
    for number, cells in enumerate(sheet.iter_rows(), start=first_row + 1):
        while cells and (cells[-1] == "" or cells[-1].__class__ is str and cells[-1].isspace()):
            cells.pop()
        if not cells:
            continue
        if len(cells) + first_column > request["columns"]:
            _send(out, {"error": "columns", "row": number})
            return
        chunk.append([number, pad + cells])
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


def _bad_cells(archive: zipfile.ZipFile, part: str) -> list[list[str]]:
    """Return [address, what] of error cells and formulas without a value: the fast reader hides both.

    The sheet is searched for the signs of either first, so an ordinary file pays almost nothing.
    """
    with archive.open(part) as stream:
        tail = b""
        while block := stream.read(1 << 20):
            window = tail + block
            if any(sign in window for sign in _SIGNS):
                break
            tail = block[-16:]
        else:
            return []
    with archive.open(part) as stream:
        return _scan_cells(stream)


def _scan_cells(stream) -> list[list[str]]:
    from defusedxml.ElementTree import iterparse

    found: list[list[str]] = []
    formula = value = None
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            continue
        if tag == "f":
            formula = element.text or "="
        elif tag in ("v", "is"):
            value = element.text if tag == "v" else "text"
            value = value or ""
        elif tag == "c":
            if element.get("t") == "e":
                found.append([element.get("r", ""), value or "#"])
            elif formula is not None and not value and element.get("t") != "str":
                found.append([element.get("r", ""), "="])
            formula = value = None
            element.clear()
        elif tag == "row":
            element.clear()
        if len(found) > MAX_BAD_CELLS:
            break
    return found
