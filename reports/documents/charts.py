"""Charts drawn on the server: pure functions from figures to shapes, drawn as SVG by a partial.

Coordinates are strings with a point, whatever the locale; colours are CSS classes, because the content
security policy allows no style attribute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from textwrap import shorten

ROW, BAR, TOP = 26, 16, 3
WIDTH, LABELS, VALUES = 420, 160, 76


@dataclass(frozen=True)
class Bar:
    """One bar with its name and its figure as text; a blank figure has no bar."""

    label: str
    text: str
    y: str
    text_y: str
    width: str
    text_x: str


@dataclass(frozen=True)
class BarChart:
    """A horizontal bar chart. `description` is what a screen reader says of the whole."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    height: str
    width: str = str(WIDTH)
    label_x: str = str(LABELS - 8)
    bar_x: str = str(LABELS)
    bar_height: str = str(BAR)


def bar_chart(title: str, rows: Iterable[tuple[str, Decimal | None, str]]) -> BarChart:
    """Return a bar chart of (label, number, number as text), longest bar = largest number."""
    rows = list(rows)
    largest = max((number for _label, number, _text in rows if number is not None), default=0)
    room = WIDTH - LABELS - VALUES
    bars = []
    for index, (label, number, text) in enumerate(rows):
        width = round(room * number / largest) if number and largest else 0
        bars.append(
            Bar(
                label=shorten(label, 26, placeholder="…"),
                text=text or "—",
                y=str(index * ROW + TOP),
                text_y=str(index * ROW + TOP + 12),
                width=str(width),
                text_x=str(LABELS + width + 6),
            )
        )
    spoken = "; ".join(f"{label} {text or 'chưa có số liệu'}" for label, _number, text in rows)
    return BarChart(title, f"{title}: {spoken}", tuple(bars), str(max(len(rows), 1) * ROW + TOP))
