"""Rules of one row, declared once: a CHECK constraint in the database that Python can judge as well.

Django asks the database for every constraint of every row it validates; a file of 100,000 rows cannot
afford that. `RowRule` judges the same Q in Python, with SQL's reading of NULL (unknown is no violation).
The error stands at `field`: it travels as the violation code, see EventRecord.validate_constraints.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression, Value

from danvan.common.numbers import NEGATIVE, TOO_LARGE

MAX_COUNT = 1_000_000  # people, petitions, days: more is a slip of the keyboard
_COMPARE = {
    "exact": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_COMBINE = {"+": operator.add, "-": operator.sub}
Row = Mapping[str, Any]
Test = Callable[[Row], bool]


class RowRule(models.CheckConstraint):
    """A CheckConstraint judged in Python. Understands Q of comparisons, `in`, `isnull`, F and sums of F."""

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Migrations see the plain constraint."""
        _, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

    @cached_property
    def holds(self) -> Test:
        """The rule as a function of {column: value}: False where the row breaks it."""
        return _judge(self.condition)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset(_names(self.condition))

    def validate(
        self, model: type[models.Model], instance: Any, exclude: Any = None, using: Any = None
    ) -> None:
        """Raise ValidationError when `instance` breaks the rule; fields in `exclude` void the question."""
        if self.reads.isdisjoint(exclude or ()) and not self.holds(vars(instance)):
            raise ValidationError(
                self.get_violation_error_message(), code=self.violation_error_code
            )


def rules_of(model: type[models.Model]) -> list[RowRule]:
    """Return the rules of one row of `model`."""
    return [rule for rule in model._meta.constraints if isinstance(rule, RowRule)]


def _names(node: object) -> Iterable[str]:
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
        yield str(vars(node)["name"])


def _judge(node: Any, unknown: bool = True) -> Test:
    """Return the test of a Q or of one comparison; what SQL calls unknown counts as `unknown`.

    Counting unknown as true gives "not violated" for AND and OR; under NOT it counts the other way round.
    """
    if isinstance(node, tuple):
        return _comparison(node, unknown)
    tests = [_judge(child, unknown != node.negated) for child in node.children]
    test = tests[0] if len(tests) == 1 else _joined(tests, decisive=node.connector == Q.OR)
    return (lambda row: not test(row)) if node.negated else test


def _joined(tests: list[Test], *, decisive: bool) -> Test:
    def holds(row: Row) -> bool:
        for test in tests:  # noqa: SIM110 - a generator per row costs more than the tests
            if test(row) is decisive:
                return decisive
        return not decisive

    return holds


def _comparison(leaf: tuple[str, Any], unknown: bool) -> Test:
    name, _, lookup = leaf[0].partition("__")
    right = leaf[1]
    if lookup == "isnull":
        return lambda row: (row[name] is None) is right
    if lookup == "in":
        allowed = frozenset(right)
        return lambda row: unknown if (left := row[name]) is None else left in allowed
    compare, value = _COMPARE[lookup or "exact"], _value(right)
    if isinstance(right, F | CombinedExpression):
        names = (name, *_names(right))

        def holds(row: Row) -> bool:
            for read in names:
                if row[read] is None:
                    return unknown
            return compare(row[name], value(row))

        return holds
    constant = value({})
    return lambda row: unknown if (left := row[name]) is None else compare(left, constant)


def _value(node: Any) -> Callable[[Row], Any]:
    """Return the reader of the right side of a comparison."""
    if isinstance(node, F):
        return operator.itemgetter(vars(node)["name"])
    if isinstance(node, CombinedExpression):
        combine, left, right = _COMBINE[node.connector], _value(node.lhs), _value(node.rhs)
        return lambda row: combine(left(row), right(row))
    value = node.value if isinstance(node, Value) else node
    return lambda row: value


def whole_field(
    label: str, low: int, top: int, too_low: str, too_high: str = "", **options: Any
) -> models.IntegerField:
    """Return a whole number from `low` to `top`. Optional ones (`null=True`) tell "not known" from 0."""
    options.setdefault("blank", options.get("null", False))
    limits = [MinValueValidator(low, too_low), MaxValueValidator(top, too_high or too_low)]
    return models.IntegerField(label, validators=limits, **options)


def count_field(label: str, **options: Any) -> models.IntegerField:
    """Return a whole number from 0 to MAX_COUNT."""
    return whole_field(label, 0, MAX_COUNT, NEGATIVE, TOO_LARGE, **options)


def choice_field(
    label: str, choices: Iterable[tuple[str, str]], **options: Any
) -> models.CharField:
    """Return a column for one of `choices` (TextChoices)."""
    return models.CharField(label, max_length=20, choices=choices, **options)


def rule(name: str, condition: Q, message: str, field: str | None = None) -> RowRule:
    """Return the rule `name` of a kind: every row meets `condition`, or `message` stands at `field`."""
    return RowRule(
        condition=condition,
        name=f"%(class)s_{name}",
        violation_error_message=message,
        violation_error_code=field,
    )


def within(*fields: str, low: Any = 0, top: Any = MAX_COUNT, message: str = "") -> list[RowRule]:
    """Return the rules `low` <= field <= `top`."""
    message = message or f"Chỉ nhận số từ 0 đến {top:,}.".replace(",", ".")
    return [
        rule(f"{field}_range", Q(**{f"{field}__gte": low, f"{field}__lte": top}), message, field)
        for field in fields
    ]


def at_most(field: str, other: str, message: str) -> RowRule:
    """Return the rule field <= other, where both are known."""
    return _compared(field, "lte", "max", other, message)


def at_least(field: str, other: str, message: str) -> RowRule:
    """Return the rule field >= other, where both are known."""
    return _compared(field, "gte", "min", other, message)


def _compared(field: str, sign: str, word: str, other: str, message: str) -> RowRule:
    return rule(f"{field}_{word}_{other}"[:50], Q(**{f"{field}__{sign}": F(other)}), message, field)


def chosen(*, blank: bool = False, **choices: Any) -> list[RowRule]:
    """Return the rules that each field holds one of its choices (or nothing, with `blank`)."""
    message, nothing = "Lựa chọn này không có trong danh sách.", [""] if blank else []
    return [
        rule(
            f"{field}_choice",
            Q(**{f"{field}__in": [*(one.value for one in of), *nothing]}),
            message,
            field,
        )
        for field, of in choices.items()
    ]
