"""The processes that do what is queued (`manage.py db_worker`): which there are, and what they tidy up."""

import contextlib
import datetime
import logging
import threading
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from danvan.common.ops.faults import fault_of
from danvan.common.ops.threads import beside
from danvan.common.ops.version import running_version

log = logging.getLogger("danvan.worker")
SEEN_EVERY, GONE_AFTER = 15, datetime.timedelta(minutes=1)
WAITS_LONG, WORKS_LONG = datetime.timedelta(minutes=2), datetime.timedelta(hours=1)
# What a worker does beside its work, and how often in seconds: pages only read.
RECOVER_EVERY, CLEAN_EVERY = 20, 3600
ENDS_WITHIN = datetime.timedelta(minutes=10)  # a task that may be begun anew


class Worker(models.Model):
    """A worker at work, and the version of the program it runs."""

    name = models.CharField(max_length=64, primary_key=True)
    version = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "tiến trình xử lý"
        verbose_name_plural = "tiến trình xử lý"

    def __str__(self) -> str:
        return self.name


def all_of_this_version() -> bool:
    """Return whether every worker runs the program that this process runs."""
    return not _workers().exclude(version=running_version()).exists()


def queue_is_worked_off() -> bool:
    """Return whether no long work has waited for minutes while no worker does any."""
    now = timezone.now()
    waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=now - WAITS_LONG)
    busy = DBTaskResult.objects.running().filter(started_at__gt=now - WORKS_LONG)
    return not waiting.exists() or (busy.exists() and _workers().exists())


def _workers() -> models.QuerySet[Worker]:
    return Worker.objects.filter(seen_at__gt=timezone.now() - GONE_AFTER)


def recover_tasks() -> None:
    """Queue once more what may be done twice (settings.REPEATABLE_TASKS) and has not ended: its worker died."""
    begun = DBTaskResult.objects.running().filter(task_path__in=settings.REPEATABLE_TASKS)
    for row in begun.filter(started_at__lt=timezone.now() - ENDS_WITHIN):
        if len(row.worker_ids) == 1:
            begun.filter(pk=row.pk, started_at=row.started_at).update(status=TaskResultStatus.READY)


@contextlib.contextmanager
def at_work(name: str, tidy: Callable[[], object], recover: Callable[[], object]) -> Iterator[None]:
    """Let it be known while the block runs that the worker `name` is there; `tidy` and `recover` in time."""
    duties = ((_seen(name), SEEN_EVERY), (recover, RECOVER_EVERY), (tidy, CLEAN_EVERY))
    try:
        with beside(_keep_at_it, duties):
            yield
    finally:
        # Where the database is away, it is forgotten by itself.
        with contextlib.suppress(Exception):
            Worker.objects.filter(name=name).delete()


def _seen(name: str) -> Callable[[], object]:
    version = running_version()

    def seen() -> None:
        now = timezone.now()
        Worker.objects.update_or_create(name=name, defaults={"version": version, "seen_at": now})
        Worker.objects.filter(seen_at__lt=now - datetime.timedelta(days=1)).delete()

    return seen


def _keep_at_it(over: threading.Event, duties: tuple) -> None:
    due = dict.fromkeys(range(len(duties)), 0.0)
    while not over.is_set():
        for number, (duty, seconds) in enumerate(duties):
            if time.monotonic() >= due[number]:
                due[number] = time.monotonic() + seconds
                _done(duty)
        over.wait(1)


def _done(duty: Callable[[], object]) -> None:
    """Do one duty. Whatever it meets, it comes again and the others are done: nobody else would do them."""
    try:
        duty()
    except Exception as error:  # noqa: BLE001 - told with its traceback
        log.log(logging.WARNING if fault_of(error) else logging.ERROR, "not done", exc_info=error)
    finally:
        connection.close_if_unusable_or_obsolete()
