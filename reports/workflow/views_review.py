"""Reading and reviewing reports: one report with its remarks and moves, the queue, single figures' history."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.forms import refusals_shown
from danvan.common.numbers import read_id
from danvan.common.text import clean_line
from reports.documents.letterhead import document_date, letterhead_on
from reports.figures.form import EntrySheet
from reports.figures.views_entry import visible_report
from reports.figures.views_ledger import change_line
from reports.models import FigureChange, Indicator, Remark, Report, State
from reports.workflow.answering import shares_of
from reports.workflow.forms import ExtensionForm
from reports.workflow.moves import (
    MOVES,
    MoveRefused,
    allowed_moves,
    lock_reason,
    make_move,
    may_enter,
    may_review,
)
from reports.workflow.periods import extend_deadline
from reports.workflow.remarks import keep_remarks, settle
from reports.workflow.views_queue import (
    QUEUE,
    carried,
    list_of,
    queue_of,
    waiting_in,
)

REMARK = "remark-"
DEVIATING = "lech"  # only the figures that deviate or are explained
DAYS_TO_MEND = datetime.timedelta(days=7)


@require_safe
def detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one report for reading, printing and, to its reviewer, for remarks and moves."""
    report = visible_report(request.user, pk)
    return _detail_page(request, report)


def _detail_page(
    request: PersonRequest,
    report: Report,
    *,
    typed: Any = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    sheet = EntrySheet(report)
    sections = sheet.sections()
    words = request.GET.get("q", "")[:100]
    deviating = DEVIATING in request.GET
    shown = [section.narrowed(words, deviating=deviating) for section in sections]
    moves = allowed_moves(report, request.user)
    reviewing = may_review(report, request.user)
    locked = lock_reason(report)
    day = document_date(report.unit, report.period.year, timezone.localdate())
    context = {
        "report": report,
        "letterhead": letterhead_on(report.unit, day),
        "sheet": sheet,
        "sections": [section for section in shown if section.entries],
        "outline": [section.outline for section in sections],
        "words": words,
        "only_deviating": deviating,
        "deviating": sum(entry.deviates for one in sections for entry in one.entries),
        "moves": [move for move in moves if move.by_reviewer],
        "may_resolve": reviewing,
        "may_type": not locked and may_enter(report, request.user),
        "new_due": _new_due(request, report),
        "may_remark": reviewing and report.state == State.SUBMITTED,
        "may_extend": reviewing and request.user.can(Action.EXTEND_DEADLINE),
        "locked": locked,
        "shares": shares_of(report, sheet.answers),
        "log": sheet.log,
        "remarks_done": [row for row in sheet.all_remarks if row.resolved_at],
        "report_remarks": [r for r in sheet.remarks if not r.indicator_id],
        "extensions": report.extension_end and report.extensions.select_related("granted_by"),
        "typed": typed or {},
        "reason": reason,
        "queue": queue_of(request),
        "list": list_of(request),
        "carried": carried(request),
    }
    return render(request, "reports/detail.html", context, status=status)


@require_POST
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """Return, approve or reopen one report; remarks typed at single figures are kept with it."""
    report = visible_report(request.user, pk)
    action = request.POST.get("action", "")
    if action != "remark" and (action not in MOVES or not MOVES[action].by_reviewer):
        raise Http404
    if not may_review(report, request.user):
        raise PermissionDenied("Anh/chị không có quyền duyệt báo cáo này.")
    reason = clean_line(request.POST.get("reason", ""))[:1000]
    typed = {
        clean_line(name.removeprefix(REMARK)): clean_line(str(text))
        for name, text in request.POST.items()
        if name.startswith(REMARK) and clean_line(str(text))
    }
    waiting = waiting_in(request, report)

    def before(locked: Report) -> None:
        keep_remarks(locked, typed, request.user)
        if action == "return" and request.POST.get("until", "").strip():
            form = ExtensionForm(
                {"until": request.POST["until"], "reason": (reason or "Trả lại để sửa")[:500]}
            )
            if not form.is_valid():
                raise ValidationError(dict(form.errors))
            extend_deadline(locked, user=request.user, **form.cleaned_data)

    try:
        if action == "remark":
            keep_remarks(report, typed, request.user)
        else:
            make_move(
                report,
                action,
                user=request.user,
                version=_version(request),
                reason=reason,
                before=before,
            )
    except (MoveRefused, ValidationError) as refusal:
        text = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
        messages.error(request, text, extra_tags=getattr(refusal, "why", ""))
        report = visible_report(request.user, pk)
        return _detail_page(request, report, typed=typed, reason=reason, status=409)
    done = "Đã lưu nhận xét" if action == "remark" else MOVES[action].done
    told = f"{done}: {report.unit.place_name}."
    following = _following(waiting, pk) if action in ("approve", "return") else []
    if following:
        told += f" Còn {len(following)} báo cáo chờ duyệt, đây là báo cáo tiếp theo."
    messages.success(request, told)
    return redirect(_after(request, report, action, following))


def _following(waiting: list[int], pk: int) -> list[int]:
    """Return the reports that wait, from the one below `pk` in the queue on and round to those above it."""
    if pk not in waiting:
        return []
    at = waiting.index(pk)
    return waiting[at + 1 :] + waiting[:at]


def _after(request: PersonRequest, report: Report, action: str, following: list[int]) -> str:
    """Return where a reviewer goes on: the next report that waits, the queue, or the same report."""
    queue = queue_of(request)
    if action == "approve" and not following:
        return f"{reverse('reports:review')}?{queue or f'period_choice={report.period_id}'}"
    url = reverse("reports:detail", args=[next(iter(following), report.pk)])
    return f"{url}?{urlencode({QUEUE: queue})}" if queue else f"{url}{carried(request)}"


def _new_due(request: PersonRequest, report: Report) -> str:
    """Return the day offered (or typed) for a report that goes back after its due date, "" before that."""
    today = timezone.localdate()
    if today <= report.due_date or not request.user.can(Action.EXTEND_DEADLINE):
        return ""
    return request.POST.get("until", f"{today + DAYS_TO_MEND:%d/%m/%Y}")


def _version(request: PersonRequest) -> int:
    """Return the version that was looked at; a post that does not say counts as the oldest."""
    return read_id(request.POST.get("version", "")) or 0


@require_POST
def resolve_remark(request: PersonRequest, pk: int, remark: int) -> HttpResponse:
    report = visible_report(request.user, pk)
    row = get_object_or_404(Remark.objects.visible_to(request.user), pk=remark, report=report)
    settle(row, request.user)
    messages.success(request, "Đã đánh dấu nhận xét là đã xong.")
    return redirect(f"{reverse('reports:detail', args=[pk])}{carried(request)}")


@require_safe
def figure_history(request: PersonRequest, pk: int, code: str) -> HttpResponse:
    """Show every change of one figure: old, new, who, when, how."""
    report = visible_report(request.user, pk)
    indicator = get_object_or_404(
        Indicator, catalogue=report.period.catalogue_id, code=clean_line(code)
    )
    changes = FigureChange.objects.visible_to(request.user).filter(
        report=report, indicator=indicator
    )
    lines = [change_line(change) for change in changes.with_names()]
    context = {
        "report": report,
        "indicator": indicator,
        "lines": lines,
        "carried": carried(request),
    }
    return render(request, "reports/figure_history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: PersonRequest, pk: int) -> HttpResponse:
    report = visible_report(request.user, pk)
    if not (request.user.can(Action.EXTEND_DEADLINE) and may_review(report, request.user)):
        raise PermissionDenied("Anh/chị không có quyền gia hạn cho đơn vị này.")
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_shown(form):
            extend_deadline(
                report,
                user=request.user,
                until=form.cleaned_data["until"],
                reason=clean_line(form.cleaned_data["reason"]),
            )
            messages.success(request, f"Đã gia hạn cho {report.unit.place_name}.")
            return redirect(f"{reverse('reports:detail', args=[pk])}{carried(request)}")
    return render(
        request,
        "reports/extend.html",
        {"report": report, "form": form, "carried": carried(request)},
        status=422 if form.errors else 200,
    )
