"""What people wrote for the draft: paragraphs by the code of their heading (NX01)."""

from __future__ import annotations

from reports.consolidation.scope import ScopeData
from reports.documents.narrative.telling import Texts
from reports.models import GatheredText, Value, ValueType
from reports.models.gathered import paragraphs_of


def written_texts(data: ScopeData) -> Texts:
    """Return what the board gathered under each heading, else what it wrote in its own report, the last.

    What the units below wrote is theirs; it gets into a draft only by being taken over (reports/texts).
    """
    values = Value.objects.filter(
        report__in=data.reports()
        .filter(unit__in=data.scope.unit.version_keys(), state__in=data.scope.states)
        .values("pk"),
        indicator__value_type=ValueType.TEXT,
    ).exclude(text="")
    rows = values.order_by("report__period__start").values_list("indicator__code", "text")
    found = {code: paragraphs_of(text) for code, text in rows}
    scope = data.scope
    if scope.any_state or scope.interim:  # nothing is gathered for an own report or part of a year
        return found
    gathered = GatheredText.objects.of(scope.unit, scope.first_year, scope.last_year)
    return found | gathered.paragraphs()
