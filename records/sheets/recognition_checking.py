"""Judging the rows of the sheet of decisions: which model, which decision, and what the form would say."""

import copy
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from danvan.common.handbook.why import Why
from danvan.common.sheets.columns import Problem, read_cells, refusals_in
from danvan.common.text import search_key
from danvan.common.words import column_named, in_words
from danvan.imports.identity import NAME, Identity
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Checker, Verdict, error_verdict
from records.locks import locks_on
from records.models import Recognition, SkilledMobilisationModel
from records.sheets.columns import RecognitionResource

DOUBLE = "Trùng với dòng {}: cùng mô hình, cấp và ngày quyết định."


def values_of(row: Recognition) -> list:
    """Return a decision as a job stores it."""
    return [row.level, row.decision, row.date.isoformat(), row.body]


class RecognitionChecker(Checker):
    """Judges decisions against the models of the units the file speaks of, read once each."""

    def __init__(self, job: ImportJob) -> None:
        super().__init__()
        self.clear = bool(job.params.get("blanks"))
        resource = RecognitionResource(job.owner)
        self.columns, self.units = resource.entered, resource.units
        self.identity = Identity(self.units.all(), job.answers, only=self.units.only)
        self.owner = job.owner
        self.known: set[str] = set()
        self.models: dict[tuple, list] = defaultdict(list)
        self.stored: dict[tuple, Recognition] = {}
        self.seen: dict[tuple, int] = {}
        self.silent = 0

    def check_many(self, rows: list[tuple[int, dict]]) -> Iterator[Verdict]:
        read = [(number, *self._read(row)) for number, row in rows]
        self._load({values["unit"] for _, values, _ in read if "unit" in values})
        judged = [self._judge(*row) for row in read]
        return self._with_locks(judged)

    def finish(self) -> list[Any]:
        if not self.silent:
            return []
        return [f"{self.silent} dòng không ghi quyết định nào nên được bỏ qua."]

    def _read(self, row: dict) -> tuple[dict, list[Problem]]:
        """Return what the cells say and what is wrong with them; a blank cell is in neither."""
        values, problems = read_cells(self.columns, row)
        cell, doubt = self.identity.resolve(row.get("unit", ""), row)
        code = doubt or self.units.code(cell)
        if isinstance(code, Problem):
            problems.append(code)
        else:
            values["unit"] = code
        return values, problems

    def _load(self, codes: set[str]) -> None:
        """Read models and decisions of units not met before."""
        codes -= self.known
        if not codes:
            return
        self.known |= codes
        models = SkilledMobilisationModel.objects.editable_by(self.owner)
        models = models.filter(unit__code__in=codes).select_related("unit__parent")
        for model in models.order_by("pk"):
            self.models[model.unit.code, search_key(model.title)].append(model)
        for row in Recognition.objects.filter(model__in=models.order_by().values("pk")):
            self.stored[row.model_id, row.level, row.date] = row

    def _judge(self, number: int, values: dict, problems: list[Problem]) -> Any:
        """Return (line number, label, problems, decision or None, stored or None)."""
        label = str(values.get("title", ""))[:120]
        told = {problem.key for problem in problems}
        if not told & set(Recognition.ENTERED) and not values.keys() & set(Recognition.ENTERED):
            self.silent += 1
            return number, label, [], None, None
        model: Any = None
        if not told & {"unit", NAME, "start_date", "title"}:
            model = self._model(values, problems)
        row = Recognition(model=model or SkilledMobilisationModel())
        for name in Recognition.ENTERED:
            setattr(row, name, values.get(name, "" if name != "date" else None))
        old = self.stored.get((row.model_id, row.level, row.date)) if model else None
        if old is not None:
            row = self._merged(old, values, model)
        self._ask_model(row, problems, without_model=model is None)
        if not problems:
            key = (model and model.pk, row.level, row.date)
            first = self.seen.setdefault(key, number)
            if first != number:
                problems.append(self.double(first, number, DOUBLE))
        return number, label, problems, row, old

    def _model(self, values: dict, problems: list[Problem]) -> SkilledMobilisationModel | None:
        """Return the model the row speaks of; a problem is added where there is none, or are several."""
        title, day = values.get("title", ""), values.get("start_date")
        if not title:
            problems.append(Problem("title", "Vui lòng nhập tên mô hình."))
            return None
        named = self.models.get((values["unit"], search_key(title)), [])
        named = [model for model in named if model.title == title] or named
        found = [model for model in named if day in (None, model.start_date)]
        if not named:
            message = "Đơn vị chưa có mô hình mang tên này. Vui lòng nhập mô hình trước."
            problems.append(Problem("title", message, title))
        elif not found:
            days = "; ".join(sorted({f"{model.start_date:%d/%m/%Y}" for model in named}))
            message = f"Mô hình này đăng ký ngày {days}, không phải {day:%d/%m/%Y}."
            problems.append(Problem("start_date", message, f"{day:%d/%m/%Y}"))
        elif len({model.start_date for model in found}) > 1:
            message = "Đơn vị có nhiều mô hình cùng tên này, vui lòng ghi ngày đăng ký của mô hình."
            problems.append(Problem("start_date", message))
        else:
            return self._one_of(found, values)
        return None

    def _one_of(self, models: list, values: dict) -> SkilledMobilisationModel:
        """Return the model among like ones: the next that holds the decision, else the first."""
        key = values.get("level"), values.get("date")
        holding = [model for model in models if (model.pk, *key) in self.stored]
        fresh = [model for model in holding if (model.pk, *key) not in self.seen]
        return (fresh or holding or models)[0]

    def _merged(self, old: Recognition, values: dict, model: Any) -> Recognition:
        row = copy.copy(old)
        row._state = copy.copy(old._state)
        row._state.fields_cache = {"model": model}
        row.decision = values.get("decision") or ("" if self.clear else old.decision)
        row.body = values.get("body") or ("" if self.clear else old.body)
        return row

    def _ask_model(self, row: Recognition, problems: list[Problem], *, without_model: bool) -> None:
        """Add what the form would say of the decision beside the cells that could not be read."""
        broken = {problem.key for problem in problems}
        try:
            row.clean_fields(exclude={"model", "recogniser", "height", *broken})
            if not without_model:
                row.clean()
        except ValidationError as error:
            told = refusals_in(error)
            problems += [self._problem(row, *one) for one in told if one[0] not in broken]

    @staticmethod
    def _problem(row: Recognition, name: str, message: str, why: str) -> Problem:
        value = getattr(row, name)
        if name == "level" and not value:
            return RecognitionResource.fields[name].choose()
        return Problem(name, message, in_words(column_named(row, name), value), why=why)

    def _with_locks(self, judged: list) -> Iterator[Verdict]:
        """Yield the verdicts; locks of all units concerned, the recognisers' too, are read in one go."""
        fresh = [row for *_, problems, row, old in judged if row is not None and not problems]
        points = {unit_id for row in fresh for unit_id in (row.model.unit_id, row.recogniser_id)}
        self.unit_ids |= points
        locks = locks_on(points)
        for number, label, problems, row, old in judged:
            same = not problems and old is not None and values_of(row) == values_of(old)
            if row is None or same:
                yield Verdict(None)
                continue
            if not problems and old is None:  # words of an old decision count nowhere
                units = {row.model.unit_id, row.recogniser_id}
                found = {k.message for k in locks for u in units if k.covers(u, row.date)}
                problems = [Problem("", text, why=Why.LOCKED) for text in sorted(found)]
            if problems:
                yield error_verdict(number, label, problems)
                continue
            place = f"{row.model.title} · {row.model.unit.place_name}"
            before = values_of(old) if old else None
            item = [number, row.model_id, row.pk, place[:200], values_of(row), before]
            yield Verdict(RowKind.CHANGED if old else RowKind.NEW, item)
