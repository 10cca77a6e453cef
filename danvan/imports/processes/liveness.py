"""Is anybody still working on a job? Its process holds a lock on the uploaded file, which dies with it.

So a job whose process was killed is known for dead within a minute, without a word from the process.
"""

from __future__ import annotations

import contextlib
import fcntl


@contextlib.contextmanager
def working_on(job):
    """Hold the lock on the file of `job` while the block runs; without a file there is nothing to hold."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ValueError):
            handle = stack.enter_context(open(job.file.path, "rb"))
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def is_abandoned(job) -> bool:
    """Tell whether surely nobody holds the lock on the file of `job`."""
    try:
        with open(job.file.path, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ValueError):  # held, or no file to ask
        return False
    return True
