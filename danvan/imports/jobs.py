"""Jobs as their owner handles them: made from an upload, listed, thrown away, cleaned up."""

from __future__ import annotations

import hashlib

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from danvan.common.excel import safe_file_name
from danvan.common.sheets.precheck import MAX_FILE, MB, FileRefused
from danvan.imports.models import RUNNING, ImportJob, ImportPart, JobState
from danvan.imports.targets import Target

UNWRITTEN = (JobState.QUEUED, JobState.CHECKED, JobState.FAILED)
MAX_OPEN = 20  # unwritten jobs of one person that are kept; the oldest go first


def new_job(user, target: Target, upload: UploadedFile, params: dict) -> ImportJob:
    """Store `upload` as a queued job of `user`; raises FileRefused with a sentence."""
    if upload.size > MAX_FILE:
        raise FileRefused(
            f"Tệp quá lớn (tối đa {MAX_FILE // MB} MB). Vui lòng chia thành nhiều tệp."
        )
    waiting = ImportJob.objects.filter(owner=user, state__in=(JobState.CHECKED, JobState.FAILED))
    for old in waiting.exclude(file="")[MAX_OPEN - 1 :]:
        discard(old, JobState.EXPIRED)
    digest = hashlib.sha256()
    for block in upload.chunks():
        digest.update(block)
    name = upload.name.replace("\\", "/").rsplit("/", 1)[-1]
    job = ImportJob(
        owner=user,
        unit=None if user.is_superuser else user.unit,
        target=target.slug,
        params=params,
        file_name=name[-200:],
        sha256=digest.hexdigest(),
        size=upload.size,
    )
    job.file.save(safe_file_name("tep"), upload, save=False)
    job.save()
    return job


def discard(job: ImportJob, state: str = JobState.CANCELLED) -> bool:
    """Throw away the file and the checked rows of a job; the job itself stays. False when it moved on.

    Of two tabs, one that cancels and one that confirms, one is first: a job that somebody took in hand
    since it was read, or that a process works on, is left to them.
    """
    if job.state in RUNNING:
        return False
    stored, name = job.file.storage, job.file.name
    with transaction.atomic():
        if not ImportJob.objects.take(job, job.state, state, file=""):
            return False
        job.parts.all().delete()
        if name:
            transaction.on_commit(lambda: stored.delete(name))
    return True


def clean_up() -> int:
    """Expire jobs past their day, or left behind by a person who moved: files and rows go. Return how many.

    What was imported stays.
    """
    ImportJob.objects.recover()
    moved = Q(owner__is_superuser=False) & (Q(unit=None) | ~Q(unit=F("owner__unit")))
    left = moved & Q(state__in=UNWRITTEN)
    old = ImportJob.objects.filter(Q(expires_at__lt=timezone.now()) | left).exclude(file="")
    count = 0
    for job in old[:200]:
        kept = job.state in (JobState.DONE, JobState.UNDONE, JobState.CANCELLED)
        count += discard(job, job.state if kept else JobState.EXPIRED)
    return count


def same_file(job: ImportJob) -> ImportJob | None:
    """Return the last import of the very same file by the same person, for a hint."""
    rows = ImportJob.objects.visible_to(job.owner)
    rows = rows.filter(sha256=job.sha256, target=job.target)
    return rows.filter(state=JobState.DONE).exclude(pk=job.pk).first()


def recover() -> None:
    """Put back jobs whose process died."""
    ImportJob.objects.recover()


def requeue(job: ImportJob, *, convert: bool) -> bool:
    """Let an unwritten job be checked again, old fonts converted if asked; False when it cannot be."""
    if job.state not in UNWRITTEN or not job.file:
        return False
    params = {**job.params, "convert": convert or bool(job.params.get("convert"))}
    return ImportJob.objects.take(job, job.state, JobState.QUEUED, params=params, message="")


class CheckedRows:
    """The rows of one kind as a sliceable list: only the parts a page needs are unpacked."""

    ordered = True

    def __init__(self, job: ImportJob, kind: str):
        rows = ImportPart.objects.filter(job=job, kind=kind).order_by("pk")
        self.parts = list(rows.values_list("pk", "size"))

    def __len__(self):
        return sum(size for _, size in self.parts)

    def __getitem__(self, wanted: slice) -> list:
        found, start = [], 0
        for pk, size in self.parts:
            if start < wanted.stop and start + size > wanted.start:
                items = ImportPart.objects.get(pk=pk).items
                found += items[max(wanted.start - start, 0) : wanted.stop - start]
            start += size
        return found
