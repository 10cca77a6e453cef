"""Form fields that offer units."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from danvan.common.numbers import read_id
from danvan.common.text import clean_line
from danvan.units.models import AdministrativeUnit

MOST_OFFERED = 700  # the largest province had 609 units: it is offered whole
_TYPED, _MOST_TOLD = "-go", 8
_LABEL = re.compile(r"\((?P<code>\w+)(?:, từ (?P<since>[\d/]+))?\)$")
TWO_STEPS = "Chọn tỉnh rồi lọc để thấy các đơn vị bên dưới"


class UnitSelect(forms.Select):
    """A drop-down of units; of a country's only the roots, and those above, below and beside the chosen one.

    What may be chosen is the field's affair: a link to any unit it knows is taken. One query; of more than
    MOST_OFFERED units two more.
    """

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Return what is offered."""
        offered: Any = self.choices
        units = offered.queryset
        rows = list(units[: MOST_OFFERED + 1])
        if many := len(rows) > MOST_OFFERED:
            key = next((read_id(text) for text in value if read_id(text) is not None), None)
            rows = list(units.near(units.filter(pk=key).first()))
        self.choices = [("", offered.field.empty_label), *map(offered.choice, rows)]
        groups = list(super().optgroups(name, value, attrs))
        self.choices = offered
        if many:
            last = self.create_option(name, "", TWO_STEPS, False, len(groups))
            last["attrs"]["disabled"] = True
            groups.append((None, [last], len(groups)))
        return groups


class TypedUnit(str):
    """What was typed into the box of a UnitPicker."""


class UnitPicker(forms.Select):
    """A drop-down of units; of more than MOST_OFFERED a box for a code or a name. Neither needs a script."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Return the drop-down or the box. One query, of the box a second one for what is chosen already."""
        offered: Any = self.choices
        units = list(offered.queryset[: MOST_OFFERED + 1])
        if len(units) <= MOST_OFFERED:
            self.choices = [("", offered.field.empty_label), *map(offered.choice, units)]
            drawn = super().render(name, value, attrs, renderer)
            self.choices = offered
            return drawn
        chosen = offered.queryset.filter(pk=read_id(str(value or "")) or 0).first()
        text = (
            value
            if isinstance(value, TypedUnit)
            else offered.field.label_from_instance(chosen)
            if chosen
            else ""
        )
        box = forms.TextInput(
            {"placeholder": "Mã hoặc tên đơn vị, ví dụ: 13369", "class": "vTextField"}
        )
        return box.render(f"{name}{_TYPED}", text, {**self.attrs, **(attrs or {})}, renderer)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = data.get(f"{name}{_TYPED}")
        return super().value_from_datadict(data, files, name) if typed is None else TypedUnit(typed)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}{_TYPED}" not in data


class UnitChoice(forms.ModelChoiceField):
    """The units of today, as "Xã Tiên Sơn, thị xã Duy Tiên (13369)": a plain list or, of a country's, a box.

    With `ever` of all units there were, each with its first day. A plain list needs no script, and typing
    the first letters finds a row in it. The box takes a code, a name or what the list would say.
    """

    widget = UnitPicker

    def __init__(self, label: str, *, required: bool = True, ever: bool = False) -> None:
        units = AdministrativeUnit.objects.select_related("parent").in_tree_order()
        if not ever:
            units = units.on(timezone.localdate())
        super().__init__(units, label=label, required=required)
        self.ever = ever

    def label_from_instance(self, unit: AdministrativeUnit) -> str:
        since = f", từ {unit.valid_from:%d/%m/%Y}" if self.ever else ""
        return f"{unit.place_name} ({unit.code}{since})"

    def to_python(self, value: Any) -> Any:
        """Return the unit chosen, or the one that was typed. Raises ValidationError, with those that fit."""
        if not isinstance(value, TypedUnit):
            return super().to_python(value)
        text = clean_line(value)
        if not text:
            return None
        found = self._fitting(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(
                f"Không có đơn vị “{text[:60]}”. Vui lòng nhập mã hoặc tên đơn vị."
            )
        told = "; ".join(map(self.label_from_instance, found[:_MOST_TOLD]))
        more = "; …" if len(found) > _MOST_TOLD else ""
        raise ValidationError(f"Có nhiều đơn vị khớp, vui lòng nhập một trong: {told}{more}.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another unit was chosen: a name left as it was drawn is the same one."""
        if isinstance(data, TypedUnit):
            try:
                data = self.prepare_value(self.to_python(data))
            except ValidationError:
                return True
        return super().has_changed(initial, data)

    def _fitting(self, text: str) -> list[AdministrativeUnit]:
        """Return the units that `text` may mean, a few more than are told."""
        units: Any = self.queryset
        if named := _LABEL.search(text):
            rows = units.filter(code=named["code"])
            begun = [one for one in rows if f"{one.valid_from:%d/%m/%Y}" == named["since"]]
            return begun or list(rows)
        return list(units.filter(code=text)) or list(units.search(text)[: _MOST_TOLD + 1])
