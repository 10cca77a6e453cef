"""Filling a template with plain data: docxtpl in jinja2's immutable sandbox. Knows nothing of Django.

A mistake is told in Vietnamese with the paragraph it stands in.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

_FILTERS = ("upper", "lower", "capitalize", "join", "length", "first", "last", "default", "trim")
_LOOP = ("index", "index0", "first", "last", "length")
_OTHER_MISTAKES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TAGS = re.compile(r"<[^>]+>")
_SHOWN = 120
_SYNTAX = "Cách viết lệnh chưa đúng: thiếu dấu đóng, thiếu endfor, endif hoặc sai tên lệnh."
_MISPLACED = (
    "Lệnh đặt sai chỗ: {%p …%} phải đứng riêng một đoạn, {%tr …%} riêng một dòng của bảng, "
    "{%tc …%} riêng một ô; mở ở đâu thì đóng ở đó."
)
_UNKNOWN = "Không có tên {name} trong danh sách các tên được dùng."


class TemplateMistake(Exception):  # noqa: N818
    """Why a template cannot be filled, in Vietnamese, and in which paragraph."""

    def __init__(self, message: str, paragraph: str = "") -> None:
        self.message, self.paragraph = message, paragraph
        super().__init__(f"{message} Đoạn: “{paragraph}”." if paragraph else message)


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox: nothing but plain data is read, nothing is called but the filters of the list."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, loader=None)
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {name: self.tests[name] for name in ("defined", "undefined", "none")}
        self.globals = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether an attribute may be read: what a loop says of itself; names are keys of mappings."""
        return isinstance(obj, LoopContext) and attr in _LOOP

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether something may be called: nothing."""
        return False


class _Template(DocxTemplate):
    """A template that says in which paragraph it fails."""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        try:
            filled = super().render_xml_part(src_xml, part, context, jinja_env)
        except (TemplateError, *_OTHER_MISTAKES) as error:
            raise _mistake(error, src_xml) from error
        try:  # docxtpl itself would mend it in silence and lose what stands there
            etree.fromstring(filled.encode(), etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError as error:
            raise TemplateMistake(_MISPLACED) from error
        return filled


def fill(template: bytes, names: Mapping[str, Any]) -> bytes:
    """Return `template` filled with `names`, as a file. Raises TemplateMistake."""
    document = _Template(BytesIO(template))
    try:
        document.render(_plain(names), _Environment(), autoescape=True)
        file = BytesIO()
        document.save(file)
    except TemplateError as error:
        raise _mistake(error, "") from error
    return file.getvalue()


def _plain(value: Any) -> Any:
    """Return plain data without the characters that XML does not hold or docxtpl takes for orders."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _ILLEGAL.sub("", value) if isinstance(value, str) else value


def _mistake(error: Exception, source: str) -> TemplateMistake:
    """Return what is wrong, with the paragraph: docxtpl lets each begin on a line of its own."""
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", source).splitlines()
    number = _line_number(error)
    paragraph = _TAGS.sub("", lines[number - 1]) if 0 < number <= len(lines) else ""
    paragraph = paragraph.strip()
    if len(paragraph) > _SHOWN:
        paragraph = f"{paragraph[:_SHOWN]}…"
    return TemplateMistake(_said(error), paragraph)


def _line_number(error: Exception) -> int:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<template>"]
    return (frames[-1].lineno or 0) if frames else 0


def _said(error: Exception) -> str:
    text = str(error)
    if isinstance(error, SecurityError):
        return "Mẫu dùng lệnh không được phép: chỉ dùng các tên trong danh sách."
    if "no loader" in text:
        return "Mẫu không được chèn hay kế thừa tệp khác (include, import, extends)."
    if isinstance(error, UndefinedError):
        found = re.search(r"'([^']*)' is undefined|has no attribute '([^']*)'", text)
        name = next(filter(None, found.groups()), "này") if found else "này"
        return _UNKNOWN.format(name=f"“{name}”")
    if found := re.search(r"No (filter|test) named '([^']*)'", text):
        return f"Không có phép “{found[2]}”. Các phép được dùng: {', '.join(_FILTERS)}."
    if isinstance(error, TemplateSyntaxError):
        return _SYNTAX
    return "Không điền được mẫu này, vui lòng xem lại các lệnh trong mẫu."
