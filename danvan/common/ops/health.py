"""/healthz: can this process serve? One word per part, nothing that helps a stranger.

Long work that nobody takes is told as well but does not make a web host unfit: pages are served without it.
"""

import datetime
import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult

from danvan.common.ops.faults import fault_of
from danvan.common.storage import PARTS

log = logging.getLogger("danvan.health")
MIN_FREE = 200 * 1024 * 1024
WAITS_LONG, WORKS_LONG = datetime.timedelta(minutes=2), datetime.timedelta(hours=1)


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 with {"database": "ok", …}, or 503 when a part fails; the reason is in the log only."""
    parts = {name: _ask(name, check) for name, check in CHECKS.items()}
    healthy = all(good for name, good in parts.items() if name not in BESIDE)
    answer = {name: "ok" if good else "failed" for name, good in parts.items()}
    return JsonResponse(answer, status=200 if healthy else 503)


def database_answers() -> bool:
    """Return whether a query is answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def disk_has_room() -> bool:
    """Return whether the disks of attachments, temporary files and a database in a file have 200 MB left.

    A folder that is not there yet (no file was ever attached) is asked for by the nearest one above.
    """
    places = [Path(settings.MEDIA_ROOT), Path(tempfile.gettempdir())]
    if connection.vendor == "sqlite":
        places.append(Path(connection.settings_dict["NAME"]))
    disks = (next(at for at in (place, *place.parents) if at.exists()) for place in places)
    return all(shutil.disk_usage(disk).free >= MIN_FREE for disk in disks)


def store_takes_files() -> bool:
    """Return whether a file can be put into the store of uploads, wherever that is, and taken out again."""
    name = default_storage.save(f"{PARTS}/health", ContentFile(b"ok"))
    default_storage.delete(name)
    return True


def migrations_are_applied() -> bool:
    """Return whether the database is as new as the code."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def queue_is_worked_off() -> bool:
    """Return whether no long work has waited for minutes while no worker does any."""
    now = timezone.now()
    waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=now - WAITS_LONG)
    busy = DBTaskResult.objects.running().filter(started_at__gt=now - WORKS_LONG)
    return not waiting.exists() or busy.exists()


BESIDE = ("queue",)
CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "disk": disk_has_room,
    "store": store_takes_files,
    "migrations": migrations_are_applied,
    "queue": queue_is_worked_off,
}


def _ask(name: str, check: Callable[[], bool]) -> bool:
    try:
        good = check()
    except Exception as error:
        if not isinstance(error, Error | OSError) and fault_of(error) is None:
            raise
        log.exception("health: %s", name)
        return False
    if not good:
        log.error("health: %s", name)
    return good
