"""The home page: for a unit its own report; for a board also how the units below it stand."""

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.accounts.scope import ended_before, own_units, units_visible_to
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import tree_order
from records.menu import year_counts
from reports.consolidation.facts import read_facts
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import single_years, year_progress
from reports.consolidation.words import figure_text
from reports.figures.figure import describe
from reports.figures.stored import figures_with_prior
from reports.models import Indicator, Report, ReportingPeriod, State
from reports.models.report import EDITABLE_STATES
from reports.notices.news import seen_at, unread_of
from reports.workflow.moves import lock_reason, may_enter
from reports.workflow.periods import current_among, periods_for
from reports.workflow.progress import (
    counts_by_area,
    open_elsewhere,
    required_counts,
    state_counts,
    to_review_by,
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


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """Show the work that waits for this user."""
    user, periods = request.user, periods_for(request.user)
    period = current_among(periods, user)
    context: dict[str, Any] = {
        "period": period,
        "required": required_counts(period),
        "elsewhere": open_elsewhere(
            Report.objects.visible_to(user), periods, period, f"{reverse('reports:list')}?"
        ),
    }
    if period and user.unit_id:
        context |= _own(user, period, context["required"])
    if period and (user.can(Action.REVIEW) or user.role == "viewer"):
        context |= _below(user, period)
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


def _own(user: User, period: ReportingPeriod, required: dict[str, int]) -> dict:
    """Return the own unit's report of the period: state, what was returned, progress."""
    reports = Report.objects.visible_to(user).with_names().with_due_dates()
    report = reports.filter(period=period, unit__in=own_units(user)).first()
    if report is None:
        return {}
    remarks = report.remarks.filter(resolved_at=None).select_related("indicator")
    may_type = may_enter(report, user) and not lock_reason(report)
    sent = report.state in (State.SUBMITTED, State.APPROVED)
    return {
        "report": report,
        "remarks": list(remarks),
        "returned": report.transitions.filter(to_state__in=[State.RETURNED, State.REOPENED])
        .select_related("actor")
        .first(),
        "may_type": may_type,
        "report_url": reverse(f"reports:{'entry' if may_type else 'detail'}", args=[report.pk]),
        "days_left": None if sent else (report.due_date - timezone.localdate()).days,
        "own_required": required[report.level],
    }


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


def _area_figures(user: User, period: ReportingPeriod) -> dict:
    """Return a few consolidated figures of this year and the two before, as far as approved."""
    unit = cast(AdministrativeUnit, user.unit)
    scope = Scope(unit, period.year - 2, period.year, within=units_visible_to(user))
    data = ScopeData(scope)
    first = min(data.years.values())  # a new site has no two years before
    asked = "?" + urlencode({"unit": unit.code, "first": first, "last": scope.last_year})
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


def _below(user: User, period: ReportingPeriod) -> dict:
    """Return how the units below stand: counts per state and district, who is late, who waits for review."""
    reports = Report.objects.visible_to(user).filter(to_review_by(user), period=period)
    counts = state_counts(reports, period)
    named = reports.with_names().with_due_dates()
    waiting = named.filter(state=State.SUBMITTED)
    if not user.is_superuser and user.can(Action.REVIEW):
        waiting = waiting.filter(reviewer__in=own_units(user))
    behind = named.overdue().order_by(tree_order("unit"))
    areas = counts_by_area(reports, period)
    return {
        "area_figures": user.unit and _area_figures(user, period),
        "counts": counts,
        "areas": areas,
        "lists": _lists(user, period, areas),
        "waiting": list(waiting.order_by("submitted_at")[:8]),
        "behind": list(behind[:8]),
        "behind_more": max(0, counts["overdue"] - 8),
    }


def _lists(user: User, period: ReportingPeriod, areas: list[dict]) -> str:
    """Return the start of the address of the list behind a count, "" where no list has the same rows.

    The list of reports holds the own report as well, which the counts of a district leave out.
    """
    if user.can(Action.REVIEW):
        return f"{reverse('reports:review')}?period_choice={period.pk}&who=all"
    return f"{reverse('reports:list')}?period_choice={period.pk}" if areas else ""
