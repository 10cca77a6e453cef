"""Pages of the letterheads: which office writes what from when, edited by the office itself or its board."""

import datetime
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.requests import person
from danvan.accounts.rights import NO_UNIT, Action
from danvan.accounts.scope import units_visible_to
from danvan.common.excel import safe_file_name
from danvan.common.forms import DayField, refusals_shown
from danvan.common.paging import nearest_page
from danvan.common.stale import StaleFormMixin
from danvan.common.web.downloads import attachment
from danvan.units.models import AdministrativeUnit
from reports.documents.letterhead import default_row, document_date, letterhead_on, own_row
from reports.documents.offices import drop_letterhead, keep_letterhead, may_edit_letterhead
from reports.documents.preview import drawn
from reports.documents.word.letters import letter
from reports.documents.word.paper import DOCX_TYPE, ENDING
from reports.models import DocumentStyle, OfficeLetterhead, Spelling

UNITS_A_PAGE = 50


class DayForm(forms.Form):
    """Which day a letterhead is asked for, and in the list which units."""

    q = forms.CharField(label="Tên đơn vị", max_length=100, required=False)
    ngay = DayField(label="Văn bản ghi ngày", required=False)

    def day_for(self, unit: AdministrativeUnit | None) -> datetime.date:
        """Return the day asked for; without one, or with a wrong one, the last on which `unit` writes."""
        today = timezone.localdate()
        if self.is_valid() and self.cleaned_data["ngay"]:
            return self.cleaned_data["ngay"]
        return document_date(unit, today.year, today) if unit else today


class LetterheadForm(StaleFormMixin):
    """One letterhead of one office."""

    part_of = "unit"
    recipients = forms.CharField(
        label="Nơi nhận",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Mỗi dòng một nơi nhận, không cần gạch đầu dòng; dòng cuối là nơi lưu.",
    )

    class Meta:
        model = OfficeLetterhead
        fields = (
            "valid_from", "style", "spelling", "superior", "issuer", "symbol", "place", "term",
            "authority", "authority_of", "post", "signer", "recipients",
        )  # fmt: skip
        field_classes: ClassVar = {"valid_from": DayField}


@require_safe
def letterhead_list(request: HttpRequest) -> HttpResponse:
    """List the offices of the person's area with the letterhead of their own, if they have one."""
    person(request).require(Action.VIEW, NO_UNIT)
    form = DayForm(request.GET)
    day = form.day_for(person(request).unit)
    newest = (
        OfficeLetterhead.objects.visible_to(person(request))
        .filter(unit=OuterRef("pk"), valid_from__lte=day)
        .order_by("-valid_from")
    )
    units = units_visible_to(person(request)).on(day)
    if form.is_valid():
        units = units.search(form.cleaned_data["q"])
    units = units.select_related("parent").in_tree_order()
    units = units.annotate(own_since=Subquery(newest.values("valid_from")[:1]))
    page = nearest_page(units, UNITS_A_PAGE, request.GET.get("page"))
    context = {"form": form, "page_obj": page, "units": page.object_list, "day": day}
    return render(request, "reports/documents/letterheads.html", context)


@require_safe
def letterhead(request: HttpRequest, unit: int) -> HttpResponse:
    """Show what the office of a unit writes on a day, and its letterheads by date."""
    office = _office(request, unit)
    form = DayForm(request.GET)
    day = form.day_for(office)
    head = letterhead_on(office, day)
    rows = OfficeLetterhead.objects.visible_to(person(request))
    context = {
        "unit": office,
        "form": form,
        "day": day,
        "drawn": drawn(head),
        "layout": head.layout,
        "term": head.term,
        "rows": rows.filter(unit__in=office.version_keys()),
        "held": own_row(office, day),
        "may_edit": may_edit_letterhead(person(request), office),
    }
    return render(request, "reports/documents/letterhead.html", context)


@require_safe
def letterhead_word(request: HttpRequest, unit: int) -> HttpResponse:
    """Send a Word document with the letterhead of an office and room for the text."""
    office = _office(request, unit)
    head = letterhead_on(office, DayForm(request.GET).day_for(office))
    data = letter(head, "Báo cáo", "(trích yếu)", [f"(Nội dung văn bản){head.layout.ending}"])
    name = safe_file_name(f"Thể thức văn bản {office.full_name}", ENDING)
    return attachment(name, data, DOCX_TYPE)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_letterhead(request: HttpRequest, unit: int, pk: int | None = None) -> HttpResponse:
    """Write a new letterhead of an office, which begins as the one in force, or change one."""
    office = _office(request, unit)
    if not may_edit_letterhead(person(request), office):
        raise PermissionDenied("Anh/chị chỉ được xem thể thức văn bản của đơn vị này.")
    row = _row(request, office, pk) if pk else _new_row(office, request)
    form = LetterheadForm(request.POST or None, instance=row)
    if request.method == "POST" and _save(form, request):
        messages.success(request, f"Đã lưu thể thức áp dụng từ {row.valid_from:%d/%m/%Y}.")
        return redirect("documents:letterhead", unit=office.pk)
    context = {"unit": office, "form": form, "row": row}
    status = 422 if form.errors else 200
    return render(request, "reports/documents/letterhead_form.html", context, status=status)


@require_POST
def delete_letterhead(request: HttpRequest, unit: int, pk: int) -> HttpResponse:
    """Delete one letterhead of an office; issued documents keep theirs."""
    office = _office(request, unit)
    row = _row(request, office, pk)
    drop_letterhead(row, user=person(request))
    messages.success(request, f"Đã xóa thể thức áp dụng từ {row.valid_from:%d/%m/%Y}.")
    return redirect("documents:letterhead", unit=office.pk)


def _office(request: HttpRequest, pk: int) -> AdministrativeUnit:
    return get_object_or_404(units_visible_to(person(request)).select_related("parent"), pk=pk)


def _row(request: HttpRequest, office: AdministrativeUnit, pk: int) -> OfficeLetterhead:
    return get_object_or_404(
        OfficeLetterhead.objects.visible_to(person(request)).with_names(), pk=pk, unit=office
    )


def _new_row(office: AdministrativeUnit, request: HttpRequest) -> OfficeLetterhead:
    """Return a row to begin with: that in force on the day asked for, or the default in another style."""
    day = DayForm(request.GET).day_for(office)
    style = request.GET.get("the_thuc", "")
    held = own_row(office, day)
    if style in DocumentStyle.values or held is None:
        spelling = held.spelling if held else Spelling.NEW
        asked = style if style in DocumentStyle.values else DocumentStyle.PARTY
        held = default_row(office, day, asked, spelling)
    held.pk, held._state.adding = None, True
    held.unit, held.valid_from = office, day
    return held


def _save(form: LetterheadForm, request: HttpRequest) -> bool:
    """Save a valid form under the row lock its stale check takes; put what is refused at the form."""
    with transaction.atomic():
        if form.is_valid():
            with refusals_shown(form):
                keep_letterhead(form.save(commit=False), user=person(request))
    return not form.errors
