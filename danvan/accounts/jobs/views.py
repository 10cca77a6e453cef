"""Pages of the own jobs: what is being done, how far it is, what came of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from danvan.accounts.jobs.pages import take_up
from danvan.accounts.jobs.working import RIGHT_LOST, JobRefused
from danvan.accounts.models import Job
from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why
from danvan.common.paging import nearest_page

JOBS_A_PAGE = 30


@require_safe
def job_list(request: PersonRequest) -> HttpResponse:
    """List what the person left to the server, newest first."""
    page = nearest_page(Job.objects.visible_to(request.user), JOBS_A_PAGE, request.GET.get("page"))
    for job in page.object_list:
        job.see()
    context = {"page_obj": page, "jobs": page.object_list}
    return render(request, "accounts/jobs/list.html", context)


@require_POST
def job_start(request: PersonRequest) -> HttpResponse:
    """Leave to a worker the file that a page offered."""
    try:
        job = take_up(request, request.POST.get("offer", ""))
    except JobRefused as refusal:
        messages.warning(request, str(refusal), extra_tags=Why.JOB)
        return redirect("accounts:jobs")
    if job is None:
        messages.warning(request, "Yêu cầu này đã cũ. Vui lòng mở lại trang và bấm tải lần nữa.")
        return redirect("accounts:jobs")
    return redirect(job)


@require_safe
def job_page(request: PersonRequest, pk: int) -> HttpResponse:
    """Show how far a job is and, once done, where what came of it is."""
    job = _own_job(request, pk)
    job.see()
    context = {"job": job, "left": _spoken(job.seconds_left)}
    return render(request, "accounts/jobs/job.html", context)


def _spoken(seconds: int | None) -> str:
    """Return a time in words, "" for an unknown one."""
    if seconds is None:
        return ""
    return f"{seconds} giây" if seconds < 90 else f"{round(seconds / 60)} phút"


@require_safe
def job_file(request: PersonRequest, pk: int) -> FileResponse:
    """Send the file of a job to who asked for it, as long as that person may have it."""
    job = _own_job(request, pk)
    if not request.user.can(job.needs):
        raise PermissionDenied(RIGHT_LOST)
    if not job.file or job.expires_at < timezone.now():  # workers throw it away
        raise Http404
    try:
        file = job.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file, as_attachment=True, filename=job.file_name, content_type=job.media_type
    )


def _own_job(request: PersonRequest, pk: int) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
