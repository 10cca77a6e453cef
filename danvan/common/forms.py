"""Fields and the base form: text made clean, numbers and days the Vietnamese way, one look everywhere."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from danvan.common.handbook.why import Why
from danvan.common.numbers import (
    NEGATIVE,
    TOO_LARGE,
    NumberProblem,
    format_number,
    parse_number,
)
from danvan.common.text import clean_line, clean_text

# With signs between (the year may be missing), or digits alone.
_DAY = re.compile(
    r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?|(\d\d)(\d\d)(\d\d|\d{4})", re.ASCII
)


class DateInput(forms.DateInput):
    """A day as dd/mm/yyyy, and as people type it: 01102024, 011024, 1/10/24 and, within `inside`, 1/10.

    `inside` are a first and a last day: a day typed without its year is the one that lies between them.
    The digits keyboard on phones; a script puts a calendar beside (static/forms.js).
    """

    def __init__(self, *, inside: tuple[date, date] | None = None, **attrs: Any) -> None:
        self.inside = inside
        attrs = {
            "placeholder": "ngày/tháng/năm",
            "inputmode": "numeric",
            "autocomplete": "off",
            "data-day": True,
            **attrs,
        }
        super().__init__(attrs=attrs, format="%d/%m/%Y")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was typed, written out where it is a day."""
        typed = super().value_from_datadict(data, files, name)
        return self.written_out(typed) if isinstance(typed, str) else typed

    def written_out(self, typed: str) -> str:
        """Return a day typed in short as dd/mm/yyyy, anything else as it is."""
        found = _DAY.fullmatch(clean_line(typed))
        if not found:
            return typed
        day, month, year = found.groups()[:3] if found[1] else found.groups()[3:]
        if not year:
            year = self._year_of(int(day), int(month))
        elif len(year) == 2:
            year = f"20{year}"
        return f"{day:0>2}/{month:0>2}/{year}" if year else typed

    def _year_of(self, day: int, month: int) -> int | None:
        """Return the year in which the day lies inside, the last one of several; None for no year."""
        if self.inside is None:
            return None
        first, last = self.inside
        for year in range(last.year, first.year - 1, -1):
            with suppress(ValueError):  # 29 February of another year
                if first <= date(year, month, day) <= last:
                    return year
        return None


class DayField(forms.DateField):
    """A day; one that is none is answered with how it is typed."""

    widget = DateInput
    default_error_messages = {"invalid": "Ngày chưa đúng, ví dụ nhập đúng: 05/03/2024."}


class NumberField(forms.CharField):
    """A number as offices write it: 1.140 is a thousand, 1.14 a question (common/numbers.py).

    `grouped=False` is for years and the like. Returns int for whole numbers, Decimal otherwise.
    """

    def __init__(
        self,
        *,
        whole: bool = True,
        top: Any = None,
        places: int = 3,
        grouped: bool = True,
        **kwargs: Any,
    ) -> None:
        self.whole, self.top, self.places, self.grouped = whole, top, places, grouped
        super().__init__(**kwargs)
        self.widget.attrs["inputmode"] = "numeric" if whole else "decimal"
        self.widget.attrs["autocomplete"] = "off"

    def to_python(self, value: Any) -> Any:
        """Return the number, None for blank. Raises ValidationError with what to type instead.

        A number is a stored one (of a disabled field): it was never typed and is not read as typing.
        """
        if isinstance(value, int | Decimal):
            return value
        text = clean_line(str(value or ""))
        if not text:
            return None
        try:
            number = parse_number(text, whole=self.whole, places=self.places)
        except NumberProblem as problem:
            raise ValidationError(str(problem), code=Why.UNREADABLE) from problem
        if number < 0:
            raise ValidationError(NEGATIVE, code=Why.UNREADABLE)
        if self.top is not None and number > self.top:
            raise ValidationError(TOO_LARGE)
        return int(number) if self.whole else number

    def run_validators(self, value: Any) -> Any:
        """Numbers have no length; their bounds are the model's."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return format_number(value) if self.grouped else str(value)
        return value


class TextField(forms.CharField):
    """One line or several, cleaned before it is measured: NFC, no invisible characters."""

    def to_python(self, value: Any) -> Any:
        clean = clean_text if isinstance(self.widget, forms.Textarea) else clean_line
        return clean(super().to_python(value) or "")


def field_for(column: models.Field, **kwargs: Any) -> forms.Field | None:
    """Return the form field of a model column: formfield_callback of BaseForm's forms."""
    if isinstance(column, models.DateField):
        return column.formfield(form_class=DayField, **kwargs)
    if column.choices or column.is_relation or isinstance(column, models.BooleanField):
        return column.formfield(**kwargs)
    common: dict[str, Any] = {
        "label": column.verbose_name,
        "help_text": column.help_text,
        "required": not column.blank,
        "initial": column.default if column.has_default() else None,
    }
    if isinstance(column, models.DecimalField):
        return NumberField(whole=False, places=column.decimal_places, **common)
    if isinstance(column, models.IntegerField):
        return NumberField(grouped=not column.name.endswith("year"), **common)
    if isinstance(column, models.CharField):
        rows = 3 if (column.max_length or 0) > 300 else 0
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        return TextField(widget=widget, max_length=column.max_length, **common)
    return column.formfield(**kwargs)


