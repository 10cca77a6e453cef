"""How far the reports of a period are: counted for the home page, the queue and the period's page."""

from __future__ import annotations

from django.db.models import Count, Q

from danvan.units.models import Level
from reports.models import Indicator, State


def to_review_by(user) -> Q:
    """Return the condition for reports that are not the user's own, except where a unit reviews itself."""
    if user.is_superuser:
        return Q()
    return ~Q(unit=user.unit_id) | Q(reviewer=user.unit_id, unit=user.unit_id)


def state_counts(reports, period) -> dict[str, int]:
    """Return how many of `reports` stand in each state, how many are overdue, and all."""
    if period is None:
        return {}
    reports = reports.filter(period=period)
    counts = reports.aggregate(
        all=Count("pk"), **{state.value: Count("pk", filter=Q(state=state)) for state in State}
    )
    counts["overdue"] = reports.overdue().count()
    counts["to_send"] = counts["draft"] + counts["reopened"]
    return counts


def required_counts(period) -> dict[str, int]:
    """Return how many figures each level enters in `period`, by level; one query."""
    if period is None:
        return {}
    rows = Indicator.objects.filter(catalogue=period.catalogue_id, is_component=False)
    levels = dict.fromkeys(Level.values, 0)
    for letters in rows.exclude(value_type="PCT").values_list("entry_levels", flat=True):
        for letter in letters:
            levels[Level.from_letter(letter).value] += 1
    return levels
