"""The process that fills a template of strangers. It has nothing but the file and the names, as plain data.

It reads one line of JSON on stdin ({"template", "names"}) and answers one on stdout: {"document"} or
{"mistake", "paragraph"}. Run by rendering.py with limits.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import zipfile
from io import BytesIO
from typing import Any

from danvan.common.children import limit_myself, send


def main() -> None:
    """Read the request from argv, limit this process, answer on stdout."""
    request = json.loads(sys.argv[1])
    limit_myself(request["memory"], request["cpu"])
    out = os.fdopen(1, "wb", buffering=1 << 20)
    try:
        answer = _answer(json.loads(sys.stdin.readline()))
    except MemoryError:
        answer = {"error": "memory"}
    except Exception:  # noqa: BLE001 - whatever the file did to the library, say so and end
        answer = {"error": "broken"}
    send(out, answer)
    out.flush()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    from reports.documents.word.checking import ForeignContent, check_content
    from reports.documents.word.filling import TemplateMistake, fill

    template = base64.b64decode(asked["template"])
    try:
        check_content(template)
        document = fill(template, asked["names"])
        check_content(document)
    except (ForeignContent, TemplateMistake) as error:
        return {"mistake": str(error)}
    except (zipfile.BadZipFile, KeyError):
        return {"error": "broken"}
    return {"document": base64.b64encode(document).decode(), "asks_units": asks_units(template)}


def asks_units(template: bytes) -> bool:
    """Tell whether a template names the best or the last units: then figures are read unit by unit."""
    with zipfile.ZipFile(BytesIO(template)) as archive:
        text = re.sub(rb"<[^>]+>", b"", archive.read("word/document.xml"))
    return b"cao_nhat" in text or b"thap_nhat" in text
