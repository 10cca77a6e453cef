"""Reporting periods: the list, opening a year, closing and reopening it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.forms import DayField, refusals_shown
from danvan.common.text import clean_line
from danvan.units.kinds import AREA_LEVELS
from danvan.units.models import AdministrativeUnit, Level
from records.days import with_number
from reports.models import Report, ReportingPeriod
from reports.workflow.gaps import gaps_beside
from reports.workflow.periods import (
    Opening,
    close_period,
    default_dates,
    open_period,
    rehearse_opening,
    reopen_period,
)
from reports.workflow.progress import state_counts

ACCEPTED, CONFIRMED = "gaps_accepted", "confirmed"


def _require_manager(request: PersonRequest) -> None:
    request.user.require(Action.MANAGE_PERIOD, "Chỉ ban dân vận cấp tỉnh được quản lý kỳ báo cáo.")


@require_safe
def period_list(request: PersonRequest) -> HttpResponse:
    _require_manager(request)
    periods = list(ReportingPeriod.objects.select_related("closed_by").with_tiers())
    tiers = [level for level in reversed(AREA_LEVELS) if any(level in one.tiers for one in periods)]
    rows = [
        (one, [one.due_date_of(level) if level in one.tiers else None for level in tiers])
        for one in periods
    ]
    context = {"periods": periods, "tiers": tiers, "rows": rows}
    return render(request, "reports/periods.html", context)


class OpenForm(forms.ModelForm):
    """Which year to open, from when to when, who is asked and until when."""

    class Meta:
        model = ReportingPeriod
        fields = (
            "year", "kind", "start", "end", "structure_date",
            "due_commune", "due_district", "due_province",
        )  # fmt: skip
        field_classes = dict.fromkeys(fields[2:], DayField)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if ACCEPTED in self.data:
            self._add_box()
        if not self._asks_districts():
            del self.fields["due_district"]

    def _asks_districts(self) -> bool:
        """Tell whether there are districts on the structure date; then they have a due date."""
        field = self.fields["structure_date"]
        try:
            day = field.to_python(self["structure_date"].value())
        except ValidationError:
            day = None
        units = AdministrativeUnit.objects.filter(level=Level.DISTRICT)
        return day is None or units.on(day).exists()

    def _add_box(self) -> None:
        self.fields[ACCEPTED] = forms.BooleanField(
            label="Vẫn mở kỳ, để những ngày này ngoài kỳ báo cáo", required=False
        )

    def leaves_gaps(self) -> bool:
        """Tell whether days would belong to no period and nobody has accepted that: then they are named."""
        dates = self.cleaned_data
        accepted = dates.pop(ACCEPTED, False)
        found = gaps_beside(dates["kind"], dates["start"], dates["end"])
        if accepted or not found:
            return False
        self._add_box()
        named = "; ".join(with_number(gap) for gap in found)
        self.add_error(
            ACCEPTED,
            f"Có những ngày không thuộc kỳ báo cáo nào: {named}. Vui lòng sửa ngày của kỳ, hoặc đánh "
            "dấu ô này để vẫn mở.",
        )
        return True

    def _post_clean(self) -> None:
        # Dates and overlaps are checked by open_period's full_clean, once, on the finished row.
        pass


@require_http_methods(["GET", "HEAD", "POST"])
def open_new(request: PersonRequest) -> HttpResponse:
    """Open a year, after showing who would report: freezes catalogue, unit list and due dates."""
    _require_manager(request)
    if request.method == "POST":
        form = OpenForm(request.POST)
        if "edit" in request.POST:
            return render(request, "reports/period_open.html", {"form": form})
        if form.is_valid() and (answer := _open(form, request)):
            return answer
        return render(request, "reports/period_open.html", {"form": form}, status=422)
    newest = ReportingPeriod.objects.order_by("-year").first()
    year = newest.year + 1 if newest else timezone.localdate().year
    form = OpenForm(initial={"year": year, "kind": "year", **default_dates(year)})
    return render(request, "reports/period_open.html", {"form": form})


def _open(form: OpenForm, request: PersonRequest) -> HttpResponse | None:
    """Open the year of a valid form, or show first what that would do; None where it cannot be opened."""
    if form.leaves_gaps():
        return None
    with refusals_shown(form):
        if CONFIRMED not in request.POST:
            opening = rehearse_opening(actor=request.user, **form.cleaned_data)
            return _preview_page(request, form, opening)
        period = open_period(actor=request.user, **form.cleaned_data)
        told = f"Đã mở kỳ báo cáo {str(period).lower()} cho {period.reports.count()} đơn vị."
        messages.success(request, told)
        return redirect("reports:period", pk=period.pk)
    return None


def _preview_page(request: PersonRequest, form: OpenForm, opening: Opening) -> HttpResponse:
    unit = request.user.unit
    context = {
        "form": form,
        "opening": opening,
        "still_open": ReportingPeriod.objects.filter(is_closed=False),
        "left_out": unit if unit and unit.pk not in opening.units else None,
    }
    return render(request, "reports/period_preview.html", context)


@require_safe
def period_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one period: dates, how the reports stand, what was done to it."""
    _require_manager(request)
    period = get_object_or_404(ReportingPeriod.objects.select_related("closed_by"), pk=pk)
    return _detail_page(request, period)


def _detail_page(
    request: PersonRequest, period: ReportingPeriod, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "period": period,
        "counts": state_counts(Report.objects.visible_to(request.user), period),
        "waiting": period.answers.filter(is_question=True).count(),
        "lists": f"{reverse('reports:list')}?period_choice={period.pk}",
        "next_move": reverse(
            f"reports:period_{'reopen' if period.is_closed else 'close'}", args=[period.pk]
        ),
        "log": period.log.select_related("actor"),
        "error": error,
    }
    return render(request, "reports/period.html", context, status=status)


@require_POST
def close(request: PersonRequest, pk: int) -> HttpResponse:
    """Close a period, after asking once more with what is still on the way."""
    _require_manager(request)
    period = get_object_or_404(ReportingPeriod, pk=pk)
    if CONFIRMED not in request.POST:
        counts = state_counts(Report.objects.visible_to(request.user), period)
        context = {"period": period, "counts": counts, "reason": _reason(request)}
        return render(request, "reports/period_close.html", context)
    close_period(period, user=request.user, reason=_reason(request))
    messages.success(request, f"Đã khóa kỳ báo cáo {str(period).lower()}.")
    return redirect("reports:period", pk=pk)


@require_POST
def reopen(request: PersonRequest, pk: int) -> HttpResponse:
    _require_manager(request)
    period = get_object_or_404(ReportingPeriod, pk=pk)
    try:
        reopen_period(period, user=request.user, reason=_reason(request))
    except ValidationError as error:
        return _detail_page(request, period, error=error.messages[0], status=422)
    messages.success(request, f"Đã mở lại kỳ báo cáo {str(period).lower()}.")
    return redirect("reports:period", pk=pk)


def _reason(request: PersonRequest) -> str:
    return clean_line(request.POST.get("reason", ""))[:500]
