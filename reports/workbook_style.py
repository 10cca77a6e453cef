"""How figures stand in the official workbook: real numbers, formats that say how exact."""

from __future__ import annotations

from decimal import Decimal

from danvan.common import excel
from reports.consolidation_figures import Definition, Figure
from reports.models import Qualifier
from reports.workbook_kit import PLAIN, RIGHT, Worksheet, write

_PREFIX = {Qualifier.AT_LEAST: '"trên "', Qualifier.ABOUT: '"khoảng "'}
CHANGE = "+{0};-{0};0"


def decimals_format(number: Decimal, definition: Definition) -> str:
    """Return the number format: 0.0 for ratios, else with the decimals the number has."""
    if definition.is_ratio:
        return "0.0"
    places = max(0, -number.normalize().as_tuple().exponent)
    return excel.WHOLE + ("." + "0" * min(places, 3) if places else "")


def figure_format(figure: Figure, definition: Definition) -> str:
    """Return the number format of a figure; an inexact one says so before its number."""
    return _PREFIX.get(figure.qualifier, "") + decimals_format(figure.number, definition)


def cell_number(number: Decimal | None) -> int | float | None:
    """Return what a cell stores: whole numbers as such, others without digits nobody entered."""
    if number is None:
        return None
    number = round(number, 6)
    return int(number) if number == number.to_integral_value() else float(number)


def write_figure(ws: Worksheet, row: int, column: int, figure, definition, *, font=PLAIN):
    """Write a figure as a real number (blank stays blank), right-aligned."""
    if figure is None or figure.number is None:
        return write(ws, row, column, None, font=font, align=RIGHT)
    fmt = figure_format(figure, definition)
    return write(ws, row, column, cell_number(figure.number), font=font, align=RIGHT, fmt=fmt)
