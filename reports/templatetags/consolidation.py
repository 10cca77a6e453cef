"""Filters that show consolidated figures; the words are those of reports/consolidation/words.py."""

from django import template

from danvan.common.numbers import format_number
from reports.consolidation import words
from reports.documents.workbook.units import rating_text, unit_label

register = template.Library()
register.filter("figure_text", words.figure_text)
register.filter("contribution_text", words.contribution_text)
register.filter("share_text", words.share_text)
register.filter("spread_text", words.spread_text)
register.filter("number_text", words.number_text)
register.filter("roman", words.roman)
register.filter("unit_label", unit_label)
register.filter("rating_text", rating_text)


@register.simple_tag
def as_of(figure, definition, scope) -> str:
    """Return which year a stock, count or rating is of, where the range has several."""
    return words.as_of_text(figure, definition, scope)


@register.filter
def change_text(line) -> str:
    """Return the change of a line with its sign, in points for a ratio; "" where there is none."""
    if line.change is None:
        return ""
    number = line.definition.shown(line.change)
    text = format_number(abs(number))
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return sign + text


@register.simple_tag
def records_link(behind: dict, contribution, definition) -> str:
    """Return the address of the records behind a contribution, "" where the figure is not counted."""
    return behind.get((contribution.report.pk, definition.code), "")
