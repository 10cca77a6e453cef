"""What people wrote for the draft: paragraphs by the code of their heading (NX01)."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Value as Constant

from reports.consolidation.scope import ScopeData
from reports.documents.narrative.telling import Texts
from reports.models import GatheredText, Value, ValueType
from reports.models.gathered import paragraphs_of


def written_texts(data: ScopeData) -> Texts:
    """Return what the board gathered under each heading, else what it wrote in its own report, the last.

    What the units below wrote is theirs; it gets into a draft only by being taken over (reports/texts). One
    query.
    """
    scope, written, taken = data.scope, Constant(0), Constant(1)
    own = data.reports().filter(unit__in=scope.unit.version_keys(), state__in=scope.states)
    values = Value.objects.filter(report__in=own.values("pk"), indicator__value_type=ValueType.TEXT)
    values = values.exclude(text="").order_by()
    rows = values.values_list(written, "indicator__code", "text", "report__period_id", written)
    # For an own report or part of a year nothing is gathered.
    if not (scope.any_state or scope.interim):
        pieces = GatheredText.objects.of(scope.unit, scope.first_year, scope.last_year)
        pieces = pieces.filter(in_draft=True).order_by()
        rows = rows.union(pieces.values_list(taken, "heading", "text", "place", "pk"), all=True)
    time = {period.pk: number for number, period in enumerate(data.periods)}
    told = sorted(
        (is_taken, place if is_taken else time[place], piece, code, text)
        for is_taken, code, text, place, piece in rows
    )
    found: dict[str, list[str]] = {}
    gathered: defaultdict[str, list[str]] = defaultdict(list)
    for is_taken, _place, _piece, code, text in told:
        if is_taken:
            gathered[code] += paragraphs_of(text)
        else:
            found[code] = paragraphs_of(text)
    return found | gathered
