"""The page "Toàn cảnh" and the choice of its indicators. Thin: picture.py reads, drawing.py draws."""

from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import NO_UNIT, Action
from danvan.accounts.scope import own_units, units_visible_to
from danvan.common.db.replica import may_lag
from danvan.common.handbook.why import Why, kind_of_error
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.common.text import clean_line
from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation.words import figure_text
from reports.models import ReportingPeriod
from reports.models.headline import MOST_HEADLINES
from reports.overview import drawing, words
from reports.overview.figures import Heat, HeatRow, UnitStep
from reports.overview.headlines import can_lead, choice_for, choose, headlines, may_choose
from reports.overview.links import Links
from reports.overview.picture import Picture, headline_data, picture
from reports.workflow.locks import year_spans

UNITS_A_PAGE, COLUMNS = 200, 3
MOST_LATE = 8  # named below the squares; the list names all


@require_safe
@may_lag
def overview(request: PersonRequest) -> HttpResponse:
    """Show the picture of the own area, or of a unit in it."""
    user, periods = request.user, _periods(request)
    unit, years = _unit(request), list(request.year_spans)
    year = read_id(request.GET.get("year", ""))
    if year is not None and year not in years:
        raise Http404
    if unit is None or not periods:
        return render(request, "reports/overview/page.html", {"found": None})
    found = picture(unit, periods, user, year=year)
    links = Links(found, user)
    notes = {one.year: note for one in found.years if (note := words.year_note(one))}
    context = {
        "found": found,
        "links": links,
        "lists": links.lists,
        "years": sorted(years, reverse=True)[:10],
        "chosen_year": year,
        "units": _choices(found, user),
        "may_choose": may_choose(user, unit),
        "charts": _charts(found, links, notes),
        "notes": notes,
        "units_note": words.units_words(found.area),
        "moves_note": words.moves_words(found),
        "risen": _moved(found.moves.risen if found.moves else (), links),
        "fallen": _moved(found.moves.fallen if found.moves else (), links),
        "bars": _bars(found, links),
        "late": _late(found, links),
        "lines": drawing.lines(found.progress.curves, lambda pk: links.list(period_choice=pk)),
        "shares": drawing.shares_on(found.progress.curves),
        "due_x": drawing.DUE_X,
        "looks": [
            (found.name(row.unit_id), row, links.report(row.pk)) for row in found.progress.look.most
        ],
        **_heat(request, found.heat),
    }
    context |= dict(zip(("squares", "squares_height"), _squares(found, links), strict=True))
    return render(request, "reports/overview/page.html", context)


def _periods(request: PersonRequest) -> list[ReportingPeriod]:
    """Return the periods that count, whose years the menu asks for too. Raises PermissionDenied."""
    request.user.require(Action.VIEW, NO_UNIT)
    periods = ReportingPeriod.objects.counted()
    request.year_spans = year_spans(periods)
    return periods


def _unit(request: PersonRequest) -> AdministrativeUnit | None:
    """Return the unit asked for, else the own one, for superusers the first province. Outside: 404."""
    asked = clean_line(request.GET.get("unit", ""))
    rows = units_visible_to(request.user).select_related("parent")
    if asked:
        code, _at, begun = asked.partition("@")
        found = [one for one in rows.filter(code=code) if begun in ("", str(one.valid_from))]
        if not found:
            raise Http404
        return max(found, key=lambda one: one.valid_from)
    day = max(end for _start, end in request.year_spans.values()) if request.year_spans else None
    return request.user.unit or (day and rows.on(day).filter(parent=None).in_tree_order().first())


def _choices(found: Picture, user: User) -> list[AdministrativeUnit]:
    """Return the units that can be looked at from here: the districts, and the way back up."""
    below = [one.unit for one in found.area.root.below if one.unit.level == Level.DISTRICT]
    shown = [found.unit] if found.unit.pk != user.unit_id else []
    return [*([user.unit] if user.unit else []), *shown, *below]


def _charts(found: Picture, links: Links, notes: dict[int, str]) -> list[dict[str, Any]]:
    broken = found.area.first_year_after
    return [
        {
            "chart": drawing.trend_chart(
                trend, notes, partial(links.figure, trend.definition.code), broken
            ),
            "shown": figure_text(trend.shown.figure, trend.definition) or "—",
            "url": links.figure(trend.definition.code, links.year),
            "change": words.change_words(trend),
            "why": words.no_change_words(trend, notes),
        }
        for trend in found.trends
    ]


