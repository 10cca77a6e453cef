"""Objects of a consolidation as plain data and back: one pair of functions for each.

What is written here is kept for good: a field may be added, none may change its meaning.
"""

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from danvan.units.models import AdministrativeUnit
from reports.catalogue.expressions import parse
from reports.consolidation.figures import Definition, Total
from reports.consolidation.parts import Facts, Part
from reports.consolidation.summary import Line, Submission
from reports.consolidation.units import UnitNode
from reports.models import ValueType

Frozen = dict[str, Any]
_NUMBERS = ("number", "numerator", "denominator", "low", "high")


# ---- Figures


def plain_definition(definition: Definition) -> Frozen:
    names = (field.name for field in fields(definition) if field.name != "formula")
    return {name: getattr(definition, name) for name in names}


def definition_from(data: Frozen) -> Definition:
    text = data["formula_text"]
    return Definition(
        **{**data, "scale": tuple(data["scale"])}, formula=parse(text) if text else None
    )


def plain_line(line: Line) -> Frozen:
    return {
        "code": line.code,
        "by_level": {level: _total(figure) for level, figure in line.by_level.items()},
        "total": _total(line.total),
        "prior": _total(line.prior),
        "by_year": [[year, _total(figure)] for year, figure in line.by_year],
        "is_complete": line.is_complete,
    }


def line_from(data: Frozen, definitions: Mapping[str, Definition]) -> Line:
    return Line(
        definition=definitions[data["code"]],
        by_level={level: _total_from(figure) for level, figure in data["by_level"].items()},
        total=_total_from(data["total"]),
        prior=_total_from(data["prior"]),
        by_year=tuple((year, _total_from(figure)) for year, figure in data["by_year"]),
        is_complete=data["is_complete"],
    )


def _total(figure: Total) -> Frozen:
    """Return what is known of a figure; what is as usual is left out."""
    kept = figure._asdict()
    kept |= {name: None if kept[name] is None else f"{kept[name]:f}" for name in _NUMBERS}
    usual = Total()._asdict()
    return {name: known for name, known in kept.items() if known != usual[name]}


def _total_from(data: Frozen) -> Total:
    known: Frozen = {name: Decimal(data[name]) for name in _NUMBERS if name in data}
    if "ranks" in data:
        known["ranks"] = tuple(map(tuple, data["ranks"]))
    return Total(**{**data, **known})


def cells_of(unit: int, facts: Facts, codes: list[str]) -> list[list]:
    """Return the facts of a unit: [unit, period, level, included, figures in the order of `codes`, inexact]."""
    rows = []
    parts = [facts.parts.get(code) or facts.ranks.get(code) for code in codes]
    for cell in facts.units:
        numbers: list[int | str | None] = []
        inexact = {}
        for place, cells in enumerate(parts):
            held = cells.get(cell) if cells else None
            if held is None:
                numbers.append(None)
            elif isinstance(held, Part):
                whole = int(held.total)
                numbers.append(whole if whole == held.total else f"{held.total.normalize():f}")
                if held.at_least or held.about:
                    inexact[str(place)] = [held.at_least, held.about]
            else:
                numbers.append(next(iter(held)))  # the rank; a unit has one report in a period
        rows.append([unit, *cell, facts.included[cell], numbers, inexact])
    return rows


def facts_of(data: Frozen, definitions: Mapping[str, Definition]) -> dict[int, Facts]:
    """Return the facts by unit id that `frozen_units` kept."""
    found: dict[int, Facts] = {}
    rated = [definitions[code].value_type == ValueType.RATING for code in data["read"]]
    for unit, period, level, included, numbers, inexact in data["facts"]:
        mine, cell = found.setdefault(unit, Facts()), (period, level)
        mine.units[cell] += 1
        mine.included[cell] += included
        for place, number in enumerate(numbers):
            if number is None:
                continue
            code = data["read"][place]
            if rated[place]:
                mine.ranks.setdefault(code, {})[cell] = Counter({number: 1})
            else:
                part = Part(Decimal(number), 1, *inexact.get(str(place), ()))
                mine.parts.setdefault(code, {})[cell] = part
    return found


# ---- Units, reports, texts


def plain_unit(unit: AdministrativeUnit) -> Frozen:
    """Return a unit as it is called, with the unit above it."""
    names = ("code", "kind", "name", "level")
    place: Frozen = {name: getattr(unit, name) for name in names}
    return {
        **place,
        "valid_from": unit.valid_from.isoformat(),
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
        "parent": {name: getattr(unit.parent, name) for name in names} if unit.parent else None,
    }


def unit_from(data: Frozen) -> AdministrativeUnit:
    """Return the unit that `plain_unit` kept: an object that is not stored, with all its names."""
    parent = AdministrativeUnit(**data["parent"]) if data["parent"] else None
    return AdministrativeUnit(
        **{name: data[name] for name in ("code", "kind", "name", "level")},
        valid_from=datetime.date.fromisoformat(data["valid_from"]),
        valid_to=datetime.date.fromisoformat(data["valid_to"]) if data["valid_to"] else None,
        parent=parent,
    )


def plain_node(node: UnitNode) -> list:
    return [plain_unit(node.unit), node.own, [plain_node(one) for one in node.below.values()]]


def node_from(data: list) -> UnitNode:
    place, own, below = data
    return UnitNode(unit_from(place), own, dict(enumerate(map(node_from, below))))


def plain_submission(submission: Submission) -> Frozen:
    days = {
        name: moment.isoformat() if (moment := getattr(submission, name)) else None
        for name in ("due_date", "submitted_at", "approved_at")
    }
    return {**vars(submission), **days, "unit": plain_unit(submission.unit)}


def submission_from(data: Frozen) -> Submission:
    moments = {
        name: datetime.datetime.fromisoformat(data[name]) if data[name] else None
        for name in ("submitted_at", "approved_at")
    }
    due = datetime.date.fromisoformat(data["due_date"])
    return Submission(**{**data, **moments, "due_date": due, "unit": unit_from(data["unit"])})
