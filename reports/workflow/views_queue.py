"""Lists of reports: all of an area, and the reviewer's queue with what is done to many at once."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django_filters.views import FilterView

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.forms import refusals_shown
from danvan.common.numbers import read_id
from danvan.common.own_lists import COLUMN, SEEN, OwnList, own_list
from danvan.common.paging import nearest_page
from danvan.common.sheets.columns import Column
from danvan.common.text import clean_line
from reports.models import Report, State
from reports.workflow.filters import ReportFilter, ReviewFilter
from reports.workflow.forms import ExtensionForm
from reports.workflow.moves import BulkLine, move_many
from reports.workflow.periods import extend_many
from reports.workflow.progress import (
    open_elsewhere,
    required_counts,
    state_counts,
    to_review_by,
)

BULK_LIMIT = 500
QUEUE = "danh_sach"  # the filters of the queue a report was opened from
FROM_LIST = "ds"  # those of the list of reports
_QUEUE_KEYS = ("period_choice", "state", "area", "level", "deviation", "q", "who", "page", COLUMN)


def queue_query(address: QueryDict) -> str:
    """Return the filters of the queue in `address` as a query string, nothing else of it."""
    return urlencode([(key, text) for key in _QUEUE_KEYS for text in address.getlist(key) if text])


def queue_of(request: HttpRequest) -> str:
    """Return the filters of the queue that the page of a report was opened from; "" for none."""
    return queue_query(QueryDict((request.POST or request.GET).get(QUEUE, "")[:500]))


def list_of(request: HttpRequest) -> str:
    """Return the filters of the list of reports that the page was opened from; "" for none."""
    return queue_query(QueryDict(request.GET.get(FROM_LIST, "")[:500]))


def carried(request: HttpRequest, **more: object) -> str:
    """Return what the next page is to know of the list a report was opened from, as a query string.

    With `more` of its parameters, those that say something.
    """
    queue = queue_query(QueryDict(request.GET.get(QUEUE, "")[:500]))
    known = {QUEUE: queue, FROM_LIST: list_of(request), **more}
    known = {name: query for name, query in known.items() if query}
    return f"?{urlencode(known)}" if known else ""


def told_of(lines: Sequence[BulkLine]) -> dict[tuple[bool, str, str], str]:
    """Return the places of a bulk approval by what became of them: (done, message, why it was refused)."""
    places: dict[tuple[bool, str, str], list[str]] = {}
    for line in lines:
        told = line.done, line.message, line.why or ""
        places.setdefault(told, []).append(line.report.unit.place_name)
    return {told: f"{len(names)} báo cáo ({'; '.join(names)})" for told, names in places.items()}


def waiting_in(request: PersonRequest, report: Report) -> list[int]:
    """Return the ids of the reports that wait in the queue `report` was opened from, in its order."""
    address = QueryDict(queue_of(request), mutable=True)
    address["state"] = State.SUBMITTED
    address.setdefault("period_choice", str(report.period_id))
    reports = Report.objects.visible_to(request.user).filter(to_review_by(request.user))
    chosen = ReviewFilter(address, queryset=reports, request=request)
    return list(chosen.rows().values_list("pk", flat=True))


# Name → label, width, format and what fills a cell of the workbook.
REPORT_COLUMNS: dict[str, tuple[str, float, str, Callable[[Any], Any]]] = {
    "code": ("Mã", 10, "", lambda report: report.unit.code),
    "state": ("Trạng thái", 24, "", lambda report: _state(report)),
    "filled": ("Đã nhập", 10, excel.WHOLE, lambda report: report.filled),
    "deviating": ("Lệch / giải trình", 16, "", lambda report: _deviating(report)),
    "settled": ("Gửi / duyệt", 16, excel.DATE_TIME, lambda report: report.settled_at),
    "due": ("Hạn nộp", 12, excel.DATE, lambda report: report.due_date),
}


def _state(report: Any) -> str:
    """Return the state in words, the lateness before it, as the badges show it."""
    late = ["Quá hạn"] if report.is_overdue else []
    return ", ".join(
        [*late, *([] if late and report.state == State.DRAFT else [report.get_state_display()])]
    )


def _deviating(report: Any) -> str:
    return "" if report.deviating is None else f"{report.deviating} / {report.explained}"


class ReportListView(FilterView):
    """A filtered, paged list of reports of the user's area, with counts per state for the whole filter.

    With `bang` in the address it is the workbook of what is seen, on all its pages.
    """

    filterset_class = ReportFilter
    template_name = "reports/list.html"
    context_object_name = "reports"
    paginate_by = 100
    whole_list = "?"  # the beginning of the address of the list without any filter
    none_at_all = "Kỳ báo cáo này không có báo cáo nào trong phạm vi của anh/chị."
    opened_from = FROM_LIST
    place, usual = "reports", ("code", "state", "filled", "settled", "due")

    def get_queryset(self) -> QuerySet:
        return Report.objects.visible_to(self.request.user)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many reports of the area stand where, whatever state, level and name are asked for."""
        return state_counts(self.filterset.scoped(), self.filterset.period)

    @cached_property
    def own(self) -> OwnList:
        """The list as its reader likes it."""
        choices = [(name, label) for name, (label, *_) in REPORT_COLUMNS.items()]
        return own_list(self.request, self.place, choices, self.usual)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponseBase:
        if SEEN not in self.request.GET:
            return super().render_to_response(context, **kwargs)
        columns = [REPORT_COLUMNS[name] for name in self.own.columns]
        heads = [
            Column("Đơn vị", 34),
            *(Column(label, width, fmt) for label, width, fmt, _ in columns),
        ]
        rows = [
            [report.unit.place_name, *(fill(report) for *_, fill in columns)]
            for report in self.filterset.rows()
        ]
        sheet = excel.Sheet("Báo cáo", heads, rows)
        name = f"Báo cáo {str(context['period'] or '').lower()}, bảng đang xem"
        return excel.download(name, lambda file: excel.stream_rows(file, sheet))

    def paginate_queryset(self, queryset: QuerySet, page_size: Any) -> Any:
        """Show the nearest page where an old address asks for one beyond the end."""
        narrowed = any(
            self.filterset.form.data.get(name) for name in ("state", "level", "deviation", "q")
        )
        count = None if narrowed else self.counts.get("all", 0)
        page = nearest_page(queryset, page_size, self.request.GET.get("page"), count)
        return page.paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        period = self.filterset.period
        context["period"] = period
        context["bad_filter"] = not self.filterset.is_valid()
        context["counts"] = self.counts
        context["required"] = required_counts(period)
        known = self.filterset.periods.values()
        every = self.get_queryset()
        context["elsewhere"] = open_elsewhere(every, known, period, self.whole_list)
        kept = {key: self.request.GET.get(key, "") for key in ("period_choice", "area", "who")}
        context["lists"] = f"?{urlencode(kept)}"
        context["nothing"] = self.nothing_text(context)
        queue = queue_query(self.request.GET)
        context["back"] = f"?{urlencode({self.opened_from: queue})}" if queue else ""
        context["own"] = self.own
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
    whole_list = "?who=all&"
    opened_from = QUEUE
    place, usual = "review", ("state", "filled", "deviating", "settled", "due")
    none_at_all = "Kỳ báo cáo này không có báo cáo nào do đơn vị anh/chị duyệt."

    def dispatch(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.user.require(Action.REVIEW, "Anh/chị không có quyền duyệt báo cáo.")
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(to_review_by(self.request.user))

    def post(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Approve what was chosen, each report on its own; the queue then tells what became of each.

        "ask" tells first what is about to be approved; "extend" gives what was chosen a later due date.
        """
        posted = set(request.POST.getlist("chosen"))
        split = (text.partition(".") for text in sorted(posted)[:BULK_LIMIT])
        asked = ((read_id(pk), read_id(version) or 0) for pk, _, version in split)
        versions = {pk: version for pk, version in asked if pk is not None}
        reports = list(self.get_queryset().with_names().with_due_dates().filter(pk__in=versions))
        if reports and "extend" in request.POST:
            return self.extend(reports)
        if reports and "ask" in request.POST:
            return self.ask(reports)
        lines = move_many(reports, "approve", user=request.user, versions=versions)
        for (done, message, why), places in told_of(lines).items():
            if done:
                messages.success(request, f"Đã duyệt {places}.")
            else:
                messages.error(request, f"Chưa duyệt {places}: {message}", extra_tags=why)
        missing = len(posted) - len(lines)
        if not versions:
            messages.warning(request, "Chưa chọn báo cáo nào. Vui lòng đánh dấu báo cáo cần xử lý.")
        elif missing:
            told = f"{missing} báo cáo đã chọn không còn hoặc anh/chị không có quyền duyệt, được bỏ qua."
            messages.warning(request, told)
        return self.back()

    def ask(self, reports: list[Report]) -> HttpResponse:
        """Show what the chosen reports hold before they are approved."""
        waiting = [report for report in reports if report.state == State.SUBMITTED]
        required = required_counts(waiting[0].period) if waiting else {}
        context = {
            "waiting": waiting,
            "left_out": len(reports) - len(waiting),
            "required": required,
            "incomplete": sum(one.filled < required[one.level] for one in waiting),
            "deviating": sum(bool(one.deviating) for one in waiting),
            "late": sum(one.is_late for one in waiting),
        }
        return render(self.request, "reports/approve.html", context)

    def extend(self, reports: list[Report]) -> HttpResponse:
        """Ask for a later due date for all of `reports`, then give it to all of them or to none."""
        form = ExtensionForm(self.request.POST if "until" in self.request.POST else None)
        if form.is_valid():
            with refusals_shown(form):
                until, reason = form.cleaned_data["until"], clean_line(form.cleaned_data["reason"])
                extend_many(reports, user=self.request.user, until=until, reason=reason)
                told = f"Đã gia hạn cho {len(reports)} đơn vị đến hết ngày {until:%d/%m/%Y}."
                messages.success(self.request, told)
                return self.back()
        context = {"form": form, "reports": reports}
        status = 422 if form.errors else 200
        return render(self.request, "reports/extend_many.html", context, status=status)

    def back(self) -> HttpResponse:
        """Return the redirect to the queue as it was: Back never asks to send anything again."""
        return redirect(f"{reverse('reports:review')}?{queue_query(self.request.GET)}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # "Choose all" is a link that loads the page with the boxes ticked, so it works without JavaScript.
        return super().get_context_data(ticked="tick" in self.request.GET, **kwargs)
