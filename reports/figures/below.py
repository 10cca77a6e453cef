"""What the units below a board have entered, added up: a board that types such a sum counts it twice."""

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Count, Sum

from danvan.units.models import AdministrativeUnit, Level
from reports.figures.figure import Figure
from reports.models import Aggregation, Indicator, Report, State, Value

# A board may copy any sum that a page shows: of approved reports, with submitted ones, or of all.
_STATES = ({State.APPROVED}, {State.APPROVED, State.SUBMITTED}, set(State))
_LEVELS = ({Level.COMMUNE}, {Level.DISTRICT}, {Level.BODY}, set(Level))


def sums_below(
    report: Report, figures: Mapping[str, Figure], indicators: Mapping[str, Indicator]
) -> dict[str, set[Decimal]]:
    """Return, by code, the sums that the units below `report`'s give for the figures entered in it.

    Of the communes, of the districts, of the bodies and of all, by how far their reports have come; only
    sums of at least two reports. One query, none for a commune or a body.
    """
    entered = [indicators[code] for code, figure in figures.items() if figure.number]
    codes = {row.pk: row.code for row in entered if row.aggregation == Aggregation.SUM}
    if report.level in (Level.COMMUNE, Level.BODY) or not codes:
        return {}
    below = AdministrativeUnit.objects.covered_by([report.unit], below_only=True)
    values = Value.objects.filter(
        report__period=report.period_id,
        report__unit__in=below.values("pk"),
        indicator__in=list(codes),
        number__isnull=False,
    )
    cells = values.order_by().values_list("indicator_id", "report__level", "report__state")
    found: dict[str, list[tuple]] = {}
    for indicator, *cell in cells.annotate(Sum("number"), Count("pk")):
        found.setdefault(codes[indicator], []).append(tuple(cell))
    return {code: _sums(rows) for code, rows in found.items()}


def _sums(rows: list[tuple]) -> set[Decimal]:
    """Return the sums of (level, state, sum, count) by levels and states."""
    sums = set()
    for levels in _LEVELS:
        for states in _STATES:
            parts = [row for row in rows if row[0] in levels and row[1] in states]
            if sum(count for *_cell, count in parts) >= 2:
                sums.add(sum((Decimal(total) for _at, _in, total, _n in parts), Decimal(0)))
    return sums - {Decimal(0)}
