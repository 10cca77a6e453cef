"""Is a process still working on a job? It locks the uploaded file; the lock ends with the process."""

import contextlib
import fcntl
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def working_on(job: Any) -> Iterator[None]:
    """Hold a lock on the file of `job` while the block runs: it dies with the process.

    So a job whose process was killed is known for dead within a minute, without a word from the process.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ValueError):  # without a file there is nothing to hold
            handle = stack.enter_context(open(job.file.path, "rb"))
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def is_abandoned(job: Any) -> bool:
    """Return whether surely nobody holds the lock on the file of `job`."""
    try:
        with open(job.file.path, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ValueError):  # held, or no file to ask
        return False
    return True
