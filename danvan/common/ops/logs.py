"""Log lines that cannot be forged, plain or as JSON, each with the id of its request."""

import json
import logging
from typing import Any

from danvan.common.web.middleware import request_id


class RequestIdFilter(logging.Filter):
    """Put the id of the request being served on every line ("-" outside one)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the attribute; never drops a line.

        Django notes a refusal after the middlewares are done, with the request itself on the line.
        """
        asked = getattr(record, "request", None)
        record.request_id = request_id.get() or getattr(asked, "id", "") or "-"
        return True


class PlainFormatter(logging.Formatter):
    """One line per event: what came from outside cannot begin a new line or colour the console.

    A traceback stands below its line, indented, so that it cannot be taken for one.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line with everything unprintable escaped."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the traceback, each line indented and printable."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {printable(line)}" for line in lines)


class JsonFormatter(logging.Formatter):
    """One JSON object per line, for collectors (LOG_FORMAT=json)."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return printable(json.dumps(fields, ensure_ascii=False))


def printable(text: str) -> str:
    """Return `text` with control and other unprintable characters written as \\uXXXX."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
