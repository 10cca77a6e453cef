"""Pages of the consolidation: the table by level or by unit, the reports behind a figure, the workbook.

Thin: the choices are checked by filters.py, the numbers come from summary.py, units.py and drill.py.
Every query is limited to the units the reader may see.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.paginator import Page
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import NO_UNIT, Action
from danvan.accounts.scope import units_visible_to
from danvan.common import excel
from danvan.common.db.moment import one_moment
from danvan.common.db.replica import may_lag
from danvan.common.handbook.why import Why
from danvan.common.numbers import read_id
from danvan.common.outline import OutlineLine, has_words, notes_of
from danvan.common.paging import nearest_page
from danvan.units.models import Level
from reports.consolidation.drill import Drill, DrillPart
from reports.consolidation.drill import drill as drill_down
from reports.consolidation.figures import Definition
from reports.consolidation.filters import UNITS, ConsolidationFilter, Wanted
from reports.consolidation.restating import NotRestatable
from reports.consolidation.scope import ScopeData
from reports.consolidation.summary import (
    Consolidation,
    SectionLines,
    consolidate,
)
from reports.consolidation.units import Breakdown, break_down
from reports.consolidation.words import (
    figure_text,
    inclusion_text,
    level_text,
    roman,
    row_label,
    years_text,
)
from reports.counting.counting import links_behind
from reports.documents.charts import bar_chart
from reports.documents.issues.issuing import may_issue
from reports.documents.narrative.views import RANK
from reports.documents.workbook.build import file_name
from reports.documents.workbook.keeping import prepared
from reports.models import KeptFile, ValueType
from reports.workflow.locks import year_spans

# Old Hà Nội had 579 communes; Hà Nam's 116 units stay on one page, and on one printed table.
UNITS_A_PAGE, REPORTS_A_PAGE = 200, 100
EXPORTED_AT_ONCE = 600  # reports in a workbook made within the request: about three seconds
MOST_COLUMNS, MOST_LEVELS = 16, 3  # beside the index of sections; above more of them it stands
MOST_BARS = 30  # of a chart: a province of 129 communes made one of four screens


@require_safe
@may_lag
def consolidation(request: PersonRequest) -> HttpResponse:
    """Show the figures asked for; with a wrong choice only what is wrong."""
    controls = _controls(request)
    wanted = controls.wanted
    context: dict[str, Any] = {"filter": controls, "wanted": wanted}
    if wanted:
        context["issue_url"] = _address("issues:new", wanted, wanted.section)
        context["texts_url"] = f"{reverse('reports:texts')}?{wanted.query}"
        context["may_issue"] = not wanted.as_of and may_issue(request.user, wanted.unit)
        context["export_url"] = _address("reports:consolidation_export", wanted, wanted.section)
        if not wanted.as_of:  # a view, no document
            word_url = _address("reports:consolidation_word", wanted, wanted.section)
            context["word_url"], context["ranked_url"] = word_url, f"{word_url}&{RANK}=1"
        try:
            context |= _tables(request, wanted)
        except NotRestatable as problem:
            controls.add_error("as_of", ValidationError(str(problem), code=Why.RESTATED))
            context["wanted"] = None
    return render(request, "reports/consolidation/page.html", context)


@require_safe
@may_lag
def drill(request: PersonRequest, code: str) -> HttpResponse:
    """Show the reports that one figure is made of. A figure outside the reader's choices is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    try:
        scope = wanted.scope(units_visible_to(request.user))
        if wanted.row is None and request.GET.get("row"):
            raise Http404
        found = drill_down(scope, code, wanted.level, wanted.row)
    except (KeyError, NotRestatable) as error:
        raise Http404 from error
    partial = {year.year: year for year in found.progress if year.included != year.expected}
    rows = [
        (
            f"{year} ({partial[year].included}/{partial[year].expected})"
            if year in partial
            else str(year),
            figure.number,
            figure_text(figure, found.definition),
        )
        for year, figure in found.by_year
    ]
    pages = _pages(request, found)
    definition, figure = found.definition, found.figure
    context = {
        "drill": found,
        "percent": "%" if definition.is_ratio and figure.number is not None else "",
        "way_back": _address(
            "reports:consolidation",
            wanted,
            definition.section_code,
            by_units=wanted.row is not None,
        ),
        "place": _place(found, wanted),
        "pages": pages,
        "behind": _records_behind(pages, wanted),
        "wanted": wanted,
        "years": years_text(wanted.first, wanted.last),
        "level": wanted.level and level_text(wanted.level, found.restated),
        "partial": sorted(partial),
        "chart": bar_chart("Từng năm", rows) if len(rows) > 1 else None,
    }
    return render(request, "reports/consolidation/drill.html", context)


