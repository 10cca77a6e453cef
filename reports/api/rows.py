"""What each address answers: queries that begin at the scope of the account, and rows made of them."""

import datetime
from collections.abc import Iterator
from typing import TypeVar

from django.db.models import CharField, FloatField, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.scope import units_visible_to, with_predecessors_of
from danvan.units.models import AdministrativeUnit
from records.kinds import BY_SLUG
from records.sheets.columns import resource_of
from records.years import span_of, year_spans
from reports.api.output import ApiTable, pages, plain
from reports.api.params import (
    CatalogueAsked,
    ConsolidationAsked,
    FiguresAsked,
    RecordsAsked,
    ReportsAsked,
    UnitsAsked,
)
from reports.api.problems import ApiProblem
from reports.api.schemas import ApiUnit, FigureRow, IndicatorRow, ReportRow, TotalRow
from reports.consolidation.figures import Definition, Total
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import ReadBefore, Scope, ScopeData, defining
from reports.consolidation.summary import Consolidation, consolidate
from reports.consolidation.units import UnitRow as PartRow
from reports.consolidation.units import break_down
from reports.consolidation.words import figure_text
from reports.models import Indicator, Report, ReportingPeriod, State, Value
from reports.models.period import COUNTED_KINDS

STATES = {"approved": [State.APPROVED], "submitted": [State.APPROVED, State.SUBMITTED]}
Rows = TypeVar("Rows", bound=QuerySet)


def units(user: User, asked: UnitsAsked) -> ApiTable:
    """Return the units of the account's area in force on a day."""
    day = asked.date or timezone.localdate()
    found = units_visible_to(user).on(day).select_related("parent").in_tree_order()
    if asked.level:
        found = found.filter(level=asked.level)
    rows = (
        (
            unit.code,
            unit.name,
            unit.full_name,
            unit.level,
            unit.parent.code if unit.parent else None,
            unit.valid_from,
            unit.valid_to,
        )
        for unit in found
    )
    about = {"date": day}
    return ApiTable(f"don-vi-{day}", tuple(ApiUnit.model_fields), rows, about, texts=("name",))


def catalogue(user: User, asked: CatalogueAsked) -> ApiTable:
    """Return the indicators of a year. Raises Problem for a year without a catalogue."""
    found = Indicator.objects.of_year(asked.year).order_by("section__order", "order")
    columns = ["catalogue__year", "section__code", "section__label", "code", "label"]
    columns += ["unit_of_measure", "value_type", "entry_levels", "aggregation", "is_stock"]
    columns += ["parent__code", "formula", "scale"]
    rows = [(*told, "; ".join(scale)) for *told, scale in found.values_list(*columns)]
    if not rows:
        raise ApiProblem(404, f"Năm {asked.year} không có danh mục chỉ tiêu.")
    texts = ("section_label", "label", "unit_of_measure", "formula", "scale")
    return ApiTable(f"danh-muc-{asked.year}", tuple(IndicatorRow.model_fields), rows, texts=texts)


def reports(user: User, asked: ReportsAsked) -> ApiTable:
    """Return where the reports of the account's area stand."""
    found = _in_area(Report.objects.visible_to(user), user, asked)
    found = found.filter(period__year__range=(asked.first_year, asked.last_year)).with_due_dates()
    found = found.select_related("period", "unit__parent")
    most = asked.limit + 1 if asked.format == "json" else None
    chosen, more = list(found.order_by("pk").filter(pk__gt=asked.after)[:most]), None
    if most and len(chosen) == most:
        chosen = chosen[: asked.limit]
        more = chosen[-1].pk
    lines = (
        (
            *_head(report),
            report.get_state_display(),
            report.due_date,
            report.is_overdue,
            report.submitted_at,
            report.approved_at,
            report.period.is_demo,
        )
        for report in chosen
    )
    return ApiTable("bao-cao", tuple(ReportRow.model_fields), lines, next=more)


def figures(user: User, asked: FiguresAsked) -> ApiTable:
    """Return the figures of reports of the account's area, as they were entered."""
    counted = ReportingPeriod.objects.filter(year__range=(asked.first_year, asked.last_year))
    told = _in_area(Report.objects.visible_to(user), user, asked)
    told = told.filter(period__in=counted.values("pk"))
    if asked.state != "all":
        told = told.filter(state__in=STATES[asked.state])
    of_report = {
        report.pk: (_head(report), report.period.is_demo)
        for report in told.select_related("period", "unit__parent")
    }
    indicators = Indicator.objects.filter(catalogue__periods__in=counted.values("pk"))
    if asked.section:
        indicators = indicators.filter(section__code=asked.section.upper())
    if asked.indicator:
        indicators = indicators.filter(code=asked.indicator.upper())
    codes = dict(indicators.values_list("pk", "code"))
    if not codes and (asked.section or asked.indicator):
        raise ApiProblem(404, "Không có mục hoặc chỉ tiêu mang mã này trong các năm đã chọn.")

    def line(row: tuple) -> tuple:
        _key, report, indicator, number, qualifier, text, note = row
        head, is_demo = of_report[report]
        return (*head, codes[indicator], plain(number), qualifier, text, note, is_demo)

    values = Value.objects.visible_to(user).filter(report__in=told.order_by().values("pk"))
    if asked.section or asked.indicator:
        values = values.filter(indicator__in=list(codes))
    # As floats: fifteen digits fit, and a province's figures come in half the time.
    floats = values.annotate(shown=Cast("number", FloatField()))
    columns = ("report_id", "indicator_id", "shown", "qualifier", "text", "note")
    lines, more = pages(floats, columns, asked, line)
    texts = ("text", "note")
    return ApiTable("so-lieu", tuple(FigureRow.model_fields), lines, next=more, texts=texts)


