"""What a clerk types, read into figures: the same for the form and for a workbook."""

import re
from decimal import Decimal

from django.core.exceptions import ValidationError

from danvan.common.numbers import NumberProblem, format_number, parse_number
from danvan.common.text import clean_line, clean_text, search_key
from reports.figures.figure import Figure, check_figure
from reports.models import Indicator, Qualifier, ValueType

_PREFIX = re.compile(r"^(trên|hơn|ít nhất|khoảng|trên dưới|ước)\s+(?=\d)", re.IGNORECASE)
_AT_LEAST = {Qualifier.AT_LEAST.label, "hơn", "ít nhất"}
_YES, _NO = {"co", "x", "1", "dung", "true"}, {"khong", "0", "sai", "false"}


class EntryProblem(ValueError):  # noqa: N818
    """What was typed cannot be read; the message is for the clerk."""


def read_figure(indicator: Indicator, typed: str, qualifier: str = "", note: str = "") -> Figure:
    """Return the figure that `typed` stands for.

    "trên 1.140" carries its qualifier with it; an explicit `qualifier` gives way to it. Empty text is a
    blank figure, never zero. Raises EntryProblem (Vietnamese).
    """
    note = clean_line(note)
    if len(note) > 1000:
        raise EntryProblem("Giải trình quá dài (tối đa 1.000 ký tự).")
    if indicator.value_type == ValueType.TEXT:
        figure = Figure(text=clean_text(typed), note=note)
    else:
        figure = _read_number(indicator, clean_line(typed), qualifier, note)
    try:
        check_figure(indicator, figure)
    except ValidationError as error:
        raise EntryProblem(" ".join(error.messages)) from error
    return figure


def _read_number(indicator: Indicator, typed: str, qualifier: str, note: str) -> Figure:
    if not typed:
        return Figure(note=note)
    if indicator.value_type == ValueType.BOOLEAN:
        return Figure(number=Decimal(_read_yes_no(typed)), note=note)
    if indicator.value_type == ValueType.RATING:
        return Figure(number=Decimal(_read_rating(indicator, typed)), note=note)
    prefix = _PREFIX.match(typed)
    if prefix:
        word = prefix[1].lower()
        qualifier = Qualifier.AT_LEAST if word in _AT_LEAST else Qualifier.ABOUT
        typed = typed[prefix.end() :]
    if qualifier not in Qualifier.values:
        qualifier = Qualifier.EXACT
    try:
        number = parse_number(typed, whole=indicator.value_type == ValueType.INTEGER)
    except NumberProblem as problem:
        raise EntryProblem(str(problem)) from problem
    return Figure(number=number, qualifier=qualifier, note=note)


def _read_yes_no(typed: str) -> int:
    key = search_key(typed)
    if key in _YES or key in _NO:
        return int(key in _YES)
    raise EntryProblem(f"“{typed[:40]}” chưa đúng, chỉ nhận Có hoặc Không.")


def _read_rating(indicator: Indicator, typed: str) -> int:
    ranks = {search_key(label): rank for rank, label in enumerate(indicator.scale, start=1)}
    ranks |= {str(rank): rank for rank in ranks.values()}
    if search_key(typed) in ranks:
        return ranks[search_key(typed)]
    raise EntryProblem(
        f"“{typed[:40]}” chưa đúng, chỉ nhận một trong các mức: {', '.join(indicator.scale)}."
    )


def typed_form(indicator: Indicator, figure: Figure) -> str:
    """Return what stands in the input for a stored figure: read_figure takes it back unchanged."""
    if indicator.value_type == ValueType.TEXT:
        return figure.text
    if figure.number is None:
        return ""
    if indicator.is_number:
        return format_number(figure.number)
    return str(int(figure.number))
