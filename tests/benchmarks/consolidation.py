"""Benchmarks of the reports: the consolidation of a whole country's communes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

from django.db import connection
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from danvan.units.models import AdministrativeUnit, Level, UnitKind, UnitSuccession
from reports.catalogue.loading import copy_catalogue, load_default_catalogue
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.consolidation.units import break_down
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
    scope = Scope(unit, 2022, 2022)
    cold, again, bare = best_of(
        9, lambda: _afresh(consolidate, scope), lambda: consolidate(ScopeData(scope)), _bare
    )
    what = f"consolidate {COMMUNES} communes x {indicators} indicators"
    report = Report.objects.filter(level=Level.COMMUNE).order_by("pk")[0]
    report.state = State.SUBMITTED
    report.save(update_fields=["state"])
    partly, bare_partly = best_of(5, lambda: _afresh(consolidate, scope), _bare)
    _a_quarter_waits()
    lacking, bare_lacking = best_of(5, lambda: _afresh(consolidate, scope), _bare)
    Report.objects.update(state=State.APPROVED, version=F("version") + 1)
    ten = _ten_years(unit)
    _a_quarter_waits()
    ten_lacking = _again(unit)
    Report.objects.update(state=State.APPROVED)
    _districts_report()
    by_three, bare_of_three = best_of(5, lambda: _afresh(consolidate, scope), _bare)
    sql = "bare SQL aggregate"
    return [
        Ratio(what, cold, sql, bare, 1.2),
        Ratio(f"{what}, one of them not approved", partly, sql, bare_partly, 1.2),
        Ratio(f"{what}, a quarter not approved", lacking, sql, bare_lacking, 1.2),
        Ratio(f"{what}, three levels", by_three, sql, bare_of_three, 1.2),
        Ratio(f"{what} again", again, sql, bare, 0.1),
        Ratio(f"{what} x 10 years again", ten, "one year's bare", bare, 0.2),
        Ratio(
            f"{what} x 10 years, a quarter waits, again", ten_lacking, "one year's bare", bare, 0.2
        ),
    ]


def _a_quarter_waits() -> None:
    """Let a quarter of all reports wait for approval, with the new version that every move gives."""
    some = Report.objects.annotate(place=Mod("pk", 4)).filter(place=0)
    some.update(state=State.SUBMITTED, version=F("version") + 1)


def _districts_report() -> None:
    """Let the districts report as well, in the first year, which is the only one left."""
    first = ReportingPeriod.objects.get(year=2022)
    Report.objects.exclude(period=first).delete()
    root = AdministrativeUnit.objects.get(level=Level.PROVINCE)
    districts = AdministrativeUnit.objects.filter(level=Level.DISTRICT)
    reports = [
        Report(period=first, unit=unit, reviewer=root, level=unit.level, state=State.APPROVED)
        for unit in districts
    ]
    Report.objects.bulk_create(reports, batch_size=2000)
    _fill_values()


def _ten_years(unit: AdministrativeUnit) -> float:
    """Return the seconds of ten years whose facts are kept.

    Nine of them have all reports, but figures in a few: their facts are as many, and sooner made.
    """
    for year in range(2023, 2032):
        _one_more_year(unit, year)
    _fill_values(few=True)
    return _again(unit)


def _again(unit: AdministrativeUnit) -> float:
    """Return the seconds of all ten years, the second time."""
    scope = Scope(unit, 2022, 2031)
    consolidate(ScopeData(scope))
    (again,) = best_of(9, lambda: consolidate(ScopeData(scope)))
    return again


def _afresh(action: Callable, scope: Scope, *arguments: str) -> None:
    """Do `action` for `scope` as if for the first time."""
    KeptFacts.objects.all().delete()
    action(ScopeData(scope), *arguments)


@benchmark("restated")
def restated(rows: int) -> list[Ratio]:
    """Restate ten years of today's 3,321 communes, merged and divided afterwards, against as it was."""
    unit, indicators = one_year(3321)
    for year in range(2023, 2032):
        _one_more_year(unit, year)
    _fill_values()
    day = _merge_and_divide(datetime.date(2032, 1, 1))
    was, now = Scope(unit, 2022, 2031), Scope(unit, 2022, 2031, as_of=day)
    told, plain = best_of(3, lambda: _afresh(consolidate, now), lambda: _afresh(consolidate, was))
    what = f"restate 3321 communes x {indicators} indicators x 10 years"
    found = [Ratio(what, told, "as each year was", plain, 1.5)]
    told, plain = best_of(
        3, lambda: _afresh(break_down, now, "DT"), lambda: _afresh(break_down, was, "DT")
    )
    return [*found, Ratio("by unit, one section", told, "as each year was", plain, 1.5)]


def _one_more_year(root: AdministrativeUnit, year: int) -> None:
    """Open another year like the first, with a catalogue of its own, without figures."""
    first = ReportingPeriod.objects.get(year=2022)
    end = datetime.date(year, 12, 14)
    period = ReportingPeriod.objects.create(
        year=year, start=datetime.date(year - 1, 12, 15), end=end, structure_date=end,
        catalogue=copy_catalogue(first.catalogue, year), due_commune=end, due_district=end, due_province=end,
    )  # fmt: skip
    reports = list(Report.objects.filter(period=first))
    for report in reports:
        report.pk, report.period = None, period
    Report.objects.bulk_create(reports, batch_size=2000)


def _merge_and_divide(day: datetime.date) -> datetime.date:
    """End all communes and districts on `day`: pairs become one, every tenth is divided. Return `day`."""
    olds = list(AdministrativeUnit.objects.filter(level=Level.COMMUNE).order_by("code"))
    AdministrativeUnit.objects.exclude(level=Level.PROVINCE).update(valid_to=day)
    root = AdministrativeUnit.objects.get(level=Level.PROVINCE)
    root.valid_from = day
    news = _units(root, len(olds) // 2 + 1, Level.COMMUNE, UnitKind.XA, 50_000)
    arrows = []
    for place, old in enumerate(olds):
        heirs = [news[place // 2], *([news[place // 2 - 1]] if place % 10 == 9 else [])]
        share = Decimal("0.5") if len(heirs) > 1 else None
        arrows += [
            UnitSuccession(predecessor=old, successor=new, date=day, share=share) for new in heirs
        ]
    UnitSuccession.objects.bulk_create(arrows, batch_size=2000)
    return day


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
    return root, catalogue.indicators.filter(values__isnull=False).distinct().count()


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


def _fill_values(*, few: bool = False) -> None:
    """Give every report (or a few) a figure for all that is entered, in one statement; some inexact."""
    some = "AND r.id % 50 = 0" if few else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO reports_value (report_id, indicator_id, number, text, qualifier, note)
            SELECT r.id, i.id, CASE i.value_type WHEN 'BOOL' THEN 1 WHEN 'RATING' THEN 1 + r.id % 5
                   WHEN 'TEXT' THEN NULL ELSE (r.id * 7 + i.id) % 40 END, '',
                   CASE WHEN (r.id + i.id) % 50 = 0 THEN 'at_least' ELSE 'exact' END, ''
            FROM reports_report r JOIN reports_reportingperiod p ON p.id = r.period_id
            JOIN reports_indicator i ON i.catalogue_id = p.catalogue_id
            WHERE i.entry_levels <> '' AND i.value_type <> 'PCT' {some}
            AND NOT EXISTS (SELECT 1 FROM reports_value v WHERE v.report_id = r.id)
            """  # noqa: S608 - a word of our own
        )
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
