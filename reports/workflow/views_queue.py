"""Lists of reports: all of an area, and the reviewer's queue with what is done to many at once."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_filters.views import FilterView

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.common.text import clean_line
from reports.models import Report, State
from reports.workflow.filters import ReportFilter, ReviewFilter
from reports.workflow.forms import ExtensionForm
from reports.workflow.moves import move_many
from reports.workflow.periods import extend_many
from reports.workflow.progress import (
    open_elsewhere,
    required_counts,
    state_counts,
    to_review_by,
)

BULK_LIMIT = 500
QUEUE = "danh_sach"  # the filters of the queue a report was opened from
_QUEUE_KEYS = ("period_choice", "state", "area", "level", "deviation", "q", "who", "page")


def queue_query(address: QueryDict) -> str:
    """Return the filters of the queue in `address` as a query string, nothing else of it."""
    return urlencode({key: address[key] for key in _QUEUE_KEYS if address.get(key)})


def queue_of(request: HttpRequest) -> str:
    """Return the filters of the queue that the page of a report was opened from; "" for none."""
    return queue_query(QueryDict((request.POST or request.GET).get(QUEUE, "")[:500]))


def waiting_in(request: PersonRequest, report: Report) -> list[int]:
    """Return the ids of the reports that wait in the queue `report` was opened from, in its order."""
    address = QueryDict(queue_of(request), mutable=True)
    address["state"] = State.SUBMITTED
    address.setdefault("period_choice", str(report.period_id))
    reports = Report.objects.visible_to(request.user).filter(to_review_by(request.user))
    chosen = ReviewFilter(address, queryset=reports, request=request)
    return list(chosen.rows().values_list("pk", flat=True))


class ReportListView(FilterView):
    """A filtered, paged list of reports of the user's area, with counts per state for the whole filter."""

    filterset_class = ReportFilter
    template_name = "reports/list.html"
    context_object_name = "reports"
    paginate_by = 100
    whole_list = "?"  # the beginning of the address of the list without any filter
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
        known = self.filterset.periods.values()
        every = self.get_queryset()
        context["elsewhere"] = open_elsewhere(every, known, period, self.whole_list)
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
    whole_list = "?who=all&"
    none_at_all = "Kỳ báo cáo này không có báo cáo nào do đơn vị anh/chị duyệt."
    lines: Sequence[Any] = ()

    def dispatch(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.can(Action.REVIEW):
            raise PermissionDenied("Anh/chị không có quyền duyệt báo cáo.")
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(to_review_by(self.request.user))

    def post(self, request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Approve what was chosen, each report on its own, and show what became of each.

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
        self.lines = move_many(reports, "approve", user=request.user, versions=versions)
        missing = len(posted) - len(self.lines)
        if not versions:
            messages.warning(request, "Chưa chọn báo cáo nào. Vui lòng đánh dấu báo cáo cần xử lý.")
        elif missing:
            told = f"{missing} báo cáo đã chọn không còn hoặc anh/chị không có quyền duyệt, được bỏ qua."
            messages.warning(request, told)
        return self.get(request, *args, **kwargs)

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
            try:
                until, reason = form.cleaned_data["until"], clean_line(form.cleaned_data["reason"])
                extend_many(reports, user=self.request.user, until=until, reason=reason)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                told = f"Đã gia hạn cho {len(reports)} đơn vị đến hết ngày {until:%d/%m/%Y}."
                messages.success(self.request, told)
                return redirect(f"{reverse('reports:review')}?{queue_query(self.request.GET)}")
        context = {"form": form, "reports": reports}
        status = 422 if form.errors else 200
        return render(self.request, "reports/extend_many.html", context, status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # "Choose all" is a link that loads the page with the boxes ticked, so it works without JavaScript.
        ticked = self.request.method == "GET" and "tick" in self.request.GET
        return super().get_context_data(lines=self.lines, ticked=ticked, **kwargs)
