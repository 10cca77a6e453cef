"""Confirm a checked job, or take it back: rights, locks and data as of now, one short transaction.

What was shown is what is written: when anything behind the verdicts changed since the check, the file is
judged again first, and a different outcome goes back to its owner instead of into the database.

A small job is done at once, a large one is queued for a worker (`manage.py db_worker`). A job whose process
died is put back by recover_imports().
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from danvan.accounts.audit import security_log
from danvan.accounts.audit.context import acting
from danvan.accounts.jobs.liveness import job_request, working_on
from danvan.accounts.models.trail import SecurityKind
from danvan.common.db.locks import locked
from danvan.common.ops.faults import fault_of
from danvan.common.sheets.precheck import FileRefused
from danvan.imports.checking import TakenOver, check_job, run_check
from danvan.imports.models import RUNNING, ImportJob, JobState, RowKind
from danvan.imports.targets import Refused, Target, target_of
from danvan.units.models import AdministrativeUnit

INLINE_BYTES = 150_000  # about 1,500 rows: checked and written within the request
TRIES = 3
RUN_OF_FIRST_DEATH = 2  # each beginning and each death counts one
# What is added where it met a fault of the machine and could still say so.
UNDONE_BY_FAULT = {
    JobState.CHECKING: "Tệp chưa được kiểm tra xong, chưa có gì được ghi.",
    JobState.WRITING: "Chưa có gì được ghi.",
    JobState.UNDOING: "Dữ liệu vẫn như trước khi hoàn tác.",
}
BUG = "Máy chủ gặp lỗi. Vui lòng thử lại; nếu vẫn lỗi, vui lòng báo quản trị viên."
CHANGED = (
    "Dữ liệu, quyền hoặc khóa kỳ đã thay đổi từ lúc xem trước nên chưa ghi gì. "
    "Kết quả kiểm tra dưới đây là mới nhất, vui lòng xem lại rồi xác nhận."
)


class _Moved(Exception):  # noqa: N818
    """Data changed between the last look and the lock."""


def request_confirmation(job: ImportJob, *, only_good: bool) -> bool:
    """Let `job` be written by this caller or a worker; False when it was taken already.

    Raises Refused when the job, as checked, must not be written.
    """
    if job.expires_at < timezone.now():
        raise Refused("Lần nhập này đã hết hạn, vui lòng tải tệp lên lại.")
    if not job.owner.can(target_of(job.target).action):
        raise PermissionDenied("Anh/chị không có quyền nhập dữ liệu từ Excel.")
    if job.open_questions:
        raise Refused("Vui lòng trả lời các câu hỏi về tệp trước khi xác nhận.")
    if job.count(RowKind.ERROR) and not only_good:
        raise Refused("Tệp còn dòng lỗi. Sửa rồi tải lại, hoặc chọn “Chỉ nhận các dòng đúng”.")
    if not job.writable and job.state == JobState.CHECKED:
        raise Refused("Không có dòng nào cần ghi.")
    return ImportJob.objects.begin(job, JobState.WRITING, only_good=only_good)


def done_or_back(job: ImportJob, action: Callable[[ImportJob], bool], because: str) -> bool:
    """Do `action` with a job taken for it; tell whether it was done.

    Where it is refused or fails nothing changed, and the job stands where it stood, with a word why.
    """
    running = job.state
    try:
        return action(job)
    except TakenOver:
        return False
    except (Refused, FileRefused) as refusal:
        return _back(job, str(refusal), running)
    except PermissionDenied as refusal:
        return _back(job, str(refusal) or "Anh/chị không có quyền ghi các dữ liệu này.", running)
    except ValidationError as error:
        return _back(job, because + " ".join(error.messages), running)
    except Exception as error:
        _put_back(job, error, running)
        raise


def write_as_shown(job: ImportJob) -> bool:
    """Write what was shown; where that no longer holds, the job is checked anew for its owner to look at."""
    for _ in range(TRIES):
        if not _still_as_shown(job):
            break
        try:
            _write(job)
        except _Moved:
            continue
        security_log.record(
            SecurityKind.IMPORT, user=job.owner, actor=job.owner, job=job.pk, target=job.target
        )
        return True
    return _back(job, CHANGED, JobState.WRITING)


def _still_as_shown(job: ImportJob) -> bool:
    """Return whether the verdicts shown still hold; if not sure, judge the file again."""
    target = target_of(job.target)
    if target.fingerprint(job, job.layout["units"]) == job.fingerprint:
        return True
    shown = job.layout["digest"], job.counts
    run_check(job)
    return (job.layout["digest"], job.counts) == shown and not job.open_questions


def _write(job: ImportJob) -> None:
    with _held(job) as target:
        if target.fingerprint(job, job.layout["units"]) != job.fingerprint:
            raise _Moved
        result = target.write(job, job.entries(RowKind.NEW, RowKind.CHANGED))
        _keep_or_roll_back(job, JobState.DONE, confirmed_at=timezone.now(), result=result)


@contextmanager
def _held(job: ImportJob) -> Iterator[Target]:
    """Run the block in a transaction in which nothing behind the verdicts changes; gives the target.

    Two imports into the same units wait for each other (SQLite has one writer anyway).
    """
    target, units = target_of(job.target), job.layout["units"]
    with transaction.atomic():
        list(locked(AdministrativeUnit.objects.filter(pk__in=units)).values_list("pk"))
        target.hold(job, units)
        yield target


def _keep_or_roll_back(job: ImportJob, new: JobState, **values: Any) -> None:
    """Store the new state in the data's own transaction; raises TakenOver, which rolls all back."""
    if not ImportJob.objects.filter(run=job.run).take(job, job.state, new, **values):
        raise TakenOver


