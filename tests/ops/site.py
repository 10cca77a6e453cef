"""A site of its own in a scratch database, driven from outside like on a server: for backup, kill, load."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

KEY = "scratch-key-" + "0123456789abcdefghij" * 3

SET_UP = """
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.accounts.models import User, Role
from danvan.units.models import AdministrativeUnit
from reports.workflow.periods import open_period
load_units(DEFAULT_FILE)
quan = User.objects.create_superuser("quantri", password="mot cau dai de nho 7")
period = open_period(2024, actor=quan)
units = AdministrativeUnit.objects.filter(reports__period=period)
password = User.objects.get().password
User.objects.bulk_create(
    User(username=f"u-{unit.code}", unit=unit, role=Role.CLERK, password=password) for unit in units
)
"""


class Site:
    """One scratch site: its folder, its database, and how to run commands in it."""

    def __init__(self, folder: Path, database: str):
        self.folder = folder
        (folder / "media").mkdir(exist_ok=True)
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "tests.ops.settings",
            "SCRATCH": str(folder),
            "DATABASE_URL": database,
            "SECRET_KEY": KEY,
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "HTTPS": "0",
            "BEHIND_PROXY": "0",
            "PROXY_COUNT": "0",
            "MEDIA_ROOT": str(folder / "media"),
            "LOG_LEVEL": "ERROR",
        }

    def manage(self, *arguments, check=True) -> subprocess.CompletedProcess:
        """Run manage.py; with `check` a failure is an AssertionError with its output."""
        answer = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)], **self._run, text=True
        )
        assert not check or answer.returncode == 0, answer.stdout + answer.stderr
        return answer

    def python(self, code: str) -> str:
        """Run Python code in the site; return what it prints."""
        return self.manage("shell", "--no-imports", "-v0", "-c", code).stdout.strip()

    def start(self, code: str) -> subprocess.Popen:
        """Run Python code in the site beside the test."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", code]
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    @contextmanager
    def worker(self):
        """Work off what is queued while the block runs; it ends killed."""
        command = [sys.executable, "manage.py", "db_worker", "--no-reload", "--interval", "0.2"]
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def serve(self, *options):
        """Run the site under gunicorn; give (port, process). It ends killed, with all of its process group.

        The socket listens before gunicorn starts and is handed to it: nobody else can take the port, and
        who asks early waits in the queue.
        """
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(1024)
            port, number = listening.getsockname()[1], listening.fileno()
            command = [sys.executable, "-m", "gunicorn", "danvan.wsgi", "--bind", f"fd://{number}"]
            with (self.folder / "gunicorn.log").open("a") as log:
                process = subprocess.Popen(
                    [*command, *options], cwd=settings.BASE_DIR, env=self.environment, stderr=log,
                    pass_fds=[number], start_new_session=True,
                )  # fmt: skip
        try:
            yield port, process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def _run(self) -> dict:
        return {"cwd": settings.BASE_DIR, "env": self.environment, "capture_output": True}


@contextmanager
def scratch_site(folder: Path, *, migrated=True, filled=True):
    """Give a Site on the engine the suite runs on; its database goes with it.

    One that is not `migrated` is a new machine: an empty database, or none.
    """
    if connection.vendor == "sqlite":
        site = Site(folder, f"sqlite:///{folder}/site.sqlite3")
        name = None
    else:
        name = f"scratch_{uuid.uuid4().hex[:12]}"
        _on_server(f'CREATE DATABASE "{name}"')
        site = Site(folder, url_of(name))
    try:
        if migrated:
            site.manage("migrate", "-v0")
        if filled and migrated:
            site.python(SET_UP)
        yield site
    finally:
        if name:
            _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(statement: str) -> None:
    import psycopg

    known = connection.settings_dict
    given = {
        "host": known["HOST"],
        "port": known["PORT"],
        "user": known["USER"],
        "password": known["PASSWORD"],
    }
    given = {key: value for key, value in given.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as server:
        server.execute(statement)


def url_of(name: str) -> str:
    from urllib.parse import quote

    known = connection.settings_dict
    who = quote(known["USER"] or "", safe="")
    if known["PASSWORD"]:
        who += ":" + quote(known["PASSWORD"], safe="")
    host = quote(known["HOST"] or "", safe="")
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgresql://{who}{'@' if who else ''}{host}{port}/{name}"
