"""What every list filters by: choices, days, bounded numbers, text with and without marks.

Lists are strict (FilterView): a wrong value shows its error and no row, never all rows. Choices that
point at rows are scoped by whoever declares them.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet

from danvan.common.forms import DayField, NumberField, TextField


class ChoicesField(forms.ChoiceField):
    """A drop-down that also takes several values joined by commas, as links into a list send them."""

    def to_python(self, value: Any) -> Any:
        return [part for part in str(value or "").split(",") if part]

    def validate(self, value: Any) -> None:
        known = {str(key) for key, _ in cast(Iterable[tuple], self.choices)}
        if unknown := [part for part in value if part not in known]:
            raise ValidationError(f"“{unknown[0][:40]}” không có trong danh sách.")


class ChoicesFilter(django_filters.Filter):
    """One or several values of a choice column; both as `kind=regular` and `kind=ad_hoc,thematic`."""

    field_class = ChoicesField

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, choices=[("", "Tất cả"), *choices], **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> Any:
        if not value:
            return qs
        return qs.filter(**{f"{self.field_name}__in": value})


class BoxFilter(django_filters.Filter):
    """A box to tick."""

    field_class = forms.BooleanField


class DayFilter(django_filters.DateFilter):
    """A day typed as dd/mm/yyyy."""

    field_class = DayField


class BoundFilter(django_filters.Filter):
    """A bound of a number, itself bounded: a huge number costs nothing."""

    field_class = NumberField

    def __init__(self, *args: Any, places: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, whole=not places, top=Decimal(10**9), **kwargs)


class TextFilter(django_filters.Filter):
    """Words to look for."""

    field_class = TextField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max_length=100, **kwargs)


class ListFilter(django_filters.FilterSet):
    """Base of list filters: labels and looks of the widgets."""

    @property
    def main(self) -> tuple[str, ...]:
        """The fields that are shown; the rest stands under "Lọc thêm"."""
        return ("q",)

    @property
    def linked(self) -> tuple[str, ...]:
        """The fields that only links fill."""
        return ()

    @property
    def form(self) -> Any:
        """The bound form, its widgets with Bootstrap's classes."""
        form = super().form
        for name, field in form.fields.items():
            look = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            is_box = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs["class"] = "form-check-input" if is_box else look
            self._offer_several(form, name, field)
        return form

    @staticmethod
    def _offer_several(form: forms.BaseForm, name: str, field: models.Field) -> None:
        """Keep several values that a link sent visible as one line of the drop-down."""
        sent = form.data.get(name, "")
        if isinstance(field, ChoicesField) and "," in sent and (sent, sent) not in field.choices:
            labels = dict(field.choices)
            words = ", ".join(str(labels.get(part, part)) for part in sent.split(","))
            field.widget.choices = [*field.choices, (sent, words)]

    def shown(self) -> list:
        return [self.form[name] for name in self.main if name in self.form.fields]

    def folded(self) -> list:
        """The fields under "Lọc thêm"; those only links use are left out while empty."""
        rest = (field for field in self.form if field.name not in self.main)
        return [f for f in rest if f.name not in self.linked or f.value()]

    def rows(self) -> QuerySet:
        """Return what it lets through: nothing when it is invalid, never everything."""
        return self.qs if not self.is_bound or self.is_valid() else self.queryset.none()

    @property
    def is_narrowed(self) -> bool:
        return any(self.form.data.get(name) for name in self.form.fields)

    @property
    def opens(self) -> bool:
        """Return whether one of the folded fields is in use, so that they are shown."""
        return any(field.value() for field in self.folded())
