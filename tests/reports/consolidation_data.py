"""A small province for the tests of the consolidation: 2 districts, 4 communes, few indicators."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.utils import timezone

from danvan.units.models import AdministrativeUnit, Level, UnitSuccession
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import MOST_NAMED, Consolidation, consolidate
from reports.consolidation.units import Breakdown, break_down
from reports.models import (
    Catalogue,
    Indicator,
    Qualifier,
    Report,
    ReportingPeriod,
    Section,
    State,
    Value,
)

START = datetime.date(2020, 1, 1)
# code, section, value type, entering levels, aggregation, formula, stock
INDICATORS = (
    ("DT01", "DT", "INT", "XHT", "SUM", "", False),
    ("DT03", "DT", "INT", "XHT", "SUM", "", False),
    ("DT07", "DT", "INT", "XHT", "SUM", "", False),
    ("DT08", "DT", "INT", "XHT", "SUM", "", False),
    ("DT11", "DT", "PCT", "XHT", "RATIO", "DT08 / DT07", False),
    ("DT13", "DT", "INT", "", "COUNT", "DT03 >= 1", False),
    ("DT14", "DT", "PCT", "", "RATIO", "DT13@X / UNITS@X", False),
    ("DT15", "DT", "INT", "", "COUNT", "DT01 >= DT03", False),
    ("DV08", "DV", "INT", "", "SUM", "DV09 + DV10 + DV11", False),
    ("DV09", "DV", "INT", "T", "SUM", "", False),
    ("DV10", "DV", "INT", "H", "SUM", "", False),
    ("DV11", "DV", "INT", "X", "SUM", "", False),
    ("CQ01", "CQ", "BOOL", "X", "COUNT", "", False),
    ("CQ02", "CQ", "RATING", "X", "NONE", "", False),
    ("GS08", "GS", "INT", "X", "SUM", "", True),
    ("VD01", "VD", "DEC", "X", "SUM", "", False),
    ("NX01", "NX", "TEXT", "XHT", "NONE", "", False),
)
SECTIONS = {
    "DT": "Đối thoại của người đứng đầu",
    "DV": "Phong trào thi đua “Dân vận khéo”",
    "CQ": "Chính quyền thân thiện",
    "GS": "Giám sát, phản biện xã hội",
    "VD": "Kết quả vận động",
    "NX": "Đánh giá chung",
}
SCALE = ["Chưa đạt", "Trung bình", "Khá", "Tốt", "Xuất sắc"]


def consolidated(*scope, named: int | None = MOST_NAMED, **options) -> Consolidation:
    """Return the figures of a scope, whose arguments these are, and the names of so many missing reports."""
    return consolidate(ScopeData(Scope(*scope, **options)), named=named)


def by_child_unit(*scope, **options) -> Breakdown:
    """Return the figures of a unit, of those directly below it and of all below those; as Scope takes it."""
    data = ScopeData(Scope(*scope, **options))
    return break_down(data, data.scope.section)


def make_unit(code, kind, name, level, parent=None, start=START, end=None) -> AdministrativeUnit:
    """Create a unit; `end` is exclusive."""
    unit = AdministrativeUnit(
        code=code, kind=kind, name=name, level=level, parent=parent, valid_from=start, valid_to=end
    )
    unit.save()
    return unit


def make_tree() -> dict[str, AdministrativeUnit]:
    """Create tỉnh 35, thành phố 347 (xã 1, 2) and huyện 350 (xã 3, 4); returned by code."""
    province = make_unit("35", "tinh", "Hà Nam", Level.PROVINCE)
    city = make_unit("347", "thanh_pho", "Phủ Lý", Level.DISTRICT, province)
    district = make_unit("350", "huyen", "Kim Bảng", Level.DISTRICT, province)
    units = [province, city, district]
    for code, name, parent in (
        ("1", "Liêm Chung", city),
        ("2", "Phù Vân", city),
        ("3", "Lê Hồ", district),
        ("4", "Đại Cương", district),
    ):
        units.append(make_unit(code, "xa", name, Level.COMMUNE, parent))
    return {unit.code: unit for unit in units}


def add_communes(parent: AdministrativeUnit, count: int) -> None:
    """Create `count` more communes below `parent`."""
    units = [
        AdministrativeUnit(
            code=str(9000 + n), kind="xa", name=f"Xã {n}", level=Level.COMMUNE, parent=parent,
            valid_from=START,
        )
        for n in range(count)
    ]  # fmt: skip
    for unit in units:
        unit.derive()
    AdministrativeUnit.objects.bulk_create(units)


def make_catalogue(year: int, rows=INDICATORS) -> Catalogue:
    """Create the small catalogue of `year`."""
    catalogue = Catalogue.objects.create(year=year)
    sections = {
        code: Section.objects.create(catalogue=catalogue, code=code, label=label, order=order)
        for order, (code, label) in enumerate(SECTIONS.items(), 1)
    }
    Indicator.objects.bulk_create(
        Indicator(
            catalogue=catalogue, section=sections[section], code=code, label=f"Chỉ tiêu {code}",
            unit_of_measure="%" if kind == "PCT" else "cuộc", value_type=kind, entry_levels=levels,
            aggregation=aggregation, formula=formula, is_stock=stock, order=order,
            scale=SCALE if kind == "RATING" else [],
        )
        for order, (code, section, kind, levels, aggregation, formula, stock) in enumerate(rows, 1)
    )  # fmt: skip
    return catalogue


def make_period(year: int, *, state=State.APPROVED, catalogue=None, **fields) -> ReportingPeriod:
    """Create the period of `year` with a report in `state` for each unit in force on its end."""
    end = fields.pop("end", datetime.date(year, 12, 14))
    dates = {
        "start": datetime.date(year - 1, 12, 15),
        "structure_date": end,
        "due_commune": end,
        "due_district": end,
        "due_province": end,
    }
    period = ReportingPeriod.objects.create(
        year=year, catalogue=catalogue or make_catalogue(year), end=end, **{**dates, **fields}
    )
    now = timezone.now()
    Report.objects.bulk_create(
        Report(
            period=period, unit=unit, reviewer=unit, level=unit.level, state=state,
            submitted_at=now, approved_at=now,
        )
        for unit in AdministrativeUnit.objects.on(period.structure_date)
    )  # fmt: skip
    return period


def enter(period: ReportingPeriod, unit_code: str, qualifier=Qualifier.EXACT, **numbers) -> Report:
    """Store the figures of a unit: DT01=3; None is a blank that was saved with a note only."""
    report = Report.objects.get(period=period, unit__code=unit_code)
    ids = dict(period.catalogue.indicators.values_list("code", "pk"))
    Value.objects.bulk_create(
        Value(
            report=report,
            indicator_id=ids[code],
            number=None if number is None else Decimal(str(number)),
            qualifier=qualifier,
            note=f"ghi chú {code}",
        )
        for code, number in numbers.items()
    )
    return report


def enter_all(reports, **numbers) -> None:
    """Store the same figures in many reports of one period: few queries, however many reports."""
    period = ReportingPeriod.objects.get(reports__in=reports[:1])
    ids = dict(period.catalogue.indicators.values_list("code", "pk"))
    Value.objects.bulk_create(
        Value(report=report, indicator_id=ids[code], number=number)
        for report in reports
        for code, number in numbers.items()
    )


def set_state(period: ReportingPeriod, unit_code: str, state: str) -> None:
    """Put the report of a unit in `state`."""
    Report.objects.filter(period=period, unit__code=unit_code).update(state=state)


def rename_district(tree: dict, date=datetime.date(2025, 1, 1)) -> AdministrativeUnit:
    """Make huyện 350 thị xã 350 on `date`, as in Hà Nam on 1 January 2025."""
    old = tree["350"]
    AdministrativeUnit.objects.filter(pk=old.pk).update(valid_to=date)
    new = make_unit("350", "thi_xa", "Kim Bảng", Level.DISTRICT, tree["35"], start=date)
    UnitSuccession.objects.create(predecessor=old, successor=new, date=date)
    return new


def merge_communes(tree: dict, date=datetime.date(2025, 1, 1)) -> AdministrativeUnit:
    """Merge xã 3 and 4 into a new xã 3 on `date`."""
    old = [tree["3"], tree["4"]]
    AdministrativeUnit.objects.filter(pk__in=[unit.pk for unit in old]).update(valid_to=date)
    new = make_unit("3", "xa", "Lê Đại", Level.COMMUNE, tree["350"], start=date)
    for unit in old:
        UnitSuccession.objects.create(predecessor=unit, successor=new, date=date)
    return new


def new_province(tree: dict, date=datetime.date(2025, 7, 1)) -> AdministrativeUnit:
    """End all units on `date` and make tỉnh 37 with one xã 8, successors of tỉnh 35 and its xã."""
    AdministrativeUnit.objects.update(valid_to=date)
    province = make_unit("37", "tinh", "Ninh Bình", Level.PROVINCE, start=date)
    commune = make_unit("8", "xa", "Phù Lê", Level.COMMUNE, province, start=date)
    arrows = [("35", province), *((code, commune) for code in "1234")]
    for code, successor in arrows:
        UnitSuccession.objects.create(predecessor=tree[code], successor=successor, date=date)
    return province
