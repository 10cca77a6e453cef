"""The driver of `make run` and `make test`, as far as it can be tried without a fresh machine."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def driver(monkeypatch):
    """The module tests/run.py as `python3 tests/run.py` sees it; the environment is left as it was."""
    monkeypatch.syspath_prepend(str(ROOT / "tests"))
    import run

    with mock.patch.dict(os.environ):
        yield run


@pytest.fixture
def machine(driver, monkeypatch, tmp_path):
    """run_machine with a project folder of its own."""
    import run_machine

    monkeypatch.setattr(run_machine, "ROOT", tmp_path)
    monkeypatch.setattr(run_machine, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run_machine, "PYTHON", tmp_path / ".venv/bin/python")
    return run_machine


def junit(path: Path, **counts) -> Path:
    attributes = " ".join(f'{name}="{count}"' for name, count in counts.items())
    path.write_text(f"<testsuites><testsuite {attributes}/></testsuites>")
    return path


def test_a_skipped_test_counts_as_failed(driver, tmp_path):
    report = junit(tmp_path / "a.xml", tests=10, failures=1, errors=2, skipped=3)
    assert driver.counts(report) == (4, 6)


def test_a_run_without_a_report_is_a_failure(driver, monkeypatch):
    monkeypatch.setattr(driver, "timed", lambda *arguments: (1.0, 0))
    tally = driver.Tally()
    tally.pytest("nothing", "sqlite:///x")
    assert (tally.passed, tally.failed) == (0, 1)


def test_a_crash_after_the_last_test_is_a_failure(driver, monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "timed", lambda *arguments: (1.0, 3))
    monkeypatch.setattr(driver, "counts", lambda report: (5, 0))
    monkeypatch.setattr(driver.Path, "exists", lambda path: True)
    tally = driver.Tally()
    tally.pytest("crash", "sqlite:///x")
    assert (tally.passed, tally.failed) == (5, 1)


def test_every_variable_the_settings_read_is_kept_from_the_tests(driver):
    text = (ROOT / "danvan/settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', text))
    assert {"DEBUG", "DATABASE_URL", "LOG_FORMAT", "BEHIND_PROXY"} <= read
    assert read - driver.OURS == set()


def test_settings_of_the_person_do_not_reach_the_tests(driver, monkeypatch):
    seen = {}
    monkeypatch.setenv("SECRET_KEY", "mine")
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--exitfirst")
    monkeypatch.setattr(
        driver.subprocess,
        "run",
        lambda *a, env, **k: seen.update(env) or subprocess.CompletedProcess(a, 0),
    )
    driver.timed("step", ["x"], {"DEBUG": "0"})
    assert "SECRET_KEY" not in seen
    assert not {"DATABASE_URL", "PGPORT", "PYTEST_ADDOPTS"} & set(seen)
    assert seen["DEBUG"] == "0"


def test_a_port_in_use_is_told_before_any_work(driver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(driver.MachineError, match="make run PORT="):
            driver.ensure_port_is_free(taken.getsockname()[1])


def test_an_unknown_scene_is_a_sentence():
    answer = subprocess.run(["make", "run", "SCENE=1999"], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 2
    assert "There is no scene '1999'" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "80.5"])
def test_a_bad_port_is_a_sentence(port):
    answer = subprocess.run(
        [sys.executable, "tests/run.py", "run"],
        cwd=ROOT,
        env={**os.environ, "PORT": port},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert "PORT must be a number" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_ways_to_an_environment_are_tried_in_order(machine, monkeypatch):
    tried = []
    ways = ("plain_venv", "venv_after_apt", "by_virtualenv", "venv_with_system_pip")
    for way in ways:
        monkeypatch.setattr(machine, way, lambda way=way: tried.append(way))
    with pytest.raises(machine.MachineError, match="python3-venv"):
        machine.make_environment()
    assert tried == list(ways)


def test_the_first_way_that_works_is_enough(machine, monkeypatch):
    monkeypatch.setattr(machine, "plain_venv", lambda: False)
    monkeypatch.setattr(machine, "venv_after_apt", lambda: True)
    monkeypatch.setattr(machine, "works", lambda python: True)
    monkeypatch.setattr(machine, "by_virtualenv", lambda: pytest.fail("not needed"))
    machine.make_environment()


def test_nothing_is_installed_twice_and_a_new_pin_is_noticed(machine, monkeypatch, tmp_path):
    ran = []
    (tmp_path / ".venv").mkdir()
    (tmp_path / "base.txt").write_text("a==1\n")
    (tmp_path / "dev.txt").write_text("-r base.txt\nb==1\n")
    monkeypatch.setattr(machine, "works", lambda python: True)
    monkeypatch.setattr(
        machine.subprocess,
        "run",
        lambda command, **k: ran.append(command) or subprocess.CompletedProcess(command, 0, "", ""),
    )
    monkeypatch.setattr(machine, "pip", lambda: ["pip"])
    machine.ensure_environment("dev.txt")
    machine.ensure_environment("dev.txt")
    assert len(ran) == 1
    (tmp_path / "base.txt").write_text("a==2\n")
    machine.ensure_environment("dev.txt")
    assert len(ran) == 2


def test_an_environment_whose_python_is_gone_is_made_again(machine, tmp_path):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(tmp_path / "gone")
    assert not machine.works(tmp_path / ".venv/bin/python")


def test_without_root_nothing_is_installed(machine, monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine, "PACKAGES", {"no-such-package": lambda: False})
    monkeypatch.setattr(machine, "install_packages", lambda names: pytest.fail("installed"))
    assert machine.ensure_packages() == ["no-such-package"]


def test_make_says_what_it_can_do():
    answer = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0
    for target in ("run", "test", "lint"):
        assert f"make {target}" in answer.stdout


def test_the_audit_asks_about_every_pin_and_takes_silence_for_a_finding(driver, monkeypatch):
    asked = []

    def run(command, **options):
        asked.append([str(part) for part in command])
        return subprocess.CompletedProcess(command, 1 if "pip_audit" in command else 0)

    monkeypatch.setattr(driver.venv, "create", lambda folder, with_pip: None)
    monkeypatch.setattr(driver.subprocess, "run", run)
    assert driver.main(["audit"]) == 1
    assert {"--strict", "requirements.txt"} <= set(asked[1])


def test_an_audit_that_cannot_start_says_so(driver, monkeypatch, capsys):
    monkeypatch.setattr(driver.venv, "create", lambda folder, with_pip: None)
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(driver.subprocess, "run", lambda command, **options: failed)
    assert driver.main(["audit"]) != 0
    assert "nothing was asked" in capsys.readouterr().err


def test_the_programs_of_postgresql_are_where_a_link_to_one_leads(machine, monkeypatch, tmp_path):
    home = tmp_path / "lib/15/bin"
    home.mkdir(parents=True)
    (home / "initdb").touch(mode=0o755)
    (tmp_path / "path").mkdir()
    (tmp_path / "path/initdb").symlink_to(home / "initdb")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert machine.postgres_programs() == home


def test_a_cluster_without_its_packages_says_which(driver, monkeypatch, capsys):
    monkeypatch.setattr(driver, "CLUSTER", {"nginx": lambda: False, "pgbouncer": lambda: True})
    monkeypatch.setattr("run_machine.may_install", lambda: False)
    monkeypatch.setattr(driver.subprocess, "Popen", lambda *a, **k: pytest.fail("started"))
    assert driver.main(["cluster"]) == 2
    assert "Run `apt-get install nginx` as root" in capsys.readouterr().err


def test_a_cluster_gets_nothing_of_the_persons_settings(driver, monkeypatch):
    started = {}
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine")
    monkeypatch.setattr(driver, "CLUSTER", {})
    monkeypatch.setattr(driver, "ensure_environment", lambda name: started.update(needs=name))
    monkeypatch.setattr(driver, "ended_with_us", lambda process: 0)
    monkeypatch.setattr(
        driver.subprocess,
        "Popen",
        lambda command, **k: started.update(command=command, known=dict(os.environ)),
    )
    assert driver.main(["cluster", "web"]) == 0
    assert started["needs"] == "requirements-dev.txt"
    assert started["command"][1:3] == ["-m", "tests.cluster"]
    assert started["command"][-1] == "web"
    assert "DATABASE_URL" not in started["known"]
