"""From a cell to a value: what a cell may hold for a text, a code, a date, a number, a choice.

Every function takes a cell as the reader hands it over ("" or None blank, text, int, float, bool, marked
text for dates and for numbers that are shown as something else) and returns the value, None for a blank;
it raises CellProblem with a Vietnamese sentence.
"""

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

from danvan.common.numbers import MAX_FIGURE, NumberProblem, format_number, parse_number
from danvan.common.sheets.formats import (
    DATE,
    MARK,
    MOMENT,
    MONTH,
    ODD,
    PERCENT,
    SHOWN,
    TIME,
    YEARLESS,
)
from danvan.common.sheets.legacy import is_broken
from danvan.common.text import clean_line, clean_text, search_key

CellValue = Any  # "" or None, text, int, float, bool, marked text

_HOUR = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"  # the hour of a moment typed as text says nothing here
_DAY_FIRST = re.compile(
    rf"^(\d{{1,2}})\s*[/.\-]\s*(\d{{1,2}})\s*[/.\-]\s*(\d{{2}}|\d{{4}}){_HOUR}$"
)
_YEAR_FIRST = re.compile(rf"^(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_HOUR}$")
_IN_WORDS = re.compile(r"^ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})$")
_YES = {"co", "x", "1", "dung", "true", "yes", "v"}
_NO = {"khong", "0", "sai", "false", "no", "ko"}
# What stands in a cell whose formula has no result, sent back by errors_workbook().
NO_RESULT = "(công thức chưa có kết quả)"
_EPOCH = datetime.date(1899, 12, 30)
_NOISE = 1e-9
_DAYS = (DATE, MOMENT, MONTH, YEARLESS, TIME)
_TWO_LINES = re.compile(r"\S\s*[\r\n\t]\s*\S|\d\s{2,}\d")
_BAD_DATE = "“{}” không phải là ngày. Nhập dạng ngày/tháng/năm, ví dụ 31/12/2022."
_CONTRADICTION = (
    "Ô hiện “{}” nhưng chứa số {}. Vui lòng bỏ định dạng riêng của ô rồi nhập đúng số cần ghi."
)


class CellProblem(ValueError):  # noqa: N818 - a sentence for the person who filled the cell
    """What is wrong with a cell and what to do, in Vietnamese; `allowed` lists what may stand there."""

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        self.allowed = allowed
        super().__init__(message)


def is_blank(cell: CellValue) -> bool:
    """Return whether the cell holds nothing but spaces."""
    if cell is None or cell == "":
        return True
    if cell.__class__ is not str:
        return False
    bare = cell.strip()
    return not bare or (not bare.isprintable() and not clean_line(bare))


def day_of(cell: CellValue) -> datetime.date | None:
    """Return the day of a date cell, None for any other cell."""
    if cell.__class__ is not str or not cell.startswith((DATE, MOMENT)):
        return None
    try:
        return datetime.date.fromisoformat(cell[2:12])
    except ValueError:
        return None


