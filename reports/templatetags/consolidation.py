"""Filters that show consolidated figures; the words are those of reports/consolidation/words.py."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from reports.consolidation import words
from reports.consolidation.figures import Definition

register = template.Library()
for shown in (
    words.figure_text, words.contribution_text, words.change_text, words.share_text, words.spread_text,
    words.number_text, words.roman, words.row_label, words.rating_text,
):  # fmt: skip
    register.filter(shown.__name__, shown)


@register.simple_tag
def as_of(figure: Any, definition: Definition, scope: Any) -> str:
    """Return which year a stock, count or rating is of, where the range has several."""
    return words.as_of_text(figure, definition, scope)


@register.simple_tag
def drill_url(definition: Definition, wanted: Any, level: str = "") -> str:
    """Return the address of the reports behind a figure: of one level, of those asked for without it."""
    level = level or wanted.level
    address = f"{reverse('reports:drill', args=[definition.code])}?{wanted.query}"
    return f"{address}&level={level}" if level else address


@register.simple_tag
def records_link(behind: dict, contribution: Any, definition: Definition) -> str:
    """Return the address of the records behind a contribution, "" where the figure is not counted."""
    return behind.get((contribution.report.pk, definition.code), "")
