"""Judging the rows of a sheet of records: read the cells, find the stored row, ask the model's rules."""

import copy
import datetime
from collections.abc import Iterable
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils import timezone

from danvan.common.db.streaming import streamed
from danvan.common.handbook.why import Why
from danvan.common.sheets.columns import NOTHING, Known, Problem, refusals_in
from danvan.common.sheets.table.layout import GROUP
from danvan.common.words import column_named, in_words
from danvan.imports.identity import NAME, Identity
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Checker, Verdict, digest, error_verdict
from records.days import gaps
from records.locks import differing, locks_on
from records.models.base import EventRecord
from records.models.rules import rules_of
from records.sheets.rows import ReadRow, column_limits, values_in

SAME = Verdict(None)
DOUBLE = "Trùng với dòng {}: cùng đơn vị, ngày và tên. Nếu là hai việc khác nhau, vui lòng ghi tên khác nhau."


class RecordChecker(Checker):
    """The checker of one job into one kind."""

    def __init__(self, target: Any, job: ImportJob) -> None:
        super().__init__()
        self.target, self.model = target, target.model
        self.clear = bool(job.params.get("blanks"))
        resource = target.resource(job.owner)
        self.columns = {column.key: column for column in resource.entered}
        self.known = [Known(column) for column in self.columns.values()]
        self.required = {column.key for column in self.columns.values() if column.required}
        self.units = resource.units
        self.identity = Identity(self.units.all(), job.answers, only=self.units.only)
        self.named = False
        self.found_units: dict = {}
        self.sole_units: dict = {}  # by cell, where a unit has one version on all days
        self.rules = [rule.holds for rule in rules_of(self.model) if len(rule.reads) > 1]
        self.limits = column_limits(self.model)
        self.scratch = self.model()
        self.scratch.judged_on = timezone.localdate()
        fields = self.model._meta.concrete_fields
        self.defaults = {f.attname: f.get_default() for f in fields} | {"id": None}
        self.stored = target.stored
        self.take_stored = itemgetter(*self.stored)
        self.formed = [
            at
            for at, name in enumerate(self.stored)
            if isinstance(column_named(self.model, name), models.DateField | models.DecimalField)
        ]
        self.locks: dict[int, list] = {}
        self.existing: dict[int, list] = {}
        self.seen: dict[int, list[int]] = {}
        self.mapped: list[Known] = []
        self.at: dict[str, int] = {}
        self.kept_blanks, self.in_gaps, self.gaps = 0, 0, gaps()

    def check_many(self, rows: list[tuple[int, dict]]) -> list[Verdict]:
        if rows and not self.mapped:
            present = rows[0][1]
            self.mapped = [known for known in self.known if known.column.key in present]
            self.at = {known.column.key: at for at, known in enumerate(self.mapped)}
            self.named = NAME in present
        parsed = self._parse(rows)
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

    def _parse(self, rows: list[tuple[int, dict]]) -> list[ReadRow]:
        """Read the cells of `rows` column by column, and find whose each row is."""
        said = [
            values_in(known, [row[known.column.key] for _, row in rows]) for known in self.mapped
        ]
        full = [
            [known.column.empty if value is NOTHING else value for value in values]
            for known, values in zip(self.mapped, said, strict=True)
        ]
        wrong = [at for at, values in enumerate(said) if Problem in set(map(type, values))]
        parsed = []
        for (number, row), means, holds in zip(
            rows, zip(*said, strict=True), zip(*full, strict=True), strict=True
        ):
            problems = [means[at] for at in wrong if means[at].__class__ is Problem]
            parsed.append(found := ReadRow(number, means, holds, problems))
            self._find_unit(found, row)
        return parsed

    def _value(self, row: ReadRow, name: str) -> Any:
        """Return what a row says in the column `name`, None for nothing that can be read."""
        at = self.at.get(name)
        value = None if at is None else row.said[at]
        return None if value is NOTHING or value.__class__ is Problem else value

    def _find_unit(self, parsed: ReadRow, row: dict) -> None:
        """Find whose row it is on its day; the sentence is the same for unknown and for foreign codes."""
        cell = row.get("unit", "")
        if self.identity.only or GROUP in row or (self.named and row[NAME] != ""):
            cell, doubt = self.identity.resolve(cell, row)
            if doubt:
                parsed.problems.append(doubt)
                return
        unit = self.sole_units.get(cell) or self._unit_on(cell, self._day(parsed))
        if unit.__class__ is Problem:
            parsed.problems.append(unit)
            return
        parsed.unit = unit
        wrong = {problem.key for problem in parsed.problems}
        if not wrong.isdisjoint(self.target.key):
            return  # what names the row could not be read: no stored row, no double to speak of
        named = [self._value(parsed, name) for name in self.target.key]
        parsed.key = _key(unit.pk, ["" if value is None else value for value in named])

    def _day(self, row: ReadRow) -> datetime.date | None:
        """Return the day a row is of, the middle of its year where it only says that."""
        year = self._value(row, "year")
        return self._value(row, "start_date") or (year and datetime.date(year, 6, 30))

    def _unit_on(self, cell: Any, day: datetime.date | None) -> Any:
        try:
            return self.found_units[cell, day]
        except KeyError:
            unit = self.found_units[cell, day] = self.units.find(cell, day)
            if self.units.is_sole(unit):
                self.sole_units[cell] = unit
            return unit

    # -- finding -------------------------------------------------------------------------------------

    def _load(self, unit_ids: set[int]) -> None:
        """Read what is stored for units not met before: keys and digests only, never whole rows."""
        unit_ids -= self.unit_ids
        if not unit_ids:
            return
        self.unit_ids |= unit_ids
        for lock in locks_on(unit_ids):
            self.locks.setdefault(lock.unit_id, []).append(lock)
        names = list(self.at)
        keys = self.target.key
        rows = self.model.objects.filter(unit__in=unit_ids).order_by("pk")
        rows = rows.values_list("pk", "unit_id", *keys, *names)
        for pk, unit_id, *values in streamed(rows, 5000):
            key = _key(unit_id, values[: len(keys)])
            self.existing.setdefault(key, []).append((pk, hash(tuple(values[len(keys) :]))))

    def _match(self, row: ReadRow) -> None:
        """Find the stored row; the n-th line of a key is the n-th stored row of it."""
        lines = self.seen.setdefault(row.key, [])
        stored = self.existing.get(row.key, ())
        place = len(lines)
        lines.append(row.number)
        if place < len(stored):
            pk, kept = stored[place]
            row.match = 0 if kept == hash(row.full) else pk
        elif place:
            row.problems.append(self.double(lines[0], row.number, DOUBLE))

    # -- judging -------------------------------------------------------------------------------------

    def _verdict(self, row: ReadRow, stored: dict) -> Verdict:
        if row.match is None:
            return self._new(row)
        if row.match == 0:
            return self._errors(row, row.problems) if row.problems else SAME
        old = stored.get(row.match)
        return self._new(row) if old is None else self._changed(row, old)

    def _errors(self, row: ReadRow, problems: Any) -> Verdict:
        label = self._value(row, "title") or ""
        return error_verdict(row.number, str(label)[:120], problems)

    def _new(self, row: ReadRow) -> Verdict:
        scratch = self.scratch
        state = scratch.__dict__
        state.update(self.defaults)
        state.update(zip(self.at, row.full, strict=True))
        for problem in row.problems:
            if problem.key in self.at:
                state[problem.key] = self.defaults[problem.key]
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
                    return self._errors(row, [_locked_by(lock.message)])
        if self.gaps and any(gap.first <= state["start_date"] <= gap.last for gap in self.gaps):
            self.in_gaps += 1
        scratch.derive()
        values = list(self.take_stored(state))
        for at in self.formed:
            values[at] = _form(values[at])
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
        for limit in self.limits:
            if not limit.holds(state):
                return False
        for holds in self.rules:  # noqa: SIM110 - a generator per row costs more than the rules
            if not holds(state):
                return False
        return True

    def _judged(self, record: EventRecord, row: ReadRow) -> list[Problem]:
        """Ask the model what it says of `record` beside the cells of `row` that could not be read."""
        record.pk = None if record._state.adding else record.pk
        try:
            record.check_row(broken={problem.key for problem in row.problems})
        except ValidationError as error:
            return [self._problem(record, *told) for told in refusals_in(error)]
        return []

    def _problem(self, record: EventRecord, name: str, message: str, why: str) -> Problem:
        """Return what the model said at the column of `name`; a choice not made names what there is."""
        if name == NON_FIELD_ERRORS:
            return Problem("", message, why=why)
        typed = in_words(column_named(record, name), getattr(record, name))
        column = self.columns.get(name)
        if column and column.choices and not typed:
            return column.choose()
        return Problem(name, message, typed, why=why)

    def _changed(self, row: ReadRow, old: Any) -> Verdict:
        new = copy.copy(old)
        new._state = copy.copy(old._state)
        new._state.fields_cache = {"unit": row.unit}
        for known, value in zip(self.mapped, row.said, strict=True):
            column = known.column
            if value is not NOTHING and value.__class__ is not Problem:
                setattr(new, column.key, value)
            elif value is not NOTHING or getattr(old, column.key) in (None, "", column.empty):
                continue
            elif self.clear and not column.presumed:
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

    def _locked(self, row: ReadRow, old: Any, new: Any) -> list[Problem]:
        locks = self.locks.get(row.unit.pk)
        if not locks:
            return []
        points = differing(old.facts(), new.facts())
        found = {k.message for k in locks for p in points if k.covers(p[0], p[1])}
        return [_locked_by(message) for message in sorted(found)]


def _locked_by(message: str) -> Problem:
    return Problem("", message, why=Why.LOCKED)


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
