"""Open a checked workbook in a child process with limits and hand over its rows.

At most two children run at a time on the machine, each with its own memory, CPU and waiting limit. A page
waits for them for less than the proxy waits for the page, a command for its turn. Whatever the file does to
the child, the caller gets FileRefused with a sentence.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from danvan.common.children import TURN_SECONDS, ChildStopped, LimitedChild, place_for
from danvan.common.ops.databases import is_command
from danvan.common.sheets.cells import CellValue
from danvan.common.sheets.legacy import Judgement
from danvan.common.sheets.precheck import MB, WORKBOOKS, FileRefused
from danvan.common.sheets.table.blocks import ReadSheet

MAX_ROWS = 110_000
MAX_COLUMNS = 400
MEMORY = 1200 * MB
CPU_SECONDS = 40
WAIT_SECONDS = 45
SLOTS = 2
SLOT_WAIT_SECONDS = 10
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
    """What the child said of the workbook: its sheets, what the chosen one hides, and its rows.

    `rows` yields (row number, cells) once; a cell is "", text, a number, True/False or marked text for
    dates (danvan.common.sheets.cells understands all). `bad` maps an address to the error seen there,
    `judged` a column to the encoding it was typed in, `capitals` are cells in a font of capitals; `late`
    says that days are counted from 1904.
    """

    sheet: ReadSheet
    sheets: list[ReadSheet]
    late: bool = False
    bad: dict[str, str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    capitals: set[tuple[int, int]] = field(default_factory=set)
    judged: dict[int, Judgement] = field(default_factory=dict)
    rows: Iterator[tuple[int, list[CellValue]]] = field(default_factory=lambda: iter(()))


@contextlib.contextmanager
def open_workbook(
    path: str | os.PathLike[str],
    name: str,
    *,
    headings: Collection[str],
    codes: Collection[str],
    choose: Callable[[list[ReadSheet]], ReadSheet],
    check_marker: Callable[[str], object],
) -> Iterator[Workbook]:
    """Check and open the workbook at `path`; yields a Workbook whose rows are read as asked for.

    `headings` are folded (search_key), `codes` are those a heading may begin with. `choose` says which
    sheet to read and may raise. `check_marker` is given the template's hidden mark ("" without one) and
    may raise. Raises FileRefused.
    """
    WORKBOOKS.check(path, name)
    waits_for_turn, waits_for_file = SLOT_WAIT_SECONDS, WAIT_SECONDS
    if is_command():
        waits_for_turn, waits_for_file = TURN_SECONDS, 2 * WAIT_SECONDS
    request = {
        "path": os.fspath(path),
        "headings": sorted(headings),
        "codes": sorted(codes),
        "memory": MEMORY,
        "cpu": CPU_SECONDS,
        "rows": MAX_ROWS,
        "columns": MAX_COLUMNS,
    }
    try:
        with (
            place_for("readers", SLOTS, waits_for_turn),
            _Child("danvan.common.sheets.child", request, waits_for_file) as child,
        ):
            about = child.answer()
            check_marker(about["marker"])
            sheets = [_sheet(told) for told in about["sheets"]]
            chosen = choose(sheets)
            child.ask({"sheet": chosen.name})
            told = child.answer()
            yield Workbook(
                sheet=chosen,
                sheets=sheets,
                late=about["late"],
                bad=dict(told["bad"]),
                hidden=told["hidden"],
                hidden_columns=told["columns"],
                capitals={(row, column) for row, column in told["capitals"]},
                judged={index: Judgement(*rest) for index, *rest in told["judged"]},
                rows=child.rows(),
            )
    except ChildStopped as stop:  # by a line that the caller's block asked for, too
        raise FileRefused(_MESSAGES[stop.reason]) from stop


def _sheet(told: dict) -> ReadSheet:
    """Return what the child told of a sheet; its JSON has lists for all that is not one."""
    shapes = {"near": dict, "sides": dict, "dates": set, "numbers": set, "texts": set}
    return ReadSheet(**told | {name: shape(told[name]) for name, shape in shapes.items()})


class _Child(LimitedChild):
    """The child process that reads a workbook."""

    def answer(self) -> dict:
        """Return the next line; raise FileRefused when it says that the file cannot be read."""
        about = self.line()
        if not isinstance(about, dict) or "error" in about:
            raise FileRefused(_MESSAGES[about["error"] if isinstance(about, dict) else "broken"])
        return about

    def rows(self) -> Iterator[tuple[int, list[CellValue]]]:
        """Yield (row number, cells) until the end mark; raise FileRefused when the child gives up."""
        while True:
            data = self.line()
            if isinstance(data, list):
                yield from data
            elif "error" in data:
                raise FileRefused(_MESSAGES[data["error"]])
            else:
                return
