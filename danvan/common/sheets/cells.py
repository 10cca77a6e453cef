"""From a cell to a value: what a cell may hold for a text, a code, a date, a number, a choice.

Every function takes a cell as the reader hands it over ("" or None blank, text, int, float, bool, marked
text for dates) and returns the value, None for a blank; it raises CellProblem with a Vietnamese sentence.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

from danvan.common.numbers import MAX_FIGURE, NumberProblem, format_number, parse_number
from danvan.common.sheets.child import DATE, MOMENT, TIME
from danvan.common.sheets.legacy import recognise
from danvan.common.text import clean_line, clean_text, search_key

_HOUR = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"  # the hour of a moment typed as text says nothing here
_DAY_FIRST = re.compile(
    rf"^(\d{{1,2}})\s*[/.\-]\s*(\d{{1,2}})\s*[/.\-]\s*(\d{{2}}|\d{{4}}){_HOUR}$"
)
_YEAR_FIRST = re.compile(rf"^(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_HOUR}$")
_IN_WORDS = re.compile(r"^ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})$")
_YES = {"co", "x", "1", "dung", "true", "yes", "v"}
_NO = {"khong", "0", "sai", "false", "no", "ko"}
OLD_FONT = "Chữ gõ bằng bảng mã"  # how the problem of text in an old font begins
# What stands in a cell that holds an error, pasted as text or sent back by errors_workbook().
NO_RESULT = "(công thức chưa có kết quả)"
_ERRORS = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", NO_RESULT}
_EPOCH = datetime.date(1899, 12, 30)
_NOISE = 1e-9


class CellProblem(ValueError):  # noqa: N818 - a sentence for the person who filled the cell
    """What is wrong with a cell and what to do, in Vietnamese; `allowed` lists what may stand there."""

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        self.allowed = allowed
        super().__init__(message)


def is_blank(cell: Any) -> bool:
    """Tell whether the cell holds nothing but spaces."""
    if cell is None or cell == "":
        return True
    if cell.__class__ is not str:
        return False
    bare = cell.strip()
    return not bare or (not bare.isprintable() and not clean_line(bare))


def shown(cell: Any) -> str:
    """Return the cell as its owner sees it, for messages and the preview."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return format_number(Decimal(repr(cell))) if math.isfinite(cell) else "#NUM!"
    if cell.startswith((DATE, MOMENT)):
        return _date_of(cell).strftime("%d/%m/%Y")
    return cell.removeprefix(TIME)[:200]


def _date_of(cell: str) -> datetime.date:
    return datetime.date.fromisoformat(cell[2:12])


def as_text(cell: Any, *, lines: bool = False) -> str:
    """Return the cell as clean text ("" for a blank); text of an old font is refused."""
    if cell.__class__ is str:
        if cell[:1] in ("#", "(") and cell.strip() in _ERRORS:
            raise CellProblem(f"Ô có lỗi {cell.strip()}. Vui lòng sửa công thức hoặc nhập giá trị.")
        if cell.isprintable() and _is_tidy(cell):
            suspect = None if cell.isascii() else recognise(cell)
        elif cell.startswith((DATE, MOMENT, TIME)):
            return shown(cell)
        else:
            suspect = recognise(cell)
            if not suspect:
                return clean_text(cell) if lines else clean_line(cell)
        if suspect is None:
            return cell
        name, text = suspect
        raise CellProblem(
            f"{OLD_FONT} {name}, đọc được là “{clean_line(text)[:80]}”. "
            "Chọn “Chuyển mã TCVN3, VNI sang Unicode” nếu đọc đúng, hoặc gõ lại."
        )
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Có" if cell else "Không"
    return _number_as_text(cell)


def _is_tidy(text: str) -> bool:
    """Tell whether cleaning would change nothing: most cells, so it must be quick."""
    return (
        "  " not in text
        and text[:1] != " "
        and text[-1:] != " "
        and unicodedata.is_normalized("NFC", text)
        and "Ð" not in text
        and "ð" not in text
    )


def _number_as_text(number: int | float) -> str:
    """Return a number cell in a text column: 42.0 is "42"; Excel has rounded what is longer than 15."""
    if not math.isfinite(number):
        raise CellProblem("Ô chứa giá trị lỗi, vui lòng nhập lại.")
    if abs(number) >= 1e15:
        raise CellProblem("Số dài hơn 15 chữ số đã bị Excel làm tròn; vui lòng nhập dạng văn bản.")
    if number == int(number):
        return str(int(number))
    return format_number(Decimal(repr(number)))


def as_code(cell: Any) -> str:
    """Return the cell as a code: "13369" for 13369.0 too, without spaces or a trailing point."""
    return as_text(cell).replace(" ", "").rstrip(".")


