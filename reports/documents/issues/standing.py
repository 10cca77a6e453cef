"""Whether an issue still says what the reports say today."""

from hashlib import sha256
from typing import cast

from django.core.cache import cache
from django.db.models import F

from danvan.units.models import AdministrativeUnit
from reports.consolidation.facts import read_facts
from reports.consolidation.parts import Facts
from reports.consolidation.scope import Scope, ScopeData
from reports.documents.issues.plain import cells_of
from reports.models import IssuedReport, PublishedIssue

REMEMBERED = 7 * 24 * 3600  # seconds


def differs_today(issue: PublishedIssue) -> bool:
    """Tell whether a figure of `issue` (read by with_touched) is another one today.

    Only reports that were touched since are asked; the answer is remembered until they change again.
    """
    if issue.periods_now != issue.periods:
        return True
    if not issue.touched:
        return False
    moved = IssuedReport.objects.filter(issue=issue).exclude(report__version=F("version"))
    rows = list(
        moved.values_list("report__unit", "report__period", "report__version").order_by("pk")
    )
    key = sha256(f"{issue.sha256} {rows}".encode()).hexdigest()
    return bool(cache.get_or_set(f"issue-{key}", lambda: _differ(issue, rows), REMEMBERED))


def _differ(issue: PublishedIssue, rows: list[tuple]) -> bool:
    scope = Scope(
        issue.unit,
        issue.first_year,
        issue.last_year,
        section=issue.section or None,
        include_submitted=issue.include_submitted,
        within=AdministrativeUnit.objects.filter(pk__in={unit for unit, *_ in rows}),
    )
    data, kept = ScopeData(scope), issue.frozen_units
    facts = cast(dict[int, Facts], read_facts(data, data.years, kept["read"], by_unit=True))
    now = {
        tuple(row[:2]): row for u, mine in facts.items() for row in cells_of(u, mine, kept["read"])
    }
    wanted = {(unit, period) for unit, period, _version in rows}
    then = {tuple(row[:2]): row for row in kept["facts"] if tuple(row[:2]) in wanted}
    return any(now.get(key) != row for key, row in then.items())
