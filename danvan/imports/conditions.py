"""CHECK constraints of a model as one fast Python function: does a row of values keep them all?

Used only to tell good rows from doubtful ones: a doubtful row is judged again by the model itself, which
also words the message. What this compiler does not understand makes every row doubtful.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression, Value

_SIGNS = {"exact": "==", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_CONNECTORS = {"+", "-", "*"}
_PLAIN = (int, str, bool, Decimal, datetime.date, float)


class NotUnderstood(Exception):  # noqa: N818
    """The compiler does not know this expression."""


def keeps_constraints(model: type[models.Model]) -> Callable[[dict], bool]:
    """Return a function of {attname: value} that is True only when every CHECK constraint holds.

    As in SQL an unknown (NULL) condition is no violation; here it may make a row doubtful, never good.
    """
    compiler = _Compiler()
    try:
        parts = [
            compiler.condition(constraint.condition)
            for constraint in model._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
        ]
    except NotUnderstood:
        return lambda row: False
    if not parts:
        return lambda row: True
    source = f"lambda r: {' and '.join(parts)}"
    return eval(source, {"__builtins__": {}, **compiler.constants})  # noqa: S307 - built from the model


class _Compiler:
    """Turns a Q into Python source; constants are passed by name, never written into the source."""

    def __init__(self):
        self.constants: dict = {}

    def condition(self, node) -> str:
        """Return source that is True when `node` holds or, for a plain comparison, is unknown."""
        if isinstance(node, tuple):
            return self._compare(*node)
        if not isinstance(node, Q):
            raise NotUnderstood
        if node.negated:
            return f"({self._negated(node)})"
        word = " or " if node.connector == Q.OR else " and "
        if node.connector not in (Q.OR, Q.AND):
            raise NotUnderstood
        return f"({word.join(self.condition(child) for child in node.children)})"

    def _negated(self, node: Q) -> str:
        if len(node.children) != 1 or not isinstance(node.children[0], tuple):
            raise NotUnderstood
        name, value = node.children[0]
        field, _, lookup = name.partition("__")
        if lookup not in ("", "exact") or not isinstance(value, _PLAIN):
            raise NotUnderstood
        return f"r[{field!r}] != {self._constant(value)}"

    def _compare(self, name: str, value) -> str:
        field, _, lookup = name.partition("__")
        left = f"r[{field!r}]"
        if lookup == "isnull":
            return f"({left} is {'' if value else 'not '}None)"
        if lookup == "in":
            return f"({left} is None or {left} in {self._constant(frozenset(value))})"
        sign = _SIGNS.get(lookup or "exact")
        if sign is None:
            raise NotUnderstood
        names, right = self._expression(value)
        unknown = " or ".join(f"r[{name!r}] is None" for name in [field, *names])
        return f"({unknown} or {left} {sign} {right})"

    def _expression(self, node) -> tuple[list[str], str]:
        """Return (field names read, source) of the right side."""
        if isinstance(node, F):
            return [node.name], f"r[{node.name!r}]"
        if isinstance(node, CombinedExpression) and node.connector in _CONNECTORS:
            left_names, left = self._expression(node.lhs)
            right_names, right = self._expression(node.rhs)
            return left_names + right_names, f"({left} {node.connector} {right})"
        if isinstance(node, Value):
            node = node.value
        if not isinstance(node, _PLAIN):
            raise NotUnderstood
        return [], self._constant(node)

    def _constant(self, value) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name
