"""Reading a .docx back as tests ask about it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

from defusedxml.ElementTree import fromstring

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def part(data: bytes, name: str = "word/document.xml") -> ET.Element:
    """Return one part of the file as XML."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return fromstring(archive.read(name))


def value(node: ET.Element | None, name: str = "val") -> str | None:
    """Return an attribute of WordprocessingML, None where the element is missing."""
    return None if node is None else node.get(W + name)


def text_of(node: ET.Element) -> str:
    return "".join(found.text or "" for found in node.iter(f"{W}t"))


def paragraphs(data: bytes) -> list[str]:
    """Return the text of every paragraph, those in tables too, blank ones left out."""
    texts = (text_of(node) for node in part(data).iter(f"{W}p"))
    return [text for text in texts if text.strip()]


def styled(data: bytes) -> list[tuple[str, str]]:
    """Return (name of the style, text) of every paragraph that has text."""
    names = {key: value(style.find(f"{W}name")) for key, style in styles(data).items()}
    found = []
    for node in part(data).iter(f"{W}p"):
        key = value(node.find(f"{W}pPr/{W}pStyle"))
        if text_of(node).strip():
            found.append((names[key], text_of(node)))
    return found


def styles(data: bytes) -> dict[str, ET.Element]:
    """Return the styles by id."""
    return {value(s, "styleId"): s for s in part(data, "word/styles.xml").iter(f"{W}style")}


def style(data: bytes, name: str) -> ET.Element:
    """Return the style that people see as `name`."""
    return next(s for s in styles(data).values() if value(s.find(f"{W}name")) == name)


def has(style: ET.Element, mark: str) -> bool:
    """Tell whether a style is b, i or u."""
    node = style.find(f"{W}rPr/{W}{mark}")
    return node is not None and value(node) not in ("0", "false", "none")
