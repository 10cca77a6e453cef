"""The driver behind the Makefile: `python3 tests/run.py run | test | lint | audit | cluster`.

It starts with the standard library alone and goes on inside .venv (run_machine.py). `test` goes on
after a failure, so that one run shows everything, and ends with one line: N passed, N failed.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import venv
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from run_machine import (
    CLUSTER,
    PYTHON,
    ROOT,
    MachineError,
    ensure_environment,
    ensure_packages,
    postgres_programs,
)
from run_postgres import temporary_cluster

ACCOUNTS = """Demonstration accounts (password {password}, unless it was changed):
  xa-13369      clerk of xã Tiên Sơn (one per commune: xa-CODE)
  huyen-349     board officer of thị xã Duy Tiên (one per district: huyen-CODE)
  tinh          board officer of the province
  lanhdao       viewer, province
  quantri       superuser"""
ACCOUNTS_2026 = """Demonstration accounts (password {password}, unless it was changed):
  xa-13363      clerk of phường Tiên Sơn (one per commune: xa-CODE)
  khoi-k3701    clerk of Đảng ủy Công an tỉnh (four Party committees: khoi-k3701 to khoi-k3704)
  tinh          board officer of the province
  lanhdao       viewer, province
  quantri       superuser"""


def run_site() -> int:
    """`make run`: bring up the site with demonstration data; ends when the server does.

    SCENE=2026 shows today's province instead, in a database of its own beside the other.
    """
    scene = os.environ.get("SCENE", "")
    if scene not in ("", "2026"):
        raise MachineError(f"There is no scene {scene!r}: make run, or make run SCENE=2026.")
    port = os.environ.get("PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise MachineError(f"PORT must be a number between 1 and 65535, not {port!r}.")
    ensure_port_is_free(int(port))
    ensure_environment("requirements.txt")
    os.environ["DEBUG"] = "1"
    if scene:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///var/scene-{scene}.sqlite3")
        os.environ.setdefault("SITE_OWNER", "Tỉnh Ninh Bình")
    os.chdir(ROOT)
    manage("migrate", "--verbosity", "0")
    manage("load_units", *(("--province", "37") if scene else ()))
    if has_data():
        print("The database holds reports already: demonstration data left as it is.")
        accounts = ACCOUNTS_2026 if scene else ACCOUNTS
        print(accounts.format(password=os.environ.get("DEMO_PASSWORD", "Danvan@2024")))
    else:
        print("Loading demonstration data …", flush=True)
        manage("load_demo", *(("--scene", scene) if scene else ()))  # prints the accounts it made
    address = f"127.0.0.1:{port}"
    print(f"\nOpen http://{address}/ (Ctrl+C stops)", flush=True)
    options = ("--bind", address, "--log-level", "warning", "--workers", "2", "--threads", "4")
    with queue_worker():
        server = subprocess.Popen([PYTHON, "-m", "gunicorn", "danvan.wsgi", *options])
        return ended_with_us(server)


@contextlib.contextmanager
def queue_worker():
    """Work off what the site queues while the block runs; a worker that ends is started again."""
    command = [PYTHON, "manage.py", "db_worker", "--no-reload", "--verbosity", "0"]
    over = threading.Event()

    def keep() -> None:
        while not over.is_set():
            process = subprocess.Popen(command, cwd=ROOT)
            while process.poll() is None and not over.wait(0.5):
                pass
            process.terminate()
            process.wait()

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ended_with_us(process: subprocess.Popen) -> int:
    """Wait for `process`, or end it when this run is ended; return its exit code."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        process.terminate()
        process.wait()


