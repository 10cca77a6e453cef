"""The home page: for a unit its own report; for a board also how the units below it stand."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.accounts.scope import (
    ended_before,
    own_units,
    units_visible_to,
    with_predecessors_of,
)
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import tree_order
from records.menu import year_counts
from reports.consolidation.facts import read_facts
from reports.consolidation.scope import ReadBefore, Scope, ScopeData, defining
from reports.consolidation.summary import single_years, year_progress
from reports.consolidation.words import figure_text
from reports.figures.figure import describe
from reports.figures.stored import figures_with_prior
from reports.models import Indicator, Remark, Report, ReportingPeriod, State, Transition
from reports.models.report import EDITABLE_STATES
from reports.notices.news import seen_at, unread_of
from reports.workflow.locks import year_spans
from reports.workflow.moves import lock_reason, may_enter
from reports.workflow.periods import counted_among, current_among, periods_for
from reports.workflow.progress import (
    AreaTally,
    added_up,
    counts_by_area,
    is_open_in,
    required_counts,
    tallies_of,
    to_review_by,
    told_elsewhere,
)

# What a leader asks first: dialogues, people received, recognised models, oversight.
KEY_FIGURES = {
    "DT03": "Hội nghị đối thoại",
    "DV08": "Mô hình được công nhận",
    "DV09": "Mô hình được công nhận",
    "DV10": "Mô hình được công nhận",
    "DV11": "Mô hình được công nhận",
    "GS01": "Cuộc giám sát của MTTQ, tổ chức CT-XH",
    "TD05": "Lượt công dân được tiếp",
}
AREA_FIGURES = ("DT03", "TD05", "DV08", "GS01")
FIRSTS = 8  # of who waits and who is late


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """Show the work that waits for this user."""
    user, periods = request.user, periods_for(request.user)
    request.year_spans = year_spans(counted := counted_among(periods))
    period = current_among(periods, user)
    is_board = bool(period) and (user.can(Action.REVIEW) or user.role == "viewer")
    area = _area_data(user, period, counted) if period and is_board and user.unit else None
    required = required_counts(period, area.indicators if area else None)
    tallies = _tallies(user, periods, period, is_board=is_board)
    others, lists = [one for one in periods if one != period], f"{reverse('reports:list')}?"
    context: dict[str, Any] = {
        "period": period,
        "required": required,
        "elsewhere": told_elsewhere(tallies, others, lists),
    }
    if period and user.unit_id:
        context |= _own(user, period, required)
    if period and is_board:
        context |= _below(user, period, [one for one in tallies if one.period == period.pk])
        context["area_figures"] = area and _area_figures(area)
    elif "report" in context:
        context["key_figures"] = _key_figures(context["report"])
    context["left"] = _left_behind(user)
    nothing = "Kỳ báo cáo này không có báo cáo của đơn vị anh/chị."
    context["nothing"] = nothing if period else "Chưa mở kỳ báo cáo nào."
    # The menu of the page asks for these counts anyway; the unread notices come with them.
    tiles = year_counts(request)[1] if user.can(Action.VIEW) else []
    if user.can(Action.ENTER_RECORD) and user.unit_id:
        context["tiles"] = tiles
    if tiles and any(request.unread):
        known = [context["report"]] if "report" in context else []
        news = unread_of(user, request.unread, known)
        context |= {"news": news[:5], "seen": seen_at(user)}
    return render(request, "home.html", context)


def _tallies(
    user: User, periods: list[ReportingPeriod], period: ReportingPeriod | None, *, is_board: bool
) -> list[AreaTally]:
    """Return how the reports below stand in `period`, and all that are open in other periods. One query."""
    if period is None:
        return []
    wanted = is_open_in([one for one in periods if one != period])
    if is_board:
        wanted |= to_review_by(user) & Q(period=period)
    elif len(periods) == 1:
        return []
    return tallies_of(Report.objects.visible_to(user).filter(wanted))


def _own(user: User, period: ReportingPeriod, required: dict[str, int]) -> dict:
    """Return the own unit's report of the period: state, what was returned, progress."""
    reports = Report.objects.visible_to(user).with_names().with_due_dates()
    report = reports.with_open_remarks().filter(period=period, unit__in=own_units(user)).first()
    if report is None:
        return {}
    may_type = may_enter(report, user) and not lock_reason(report)
    sent = report.state in (State.SUBMITTED, State.APPROVED)
    return {
        "report": report,
        "remarks": list(_remarks(report)) if vars(report)["has_remarks"] else [],
        "returned": _returned(report) if report.state in (State.RETURNED, State.REOPENED) else None,
        "may_type": may_type,
        "report_url": reverse(f"reports:{'entry' if may_type else 'detail'}", args=[report.pk]),
        "days_left": None if sent else (report.due_date - timezone.localdate()).days,
        "own_required": required[report.level],
    }


