"""Records in words: cells of a list, groups of a detail page. Takes rows fetched with their names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

from danvan.common.numbers import format_number
from danvan.common.words import column_named, in_words
from records.kinds import RecordKind
from records.models import EventRecord


@dataclass(frozen=True)
class ListCell:
    """One value as text; numbers stand on the right."""

    text: str
    is_number: bool = False


@dataclass(frozen=True)
class ListRow:
    """One line of a list."""

    record: EventRecord
    when: str
    cells: list[ListCell]


@dataclass(frozen=True)
class Heading:
    """One column's head; `order` is what a click sorts by, "" where it cannot be sorted."""

    label: str
    is_number: bool = False
    order: str = ""
    arrow: str = ""
    aria: str = ""


def groups_of(kind: RecordKind, record: EventRecord) -> dict[str, list[tuple[str, str]]]:
    """Return the filled fields of a record as (label, text), by the legend of their group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for legend, names in kind.layout:
        for name in names:
            if name != "unit" and (text := value_text(record, name)):
                groups.setdefault(legend, []).append((label_of(kind, name), text))
    return groups


def label_of(kind: RecordKind, name: str) -> str:
    return "Chủ trì, tham dự" if name == "led_by" else kind.label_of(name)


def value_text(record: Any, name: str) -> str:
    """Return the value of an entered field as people read it, "" for nothing."""
    if name == "led_by":
        return record.leaders
    return in_words(column_named(record, name), getattr(record, name))


def column_choices(kind: RecordKind) -> list[tuple[str, str]]:
    """Return the columns a list may show beside day, title and unit: (name, label), in the form's order."""
    shown = {"unit", "title", "start_date" if kind.dated else "year"}
    return [(name, label_of(kind, name)) for name in kind.fields if name not in shown]


def shown_row(kind: RecordKind, record: Any, columns: Iterable[str]) -> ListRow:
    """Return one line of the list of `kind`."""
    cells = [ListCell(value_text(record, name), is_number(kind, name)) for name in columns]
    when = f"{record.start_date:%d/%m/%Y}" if kind.dated else str(record.year)
    return ListRow(record, when, cells)


def is_number(kind: RecordKind, name: str) -> bool:
    if name == "led_by":
        return False
    column = kind.column(name)
    return isinstance(column, models.IntegerField | models.DecimalField) and not column.choices


def headings(kind: RecordKind, order: str, columns: Iterable[str]) -> list[Heading]:
    """Return the heads: day and the kind's number can be sorted, both ways."""
    found = [_heading("Ngày" if kind.dated else "Năm", "ngay", order)]
    found.append(Heading(kind.label_of("title")))
    for name in columns:
        sortable = "so" if name == kind.number else ""
        found.append(_heading(label_of(kind, name), sortable, order, is_number(kind, name)))
    return found


def _heading(label: str, name: str, order: str, number: bool = False) -> Heading:
    if not name:
        return Heading(label, number)
    down, up = order == f"-{name}", order == name
    return Heading(
        label,
        number,
        order=name if down else f"-{name}",
        arrow="▼" if down else "▲" if up else "",
        aria="descending" if down else "ascending" if up else "none",
    )


def total_cells(
    kind: RecordKind, totals: dict | None, columns: Iterable[str]
) -> list[ListCell] | None:
    """Return the foot of the list: a sum under each summed column; None without totals."""
    if not kind.totals or totals is None:
        return None
    return [ListCell(format_number(totals.get(name)), True) for name in columns]


def other_totals(
    kind: RecordKind, totals: dict | None, columns: Sequence[str]
) -> list[tuple[str, str]]:
    """Return (label, sum) of summed fields that have no column in the list; nothing said is no zero."""
    names = [name for name in kind.totals if name not in columns]
    sums = [(kind.label_of(name), (totals or {}).get(name)) for name in names]
    return [(label, format_number(number)) for label, number in sums if number is not None]


@dataclass(frozen=True)
class Feed:
    """One report the record counts in: its period and unit in words, its address ("" for who may not see it).

    `figures` are (code, label) of what is counted from the record.
    """

    period: str
    unit: str
    url: str
    figures: tuple[tuple[str, str], ...]


def feeds_of(record: Any, user: Any) -> list[Feed]:
    """Return the reports `record` counts in, as `user` may see them, of the oldest year first.

    Records know nothing of reports (imports run one way); the setting RECORD_FEEDS names who does.
    """
    return import_string(settings.RECORD_FEEDS)(record, user) if settings.RECORD_FEEDS else []
