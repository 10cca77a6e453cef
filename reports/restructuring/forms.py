"""The three steps of a change: the resolution, the new units, what the old ones become."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from danvan.common.forms import BaseForm, NumberField, TextField, field_for, upload_field
from danvan.common.numbers import rounded
from danvan.common.text import clean_line, search_key
from danvan.units.changing import NewUnit
from danvan.units.kinds import AREA_KINDS, LEVEL_OF_KIND, UnitKind
from danvan.units.models import AdministrativeUnit
from reports.models import UnitChange

MAX_SUGGESTED = 1500  # names in the list of a page; beyond it the code or the full name is typed


class ResolutionForm(BaseForm):
    """Which resolution, and from which day."""

    layout: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Nghị quyết", ("number", "issued_on", "issuer", "day")),
    )

    class Meta:
        model = UnitChange
        fields = ("number", "issued_on", "issuer", "day")
        formfield_callback = field_for


class ResolutionFileForm(ResolutionForm):
    """The same with a file in the register's form, which fills the next steps."""

    layout = (*ResolutionForm.layout, ("Tệp danh mục (không bắt buộc)", ("file",)))
    file = upload_field("Tệp CSV theo mẫu danh mục đơn vị", ".csv,text/csv")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["file"]
        field.required = False
        field.help_text = (
            "Lấy các đơn vị bắt đầu, kết thúc đúng ngày hiệu lực; xem lại được ở các bước sau."
        )


class Names:
    """The units that may be typed in a field, by code or name, and how each is shown."""

    def __init__(self, units: Iterable[AdministrativeUnit], new: Iterable[NewUnit] = ()) -> None:
        self.shown = {
            unit.code: f"{unit.place_name} ({unit.code})" for unit in units if not unit.is_body
        }
        self.shown |= {unit.code: f"{unit} ({unit.code})" for unit in new}
        self.by_name: dict[str, set[str]] = {}
        for code, text in self.shown.items():
            whole = text.rpartition(" (")[0]
            for name in {whole, whole.partition(",")[0]}:
                self.by_name.setdefault(search_key(name), set()).add(code)

    def code(self, typed: str) -> str:
        """Return the code that was typed, by itself or behind a name. Raises ValidationError."""
        text = clean_line(typed)
        if found := re.fullmatch(r"(?:.*\()?(\d{1,10})\)?", text):
            return found[1]
        codes = self.by_name.get(search_key(text), set())
        if len(codes) == 1:
            return next(iter(codes))
        if codes:
            named = "; ".join(sorted(self.shown[code] for code in codes)[:4])
            raise ValidationError(f"Có nhiều đơn vị tên này: {named}. Vui lòng ghi mã.")
        raise ValidationError(f"Không tìm thấy đơn vị “{text}”. Vui lòng ghi mã hoặc tên đầy đủ.")

    @property
    def suggested(self) -> list[str]:
        """What the page offers while typing."""
        return list(self.shown.values()) if len(self.shown) <= MAX_SUGGESTED else []


class TypedUnitField(TextField):
    """A unit typed by name or code; the page offers names while typing. Gives the code."""

    names: Names

    def __init__(self, label: str, listed: str, *, required: bool = False) -> None:
        attrs = {"list": listed, "autocomplete": "off"}
        super().__init__(label=label, required=required, widget=forms.TextInput(attrs=attrs))

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return self.names.code(text) if text else ""

    def prepare_value(self, value: Any) -> Any:
        return self.names.shown.get(value, value) if value else value


def _kinds() -> list[tuple[str, str]]:
    shown = [(kind.value, kind.label) for kind in AREA_KINDS]
    twice = {label for _, label in shown if [name for _, name in shown].count(label) > 1}
    return [("", "Chọn…")] + [
        (
            kind,
            f"{label} ({LEVEL_OF_KIND[UnitKind(kind)].label.lower()})" if label in twice else label,
        )
        for kind, label in shown
    ]


class _RowForm(forms.Form):
    """One line; a line left empty counts for nothing, one half filled is asked about."""

    needed: tuple[str, ...] = ()

    def __init__(self, *args: Any, names: dict[str, Names], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in names.items():
            field: Any = self.fields[name]
            field.names = known

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.is_filled:
            for name in self.needed:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "Vui lòng nhập ô này, hoặc xóa trống cả dòng.")
        return cleaned

    @property
    def is_filled(self) -> bool:
        """Whether anything was typed in the line."""
        return any(value not in (None, "") for value in self.cleaned_data.values()) or bool(
            self.errors
        )


class NewUnitForm(_RowForm):
    """One new unit."""

    needed = ("code", "kind", "name")
    code = TextField(label="Mã", max_length=10, required=False)
    kind = forms.ChoiceField(label="Loại", choices=_kinds, required=False)
    name = TextField(label="Tên riêng", max_length=100, required=False)
    parent = TypedUnitField("Đơn vị cấp trên", "tren")
    code.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean_code(self) -> str:
        """Only digits, as the statistics office gives them."""
        code = self.cleaned_data["code"]
        if code and not re.fullmatch(r"\d{1,10}", code):
            raise ValidationError("Mã đơn vị chỉ gồm chữ số.")
        return code

    def row(self) -> dict:
        """Return the line as the change keeps it."""
        return {name: self.cleaned_data[name] for name in ("code", "kind", "name", "parent")}


class MoveForm(_RowForm):
    """One old unit and where it goes."""

    needed = ("old",)
    old = TypedUnitField("Đơn vị cũ", "cu")
    new = TypedUnitField("Nhập về", "moi")
    percent = NumberField(label="Tỷ lệ (%)", whole=False, places=2, required=False)

    def clean_percent(self) -> Decimal | None:
        """A part of a unit: more than nothing, not more than all."""
        percent = self.cleaned_data["percent"]
        if percent is not None and not 0 < percent <= 100:
            raise ValidationError("Tỷ lệ phải lớn hơn 0 và không quá 100 %.")
        return percent

    def row(self) -> dict:
        """Return the line as the change keeps it."""
        percent = self.cleaned_data["percent"]
        share = "" if percent is None else str(rounded(percent / 100, 4))
        return {"old": self.cleaned_data["old"], "new": self.cleaned_data["new"], "share": share}


def percent_of(share: str) -> Decimal | None:
    """Return a stored share as the form shows it."""
    return (Decimal(share) * 100).normalize() if share else None


NewUnits = forms.formset_factory(NewUnitForm, extra=4, max_num=500, absolute_max=600)
Moves = forms.formset_factory(MoveForm, extra=8, max_num=1000, absolute_max=1200)


def lines_of(formset: Any) -> list[dict]:
    """Return the filled lines of a valid formset."""
    return [form.row() for form in formset if form.has_changed() and form.is_filled]
