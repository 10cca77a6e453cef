"""Preparing the machine: the virtual environment and, for the tests, Debian packages.

Standard library only: this runs before anything is installed. Nothing is done twice: a stamp in the
environment holds the digest of the requirements that were installed.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# Debian package → how to tell that what it brings is there.
PACKAGES = {
    "postgresql": lambda: postgres_programs() is not None,
    "chromium": lambda: bool(os.environ.get("CHROMIUM") or shutil.which("chromium")),
    "libreoffice-calc-nogui": lambda: has_office("libsclo.so"),
    "libreoffice-writer-nogui": lambda: has_office("libswlo.so"),
    "libatomic1": lambda: has_library("libatomic.so.1"),  # of the program that drives Chromium
    "poppler-utils": lambda: bool(shutil.which("pdftotext")),
    "fonts-dejavu-core": lambda: bool(shutil.which("fc-list")) and "DejaVu" in fonts(),
}


# Of `make cluster`.
CLUSTER = {
    "postgresql": PACKAGES["postgresql"],
    "pgbouncer": lambda: has_server("pgbouncer"),
    "nginx": lambda: has_server("nginx"),
}


class MachineError(Exception):
    """The machine lacks something this program cannot bring; the text says what to do."""


def ensure_environment(requirements: str) -> None:
    """Make .venv hold exactly what the file `requirements` (and what it includes) pins.

    Raises MachineError when no environment can be made or pip fails.
    """
    if not works(PYTHON):
        make_environment()
    stamp = VENV / f"installed-{requirements}"
    digest = requirements_digest(requirements)
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {requirements} …", flush=True)
    command = [*pip(), "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise MachineError(f"pip could not install {requirements}; its message is above.")
    stamp.write_text(digest)


def works(python: Path) -> bool:
    """Tell whether `python` is an environment that starts (it may stem from a removed Python)."""
    if not python.exists():
        return False
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0


def make_environment() -> None:
    """Create .venv by the first way that works here. Raises MachineError when none does."""
    shutil.rmtree(VENV, ignore_errors=True)
    print(
        f"Making an environment in {VENV.name} with Python {sys.version.split()[0]} …", flush=True
    )
    for attempt in (plain_venv, venv_after_apt, by_virtualenv, venv_with_system_pip):
        if attempt() and works(PYTHON):
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise MachineError(
        "Cannot make a virtual environment: Debian's package python3-venv is missing. "
        "Run `apt-get install python3-venv` as root, then repeat."
    )


def plain_venv() -> bool:
    """The usual way; Debian splits off the module it needs."""
    return has_module("ensurepip") and quiet(sys.executable, "-m", "venv", str(VENV))


def venv_after_apt() -> bool:
    """As root on Debian the missing module can be installed."""
    if not may_install():
        return False
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    installed = install_packages([f"python{version}-venv"]) or install_packages(["python3-venv"])
    return installed and quiet(sys.executable, "-m", "venv", str(VENV))


def by_virtualenv() -> bool:
    """virtualenv brings its own pip."""
    if has_module("virtualenv"):
        return quiet(sys.executable, "-m", "virtualenv", "-q", str(VENV))
    program = shutil.which("virtualenv")
    return bool(program) and quiet(program, "-q", "-p", sys.executable, str(VENV))


def venv_with_system_pip() -> bool:
    """An environment without pip, filled by the pip of the system."""
    return has_module("pip") and quiet(sys.executable, "-m", "venv", "--without-pip", str(VENV))


def pip() -> list[str]:
    """Return the command that installs into .venv, from the index this machine is set up for."""
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def requirements_digest(name: str) -> str:
    """Return a digest of the requirements file `name`, those it includes and the Python."""
    text = (ROOT / name).read_text()
    included = [line.split()[1] for line in text.splitlines() if line.startswith("-r ")]
    whole = sys.version + text + "".join((ROOT / other).read_text() for other in included)
    return hashlib.sha256(whole.encode()).hexdigest()


def missing_packages(wanted=None) -> list[str]:
    """Return the Debian packages that are `wanted` (by a full test run, usually) and not there."""
    wanted = PACKAGES if wanted is None else wanted
    return [name for name, present in wanted.items() if not present()]


def ensure_packages(wanted=None) -> list[str]:
    """Install missing Debian packages when that is allowed; return those that are still missing."""
    missing = missing_packages(wanted)
    if missing and may_install():
        print(f"Installing Debian packages: {' '.join(missing)} …", flush=True)
        install_packages(missing)
    return missing_packages(wanted)


def may_install() -> bool:
    """Tell whether this is root on a Debian."""
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install_packages(names: list[str]) -> bool:
    """Install Debian packages; tell whether that worked. A failure shows apt's message."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "Acquire::Retries=3"]
    subprocess.run([*apt, "update"], env=environment, stdin=subprocess.DEVNULL)
    command = [*apt, "install", "-y", "--no-install-recommends", *names]
    answer = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if answer.returncode:
        print(answer.stderr.strip(), flush=True)
    return answer.returncode == 0


def postgres_programs() -> Path | None:
    """Return the folder of initdb and pg_ctl (newest version), None where there is none."""
    if found := shutil.which("initdb"):
        # Only some of the programs may be linked into the path: the folder they live in has them all.
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda path: int(path.parent.name.split(".")[0]), default=None)


def has_server(name: str) -> bool:
    """Tell whether a program for the system is there; its folder is not on everybody's path."""
    return bool(shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin"))


def has_office(part: str) -> bool:
    """Tell whether LibreOffice is there with the library of one of its programs."""
    program = shutil.which("soffice")
    return bool(program) and (Path(program).resolve().parent / part).exists()


def has_library(name: str) -> bool:
    """Tell whether the shared library `name` can be loaded."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def fonts() -> str:
    """Return the list of installed fonts."""
    return subprocess.run(["fc-list"], capture_output=True, text=True).stdout


def has_module(name: str) -> bool:
    """Tell whether the Python that runs this can import `name`."""
    return quiet(sys.executable, "-c", f"import {name}")


def quiet(*command: str) -> bool:
    """Run a command without showing anything; tell whether it worked."""
    return subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
