"""Filters that show consolidated figures; the words are those of reports/consolidation/words.py."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.consolidation import words
from reports.consolidation.figures import Definition, Total
from reports.consolidation.filters import Wanted
from reports.consolidation.scope import Scope
from reports.consolidation.summary import Line
from reports.consolidation.units import UnitRow
from reports.models import ValueType

register = template.Library()
_SHOWN, _TOTAL, _SUB = (SafeString(f' class="{name}"') for name in ("shown", "total", "sub"))
for shown in (
    words.figure_text, words.contribution_text, words.change_text, words.share_text, words.roman,
    words.restated_text, words.restated_notes,
):  # fmt: skip
    register.filter(shown.__name__, shown)


@register.simple_tag
def as_of(figure: Any, definition: Definition, scope: Any) -> str:
    """Return which year a stock, count or rating is of, where the range has several."""
    return words.as_of_text(figure, definition, scope)


@register.simple_tag
def drill_url(definition: Definition, wanted: Wanted) -> str:
    """Return the address of the reports behind the figures of one indicator."""
    level = f"&level={wanted.level}" if wanted.level else ""
    return f"{reverse('reports:drill', args=[definition.code])}?{wanted.query}{level}"


@register.simple_tag
def figure_link(
    figure: Total | None, definition: Definition, address: str, level: str = ""
) -> SafeString | str:
    """Return a figure as a link to the reports behind it (of `level`), nothing for a blank one.

    What a ratio is made of stands in the link's title.
    """
    if figure is None or figure.is_blank:
        return ""
    address += f"&level={level}" if level else ""
    return _link(address, figure, words.figure_text(figure, definition))


@register.simple_tag
def figure_cell(
    figure: Total | None, definition: Definition, address: str, level: str
) -> SafeString:
    """Return the cell of one level."""
    return format_html(
        '<td class="num {}">{}</td>', level, figure_link(figure, definition, address, level)
    )


@register.simple_tag
def plain_figure(figure: Total, definition: Definition) -> SafeString | str:
    """Return a figure that leads nowhere."""
    text = words.figure_text(figure, definition)
    wraps = figure.ranks or figure.is_incomparable
    return format_html('<span class="ranks">{}</span>', text) if wraps else text


@register.simple_tag
def besides(line: Line, scope: Scope) -> SafeString | str:
    """Return what must be said beside the total of a line, small."""
    said = words.besides(line.total, line.definition, scope)
    return format_html(" <small>{}</small>", "; ".join(said)) if said else ""


@register.simple_tag
def unit_row(
    row: UnitRow,
    columns: list[Definition],
    wanted: Wanted,
    shown: str,
    district: UnitRow | None = None,
    *,
    is_total: bool = False,
) -> SafeString:
    """Return one row of the table by unit, each figure a link to the reports behind it.

    Written here, not in a template: a province has thousands of these cells. `shown` is the indicator a
    phone shows, `district` the row it stands below.
    """
    level = f"&level={wanted.level}" if wanted.level else ""
    asked = f"?{wanted.query}&row={row.key}{level}"
    cells = format_html_join(
        "",
        "<td{}>{}</td>",
        (
            (_SHOWN if definition.code == shown else "", _cell(row, definition, asked))
            for definition in columns
        ),
    )
    kind = _TOTAL if row.parts else _SUB if district else ""
    name = f"Tổng cộng {row.unit.full_name_in_text}" if is_total else words.row_label(row)
    return format_html('<tr{}><th scope="row">{}</th>{}</tr>', kind, name, cells)


def _cell(row: UnitRow, definition: Definition, asked: str) -> SafeString | str:
    """Return one figure of the table by unit."""
    figure = row.figures[definition.code]
    if figure.is_blank:
        return ""
    text = words.figure_text(figure, definition)
    if definition.value_type == ValueType.RATING:
        text = words.rating_text(row, definition)
    address = reverse("reports:drill", args=[definition.code]) + asked
    return _link(address, figure, text)


def _link(address: str, figure: Total, text: str) -> SafeString:
    if figure.ranks or figure.is_incomparable:
        return format_html('<a class="ranks" href="{}">{}</a>', address, text)
    if share := words.share_text(figure):
        return format_html('<a href="{}" title="{}">{}</a>', address, share, text)
    return format_html('<a href="{}">{}</a>', address, text)


@register.simple_tag
def records_link(behind: dict, contribution: Any, definition: Definition) -> str:
    """Return the address of the records behind a contribution, "" where the figure is not counted."""
    return behind.get((contribution.report.pk, definition.code), "")
