"""Open a checked workbook in a child process with limits and hand over its rows.

At most two children run at a time on the machine (file locks), each with its own memory, CPU and
waiting limit. Whatever the file does to the child, the caller gets FileRefused with a sentence.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from danvan.common.sheets.precheck import MB, FileRefused, check_file

ROOT = Path(__file__).resolve().parents[3]
MAX_ROWS = 110_000
MAX_COLUMNS = 400
MEMORY = 1200 * MB
CPU_SECONDS = 40
WAIT_SECONDS = 60
SLOTS = 2
SLOT_WAIT_SECONDS = 30
MAX_LINE = 64 * MB
_START = (
    "import sys; sys.path.insert(0, {root!r}); from danvan.common.sheets.child import main; main()"
)
_FAR = "Có thể có một ô lạc ở rất xa bảng: bấm Ctrl+End để tìm và xóa."
_MESSAGES = {
    "memory": f"Tệp cần quá nhiều bộ nhớ để đọc. {_FAR}",
    "broken": "Không đọc được nội dung tệp. Vui lòng mở bằng Excel, kiểm tra và lưu lại.",
    "rows": "Bảng có hơn 100.000 dòng. Vui lòng chia thành nhiều tệp.",
    "columns": f"Bảng có quá nhiều cột (tối đa {MAX_COLUMNS}). {_FAR}",
    "bad": "Bảng có hơn 20.000 ô lỗi (#REF!, #N/A… hoặc công thức chưa có kết quả). "
    "Vui lòng mở bằng Excel, sửa công thức rồi lưu lại.",
    "killed": f"Tệp làm bộ đọc dừng giữa chừng. {_FAR}",
    "slow": "Đọc tệp quá lâu nên đã dừng lại. Vui lòng chia thành nhiều tệp nhỏ hơn.",
    "busy": "Máy chủ đang đọc tệp của người khác. Vui lòng thử lại sau ít phút.",
}


@dataclass
class Workbook:
    """What the child said of the workbook: the chosen sheet, cells that hold errors, and its rows.

    `rows` yields (row number, cells) once; a cell is "", text, a number, True/False or marked text for
    dates (danvan.common.sheets.cells understands all). `bad` maps an address to the error seen there.
    """

    sheet: str
    marker: str
    sheets: list[str]
    bad: dict[str, str] = field(default_factory=dict)
    rows: Iterator[tuple[int, list]] = field(default_factory=lambda: iter(()))


@contextlib.contextmanager
def open_workbook(
    path: str,
    name: str,
    *,
    titles: Collection[str] = (),
    headings: Collection[str] = (),
    check_marker: Callable[[str], None] = bool,
) -> Iterator[None]:
    """Check and open the workbook at `path`; yields a Workbook whose rows are read as asked for.

    `titles` and `headings` are folded (search_key): the sheet is chosen by its title, else as the one
    visible sheet that shows the most headings, never as the one left open. `check_marker` is given
    the template's hidden mark ("" without one) and may raise. Raises FileRefused.
    """
    check_file(path, name)
    request = {
        "path": os.fspath(path),
        "titles": sorted(titles),
        "headings": sorted(headings),
        "memory": MEMORY,
        "cpu": CPU_SECONDS,
        "rows": MAX_ROWS,
        "columns": MAX_COLUMNS,
    }
    with _slot(), _Child(request) as child:
        about = child.line()
        if about.get("error"):
            raise FileRefused(_MESSAGES[about["error"]])
        check_marker(about["marker"])
        if about["sheet"] is None:
            raise FileRefused(_no_sheet(about))
        yield Workbook(
            sheet=about["sheet"],
            marker=about["marker"],
            sheets=about["sheets"],
            bad=dict(about["bad"]),
            rows=child.rows(),
        )


def _no_sheet(about: dict) -> str:
    names = ", ".join(f"“{name}”" for name in about["sheets"][:8]) or "không có trang nào"
    if about["problem"] == "many":
        return (
            f"Tệp có nhiều trang tính cùng mẫu ({names}). Vui lòng chỉ để lại một trang cần nhập, "
            "hoặc đặt tên trang đó như trong tệp mẫu."
        )
    if about["problem"] == "hidden":
        return (
            "Bảng cần nhập nằm ở một trang đang ẩn. Vui lòng bấm chuột phải vào tên trang, chọn Unhide "
            "(Hiện) rồi lưu lại."
        )
    return f"Không tìm thấy bảng cần nhập trong các trang: {names}. Vui lòng dùng tệp mẫu."


class _Child:
    """The child process: lines of JSON with a limit on waiting; killed when the caller is done."""

    def __init__(self, request: dict) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no shell
            [sys.executable, "-I", "-c", _START.format(root=str(ROOT)), json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"},
            cwd="/",
        )
        self.left = float(WAIT_SECONDS)
        self.buffer = bytearray()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: Any) -> None:
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def line(self) -> Any:
        """Return the next line as data; only the time spent waiting counts against the limit."""
        while (end := self.buffer.find(b"\n")) < 0:
            block = self._read()
            if not block or len(self.buffer) > MAX_LINE:
                raise FileRefused(_MESSAGES["killed"])
            self.buffer += block
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return json.loads(line)

    def _read(self) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            before = time.monotonic()
            ready = selector.select(max(self.left, 0))
            self.left -= time.monotonic() - before
        if not ready:
            raise FileRefused(_MESSAGES["slow"])
        return os.read(self.process.stdout.fileno(), 1 << 20)

    def rows(self) -> Iterator[tuple[int, list]]:
        """Yield (row number, cells) until the end mark; raise FileRefused when the child gives up."""
        while True:
            data = self.line()
            if isinstance(data, list):
                yield from data
            elif "error" in data:
                raise FileRefused(_MESSAGES[data["error"]])
            else:
                return


@contextlib.contextmanager
def _slot() -> Iterator[None]:
    """Hold one of the machine's places for a reading child; raise FileRefused when none gets free."""
    deadline = time.monotonic() + SLOT_WAIT_SECONDS
    folder = Path(tempfile.gettempdir()) / f"danvan-readers-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    while True:
        for number in range(SLOTS):
            handle = open(folder / str(number), "w")  # noqa: SIM115 - held until the child is done
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
                continue
            try:
                yield
            finally:
                handle.close()
            return
        if time.monotonic() > deadline:
            raise FileRefused(_MESSAGES["busy"])
        time.sleep(0.1)
