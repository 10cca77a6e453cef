"""What a Word file of strangers must not hold: ways out of it, foreign programs, foreign files.

Asked before a template is filled and again of the result. Knows nothing of Django; runs in the child.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = re.compile(
    r"(\.xml|\.rels|\.png|\.jpe?g|\.gif|\.bmp|\.tiff?|\.odttf)$|^\[Content_Types\]\.xml$", re.I
)
_TYPES = re.compile(r"macro|vba|oleobject|activex|\.package\b|html|rtf|rfc822|mhtml|control", re.I)
_ELEMENTS = {
    *("altChunk", "object", "OLEObject", "control", "subDoc", "mailMerge", "movie", "frameset"),
    *("oleObj", "contentPart", "script"),
}
_FIELDS = {
    *("PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "DATE", "TIME", "CREATEDATE", "SAVEDATE"),
    *("PRINTDATE", "TOC", "TC", "PAGEREF", "REF", "STYLEREF", "SEQ", "NOTEREF", "SYMBOL"),
}
_REFERENCES = {"src", "href", "link", "target", "datasource", "dataSource"}
_OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|\\\\|//)", re.I)

LINK = (
    "Mẫu có liên kết ra ngoài (tới trang web, hộp thư hoặc tệp khác). Vui lòng chọn cả văn bản, "
    "bấm Ctrl+Shift+F9 để bỏ liên kết, thay ảnh liên kết bằng ảnh chèn, rồi lưu lại."
)
FOREIGN = "Mẫu có chứa macro, tệp nhúng hoặc nội dung chèn từ tệp khác. Vui lòng xóa rồi lưu lại dạng .docx."
FIELD = (
    "Mẫu có trường “{name}” không được nhận; chỉ nhận số trang, ngày tháng, mục lục, tham chiếu."
)


class ForeignContent(Exception):  # noqa: N818
    """Why a file is not taken, in Vietnamese."""


def check_content(data: bytes) -> None:
    """Raise ForeignContent where the file holds what it must not."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            if not _PARTS.search(name) and not name.endswith("/"):
                raise ForeignContent(f"{FOREIGN} (Thành phần: {name[:60]})")
            if name.endswith((".xml", ".rels")):
                _check_part(name, archive.read(name))


def _check_part(name: str, data: bytes) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ForeignContent(f"Nội dung của tệp bị hỏng ở phần {name[:60]}.") from error
    if root.getroottree().docinfo.doctype:
        raise ForeignContent("Tệp có nội dung XML không an toàn nên không được nhận.")
    if name.endswith(".rels"):
        _check_relations(root)
    elif name == "[Content_Types].xml":
        types = (node.get("ContentType", "") for node in root)
        if any(_TYPES.search(kind) for kind in types):
            raise ForeignContent(FOREIGN)
    else:
        _check_elements(root)
        for instruction in _instructions(root):
            _check_field(instruction)


def _check_relations(root: Any) -> None:
    for relation in root:
        target = relation.get("Target", "")
        external = relation.get("TargetMode", "").strip().lower() == "external"
        if external or _OUTSIDE.match(target) or ".." in target.split("/")[2:]:
            raise ForeignContent(LINK)
        if _TYPES.search(relation.get("Type", "").rpartition("/")[2]):
            raise ForeignContent(FOREIGN)


def _check_elements(root: Any) -> None:
    for node in root.iter():
        if not isinstance(node.tag, str):
            raise ForeignContent("Tệp có nội dung XML không an toàn nên không được nhận.")
        if etree.QName(node).localname in _ELEMENTS:
            raise ForeignContent(FOREIGN)
        for name, value in node.attrib.items():
            if etree.QName(name).localname in _REFERENCES and _OUTSIDE.match(value):
                raise ForeignContent(LINK)


def _instructions(root: Any) -> Iterator[str]:
    """Yield the instruction of every field, put together from its pieces.

    A field within the instruction of another could make up what is not written: it counts as one.
    """
    open_fields: list[list[str]] = []
    for node in root.iter(f"{_W}fldSimple", f"{_W}fldChar", f"{_W}instrText", f"{_W}delInstrText"):
        kind = node.get(f"{_W}fldCharType")
        if node.tag == f"{_W}fldSimple":
            yield node.get(f"{_W}instr", "")
        elif node.tag.endswith("nstrText"):
            text = node.text or ""
            yield from (() if open_fields else (text,))
            for field in open_fields:
                field.append(text)
        elif kind == "begin":
            open_fields.append([])
        elif kind in ("separate", "end") and open_fields:
            yield "".join(open_fields[-1])
            if kind == "end":
                open_fields.pop()
    for field in open_fields:
        yield "".join(field)


def _check_field(instruction: str) -> None:
    words = instruction.split()
    name = words[0].upper() if words else ""
    if name and not name.startswith("=") and name not in _FIELDS:
        raise ForeignContent(FIELD.format(name=name[:40]))
    if _FORBIDDEN.search(instruction):
        raise ForeignContent(FIELD.format(name=instruction.strip()[:40]))


_FORBIDDEN = re.compile(r"INCLUDE|DDE|IMPORT|LINK|DATABASE|AUTOTEXT|MACRO|EMBED|QUOTE", re.I)
