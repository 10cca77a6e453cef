"""Confirm a checked job, or take it back: rights, locks and data as of now, one short transaction.

What was shown is what is written: when anything behind the verdicts changed since the check, the file is
judged again first, and a different outcome goes back to its owner instead of into the database.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from danvan.accounts.audit import security_log
from danvan.accounts.models.trail import SecurityKind
from danvan.common.sheets.precheck import FileRefused
from danvan.imports.checking import TakenOver, run_check
from danvan.imports.models import RUNNING, ImportJob, JobState, RowKind
from danvan.imports.targets import Refused, target_of
from danvan.units.models import AdministrativeUnit

TRIES = 3
CHANGED = (
    "Dữ liệu, quyền hoặc khóa kỳ đã thay đổi từ lúc xem trước nên chưa ghi gì. "
    "Kết quả kiểm tra dưới đây là mới nhất, vui lòng xem lại rồi xác nhận."
)


class _Moved(Exception):  # noqa: N818
    """Data changed between the last look and the lock."""


def request_confirmation(job: ImportJob, *, only_good: bool) -> bool:
    """Let `job` be written by this caller (or the worker it starts); False when it was taken already.

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
    return ImportJob.objects.take(
        job, JobState.CHECKED, JobState.WRITING, run=job.run + 1, only_good=only_good, message=""
    )


def write_job(job: ImportJob) -> bool:
    """Write a job taken by request_confirmation; tell whether it was written.

    Otherwise nothing was: the job is checked again (with a message) for its owner to look at.
    """
    try:
        for _ in range(TRIES):
            if not _still_as_shown(job):
                return _back(job, CHANGED)
            try:
                _write(job)
            except _Moved:
                continue
            security_log.record(
                SecurityKind.IMPORT, user=job.owner, actor=job.owner, job=job.pk, target=job.target
            )
            return True
        return _back(job, CHANGED)
    except TakenOver:
        return False
    except (Refused, FileRefused) as refusal:
        return _back(job, str(refusal))
    except PermissionDenied as refusal:
        return _back(job, str(refusal) or "Anh/chị không có quyền ghi các dữ liệu này.")
    except ValidationError as error:
        return _back(job, "Chưa ghi gì: " + " ".join(error.messages))
    except DatabaseError:
        _back(job, "Máy chủ không ghi được nên chưa có gì thay đổi. Vui lòng thử lại sau.")
        raise


def _still_as_shown(job: ImportJob) -> bool:
    """Tell whether the verdicts shown still hold; if not sure, judge the file again."""
    target = target_of(job.target)
    if target.fingerprint(job, job.layout["units"]) == job.fingerprint:
        return True
    shown = job.layout["digest"], job.counts
    run_check(job)
    return (job.layout["digest"], job.counts) == shown and not job.open_questions


def _write(job: ImportJob) -> None:
    target = target_of(job.target)
    with transaction.atomic():
        _lock_units(job)
        if target.fingerprint(job, job.layout["units"]) != job.fingerprint:
            raise _Moved
        result = target.write(job, job.entries(RowKind.NEW, RowKind.CHANGED))
        values = {"state": JobState.DONE, "confirmed_at": timezone.now(), "result": result}
        _keep_or_roll_back(job, JobState.WRITING, values)


def _lock_units(job: ImportJob) -> None:
    """Let two imports into the same units wait for each other (SQLite has one writer anyway)."""
    units = AdministrativeUnit.objects.filter(pk__in=job.layout["units"]).order_by("pk")
    list(units.select_for_update().values_list("pk"))


def _keep_or_roll_back(job: ImportJob, expected: str, values: dict) -> None:
    """Store the new state in the data's own transaction; raises TakenOver, which rolls all back."""
    rows = ImportJob.objects.filter(pk=job.pk, run=job.run, state=expected)
    if not rows.update(heartbeat=timezone.now(), **values):
        raise TakenOver
    for name, value in values.items():
        setattr(job, name, value)


def _back(job: ImportJob, message: str, running=JobState.WRITING) -> bool:
    """Put the job back to where it stood before `running`, with a word why; nothing was written."""
    before = RUNNING[running]
    rows = ImportJob.objects.filter(pk=job.pk, run=job.run, state=running)
    rows.update(state=before, message=message, heartbeat=timezone.now())
    job.state, job.message = before, message
    return False


def request_undo(job: ImportJob) -> bool:
    """Let `job` be taken back by this caller (or the worker it starts); False when it was taken already.

    Raises Refused when the time is over or the kind of data cannot be taken back.
    """
    target = target_of(job.target)
    if not target.can_undo or job.expires_at < timezone.now():
        raise Refused("Lần nhập này không hoàn tác được nữa.")
    if not job.owner.can(target.action):
        raise PermissionDenied("Anh/chị không có quyền hoàn tác lần nhập này.")
    values = {"run": job.run + 1, "message": ""}
    return ImportJob.objects.take(job, JobState.DONE, JobState.UNDOING, **values)


def undo_job(job: ImportJob) -> bool:
    """Take back, as one change set, what a job taken by request_undo wrote; tell whether it was done.

    Otherwise nothing changed and the job says why: something newer builds on it, or a right was lost.
    """
    refused = "Không hoàn tác được, chưa có gì thay đổi. Vui lòng thử lại sau."
    try:
        with transaction.atomic():
            _lock_units(job)
            result = target_of(job.target).undo(job, job.entries(RowKind.NEW, RowKind.CHANGED))
            values = {
                "state": JobState.UNDONE,
                "undone_at": timezone.now(),
                "result": {**job.result, "undone": result},
            }
            _keep_or_roll_back(job, JobState.UNDOING, values)
    except TakenOver:
        return False
    except (Refused, PermissionDenied) as refusal:
        return _back(job, str(refusal) or refused, JobState.UNDOING)
    except ValidationError as error:
        return _back(job, "Không hoàn tác được: " + " ".join(error.messages), JobState.UNDOING)
    except Exception:
        _back(job, refused, JobState.UNDOING)
        raise
    return True
