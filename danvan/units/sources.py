"""What the column `source` of a unit says to people: resolutions and how sure an arrow is, no tags of files.

The tags are explained in data/README.md. Nothing of them is a legal basis but a resolution.
"""

import re

_RESOLUTION = re.compile(r"(?:NQ|[Nn]ghị quyết(?: số)?) ?(\d+(?:/\d{4})?(?:/[\wĐ-]+)?)")
_TAG = re.compile(
    r"start=|end=|succ|dva-|same-code|[(](?:MIT|BSD)|-table|-former|-list|inferred|merged"
)
_LISTS = "theo danh sách đã công bố, chưa đối chiếu nghị quyết"
# What the register says of an arrow → how a reader is to take it.
_CERTAINTY = (
    ("inferred", "suy luận, cần đối chiếu với nghị quyết"),
    ("same-code", "giữ nguyên mã"),
    ("nso-table", "theo bảng chuyển đổi của cơ quan thống kê"),
    ("kit-former", _LISTS),
    ("alias-list", _LISTS),
    ("tlq-patch", _LISTS),
    ("succ NQ", "theo nghị quyết"),
    ("succ=NQ", "theo nghị quyết"),
)


def resolution_in(text: str) -> str:
    """Return the first resolution that `text` names, "" for none: "Nghị quyết 1674/NQ-UBTVQH15"."""
    found = _RESOLUTION.search(text)
    return f"Nghị quyết {found[1]}" if found else ""


def beginning_of(source: str) -> str:
    """Return the part of a source about how the unit began."""
    return source.partition("; end=")[0].partition("succ")[0]


def ending_of(source: str) -> str:
    """Return the part of a source about how the unit ended, or became another."""
    return source.partition("; end=")[2] or source.partition("succ")[2]


def certainty_of(source: str) -> str:
    """Return how sure it is what became of the unit, "" where nothing is told."""
    return next((words for tag, words in _CERTAINTY if tag in source), "")


def source_in_words(source: str | None) -> str:
    """Return a source as people read it: by what the unit began, by what it ended, how sure that is.

    What somebody typed, without a tag, is returned as it is.
    """
    if not source or not _TAG.search(source):
        return source or ""
    began, ended = resolution_in(beginning_of(source)), resolution_in(ending_of(source))
    told = [f"lập theo {began}" if began else "", f"kết thúc theo {ended}" if ended else ""]
    told.append(certainty_of(source))
    return "; ".join(filter(None, told)) or "danh mục đơn vị đã nạp"
