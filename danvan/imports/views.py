"""Pages of an import: choose, upload, preview, confirm, undo. Everything starts from the own jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.db.replica import remember_write
from danvan.common.handbook.why import Why
from danvan.common.paging import nearest_page
from danvan.common.sheets.precheck import FileRefused
from danvan.imports import confirming
from danvan.imports.forms import ConfirmForm, UploadForm
from danvan.imports.models import UNWRITTEN, ImportJob, ImportPart, JobState, RowKind
from danvan.imports.targets import PreviewLine, Refused, Target, target_of, targets
from danvan.imports.workbooks import errors_workbook, template_workbook

PAGE = 50
# Of a file that goes back with its errors within the request: about three seconds.
ROWS_AT_ONCE = 5_000
AGAIN = ("period", "convert", "blanks")  # answers kept for the corrected file


def _require_right(user: User, target: Target | None = None) -> None:
    told = "Anh/chị chỉ có quyền xem, không có quyền nhập dữ liệu từ Excel."
    user.require(target.action if target else Action.IMPORT, told)


def _own_job(request: PersonRequest, pk: int) -> ImportJob:
    jobs = ImportJob.objects.visible_to(request.user).select_related("owner__unit")
    job = get_object_or_404(jobs, pk=pk)
    _require_right(request.user, target_of(job.target))
    return job


@require_safe
def job_list(request: PersonRequest) -> HttpResponseBase:
    """The own imports, newest first, and what can be imported."""
    _require_right(request.user)
    jobs = ImportJob.objects.visible_to(request.user).defer("notices", "layout")
    page = nearest_page(jobs, PAGE, request.GET.get("page"))
    for job in page.object_list:
        job.title = targets()[job.target].title if job.target in targets() else job.target
    open_to = [target for target in targets().values() if request.user.can(target.action)]
    context = {"page_obj": page, "jobs": page.object_list, "targets": open_to}
    return render(request, "imports/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PersonRequest, slug: str) -> HttpResponseBase:
    """Take a workbook; small ones are checked at once, large ones by a worker."""
    target = target_of(slug)
    _require_right(request.user, target)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        target=target,
        user=request.user,
        initial=request.GET.dict(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            params = target.check_params(request.user, form.params)
            job = ImportJob.objects.make(request.user, slug, form.cleaned_data["file"], params)
            confirming.start_job(job)
            return redirect("imports:job", job.pk)
        except (FileRefused, Refused) as refusal:
            form.add_error("file", str(refusal))
    status = 422 if form.errors else 200
    return render(request, "imports/upload.html", {"form": form, "target": target}, status=status)


@require_safe
def template(request: PersonRequest, slug: str) -> HttpResponseBase:
    """Download the workbook to fill in."""
    target = target_of(slug)
    _require_right(request.user, target)
    form = UploadForm(request.GET, target=target, user=request.user)
    form.fields.pop("file")
    if not form.is_valid():
        return redirect("imports:upload", slug)
    job = ImportJob(owner=request.user, target=slug, params=form.params)
    with _refusals_told(request):
        job.params = target.check_params(request.user, form.params)
        name = f"Mẫu {target.title} {job.params.get('year', '')}".strip()
        return excel.download(name, template_workbook(target, job).save)
    return redirect("imports:upload", slug)


@require_safe
def job_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Where the job stands and, once checked, what it would do: grouped, paged."""
    job = _own_job(request, pk)
    target = target_of(job.target)
    groups = [(kind, kind.label, job.count(kind)) for kind in RowKind]
    shown = [kind for kind, _, number in groups if number]
    kind = request.GET.get("nhom")
    kind = kind if kind in RowKind.values else (shown[0] if shown else RowKind.NEW)
    rows = nearest_page(CheckedRows(job, kind), PAGE, request.GET.get("page"))
    lines = [_line(target, job, kind, item) for item in rows.object_list]
    context = {
        "job": job,
        "target": target,
        "groups": groups,
        "kind": kind,
        "page_obj": rows,
        "lines": lines,
        "old_font": job.layout.get("encodings") and not job.params.get("convert"),
        "same_file": job.same_file() if job.state == JobState.CHECKED else None,
        "may_undo": job.state == JobState.DONE and target.can_undo and job.file,
        "after": target.after(job) if job.state == JobState.DONE else None,
        "again": _upload_address(job),
    }
    page = render(request, "imports/job.html", context)
    remember_write(page)  # a worker may have written since, for the person who looks
    return page


