"""CHECK constraints of a model as one fast Python function: does a row of values keep them all?

Used only to tell good rows from doubtful ones: a doubtful row is judged again by the model itself, which
also words the message. What this compiler does not understand makes every row doubtful.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression, Value

_SIGNS = {
    "exact": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_CONNECTORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_PLAIN = (int, str, bool, Decimal, datetime.date, float)
Test = Callable[[dict], bool]
Read = Callable[[dict], object]


class NotUnderstood(Exception):  # noqa: N818
    """The compiler does not know this expression."""


def keeps_constraints(model: type[models.Model]) -> Test:
    """Return a function of {attname: value} that is True only when every CHECK constraint holds.

    As in SQL an unknown (NULL) condition is no violation; here it may make a row doubtful, never good.
    """
    try:
        tests = [
            _condition(constraint.condition)
            for constraint in model._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
        ]
    except NotUnderstood:
        return lambda row: False
    return _all(tests)


def _all(tests: list[Test]) -> Test:
    def holds(row: dict) -> bool:
        for test in tests:  # noqa: SIM110 - a generator per row costs more than the tests
            if not test(row):
                return False
        return True

    return holds


def _any(tests: list[Test]) -> Test:
    def holds(row: dict) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(row):
                return True
        return False

    return holds


def _condition(node) -> Test:
    """Return a test that is True when `node` holds or, for a plain comparison, is unknown."""
    if isinstance(node, tuple):
        return _compare(*node)
    if not isinstance(node, Q) or node.connector not in (Q.OR, Q.AND):
        raise NotUnderstood
    if node.negated:
        return _negated(node)
    tests = [_condition(child) for child in node.children]
    if len(tests) == 1:
        return tests[0]
    return _any(tests) if node.connector == Q.OR else _all(tests)


def _negated(node: Q) -> Test:
    if len(node.children) != 1 or not isinstance(node.children[0], tuple):
        raise NotUnderstood
    name, value = node.children[0]
    field, _, lookup = name.partition("__")
    if lookup not in ("", "exact") or not isinstance(value, _PLAIN):
        raise NotUnderstood
    return lambda row: row[field] != value


def _compare(name: str, value) -> Test:
    field, _, lookup = name.partition("__")
    if lookup == "isnull":
        return (lambda row: row[field] is None) if value else (lambda row: row[field] is not None)
    if lookup == "in":
        allowed = frozenset({*value, None})
        return lambda row: row[field] in allowed
    sign = _SIGNS.get(lookup or "exact")
    if sign is None:
        raise NotUnderstood
    names, right = _expression(value)
    if not names:
        constant = right({})
        return lambda row: row[field] is None or sign(row[field], constant)
    names = (field, *names)

    def holds(row: dict) -> bool:
        for name in names:
            if row[name] is None:
                return True
        return sign(row[field], right(row))

    return holds


def _expression(node) -> tuple[list[str], Read]:
    """Return (field names read, reader) of the right side."""
    if isinstance(node, F):
        return [node.name], operator.itemgetter(node.name)
    if isinstance(node, CombinedExpression) and node.connector in _CONNECTORS:
        sign = _CONNECTORS[node.connector]
        left_names, left = _expression(node.lhs)
        right_names, right = _expression(node.rhs)
        return left_names + right_names, lambda row: sign(left(row), right(row))
    value = node.value if isinstance(node, Value) else node
    if not isinstance(value, _PLAIN):
        raise NotUnderstood
    return [], lambda row: value
