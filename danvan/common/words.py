"""Values as people read them: what a change says in the audit trail, in a history and beside a stale form."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, localtime

from danvan.common.numbers import format_number

EMPTY = "(trống)"  # where a change shows that nothing stood or stands there


def column_named(model: type[models.Model] | models.Model, name: str) -> models.Field:
    """Return the column `name` of `model`, for readers who know that it is no relation from elsewhere."""
    return cast(models.Field, model._meta.get_field(name))


def in_words(field: models.Field | forms.Field | None, value: Any) -> str:
    """Return `value` of a column or of a form's field as people read it, "" for nothing.

    It may come from a row, from cleaned data or, as text, from the audit trail's JSON.
    """
    if value is None or value in ("", "None"):
        return ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {in_words(None, one)}" for name, one in value.items())
    choices = _choices(field)
    if value in choices:
        return str(choices[value])
    if isinstance(field, models.DateTimeField):
        return _moment(value)
    if isinstance(value, datetime.date) or isinstance(field, models.DateField | forms.DateField):
        day = value if isinstance(value, datetime.date) else parse_date(str(value))
        return f"{day:%d/%m/%Y}" if day else str(value)
    numeric = isinstance(field, models.IntegerField | models.DecimalField)
    if numeric or isinstance(value, int | Decimal):
        is_year = getattr(field, "name", "").endswith("year") or not getattr(field, "grouped", True)
        return str(value) if is_year else format_number(Decimal(str(value)))
    return str(value)


def _choices(field: models.Field | forms.Field | None) -> dict:
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return dict(cast(Iterable[tuple], field.choices))
    return dict(getattr(field, "flatchoices", None) or ())


def _moment(value: datetime.datetime | str) -> str:
    moment = value if isinstance(value, datetime.datetime) else parse_datetime(str(value))
    if moment is None:
        return str(value)
    aware = moment.replace(tzinfo=datetime.UTC) if is_naive(moment) else moment
    return f"{localtime(aware):%d/%m/%Y %H:%M}"