def _upload_address(job: ImportJob) -> str:
    """Return where the corrected file goes, with the answers given the first time."""
    given = {name: int(answer) for name, answer in job.params.items() if name in AGAIN and answer}
    return f"{reverse('imports:upload', args=[job.target])}?{urlencode(given)}"


class CheckedRows:
    """The rows of one kind as a sliceable list: only the parts a page needs are unpacked."""

    ordered = True

    def __init__(self, job: ImportJob, kind: str) -> None:
        rows = ImportPart.objects.filter(job=job, kind=kind).order_by("pk")
        self.parts = list(rows.values_list("pk", "size"))

    def __len__(self) -> int:
        return sum(size for _, size in self.parts)

    def __getitem__(self, wanted: slice) -> list:
        found, start = [], 0
        for pk, size in self.parts:
            if start < wanted.stop and start + size > wanted.start:
                items = ImportPart.objects.get(pk=pk).items
                found += items[max(wanted.start - start, 0) : wanted.stop - start]
            start += size
        return found


def _line(target: Target, job: ImportJob, kind: str, item: list) -> PreviewLine:
    if kind != RowKind.ERROR:
        return target.line(job, kind, item)
    headings = job.layout["headings"]
    row = item[0]
    problems = tuple(  # those of before there was a "why" name none
        (job.address(key, row) or job.row_name(row), headings.get(key, ""), *(*told, Why.ROW)[:4])
        for key, *told in item[2]
    )
    return PreviewLine(item[0], item[1], problems=problems)


@contextmanager
def _refusals_told(request: PersonRequest) -> Iterator[None]:
    """Run the block; a refusal becomes a message on the next page."""
    try:
        yield
    except (Refused, FileRefused) as refusal:
        messages.error(request, str(refusal), extra_tags=Why.IMPORT)


@require_POST
def confirm(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Write the job as it was shown. The post carries nothing but the job and the one choice."""
    job = _own_job(request, pk)
    form = ConfirmForm(request.POST)
    form.is_valid()
    only_good = form.cleaned_data.get("only_good", False)
    with _refusals_told(request):
        if not confirming.confirm(job, only_good=only_good):
            messages.info(request, "Lần nhập này đã được xử lý, không ghi lần thứ hai.")
    return redirect("imports:job", pk)


@require_POST
def cancel(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Throw away a job that was not written."""
    job = _own_job(request, pk)
    if job.state in UNWRITTEN and job.discard():
        messages.success(request, "Đã bỏ lần nhập này, không có gì được ghi.")
        return redirect("imports:list")
    job.refresh_from_db()
    told = f"Lần nhập này đang ở trạng thái “{job.get_state_display()}”."
    messages.error(request, told, extra_tags=Why.IMPORT)
    return redirect("imports:job", pk)


@require_POST
def recheck(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Check the same file again, with the answers given and perhaps with old encodings converted."""
    job = _own_job(request, pk)
    asked = [question["id"] for question in job.layout.get("questions", ())]
    answers = {name: request.POST[name] for name in asked if name in request.POST}
    if job.requeue(convert="convert" in request.POST, answers=answers):
        confirming.start_job(job)
    return redirect("imports:job", pk)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Take back what the job wrote, all of it or nothing."""
    job = _own_job(request, pk)
    with _refusals_told(request):
        if not confirming.undo(job):
            messages.info(request, "Lần nhập này không còn ở trạng thái hoàn tác được.")
    return redirect("imports:job", pk)


@require_safe
def errors(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Download the uploaded table with its bad cells coloured and explained."""
    job = _own_job(request, pk)
    with _refusals_told(request):
        if not job.file or not job.count(RowKind.ERROR):
            raise Refused("Lần nhập này không có tệp lỗi để tải.")
        name = f"Lỗi - {job.file_name.removesuffix('.xlsx')}"
        if is_long(request, job.progress, ROWS_AT_ONCE):
            return later(request, name, target_of(job.target).action)
        return excel.download(name, errors_workbook(job).save)
    return redirect("imports:job", pk)