def consolidation(user: User, asked: ConsolidationAsked) -> ApiTable:
    """Return the consolidated figures of a unit, as the page of the consolidation has them."""
    periods = ReportingPeriod.objects.counted()
    first, last = asked.first_year, asked.last_year or asked.first_year
    days = [one.structure_date for one in periods if one.year <= last]
    unit = _found(user, asked.unit, asked.as_of or (days[-1] if days else None))
    years = range(2 * first - last - 1, last + 1)  # and as many before
    indicators = defining({one.catalogue_id for one in periods if one.year in years})
    section = asked.section and asked.section.upper()
    here = {one.catalogue_id for one in periods if first <= one.year <= last}
    if section and not any(
        row.section__code == section and row.catalogue_id in here for row in indicators
    ):
        raise ApiProblem(404, f"Không có mục mang mã {section} trong các năm đã chọn.")
    scope = Scope(
        unit,
        first,
        last,
        section,
        asked.state == "submitted",
        within=units_visible_to(user),
        as_of=asked.as_of,
        known=ReadBefore(periods, indicators, family=with_predecessors_of(user)),
    )
    try:
        data = ScopeData(scope)
    except NotRestatable as problem:
        raise ApiProblem(422, str(problem)) from problem
    unit = data.scope.unit
    found = consolidate(data, named=0)
    if asked.by == "unit":
        total = break_down(data, section).total
        rows = _by_unit(total, None, data.definitions)
    else:
        rows = _by_part(found, unit, asked.by)
    about = {
        "unit": unit.place_name,
        "first_year": asked.first_year,
        "last_year": asked.last_year,
        "included": found.included,
        "expected": found.expected,
        "is_demo": found.is_demo,
        "restated_to": asked.as_of,
    }
    return ApiTable("tong-hop", tuple(TotalRow.model_fields), rows, about, texts=("label",))


def records(user: User, slug: str, asked: RecordsAsked) -> ApiTable:
    """Return the records of one kind. Raises Problem for an unknown kind."""
    kind = BY_SLUG.get(slug)
    if kind is None:
        raise ApiProblem(404, f"Không có loại hồ sơ này. Các loại: {', '.join(BY_SLUG)}.")
    spans = year_spans()
    first = span_of(asked.first_year, spans)[0]
    last = span_of(asked.last_year or asked.first_year, spans)[1]
    found = _in_area(kind.model.objects.visible_to(user), user, asked)
    columns = resource_of(kind)().columns
    shown = [column.widget.render for column in columns]

    def line(row: tuple) -> tuple:
        return tuple(render(value) for render, value in zip(shown, row[1:], strict=True))

    found = found.filter(start_date__range=(first, last))
    lines, more = pages(found, [column.attribute for column in columns], asked, line)
    texts = [c.key for c in columns if isinstance(c.widget.field, CharField | TextField)]
    names = tuple(column.key for column in columns)
    return ApiTable(slug, names, lines, next=more, texts=tuple(texts))


def _head(report: Report) -> tuple:
    """Return what rows about a report begin with."""
    period, unit = report.period, report.unit
    return period.year, str(period), unit.code, unit.place_name, report.level, report.state


def _in_area(rows: Rows, user: User, asked: ReportsAsked | FiguresAsked | RecordsAsked) -> Rows:
    """Keep the rows of what the asked unit ever covered; all of the account's when none was asked for."""
    if asked.unit is None:
        return rows
    unit = _unit(user, asked.unit, asked.last_year)
    area = AdministrativeUnit.objects.covered_by(unit.with_predecessors())
    return rows.filter(unit__in=area.values("pk"))


def _unit(user: User, code: str, year: int | None) -> AdministrativeUnit:
    """Return the unit of `code` in the year's last period, within the account's area. Raises ApiProblem."""
    period = ReportingPeriod.objects.filter(kind__in=COUNTED_KINDS, year__lte=year or 0)
    days = period.order_by("-start").values_list("structure_date", flat=True)
    return _found(user, code, days.first())


def _found(user: User, code: str, day: datetime.date | None) -> AdministrativeUnit:
    """Return the unit of `code` on `day`, else the last of it, in the account's area. Raises ApiProblem."""
    try:
        return units_visible_to(user).select_related("parent").find(code, on=day)
    except AdministrativeUnit.DoesNotExist as error:
        raise ApiProblem(
            404, f"Không có đơn vị mang mã {code} trong phạm vi của tài khoản."
        ) from error


def _by_part(found: Consolidation, unit: AdministrativeUnit, by: str) -> Iterator[tuple]:
    for line in found.lines.values():
        parts = line.by_level.items() if by == "level" else line.by_year
        for part, figure in [*parts, ("total", line.total)]:
            yield _total(unit, None, str(part), line.definition, figure)


def _by_unit(
    row: PartRow, above: AdministrativeUnit | None, definitions: dict[str, Definition]
) -> Iterator[tuple]:
    part = row.ended.level if row.ended else "own" if row.is_own else "total"
    for code, figure in row.figures.items():
        yield _total(row.unit, above, part, definitions[code], figure)
    for below in row.parts:
        yield from _by_unit(below, row.unit, definitions)


def _total(
    unit: AdministrativeUnit,
    above: AdministrativeUnit | None,
    part: str,
    definition: Definition,
    figure: Total,
) -> tuple:
    number = None if figure.number is None else plain(definition.shown(figure.number))
    return (
        unit.code,
        unit.full_name,
        above.code if above else None,
        part,
        definition.section_code,
        definition.code,
        definition.label,
        definition.unit_of_measure,
        number,
        str(figure.qualifier),
        figure.reports,
        figure.as_of,
        figure_text(figure, definition),
        figure.is_estimated,
        not figure.is_incomparable,
    )