def _remarks(report: Report) -> QuerySet[Remark]:
    return report.remarks.filter(resolved_at=None).select_related("indicator")


def _returned(report: Report) -> Transition | None:
    moves = report.transitions.filter(to_state__in=[State.RETURNED, State.REOPENED])
    return moves.select_related("actor").first()


def _left_behind(user: User) -> list[Report]:
    """Return the open reports that units which became the own one left to be finished. None costs nothing."""
    ended = ended_before(user)
    if not ended or not user.can(Action.ENTER_REPORT):
        return []
    reports = Report.objects.editable_by(user).with_names().with_due_dates()
    rows = reports.filter(unit__in=ended, state__in=EDITABLE_STATES, period__is_closed=False)
    return list(rows.order_by("period__start", tree_order("unit"))[:20])


def _key_figures(report: Report) -> list[dict]:
    """Return a few figures of this year beside last year's, those the unit's level enters."""
    figures, old = figures_with_prior(report)
    rows = Indicator.objects.filter(catalogue=report.period.catalogue_id, code__in=KEY_FIGURES)
    lines = []
    for row in rows.order_by("section__order", "order"):
        if row.entered_by(report.level):
            now = describe(row, figures[row.code]) if row.code in figures else ""
            then = describe(row, old[row.code]) if row.code in old else ""
            lines.append({"label": KEY_FIGURES[row.code], "now": now, "then": then})
    return lines


@dataclass(frozen=True)
class _AreaData:
    """What the consolidated figures are made of: the rows of their years, all indicators of those."""

    data: ScopeData
    indicators: list[Any]


def _area_data(user: User, period: ReportingPeriod, counted: list[ReportingPeriod]) -> _AreaData:
    """Return the rows of this year and the two before, of which `counted` are all periods."""
    first, last = period.year - 2, period.year
    periods = [one for one in counted if first <= one.year <= last]
    indicators = defining({one.catalogue_id for one in (*periods, period)})
    known = ReadBefore(periods, indicators, family=with_predecessors_of(user))
    unit = cast(AdministrativeUnit, user.unit)
    scope = Scope(unit, first, last, within=units_visible_to(user), known=known)
    return _AreaData(ScopeData(scope), indicators)


def _area_figures(area: _AreaData) -> dict:
    """Return a few consolidated figures of these years, as far as approved."""
    data, scope = area.data, area.data.scope
    first = min(data.years.values(), default=scope.last_year)  # a new site has no two years before
    asked = "?" + urlencode({"unit": scope.unit.code, "first": first, "last": scope.last_year})
    definitions = [data.definitions[code] for code in AREA_FIGURES if code in data.definitions]
    facts = read_facts(data, data.years, [d.code for d in definitions])[None]
    single = single_years(data, facts)
    lines = [
        {
            "label": KEY_FIGURES[definition.code],
            "url": reverse("reports:drill", args=[definition.code]) + asked,
            "cells": [figure_text(e.figure(definition.code), definition) for e in single.values()],
        }
        for definition in definitions
    ]
    return {"scope": scope, "lines": lines, "years": year_progress(data, facts)}


def _below(user: User, period: ReportingPeriod, tallies: list[AreaTally]) -> dict:
    """Return how the units below stand: counts per state and district, who is late, who waits for review."""
    reports = Report.objects.visible_to(user).filter(to_review_by(user), period=period)
    waiting = reports.filter(state=State.SUBMITTED)
    if not user.is_superuser and user.can(Action.REVIEW):
        waiting = waiting.filter(reviewer__in=own_units(user))
    firsts = (
        waiting.order_by("submitted_at").values("pk")[:FIRSTS],
        reports.overdue().order_by(tree_order("unit")).values("pk")[:FIRSTS],
    )
    wanted = reports.filter(Q(pk__in=firsts[0]) | Q(pk__in=firsts[1]))
    sent = Case(When(state=State.SUBMITTED, then="submitted_at"))
    named = list(wanted.with_names().with_due_dates().order_by(sent, tree_order("unit")))
    counts, areas = added_up(tallies), counts_by_area(tallies)
    return {
        "counts": counts,
        "areas": areas,
        "lists": _lists(user, period, areas),
        "waiting": [one for one in named if one.state == State.SUBMITTED],
        "behind": [one for one in named if one.state != State.SUBMITTED],
        "behind_more": max(0, counts["overdue"] - FIRSTS),
    }


def _lists(user: User, period: ReportingPeriod, areas: list[dict]) -> str:
    """Return the start of the address of the list behind a count, "" where no list has the same rows.

    The list of reports holds the own report as well, which the counts of a district leave out.
    """
    if user.can(Action.REVIEW):
        return f"{reverse('reports:review')}?period_choice={period.pk}&who=all"
    return f"{reverse('reports:list')}?period_choice={period.pk}" if areas else ""
