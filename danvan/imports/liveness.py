"""Is a process still working on a job? It renews a lease in the database as long as it lives."""

import contextlib
import threading
from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.utils import timezone

from danvan.imports.models import LEASE, ImportJob


@contextlib.contextmanager
def working_on(job: ImportJob) -> Iterator[None]:
    """Renew the lease of `job` while the block runs, so that one whose process died is known within a minute.

    From a thread with a connection of its own, which short work never opens: the work itself may sit in one
    long transaction. On SQLite nobody can write then, neither the lease nor who would take the job away.
    """
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(job, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(job: ImportJob, over: threading.Event) -> None:
    while not over.wait(LEASE.total_seconds() / 6):
        with contextlib.suppress(DatabaseError):
            mine = ImportJob.objects.filter(pk=job.pk, run=job.run)
            mine.update(heartbeat=timezone.now())
    connection.close()
