"""Jobs as their owner handles them: made from an upload, listed, thrown away, cleaned up."""

from __future__ import annotations

import hashlib

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from danvan.common.excel import safe_file_name
from danvan.common.sheets.precheck import MAX_FILE, MB, FileRefused
from danvan.imports.models import ImportJob, JobState
from danvan.imports.targets import Refused, Target

MAX_OPEN = 20  # jobs with a file that one person may have waiting


def new_job(user, target: Target, upload: UploadedFile, params: dict) -> ImportJob:
    """Store `upload` as a queued job of `user`; raises FileRefused or Refused with a sentence."""
    if upload.size > MAX_FILE:
        raise FileRefused(
            f"Tệp quá lớn (tối đa {MAX_FILE // MB} MB). Vui lòng chia thành nhiều tệp."
        )
    waiting = ImportJob.objects.filter(owner=user, state=JobState.CHECKED).count()
    if waiting >= MAX_OPEN:
        raise Refused(
            f"Anh/chị còn {waiting} lần nhập chưa xác nhận. Vui lòng xác nhận hoặc bỏ bớt trước."
        )
    digest = hashlib.sha256()
    for block in upload.chunks():
        digest.update(block)
    name = upload.name.replace("\\", "/").rsplit("/", 1)[-1]
    job = ImportJob(
        owner=user,
        unit=user.unit,
        target=target.slug,
        params=params,
        file_name=name[-200:],
        sha256=digest.hexdigest(),
        size=upload.size,
    )
    job.file.save(safe_file_name("tep"), upload, save=False)
    job.save()
    return job


def discard(job: ImportJob, state: str = JobState.CANCELLED) -> None:
    """Throw away the file and the checked rows of a job that was not written; the job itself stays."""
    job.parts.all().delete()
    if job.file:
        job.file.delete(save=False)
    ImportJob.objects.filter(pk=job.pk).update(state=state, file="")
    job.state = state


def clean_up() -> int:
    """Expire jobs past their day: files and rows go, what was imported stays. Return how many."""
    ImportJob.objects.recover()
    old = ImportJob.objects.filter(expires_at__lt=timezone.now()).exclude(file="")
    count = 0
    for job in old[:200]:
        kept = job.state in (JobState.DONE, JobState.UNDONE, JobState.CANCELLED)
        discard(job, job.state if kept else JobState.EXPIRED)
        count += 1
    return count


def same_file(job: ImportJob) -> ImportJob | None:
    """Return the last import of the very same file by the same person, for a hint."""
    rows = ImportJob.objects.filter(owner_id=job.owner_id, sha256=job.sha256, target=job.target)
    return rows.filter(state=JobState.DONE).exclude(pk=job.pk).first()
