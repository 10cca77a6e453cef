"""Reading and reviewing reports: one report with its remarks and moves, the queue, single figures' history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_filters.views import FilterView

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.forms import DateInput
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.common.text import clean_line
from reports.figures.form import EntrySheet
from reports.figures.views_entry import visible_report
from reports.figures.views_ledger import change_line
from reports.models import FigureChange, Indicator, Remark, Report, State
from reports.workflow.answering import shares_of
from reports.workflow.filters import ReportFilter, ReviewFilter
from reports.workflow.moves import (
    MOVES,
    MoveRefused,
    allowed_moves,
    lock_reason,
    make_move,
    may_enter,
    may_review,
    move_many,
)
from reports.workflow.periods import extend_deadline
from reports.workflow.progress import required_counts, state_counts, to_review_by
from reports.workflow.remarks import keep_remarks, settle

REMARK = "remark-"
BULK_LIMIT = 500
QUEUE = "danh_sach"  # the filters of the queue a report was opened from
_QUEUE_KEYS = ("period_choice", "state", "area", "level", "q", "who", "page")


def queue_query(address: QueryDict) -> str:
    """Return the filters of the queue in `address` as a query string, nothing else of it."""
    return urlencode({key: address[key] for key in _QUEUE_KEYS if address.get(key)})


def _queue_of(request: HttpRequest) -> str:
    """Return the filters of the queue that the page of a report was opened from; "" for none."""
    return queue_query(QueryDict((request.POST or request.GET).get(QUEUE, "")[:500]))


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
    shown = [section.with_words(words) for section in sections]
    moves = allowed_moves(report, request.user)
    locked = lock_reason(report)
    context = {
        "report": report,
        "sheet": sheet,
        "sections": [section for section in shown if section.entries],
        "outline": [section.outline for section in sections],
        "words": words,
        "moves": [move for move in moves if move.by_reviewer],
        "may_resolve": may_review(report, request.user),
        "may_type": not locked and may_enter(report, request.user),
        "may_remark": report.state == State.SUBMITTED and may_review(report, request.user),
        "may_extend": may_review(report, request.user) and request.user.can(Action.EXTEND_DEADLINE),
        "locked": locked,
        "shares": shares_of(report),
        "log": report.transitions.select_related("actor"),
        "remarks_done": report.remarks.exclude(resolved_at=None).select_related(
            "indicator", "author"
        ),
        "report_remarks": [r for r in sheet.remarks if not r.indicator_id],
        "extensions": report.extensions.select_related("granted_by"),
        "typed": typed or {},
        "reason": reason,
        "queue": _queue_of(request),
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
                before=lambda locked: keep_remarks(locked, typed, request.user),
            )
    except (MoveRefused, ValidationError) as refusal:
        text = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
        messages.error(request, text)
        report = visible_report(request.user, pk)
        return _detail_page(request, report, typed=typed, reason=reason, status=409)
    done = "Đã lưu nhận xét" if action == "remark" else MOVES[action].done
    messages.success(request, f"{done}: {report.unit.place_name}.")
    queue = _queue_of(request)
    if action == "approve":
        return redirect(
            f"{reverse('reports:review')}?{queue or f'period_choice={report.period_id}'}"
        )
    url = reverse("reports:detail", args=[pk])
    return redirect(f"{url}?{urlencode({QUEUE: queue})}" if queue else url)


def _version(request: PersonRequest) -> int:
    """Return the version that was looked at; a post that does not say counts as the oldest."""
    return read_id(request.POST.get("version", "")) or 0


@require_POST
def resolve_remark(request: PersonRequest, pk: int, remark: int) -> HttpResponse:
    report = visible_report(request.user, pk)
    row = get_object_or_404(Remark.objects.visible_to(request.user), pk=remark, report=report)
    settle(row, request.user)
    messages.success(request, "Đã đánh dấu nhận xét là đã xong.")
    return redirect("reports:detail", pk=pk)


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
    context = {"report": report, "indicator": indicator, "lines": lines}
    return render(request, "reports/figure_history.html", context)


class ExtensionForm(forms.Form):
    """A later due date and why."""

    until = forms.DateField(
        label="Gia hạn đến hết ngày",
        widget=DateInput(),
        help_text="Ví dụ 31/12/2024",
        error_messages={"invalid": "Ngày chưa đúng, ví dụ nhập đúng: 31/12/2024."},
    )
    reason = forms.CharField(label="Lý do", max_length=500)


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: PersonRequest, pk: int) -> HttpResponse:
    report = visible_report(request.user, pk)
    if not (request.user.can(Action.EXTEND_DEADLINE) and may_review(report, request.user)):
        raise PermissionDenied("Anh/chị không có quyền gia hạn cho đơn vị này.")
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            extend_deadline(
                report,
                user=request.user,
                until=form.cleaned_data["until"],
                reason=clean_line(form.cleaned_data["reason"]),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Đã gia hạn cho {report.unit.place_name}.")
            return redirect("reports:detail", pk=pk)
    return render(
        request,
        "reports/extend.html",
        {"report": report, "form": form},
        status=422 if form.errors else 200,
    )


class ReportListView(FilterView):
    """A filtered, paged list of reports of the user's area, with counts per state for the whole filter."""

    filterset_class = ReportFilter
    template_name = "reports/list.html"
    context_object_name = "reports"
    paginate_by = 100
    none_at_all = "Kỳ báo cáo này không có báo cáo nào trong phạm vi của anh/chị."

    def get_queryset(self) -> QuerySet:
        return Report.objects.visible_to(self.request.user)

    def paginate_queryset(self, queryset: QuerySet, page_size: Any) -> Any:
        """Show the nearest page where an old address asks for one beyond the end."""
        page = nearest_page(queryset, page_size, self.request.GET.get("page"))
        return page.paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        period = self.filterset.period
        context["period"] = period
        context["bad_filter"] = not self.filterset.is_valid()
        context["counts"] = state_counts(self.filterset.scoped(), period)
        context["required"] = required_counts(period)
        kept = {key: self.request.GET.get(key, "") for key in ("period_choice", "area", "who")}
        context["lists"] = f"?{urlencode(kept)}"
        context["nothing"] = self.nothing_text(context)
        queue = queue_query(self.request.GET)
        context["queue"] = f"?{urlencode({QUEUE: queue})}" if queue else ""
        return context

    def nothing_text(self, context: dict) -> str:
        """Return why the list is empty, as far as it is known."""
        if context["bad_filter"]:
            return "Điều kiện lọc chưa đúng nên chưa hiện báo cáo nào. Vui lòng chọn lại."
        if context["period"] is None:
            return "Chưa mở kỳ báo cáo nào."
        if not context["counts"]["all"]:
            return self.none_at_all
        return "Không có báo cáo nào khớp điều kiện lọc."

    def get_filterset_kwargs(self, filterset_class: Any) -> Any:
        kwargs = super().get_filterset_kwargs(filterset_class)
        kwargs["data"] = self.request.GET
        return kwargs


