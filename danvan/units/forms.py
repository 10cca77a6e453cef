"""A form field that offers units."""

from django import forms
from django.utils import timezone

from danvan.units.models import AdministrativeUnit


def unit_choice(label: str, *, required: bool = True, ever: bool = False) -> forms.ModelChoiceField:
    """Return a plain list of the units of today, as "Xã Tiên Sơn, thị xã Duy Tiên (13369)".

    With `ever` of all units there were, each with its first day. A plain list needs no script, and typing
    the first letters finds a row in it.
    """
    field = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(), label=label, required=required
    )
    units = (
        AdministrativeUnit.objects.all()
        if ever
        else AdministrativeUnit.objects.on(timezone.localdate())
    )
    field.queryset = units.select_related("parent").in_tree_order()
    since = ", từ {0.valid_from:%d/%m/%Y}" if ever else ""
    label_of = ("{0.place_name} ({0.code}" + since + ")").format
    field.label_from_instance = label_of  # type: ignore[method-assign]
    return field
