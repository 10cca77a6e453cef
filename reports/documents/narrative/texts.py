"""What people wrote for the draft: paragraphs by the code of their heading (NX01)."""

from __future__ import annotations

from reports.consolidation.scope import ScopeData
from reports.documents.narrative.telling import Texts
from reports.models import Value, ValueType


def written_texts(data: ScopeData) -> Texts:
    """Return what the office of the scope's unit wrote in its own reports: of each heading the last.

    What the units below wrote is theirs; it gets into a draft only by being taken over.
    """
    own = [version.pk for version in data.scope.unit.versions()]
    values = Value.objects.filter(
        report__in=data.reports().filter(unit__in=own, state__in=data.scope.states).values("pk"),
        indicator__value_type=ValueType.TEXT,
    ).exclude(text="")
    rows = values.order_by("report__period__start").values_list("indicator__code", "text")
    return {code: paragraphs_of(text) for code, text in rows}


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a text that was typed in a box."""
    return [line.strip() for line in text.splitlines() if line.strip()]
