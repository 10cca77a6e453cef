"""Pages of the consolidation: the table by level or by unit, the reports behind a figure, the workbook.

Thin: the controls are checked by filters_consolidation.py, the numbers come from consolidation*.py. All
is asked within the units the reader may see.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_visible_to
from danvan.common import excel
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.units.models import Level
from reports.consolidation.drill import Drill, DrillPart
from reports.consolidation.drill import drill as drill_down
from reports.consolidation.filters import UNITS, ConsolidationFilter, Wanted
from reports.consolidation.scope import ScopeData
from reports.consolidation.summary import Consolidation, consolidate
from reports.consolidation.units import Breakdown, break_down
from reports.consolidation.words import (
    figure_text,
    inclusion_text,
    row_label,
    years_text,
)
from reports.counting.counting import links_behind
from reports.documents.charts import bar_chart
from reports.documents.issues.issuing import may_issue
from reports.documents.workbook.build import build, collect, file_name
from reports.models import ValueType

# Old Hà Nội had 579 communes; Hà Nam's 116 units stay on one page, and on one printed table.
UNITS_A_PAGE, REPORTS_A_PAGE = 200, 100


@require_safe
def consolidation(request: PersonRequest) -> HttpResponse:
    """Show the figures asked for; with a wrong choice only what is wrong."""
    filterset = _controls(request)
    wanted = filterset.wanted
    context = {"filter": filterset, "wanted": wanted}
    if wanted:
        context["issue_url"] = _address("issues:new", wanted, wanted.section)
        context["may_issue"] = may_issue(request.user, wanted.unit)
        context["export_url"] = _address("reports:consolidation_export", wanted, wanted.section)
        context |= _tables(request, wanted)
    return render(request, "reports/consolidation/page.html", context)


@require_safe
def drill(request: PersonRequest, code: str) -> HttpResponse:
    """Show the reports that one figure is made of. A figure outside the reader's choices is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    try:
        scope = wanted.scope(units_visible_to(request.user))
        found = drill_down(scope, code, wanted.level)
    except KeyError as error:
        raise Http404 from error
    rows = [
        (str(year), figure.number, figure_text(figure, found.definition))
        for year, figure in found.by_year
    ]
    pages = _pages(request, found)
    definition, figure = found.definition, found.figure
    context = {
        "drill": found,
        "percent": "%" if definition.is_ratio and figure.number is not None else "",
        "way_back": _address("reports:consolidation", wanted, definition.section_code),
        "pages": pages,
        "behind": _records_behind(pages),
        "wanted": wanted,
        "years": years_text(wanted.first, wanted.last),
        "level": Level(wanted.level).label if wanted.level else None,
        "chart": bar_chart("Từng năm", rows) if len(rows) > 1 else None,
    }
    return render(request, "reports/consolidation/drill.html", context)


def _address(page: str, wanted: Wanted, section: str | None) -> str:
    """Return the address of `page` for what is wanted, of one section or of all."""
    narrower = f"&{urlencode({'section': section})}" if section else ""
    return f"{reverse(page)}?{wanted.query}{narrower}"


def _pages(request: PersonRequest, found: Drill) -> list[tuple[DrillPart, Page]]:
    """Return each part with the page of its reports: of one part the page asked for, of others the first."""
    chosen = read_id(request.GET.get("part", ""), default=1)
    return [
        (
            part,
            nearest_page(
                part.contributions,
                REPORTS_A_PAGE,
                request.GET.get("page") if number == chosen else None,
            ),
        )
        for number, part in enumerate(found.parts, 1)
    ]


def _records_behind(pages: list[tuple[DrillPart, Page]]) -> dict[tuple[int, str], str]:
    """Return the addresses of the records behind the shown, by (report id, indicator code)."""
    reports = {item.report.pk: item.report for _part, page in pages for item in page}
    return links_behind(reports.values(), [part.definition.code for part, _page in pages])


@require_safe
def export(request: PersonRequest) -> HttpResponse:
    """Send the official workbook of what the page shows. A wrong choice is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    scope = wanted.scope(units_visible_to(request.user), section=wanted.section)
    name = file_name(wanted.unit, wanted.first, wanted.last)
    return excel.download(name, build(collect(scope)).save)


def _controls(request: PersonRequest) -> ConsolidationFilter:
    """Return the controls of this reader. Raises PermissionDenied without the right to read."""
    if not request.user.can(Action.VIEW):
        raise PermissionDenied("Tài khoản của anh/chị chưa được gắn với đơn vị nào.")
    return ConsolidationFilter(request.GET, request.user)


def _tables(request: PersonRequest, wanted: Wanted) -> dict:
    """Return what the page shows: by level, or by unit; and the chart of one indicator by unit."""
    within = units_visible_to(request.user)
    data = ScopeData(wanted.scope(within, section=wanted.section, levels=wanted.levels))
    found = consolidate(data)
    section = _table_section(found, wanted)
    breakdown = section and break_down(data, section.code)
    return {
        "found": found,
        "texts": _text_section(data, wanted.section),
        "years": years_text(wanted.first, wanted.last),
        "inclusion": inclusion_text(found),
        "levels": [(level, Level(level).label) for level in found.levels],
        "prior_label": years_text(*found.prior_years) if found.prior_years else "Cùng kỳ",
        "by_units": wanted.view == UNITS,
        "section": section,
        "breakdown": breakdown,
        "unit_page": breakdown and _unit_page(request, breakdown),
        "chart": breakdown and _chart(breakdown, wanted.chart),
    }


def _text_section(data: ScopeData, section: str | None) -> str:
    """Return the name of the chosen section where it holds texts alone, else ""."""
    rows = [row for row in data.definitions.values() if row.section_code == section]
    only = rows and all(row.value_type == ValueType.TEXT for row in rows)
    return rows[0].section_label if only else ""


def _table_section(found: Consolidation, wanted: Wanted) -> Any:
    """Return the section shown by unit: the chosen one, else that of the chart, else the first."""
    code = wanted.section
    if not code and wanted.chart and wanted.chart in found.lines:
        code = found.lines[wanted.chart].definition.section_code
    chosen = [section for section in found.sections if section.code == code]
    return next(iter([*chosen, *found.sections]), None)


def _unit_page(request: PersonRequest, breakdown: Breakdown) -> Page:
    """Return a page of the rows by unit, as (row, row of the district it belongs to or None).

    A page that begins within a district begins with that district's own row.
    """
    rows = []
    for part in breakdown.total.parts:
        rows += [(part, None), *((below, part) for below in part.parts)]
    page = nearest_page(rows, UNITS_A_PAGE, request.GET.get("page"))
    if page.object_list and page.object_list[0][1]:
        page.object_list.insert(0, (page.object_list[0][1], None))
    return page


def _chart(breakdown: Breakdown, code: str | None) -> Any:
    """Return the chart of one indicator by child unit, None where there is nothing below."""
    drawn = [d for d in breakdown.columns if d.value_type != ValueType.RATING]
    chosen = next((d for d in drawn if d.code == code), drawn[0] if drawn else None)
    if chosen is None or not breakdown.total.parts:
        return None
    rows = []
    for part in breakdown.total.parts:
        figure = part.figures[chosen.code]
        rows.append((row_label(part), figure.number, figure_text(figure, chosen)))
    return bar_chart(f"{chosen.code} {chosen.label} ({chosen.unit_of_measure})", rows)
