"""One typed figure: what it is, what it may be, how it reads. The same for form, workbook and command."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError

from danvan.common.numbers import MAX_FIGURE, TOO_LARGE, format_number, rounded
from reports.models import Indicator, Qualifier, Value, ValueType


@dataclass(frozen=True)
class Figure:
    """What a report says for one indicator. A blank one has neither number nor text (a note may stand)."""

    number: Decimal | None = None
    qualifier: str = Qualifier.EXACT.value
    text: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.number is not None:
            # One spelling per number: 5, 5.0 and 5.000 are the same figure.
            number = Decimal(self.number)
            object.__setattr__(self, "number", number.normalize() if number else Decimal(0))
        object.__setattr__(self, "qualifier", str(self.qualifier))

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was entered. Zero is something."""
        return self.number is None and not self.text

    def as_json(self) -> dict | None:
        """Return the ledger's form of the figure, None where there is nothing at all."""
        if self == BLANK:
            return None
        number = None if self.number is None else f"{self.number:f}"
        # Not dataclasses.asdict: its deep copies are slow for 10,000 figures.
        kept = {"qualifier": self.qualifier, "text": self.text, "note": self.note}
        return {"number": number, **kept}

    @classmethod
    def from_json(cls, data: dict | None) -> Figure:
        """Return the figure of a ledger entry."""
        if data is None:
            return BLANK
        number = None if data["number"] is None else Decimal(data["number"])
        return cls(**{**data, "number": number})

    @classmethod
    def of(cls, value: Value) -> Figure:
        return cls(value.number, value.qualifier, value.text, value.note)


BLANK = Figure()


def check_figure(indicator: Indicator, figure: Figure) -> None:
    """Raise ValidationError (Vietnamese) when `figure` cannot be a value of `indicator`."""
    number = figure.number
    if indicator.value_type == ValueType.TEXT:
        if number is not None:
            raise ValidationError("Chỉ tiêu này là lời văn, không nhận số.")
        if len(figure.text) > 20_000:
            raise ValidationError("Lời văn quá dài (tối đa 20.000 ký tự).")
        return
    if figure.text:
        raise ValidationError("Chỉ tiêu này là số, không nhận lời văn.")
    if number is not None:
        _check_number(indicator, number)


def _check_number(indicator: Indicator, number: Decimal) -> None:
    if number < 0:
        raise ValidationError("Số liệu không được âm.")
    if number > MAX_FIGURE:
        raise ValidationError(TOO_LARGE)
    if indicator.value_type == ValueType.BOOLEAN and number not in (0, 1):
        raise ValidationError("Chỉ nhận Có (1) hoặc Không (0).")
    ranks = range(1, len(indicator.scale) + 1)
    if indicator.value_type == ValueType.RATING and number not in ranks:
        raise ValidationError(f"Chỉ nhận một trong các mức: {', '.join(indicator.scale)}.")
    whole = indicator.value_type != ValueType.DECIMAL
    if whole and number != number.to_integral_value():
        raise ValidationError("Chỉ tiêu này là số nguyên, không nhận phần lẻ.")
    if number != round(number, 3):
        raise ValidationError("Chỉ nhận tối đa 3 chữ số sau dấu phẩy.")


def describe(indicator: Indicator, figure: Figure) -> str:
    """Return a figure as people read it: "trên 1.140", "Có", "Tốt", a text; "" for blank."""
    if indicator.value_type == ValueType.TEXT:
        return figure.text
    if figure.number is None:
        return ""
    if indicator.value_type == ValueType.BOOLEAN:
        return "Có" if figure.number else "Không"
    if indicator.value_type == ValueType.RATING:
        rank = int(figure.number)
        return indicator.scale[rank - 1] if 0 < rank <= len(indicator.scale) else str(rank)
    return Qualifier(figure.qualifier).prefix + format_number(figure.number)


def computed_text(indicator: Indicator, number: Decimal | None) -> str:
    """Return a figure nobody types as people read it: a ratio as "90,5%", others as "1.140"; "" for blank."""
    if number is None:
        return ""
    places = ValueType(indicator.value_type).places
    if indicator.value_type == ValueType.PERCENT:
        return f"{format_number(rounded(number * 100, places))}%"
    return format_number(rounded(number, places))
