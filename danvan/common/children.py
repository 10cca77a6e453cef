"""Child processes for files of strangers: memory, CPU and waiting are limited, a few run at a time.

The child is our own code in a process of its own: started as `python -I`, with nothing of our environment,
it limits itself (`limit_myself`) and answers lines of JSON. Whatever the file does to it, the caller gets
ChildStopped. Standard library only: the child imports this too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
PIPE = 1 << 20
MAX_LINE = 64 * 1024 * 1024
TURN_SECONDS = 600  # that a command waits for its turn: nobody looks at a page meanwhile
PLACE = "\0danvan-{kind}-{user}-{number}"  # nothing in a folder: a name that begins with a nought
_START = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"


class ChildStopped(Exception):  # noqa: N818
    """The child is gone or was not let in: `reason` is "killed", "slow" or "busy"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class LimitedChild:
    """A child process that runs `main` of a module; killed when the caller is done.

    `request` reaches it as JSON in its argument, `seconds` is how long the caller waits in all.
    """

    def __init__(self, module: str, request: dict[str, Any], seconds: float) -> None:
        start = _START.format(root=str(ROOT), module=module)
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no shell
            [sys.executable, "-I", "-c", start, json.dumps(request)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"},
            cwd="/",
        )
        assert self.process.stdout and self.process.stdin  # noqa: S101 - both are pipes
        self.stdout, self.stdin = self.process.stdout, self.process.stdin
        with contextlib.suppress(OSError):  # so that it works on while we look at what it said
            fcntl.fcntl(self.stdout, fcntl.F_SETPIPE_SZ, PIPE)
        self.left = float(seconds)
        self.buffer = bytearray()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: object) -> None:
        self.process.kill()
        self.stdout.close()
        with contextlib.suppress(OSError):  # it may have gone before it heard us
            self.stdin.close()
        self.process.wait()

    def line(self) -> Any:
        """Return the next line as data; only the time spent waiting counts against the limit."""
        while (end := self.buffer.find(b"\n")) < 0:
            block = self._read()
            if not block or len(self.buffer) > MAX_LINE:
                raise ChildStopped("killed")
            self.buffer += block
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return json.loads(line)

    def ask(self, data: dict[str, Any]) -> None:
        """Tell the child what to do next; one that has died is noticed at its next line."""
        with contextlib.suppress(OSError):
            self.stdin.write(json.dumps(data).encode() + b"\n")
            self.stdin.flush()

    def _read(self) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self.stdout, selectors.EVENT_READ)
            before = time.monotonic()
            ready = selector.select(max(self.left, 0))
            self.left -= time.monotonic() - before
        if not ready:
            raise ChildStopped("slow")
        return os.read(self.stdout.fileno(), 1 << 20)


@contextlib.contextmanager
def place_for(kind: str, count: int, seconds: float) -> Iterator[None]:
    """Hold one of the machine's `count` places for children of a kind. Raises ChildStopped ("busy").

    What is limited is the memory and the processors of this machine, which no other host shares. A place is
    a name of the system's sockets: whoever dies with it gives it back, and no file stands for it.
    """
    deadline = time.monotonic() + seconds
    while True:
        for number in range(count):
            with socket.socket(socket.AF_UNIX) as place:
                try:
                    place.bind(PLACE.format(kind=kind, user=os.getuid(), number=number))
                except OSError as error:
                    if error.errno != errno.EADDRINUSE:
                        raise
                    continue  # somebody has it
                yield
            return
        if time.monotonic() > deadline:
            raise ChildStopped("busy")
        time.sleep(0.1)


# ---- Within the child


def limit_myself(memory: int, cpu: int) -> None:
    """Let this process have so many bytes and seconds of CPU, write no file and leave no core."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def send(out: IO[bytes], data: Any, plain: Callable[[Any], Any] | None = None) -> None:
    """Write `data` as one line; `plain` makes plain what JSON does not know."""
    text = json.dumps(data, default=plain, ensure_ascii=False)
    out.write(text.encode("utf-8", "surrogatepass") + b"\n")
