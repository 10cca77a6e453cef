"""What goes on beside the work of a process, as long as that lasts."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection


@contextlib.contextmanager
def beside(work: Callable[..., None], *given: Any) -> Iterator[None]:
    """Run work(over, *given) in a thread while the block runs; the event `over` is set at its end.

    The thread has a connection of its own, which is closed with it.
    """
    over = threading.Event()

    def run() -> None:
        work(over, *given)
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
