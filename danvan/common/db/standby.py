"""Is the replica a standby of our database, and how old is what it shows? Asked at most once a second."""

import collections
import logging
import threading
import time

from django.conf import settings
from django.db import Error, connections

from danvan.common.ops.databases import PRIMARY, REPLICA

log = logging.getLogger("danvan.replica")
ASK_EVERY, AWAY_FOR = 1, 10  # seconds
# The cluster, the database in it, and how far its log was written or replayed. The address of a standby
# may by mistake lead to the primary, to another cluster or to another database of the right one.
_WHO = "system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database())"
_WRITTEN = "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
_REPLAYED = "pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"
_OF_PRIMARY = f"SELECT {_WHO}, {_WRITTEN} FROM pg_control_system()"  # noqa: S608 - our own words
_OF_REPLICA = _OF_PRIMARY.replace(_WRITTEN, f"{_REPLAYED}, pg_is_in_recovery()")
NOT_ONE = "DATABASE_REPLICA_URL names a server that is no standby: it takes writes of its own."
OF_ANOTHER = "DATABASE_REPLICA_URL names a standby of another database than DATABASE_URL."


class Standby:
    """What this process knows of the replica.

    How far the primary's log was written is noted with the time, and compared with how far the standby has
    replayed it: so old is what it shows at most. No clock of another machine is asked, an idle primary is
    no lag, and a standby that is cut off falls behind even if it has replayed all it received.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: collections.deque[tuple[int, float]] = collections.deque(maxlen=600)
        self._ask_at = 0.0
        self.trouble = "The replica was not asked yet."

    def is_usable(self) -> bool:
        """Return whether pages that may lag can be read from it now."""
        if time.monotonic() >= self._ask_at and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return not self.trouble

    def ask(self) -> str:
        """Ask primary and replica; return what is wrong with the replica in one sentence, "" for nothing."""
        with self._lock:
            self._look()
            return self.trouble

    def _look(self) -> None:
        start = time.monotonic()
        self._ask_at = start + ASK_EVERY
        try:
            *ours, written = _row(PRIMARY, _OF_PRIMARY)
            self._written.append((written, start))
            *theirs, replayed, is_standby = _row(REPLICA, _OF_REPLICA)
            if len(self._written) == 1 and is_standby:  # what was written just now is on its way
                time.sleep(0.1)
                *theirs, replayed, is_standby = _row(REPLICA, _OF_REPLICA)
        except Error as error:
            self.failed(error)
        else:
            self._tell(self._trouble_of(ours == theirs, replayed, is_standby))

    def failed(self, error: Exception) -> None:
        """Leave the replica alone for a while: it did not answer."""
        self._ask_at = time.monotonic() + AWAY_FOR
        self._tell("The replica does not answer: the primary serves in its place.", error)

    def _trouble_of(self, same: bool, replayed: int | None, is_standby: bool) -> str:
        if not is_standby:
            return NOT_ONE
        if not same or replayed is None:
            return OF_ANOTHER
        shown = max((at for lsn, at in self._written if lsn <= replayed), default=0.0)
        if time.monotonic() - shown <= settings.REPLICA_LAG_SECONDS:
            return ""
        limit = settings.REPLICA_LAG_SECONDS
        return f"The replica is more than {limit:g} s behind: the primary serves in its place."

    def _tell(self, trouble: str, error: Exception | None = None) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble or "The replica serves again.", exc_info=error)
        self.trouble = trouble


standby = Standby()


def _row(alias: str, question: str) -> tuple:
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()
    except Error:
        if not connection.in_atomic_block:
            connection.close()
        raise