def _address(page: str, wanted: Wanted, section: str | None, *, by_units: bool = False) -> str:
    """Return the address of `page` for what is wanted, of one section or of all."""
    narrower = {"section": section} if section else {}
    narrower |= {"view": UNITS} if by_units else {}
    return f"{reverse(page)}?{wanted.query}&{urlencode(narrower)}".rstrip("&")


def _place(found: Drill, wanted: Wanted) -> str:
    """Return whose figure is shown: a unit's, or what a unit's own office entered."""
    row = wanted.row
    if row is None or not row.is_own:
        return found.unit.full_name
    if row.ended_level:
        return f"{found.unit.full_name}, các cơ quan {Level(row.ended_level).label.lower()} cũ"
    return f"{found.unit.full_name}, riêng cơ quan"


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


def _records_behind(
    pages: list[tuple[DrillPart, Page]], wanted: Wanted
) -> dict[tuple[int, str], str]:
    """Return the addresses of the records behind the shown, by (report id, indicator code)."""
    reports = {item.report.pk: item.report for _part, page in pages for item in page}
    codes = {part.definition.code for part, _page in pages}
    known = [row for row in wanted.known.indicators or () if row.code in codes]
    return links_behind(reports.values(), indicators=known)


@require_safe
@may_lag
def export(request: PersonRequest) -> HttpResponseBase:
    """Send the official workbook of what the page shows, of many units later. A wrong choice is 404."""
    wanted = _controls(request).wanted
    if wanted is None:
        raise Http404
    scope = wanted.scope(units_visible_to(request.user), section=wanted.section)
    made = None
    try:
        with one_moment(KeptFile.objects.db):
            data = ScopeData(scope)
            if not is_long(request, data.asked, EXPORTED_AT_ONCE):
                made = prepared(data)
    except NotRestatable as error:
        raise Http404 from error
    if made is None:
        return later(request, file_name(scope))
    book = made()
    return excel.download(file_name(data.scope), lambda file: file.write(book))


def _controls(request: PersonRequest) -> ConsolidationFilter:
    """Return the controls of this reader. Raises PermissionDenied without the right to read."""
    request.user.require(Action.VIEW, NO_UNIT)
    controls = ConsolidationFilter(request.GET, request.user)
    request.year_spans = year_spans(controls.periods)
    return controls


def _tables(request: PersonRequest, wanted: Wanted) -> dict:
    """Return what the page shows: by level, or by unit; and the chart of one indicator by unit."""
    within = units_visible_to(request.user)
    by_units = wanted.view == UNITS
    # By unit one section is shown, and beside it the way to all others.
    narrower = None if by_units else wanted.section
    data = ScopeData(wanted.scope(within, section=narrower, levels=wanted.levels))
    found = consolidate(data)
    sections = _with_words(found.sections, wanted.words)
    section = _table_section(sections, found, wanted)
    charted = section and _charted(found, section.code, wanted.chart)
    breakdown = None
    if section and by_units:
        breakdown = break_down(data, section.code)
    elif charted:
        breakdown = break_down(data, charted.section_code, only={charted.code})
    columns = [line.definition for line in section.lines] if section else []
    return {
        "found": found,
        "sections": sections,
        "outline": _outline(sections, wanted, section if by_units else None),
        "columns": columns,
        "shown_code": _shown_code(columns, wanted.chart),
        "texts": _text_section(data, wanted.section),
        "years": years_text(wanted.first, wanted.last),
        "inclusion": inclusion_text(found),
        "levels": [(level, level_text(level, found.restated)) for level in found.levels],
        "is_wide": len(columns) > MOST_COLUMNS if by_units else len(found.levels) > MOST_LEVELS,
        "prior_label": years_text(*found.prior_years) if found.prior_years else "Cùng kỳ",
        "partial": _share(found.included, found.expected),
        "prior_partial": "" if by_units else _share(*found.prior_counted),
        "by_units": by_units,
        "section": section,
        "breakdown": breakdown,
        "unit_page": by_units and breakdown and _unit_page(request, breakdown),
        "chart": breakdown and charted and _chart(breakdown, charted),
    }


