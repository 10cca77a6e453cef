"""The page on which the board says who answers for the units that were split in a period."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.forms import refusals_shown
from danvan.common.numbers import format_number
from records.days import records_on
from reports.models import ReportingPeriod, ReportUnit
from reports.workflow.answering import UnitQuestion, assign, questions


class AnswerForm(forms.Form):
    """For each split unit the report that takes over what it did in the period; blank waits on."""

    def __init__(self, data: QueryDict | None, asked: list[UnitQuestion], period: ReportingPeriod):
        super().__init__(data)
        self.asked = {f"unit_{question.answer.unit_id}": question for question in asked}
        units = [question.answer.unit_id for question in asked]
        numbers = records_on(period.start, period.end, units)
        for name, question in self.asked.items():
            unit, now = question.answer.unit, question.answer.report.unit
            choices = [(str(report.pk), report.unit.full_name) for report in question.choices]
            number = format_number(numbers[unit.pk])
            self.fields[name] = forms.ChoiceField(
                label=f"{unit.place_name}",
                choices=[("", "Chưa phân công"), *choices],
                required=False,
                help_text=f"{number} hồ sơ trong kỳ; tạm tính cho {now.full_name_in_text}.",
            )

    @property
    def chosen(self) -> dict[int, int]:
        """The choices made: {unit id: report id}."""
        return {
            self.asked[name].answer.unit_id: int(report_id)
            for name, report_id in self.cleaned_data.items()
            if report_id
        }


@require_http_methods(["GET", "HEAD", "POST"])
def split_units(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the split units of a period; settle those for which a report was chosen."""
    request.user.require(
        Action.MANAGE_PERIOD, "Chỉ ban dân vận cấp tỉnh được phân công đơn vị chia tách."
    )
    period = get_object_or_404(ReportingPeriod, pk=pk)
    posted = request.POST if request.method == "POST" else None
    form = AnswerForm(posted, questions(period), period)
    if request.method == "POST" and (done := _assigned(request, form, period)):
        messages.success(request, f"Đã phân công {done} đơn vị.")
        return redirect("reports:period_split", pk=pk)
    settled = ReportUnit.objects.visible_to(request.user).filter(period=period)
    context = {
        "period": period,
        "form": form,
        "settled": settled.exclude(assigned_by=None)
        .select_related("unit__parent", "report__unit", "assigned_by")
        .order_by("assigned_at", "unit__code"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/period_split.html", context, status=status)


def _assigned(request: PersonRequest, form: AnswerForm, period: ReportingPeriod) -> int:
    """Settle what was chosen and return how many; 0 with the reason among the form's errors."""
    if not form.is_valid():
        return 0
    if not form.chosen:
        form.add_error(None, "Vui lòng chọn đơn vị nhận cho ít nhất một đơn vị.")
        return 0
    with refusals_shown(form):
        return assign(period, form.chosen, user=request.user)
    return 0
