"""A column of a sheet, declared once: heading, how a cell is read and shown, width, number format, choices.

A Column is a Field of django-import-export and its Cell widget does the reading and the showing, so that
a Resource of Columns is all that template, reader, checker, preview and export know of a sheet.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from import_export import fields, widgets

from danvan.common import excel
from danvan.common.sheets import cells
from danvan.common.sheets.formats import DATE
from danvan.common.text import search_key

MEMORY = 20_000  # cells of a column whose meaning is kept
NOTHING = object()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell: the column's key ("" for the whole row), why, what stood there."""

    key: str
    message: str
    value: str = ""
    allowed: tuple[str, ...] = ()

    def as_list(self) -> list:
        """Return the problem as a job stores it."""
        return [self.key, self.message, self.value[:200], list(self.allowed[:40])]


class Cell(widgets.Widget):
    """Text, and the base of all others: reads a cell the Vietnamese way and shows a stored value.

    `field` is the model's column behind it, where there is one; `choices` are the labels of a list.
    """

    width, fmt = 16.0, ""
    choices: tuple[str, ...] = ()

    def __init__(self, field: models.Field | None = None) -> None:
        super().__init__(coerce_to_string=False)
        self.field = field
        length = getattr(field, "max_length", None) or 0
        self.lines = length > 300
        if type(self) is Cell and length:
            self.width = 40.0 if length >= 300 else 18.0

    def read(self, cell: Any) -> Any:
        """Return the value of a cell as the reader hands it over; raises CellProblem."""
        return cells.as_text(cell, lines=self.lines)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the value of a cell, None for a blank, as import-export asks for it."""
        if isinstance(value, datetime.date):
            value = DATE + value.isoformat()
        found = self.read(value)
        return None if found == "" else found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return what the sheet shows for a stored value."""
        return value


class CodeCell(Cell):
    """A code: "13369", whether Excel made a number of it or not."""

    width, fmt = 11.0, "@"

    def read(self, cell: Any) -> str:
        return cells.as_code(cell)


class ChoiceCell(Cell):
    """One of the choices, by its label (any case, with or without marks) or its stored value."""

    width = 22.0

    def __init__(self, field: models.Field) -> None:
        super().__init__(field)
        self.labels = {value: str(label) for value, label in field.flatchoices}
        self.choices = tuple(self.labels.values())
        self.known = {search_key(str(value)): value for value in self.labels}
        self.known |= {search_key(label): value for value, label in self.labels.items()}

    def read(self, cell: Any) -> Any:
        return cells.as_choice(cell, self.known, self.choices)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.labels.get(value, "")


class YesNoCell(Cell):
    """Yes or no."""

    width, choices = 14.0, ("Có", "Không")

    def read(self, cell: Any) -> bool | None:
        return cells.as_yes_no(cell)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.choices[0] if value else self.choices[1]


class DateCell(Cell):
    """A day."""

    width, fmt = 13.0, excel.DATE

    def read(self, cell: Any) -> datetime.date | None:
        return cells.as_date(cell)


class WholeCell(Cell):
    """A whole number."""

    width, fmt = 12.0, excel.WHOLE

    def read(self, cell: Any) -> int | None:
        number = cells.as_number(cell, whole=True)
        return None if number is None else int(number)


class YearCell(WholeCell):
    """A year: 2024, never 2.024."""

    fmt = "0"


class FractionCell(Cell):
    """A number with decimals."""

    width, fmt = 14.0, excel.FRACTION

    def read(self, cell: Any) -> Any:
        return cells.as_number(cell, whole=False, places=self.field.decimal_places)


