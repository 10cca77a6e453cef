"""A column of a sheet, declared once: heading, how a cell is read and shown, width, number format, choices.

A Column is a Field of django-import-export and its Cell widget does the reading and the showing, so that
a Resource of Columns is all that template, reader, checker, preview and export know of a sheet.
"""

import datetime
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.text import capfirst
from import_export import fields, widgets

from danvan.common import excel
from danvan.common.db.streaming import streamed
from danvan.common.handbook.why import Why, kind_of_refusal
from danvan.common.sheets import cells
from danvan.common.sheets.formats import DATE
from danvan.common.text import search_key
from danvan.common.words import column_named

MOST_MEANINGS = 20_000  # cells of a column whose meaning is kept
NOTHING = object()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell: the column's key ("" for the whole row), what, what stood there.

    `why` is the kind of refusal, where it is another than of any row or of one that is nobody's.
    """

    key: str
    message: str
    value: str = ""
    allowed: tuple[str, ...] = ()
    why: str = ""

    def as_list(self) -> list:
        """Return the problem as a job stores it."""
        why = self.why or (Why.WHOSE if self.key in ("unit", "unit_name") else Why.ROW)
        return [self.key, self.message, self.value[:200], list(self.allowed[:40]), why]


class Cell(widgets.Widget):
    """How the cells of a column are read, the Vietnamese way, and how a stored value is shown.

    `read` takes a cell as the reader hands it over and raises CellProblem; `labels` are the words for the
    values of a choice; `field` is the model's column behind it, where there is one; `percent` says that it
    counts in hundredths.
    """

    def __init__(
        self,
        read: Callable[[Any], Any] = cells.as_text,
        width: float = 16,
        fmt: str = "",
        *,
        labels: dict[Any, str] | None = None,
        field: models.Field | None = None,
        percent: bool = False,
    ) -> None:
        super().__init__(coerce_to_string=False)
        self.percent = percent
        self.read, self.width, self.fmt, self.labels, self.field = read, width, fmt, labels, field

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the value of a cell, None for a blank, as import-export asks for it."""
        if isinstance(value, datetime.date):
            value = DATE + value.isoformat()
        found = self.read(value)
        return None if found == "" else found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return what the sheet shows for a stored value."""
        return value if self.labels is None else self.labels.get(value, "")


def cell_of(field: models.Field) -> Cell:
    """Return how cells are read and shown for a model's column."""
    labels = {value: str(label) for value, label in field.flatchoices}
    length = field.max_length or 0
    read: Callable[[Any], Any]
    if labels:
        known = {search_key(str(value)): value for value in labels}
        known |= {search_key(label): value for value, label in labels.items()}
        read = partial(cells.as_choice, choices=known, labels=tuple(labels.values()))
        return Cell(read, 22, labels=labels, field=field)
    match field:
        case models.BooleanField():
            return Cell(cells.as_yes_no, 14, labels={True: "Có", False: "Không"}, field=field)
        case models.DateField():
            return Cell(cells.as_date, 13, excel.DATE, field=field)
        case models.DecimalField():
            percent = bool(re.search("%|0–100", str(field.verbose_name)))  # 95% is 95 there
            places = field.decimal_places
            read = partial(cells.as_number, whole=False, places=places, percent=percent)
            largest = 10 ** (field.max_digits - places) - 1
            width = max(14, excel.width_of(largest, f"{excel.WHOLE}.{'0' * places}"))
            return Cell(read, width, excel.FRACTION, field=field, percent=percent)
        case models.IntegerField():
            is_year = field.name.endswith("year")  # 2024, never 2.024
            return Cell(_whole, 12, "0" if is_year else excel.WHOLE, field=field)
    read = partial(cells.as_text, lines=length > 300)
    return Cell(read, 40 if length >= 300 else 18, field=field)


