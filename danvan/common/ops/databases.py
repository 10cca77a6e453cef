"""What the settings make of the addresses of the databases. Imported by settings.py: nothing of Django's apps.

The same serves directly and through a pooler in transaction mode: no statement is prepared, and nothing is
kept in a connection (tests/ops/test_pooler.py).
"""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

PRIMARY, REPLICA = "default", "replica"
AWAY_AFTER = 2  # seconds; while the replica is asked for, somebody waits for a page
# When a peer that says nothing is asked whether it lives (the system would after two hours), and given up.
UNHEARD = {"keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 30_000}


def arranged(primary: dict, replica: dict | None, folder: Path, limits: dict[str, float]) -> dict:
    """Return DATABASES for the parsed addresses; `limits` are PostgreSQL's, in seconds.

    A file of SQLite lies in `folder` unless its address says otherwise. Raises ImproperlyConfigured for a
    replica of anything but PostgreSQL.
    """
    if primary["ENGINE"] == "django.db.backends.sqlite3":
        if replica:
            raise ImproperlyConfigured(
                "DATABASE_REPLICA_URL names a standby of PostgreSQL, and DATABASE_URL is SQLite: "
                "leave it out, or move to PostgreSQL (docs/cluster.md)."
            )
        return {PRIMARY: _sqlite(primary, folder)}
    found = {PRIMARY: _postgresql(primary, limits)}
    if replica:
        if replica["ENGINE"] != primary["ENGINE"]:
            raise ImproperlyConfigured("DATABASE_REPLICA_URL must name a standby of PostgreSQL.")
        found[REPLICA] = _postgresql(replica, limits)
        found[REPLICA]["OPTIONS"]["connect_timeout"] = AWAY_AFTER
        found[REPLICA]["TEST"] = {"MIRROR": PRIMARY}
    return found


def _sqlite(known: dict, folder: Path) -> dict:
    if known["NAME"] != ":memory:":
        known["NAME"] = str(folder / known["NAME"])
        Path(known["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    # IMMEDIATE: writers queue instead of failing "database is locked" (see docs/decisions.md).
    known["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    return known


def _postgresql(known: dict, limits: dict[str, float]) -> dict:
    known["CONN_HEALTH_CHECKS"] = True
    # A cursor that outlives its transaction is lost behind a pooler: danvan/common/db/streaming.py.
    known["DISABLE_SERVER_SIDE_CURSORS"] = True
    known["OPTIONS"] = {**known.get("OPTIONS", {}), **patience(limits)}
    return known


def patience(limits: dict[str, float]) -> dict[str, Any]:
    """Return how long PostgreSQL may let this process wait; who waited too long reads “máy chủ đang bận”.

    A thread that waits for a row serves nobody, not even /healthz. A machine that is gone without a word
    is noticed within half a minute, also while its answer is waited for: the limits above are its own.
    """
    if is_command():
        limits = dict.fromkeys(limits, 0)
    told = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in limits.items())
    return {"options": told, "connect_timeout": 5, **UNHEARD}


def is_command() -> bool:
    """Return whether this process is a command, not one that serves pages: it waits for its turn.

    A large import, a backup or a migration takes as long as it takes, and has a process of its own.
    """
    return Path(sys.argv[0]).name == "manage.py" and sys.argv[1:2] != ["runserver"]
