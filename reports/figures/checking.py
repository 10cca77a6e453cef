"""What a figure of an indicator may be: the same for form, workbook and command."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from danvan.common.numbers import MAX_FIGURE
from reports.models import Indicator, ValueType

if TYPE_CHECKING:
    from reports.figures.writing import Figure


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
        raise ValidationError("Số quá lớn, vui lòng kiểm tra lại.")
    if indicator.value_type == ValueType.BOOLEAN and number not in (0, 1):
        raise ValidationError("Chỉ nhận Có (1) hoặc Không (0).")
    ranks = range(1, len(indicator.scale) + 1)
    if indicator.value_type == ValueType.RATING and number not in ranks:
        raise ValidationError(f"Chỉ nhận một trong các mức: {', '.join(indicator.scale)}.")
    whole = indicator.value_type != ValueType.DECIMAL
    if whole and number != number.to_integral_value():
        raise ValidationError("Chỉ tiêu này là số nguyên, không nhận phần lẻ.")
    if -number.as_tuple().exponent > 3:
        raise ValidationError("Chỉ nhận tối đa 3 chữ số sau dấu phẩy.")
