"""Hostile files: an answer in Vietnamese in bounded time and memory, nothing left behind."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import uuid

import pytest
from django.conf import settings

from danvan.common import children as children_of
from danvan.common.sheets import reader
from danvan.common.sheets.precheck import FileRefused
from tests.sheets.corpus import HEADINGS, ODD, REFUSED, honest, opened


def read(path, name="a.xlsx"):
    with opened(path, name) as workbook:
        return workbook, list(workbook.rows)


def spent() -> float:
    """Return the processor seconds of this process and its ended children: others' work does not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@pytest.fixture
def children(monkeypatch):
    """The children the reader starts; others of this process (a browser, say) are not its affair."""
    started, start = [], children_of.subprocess.Popen
    monkeypatch.setattr(
        children_of.subprocess,
        "Popen",
        lambda *a, **k: started.append(start(*a, **k)) or started[-1],
    )
    return started


@pytest.fixture
def saved(tmp_path):
    def save(data: bytes):
        path = tmp_path / "a.xlsx"
        path.write_bytes(data)
        return path

    return save


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused_with_a_sentence(name, saved):
    make, word = REFUSED[name]
    path = saved(make())
    before = spent()
    with pytest.raises(FileRefused) as refusal:
        read(path)
    assert word in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert spent() - before < 15


@pytest.mark.parametrize("name", ODD)
def test_odd_file_is_answered_calmly(name, saved):
    path = saved(ODD[name]())
    before = spent()
    try:
        _, rows = read(path)
    except FileRefused as refusal:
        rows = [(1, list(HEADINGS)), str(refusal)]
    assert rows[0] == (1, list(HEADINGS)) or rows[0] == [1, list(HEADINGS)]
    assert len(rows) < 10
    assert spent() - before < 15


@pytest.mark.parametrize("ending", [".xls", ".xlsm", ".xlsb", ".ods", ".csv", ".exe", ""])
def test_other_endings_are_told_what_to_do(ending, saved):
    with pytest.raises(FileRefused, match=r"lưu lại thành tệp \.xlsx"):
        read(saved(honest()), f"a{ending}")


def test_a_false_dimension_hides_no_row(saved):
    from tests.sheets.corpus import packed, parts, row, sheet, text_cell

    rows = "".join(
        row(n, text_cell(f"A{n}", f"x{n}"), text_cell(f"B{n}", "An")) for n in range(2, 40)
    )
    members = parts(rows)
    content = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = content.replace(
        "<sheetData>", '<dimension ref="A1:B2"/><sheetData>'
    )
    assert sheet("", "A1") != sheet("")
    _, found = read(saved(packed(members)))
    assert len(found) == 39


def test_the_web_process_does_not_grow(saved):
    path = saved(REFUSED["cell in the last corner"][0]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileRefused):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


def test_a_child_that_hangs_is_stopped(saved, monkeypatch, children):
    monkeypatch.setattr(reader, "WAIT_SECONDS", 1)
    monkeypatch.setattr(children_of, "_START", "import time; time.sleep(3600) # {root}")
    with pytest.raises(FileRefused, match="quá lâu"):
        read(saved(honest()))
    assert [child.returncode for child in children] == [-signal.SIGKILL]


def test_a_child_that_eats_memory_is_stopped(saved, monkeypatch):
    monkeypatch.setattr(
        children_of,
        "_START",
        "import sys; sys.path.insert(0, {root!r}); from danvan.common import children; "
        "children.limit_myself(200 << 20, 5); x = bytearray(1 << 30)",
    )
    with pytest.raises(FileRefused):
        read(saved(honest()))


@pytest.fixture
def own_places(monkeypatch):
    """Places of this test's own: those of the machine may be taken by whatever else runs on it."""
    monkeypatch.setattr(children_of, "PLACE", f"\0danvan-{uuid.uuid4().hex}-{{number}}")


def test_no_more_than_two_children_at_a_time(saved, monkeypatch, own_places):
    monkeypatch.setattr(reader, "SLOT_WAIT_SECONDS", 0.3)
    path = saved(honest())
    with (
        opened(path),
        opened(path),
        pytest.raises(FileRefused, match="đang đọc tệp"),
    ):
        read(path)
    assert len(read(path)[1]) == 2


def test_a_caller_that_stops_early_leaves_no_child(saved, children):
    with opened(saved(honest())) as workbook:
        next(workbook.rows)
    (child,) = children
    assert child.returncode is not None, "ended and waited for"


def test_no_file_is_left_behind(saved, monkeypatch, tmp_path_factory):
    # A place of its own: in the machine's, other tests make and remove theirs at the same time.
    folder = tmp_path_factory.mktemp("own")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for data in (honest(), REFUSED["broken xml"][0]()):
        try:
            read(saved(data))
        except FileRefused:
            continue
    assert os.listdir(folder) == []


HOLDER = """
import time
from danvan.common import children
children.PLACE = %r
with children.place_for("test", 1, 0):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_place_of_who_was_killed_is_free_again(own_places):
    command = [sys.executable, "-c", HOLDER % children_of.PLACE]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(children_of.ChildStopped), children_of.place_for("test", 1, 0):
            raise AssertionError("two had the same place")
        holder.kill()
    with children_of.place_for("test", 1, 0):
        pass


def test_a_page_gives_up_before_the_proxy_does_and_a_command_waits_for_its_turn(saved, monkeypatch):
    guide = (settings.BASE_DIR / "docs/deploy.md").read_text()
    proxy = int(re.search(r"proxy_read_timeout (\d+)s", guide)[1])
    assert proxy - 5 > reader.SLOT_WAIT_SECONDS + reader.WAIT_SECONDS
    waited = []
    monkeypatch.setattr(
        reader, "place_for", lambda *told: waited.append(told[-1]) or contextlib.nullcontext()
    )
    path = saved(honest())
    read(path)
    monkeypatch.setattr(sys, "argv", ["manage.py", "db_worker"])
    read(path)
    assert waited == [reader.SLOT_WAIT_SECONDS, children_of.TURN_SECONDS]