def as_date(cell: Any) -> datetime.date | None:
    """Return the date of a date cell, a serial number, or text such as 31/12/2022 (day first)."""
    if is_blank(cell):
        return None
    if isinstance(cell, bool):
        raise CellProblem(_BAD_DATE.format(shown(cell)))
    if isinstance(cell, (int, float)):
        if 20_000 <= cell <= 80_000:
            return _EPOCH + datetime.timedelta(days=int(cell))
        raise CellProblem(_BAD_DATE.format(shown(cell)))
    if cell.startswith((DATE, MOMENT)):
        return _plausible(_date_of(cell))
    text = clean_line(cell)
    if match := _DAY_FIRST.match(text):
        day, month, year = match.groups()
        if len(year) == 2:
            raise CellProblem(f"“{text}” thiếu năm đủ 4 chữ số. Nhập dạng 31/12/2022.")
        return _plausible(_make_date(int(year), int(month), int(day), text))
    if match := _YEAR_FIRST.match(text):
        return _plausible(_make_date(*map(int, match.groups()), text))
    if match := _IN_WORDS.match(search_key(text)):
        day, month, year = map(int, match.groups())
        return _plausible(_make_date(year, month, day, text))
    raise CellProblem(_BAD_DATE.format(text[:40]))


_BAD_DATE = "“{}” không phải là ngày. Nhập dạng ngày/tháng/năm, ví dụ 31/12/2022."


def _make_date(year: int, month: int, day: int, text: str) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise CellProblem(f"“{text}” không có trong lịch. Nhập ngày trước, tháng sau.") from error


def _plausible(date: datetime.date) -> datetime.date:
    if not 1975 <= date.year <= 2100:
        raise CellProblem(f"Năm {date.year} không hợp lý, vui lòng kiểm tra lại.")
    return date


def as_number(cell: Any, *, whole: bool, places: int = 3) -> Decimal | None:
    """Return the number of a cell; text is read the Vietnamese way ("1.140", "90,5"), never guessed."""
    if is_blank(cell):
        return None
    if isinstance(cell, bool) or (isinstance(cell, str) and cell.startswith((DATE, MOMENT, TIME))):
        raise CellProblem(f"“{shown(cell)}” không phải là số.")
    if isinstance(cell, str):
        text = clean_line(cell)
        if text in ("-", "–", "—", "/"):
            raise CellProblem(
                f"“{text}” chưa rõ: nhập 0 nếu không phát sinh, để trống nếu chưa có số liệu."
            )
        try:
            return parse_number(text, whole=whole, places=places)
        except NumberProblem as problem:
            raise CellProblem(str(problem)) from problem
    return _number_cell(cell, whole, places)


def _number_cell(cell: int | float, whole: bool, places: int) -> Decimal:
    """Return the Decimal of a number cell, the noise of binary fractions rounded away."""
    if not math.isfinite(cell) or abs(cell) > MAX_FIGURE:
        raise CellProblem("Số quá lớn hoặc ô chứa giá trị lỗi, vui lòng kiểm tra lại.")
    if abs(cell - round(cell)) < _NOISE:
        return Decimal(round(cell))
    if whole:
        typed = shown(cell)
        thousand = f"{cell:.3f}".replace(".", "")
        raise CellProblem(
            f"Ô này là số lẻ {typed} nhưng cột chỉ nhận số nguyên. Nếu định nhập "
            f"{format_number(Decimal(thousand))} thì gõ {int(thousand)}."
        )
    number = Decimal(repr(round(cell, 9)))
    if -number.as_tuple().exponent > places:
        raise CellProblem(f"Chỉ nhận tối đa {places} chữ số sau dấu phẩy.")
    return number


def as_yes_no(cell: Any) -> bool | None:
    """Return True for "Có", "x", 1; False for "Không", 0; None for a blank."""
    if is_blank(cell):
        return None
    if isinstance(cell, bool):
        return cell
    word = search_key(as_text(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellProblem(f"“{shown(cell)}” chưa rõ. Nhập “Có” hoặc “Không”.", ("Có", "Không"))


def as_choice(cell: Any, choices: dict[str, str], labels: tuple[str, ...]) -> str:
    """Return the stored value of a choice; `choices` maps a folded label or value to it. Blank gives ""."""
    if is_blank(cell):
        return ""
    text = as_text(cell)
    found = choices.get(search_key(text))
    if found is None:
        raise CellProblem(
            f"“{text[:60]}” không có trong danh sách. Chọn một trong: {'; '.join(labels)}.", labels
        )
    return found