class Column(fields.Field):
    """A column of a sheet. `key` names it in code, `attribute` is where its value comes from.

    `synonyms` are other headings it is known by, `hint` stands on the guide sheet; a `locked` one cannot
    be typed over in the template. A blank cell leaves alone what is stored.
    """

    def __init__(
        self,
        heading: str,
        width: float = 0,
        fmt: str = "",
        *,
        key: str = "",
        attribute: str | None = None,
        cell: Cell | None = None,
        choices: Iterable[str] = (),
        required: bool = False,
        synonyms: tuple[str, ...] = (),
        hint: str = "",
        locked: bool = False,
        readonly: bool = False,
    ) -> None:
        cell = cell or Cell()
        super().__init__(attribute, heading, cell, readonly=readonly)
        self.key, self.heading = key, heading
        self.width, self.fmt = width or cell.width, fmt or cell.fmt
        self.choices = tuple(choices) or cell.choices
        self.required, self.synonyms, self.hint, self.locked = required, synonyms, hint, locked
        self.empty: Any = None  # what a record holds where nothing is said
        self.presumed = False  # a choice nobody has to make: the form begins with it
        if field := cell.field:
            self.presumed = bool(field.choices) and field.has_default() and not field.blank
            if self.presumed:
                self.empty = field.get_default()
            elif isinstance(field, models.BooleanField):
                self.empty = False
            elif isinstance(field, models.CharField):
                self.empty = ""

    def save(self, instance: models.Model, row: dict, is_m2m: bool = False, **kwargs: Any) -> None:
        """Set what the cell says on `instance`; a blank one leaves alone what is stored."""
        if self.readonly:
            return
        value = self.clean(row, **kwargs)
        if value is not None:
            setattr(instance, self.attribute, value)
        elif instance.pk is None:
            setattr(instance, self.attribute, self.empty)

    def load(self, cell: Any) -> Any:
        """Return the value of `cell`, judged by the model's column as well; a Problem; or NOTHING."""
        field = self.widget.field
        try:
            value = self.widget.read(cell)
            if value is None or value == "":
                return NOTHING
            return field.clean(value, None) if field else value
        except cells.CellProblem as problem:
            return Problem(self.key, str(problem), cells.shown(cell), problem.allowed)
        except ValidationError as error:
            return Problem(self.key, " ".join(error.messages), cells.shown(cell))

    def choose(self) -> Problem:
        """Return the problem of a choice not made."""
        message = f"Vui lòng chọn một trong: {'; '.join(self.choices)}."
        return Problem(self.key, message, "", self.choices)


class Known(dict):
    """What the cells of a column mean, remembered: most of them repeat. Never ask it for a bool (True == 1)."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.column = column

    def __missing__(self, cell: Any) -> Any:
        if len(self) > MEMORY:
            self.clear()
        value = self[cell] = self.column.load(cell)
        return value


def column_of(field: models.Field, heading: str = "", **options: Any) -> Column:
    """Return the column of a sheet for a model's column; `options` are those of Column."""
    label = str(field.verbose_name)
    options.setdefault("attribute", field.name)
    options.setdefault("key", field.name)
    return Column(heading or label[:1].upper() + label[1:], cell=_cell_of(field), **options)


def _cell_of(field: models.Field) -> Cell:
    if field.choices:
        return ChoiceCell(field)
    if isinstance(field, models.IntegerField) and field.name.endswith("year"):
        return YearCell(field)
    kinds = {
        models.BooleanField: YesNoCell,
        models.DateField: DateCell,
        models.DecimalField: FractionCell,
        models.IntegerField: WholeCell,
    }
    return next((cell for kind, cell in kinds.items() if isinstance(field, kind)), Cell)(field)


def stream(columns: list[Column], rows: models.QuerySet) -> Iterator[list]:
    """Yield the sheet's rows for `rows`, streamed from the database in the order of the columns."""
    shape: list[tuple[int, Callable]] = [
        (index, column.widget.render)
        for index, column in enumerate(columns)
        if type(column.widget).render is not Cell.render
    ]
    for found in rows.values_list(*(column.attribute for column in columns)).iterator(2000):
        row = list(found)
        for index, render in shape:
            row[index] = render(row[index])
        yield row
