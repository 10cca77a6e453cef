"""Judging the rows of a sheet of records: read the cells, find the stored row, ask the model's rules."""

import copy
import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from danvan.common.db.streaming import streamed
from danvan.common.sheets.columns import NOTHING, Column, Known, Problem
from danvan.common.sheets.table.layout import GROUP
from danvan.common.words import column_named, in_words
from danvan.imports.checking import error_verdict
from danvan.imports.identity import NAME, Identity
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Checker, Verdict, digest
from records.days import gaps
from records.locks import differing, locks_on
from records.models.base import EventRecord
from records.models.rules import rules_of

SAME = Verdict(None)
DOUBLE = "Trùng với dòng {}: cùng đơn vị, ngày và tên. Nếu là hai việc khác nhau, vui lòng ghi tên khác nhau."


@dataclass(slots=True)
class _Row:
    """A row on its way: what was read, whose it is, which stored row it is about."""

    number: int
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    blanks: list[Column] = field(default_factory=list)
    unit: Any = None
    key: int = 0  # of what names it; 0 where that could not be read
    match: int | None = None  # the stored row: its key, 0 where nothing changed, None for a new one
    digest: int = 0


class RecordChecker(Checker):
    """The checker of one job into one kind."""

    def __init__(self, target: Any, job: ImportJob) -> None:
        super().__init__()
        self.target, self.model = target, target.model
        self.clear = bool(job.params.get("blanks"))
        resource = target.resource(job.owner)
        self.columns = {column.key: column for column in resource.entered}
        self.known = [(column, Known(column)) for column in self.columns.values()]
        self.required = {column.key for column in self.columns.values() if column.required}
        self.units = resource.units
        self.identity = Identity(self.units.all(), job.answers, only=self.units.only)
        self.named = False
        self.found_units: dict = {}
        self.rules = [rule.holds for rule in rules_of(self.model)]
        self.scratch = self.model()
        fields = self.model._meta.concrete_fields
        self.defaults = {f.attname: f.get_default() for f in fields} | {"id": None}
        self.stored = target.stored
        self.locks: dict[int, list] = {}
        self.existing: dict[int, list] = {}
        self.seen: dict[int, list[int]] = {}
        self.mapped: list[tuple[Column, Known]] = []
        self.kept_blanks, self.in_gaps, self.gaps = 0, 0, gaps()

    def check_many(self, rows: list[tuple[int, dict]]) -> list[Verdict]:
        if rows:
            present = rows[0][1]
            self.mapped = [(column, known) for column, known in self.known if column.key in present]
            self.named = NAME in present
        parsed = [self._parse(number, row) for number, row in rows]
        self._load({row.unit.pk for row in parsed if row.unit is not None})
        for row in parsed:
            if row.key:
                self._match(row)
        doubtful = [row.match for row in parsed if row.match]
        stored = self.model.objects.in_bulk(doubtful) if doubtful else {}
        return [self._verdict(row, stored) for row in parsed]

    def finish(self) -> list[Any]:
        notes = []
        if self.kept_blanks:
            notes.append(
                f"{self.kept_blanks} ô trống trong tệp giữ nguyên số liệu đã có (ô trống không xóa gì)."
            )
        if self.in_gaps:
            notes.append(
                f"{self.in_gaps} hồ sơ có ngày không thuộc kỳ báo cáo nào, nên chưa được tính vào báo "
                f"cáo nào ({'; '.join(map(str, self.gaps))} chưa mở kỳ)."
            )
        return notes

    # -- reading -------------------------------------------------------------------------------------

    def _parse(self, number: int, row: dict) -> _Row:
        parsed = _Row(number)
        values, problems = parsed.values, parsed.problems
        for column, known in self.mapped:
            cell = row[column.key]
            if cell == "" or cell is None:
                parsed.blanks.append(column)
                continue
            if cell.__class__ is Problem:
                problems.append(cell)
                continue
            value = known[cell] if cell.__class__ is not bool else column.load(cell)
            if value is NOTHING:
                parsed.blanks.append(column)
            elif value.__class__ is Problem:
                problems.append(value)
            else:
                values[column.key] = value
        self._find_unit(parsed, row)
        return parsed

    def _find_unit(self, parsed: _Row, row: dict) -> None:
        """Find whose row it is on its day; the sentence is the same for unknown and for foreign codes."""
        cell = row.get("unit", "")
        day = parsed.values.get("start_date")
        if day is None and "year" in parsed.values:
            day = datetime.date(parsed.values["year"], 6, 30)
        if self.named or GROUP in row or self.identity.only:
            cell, doubt = self.identity.resolve(cell, row)
            if doubt:
                parsed.problems.append(doubt)
                return
        try:
            unit = self.found_units[cell, day]
        except KeyError:
            unit = self.found_units[cell, day] = self.units.find(cell, day)
        if unit.__class__ is Problem:
            parsed.problems.append(unit)
            return
        parsed.unit = unit
        if any(problem.key in self.target.key for problem in parsed.problems):
            return  # what names the row could not be read: no stored row, no double to speak of
        parsed.key = _key(unit.pk, [parsed.values.get(name, "") for name in self.target.key])
        parsed.digest = hash(tuple(parsed.values.get(c.key, c.empty) for c, _ in self.mapped))

    # -- finding -------------------------------------------------------------------------------------

    def _load(self, unit_ids: set[int]) -> None:
        """Read what is stored for units not met before: keys and digests only, never whole rows."""
        unit_ids -= self.unit_ids
        if not unit_ids:
            return
        self.unit_ids |= unit_ids
        for lock in locks_on(unit_ids):
            self.locks.setdefault(lock.unit_id, []).append(lock)
        names = [column.key for column, _ in self.mapped]
        keys = self.target.key
        rows = self.model.objects.filter(unit__in=unit_ids).order_by("pk")
        rows = rows.values_list("pk", "unit_id", *keys, *names)
        for pk, unit_id, *values in streamed(rows, 5000):
            key = _key(unit_id, values[: len(keys)])
            self.existing.setdefault(key, []).append((pk, hash(tuple(values[len(keys) :]))))

    def _match(self, row: _Row) -> None:
        """Find the stored row; the n-th line of a key is the n-th stored row of it."""
        lines = self.seen.setdefault(row.key, [])
        stored = self.existing.get(row.key, ())
        place = len(lines)
        lines.append(row.number)
        if place < len(stored):
            pk, kept = stored[place]
            row.match = 0 if kept == row.digest else pk
        elif place:
            row.problems.append(self.double(lines[0], row.number, DOUBLE))

    # -- judging -------------------------------------------------------------------------------------

    def _verdict(self, row: _Row, stored: dict) -> Verdict:
        if row.match is None:
            return self._new(row)
        if row.match == 0:
            return self._errors(row, row.problems) if row.problems else SAME
        old = stored.get(row.match)
        return self._new(row) if old is None else self._changed(row, old)

    def _errors(self, row: _Row, problems: Any) -> Verdict:
        label = row.values.get("title", "")
        return error_verdict(row.number, str(label)[:120], problems)

    def _new(self, row: _Row) -> Verdict:
        scratch = self.scratch
        state = scratch.__dict__
        state.update(self.defaults)
        for column in row.blanks:
            state[column.key] = column.empty
        state.update(row.values)
        state["unit_id"] = row.unit and row.unit.pk
        scratch._state.fields_cache = {"unit": row.unit}
        scratch._state.adding = True
        if row.problems or not self._is_good(scratch, state):
            problems = row.problems + self._judged(scratch, row)
            if problems:
                return self._errors(row, problems)
        if (unit_locks := self.locks.get(row.unit.pk)) is not None:
            days = [day for name in self.model.DAYS if (day := state[name])]
            for lock in unit_locks:
                if any(lock.covers(row.unit.pk, day) for day in days):
                    return self._errors(row, [Problem("", lock.message)])
        if self.gaps and any(gap.first <= state["start_date"] <= gap.last for gap in self.gaps):
            self.in_gaps += 1
        scratch.derive()
        values = [_form(state[name]) for name in self.stored]
        return Verdict(RowKind.NEW, [row.number, row.unit.pk, values])

    def _is_good(self, scratch: Any, state: dict) -> bool:
        """Return whether the row is surely good; False sends it to the model's own judgement."""
        try:
            scratch.fill_blanks()
            scratch.clean()
        except (ValidationError, TypeError, AttributeError):
            return False
        for name in self.required:
            if state[name] is None or state[name] == "":
                return False
        for holds in self.rules:  # noqa: SIM110 - a generator per row costs more than the rules
            if not holds(state):
                return False
        return True

    def _judged(self, record: EventRecord, row: _Row) -> list[Problem]:
        """Ask the model what it says of `record` beside the cells of `row` that could not be read."""
        record.pk = None if record._state.adding else record.pk
        try:
            record.check_row(broken={problem.key for problem in row.problems})
        except ValidationError as error:
            return [
                self._problem(record, name, message)
                for name, messages in error.message_dict.items()
                for message in messages
            ]
        return []

    def _problem(self, record: EventRecord, name: str, message: str) -> Problem:
        """Return what the model said at the column of `name`; a choice not made names what there is."""
        if name == NON_FIELD_ERRORS:
            return Problem("", message)
        typed = in_words(column_named(record, name), getattr(record, name))
        column = self.columns.get(name)
        if column and column.choices and not typed:
            return column.choose()
        return Problem(name, message, typed)

    def _changed(self, row: _Row, old: Any) -> Verdict:
        new = copy.copy(old)
        new._state = copy.copy(old._state)
        new._state.fields_cache = {"unit": row.unit}
        for name, value in row.values.items():
            setattr(new, name, value)
        for column in row.blanks:
            if getattr(old, column.key) in (None, "", column.empty):
                continue
            if self.clear and not column.presumed:
                setattr(new, column.key, column.empty)
            else:
                self.kept_blanks += 1
        new.unit_id = row.unit.pk
        problems = row.problems + self._judged(new, row)
        if not problems:
            problems = self._locked(row, old, new)
        if problems:
            return self._errors(row, problems)
        changes = [
            [name, _form(before), _form(after)]
            for name in self.stored
            if name != "search" and (before := getattr(old, name)) != (after := getattr(new, name))
        ]
        if not changes:
            return SAME
        new.derive()
        content = content_of(new, self.stored)
        item = [row.number, row.unit.pk, old.pk, old.version, str(old)[:200], changes, content]
        return Verdict(RowKind.CHANGED, item)

    def _locked(self, row: _Row, old: Any, new: Any) -> list[Problem]:
        locks = self.locks.get(row.unit.pk)
        if not locks:
            return []
        points = differing(old.facts(), new.facts())
        found = {k.message for k in locks for p in points if k.covers(p[0], p[1])}
        return [Problem("", message) for message in sorted(found)]


def content_of(row: EventRecord, names: Iterable[str]) -> str:
    """Return a short hash of what a row says in the columns `names`: an undo compares it."""
    values = (getattr(row, name) for name in names if name != "search")
    return digest([v.normalize() if isinstance(v, Decimal) else _form(v) for v in values])


def _key(unit_id: int, values: list) -> int:
    """Return what a row is known by: its unit and the columns that name it, capitals or not."""
    return hash((unit_id, *(v.casefold() if v.__class__ is str else v for v in values)))


def _form(value: Any) -> Any:
    """Return a value as a job stores it: JSON knows neither days nor decimals."""
    kind = value.__class__
    if kind is datetime.date:
        return value.isoformat()
    return str(value) if kind is Decimal else value