class ReviewView(ReportListView):
    """The reviewer's queue of one period: who stands where, who is late; bulk approval of what waits."""

    filterset_class = ReviewFilter
    template_name = "reports/review.html"
    http_method_names = ["get", "head", "post", "options"]
    none_at_all = "Kỳ báo cáo này không có báo cáo nào do đơn vị anh/chị duyệt."
    lines: Sequence[Any] = ()

    def dispatch(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.can(Action.REVIEW):
            raise PermissionDenied("Anh/chị không có quyền duyệt báo cáo.")
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(to_review_by(self.request.user))

    def post(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Approve what was chosen, each report on its own, and show what became of each."""
        posted = set(request.POST.getlist("chosen"))
        split = (text.partition(".") for text in sorted(posted)[:BULK_LIMIT])
        asked = ((read_id(pk), read_id(version) or 0) for pk, _, version in split)
        versions = {pk: version for pk, version in asked if pk is not None}
        reports = self.get_queryset().with_names().with_due_dates().filter(pk__in=versions)
        self.lines = move_many(list(reports), "approve", user=request.user, versions=versions)
        missing = len(posted) - len(self.lines)
        if not versions:
            messages.warning(request, "Chưa chọn báo cáo nào. Vui lòng đánh dấu báo cáo cần duyệt.")
        elif missing:
            told = f"{missing} báo cáo đã chọn không còn hoặc anh/chị không có quyền duyệt, được bỏ qua."
            messages.warning(request, told)
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # "Choose all" is a link that loads the page with the boxes ticked, so it works without JavaScript.
        ticked = self.request.method == "GET" and "tick" in self.request.GET
        return super().get_context_data(lines=self.lines, ticked=ticked, **kwargs)
