"""A finished workbook is kept under a key of all that it shows, and made once.

The key is made of the facts' keys (consolidation/keeping.py) and of everything else that enters a sheet, as
objects: how the units hang together and what they are called, where each report stands, the letterhead,
definitions, periods, the choice, today, the program. All of it is read as of one moment.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from danvan.common.db.moment import is_one_moment
from danvan.common.ops.memory import uncollected
from reports.consolidation.keeping import keep_aside
from reports.consolidation.scope import ScopeData
from reports.consolidation.summary import keeping_of
from reports.documents.workbook.build import Content, Frame, build, frame_of, workbook_content
from reports.models import KeptFile


@uncollected()
def prepared(data: ScopeData) -> Callable[[], bytes]:
    """Read all that the official workbook of the scope of `data` shows; return what then gives the file.

    Called within one_moment, which ends before the file is made. Where it is kept there is nothing to make.
    """
    frame, keeping = frame_of(data), None if data.restating else keeping_of(data)
    key: list[str] = []
    if keeping and is_one_moment(KeptFile.objects.db):
        key = keeping.key_with("workbook", _told(data, frame))
    for content in KeptFile.objects.found(key).values():
        return functools.partial(bytes, content)
    return functools.partial(_made, workbook_content(data, frame, keeping), key)


@uncollected()
def _made(shown: Content, key: list[str]) -> bytes:
    """Return the workbook of `shown`, and keep it under `key`."""
    file = io.BytesIO()
    with contextlib.closing(build(shown)) as book:
        book.save(file)
    made = file.getvalue()
    if len(made) <= KeptFile.LARGEST:
        keep_aside(KeptFile, dict.fromkeys(key, made))
    return made


def _told(data: ScopeData, frame: Frame) -> object:
    """Return all that enters the workbook beside the facts of its lines."""
    scope = data.scope
    chosen = scope.first_year, scope.last_year, scope.section, scope.states, scope.levels
    shown = scope.unit, chosen, frame, data.periods, data.definitions, data.prior
    return _Telling().all_of((*shown, timezone.localdate()))


_PLAIN = {str, int, bool, type(None), datetime.date, datetime.datetime, Decimal}


class _Telling:
    """Objects as plain data that tells all of them; a row of the database is told once."""

    def __init__(self) -> None:
        self.rows: set[tuple[type, Any]] = set()

    def all_of(self, thing: Any) -> object:
        """Return all that `thing` holds."""
        if thing.__class__ in _PLAIN:
            return thing
        if isinstance(thing, models.Model):
            return self._row(thing)
        if is_dataclass(thing):
            return [self.all_of(getattr(thing, field.name)) for field in fields(thing)]
        if isinstance(thing, Mapping):
            return [(self.all_of(key), self.all_of(value)) for key, value in thing.items()]
        if isinstance(thing, list | tuple):
            return [self.all_of(one) for one in thing]
        if type(thing).__repr__ is object.__repr__:
            raise TypeError(f"{type(thing)} does not tell what it holds")
        return thing

    def _row(self, row: models.Model) -> object:
        name = type(row), row.pk
        if name in self.rows:
            return name[1]
        self.rows.add(name)
        columns = [getattr(row, field.attname) for field in row._meta.concrete_fields]
        return columns, [self.all_of(one) for one in row._state.fields_cache.values()]
