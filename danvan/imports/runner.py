"""Where a job's work is done: a small one at once, a large one in a process of its own.

The process is `manage.py run_import`, started detached: it outlives the request, works under any server,
and needs no queue. A job whose process died is put back by ImportJobQuerySet.recover().
"""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings

from danvan.accounts.audit.context import acting, current
from danvan.imports.checking import check_job
from danvan.imports.confirming import request_confirmation, request_undo, undo_job, write_job
from danvan.imports.liveness import working_on
from danvan.imports.models import RUNNING, ImportJob, JobState
from danvan.imports.targets import Refused

INLINE_BYTES = 150_000  # about 1,500 rows: checked and written within the request
_LAUNCH = (
    "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True, "
    "stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
)


def is_small(job: ImportJob) -> bool:
    """Tell whether the job is done within the request."""
    return job.size <= getattr(settings, "IMPORT_INLINE_BYTES", INLINE_BYTES)


def start_check(job: ImportJob) -> None:
    """Check `job` now or let a process of its own do it. Raises Refused."""
    if is_small(job):
        check_job(job)
    else:
        _launch(job)


def confirm(job: ImportJob, *, only_good: bool) -> bool:
    """Confirm `job`; False when it was taken by another confirmation. Raises Refused."""
    if not request_confirmation(job, only_good=only_good):
        return False
    _start(job)
    return True


def confirm_here(job: ImportJob) -> bool:
    """Confirm and write `job` in this process, whatever its size. Raises Refused."""
    if not request_confirmation(job, only_good=False):
        return False
    work(job)
    return True


def undo(job: ImportJob) -> bool:
    """Take back what `job` wrote, now or in a process of its own; False when it no longer stands so.

    Raises Refused. The job's state and message tell what came of it.
    """
    if not request_undo(job):
        return False
    _start(job)
    return True


def _start(job: ImportJob) -> None:
    if is_small(job):
        work(job)
    else:
        _launch(job)


def work(job: ImportJob) -> None:
    """Do what `job` waits for: check it, write it when it was confirmed, or take it back."""
    source = "undo" if job.state == JobState.UNDOING else "import"
    with working_on(job), acting(_Request(job), user=job.owner, source=source):
        if job.state == JobState.QUEUED:
            check_job(job)
        elif job.state == JobState.WRITING:
            write_job(job)
        elif job.state == JobState.UNDOING:
            undo_job(job)


class _Request:
    """What ledgers read of a request: the job's id, the address of the real request where there is one."""

    def __init__(self, job: ImportJob):
        real = current().request
        self.id, self.user, self.path = job.request_id, job.owner, ""
        self.META = real.META if real else {}
        self.headers = real.headers if real else {}


def _launch(job: ImportJob) -> None:
    """Start a detached process; the launcher in between leaves no child for the server to wait for.

    Raises Refused, with the job where it stood before, when the machine has no room for a process.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_import", str(job.pk)]
    launcher = [sys.executable, "-c", _LAUNCH, *command]
    place = {"cwd": settings.BASE_DIR, "env": os.environ.copy()}
    try:
        subprocess.run(launcher, check=True, timeout=30, **place)  # noqa: S603 - our own command
    except (OSError, subprocess.SubprocessError) as error:
        if job.state in RUNNING:
            ImportJob.objects.take(job, job.state, RUNNING[job.state], run=job.run + 1)
        raise Refused("Máy chủ đang bận nên chưa làm gì. Vui lòng thử lại sau ít phút.") from error