class FileInput(forms.ClearableFileInput):
    """A file to send, in our words: a browser's own button speaks the language of the browser."""

    template_name = "partials/file.html"

    def __init__(self, accept: str) -> None:
        super().__init__(attrs={"accept": accept})


def upload_field(label: str, accept: str) -> forms.FileField:
    """Return the field of one file to send; `accept` is what the browser offers, no check."""
    none, empty = "Vui lòng chọn tệp.", "Tệp rỗng, vui lòng chọn tệp khác."
    return forms.FileField(
        label=label,
        error_messages={"required": none, "missing": none, "empty": empty},
        widget=FileInput(accept),
    )


@contextmanager
def refusals_shown(form: forms.BaseForm) -> Iterator[None]:
    """Run the block; what a service refuses in it stands in `form` as its errors."""
    try:
        yield
    except ValidationError as error:
        form.add_error(None, error)


def name_blank_choice(field: forms.Field) -> None:
    """Put words in place of the dashes that Django shows where nothing is chosen yet."""
    words = "Chọn…" if field.required else "(không ghi)"
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = words
    elif isinstance(field, forms.TypedChoiceField):
        field.choices = [
            (key, label if key not in ("", None) else words)
            for key, label in cast(Iterable[tuple], field.choices)
        ]


class BaseForm(forms.ModelForm):
    """A form laid out as its `layout` says: (legend, field names) in the order a person thinks.

    `user` is who fills it; `choices_for` scopes every field that points at rows. `version` and `token`
    travel along hidden: what the form was opened with, and a mark against sending it twice.
    """

    layout: tuple[tuple[str, tuple[str, ...]], ...] = ()
    half_wide: tuple[str, ...] = ()  # short texts: two on a line
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    error_css_class = "is-invalid"

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.choices_for(name)
            name_blank_choice(field)
            field.label = capfirst(str(field.label or name))
            field.error_messages["invalid_choice"] = "Lựa chọn này không có trong danh sách."
        self.helper = self._helper()

    def choices_for(self, name: str) -> models.QuerySet:
        """Return the rows the field `name` may point at for self.user. A form with such a field says so."""
        raise NotImplementedError(f"{type(self).__name__}: choices of “{name}” are not scoped.")

    def _helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.include_media = False
        groups = [
            Fieldset(
                legend,
                Div(*(self._cell(n) for n in names if n in self.fields), css_class="row gx-3"),
            )
            for legend, names in self.layout
        ]
        helper.layout = Layout("version", "token", *groups)
        return helper

    def _cell(self, name: str) -> Any:
        """Numbers and days are narrow, texts take the line."""
        field = self.fields[name]
        short = isinstance(field, NumberField | forms.DateField)
        choice = isinstance(field, forms.ChoiceField) and not isinstance(
            field, forms.ModelChoiceField
        )
        half = choice or name in self.half_wide
        width = "col-6 col-md-4" if short else "col-12 col-md-6" if half else "col-12"
        return Field(name, wrapper_class=width)
