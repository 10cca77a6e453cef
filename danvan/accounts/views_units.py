"""The page of a unit: what it came from and what it became."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_visible_to
from danvan.accounts.unit_loading import load_units_by_page
from danvan.common.forms import upload_field
from danvan.units.life import life_of, resolution_of
from danvan.units.loader import MAX_BYTES, LoadResult, UnitFileError
from danvan.units.register import REGISTER, provinces_of_today

MOST_PROBLEMS = 30


class LoadForm(forms.Form):
    """A file in the register's form, or a province of the register that is shipped."""

    file = upload_field("Tệp CSV theo mẫu danh mục", ".csv,text/csv")
    province = forms.ChoiceField(
        label="Hoặc một tỉnh, thành phố trong danh mục cả nước",
        required=False,
        choices=lambda: [("", "Chọn…"), *provinces_of_today().items()],
        help_text="Nạp đơn vị của tỉnh hôm nay cùng mọi đơn vị đã nhập về đó từ năm 2021.",
    )
    file.required = False

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        file, province = self.cleaned_data.get("file"), self.cleaned_data.get("province")
        if bool(file) == bool(province) and not self.errors:
            raise ValidationError("Vui lòng chọn một tệp, hoặc một tỉnh, thành phố.")
        return self.cleaned_data


@require_http_methods(["GET", "HEAD", "POST"])
def load(request: PersonRequest) -> HttpResponse:
    """Load units in the browser: all rows of the file or none, everything in the trail."""
    if not request.user.can(Action.MANAGE_SITE):
        raise PermissionDenied("Chỉ quản trị viên được nạp danh mục đơn vị.")
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = LoadForm(*posted)
    if form.is_valid() and (done := _loaded(request, form)):
        messages.success(
            request,
            f"Đã nạp danh mục: {done.created} đơn vị mới, {done.changed} đơn vị được sửa, {done.unchanged} "
            f"đơn vị không đổi, {done.successions} quan hệ kế thừa mới.",
        )
        return redirect("accounts:units_load")
    status = 422 if form.errors else 200
    return render(request, "accounts/units_load.html", {"form": form}, status=status)


def _loaded(request: PersonRequest, form: LoadForm) -> LoadResult | None:
    upload, province = form.cleaned_data["file"], form.cleaned_data["province"]
    try:
        file = upload.read(MAX_BYTES + 1) if upload else REGISTER
        return load_units_by_page(file, province or None, by=request.user)
    except UnitFileError as error:
        form.add_error("file" if upload else "province", error.problems[:MOST_PROBLEMS])
        if (more := len(error.problems) - MOST_PROBLEMS) > 0:
            form.add_error(None, f"Còn {more} lỗi nữa. Chưa có đơn vị nào được nạp.")
        return None


@require_safe
def unit_life(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the life of a unit the person sees; of units beyond the own area only the names are told."""
    visible = units_visible_to(request.user)
    unit = get_object_or_404(visible.select_related("parent"), pk=pk)
    life = life_of(unit)
    others = [change.unit.pk for change in (*life.came_from, *life.became)]
    context = {
        "unit": unit,
        "life": life,
        "versions": [(version, resolution_of(version)) for version in life.versions],
        "reachable": set(visible.filter(pk__in=others).values_list("pk", flat=True)),
    }
    return render(request, "accounts/unit_life.html", context)
