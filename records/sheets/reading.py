"""Reading the cells of a sheet of records for both checkers: of records and of decisions."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from danvan.common.sheets import cells
from danvan.imports.targets import Problem

CACHE = 20_000
NOTHING = object()


class Reading:
    """How one column is read: the cell, then the model column's own validators; results remembered."""

    def __init__(self, name: str, field: models.Field, read):
        self.key, self.field, self.read = name, field, read
        self.known: dict = {}
        self.empty = "" if isinstance(field, models.CharField) else None
        if isinstance(field, models.BooleanField):
            self.empty = False
        # A choice nobody has to make (the form begins with it) may be left out of a sheet as well.
        self.presumed = bool(field.choices) and field.has_default() and not field.blank
        if self.presumed:
            self.empty = field.get_default()

    def load(self, cell):
        """Return the value, a Problem or NOTHING of `cell`."""
        try:
            value = self.read(cell)
            blank = value is None or value == ""
            result = NOTHING if blank else self.field.clean(value, None)
        except cells.CellProblem as problem:
            result = Problem(self.key, str(problem), cells.shown(cell), problem.allowed)
        except ValidationError as error:
            result = Problem(self.key, " ".join(error.messages), cells.shown(cell))
        if cell.__class__ is not bool:
            if len(self.known) > CACHE:
                self.known.clear()
            self.known[cell] = result
        return result


def choose(choices: tuple[str, ...], name: str) -> Problem:
    """Return the problem of a choice not made in column `name`."""
    return Problem(name, f"Vui lòng chọn một trong: {'; '.join(choices)}.", "", choices)