def _moved(moves: Iterable[UnitStep], links: Links) -> list[tuple[UnitStep, str]]:
    return [(one, links.figure(one.definition.code, links.year, one.unit.pk)) for one in moves]


def _bars(found: Picture, links: Links) -> tuple[drawing.AreaBar, ...]:
    units = [(found.name(pk), counts) for pk, counts in found.progress.areas.items()]
    named = sorted(((u, c) for u, c in units if u), key=lambda pair: pair[0].tree_key)
    return drawing.area_bars(
        (
            "Cơ quan cấp tỉnh" if unit.level == Level.PROVINCE else unit.full_name,
            counts,
            links.list(area=unit.pk),
        )
        for unit, counts in named
    )


def _squares(found: Picture, links: Links) -> tuple[tuple[drawing.Square, ...], int]:
    """Return a square per report where all lie in one area; a single report needs none."""
    rows = found.progress.rows
    if found.progress.areas or len(rows) < 2:
        return (), 0
    named = [(unit, row) for row in rows if (unit := found.name(row.unit_id))]
    named.sort(key=lambda pair: (-Level(pair[1].level).rank, pair[0].tree_key))
    return drawing.squares(
        (words.short_name(unit), row.says.lower(), row.kind, links.report(row.pk))
        for unit, row in named
    )


def _late(found: Picture, links: Links) -> list[tuple[str, str]]:
    """Return who is late, with the way to each report: colours and hovering tell a phone nothing."""
    named = [
        (unit, row.pk)
        for row in found.progress.rows
        if row.is_overdue and (unit := found.name(row.unit_id))
    ]
    named.sort(key=lambda pair: pair[0].tree_key)
    return [(words.short_name(unit), links.report(pk)) for unit, pk in named[:MOST_LATE]]


def _heat(request: PersonRequest, heat: Heat | None) -> dict[str, Any]:
    """Return the page of the table, its rows in columns beside one another."""
    if heat is None:
        return {}
    page = nearest_page(list(heat.rows), UNITS_A_PAGE, request.GET.get("page"))
    rows: list[HeatRow] = list(page.object_list)
    count = COLUMNS if len(rows) > 3 * COLUMNS else 1
    return {"heat_page": page, "blocks": _blocks(rows, count)}


def _blocks(rows: list[HeatRow], count: int) -> list[list[HeatRow]]:
    """Return `rows` in `count` columns about equally long; no column ends with a heading."""
    blocks, start = [], 0
    for at in range(1, count + 1):
        end = round(len(rows) * at / count)
        while start < end < len(rows) and rows[end - 1].is_heading:
            end -= 1
        blocks.append(rows[start:end])
        start = end
    return [block for block in blocks if block]


@require_http_methods(["GET", "HEAD", "POST"])
def choose_headlines(request: PersonRequest) -> HttpResponse:
    """Choose what the picture of the own area begins with. A refusal keeps what was ticked."""
    user, periods, unit = request.user, _periods(request), _unit(request)
    if not may_choose(user, unit) or unit is None:
        raise PermissionDenied("Chỉ ban của chính đơn vị được chọn chỉ tiêu trọng tâm.")
    if not periods:
        messages.warning(request, "Chưa mở kỳ báo cáo nào nên chưa có chỉ tiêu để chọn.")
        return redirect("reports:overview")
    definitions = headline_data(unit, periods, user).definitions
    choice = choice_for(unit, own_units(user))
    ticked = [one.code for one in headlines(definitions, choice.codes if choice else None)]
    problem, why = "", None
    if request.method == "POST":
        ticked = [] if "usual" in request.POST else request.POST.getlist("code")
        try:
            if not ticked and "usual" not in request.POST:
                raise ValidationError("Vui lòng đánh dấu ít nhất một chỉ tiêu.", code=Why.FIELDS)
            choose(unit, ticked, definitions, user)
        except ValidationError as error:
            problem, why = " ".join(error.messages), kind_of_error(error)
        else:
            told = (
                "Đã dùng lại các chỉ tiêu mặc định."
                if "usual" in request.POST
                else "Đã lưu chỉ tiêu trọng tâm."
            )
            messages.success(request, told)
            return redirect(f"{reverse('reports:overview')}?{urlencode({'unit': unit.code})}")
    context = {
        "unit": unit,
        "definitions": [one for one in definitions.values() if can_lead(one)],
        "ticked": ticked,
        "problem": problem,
        "why": why,
        "choice": choice,
        "most": MOST_HEADLINES,
    }
    return render(request, "reports/overview/choose.html", context, status=422 if problem else 200)
