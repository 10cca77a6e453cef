"""The page of a unit: what it came from and what it became."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.scope import units_visible_to
from danvan.units.life import life_of, resolution_of


@require_safe
def unit_life(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the life of a unit the person sees; of units beyond the own area only the names are told."""
    visible = units_visible_to(request.user)
    unit = get_object_or_404(visible.select_related("parent"), pk=pk)
    life = life_of(unit)
    others = [change.unit.pk for change in (*life.came_from, *life.became)]
    context = {
        "unit": unit,
        "life": life,
        "versions": [(version, resolution_of(version)) for version in life.versions],
        "reachable": set(visible.filter(pk__in=others).values_list("pk", flat=True)),
    }
    return render(request, "accounts/unit_life.html", context)
