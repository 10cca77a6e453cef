"""Form fields that offer units."""

from typing import Any

from django import forms
from django.utils import timezone

from danvan.common.numbers import read_id
from danvan.units.models import AdministrativeUnit

MOST_OFFERED = 700  # the largest province had 609 units: it is offered whole
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


class UnitChoice(forms.ModelChoiceField):
    """A plain list of the units of today, as "Xã Tiên Sơn, thị xã Duy Tiên (13369)".

    With `ever` of all units there were, each with its first day. A plain list needs no script, and typing
    the first letters finds a row in it.
    """

    def __init__(self, label: str, *, required: bool = True, ever: bool = False) -> None:
        units = AdministrativeUnit.objects.select_related("parent").in_tree_order()
        if not ever:
            units = units.on(timezone.localdate())
        super().__init__(units, label=label, required=required)
        self.ever = ever

    def label_from_instance(self, unit: AdministrativeUnit) -> str:
        since = f", từ {unit.valid_from:%d/%m/%Y}" if self.ever else ""
        return f"{unit.place_name} ({unit.code}{since})"