def _back(job: ImportJob, message: str, running: str) -> bool:
    """Put the job back to where it stood before `running`, with a message why; nothing was written."""
    ours = ImportJob.objects.filter(run=job.run)
    ours.take(job, running, RUNNING[running], message=message)
    return False


def _put_back(job: ImportJob, error: Exception, running: str) -> None:
    """Put the job back when its process met `error`, which goes on; a worker does it where this cannot."""
    fault = fault_of(error)
    why = fault.message if fault else BUG
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    with contextlib.suppress(DatabaseError, InterfaceError):
        _back(job, f"{why} {UNDONE_BY_FAULT[JobState(running)]}", running)


def request_undo(job: ImportJob) -> bool:
    """Let `job` be taken back by this caller or a worker; False when it was taken already.

    Raises Refused when the time is over or the kind of data cannot be taken back.
    """
    target = target_of(job.target)
    if not target.can_undo or job.expires_at < timezone.now():
        raise Refused("Lần nhập này không hoàn tác được nữa.")
    if not job.owner.can(target.action):
        raise PermissionDenied("Anh/chị không có quyền hoàn tác lần nhập này.")
    return ImportJob.objects.begin(job, JobState.UNDOING)


def undo_whole(job: ImportJob) -> bool:
    """Take back, as one change set, what a job wrote. Raises Refused where something newer builds on it."""
    with _held(job) as target:
        undone = target.undo(job, job.entries(RowKind.NEW, RowKind.CHANGED))
        result = {**job.result, "undone": undone}
        _keep_or_roll_back(job, JobState.UNDONE, undone_at=timezone.now(), result=result)
    return True


def start_job(job: ImportJob) -> None:
    """Do what `job` waits for now, or leave it to the next worker that is free."""
    if job.size <= getattr(settings, "IMPORT_INLINE_BYTES", INLINE_BYTES):
        work(job)
    else:
        _enqueue(job)


def _enqueue(job: ImportJob) -> None:
    with transaction.atomic():
        queued = work_on_job.enqueue(job.pk)
        ImportJob.objects.filter(pk=job.pk).update(task=queued.id, message="")


@task()
def work_on_job(pk: int) -> None:
    """Do what an import job waits for: the work of a worker."""
    work(ImportJob.objects.select_related("owner__unit").get(pk=pk))


def recover_imports() -> None:
    """Put back jobs whose process died: what waited for its first check is checked once more by itself.

    All else waits for its owner, who is told: data may have changed since the confirmation.
    """
    told = Q(state=JobState.QUEUED) & ~Q(message="")
    for job in ImportJob.objects.exclude(told).recover():
        if job.state == JobState.QUEUED and job.run <= RUN_OF_FIRST_DEATH:
            _enqueue(job)


def confirm(job: ImportJob, *, only_good: bool = False, here: bool = False) -> bool:
    """Confirm `job`; False when it was taken by another confirmation. Raises Refused.

    With `here` it is written in this process, whatever its size.
    """
    taken = request_confirmation(job, only_good=only_good)
    if taken:
        (work if here else start_job)(job)
    return taken


def undo(job: ImportJob) -> bool:
    """Take back what `job` wrote, now or by a worker; False when it no longer stands so.

    Raises Refused. The job's state and message tell what came of it.
    """
    taken = request_undo(job)
    if taken:
        start_job(job)
    return taken


def work(job: ImportJob) -> None:
    """Do what `job` waits for: check it, write it when it was confirmed, or take it back."""
    source = "undo" if job.state == JobState.UNDOING else "import"
    with working_on(job), acting(job_request(job), user=job.owner, source=source):
        if job.state == JobState.QUEUED:
            _check(job)
        elif job.state == JobState.WRITING:
            done_or_back(job, write_as_shown, "Chưa ghi gì: ")
        elif job.state == JobState.UNDOING:
            done_or_back(job, undo_whole, "Không hoàn tác được: ")


def _check(job: ImportJob) -> None:
    try:
        check_job(job)
    except Exception as error:
        _put_back(job, error, JobState.CHECKING)
        raise
