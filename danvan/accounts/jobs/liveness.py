"""Who works on a job: a process that renews a lease in the database as long as it lives, for a person."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, cast

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest
from django.utils import timezone

from danvan.accounts.audit.context import current
from danvan.accounts.models.job import LEASE, LeasedJob
from danvan.common.ops.progress import Progress
from danvan.common.ops.threads import beside

TELLING = 2  # seconds between two looks at the progress of a job


@contextlib.contextmanager
def working_on(job: LeasedJob, progress: Progress | None = None) -> Iterator[None]:
    """Renew the lease of `job` while the block runs, so that one whose process died is known within a minute.

    From a thread with a connection of its own, which short work never opens: the work itself may sit in one
    long transaction. On SQLite nobody can write then, neither the lease nor who would take the job away.
    What `progress` says is stored with it.
    """
    with beside(_renew, job, progress):
        yield


def _renew(over: threading.Event, job: LeasedJob, progress: Progress | None) -> None:
    mine: Any = type(job)._default_manager.filter(pk=job.pk, run=job.run)
    while not over.wait(TELLING if progress else LEASE.total_seconds() / 6):
        told = {"progress": progress.done, "total": progress.total} if progress else {}
        with contextlib.suppress(DatabaseError, InterfaceError):
            mine.update(heartbeat=timezone.now(), **told)
        connection.close_if_unusable_or_obsolete()  # one that broke would fail for ever


def job_request(job: Any, page: str = "") -> HttpRequest:
    """Return what ledgers and logs read of a request: the job's id, the address of the real one if any."""
    return cast(HttpRequest, _Request(job, page))


class _Request:
    def __init__(self, job: Any, page: str) -> None:
        real = current().request
        self.id, self.user, self.path = job.request_id, job.owner, page
        self.META = real.META if real else {}
        self.headers = real.headers if real else {}
