"""Numbers as Vietnamese offices write them: 1.140 is a thousand, 90,5 a fraction; 1.14 is a question."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal

MAX_FIGURE = Decimal("999999999999.999")
NEGATIVE, TOO_LARGE = "Không nhận số âm.", "Số quá lớn, vui lòng kiểm tra lại."
_WIDE = Context(prec=100)  # a product of large figures is rounded as well
# A group of thousands never begins with 0: "0.500" is a half to many, so it is asked about.
_GROUPED = re.compile(r"^-?[1-9]\d{0,2}([.  ]\d{3})+(,\d+)?$")
_PLAIN = re.compile(r"^-?\d+(,\d+)?$")
# "5,000" is a thousand to whoever works with an English Excel; a fraction is not written with a last 0.
_ENGLISH = re.compile(r"^-?[1-9]\d{0,2},\d{3}$")
_POINT_FRACTION = re.compile(r"^-?\d+\.\d+$")
# What was meant is not known, so no number is proposed: "1.14" may be 1,14, 1.140 or a slip of the hand.
_POINT = "Dấu chấm ngăn cách hàng nghìn phải đứng trước đúng 3 chữ số, như 12.500."


class NumberProblem(ValueError):  # noqa: N818 - a message for the person who typed, in Vietnamese
    """What is wrong with a typed number, as a sentence in Vietnamese that says what to do."""


def parse_number(text: str, *, whole: bool, places: int = 3) -> Decimal:
    """Return the number a person typed.

    Takes "1140", "1.140", "1 140", "90,5", "1.140,5"; `whole` asks for a whole number, otherwise at most
    `places` decimals are allowed. "1.14" and "90.5" could mean two things: they are refused with a
    question. Raises NumberProblem with a Vietnamese message.
    """
    typed = re.sub(r"[\u00a0\u202f\u2009]", " ", text).strip()
    if not re.fullmatch(r"-?[0-9][0-9., ]*", typed):
        raise NumberProblem(
            f"“{text.strip()[:40]}” không phải là số. Ví dụ nhập đúng: {_example(whole)}."
        )
    if len(typed) > 24:
        raise NumberProblem("Số quá dài, vui lòng kiểm tra lại.")
    number = _read(typed, whole=whole)
    if number != number.to_integral_value():
        if whole:
            raise NumberProblem(f"Chỉ nhận số nguyên, không nhận phần lẻ “{typed}”.")
        if number != round(number, places):
            raise NumberProblem(f"Chỉ nhận tối đa {places} chữ số sau dấu phẩy.")
    if abs(number) > MAX_FIGURE:
        raise NumberProblem(TOO_LARGE)
    return number


def _read(typed: str, *, whole: bool) -> Decimal:
    """Return the Decimal of a string of digits and separators, or raise on an ambiguous one."""
    if _GROUPED.match(typed) and len(set(re.findall(r"[. ]", typed))) == 1:
        return Decimal(re.sub(r"[. ]", "", typed).replace(",", "."))
    if _ENGLISH.match(typed) and (whole or typed.endswith("0")):
        fraction = typed.rstrip("0").rstrip(",")
        other = f", nhập {fraction} nếu dấu phẩy ngăn phần lẻ"
        if whole and "," in fraction:
            other = "; ở đây không nhận phần lẻ"
        raise NumberProblem(
            f"“{typed}” chưa rõ: nhập {typed.replace(',', '.')} nếu là hàng nghìn{other}."
        )
    if _PLAIN.match(typed):
        return Decimal(typed.replace(",", "."))
    if _POINT_FRACTION.match(typed) and not whole:
        raise NumberProblem(
            f"“{typed}” chưa rõ: nhập {typed.replace('.', ',')} nếu là số lẻ (dấu phẩy). {_POINT}"
        )
    if "." in typed:
        raise NumberProblem(f"“{typed}” chưa rõ. {_POINT} Vui lòng nhập lại.")
    raise NumberProblem(f"“{typed}” không phải là số. Ví dụ nhập đúng: {_example(whole)}.")


def read_id(text: str, default: int | None = None) -> int | None:
    """Return a row id or version a browser posted, `default` for anything that cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else default


def _example(whole: bool) -> str:
    return "1140 hoặc 1.140" if whole else "1.140 hoặc 90,5"


def rounded(number: Decimal | int, places: int = 0) -> Decimal:
    """Return `number` with at most `places` decimals, half away from zero as Excel shows it (91.25 → 91.3).

    The one rounding of all that is shown: page, script, drill-down, workbook and chart.
    """
    return Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)


def format_number(number: Decimal | int | None, places: int | None = None) -> str:
    """Return `number` as "1.140" or "90,5"; "" for None.

    `places` fixes the number of decimals; without it trailing zeros are dropped.
    """
    if number is None:
        return ""
    number = Decimal(number) if places is None else rounded(number, places)
    text = f"{number:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def format_change(number: Decimal | None) -> str:
    """Return a difference with its sign ("+12", "−3,5", "0"); "" for None.

    The sign is a minus, not a hyphen: a column of figures lines up and reads well.
    """
    text = format_number(number).replace("-", "−")
    return f"+{text}" if number and number > 0 else text
