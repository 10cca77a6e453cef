"""Rules of one row, declared once: a CHECK constraint in the database that Python can judge as well.

Django asks the database for every constraint of every row it validates; a file of 100,000 rows cannot
afford that. `Rule` evaluates the same Q in Python, with SQL's reading of NULL (unknown is no violation).
The error stands at `field`: it travels as the violation code, see EventRecord.validate_constraints.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression, Value

MAX_COUNT = 1_000_000  # people, petitions, days: more is a slip of the keyboard
_COMPARE = {
    "exact": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class RowRule(models.CheckConstraint):
    """A CheckConstraint judged in Python. Understands Q of comparisons, `in`, `isnull`, F and sums of F."""

    def deconstruct(self):
        """Migrations see the plain constraint."""
        _, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

    def validate(self, model, instance, exclude=None, using=None):
        """Raise ValidationError when `instance` breaks the rule; fields in `exclude` void the question."""
        if set(exclude or ()) & set(_names(self.condition)):
            return
        if _judge(self.condition, instance) is False:
            raise ValidationError(
                self.get_violation_error_message(), code=self.violation_error_code
            )


def _names(node) -> Iterable[str]:
    """Yield the field names that a Q or expression reads."""
    if isinstance(node, Q):
        for child in node.children:
            yield from _names(child)
    elif isinstance(node, tuple):
        yield node[0].partition("__")[0]
        yield from _names(node[1])
    elif isinstance(node, CombinedExpression):
        yield from _names(node.lhs)
        yield from _names(node.rhs)
    elif isinstance(node, F):
        yield node.name


def _judge(node, row) -> bool | None:
    """Return what SQL would: True, False or None (unknown)."""
    if isinstance(node, tuple):
        return _compare(node, row)
    results = [_judge(child, row) for child in node.children]
    decisive = node.connector == Q.OR
    otherwise = None if None in results else not decisive
    result = decisive if decisive in results else otherwise
    return result if not node.negated or result is None else not result


def _compare(leaf: tuple, row) -> bool | None:
    name, _, lookup = leaf[0].partition("__")
    left, right = getattr(row, name), leaf[1]
    if lookup == "isnull":
        return (left is None) == right
    if left is None:
        return None
    if lookup == "in":
        return left in right
    right = _value(right, row)
    return None if right is None else _COMPARE[lookup or "exact"](left, right)


def _value(node, row):
    if isinstance(node, CombinedExpression):
        left, right = _value(node.lhs, row), _value(node.rhs, row)
        return None if left is None or right is None else left + right
    if isinstance(node, F):
        return getattr(row, node.name)
    return node.value if isinstance(node, Value) else node


def count_field(label: str, **options) -> models.IntegerField:
    """Return a whole number from 0 to MAX_COUNT. Optional ones (`null=True`) tell "not known" from 0."""
    options.setdefault("blank", options.get("null", False))
    return models.IntegerField(
        label,
        validators=[
            MinValueValidator(0, "Không nhận số âm."),
            MaxValueValidator(MAX_COUNT, "Số quá lớn, vui lòng kiểm tra lại."),
        ],
        **options,
    )


def choice_field(label: str, choices, **options) -> models.CharField:
    """Return a column for one of `choices` (TextChoices)."""
    return models.CharField(label, max_length=20, choices=choices, **options)


def within(*fields: str, top=MAX_COUNT) -> list[RowRule]:
    """Return the rules 0 <= field <= `top`."""
    return [
        RowRule(
            condition=Q(**{f"{field}__gte": 0, f"{field}__lte": top}),
            name=f"%(class)s_{field}_range",
            violation_error_message=f"Chỉ nhận số từ 0 đến {top:,}.".replace(",", "."),
            violation_error_code=field,
        )
        for field in fields
    ]


def at_most(field: str, other: str, message: str) -> RowRule:
    """Return the rule field <= other, where both are known."""
    return RowRule(
        condition=Q(**{f"{field}__lte": F(other)}),
        name=f"%(class)s_{field}_max_{other}"[:60],
        violation_error_message=message,
        violation_error_code=field,
    )


def at_least(field: str, other: str, message: str) -> RowRule:
    """Return the rule field >= other, where both are known."""
    return RowRule(
        condition=Q(**{f"{field}__gte": F(other)}),
        name=f"%(class)s_{field}_min_{other}"[:60],
        violation_error_message=message,
        violation_error_code=field,
    )


def chosen(*, blank: bool = False, **choices) -> list[RowRule]:
    """Return the rules that each field holds one of its choices (or nothing, with `blank`)."""
    return [
        RowRule(
            condition=Q(**{f"{field}__in": [*values.values, *([""] if blank else [])]}),
            name=f"%(class)s_{field}_choice",
            violation_error_message="Lựa chọn này không có trong danh sách.",
            violation_error_code=field,
        )
        for field, values in choices.items()
    ]