def ensure_port_is_free(port: int) -> None:
    """Raise MachineError when something listens on `port`: say so before any work is done."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise MachineError(
                f"Port {port}: {error.strerror}. Choose another: make run PORT=8001"
            ) from error


def manage(*arguments: str) -> None:
    """Run a management command; raises MachineError when it fails."""
    if subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT).returncode:
        raise MachineError(f"manage.py {' '.join(arguments)} failed; its message is above.")


def has_data() -> bool:
    """Tell whether a reporting period exists: what people entered is never loaded over."""
    code = "from reports.models import ReportingPeriod as P; print('data', P.objects.exists())"
    command = [PYTHON, "manage.py", "shell", "--no-imports", "-c", code]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if answer.returncode:
        raise MachineError(answer.stderr)
    return "data True" in answer.stdout


@dataclass
class Tally:
    """What a test run has shown so far."""

    passed: int = 0
    failed: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, name: str, passed: int, failed: int, seconds: float) -> None:
        """Add the result of one step."""
        self.passed += passed
        self.failed += failed
        word = "FAILED" if failed else "ok"
        self.lines.append(f"{word:7}{name}: {passed} passed, {failed} failed, {seconds:.0f} s")

    def check(self, name: str, *command: str, program: Path = PYTHON, **environment: str) -> None:
        """Run one command (Python's, unless another program is named) that is right or wrong as a whole."""
        seconds, code = timed(name, command, environment, program)
        self.note(name, passed=int(not code), failed=int(bool(code)), seconds=seconds)

    def pytest(self, name: str, database_url: str, *arguments: str) -> None:
        """Run the tests on one database; a test that was skipped counts as failed."""
        spread = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
        command = ["-m", "pytest", "-q", *spread, "-p", "no:cacheprovider"]
        environment = {"DATABASE_URL": database_url, "DEBUG": "0"}
        with tempfile.TemporaryDirectory(prefix="danvan-junit-") as folder:
            report = Path(folder) / "report.xml"
            command += [f"--junit-xml={report}", *arguments]
            seconds, code = timed(name, command, environment)
            passed, failed = counts(report) if report.exists() else (0, 1)
        self.note(name, passed, max(failed, int(bool(code))), seconds)


# What a person or a machine has set for something of their own must not change what the tests say.
OURS = {
    *("ALLOWED_HOSTS", "BEHIND_PROXY", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG", "HTTPS"),
    *("DATABASE_REPLICA_URL", "REPLICA_LAG_SECONDS"),
    *("DEMO_PASSWORD", "LOG_FORMAT", "LOG_LEVEL", "MEDIA_ROOT", "PROXY_COUNT", "SECRET_KEY"),
    *("REQUIRE_SECOND_FACTOR", "SECRET_KEY_FALLBACKS", "SITE_OWNER", "STATIC_ROOT"),
    *("DB_IDLE_SECONDS", "DB_LOCK_SECONDS", "DB_STATEMENT_SECONDS"),
    *("EMAIL_FROM", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER", "EMAIL_PORT"),
    *("EMAIL_USE_SSL", "EMAIL_USE_TLS", "SITE_URL"),
    *("STORE_ACCESS_KEY", "STORE_BUCKET", "STORE_ENDPOINT", "STORE_FOLDER", "STORE_REGION"),
    *("STORE_SECRET_KEY",),
    *("PYTHONOPTIMIZE", "PYTHONWARNINGS", "WEB_CONCURRENCY"),
}
PROGRAMS = ("DJANGO_", "GUNICORN_", "PG", "PYTEST_")


def is_ours(name: str) -> bool:
    """Tell whether the environment variable `name` would reach into the tests."""
    return name in OURS or name.startswith(PROGRAMS)


def timed(
    name: str, arguments, environment: dict[str, str], program: Path = PYTHON
) -> tuple[float, int]:
    """Run Python (or another `program`) of the environment with `arguments`; return seconds and exit code."""
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    clean = {key: value for key, value in os.environ.items() if not is_ours(key)}
    merged = {**clean, "DEBUG": "1", **environment}
    code = subprocess.run([program, *arguments], cwd=ROOT, env=merged).returncode
    return time.monotonic() - start, code


def counts(report: Path) -> tuple[int, int]:
    """Return (passed, failed) of a JUnit file; errors and skipped tests are failures."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    total = failed = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    return total - failed, failed


def run_tests(arguments: list[str]) -> int:
    """`make test`: everything, whatever fails; return the number to exit with."""
    start = time.monotonic()
    for name in filter(is_ours, list(os.environ)):
        del os.environ[name]  # PostgreSQL's programs read theirs as well
    tally = Tally()
    missing = ensure_packages()
    ensure_environment("requirements-dev.txt")
    ready = time.monotonic()
    lint(tally)
    checks(tally)
    tally.pytest("tests on SQLite", "sqlite:///var/tests.sqlite3", *arguments)
    try:
        with temporary_cluster() as database_url:
            # What a browser shows depends on no engine, and its walks take minutes: once is enough.
            both = ("-m", "not browser and not no_engine")
            tally.pytest("tests on PostgreSQL", database_url, *both, *arguments)
    except MachineError as error:
        tally.note(f"tests on PostgreSQL DID NOT RUN: {error}", 0, 1, 0)
    for package in missing:
        tally.note(f"Debian package {package} is missing and cannot be installed", 0, 1, 0)
    print("\n" + "\n".join(tally.lines))
    print(f"prepared in {ready - start:.0f} s, tested in {time.monotonic() - ready:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return int(bool(tally.failed))


def lint(tally: Tally) -> None:
    """Style and hints: the linter, the formatters of Python and of the templates, the type checker."""
    tally.check("ruff check", "-m", "ruff", "check", "--no-cache", ".")
    tally.check("ruff format", "-m", "ruff", "format", "--no-cache", "--check", ".")
    tally.check("djangofmt", "--check", "templates", program=PYTHON.parent / "djangofmt")
    tally.check("mypy", "-m", "mypy", "--no-incremental")


def checks(tally: Tally) -> None:
    """What Django can say about the project without a test."""
    with tempfile.TemporaryDirectory(prefix="danvan-checks-") as folder:
        production = {
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "danvan.example.org",
            "DATABASE_URL": f"sqlite:///{folder}/checks.sqlite3",
            "STATIC_ROOT": f"{folder}/static",
        }
        migrations = ("manage.py", "makemigrations", "--check", "--dry-run")
        tally.check("no migration is missing", *migrations, **production)
        deploy = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
        tally.check("check --deploy", *deploy, **production)
        static = ("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        tally.check("static files for production", *static, **production)


def run_cluster(scenes: list[str]) -> int:
    """`make cluster`: the site on several hosts while parts of it fail; return the number to exit with."""
    if missing := ensure_packages(CLUSTER):
        names = " ".join(missing)
        raise MachineError(f"Missing: {names}. Run `apt-get install {names}` as root, then repeat.")
    ensure_environment("requirements-dev.txt")
    for name in filter(is_ours, list(os.environ)):
        del os.environ[name]
    command = [PYTHON, "-m", "tests.cluster", "--programs", postgres_programs(), *scenes]
    return ended_with_us(subprocess.Popen(command, cwd=ROOT))


AUDITOR = "pip-audit==2.10.1"


def audit() -> int:
    """`make audit`: ask the advisory service about every pinned package; return the number to exit with.

    Apart from the tests, which ask no network, and in an environment that goes again. Strict: a package the
    service does not know counts as a finding, so that silence never looks like an all-clear.
    """
    with tempfile.TemporaryDirectory(prefix="danvan-audit-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        if subprocess.run([python, "-m", "pip", "install", "--quiet", AUDITOR]).returncode:
            raise MachineError(f"{AUDITOR} cannot be installed: nothing was asked.")
        asked = ["--strict", "--no-deps", "--disable-pip", "--requirement", "requirements.txt"]
        return subprocess.run([python, "-m", "pip_audit", *asked], cwd=ROOT).returncode


def main(arguments: list[str]) -> int:
    """Dispatch; a machine that lacks something gets a sentence, not a traceback."""
    os.environ.pop("PYTHONPATH", None)
    # An ended run takes its PostgreSQL along: SIGTERM unwinds like Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        match arguments:
            case ["run"]:
                return run_site()
            case ["test", *rest]:
                return run_tests(rest)
            case ["cluster", *scenes]:
                return run_cluster(scenes)
            case ["audit"]:
                return audit()
            case ["lint"]:
                ensure_environment("requirements-dev.txt")
                tally = Tally()
                lint(tally)
                return int(bool(tally.failed))
    except MachineError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
