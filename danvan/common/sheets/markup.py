"""What only the XML of a workbook tells: hidden rows and columns, error cells, formats, fonts.

Runs in the reading child. A sheet is searched for the signs of any of these first, in blocks, so an
ordinary file pays almost nothing; only where there are signs its cells are walked through, streaming.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from danvan.common.sheets.addresses import column_letter, split_address
from danvan.common.sheets.formats import formats_of
from danvan.common.sheets.legacy import TCVN3, VNI

MAX_BAD_CELLS = 20_000
_BLOCK = 1 << 20
_HEAD, _OVERLAP = 1 << 14, 32
# Errors, formulas, rows without height, as every office program writes them; one that writes its XML in
# another way (a prefix, other quotes, blanks around "=") has its cells walked through.
_SIGNS = (b't="e"', b"<f", b"hidden", b' ht="0')
_UNUSUAL = re.compile(rb""":sheetData|='|\s=|=\s""")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*>")
_OLD_FONT = re.compile(r"(?i)^(\.vn|vni)")


@dataclass
class Styles:
    """The cell styles that matter: number formats that tell, and fonts of before Unicode."""

    formats: dict[int, str] = field(default_factory=dict)
    fonts: dict[int, str] = field(default_factory=dict)


@dataclass
class Markup:
    """What a sheet's XML tells. Rows count from 1, columns from 0."""

    bad: list[tuple[str, str]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    formats: dict[int, dict[int, str]] = field(default_factory=dict)
    capitals: list[tuple[int, int]] = field(default_factory=list)
    font: str = ""
    unusual: bool = False  # how the XML is written: its cells have to be walked through


def sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return sheet name → part, and whether days are counted from 1904."""
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    parts, members, late = {}, set(archive.namelist()), False
    for element in workbook.iter():
        if element.tag.endswith("}workbookPr"):
            late = element.get("date1904", "").strip().lower() in ("1", "true", "on")
        if element.tag.endswith("}sheet"):
            reference = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
            target = targets.get(reference, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in members:
                parts[element.get("name", "")] = part
    return parts, late


def read_styles(archive: zipfile.ZipFile) -> Styles:
    """Return the styles of the workbook that matter; none when it has no part for them."""
    if "xl/styles.xml" not in archive.namelist():
        return Styles()
    root = ElementTree.fromstring(archive.read("xl/styles.xml"), forbid_dtd=True)
    names: dict[int, str] = {}
    fonts: list[str] = []
    used: list[Element] = []
    for group in root:
        tag = _tag(group)
        if tag == "numFmts":
            names = {_int(one.get("numFmtId")): one.get("formatCode", "") for one in group}
        elif tag == "fonts":
            fonts = [_font_name(one) for one in group]
        elif tag == "cellXfs":
            used = list(group)
    formats = formats_of(names, [_int(one.get("numFmtId")) for one in used])
    named = {style: _int(one.get("fontId")) for style, one in enumerate(used)}
    old = {
        style: fonts[font]
        for style, font in named.items()
        if font < len(fonts) and _OLD_FONT.match(fonts[font])
    }
    return Styles(formats, old)


def _font_name(font: Element) -> str:
    return next((part.get("val", "") for part in font if _tag(part) == "name"), "")


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def read_markup(archive: zipfile.ZipFile, part: str, styles: Styles) -> Markup:
    """Return what the XML of the sheet `part` tells; at most MAX_BAD_CELLS + 1 error cells."""
    found = Markup()
    signs = [*_SIGNS, *(b' s="%d"' % style for style in {*styles.formats, *styles.fonts})]
    with archive.open(part) as stream:
        telling = any(any(sign in cells for sign in signs) for cells in _cells(stream, found))
    if telling or found.unusual:
        with archive.open(part) as stream:
            _walk(stream, styles, found)
    return found


def _cells(stream: IO[bytes], found: Markup) -> Iterator[bytes]:
    """Yield the part of a sheet that holds the cells, in blocks that overlap; note what stands before."""
    window = stream.read(_BLOCK)
    head, _, cells = window.partition(b"<sheetData")
    found.columns = _hidden_columns(head)
    found.unusual = not cells or _UNUSUAL.search(window[:_HEAD].partition(b"?>")[2]) is not None
    while cells and not found.unusual:
        inside, end, _ = cells.partition(b"</sheetData")
        yield inside
        block = b"" if end else stream.read(_BLOCK)
        cells = cells[-_OVERLAP:] + block if block else b""


def _hidden_columns(head: bytes) -> list[int]:
    """Return the hidden columns; they are declared before the cells."""
    found: list[int] = []
    for tag in _COLUMN.findall(head.partition(b"sheetData")[0]):
        attributes = dict(re.findall(r"""(\w+)\s*=\s*["']([^"']*)["']""", tag.decode("latin-1")))
        if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
            first, last = _int(attributes.get("min")), _int(attributes.get("max"))
            found += range(first - 1, min(last, first + 400))
    return found


def _walk(stream: IO[bytes], styles: Styles, found: Markup) -> None:
    """Go through the cells, one at a time in memory."""
    for row, cells in _rows(stream, found):
        for column, cell in enumerate(cells):
            place = split_address(cell.get("r", ""))
            _take(row, place[1] if place else column, cell, styles, found)
            cell.clear()
        if len(found.bad) > MAX_BAD_CELLS:
            return


def _rows(stream: IO[bytes], found: Markup) -> Iterator[tuple[int, list[Element]]]:
    number = 0
    for event, element in ElementTree.iterparse(stream, events=("start", "end"), forbid_dtd=True):
        if _tag(element) != "row":
            continue
        if event == "start":
            number = _int(element.get("r")) or number + 1
            if element.get("hidden") in ("1", "true") or _is_flat(element.get("ht")):
                found.hidden.append(number)
            continue
        yield number, list(element)
        element.clear()


def _is_flat(height: str | None) -> bool:
    """Return whether a row has no height: hidden by dragging its edge."""
    return height is not None and not height.strip("0.")


def _take(row: int, column: int, cell: Element, styles: Styles, found: Markup) -> None:
    parts = {_tag(part): part.text for part in cell}
    kind = cell.get("t")
    value = parts.get("v") or ("text" if "is" in parts else "")
    if kind == "e":
        found.bad.append((f"{column_letter(column)}{row}", value or "#"))
    elif "f" in parts and not value and kind != "str":
        found.bad.append((f"{column_letter(column)}{row}", "="))
    style = _int(cell.get("s"))
    if style in styles.formats and kind in (None, "n") and value:
        found.formats.setdefault(row, {})[column] = styles.formats[style]
    if (font := styles.fonts.get(style)) and value and kind in ("s", "str", "inlineStr"):
        found.font = found.font or (VNI if font.lower().startswith("vni") else TCVN3)
        if font.lower().startswith(".vn") and font.rstrip()[-1:] == "H":
            found.capitals.append((row, column))
