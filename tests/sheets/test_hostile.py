"""Hostile files: an answer in Vietnamese in bounded time and memory, nothing left behind."""

import os
import resource
import signal
import tempfile

import pytest

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
    with pytest.raises(FileRefused, match="lưu lại dạng"):
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


def test_no_more_than_two_children_at_a_time(saved, monkeypatch, tmp_path):
    # Places of its own: those of the machine may be taken by whatever else runs on it.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
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
    assert os.listdir(folder) == [f"danvan-readers-{os.getuid()}"]
