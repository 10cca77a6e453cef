"""Pages of the issues: what was sent out, sending out, the files of an issue."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.jobs.working import JobRefused
from danvan.accounts.models import Job
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import NO_UNIT, Action
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from danvan.common.sheets.precheck import FileRefused
from danvan.common.web.downloads import attachment
from danvan.units.models import Level
from reports.consolidation.scope import Scope
from reports.consolidation.summary import Consolidation
from reports.consolidation.views import EXPORTED_AT_ONCE
from reports.consolidation.words import inclusion_text, title_text, years_text
from reports.documents.issues.files import MEDIA_TYPES, attach_signed, made_file
from reports.documents.issues.forms import SIGNING, IssuingForm, SignedForm
from reports.documents.issues.issuing import NO_RIGHT, may_issue, next_number
from reports.documents.issues.ordering import (
    form_of,
    made_later,
    made_now,
    scope_wanted,
    typed_before,
)
from reports.documents.issues.standing import differs_today
from reports.documents.issues.thawed import Thawed
from reports.documents.letterhead import document_date, letterhead_on
from reports.documents.narrative.views_templates import SHIPPED, by_shipped, refused
from reports.documents.preview import drawn
from reports.models import DocumentKind, FileKind, IssueFile, PublishedIssue
from reports.models.issue import PublishedIssueQuerySet
from reports.workflow.locks import year_spans

ISSUES_A_PAGE = 20


@require_safe
def issue_list(request: PersonRequest) -> HttpResponse:
    """List what was sent out in the person's area, and which of it the reports no longer say."""
    request.user.require(Action.VIEW, NO_UNIT)
    rows = _visible(request).with_touched()
    year = read_id(request.GET.get("nam", ""))
    if year is not None:
        rows = rows.filter(first_year__lte=year, last_year__gte=year)
    page = nearest_page(rows, ISSUES_A_PAGE, request.GET.get("page"))
    lines = [{"issue": row, "differs": differs_today(row)} for row in page.object_list]
    papers = IssueFile.objects.visible_to(request.user).filter(kind=FileKind.SIGNED)
    signed = set(papers.filter(issue__in=page.object_list).values_list("issue", flat=True))
    jobs = Job.objects.visible_to(request.user).filter(work="issue")
    context = {
        "lines": lines,
        "in_work": jobs.open(),
        "signed": signed,
        "page_obj": page,
        "year": request.GET.get("nam", ""),
    }
    return render(request, "reports/issues/list.html", context)


@require_safe
def issue_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one issue as it was sent out."""
    return _detail(request, _issue(request, pk), SignedForm())


@require_http_methods(["GET", "HEAD", "POST"])
def new_issue(request: PersonRequest) -> HttpResponse:
    """Send out what the consolidation shows. A wrong choice of unit or years is 404."""
    scope = scope_wanted(request.user, request.GET)
    request.year_spans = year_spans(scope.known.periods)
    if request.method != "POST":
        form, found = form_of(scope, None)
        form.initial = {**_initial(scope, found), **typed_before(request.user, request.GET)}
        return _form_page(request, found, form)
    form, found = form_of(scope, request.POST)
    try:
        if form.is_valid():
            if job := made_later(form, found, request.user, request.GET, request.POST):
                return redirect(job)
            if row := made_now(form, scope, request.user):
                messages.success(request, f"Đã ban hành {row}.")
                return redirect(row.get_absolute_url())
    except JobRefused as refusal:
        form.add_error(None, str(refusal))
    return _form_page(request, found, form, status=422)


@require_POST
def attach(request: PersonRequest, pk: int) -> HttpResponse:
    """Hand in the signed paper of an issue."""
    row = _issue(request, pk)
    if not may_issue(request.user, row.unit):
        raise PermissionDenied(NO_RIGHT)
    form = SignedForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            attach_signed(row, form.cleaned_data["file"], user=request.user)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            messages.success(request, "Đã lưu bản đã ký.")
            return redirect(row.get_absolute_url())
    return _detail(request, row, form, status=422)


@require_safe
def file(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    """Send the workbook of an issue, its document (of many reports later), or the signed paper."""
    row = _issue(request, pk)
    if kind not in FileKind.values:
        raise Http404
    kept = row.files.filter(kind=kind).first()
    if kept is None and kind != FileKind.SIGNED:
        if is_long(request, row.included, EXPORTED_AT_ONCE):
            return later(request, f"Lập tệp của {row}")
        try:
            kept = made_file(row, kind, user=request.user, shipped=SHIPPED in request.GET)
        except FileRefused as refusal:
            return refused(request, str(refusal), by_shipped(request))
    if kept is None:
        raise Http404
    with kept.file.open("rb") as stored:
        return attachment(kept.name, stored.read(), MEDIA_TYPES[FileKind(kind)])


def _visible(request: PersonRequest) -> PublishedIssueQuerySet:
    return PublishedIssue.objects.visible_to(request.user).with_names()


def _issue(request: PersonRequest, pk: int) -> PublishedIssue:
    return get_object_or_404(_visible(request).with_touched(), pk=pk)


def _detail(
    request: PersonRequest, row: PublishedIssue, form: SignedForm, status: int = 200
) -> HttpResponse:
    thawed = Thawed(row)
    context = {
        "issue": row,
        "thawed": thawed,
        "found": thawed.consolidation,
        "levels": [(level, Level(level).label) for level in thawed.consolidation.levels],
        "inclusion": inclusion_text(thawed.consolidation),
        "years": years_text(row.first_year, row.last_year),
        "drawn": drawn(thawed.head),
        "differences": row.frozen.get("differences", []),
        "differs": differs_today(row),
        "signed": row.files.filter(kind=FileKind.SIGNED).select_related("made_by"),
        "may_issue": may_issue(request.user, row.unit),
        "form": form,
    }
    return render(request, "reports/issues/detail.html", context, status=status)


def _initial(scope: Scope, found: Consolidation) -> dict[str, Any]:
    """Return what the form begins with: today's letterhead, the next number."""
    date = document_date(scope.unit, scope.last_year, timezone.localdate())
    head = letterhead_on(scope.unit, date)
    return {
        "kind": DocumentKind.REPORT,
        "number": next_number(scope.unit, DocumentKind.REPORT, head.register),
        "date": date,
        "title": f"kết quả công tác dân vận {title_text(found)}",
        "token": uuid.uuid4(),
        **{name: getattr(head, name) for name in SIGNING},
    }


def _form_page(
    request: PersonRequest, found: Consolidation, form: IssuingForm, status: int = 200
) -> HttpResponse:
    context = {
        "found": found,
        "form": form,
        "unit": found.scope.unit,
        "inclusion": inclusion_text(found),
        "years": years_text(found.scope.first_year, found.scope.last_year),
    }
    return render(request, "reports/issues/form.html", context, status=status)
