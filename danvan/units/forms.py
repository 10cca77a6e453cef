"""A form field that offers units."""

from django import forms
from django.utils import timezone

from danvan.units.models import AdministrativeUnit


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
