"""Tags of the picture: its table has a thousand cells, so they are written here, not in a template."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.consolidation.words import figure_text
from reports.overview.figures import HeatRow
from reports.overview.links import Links
from reports.overview.words import short_name, step_words

register = template.Library()
for words in (short_name, step_words):
    register.filter(words.__name__, words)
USUAL_SHADE = 3  # about the median, of most cells: the style sheet's own
_BLANK = SafeString('<td class="v0"></td>')


@register.simple_tag
def heat_row(row: HeatRow, links: Links) -> SafeString:
    """Return one row of the table: the unit leads to its own picture, each figure to what is behind it."""
    cells = format_html_join(
        "",
        "{}",
        (
            (
                _BLANK
                if cell.figure.is_blank
                else format_html(
                    '<td><a href="{}"{}>{}</a></td>',
                    links.figure(cell.definition.code, links.year, row.unit.pk),
                    "" if cell.shade == USUAL_SHADE else SafeString(f' class="v{cell.shade}"'),
                    _short(figure_text(cell.figure, cell.definition)),
                ),
            )
            for cell in row.cells
        ),
    )
    kind = SafeString(' class="heading"') if row.is_heading else ""
    return format_html(
        '<tr{}><th scope="row"><a href="{}">{}</a></th>{}</tr>',
        kind,
        links.unit_picture(row.unit),
        short_name(row.unit),
        cells,
    )


def _short(text: str) -> str:
    """Return a figure as it fits a narrow cell: what cannot be compared is a dash."""
    return text if len(text) <= 12 else "–"


@register.filter
def figure_of(figure: object, definition: object) -> str:
    """Return a figure in words, "—" for none."""
    return figure_text(figure, definition) or "—"  # type: ignore[arg-type]
