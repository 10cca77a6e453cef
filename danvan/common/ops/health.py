"""/healthz: can this process serve? One word per part, nothing that helps a stranger.

Of a part that fails one sentence says what is to be done; what exactly it met is in the log. Parts BESIDE do
not make a web host unfit: pages are served without them.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from danvan.common.db.standby import standby
from danvan.common.ops.databases import REPLICA
from danvan.common.ops.faults import fault_of
from danvan.common.storage import PARTS

log = logging.getLogger("danvan.health")
MIN_FREE = 200 * 1024 * 1024
# What a save waits for whose standby is away, and how long that is nothing to speak of.
STANDBY_WAIT, SAVES_WAIT = "SyncRep", "5 s"


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 with {"database": "ok", …}, or 503 when a part fails; the reason is in the log only."""
    parts = {name: _ask(name, check) for name, check in CHECKS.items()}
    healthy = all(good for name, good in parts.items() if name not in BESIDE)
    answer: dict[str, Any] = {name: "ok" if good else "failed" for name, good in parts.items()}
    if told := [SENTENCES[name] for name, good in parts.items() if not good]:
        answer["told"] = told
    return JsonResponse(answer, status=200 if healthy else 503)


def database_answers() -> bool:
    """Return whether a query is answered by a database that takes writes: a standby would not."""
    read_only = "current_setting('transaction_read_only')"
    asked = read_only if connection.vendor == "postgresql" else "'off'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")  # noqa: S608 - our own words
        return cursor.fetchone() == ("off",)


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


def saves_are_acknowledged() -> bool:
    """Return whether no save waits for a synchronous standby: no limit of PostgreSQL's ends that wait."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event = %s AND clock_timestamp() - state_change >= %s::interval",
            [STANDBY_WAIT, SAVES_WAIT],
        )
        return cursor.fetchone() == (0,)


def replica_is_of_use() -> bool:
    """Return whether the replica, where there is one, is a standby of our database and not behind."""
    if REPLICA not in connections:
        return True
    if trouble := standby.ask():
        log.error("replica: %s", trouble)
    return not trouble


BESIDE = ["saves", "replica"]
SENTENCES = {
    "database": "The database does not answer, or is a standby that takes no writes: see DATABASE_URL.",
    "disk": "Less than 200 MB are left on a disk.",
    "store": "The store of uploads takes no file: see STORE_BUCKET, or MEDIA_ROOT.",
    "migrations": "The database is older or newer than this program: run manage.py migrate.",
    "saves": "Saves wait for the synchronous standby: bring it back or go on without (docs/cluster.md).",
    "replica": "The replica is away, behind or no standby of this database: the primary serves alone.",
}
CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "disk": disk_has_room,
    "store": store_takes_files,
    "migrations": migrations_are_applied,
    "saves": saves_are_acknowledged,
    "replica": replica_is_of_use,
}


def add_check(name: str, check: Callable[[], bool], sentence: str) -> None:
    """Let an app add a part BESIDE; `sentence` says what is to be done when `check` fails."""
    CHECKS[name], SENTENCES[name] = check, sentence
    BESIDE.append(name)


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
