"""Processes of the cluster: started, waited for, killed, and gone at the end with all they started."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable


class ClusterError(Exception):
    """A part of the cluster does not do what it must to go on; the text says which."""


class Process:
    """One program with a process group and a log of its own."""

    def __init__(self, name: str, command: list, folder: Path, environment: dict | None = None):
        self.name, self.command, self.folder = name, list(map(str, command)), folder
        self.environment, self.log = environment, folder / f"{name}.log"
        self.running: subprocess.Popen | None = None

    def start(self) -> "Process":
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def signal(self, number: int) -> None:
        """Send `number` to all of its processes."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, number)

    def kill(self) -> None:
        """Let it die as a machine does: nothing is said, nothing is finished."""
        self.signal(signal.SIGKILL)
        if self.running:
            self.running.wait()

    def stop(self, seconds: float = 40) -> None:
        """Ask it to end, and wait for that."""
        if not self.running:
            return
        self.running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.running.wait(seconds)
        self.kill()

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


def as_user(name: str) -> list[str]:
    """Return what stands before a command that root must not run itself."""
    return ["runuser", "-u", name, "--"] if os.geteuid() == 0 else []


def give_to(name: str, folder: Path) -> None:
    """Give `folder` to the system user `name`, where this is root."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam(name)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def call(*command, folder: Path, environment: dict | None = None) -> str:
    """Run a command to its end and return what it printed; raises ClusterError when it fails."""
    with (folder / "call.log").open("w+") as said:  # no pipe: a server it starts would keep it open
        code = subprocess.run(
            list(map(str, command)), cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=said, stderr=subprocess.STDOUT,
        ).returncode  # fmt: skip
        said.seek(0)
        text = said.read()
    if code:
        raise ClusterError(f"{Path(str(command[0])).name} failed:\n{text[-3000:]}")
    return text


def wait_until(what: str, happened, seconds: float = 60, every: float = 0.1):
    """Return what `happened()` gives as soon as that is true; raises ClusterError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if found := happened():
                return found
        if time.monotonic() > end:
            raise ClusterError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
