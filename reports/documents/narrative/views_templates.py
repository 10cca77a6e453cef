"""Pages of an office's own Word templates: hand in, try, use from a day on, take back; the names they use."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.scope import units_visible_to
from danvan.common.excel import safe_file_name
from danvan.common.forms import DayField, upload_field
from danvan.common.sheets.precheck import FileRefused
from danvan.common.web.downloads import attachment
from danvan.units.models import AdministrativeUnit
from reports.documents.letterhead import document_date, letterhead_on
from reports.documents.narrative.drafting import shipped_for, template_on
from reports.documents.narrative.names import explained, named_code
from reports.documents.narrative.own import (
    drop_use,
    keep_template,
    this_year,
    try_template,
    use_template,
)
from reports.documents.offices import may_edit_letterhead, require_office
from reports.documents.word.paper import DOCX_TYPE, ENDING
from reports.models import Indicator, TemplateUse, ValueType, WordTemplate

SHIPPED = "mau_goc"  # in an address: made by the shipped template, whatever the office uses


class TemplateForm(forms.Form):
    """One template to hand in."""

    file = upload_field("Tệp mẫu (.docx, tối đa 5 MB)", ENDING)


class UseForm(forms.Form):
    """Which template is used from which day on; none is the shipped one."""

    template = forms.ModelChoiceField(
        label="Mẫu",
        queryset=WordTemplate.objects.none(),
        required=False,
        empty_label="Mẫu có sẵn",
        error_messages={"invalid_choice": "Không có mẫu này, vui lòng chọn lại."},
    )
    since = DayField(
        label="Áp dụng cho văn bản ghi ngày, từ",
        error_messages={"required": "Vui lòng ghi ngày bắt đầu áp dụng."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def templates(request: PersonRequest, unit: int) -> HttpResponse:
    """List the templates of an office and take a new one, which is tried before it is kept."""
    office = _office(request, unit)
    form = TemplateForm()
    if request.method == "POST":
        require_office(request.user, office)
        form = TemplateForm(request.POST, request.FILES)
        if form.is_valid() and (row := _kept(request, office, form)):
            messages.success(request, f"Đã nhận mẫu {row}. Vui lòng xem thử rồi áp dụng.")
            return redirect("documents:templates", unit=office.pk)
    return _page(request, office, form)


def _kept(request: PersonRequest, office: AdministrativeUnit, form: Any) -> WordTemplate | None:
    try:
        return keep_template(office, form.cleaned_data["file"], user=request.user)
    except ValidationError as error:
        form.add_error("file", error)
        return None


@require_POST
def use(request: PersonRequest, unit: int) -> HttpResponse:
    """Use a template, or the shipped one, from a day on."""
    office = _office(request, unit)
    require_office(request.user, office)
    form = _use_form(request, office, request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            made = use_template(office, typed["template"], typed["since"], user=request.user)
        except ValidationError as error:
            form.add_error("since", error.error_dict.get("valid_from", [error]))
        else:
            messages.success(request, f"Đã áp dụng: {made}.")
            return redirect("documents:templates", unit=office.pk)
    return _page(request, office, TemplateForm(), form)


@require_POST
def take_back(request: PersonRequest, unit: int, pk: int) -> HttpResponse:
    """Take one use back: the template before it holds again."""
    office = _office(request, unit)
    row = get_object_or_404(TemplateUse.objects.visible_to(request.user), pk=pk, unit=office)
    drop_use(row, user=request.user)
    messages.success(request, f"Đã bỏ lần áp dụng: {row}.")
    return redirect("documents:templates", unit=office.pk)


@require_safe
def download(request: PersonRequest, unit: int, pk: int | None = None) -> HttpResponse:
    """Send a template to be changed in Word: one that was handed in, or the shipped one."""
    office = _office(request, unit)
    if pk is None:
        head = letterhead_on(office, _day(office))
        name, data = f"Mẫu báo cáo {office.full_name}", shipped_for(office.level, head)
    else:
        row = _template(request, office, pk)
        name, data = row.name, row.read()
    return attachment(safe_file_name(name, ENDING), data, DOCX_TYPE)


@require_safe
def preview(request: PersonRequest, unit: int, pk: int) -> HttpResponse:
    """Send the draft of this year made by a template."""
    row = _template_of(request, unit, pk)
    try:
        data = try_template(row, user=request.user)
    except (FileRefused, ValidationError) as refusal:
        said = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
        return refused(request, said)
    return attachment(safe_file_name(f"Xem thử {row.name}", ENDING), data, DOCX_TYPE)


@require_safe
def names(request: PersonRequest, unit: int) -> HttpResponse:
    """List every name that a template may use."""
    office = _office(request, unit)
    try:
        year = this_year(office, request.user).last_year
    except ValidationError:
        year = timezone.localdate().year
    rows = Indicator.objects.of_year(year).exclude(value_type=ValueType.TEXT)
    rows = rows.select_related("section").order_by("section__order", "order")
    context = {
        "unit": office,
        "year": year,
        "groups": explained(),
        "indicators": [(named_code(row.code), row) for row in rows],
    }
    return render(request, "reports/documents/template_names.html", context)


def by_shipped(request: PersonRequest) -> str:
    """Return the address of the same document made by the shipped template."""
    query = request.GET.copy()
    query[SHIPPED] = "1"
    return f"?{query.urlencode()}"


def refused(request: PersonRequest, said: str, again: str = "") -> HttpResponse:
    """Say why no document could be made; `again` is the address that makes it by the shipped template."""
    context = {"said": said, "again": again}
    return render(request, "reports/documents/refused.html", context, status=422)


def _page(
    request: PersonRequest, office: AdministrativeUnit, form: TemplateForm, asked: Any = None
) -> HttpResponse:
    day = _day(office)
    context = {
        "unit": office,
        "form": form,
        "use_form": asked or _use_form(request, office),
        "held": template_on(office, day),
        "day": day,
        "rows": _rows(request, office).select_related("made_by"),
        "uses": TemplateUse.objects.visible_to(request.user)
        .filter(unit__in=office.version_keys())
        .select_related("template"),
        "may_edit": may_edit_letterhead(request.user, office),
    }
    status = 422 if form.errors or (asked and asked.errors) else 200
    return render(request, "reports/documents/templates.html", context, status=status)


def _use_form(request: PersonRequest, office: AdministrativeUnit, data: Any = None) -> UseForm:
    form = UseForm(data, initial={"since": _day(office)})
    field: Any = form.fields["template"]
    field.queryset = _rows(request, office)
    for one in form.fields.values():
        one.widget.attrs["class"] = "form-control" if one is not field else "form-select"
    return form


def _day(office: AdministrativeUnit) -> datetime.date:
    """Return today, or the last day on which the office wrote."""
    today = timezone.localdate()
    return document_date(office, today.year, today)


def _rows(request: PersonRequest, office: AdministrativeUnit) -> Any:
    return WordTemplate.objects.visible_to(request.user).filter(unit__in=office.version_keys())


def _template(request: PersonRequest, office: AdministrativeUnit, pk: int) -> WordTemplate:
    return get_object_or_404(_rows(request, office), pk=pk)


def _template_of(request: PersonRequest, unit: int, pk: int) -> WordTemplate:
    """Return a template of an office, with the office under the name that is asked for."""
    rows = WordTemplate.objects.visible_to(request.user).select_related("unit__parent")
    if row := rows.filter(pk=pk, unit=unit).first():
        return row
    row = _template(request, office := _office(request, unit), pk)
    row.unit = office
    return row


def _office(request: PersonRequest, pk: int) -> AdministrativeUnit:
    return get_object_or_404(units_visible_to(request.user).select_related("parent"), pk=pk)
