"""Charts drawn on the server: pure functions from figures to shapes, drawn as SVG by two partials.

Coordinates are strings with a point, whatever the locale; colours are CSS classes, because the content
security policy allows no style attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

ROW, BAR, TOP = 26, 16, 3
WIDTH, LABELS, VALUES = 420, 160, 76
# State of a report → the end of the CSS classes fill-… and text-…, and how it reads.
STATES = {
    "approved": ("approved", "Đã duyệt"),
    "submitted": ("sent", "Chờ duyệt"),
    "returned": ("returned", "Trả lại để sửa"),
    "reopened": ("returned", "Mở lại để sửa"),
    "draft": ("draft", "Đang soạn"),
}


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
                label=_short(label),
                text=text or "—",
                y=str(index * ROW + TOP),
                text_y=str(index * ROW + TOP + 12),
                width=str(width),
                text_x=str(LABELS + width + 6),
            )
        )
    spoken = "; ".join(f"{label} {text or 'chưa có số liệu'}" for label, _number, text in rows)
    return BarChart(title, f"{title}: {spoken}", tuple(bars), str(max(len(rows), 1) * ROW + TOP))


def _short(label: str) -> str:
    return label if len(label) <= 26 else f"{label[:25]}…"


@dataclass(frozen=True)
class Segment:
    """One part of a progress ring: how long its arc is and where it begins, of 100."""

    kind: str
    label: str
    count: int
    length: str
    rest: str
    offset: str


@dataclass(frozen=True)
class Progress:
    """How many reports stand where. `done` are the approved ones."""

    total: int
    done: int
    percent: int
    segments: tuple[Segment, ...]
    description: str

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The parts as the meter tag takes them."""
        return [(segment.kind, segment.count) for segment in self.segments]


def progress(counts: Mapping[str, int]) -> Progress:
    """Return the progress of reports counted by state; unknown states and zeros are left out."""
    known = [(state, counts[state]) for state in STATES if counts.get(state)]
    total = sum(count for _state, count in known)
    segments, start = [], Decimal(0)
    for state, count in known:
        kind, label = STATES[state]
        length = Decimal(count) * 100 / total
        segments.append(
            Segment(kind, label, count, f"{length:.3f}", f"{100 - length:.3f}", f"{(-start):.3f}")
        )
        start += length
    done = counts.get("approved", 0)
    spoken = ", ".join(f"{segment.label.lower()} {segment.count}" for segment in segments)
    return Progress(
        total=total,
        done=done,
        percent=done * 100 // total if total else 0,
        segments=tuple(segments),
        description=f"{total} báo cáo: {spoken}" if spoken else "Chưa có báo cáo",
    )
