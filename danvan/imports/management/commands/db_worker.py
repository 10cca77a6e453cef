"""manage.py db_worker: the package's own, known to /healthz with its version, and tidying up."""

import signal
import time
from typing import Any

from django.core.management import call_command
from django.db import Error, connections
from django_tasks_db.management.commands import db_worker

from danvan.accounts.jobs.working import recover_jobs
from danvan.accounts.models import Job
from danvan.common.ops.faults import fault_of
from danvan.imports.confirming import recover_imports
from danvan.imports.models import ImportJob
from danvan.imports.workers import at_work, recover_tasks

AGAIN_AFTER = 2  # seconds: a database that is away comes back


class Command(db_worker.Command):
    """Do what is queued, until it is told to stop. A database that goes away meanwhile is waited for."""

    help = "Do what the site queues: large imports and other long work."

    def handle(self, *, worker_id: str, **options: Any) -> None:
        """Refuse to start where the checks of the database find an error; one that is away comes back."""
        try:
            call_command(
                "check", tags=["database"], databases=list(connections), fail_level="ERROR"
            )
        except Error as error:
            self.stderr.write(f"the database was not checked: {error}")
        with at_work(worker_id, tidy=_tidy, recover=_recover):
            while True:
                try:
                    super().handle(worker_id=worker_id, **options)
                    return
                except Error as error:
                    if fault_of(error) is None or _is_to_stop():
                        raise
                    self.stderr.write(f"asked again in {AGAIN_AFTER} s: {error}")
                    connections.close_all()
                    time.sleep(AGAIN_AFTER)


def _is_to_stop() -> bool:
    """Return whether the package's worker was told to stop and would have, after the task it had in hand."""
    worker = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return isinstance(worker, db_worker.Worker) and not worker.running


def _tidy() -> None:
    ImportJob.objects.clean_up()
    Job.objects.clean_up()


def _recover() -> None:
    recover_imports()
    recover_jobs()
    recover_tasks()