def _whole(cell: Any) -> int | None:
    number = cells.as_number(cell, whole=True)
    return None if number is None else int(number)


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
        self.choices = tuple(choices or (cell.labels or {}).values())
        self.required, self.synonyms, self.hint, self.locked = required, synonyms, hint, locked
        self.empty: Any = None  # what a record holds where nothing is said
        self.presumed = False  # a choice nobody has to make: the form begins with it
        self.longest = 0  # text of at most so many characters has no more rules
        if field := cell.field:
            if type(field) is models.CharField and not field.choices and len(field.validators) == 1:
                self.longest = field.max_length or 0
            self.presumed = bool(field.choices) and field.has_default() and not field.blank
            if self.presumed:
                self.empty = field.get_default()
            elif isinstance(field, models.BooleanField):
                self.empty = False
            elif isinstance(field, models.CharField):
                self.empty = ""

    @property
    def is_day(self) -> bool:
        """Return whether the column holds days."""
        return self.fmt == excel.DATE

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
            if value.__class__ is str and len(value) <= self.longest:
                return value
            return field.clean(value, None) if field else value
        except cells.CellProblem as problem:
            told, allowed = str(problem), problem.allowed
        except ValidationError as error:
            told, allowed = " ".join(error.messages), ()
        return Problem(self.key, told, cells.shown(cell), allowed, Why.UNREADABLE)

    def choose(self) -> Problem:
        """Return the problem of a choice not made."""
        message = f"Vui lòng chọn một trong: {'; '.join(self.choices)}."
        return Problem(self.key, message, "", self.choices)


def refusals_in(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    """Yield (field, message, kind of refusal or "") of what a model said of a row."""
    for name, found in error.error_dict.items():
        for one in found:
            of_rule = one.code == name or name == NON_FIELD_ERRORS
            kind = kind_of_refusal(one.code) or (Why.RULES if of_rule else "")
            yield name, " ".join(one.messages), kind


def read_cells(
    columns: Iterable[Column], row: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return what the cells of a row say, by column, and what is wrong; a blank cell is in neither."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in columns:
        cell = row.get(column.key, "")
        value = cell if isinstance(cell, Problem) else column.load(cell)
        if isinstance(value, Problem):
            problems.append(value)
        elif value is not NOTHING:
            values[column.key] = value
    return values, problems


class Known(dict):
    """What the cells of a column mean, remembered: most of them repeat. Never ask it for a bool (True == 1)."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.column = column

    def of(self, cell: Any) -> Any:
        """Return what any cell means, True and False too."""
        return self.column.load(cell) if cell.__class__ is bool else self[cell]

    def __missing__(self, cell: Any) -> Any:
        if len(self) > MOST_MEANINGS:
            self.clear()
        value = self[cell] = self.column.load(cell)
        return value


def column_of(model: type[models.Model], name: str, **options: Any) -> Column:
    """Return the column of a sheet for a column of `model`; `options` are those of Column."""
    field = column_named(model, name)
    must = not field.blank and not field.has_default()
    options = {"key": name, "attribute": name, "required": must, **options}
    return Column(capfirst(str(field.verbose_name)), cell=cell_of(field), **options)


def unit_code_column(**options: Any) -> Column:
    """Return the column that says whose a row is: "13369", whether Excel made a number of it or not."""
    names = ("Mã ĐVHC", "Mã xã", "Mã xã, phường", "Mã đơn vị hành chính", "Mã")
    cell = Cell(cells.as_code, 11, "@")
    return Column("Mã đơn vị", key="unit", cell=cell, synonyms=names, **options)


def unit_name_column(heading: str = "Tên đơn vị", **options: Any) -> Column:
    """Return the column beside it, by which people know the unit."""
    names = ("Tên đơn vị", "Đơn vị", "Xã, phường", "Tên xã", "Xã/phường/thị trấn")
    return Column(heading, key="unit_name", synonyms=names, **options)


def stream(columns: list[Column], rows: models.QuerySet) -> Generator[list, None, None]:
    """Yield the sheet's rows for `rows`, streamed from the database in the order of the columns."""
    cells_ = [column.widget for column in columns]
    shape = [
        (index, cell.render)
        for index, cell in enumerate(cells_)
        if cell.labels is not None or type(cell) is not Cell
    ]
    for found in streamed(rows.values_list(*(column.attribute for column in columns)), 2000):
        row = list(found)
        for index, render in shape:
            row[index] = render(row[index])
        yield row
