"""Faults of the machine: what is no error of ours, and passes. Told apart from bugs, and told to people.

The page is danvan/faults.py; an import keeps the sentence on its job.
"""

import contextlib
import errno
import logging
from collections.abc import Iterator
from enum import Enum

from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)

from danvan.common.db.replica import reading

log = logging.getLogger("danvan.faults")


class Fault(Enum):
    """What is wrong with the machine: a word for scripts and a sentence for people."""

    BUSY = "busy", "Máy chủ đang bận. Vui lòng thử lại sau ít phút."
    FULL = "full", "Ổ đĩa của máy chủ đã đầy. Vui lòng báo quản trị viên rồi thử lại sau."
    STORE = "store", "Kho tệp tạm thời không làm việc. Vui lòng thử lại sau ít phút."
    AWAY = "away", "Cơ sở dữ liệu tạm thời không làm việc. Vui lòng thử lại sau ít phút."

    @property
    def word(self) -> str:
        """The word for scripts."""
        return self.value[0]

    @property
    def message(self) -> str:
        """The sentence for people."""
        return self.value[1]


_OF_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), Fault.FULL),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN), Fault.BUSY),
    **dict.fromkeys((errno.EIO, errno.EROFS), Fault.AWAY),
}
# PostgreSQL: lock_timeout, statement_timeout, deadlock, serialization, memory, connections; disk full.
_OF_SQLSTATE = {
    **dict.fromkeys(("55P03", "57014", "40P01", "40001", "53200", "53300", "53400"), Fault.BUSY),
    **dict.fromkeys(("53100",), Fault.FULL),
    **dict.fromkeys(("25006", "57P01", "57P02", "57P03", "58030"), Fault.AWAY),
}
# What a driver raises where no server, or a pooler that is cut off from it, answered as it should.
_NO_ANSWER = (OperationalError, InterfaceError, InternalError)
_OF_STORE = ("botocore.exceptions", "boto3.exceptions")  # by name: most sites have no such package
_OF_SQLITE = {
    **dict.fromkeys(("BUSY", "LOCKED", "INTERRUPT", "NOMEM", "PROTOCOL"), Fault.BUSY),
    **dict.fromkeys(("FULL",), Fault.FULL),
    **dict.fromkeys(("CANTOPEN", "IOERR", "READONLY", "PERM", "CORRUPT", "NOTADB"), Fault.AWAY),
}


def fault_of(error: BaseException | None) -> Fault | None:
    """Return which fault of the machine lies behind `error`, None for any other kind of error."""
    while error is not None:
        if found := _own_fault(error):
            return found
        error = error.__cause__ or error.__context__
    return None


def _own_fault(error: BaseException) -> Fault | None:
    if isinstance(error, OSError):
        return _OF_ERRNO.get(error.errno or 0)
    if any(kind.__module__ in _OF_STORE for kind in type(error).__mro__):
        return Fault.STORE
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    driver = error.__cause__
    if name := getattr(driver, "sqlite_errorname", ""):
        return _OF_SQLITE.get(name.split("_")[1])
    state = getattr(driver, "sqlstate", None) or ""
    if state and not state.startswith("08"):
        return _OF_SQLSTATE.get(state)
    # No answer of the server, or one about the connection itself: it is out of reach.
    return Fault.AWAY if isinstance(error, _NO_ANSWER) else None


@contextlib.contextmanager
def aside(what: str) -> Iterator[None]:
    """Let what is written beside a page (`what`, for the log) wait for nobody and never fail the page."""
    try:
        with reading(lagging=False), contextlib.ExitStack() as patience:
            # Where the database is away already, the block meets that itself.
            with contextlib.suppress(*_NO_ANSWER):
                patience.enter_context(_short_patience())
            yield
    except Exception as error:
        if fault_of(error) is None:
            raise
        log.warning("not written: %s", what, exc_info=True)


@contextlib.contextmanager
def _short_patience() -> Iterator[None]:
    """Wait 0.2 s at most for others' locks, outside a transaction."""
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        # For the length of a transaction: behind a pooler the next one may have another connection.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 200")
            yield
        return
    usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
