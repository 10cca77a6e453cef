"""Web hosts, workers, the proxy before them and the store: each in a folder of its own, nothing shared."""

import os
import secrets
import shutil
import signal
import socket
import time
import urllib.request
from pathlib import Path

from tests.cluster.database import Pair
from tests.cluster.machine import (
    PYTHON,
    ROOT,
    ClusterError,
    Process,
    call,
    free_port,
    give_to,
    wait_until,
)

PROGRAM = ("danvan", "records", "reports", "templates", "static", "manage.py", "requirements.txt")
BUCKET = "danvan"
NGINX = """
{user}
daemon off;
pid {folder}/{name}.pid;
error_log {folder}/{name}.log warn;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_max_body_size 50m;
    client_body_temp_path {folder}/{name}-body;
    proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi;
    uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
    upstream behind {{
        least_conn;
        {servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://behind;
            proxy_connect_timeout 2s;
            proxy_read_timeout 65s;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""
# The new version of the rolling upgrade: a column more, which may be empty.
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "{last}")]
    operations = [
        migrations.AddField("importjob", "trial", models.CharField(max_length=9, null=True)),
    ]
"""
FIELD = '    confirmed_at = models.DateTimeField("xác nhận lúc", null=True)\n'


class Proxy:
    """One nginx on a port of the loopback interface, before `servers`."""

    def __init__(self, name: str, folder: Path, servers: list[str]):
        self.port = free_port()
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
        if not program:
            raise ClusterError("nginx is not installed.")
        self.name, self.folder, self.servers = name, folder, servers
        self.conf = folder / f"{name}.conf"
        self.write()
        log = folder / f"{name}.log"
        self.process = Process(name, [program, "-c", self.conf, "-e", log], folder)

    def write(self, out: str = "") -> None:
        """Write its configuration; the server `out` gets no request."""
        listed = "\n        ".join(
            f"server {one} {'down' if one == out else 'max_fails=1 fail_timeout=5s'};"
            for one in self.servers
        )
        user = "user www-data;" if os.geteuid() == 0 else ""
        known = {"name": self.name, "folder": self.folder, "port": self.port, "servers": listed}
        self.conf.write_text(NGINX.format(user=user, **known))

    def take_out(self, out: str = "") -> None:
        """Send nobody to the server `out` any more, or everybody everywhere again; wait for what was begun."""
        self.write(out)
        if self.process.running:
            self.process.running.send_signal(signal.SIGHUP)
            time.sleep(1)
            wait_until("nginx has ended what it had in hand", lambda: not self._is_ending(), 70)

    def _is_ending(self) -> bool:
        """Tell whether a process of nginx still serves as its configuration was before."""
        master = self.process.running.pid
        known = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        told = (Path(f"/proc/{one}/cmdline").read_bytes() for one in known)
        return any(b"shutting down" in line for line in told)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Store:
    """moto's server, which speaks S3 and keeps everything in memory, behind a gateway that can go away."""

    def __init__(self, folder: Path):
        self.port = free_port()
        command = [PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", self.port]
        self.process = Process("store", command, folder)
        self.gateway = Proxy("gateway", folder, [f"127.0.0.1:{self.port}"])

    def start(self) -> None:
        self.process.start()
        self.gateway.process.start()
        wait_until("the store answers", lambda: urllib.request.urlopen(self.gateway.address))
        put = urllib.request.Request(f"{self.gateway.address}/{BUCKET}", method="PUT")  # noqa: S310
        urllib.request.urlopen(put)  # noqa: S310


class Hosts:
    """The copies of the program and what runs in them."""

    def __init__(self, folder: Path, pair: Pair, store: Store):
        self.folder, self.pair, self.store = folder, pair, store
        self.key = secrets.token_urlsafe(64)
        self.web = {name: self._web(name) for name in ("web1", "web2")}
        self.workers = {name: self._worker(name) for name in ("worker1", "worker2")}
        self.proxy = Proxy("nginx", folder, [self.socket(name) for name in self.web])

    def socket(self, name: str) -> str:
        """Return where nginx finds the web host `name`."""
        return f"unix:{self.folder}/{name}/gunicorn.sock"

    def environment(self, name: str, **more: str) -> dict[str, str]:
        """Return what the process `name` knows: nothing of this machine but its own folder."""
        home = self.folder / name
        return {
            **{key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ},
            **{"HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
            **{"SECRET_KEY": self.key, "ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "0"},
            "DATABASE_URL": self.pair.bouncer.url(),
            "DATABASE_REPLICA_URL": self.pair.bouncer.url("danvan_replica"),
            **{"STORE_BUCKET": BUCKET, "STORE_ENDPOINT": self.store.gateway.address},
            **{"STORE_REGION": "us-east-1", "STORE_ACCESS_KEY": "key", "STORE_SECRET_KEY": "key"},
            **{"STATIC_ROOT": str(home / "collected"), "MEDIA_ROOT": str(home / "media")},
            **{"GUNICORN_BIND": f"unix:{home}/gunicorn.sock", "WEB_CONCURRENCY": "1"},
            **{"GUNICORN_THREADS": "4", "LOG_LEVEL": "WARNING", "NO_PROXY": "127.0.0.1"},
            **more,
        }

    def _web(self, name: str) -> Process:
        self._copy(name)
        command = [PYTHON, "-m", "gunicorn", "-c", "danvan/gunicorn_conf.py", "danvan.wsgi"]
        return Process("serve", command, self.folder / name, self.environment(name))

    def _worker(self, name: str) -> Process:
        self._copy(name)
        command = [PYTHON, "manage.py", "db_worker", "--no-reload", "--worker-id", name]
        return Process("work", command, self.folder / name, self.environment(name))

    def _copy(self, name: str) -> None:
        home = self.folder / name
        leave = shutil.ignore_patterns("__pycache__")
        for part in PROGRAM:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, home / part, ignore=leave, dirs_exist_ok=True)
            else:
                shutil.copy(ROOT / part, home / part)
        (home / "tmp").mkdir(exist_ok=True)

    def manage(self, name: str, *arguments, **more: str) -> str:
        """Run a command of the program in the folder `name`."""
        command = [PYTHON, "manage.py", *arguments]
        home = self.folder / name
        return call(*command, folder=home, environment=self.environment(name, **more))

    def start(self) -> None:
        for name, process in self.web.items():
            self.manage(name, "collectstatic", "--no-input", "-v0")
            process.start()
        for process in self.workers.values():
            process.start()
        self.proxy.process.start()
        for name in self.web:
            self.wait_for(name)
        wait_until("nginx answers", lambda: urllib.request.urlopen(f"{self.proxy.address}/healthz"))

    def wait_for(self, name: str) -> None:
        """Wait until the web host `name` takes requests."""
        wait_until(f"{name} answers", lambda: _answers(self.folder / name / "gunicorn.sock"))

    def upgrade(self, name: str) -> None:
        """Put the new version into the folder `name`, whose process has stopped."""
        app = self.folder / name / "danvan/imports"
        last = max(path.stem for path in (app / "migrations").glob("0*.py"))
        (app / "migrations/9999_trial.py").write_text(MIGRATION.format(last=last))
        models = app / "models.py"
        text = models.read_text()
        if FIELD not in text:
            raise ClusterError("imports/models.py has no line where the new column goes.")
        more = "    trial = models.CharField(max_length=9, null=True)\n"
        models.write_text(text.replace(FIELD, FIELD + more))

    def processes(self) -> list[Process]:
        return [*self.web.values(), *self.workers.values()]

    def stop(self) -> None:
        for process in (self.proxy.process, *self.processes()):
            process.kill()


def _answers(path: Path) -> bool:
    """Tell whether a web host answers on its socket."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(path))
        line.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return line.recv(4) == b"HTTP"


def opened(folder: Path) -> None:
    """Let the users that PostgreSQL and nginx run as reach what is theirs in `folder`, and no more."""
    folder.chmod(0o711)
    give_to("postgres", folder)
