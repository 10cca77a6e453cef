"""Two at once: one action stops inside its transaction while others try to get by."""

import threading
from contextlib import contextmanager
from unittest import mock

from django.db import connection, connections

SHORT = 0.4  # seconds after which an action that has not ended is waiting for somebody
LONG = 30  # no action of a test takes as long


class Beside(threading.Thread):
    """An action in a thread with a connection of its own; `ended()` gives its result or raises its error."""

    def __init__(self, action, *, started: bool = True):
        super().__init__(daemon=True)
        self.action, self.result, self.error = action, None, None
        if started:
            self.start()

    def run(self):
        try:
            self.result = self.action()
        except BaseException as error:  # noqa: BLE001 - given to who asks for the result
            self.error = error
        finally:
            connections.close_all()

    def waits(self) -> bool:
        """Tell whether it is still at it after a moment."""
        self.join(SHORT)
        return self.is_alive()

    def ended(self):
        """Wait for the end and return the result of the action, or raise what it raised."""
        self.join(LONG)
        assert not self.is_alive(), "it never ended"
        if self.error is not None:
            raise self.error
        return self.result


@contextmanager
def halted(owner, name: str, action):
    """Run `action` beside the test until it calls `owner`.`name`; there it stays as long as the block runs.

    Only this action stops there. Yields the Beside; at the end it goes on, and must come to its end.
    """
    real, there, go_on = getattr(owner, name), threading.Event(), threading.Event()

    def stop(*args, **kwargs):
        if threading.current_thread() is beside:
            there.set()
            go_on.wait(LONG)
        return real(*args, **kwargs)

    beside = Beside(action, started=False)
    with mock.patch.object(owner, name, stop):
        beside.start()
        try:
            while not there.wait(0.05):
                if not beside.is_alive():
                    beside.ended()
                    raise AssertionError(f"it never came to {name}")
            yield beside
        finally:
            go_on.set()
            beside.join(LONG)
    if beside.error is not None:
        raise beside.error


def one_writer() -> bool:
    """Tell whether the engine lets one transaction at a time write: then everybody waits for everybody."""
    return connection.vendor == "sqlite"
