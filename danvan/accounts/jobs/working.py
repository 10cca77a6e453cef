"""Long work as a job: asked for, done by a worker (`manage.py db_worker`), taken again once when that dies.

What does the work gets the job and returns what came of it. It is done whole or not at all: it writes in one
transaction, or so that a second run goes on where the first ended.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task

from danvan.accounts.audit.context import acting
from danvan.accounts.jobs.liveness import job_request, working_on
from danvan.accounts.models import Job, User, WorkState
from danvan.accounts.rights import Action
from danvan.common.ops.faults import fault_of
from danvan.common.ops.progress import Progress, following
from danvan.common.storage import removed_on_failure

MOST_TRIES = 2
MOST_OPEN = 5  # of one person: who waits for five asks for no sixth
RIGHT_LOST = "Anh/chị không còn quyền làm việc này."
DIED_TWICE = (
    "Máy chủ dừng giữa chừng hai lần khi làm việc này. Vui lòng thu hẹp phạm vi rồi yêu cầu lại, "
    "hoặc báo quản trị viên."
)
BROKEN = "Máy chủ gặp lỗi khi làm việc này. Vui lòng yêu cầu lại; nếu vẫn lỗi, vui lòng báo quản trị viên."
TOO_MANY = "Anh/chị đang có {} việc chưa xong. Vui lòng chờ xong bớt rồi yêu cầu tiếp."


class JobRefused(Exception):  # noqa: N818
    """The work cannot be done; the sentence is for who asked."""


@dataclass
class Result:
    """What came of a job: a file (it is closed when kept) with its name and media type, or a page."""

    file: IO[bytes] | None = None
    file_name: str = ""
    media_type: str = ""
    url: str = ""
    message: str = ""


def ask(user: User, work: str, title: str, *, action: Action, params: dict[str, Any]) -> Job:
    """Queue `work` for `user`, who gets the running job where the very same was asked for already.

    Raises PermissionDenied without the right to `action`, JobRefused with too much waiting.
    """
    if not user.can(action):
        raise PermissionDenied(RIGHT_LOST)
    with transaction.atomic():
        waiting = list(Job.objects.visible_to(user).open().order_by("pk"))
        for job in waiting:
            if (job.work, job.params) == (work, params):
                return job
        if len(waiting) >= MOST_OPEN:
            raise JobRefused(TOO_MANY.format(len(waiting)))
        job = Job.objects.create(
            owner=user,
            unit=None if user.is_superuser else user.unit,
            work=work,
            action=action,
            title=title[:200],
            params=params,
        )
        _enqueue(job)
    return job


def _enqueue(job: Job) -> None:
    queued = do_job.enqueue(job.pk)
    Job.objects.filter(pk=job.pk).update(task=queued.id)


@task()
def do_job(pk: int) -> None:
    """Do one job: what a worker runs. It tidies up by the clock (imports/workers.py), not before each job."""
    perform(Job.objects.select_related("owner__unit").get(pk=pk))


def recover_jobs() -> None:
    """Queue what a process that died had in hand once more; what died twice has failed."""
    for job in Job.objects.recover():
        if job.tries < MOST_TRIES:
            with transaction.atomic():
                _enqueue(job)
        else:
            _end(job, WorkState.QUEUED, WorkState.FAILED, message=DIED_TWICE)


def perform(job: Job) -> None:
    """Do a queued job here and keep what came of it, or why nothing did. Errors that are bugs go on."""
    began = {"began_at": timezone.now(), "tries": job.tries + 1, "progress": 0, "total": 0}
    if not Job.objects.begin(job, WorkState.WORKING, **began):
        return
    progress, request = Progress(), job_request(job, job.params.get("page", ""))
    source = acting(request, user=job.owner, source="form")
    with working_on(job, progress), following(progress), source:
        try:
            _keep(job, _result(job), progress)
        except (PermissionDenied, Http404):
            _fail(job, RIGHT_LOST)
        except JobRefused as refusal:
            _fail(job, str(refusal))
        except ValidationError as error:
            _fail(job, " ".join(error.messages))
        except Exception as error:
            fault = fault_of(error)
            _fail(job, fault.message if fault else BROKEN)
            raise


def _result(job: Job) -> Result:
    if not job.owner.can(job.needs) or not Job.objects.visible_to(job.owner).contains(job):
        raise PermissionDenied  # or moved since: another unit's figures are not those asked for
    work: Callable[[Job], Result] = import_string(settings.LONG_WORKS[job.work])
    return work(job)


def _keep(job: Job, result: Result, progress: Progress) -> None:
    """Store what came of the job with its end: both or neither."""
    told = {name: getattr(result, name) for name in ("file_name", "media_type", "url", "message")}
    with removed_on_failure(job, "file"):
        if result.file:
            with result.file as file:
                job.file.save(uuid.uuid4().hex, File(file), save=False)
            told |= {"file": job.file.name}
        told |= {"progress": progress.done, "total": progress.total}
        if not _end(job, WorkState.WORKING, WorkState.DONE, **told):
            raise JobRefused("taken over")  # by another process, which tells the person


def _fail(job: Job, why: str) -> None:
    job.file = ""  # removed again
    _end(job, WorkState.WORKING, WorkState.FAILED, message=why)


def _end(job: Job, before: str, state: str, **values: Any) -> bool:
    ours = Job.objects.filter(run=job.run)
    return ours.take(job, before, state, ended_at=timezone.now(), **values)
