"""Number formats of a workbook, as far as they make a cell show something else than its number.

0,95 may be shown as 95%, 7 as 007, 5000 as 5, 1140 as "trên 1.140". Such cells reach the reader as marked
text that holds both, so that a column can take what its owner saw or ask. Dates are the fast reader's.
"""

import datetime
import re
from decimal import Decimal

from danvan.common.numbers import format_number
from danvan.common.text import search_key

# How cells travel that are neither text nor a plain number. The first sign is half a letter, which no
# workbook can hold: text of a file is never taken for a mark.
MARK = "\ud800"
DATE, MOMENT, TIME = f"{MARK}d", f"{MARK}m", f"{MARK}t"
# Cells that show something else than they hold: a percentage; number and text, apart by "|", where the
# text says the same number; the same where it does not.
PERCENT, SHOWN, ODD = f"{MARK}p", f"{MARK}n", f"{MARK}o"
# Days of which the cell shows only month and year, or only day and month: Excel made up the rest.
MONTH, YEARLESS = f"{MARK}y", f"{MARK}w"

_SIGNS = re.compile(r'"[^"]*"|General|\\.|_.|\*.|\[[^\]]*\]|;|.', re.DOTALL)
_CURRENCY = re.compile(r"\[\$([^\-\]]*)")
_DATE = re.compile(r"[dmyhsDMYHS]")
_SCALED = re.compile(r"[0#?](,+)(?![0#?,])")
_ZEROS = re.compile(r"0{2,}")
_NUMBER = "\x00"  # where the number stands among the literals of a format
# Formats that tell and have a number instead of a code.
_BUILT_IN = {9: "0%", 10: "0.00%", 16: "d-mmm", 17: "mmm-yy"}
# Words in a format that change how much the number is; "người", "đồng" only name what is counted.
_WEIGHTY = {
    *("nghin", "ngan", "trieu", "ty", "ti", "tram", "chuc", "van"),
    *("tren", "hon", "duoi", "khoang", "gan", "am", "tru", "ca"),
}


def formats_of(names: dict[int, str], used: list[int]) -> dict[int, str]:
    """Return cell style → format code for the styles that show something else; `used` are format ids."""
    codes = {number: _BUILT_IN.get(number) or names.get(number, "") for number in used}
    odd = {n for n, code in codes.items() if code and (is_telling(code) or _lacking(code))}
    return {style: codes[number] for style, number in enumerate(used) if number in odd}


def is_telling(code: str) -> bool:
    """Return whether cells of the format `code` may show something else than their number."""
    return any(_sign(section) for section in _sections(code)[:2])


def _lacking(code: str) -> str:
    """Return the mark of days that a format shows in part: typed were "12/2024" or "5/12", "" for none."""
    bare = _sections(code)[0][0].lower()
    if re.search("[hs]", bare):
        return ""
    if "d" in bare:
        return YEARLESS if "m" in bare and "y" not in bare else ""
    return MONTH if re.search("[my]", bare) else ""


def marked(value: float | datetime.date, code: str) -> str | float:
    """Return the number or day of a cell as the reader takes it: marked where the format tells."""
    if isinstance(value, datetime.date):
        mark = _lacking(code)
        return f"{mark}{value:%Y-%m-%d}|{value.strftime('%m/%Y' if mark == MONTH else '%d/%m')}"
    sections = _sections(code)
    bare, words = sections[1 if value < 0 and len(sections) > 1 else 0]
    sign = _sign((bare, words))
    if not sign or (value == 0 and len(sections) > 2):  # a dash or nothing for 0 is a habit
        return value
    if sign == PERCENT:
        return f"{PERCENT}{value!r}"
    number, scaled = Decimal(repr(value)), _SCALED.search(bare)
    if scaled:
        number /= 1000 ** len(scaled[1])
    figures = format_number(number)
    if _ZEROS.fullmatch(bare):
        figures = figures.replace(".", "").zfill(len(bare))
    return f"{sign}{value!r}|{words.replace(_NUMBER, figures).strip()}"


def _sign(section: tuple[str, str]) -> str:
    """Return the mark a section of a format asks for, "" for none."""
    bare, words = section
    if _DATE.search(bare):
        return ""
    if "%" in bare:
        return PERCENT
    if _NUMBER not in words or _SCALED.search(bare):
        return ODD
    if _ZEROS.fullmatch(bare):
        return SHOWN if words.strip() == _NUMBER else ODD
    literal = words.replace(_NUMBER, " ")
    if set(search_key(literal).split()) & _WEIGHTY or re.search(r"[\d<>~%+≥≤±]", literal):
        return SHOWN
    return ""


def _sections(code: str) -> list[tuple[str, str]]:
    """Return the sections of a format: its signs without literals, and its literals around the number."""
    sections, bare, words = [], "", ""
    for sign in [*_SIGNS.findall(code), ";"]:
        if sign == ";":
            sections.append((bare, words))
            bare = words = ""
        elif sign[0] in '"\\':
            words += sign.strip('"') if sign[0] == '"' else sign[1:]
        elif sign[0] == "[":
            found = _CURRENCY.match(sign)
            words += found[1] if found else ""
        elif sign[0] in "_*":
            continue
        elif sign == "General" or sign in "0#?.,%/E+-@" or sign.isspace() or _DATE.match(sign):
            bare += "" if sign == "General" else sign
            if sign in ("0", "#", "?", "@", "General") and _NUMBER not in words:
                words += _NUMBER
        else:
            words += sign
    return sections[:3] if len(sections) > 3 else sections[: code.count(";") + 1]