def shown(cell: CellValue) -> str:
    """Return the cell as its owner sees it, for messages and the preview."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return format_number(Decimal(repr(cell))) if math.isfinite(cell) else "#NUM!"
    if day := day_of(cell):
        return f"{day:%d/%m/%Y}"
    if cell.startswith(PERCENT):
        return f"{format_number(_percentage(cell))}%"
    if cell.startswith((SHOWN, ODD, MONTH, YEARLESS)):
        return cell.partition("|")[2]
    return clean_line(cell.removeprefix(TIME))[:200]


def _percentage(cell: str) -> Decimal:
    """Return the hundredths a percent cell shows: 95 for 0,95."""
    return round(Decimal(cell[len(PERCENT) :]) * 100, 7).normalize()


def _held(cell: str) -> Decimal:
    """Return the number behind a cell that shows something else."""
    return Decimal(cell[2:].partition("|")[0])


def as_text(cell: CellValue, *, lines: bool = False) -> str:
    """Return the cell as clean text ("" for a blank), of a number what its cell shows."""
    if cell.__class__ is str:
        if cell.isprintable() and _is_tidy(cell):
            if cell == NO_RESULT:
                raise CellProblem("Công thức chưa có kết quả. Vui lòng nhập giá trị.")
            if cell.isascii() or "\ufffd" not in cell:
                return cell
        if cell.startswith(ODD):
            raise CellProblem(_CONTRADICTION.format(shown(cell), format_number(_held(cell))))
        if cell[:1] == MARK:
            return shown(cell)
        if is_broken(cell):
            raise CellProblem("Ô có chữ bị hỏng, không khôi phục được. Vui lòng gõ lại.")
        return clean_text(cell) if lines else clean_line(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Có" if cell else "Không"
    return _number_as_text(cell)


def _is_tidy(text: str) -> bool:
    """Return whether cleaning would change nothing: most cells, so it must be quick."""
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


def as_code(cell: CellValue) -> str:
    """Return the cell as a code: "13369" for 13369.0 too, without spaces or a trailing point."""
    one_line(cell)
    return as_text(cell).replace(" ", "").rstrip(".")


def one_line(cell: CellValue) -> None:
    """Refuse two numbers in one cell: "5", line break, "120" is not 5.120."""
    if cell.__class__ is str and _TWO_LINES.search(cell):
        raise CellProblem(
            f"Ô có nhiều giá trị: “{' / '.join(clean_line(cell).split())[:60]}”. "
            "Mỗi ô chỉ ghi một giá trị."
        )


def as_date(cell: CellValue) -> datetime.date | None:
    """Return the date of a date cell, a serial number, or text such as 31/12/2022 (day first)."""
    if is_blank(cell):
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 20_000 <= cell <= 80_000:
        return _plausible(_EPOCH + datetime.timedelta(days=int(cell)))
    if day := day_of(cell):
        return _plausible(day)
    if not isinstance(cell, str) or cell[:1] == MARK:
        raise CellProblem(_no_day(cell))
    one_line(cell)
    text = clean_line(cell)
    if match := _DAY_FIRST.match(text):
        day_, month, year = match.groups()
        if len(year) == 2:
            raise CellProblem(f"“{text}” thiếu năm đủ 4 chữ số. Nhập dạng 31/12/2022.")
        return _plausible(_make_date(int(year), int(month), int(day_), text))
    if match := _YEAR_FIRST.match(text):
        year_, month_, date_ = map(int, match.groups())
        return _plausible(_make_date(year_, month_, date_, text))
    if match := _IN_WORDS.match(search_key(text)):
        day_, month, year = match.groups()
        return _plausible(_make_date(int(year), int(month), int(day_), text))
    raise CellProblem(_BAD_DATE.format(text[:40]))


def _no_day(cell: CellValue) -> str:
    """Return why a cell that is no text has no day in it."""
    if isinstance(cell, str) and cell.startswith(MONTH):
        return f"Ô chỉ hiện tháng, năm ({shown(cell)}). Vui lòng nhập cả ngày."
    if isinstance(cell, str) and cell.startswith(YEARLESS):
        return f"Ô chỉ hiện ngày, tháng ({shown(cell)}). Vui lòng nhập cả năm."
    return _BAD_DATE.format(shown(cell))


def _make_date(year: int, month: int, day: int, text: str) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise CellProblem(f"“{text}” không có trong lịch. Nhập ngày trước, tháng sau.") from error


def _plausible(date: datetime.date) -> datetime.date:
    if not 1975 <= date.year <= 2100:
        raise CellProblem(f"Năm {date.year} không hợp lý, vui lòng kiểm tra lại.")
    return date


def as_number(
    cell: CellValue, *, whole: bool, places: int = 3, percent: bool = False
) -> Decimal | None:
    """Return the number of a cell; text is read the Vietnamese way ("1.140", "90,5"), never guessed.

    `percent` says that the column counts in hundredths: a cell that shows 95% is 95 there, elsewhere it
    is asked about.
    """
    if is_blank(cell):
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _number_cell(cell, whole, places)
    if not isinstance(cell, str) or cell.startswith(_DAYS):
        raise CellProblem(f"“{shown(cell)}” không phải là số.")
    if cell[:1] == MARK:
        return _formatted(cell, whole, places, percent)
    one_line(cell)
    text = clean_line(cell)
    if text in ("-", "–", "—", "/"):
        raise CellProblem(
            f"“{text}” chưa rõ: nhập 0 nếu không phát sinh, để trống nếu chưa có số liệu."
        )
    try:
        bare = text.removesuffix("%").rstrip() if percent else text
        return parse_number(bare, whole=whole, places=places)
    except NumberProblem as problem:
        raise CellProblem(str(problem)) from problem


def _formatted(cell: str, whole: bool, places: int, percent: bool) -> Decimal:
    """Return the number of a cell whose format shows it as something else; ask where they differ."""
    text = shown(cell)
    if cell.startswith(PERCENT) and percent:
        return _number_cell(float(_percentage(cell)), whole, places)
    if cell.startswith(PERCENT):
        raise CellProblem(f"Ô hiện {text} nhưng cột này không tính bằng phần trăm. Nhập số thường.")
    held = _held(cell)
    bare = text.removesuffix("%").rstrip() if percent else text
    if cell.startswith(SHOWN) and (bare.isdigit() or percent) and _says(bare, held):
        return _number_cell(float(held), whole, places)
    raise CellProblem(_CONTRADICTION.format(text, format_number(held)))


def _says(text: str, number: Decimal) -> bool:
    """Return whether `text` is a way to write `number`."""
    if text.isdigit():
        return Decimal(text) == number
    return text == format_number(number)


def _number_cell(cell: int | float, whole: bool, places: int) -> Decimal:
    """Return the Decimal of a number cell, the noise of binary fractions rounded away."""
    if not math.isfinite(cell) or abs(cell) > MAX_FIGURE:
        raise CellProblem("Số quá lớn hoặc ô chứa giá trị lỗi, vui lòng kiểm tra lại.")
    if abs(cell - round(cell)) < _NOISE:
        return Decimal(round(cell))
    if whole:
        raise CellProblem(
            f"Ô này là số lẻ {shown(cell)} nhưng cột chỉ nhận số nguyên. Có thể Excel đã hiểu dấu chấm "
            "hàng nghìn là dấu phẩy: vui lòng gõ lại, không dùng dấu chấm."
        )
    number = Decimal(repr(round(cell, 9)))
    if number != round(number, places):
        raise CellProblem(f"Chỉ nhận tối đa {places} chữ số sau dấu phẩy.")
    return number


def as_yes_no(cell: CellValue) -> bool | None:
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


def as_choice(cell: CellValue, choices: dict[str, str], labels: tuple[str, ...]) -> str:
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