def _share(included: int, expected: int) -> str:
    """Return "71/116" where reports are missing, else ""."""
    return f"{included}/{expected}" if included != expected else ""


def _text_section(data: ScopeData, section: str | None) -> str:
    """Return the name of the chosen section where it holds texts alone, else ""."""
    rows = [row for row in data.definitions.values() if row.section_code == section]
    only = rows and all(row.value_type == ValueType.TEXT for row in rows)
    return rows[0].section_label if only else ""


def _with_words(sections: Iterable[SectionLines], words: str) -> list[SectionLines]:
    """Return the sections with the lines that hold `words`; those without one are left out."""
    kept = (
        replace(
            one,
            lines=tuple(li for li in one.lines if has_words(words, li.code, li.definition.label)),
        )
        for one in sections
    )
    return [section for section in kept if section.lines]


def _outline(
    sections: list[SectionLines], wanted: Wanted, current: SectionLines | None
) -> list[OutlineLine]:
    """Return the index: each section on the page or, where only `current` is shown, its own page."""
    return [
        OutlineLine(
            section.code,
            roman(section.number),
            section.label,
            filled=sum(not line.total.is_blank for line in section.lines),
            total=len(section.lines),
            notes=notes_of((sum(bool(line.change) for line in section.lines), "tăng/giảm")),
            is_current=section is current,
            url=_address("reports:consolidation", wanted, section.code, by_units=True)
            if current
            else "",
        )
        for section in sections
    ]


def _table_section(
    sections: list[SectionLines], found: Consolidation, wanted: Wanted
) -> SectionLines | None:
    """Return the section shown by unit: the chosen one, else that of the chart, else the first."""
    code = wanted.section
    if not code and wanted.chart and wanted.chart in found.lines:
        code = found.lines[wanted.chart].definition.section_code
    chosen = [section for section in sections if section.code == code]
    return next(iter([*chosen, *sections]), None)


def _shown_code(columns: list[Definition], chosen: str | None) -> str:
    """Return the indicator whose column a phone shows: the chosen one, else the first."""
    codes = [definition.code for definition in columns]
    return chosen if chosen in codes else next(iter(codes), "")


def _unit_page(request: PersonRequest, breakdown: Breakdown) -> Page:
    """Return a page of the rows by unit, as (row, row of the district it belongs to or None).

    A page that begins within a district begins with that district's own row.
    """
    rows: list[Any] = []
    for part in breakdown.total.parts:
        rows += [(part, None), *((below, part) for below in part.parts)]
    page = nearest_page(rows, UNITS_A_PAGE, request.GET.get("page"))
    shown: Any = page.object_list
    if shown and shown[0][1]:
        shown.insert(0, (shown[0][1], None))
    return page


def _charted(found: Consolidation, section: str, code: str | None) -> Definition | None:
    """Return the indicator of a section whose chart is shown: the chosen one, else the first to be compared."""
    lines = [line for line in found.lines.values() if line.definition.section_code == section]
    drawn = [line for line in lines if line.definition.value_type != ValueType.RATING]
    chosen = [line for line in drawn if line.code == code]
    told = [line for line in drawn if not line.total.is_incomparable]
    return next((line.definition for line in [*chosen, *told, *drawn]), None)


def _chart(breakdown: Breakdown, chosen: Definition) -> Any:
    """Return the chart of one indicator by child unit, None where there is nothing below."""
    if not breakdown.total.parts:
        return None
    rows: list[Any] = []
    for part in breakdown.total.parts:
        figure = part.figures[chosen.code]
        label = f"{Level(part.ended.level).label} cũ" if part.ended else row_label(part)
        rows.append((label, figure.number, figure_text(figure, chosen)))
    title = f"{chosen.code} {chosen.label} ({chosen.unit_of_measure})"
    if len(rows) > MOST_BARS:
        rows.sort(key=lambda row: -(row[1] or 0))
        title += f": {MOST_BARS} đơn vị cao nhất trong {len(rows)} đơn vị"
    return bar_chart(title, rows[:MOST_BARS])
