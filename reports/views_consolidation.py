"""Pages of the consolidation: the table by level or by unit, the reports behind a figure, the workbook.

Thin: the controls are checked by filters_consolidation.py, the numbers come from consolidation*.py. All
is asked within the units the reader may see.
"""

from __future__ import annotations

from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from danvan.accounts.rights import Action
from danvan.accounts.scope import units_visible_to
from danvan.common import excel
from danvan.units.models import Level
from reports import consolidation_units as by_unit
from reports.charts import bar_chart
from reports.consolidation import Consolidation, consolidate_source
from reports.consolidation_facts import Scope, Source
from reports.consolidation_text import (
    figure_text,
    inclusion_text,
    years_text,
)
from reports.consolidation_units import Breakdown, break_down
from reports.filters_consolidation import UNITS, ConsolidationFilter, Wanted
from reports.measures import links_behind
from reports.models import ValueType
from reports.workbook import build, collect, file_name
from reports.workbook_units import unit_label

LEVEL_HEADS = {Level.PROVINCE: "Cấp tỉnh", Level.DISTRICT: "Cấp huyện", Level.COMMUNE: "Cấp xã"}


@require_safe
def consolidation(request):
    """Show the figures asked for; with a wrong choice only what is wrong."""
    filterset = _controls(request)
    wanted = filterset.wanted
    context = {"filter": filterset, "wanted": wanted}
    if wanted:
        context |= _tables(wanted, units_visible_to(request.user))
    return render(request, "reports/consolidation/page.html", context)


@require_safe
def drill(request, code: str):
    """Show the reports that one figure is made of. A figure outside the reader's choices is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    try:
        found = by_unit.drill(
            wanted.unit,
            code,
            wanted.first,
            wanted.last,
            wanted.level,
            within=units_visible_to(request.user),
            **wanted.options,
        )
    except KeyError as error:
        raise Http404 from error
    rows = [
        (str(year), figure.number, figure_text(figure, found.definition))
        for year, figure in found.by_year
    ]
    context = {
        "drill": found,
        "behind": _records_behind(found),
        "wanted": wanted,
        "years": years_text(wanted.first, wanted.last),
        "level": LEVEL_HEADS.get(wanted.level),
        "chart": bar_chart("Từng năm", rows) if len(rows) > 1 else None,
    }
    return render(request, "reports/consolidation/drill.html", context)


def _records_behind(found: by_unit.Drill) -> dict[tuple[int, str], str]:
    """Return the addresses of the records behind the contributions, by (report id, indicator code)."""
    reports = {item.report.pk: item.report for part in found.parts for item in part.contributions}
    return links_behind(reports.values(), [part.definition.code for part in found.parts])


@require_safe
def export(request):
    """Send the official workbook of what the page shows. A wrong choice is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    content = collect(
        wanted.unit,
        wanted.first,
        wanted.last,
        section=wanted.section,
        within=units_visible_to(request.user),
        **wanted.options,
    )
    file = BytesIO()
    build(content).save(file)
    file.seek(0)
    name = file_name(wanted.unit, wanted.first, wanted.last)
    return FileResponse(file, as_attachment=True, filename=name, content_type=excel.CONTENT_TYPE)


def _controls(request) -> ConsolidationFilter:
    """Return the controls of this reader. Raises PermissionDenied without the right to read."""
    if not request.user.can(Action.VIEW):
        raise PermissionDenied("Tài khoản của anh/chị chưa được gắn với đơn vị nào.")
    return ConsolidationFilter(request.GET, request.user)


def _tables(wanted: Wanted, within) -> dict:
    """Return what the page shows: by level, or by unit; and the chart of one indicator by unit."""
    scope = Scope(
        wanted.unit,
        wanted.first,
        wanted.last,
        wanted.section,
        wanted.include_submitted,
        wanted.levels,
        within,
    )
    source = Source(scope)
    found = consolidate_source(source)
    section = _table_section(found, wanted)
    breakdown = section and break_down(source, section.code)
    return {
        "found": found,
        "years": years_text(wanted.first, wanted.last),
        "inclusion": inclusion_text(found),
        "levels": [(level, LEVEL_HEADS[Level(level)]) for level in found.levels],
        "prior_label": years_text(*found.prior_years) if found.prior_years else "Cùng kỳ",
        "by_units": wanted.view == UNITS,
        "section": section,
        "breakdown": breakdown,
        "chart": breakdown and _chart(breakdown, wanted.chart),
    }


def _table_section(found: Consolidation, wanted: Wanted):
    """Return the section shown by unit: the chosen one, else that of the chart, else the first."""
    code = wanted.section
    if not code and wanted.chart and wanted.chart in found.lines:
        code = found.lines[wanted.chart].definition.section_code
    chosen = [section for section in found.sections if section.code == code]
    return next(iter([*chosen, *found.sections]), None)


def _chart(breakdown: Breakdown, code: str | None):
    """Return the chart of one indicator by child unit, None where there is nothing below."""
    drawn = [d for d in breakdown.columns if d.value_type != ValueType.RATING]
    chosen = next((d for d in drawn if d.code == code), drawn[0] if drawn else None)
    if chosen is None or not breakdown.total.parts:
        return None
    rows = []
    for part in breakdown.total.parts:
        figure = part.figures[chosen.code]
        rows.append((unit_label(part), figure.number, figure_text(figure, chosen)))
    return bar_chart(f"{chosen.code} {chosen.label} ({chosen.unit_of_measure})", rows)
