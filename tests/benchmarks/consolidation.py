"""Benchmarks of the reports: the consolidation of a whole country's communes."""

from __future__ import annotations

import datetime

from django.db import connection
from django.utils import timezone

from danvan.units.models import AdministrativeUnit, Level, UnitKind
from reports.catalogue.loading import load_default_catalogue
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.models import KeptFacts, Report, ReportingPeriod, State
from tests.benchmarks.measures import COMMUNES
from tests.benchmarks.ratios import Ratio, benchmark, best_of

BARE = """
    SELECT v.indicator_id, r.level, SUM(v.number)
    FROM reports_value v JOIN reports_report r ON r.id = v.report_id
    GROUP BY v.indicator_id, r.level
"""


@benchmark("consolidation")
def consolidation(rows: int) -> list[Ratio]:
    """Consolidate one year of 10,600 communes against the bare aggregate in SQL."""
    unit, indicators = one_year()
    cold, again, bare = best_of(
        7, lambda: consolidated(unit, again=False), lambda: consolidated(unit, again=True), _bare
    )
    what = f"consolidate {COMMUNES} communes x {indicators} indicators"
    return [
        Ratio(what, cold, "bare SQL aggregate", bare, 1.5),
        Ratio(f"{what} again", again, "bare SQL aggregate", bare, 0.1),
    ]


def consolidated(unit: AdministrativeUnit, *, again: bool) -> None:
    """Consolidate the year, as if for the first time or `again`."""
    if not again:
        KeptFacts.objects.all().delete()
    consolidate(ScopeData(Scope(unit, 2022, 2022)))


def _bare() -> list:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        return cursor.fetchall()


def one_year(communes: int = COMMUNES) -> tuple[AdministrativeUnit, int]:
    """Fill the scratch database; return the root unit and the number of indicators with figures."""
    start = datetime.date(2020, 1, 1)
    root = AdministrativeUnit(
        code="35", kind=UnitKind.TINH, name="Thử", level=Level.PROVINCE, valid_from=start
    )
    root.save()
    districts = _units(root, 700, Level.DISTRICT, UnitKind.HUYEN, 1000)
    _units_below(districts, communes)
    catalogue = load_default_catalogue(2022)
    end = datetime.date(2022, 12, 14)
    period = ReportingPeriod.objects.create(
        year=2022, start=datetime.date(2021, 12, 15), end=end, structure_date=end,
        catalogue=catalogue, due_commune=end, due_district=end, due_province=end,
    )  # fmt: skip
    now = timezone.now()
    Report.objects.bulk_create(
        [
            Report(
                period=period, unit=unit, reviewer=root, level=unit.level, state=State.APPROVED,
                submitted_at=now, approved_at=now,
            )
            for unit in AdministrativeUnit.objects.exclude(level=Level.DISTRICT)
        ],
        batch_size=2000,
    )  # fmt: skip
    _fill_values()
    return root, catalogue.indicators.count()


def _units(parent, count: int, level: str, kind: str, first: int) -> list[AdministrativeUnit]:
    units = [
        AdministrativeUnit(
            code=str(first + n), kind=kind, name=f"Đơn vị {n}", level=level, parent=parent,
            valid_from=parent.valid_from,
        )
        for n in range(count)
    ]  # fmt: skip
    for unit in units:
        unit.derive()
    return AdministrativeUnit.objects.bulk_create(units, batch_size=2000)


def _units_below(districts: list[AdministrativeUnit], count: int) -> None:
    units = [
        AdministrativeUnit(
            code=str(10_000 + n), kind=UnitKind.XA, name=f"Xã {n}", level=Level.COMMUNE,
            parent=districts[n % len(districts)], valid_from=districts[0].valid_from,
        )
        for n in range(count)
    ]  # fmt: skip
    for unit in units:
        unit.derive()
    AdministrativeUnit.objects.bulk_create(units, batch_size=2000)


def _fill_values() -> None:
    """Give every report a figure for every indicator, in one statement; a few of them inexact."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reports_value (report_id, indicator_id, number, text, qualifier, note)
            SELECT r.id, i.id, CASE i.value_type WHEN 'BOOL' THEN 1 WHEN 'RATING' THEN 1 + r.id % 5
                   ELSE (r.id * 7 + i.id) % 40 END, '',
                   CASE WHEN (r.id + i.id) % 50 = 0 THEN 'at_least' ELSE 'exact' END, ''
            FROM reports_report r CROSS JOIN reports_indicator i
            """
        )
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
