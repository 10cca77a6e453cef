"""Filling a template of strangers: looked at first, then filled by a child process with limits."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from danvan.common.children import TURN_SECONDS, ChildStopped, LimitedChild, place_for
from danvan.common.ops.databases import is_command
from danvan.common.sheets.precheck import MB, FileRefused, FileRules

MEMORY = 200 * MB
CPU_SECONDS = 8
WAIT_SECONDS = 9
PLACES, PLACE_SECONDS = 2, 20
_SAVE_AS = "Vui lòng mở tệp bằng Word và lưu lại dạng .docx."
_MACRO = f"Tệp có chứa macro hoặc đối tượng nhúng nên không được nhận. {_SAVE_AS}"
DOCUMENTS = FileRules(
    ending=".docx",
    program="Word",
    save_as=_SAVE_AS,
    other_endings={
        ".doc": "Tệp .doc là dạng Word cũ.",
        ".docm": "Tệp .docm có thể chứa macro nên không được nhận.",
        ".dotx": "Tệp .dotx là dạng mẫu của Word.",
        ".dotm": "Tệp .dotm có thể chứa macro nên không được nhận.",
        ".odt": "Tệp .odt là dạng của LibreOffice.",
        ".rtf": "Tệp .rtf không được nhận.",
        ".pdf": "Tệp .pdf không sửa được bằng Word.",
    },
    required=("[Content_Types].xml", "word/document.xml"),
    forbidden=tuple(
        (fragment, _MACRO)
        for fragment in ("vbaproject", "vbadata", "embeddings/", "activex/", "afchunk", "oleobject")
    ),
    most={".xml": (8 * MB, "")},
    max_file=5 * MB,
    too_large="Vui lòng giảm dung lượng ảnh trong mẫu.",
    max_unpacked=30 * MB,
)
_MESSAGES = {
    "memory": "Mẫu cần quá nhiều bộ nhớ nên đã dừng. Vui lòng bớt các vòng lặp trong mẫu.",
    "broken": f"Không đọc được mẫu này. {_SAVE_AS}",
    "killed": "Mẫu chạy quá lâu hoặc cần quá nhiều bộ nhớ nên đã dừng. Vui lòng bớt các vòng lặp.",
    "slow": "Mẫu chạy quá lâu nên đã dừng. Vui lòng bớt các vòng lặp trong mẫu.",
    "busy": "Máy chủ đang làm văn bản của người khác. Vui lòng thử lại sau ít phút.",
}


@dataclass(frozen=True)
class Filled:
    """A template that was filled: the document, and whether it names the best and the last units."""

    document: bytes
    asks_units: bool


def check_template(data: bytes, name: str) -> None:
    """Look at a template that was handed in, before anything opens it. Raises FileRefused."""
    with tempfile.NamedTemporaryFile(suffix=DOCUMENTS.ending) as file:
        file.write(data)
        file.flush()
        DOCUMENTS.check(file.name, name)


def fill_foreign(template: bytes, names: Mapping[str, Any]) -> Filled:
    """Return the template filled with `names`. Raises FileRefused: what is wrong, and where."""
    request = {"memory": MEMORY, "cpu": CPU_SECONDS}
    try:
        with (
            place_for("templates", PLACES, TURN_SECONDS if is_command() else PLACE_SECONDS),
            LimitedChild("reports.documents.word.child", request, WAIT_SECONDS) as child,
        ):
            child.ask({"template": base64.b64encode(template).decode(), "names": names})
            answer = child.line()
    except ChildStopped as stop:
        raise FileRefused(_MESSAGES[stop.reason]) from stop
    if "mistake" in answer:
        raise FileRefused(answer["mistake"])
    if "error" in answer:
        raise FileRefused(_MESSAGES[answer["error"]])
    return Filled(base64.b64decode(answer["document"]), answer["asks_units"])
