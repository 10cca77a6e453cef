"""Columns that name a unit or a person: neither is deleted while a row names it, unless a column says else."""

from typing import Any, Literal, overload

from django.conf import settings
from django.db import models

from danvan.units.models import AdministrativeUnit


@overload
def unit_field(
    label: str | None = ..., *, null: Literal[True], **options: Any
) -> models.ForeignKey[AdministrativeUnit | None, AdministrativeUnit | None]: ...
@overload
def unit_field(
    label: str | None = ..., **options: Any
) -> models.ForeignKey[AdministrativeUnit | None, AdministrativeUnit]: ...
def unit_field(label: str | None = "đơn vị", **options: Any) -> models.ForeignKey[Any, Any]:
    """Return the column of a unit; `options` are those of a ForeignKey."""
    return _column(AdministrativeUnit, label, options)


def person_field(label: str | None = None, **options: Any) -> models.ForeignKey[Any, Any]:
    """Return the column of an account, mostly of who did something; `options` are those of a ForeignKey."""
    return _column(settings.AUTH_USER_MODEL, label, options)


def _column(to: Any, label: str | None, options: dict[str, Any]) -> Any:
    usual = {"verbose_name": label, "related_name": "+", "on_delete": models.PROTECT}
    return models.ForeignKey(to, **{**usual, **options})
