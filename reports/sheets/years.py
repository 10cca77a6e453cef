"""The year a file of figures carries: last year's file is never taken for this year's."""

import re
from collections.abc import Iterable

from danvan.common.sheets.table.questions import Question
from danvan.common.text import search_key
from danvan.imports.models import ImportJob
from danvan.imports.targets import Around, Refused

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SPOKEN = re.compile(r"\bnam (?:bao cao )?((?:19|20)\d\d)\b")


def year_doubts(job: ImportJob, around: Around) -> list[Question]:
    """Return what is to be asked because a file speaks of another year than the one chosen.

    The name of a sheet is the export's own mark: it refuses. Raises Refused.
    """
    year = str(job.params.get("year", ""))
    if not year:
        return []
    if _is_other(year, _YEAR.findall(around.sheet)):
        raise Refused(
            f"Trang “{around.sheet}” là số liệu của năm khác nhưng anh/chị chọn năm {year}. "
            "Vui lòng chọn đúng năm, hoặc đổi tên trang nếu tên ghi sai."
        )
    for text, years in _spoken(around):
        if _is_other(year, years):
            return [
                Question(
                    "nam",
                    f"Tệp ghi “{text[:80]}” nhưng anh/chị chọn năm {year}. Số liệu này là của năm nào?",
                    (("dung", f"Của năm {year}: cứ nhập"),),
                )
            ]
    return []


def _spoken(around: Around) -> Iterable[tuple[str, list[str]]]:
    yield around.file_name, _YEAR.findall(around.file_name)
    years = [year for line in around.lines for year in _SPOKEN.findall(search_key(line))]
    first = next((line for line in around.lines if _SPOKEN.search(search_key(line))), "")
    yield first, years


def _is_other(year: str, years: list[str]) -> bool:
    return bool(years) and year not in years
