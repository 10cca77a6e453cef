"""Benchmark of the measures: all of them for 10,600 communes and one year, against bare aggregates."""

from __future__ import annotations

import datetime

from django.db import connection
from django.db.models import Q

from danvan.units.models import AdministrativeUnit
from records.kinds import KINDS
from records.models import FriendlyGovAssessment
from reports.counting.counting import measured
from reports.counting.table import MEASURES
from tests.benchmarks.lists import fill, units
from tests.benchmarks.ratios import Ratio, benchmark, best_of

COMMUNES = 10_600
START, END = datetime.date(2021, 12, 15), datetime.date(2022, 12, 14)


@benchmark("measures")
def measures(rows: int) -> list[Ratio]:
    """Count everything, with `rows` records of each kind over five years."""
    units(COMMUNES)
    for kind in KINDS:
        # One assessment per unit and year is a rule of the database.
        most = 5 * COMMUNES if kind.model is FriendlyGovAssessment else rows
        fill(kind.model, min(rows, most))
    everywhere = AdministrativeUnit.objects.all()
    whole, bare = best_of(3, lambda: measured(everywhere, START, END), _bare)
    what = f"{len(MEASURES)} measures of {COMMUNES} communes"
    return [Ratio(what, whole, "their bare SQL aggregates", bare, 1.5)]


def _bare() -> None:
    """Run one plain aggregate per measure, without scope, and fetch its rows."""
    with connection.cursor() as cursor:
        for measure in MEASURES.values():
            rows = measure.origin.rows(START, END).filter(measure.where).order_by()
            grouped = rows.values_list(measure.origin.unit).annotate(n=measure.aggregate(Q()))
            cursor.execute(*grouped.query.sql_with_params())
            cursor.fetchall()
