"""Pages of the bodies that report below a unit: the list with a form for a new one, the end of one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from danvan.accounts.bodies.keeping import (
    begin_body,
    bodies_of,
    end_body,
    require_keeper,
    units_with_bodies,
)
from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.common.forms import DayField, TextField, refusals_shown
from danvan.common.paging import nearest_page
from danvan.units.kinds import KINDS_OF_LEVEL
from danvan.units.models import AdministrativeUnit, Level

A_PAGE = 50


class BodyForm(forms.Form):
    """A new body: below which unit, its kind and name, from when on."""

    above = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(), label="Thuộc đơn vị", empty_label=None
    )
    kind = forms.ChoiceField(
        label="Loại", choices=[(kind.value, kind.label) for kind in KINDS_OF_LEVEL[Level.BODY]]
    )
    name = TextField(label="Tên", max_length=100, help_text="Không kèm loại, ví dụ: Công an tỉnh")
    valid_from = DayField(label="Từ ngày")

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, initial={"valid_from": timezone.localdate()})
        above: Any = self.fields["above"]
        above.queryset = units_with_bodies(user)


class EndForm(forms.Form):
    """From which day on a body is no more."""

    valid_to = DayField(
        label="Kết thúc từ ngày",
        required=False,
        help_text="Ngày đầu tiên không còn hoạt động; để trống: vẫn hoạt động.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def bodies(request: PersonRequest) -> HttpResponse:
    """List the bodies of the area; take a new one."""
    require_keeper(request.user)
    form = BodyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_shown(form):
            body = begin_body(
                given["above"], given["kind"], given["name"], given["valid_from"], user=request.user
            )
            messages.success(
                request,
                f"Đã lập {body.full_name}, mã {body.code}. Các kỳ mở từ nay sẽ hỏi khối này.",
            )
            return redirect("accounts:bodies")
    page = nearest_page(
        bodies_of(request.user).select_related("parent").prefetch_related("users"),
        A_PAGE,
        request.GET.get("page"),
    )
    context = {"form": form, "page_obj": page, "may_add_accounts": request.user.is_superuser}
    status = 422 if form.errors else 200
    return render(request, "accounts/bodies/list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def body_end(request: PersonRequest, pk: int) -> HttpResponse:
    """Say from which day on a body is no more."""
    require_keeper(request.user)
    body = get_object_or_404(bodies_of(request.user).select_related("parent"), pk=pk)
    form = EndForm(request.POST or None, initial={"valid_to": body.valid_to})
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["valid_to"]
        with refusals_shown(form):
            end_body(body, day, user=request.user)
            told = f"kết thúc từ ngày {day:%d/%m/%Y}" if day else "vẫn hoạt động"
            messages.success(request, f"{body.full_name}: {told}.")
            return redirect("accounts:bodies")
    status = 422 if form.errors else 200
    return render(request, "accounts/bodies/end.html", {"form": form, "body": body}, status=status)
