"""A PostgreSQL cluster of our own for the length of a test run: no port, no password, no trace."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from run_machine import MachineError, postgres_programs

# The cluster is thrown away: durability only costs time.
OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c max_connections=200 -c unix_socket_directories='{folder}'"
)


@contextlib.contextmanager
def temporary_cluster():
    """Start a cluster on a unix socket; give its DATABASE_URL; remove it at the end.

    Raises MachineError when PostgreSQL is not installed or does not start. initdb refuses to run as
    root, so root runs it as the system user postgres.
    """
    programs = postgres_programs()
    if programs is None:
        raise MachineError("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    # In the temporary folder, not in the project: the path of a socket may have 107 letters only.
    folder = Path(tempfile.mkdtemp(prefix="danvan-pg-", dir="/tmp"))
    prefix = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        prefix = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    control = [*prefix, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    try:
        create = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        call([*prefix, str(programs / "initdb"), "-D", str(data), *create], folder)
        options = OPTIONS.format(folder=folder)
        call([*control, "-l", str(folder / "log"), "-o", options, "start"], folder)
        yield f"postgresql://postgres@{quote(str(folder), safe='')}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def call(command: list[str], folder: Path) -> None:
    """Run one program of PostgreSQL; raises MachineError with what it said."""
    # No pipe: the server started by pg_ctl would keep it open for ever.
    with open(folder.with_suffix(".out"), "w+") as said:
        code = subprocess.run(command, cwd=folder, stdout=said, stderr=said).returncode
        said.seek(0)
        text = said.read()
    folder.with_suffix(".out").unlink()
    if code:
        raise MachineError(f"PostgreSQL: {Path(command[-1]).name} failed.\n{text}")
