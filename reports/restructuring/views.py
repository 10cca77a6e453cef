"""The pages of a change of units: the list, three steps with a way back, the preview, undoing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.accounts.scope import units_visible_to
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.units.changing import NewUnit
from danvan.units.loader import MAX_BYTES, UnitFileError
from danvan.units.models import AdministrativeUnit
from reports.models import ChangeState, UnitChange
from reports.restructuring import forms
from reports.restructuring.applying import (
    apply_change,
    delete_draft,
    require_right,
    standing_on,
    undo_change,
)
from reports.restructuring.editing import begin_change, save_resolution, save_rows
from reports.restructuring.files import read_change
from reports.restructuring.foresight import Foresight, look_ahead
from reports.restructuring.telling import account_lines, facts, move_lines, report_lines

PAGE = 50


def _change(request: PersonRequest, pk: int, *, draft: bool = False) -> UnitChange:
    """Return a change of the person's area; with `draft` only one that may still be edited."""
    require_right(request.user)
    rows = UnitChange.objects.visible_to(request.user).select_related(
        "unit", "created_by", "applied_by", "undone_by"
    )
    return get_object_or_404(rows.filter(state=ChangeState.DRAFT) if draft else rows, pk=pk)


@require_safe
def change_list(request: PersonRequest) -> HttpResponse:
    """Show the changes of the person's area, the latest day first."""
    require_right(request.user)
    rows = UnitChange.objects.visible_to(request.user).select_related("unit", "created_by")
    page = nearest_page(rows, PAGE, request.GET.get("page"))
    context = {"page_obj": page, "changes": page.object_list}
    return render(request, "reports/restructuring/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_change(request: PersonRequest) -> HttpResponse:
    """Begin a change: the resolution, and a file where there is one."""
    require_right(request.user)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = forms.ResolutionFileForm(*posted, user=request.user)
    if form.is_valid() and (change := _started(request, form)):
        if change.moves:
            return redirect("restructuring:change", pk=change.pk)
        return redirect("restructuring:units", pk=change.pk)
    context = {"form": form, "step": "resolution"}
    status = 422 if form.errors else 200
    return render(request, "reports/restructuring/resolution.html", context, status=status)


def _started(request: PersonRequest, form: Any) -> UnitChange | None:
    upload = form.cleaned_data["file"]
    try:
        found = (
            read_change(upload.read(MAX_BYTES + 1), form.cleaned_data["day"]) if upload else None
        )
    except UnitFileError as error:
        form.add_error("file", error.problems[:20])
        return None
    if found and found.others:
        messages.info(request, f"Đã bỏ qua {found.others} dòng của tệp nói về ngày khác.")
    return begin_change(form.save(commit=False), found, user=request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def resolution(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the resolution or the day of a draft."""
    change = _change(request, pk, draft=True)
    posted = request.POST if request.method == "POST" else None
    initial = {"version": change.version}
    form = forms.ResolutionForm(posted, instance=change, initial=initial, user=request.user)
    if form.is_valid() and save_resolution(form, user=request.user):
        return redirect("restructuring:units", pk=pk)
    context = {"form": form, "change": change, "step": "resolution"}
    status = 422 if form.errors else 200
    return render(request, "reports/restructuring/resolution.html", context, status=status)


def _known(change: UnitChange, user: User, *, before: bool) -> list[AdministrativeUnit]:
    """Return the units that may be named: those of the person's area that stand then."""
    units = units_visible_to(user).areas().select_related("parent").in_tree_order()
    if before:
        return list(units.filter(valid_from__lt=change.day, valid_to=None))
    return list(units.on(change.day))


@require_http_methods(["GET", "HEAD", "POST"])
def new_units(request: PersonRequest, pk: int) -> HttpResponse:
    """The second step: the units that begin."""
    change = _change(request, pk, draft=True)
    new = [NewUnit(**row) for row in change.units]
    names = forms.Names(_known(change, request.user, before=False), new)
    posted = request.POST if request.method == "POST" else None
    formset = forms.NewUnits(
        posted, initial=change.units, prefix="u", form_kwargs={"names": {"parent": names}}
    )
    return _saved_or_shown(request, change, formset, ("units", "moves"), tren=names)


@require_http_methods(["GET", "HEAD", "POST"])
def moves(request: PersonRequest, pk: int) -> HttpResponse:
    """The third step: what the old units become."""
    change = _change(request, pk, draft=True)
    new = [NewUnit(**row) for row in change.units]
    old_names = forms.Names(_known(change, request.user, before=True))
    new_names = forms.Names(_known(change, request.user, before=False), new)
    posted = request.POST if request.method == "POST" else None
    initial = [{**row, "percent": forms.percent_of(row["share"])} for row in change.moves]
    names = {"old": old_names, "new": new_names}
    formset = forms.Moves(posted, initial=initial, prefix="m", form_kwargs={"names": names})
    steps = ("moves", "change")
    return _saved_or_shown(request, change, formset, steps, cu=old_names, moi=new_names)


def _saved_or_shown(
    request: PersonRequest,
    change: UnitChange,
    formset: Any,
    steps: tuple[str, str],
    **names: forms.Names,
) -> HttpResponse:
    """Save the lines of the first of `steps` and go on to the second, or show them with what is wrong.

    `names` are what the page offers while typing, by the list it stands in.
    """
    step, following = steps
    if formset.is_valid() and save_rows(change, step, formset, request.POST, user=request.user):
        return redirect(f"restructuring:{step if 'more' in request.POST else following}", change.pk)
    lists = [(name, known.suggested) for name, known in names.items()]
    context = {"change": change, "formset": formset, "step": step, "lists": lists}
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/restructuring/rows.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def change_page(request: PersonRequest, pk: int) -> HttpResponse:
    """The last step: what becomes of everything; the post applies it. Afterwards what was done."""
    change = _change(request, pk)
    if request.method == "POST":
        return _applied(request, change)
    return _change_page(request, change)


def _applied(request: PersonRequest, change: UnitChange) -> HttpResponse:
    chosen = {
        key: str(code)
        for name, code in request.POST.items()
        if name.startswith("person_") and (key := read_id(name.removeprefix("person_")))
    }
    version = read_id(request.POST.get("version", "")) or 0
    try:
        apply_change(change, by=request.user, version=version, people=chosen)
    except ValidationError as error:
        return _change_page(request, change, error.messages, chosen, status=422)
    told = "Đã ghi thay đổi. " + (
        f"Thay đổi có hiệu lực từ ngày {change.day:%d/%m/%Y}; trước ngày đó có thể rút lại."
        if change.is_waiting
        else "Đơn vị, tài khoản và báo cáo đã được chuyển."
    )
    messages.success(request, told)
    return redirect("restructuring:change", pk=change.pk)


def _change_page(
    request: PersonRequest,
    change: UnitChange,
    problems: list[str] | None = None,
    chosen: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"change": change, "step": "change", "problems": problems or []}
    context["moves"] = move_lines(change)
    if change.state != ChangeState.DRAFT:
        if change.state == ChangeState.APPLIED and not problems:
            context["standing"] = standing_on(change)
        return render(request, "reports/restructuring/done.html", context, status=status)
    try:
        ahead: Foresight | None = look_ahead(change, request.user)
    except ValidationError as error:
        ahead, context["problems"] = None, error.messages
    if ahead:
        context |= {
            "ahead": ahead,
            "facts": facts(ahead, change),
            "reports": report_lines(ahead),
            "accounts": account_lines(ahead, chosen or {}),
        }
    return render(request, "reports/restructuring/preview.html", context, status=status)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take an applied change back, or say what stands on it."""
    change = _change(request, pk)
    waiting = change.is_waiting
    try:
        undo_change(change, by=request.user)
    except ValidationError as error:
        return _change_page(request, change, error.messages, status=422)
    messages.success(request, "Đã rút thay đổi." if waiting else "Đã hoàn tác: mọi thứ như trước.")
    return redirect("restructuring:change", pk=pk)


@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    change = _change(request, pk, draft=True)
    try:
        delete_draft(change, by=request.user)
    except ValidationError as error:
        return _change_page(request, change, error.messages, status=422)
    messages.success(request, "Đã xóa bản nháp.")
    return redirect("restructuring:list")
