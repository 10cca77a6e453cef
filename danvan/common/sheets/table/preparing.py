"""Cells between the reader and whoever judges them: old encodings, error cells, dates, merged cells.

What a cell shows is kept apart from what it holds. A cell that cannot be taken as it stands becomes a
Problem; what its owner may decide is a question, what the owner should only know is a notice.
"""

from collections.abc import Callable, Iterable, Mapping

from danvan.common.sheets import cells
from danvan.common.sheets.addresses import column_letter
from danvan.common.sheets.columns import Column, Problem
from danvan.common.sheets.formats import DATE, MOMENT, MONTH, YEARLESS
from danvan.common.sheets.legacy import DECODERS, is_broken
from danvan.common.sheets.reader import Workbook
from danvan.common.sheets.table.blocks import WHOSE
from danvan.common.sheets.table.layout import Table, bad_by_row
from danvan.common.sheets.table.questions import Question
from danvan.common.sheets.table.suspicions import AS_SHOWN, MENDED, Suspicion, suspicion_of
from danvan.common.text import clean_line, search_key

_LATE = 1462  # days between the two beginnings Excel counts from
_DAYS = (DATE, MOMENT, MONTH, YEARLESS)
_HEARD = (str, float, int)
_QUOTED = 5  # cells of a column that are quoted in a notice

Step = Callable[[int, dict, Mapping[int, str]], None]


class Preparation:
    """Prepares the rows of one table. Only the steps its file needs are taken."""

    def __init__(
        self,
        workbook: Workbook,
        table: Table,
        columns: Iterable[Column],
        answers: Mapping[str, str],
        *,
        convert: bool,
    ) -> None:
        self.book, self.table, self.answers, self.convert = workbook, table, answers, convert
        self.columns = {column.key: column for column in columns}
        self.choices = {
            key: set(map(search_key, column.choices)) for key, column in self.columns.items()
        }
        self.bad = bad_by_row(workbook.bad)
        self.dated: dict[str, list[str]] = {}
        self.counted: dict[str, list[str]] = {}
        self.encodings: dict[str, None] = {}
        self.suspicions: dict[str, Suspicion] = {
            key: found
            for index, key in table.columns.items()
            if (column := self.columns.get(key)) and (found := suspicion_of(column, index, answers))
        }
        self.steps = list(self._steps())

    def _steps(self) -> Iterable[Step]:
        sheet = self.book.sheet
        if self.book.judged:
            yield self._encoding
        if self.book.late and any(column.is_day for column in self.columns.values()):
            yield self._late_days
        if self.suspicions:
            yield self._listen
        if any(map(self._is_text, self.table.keys_in(sheet.dates | sheet.numbers))):
            yield self._texts
        if self.table.wide:
            yield self._wide
        if self.bad:
            yield self._errors

    def _is_text(self, key: str) -> bool:
        """Return whether a column holds free text, where a number or a day is a surprise."""
        column = self.columns.get(key)
        if column is None or column.choices or key in WHOSE:
            return False
        return column.fmt in ("", "@") and column.widget.read is not cells.as_code

    def _is_day(self, key: str) -> bool:
        return key in self.columns and self.columns[key].is_day

    def prepare(self, rows: list[tuple[int, dict]]) -> None:
        """Change the cells of `rows` in place."""
        if not self.steps:
            return
        for number, row in rows:
            places = self.table.columns_at(number)
            for step in self.steps:
                step(number, row, places)

    # -- the steps -----------------------------------------------------------------------------------

    def _encoding(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        """Convert what was typed in an old encoding, or say that it was; lists are Unicode already."""
        for index, key in places.items():
            cell = row[key]
            if cell.__class__ is not str or cell.isascii():
                continue
            encoding, read = self._reading(number, index, key, cell)
            if read == cell:
                continue
            self.encodings[encoding] = None
            if self.convert and not is_broken(read):
                row[key] = read
            else:
                row[key] = Problem(key, _encoded(encoding, read), clean_line(cell))

    def _reading(self, number: int, index: int, key: str, cell: str) -> tuple[str, str]:
        """Return how a cell reads and in which encoding; a word of the list is known by the list."""
        if choices := self.choices.get(key):
            if search_key(cell) not in choices:
                for name, decode in DECODERS.items():
                    if search_key(read := decode(cell)) in choices:
                        return name, read
            return "", cell
        judgement = self.book.judged.get(index)
        if judgement is None:
            return "", cell
        return judgement.encoding, judgement.read(
            cell, capitals=(number, index) in self.book.capitals
        )

    def _late_days(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        """Bare serial numbers of days are counted from 1904 in this workbook."""
        for key in places.values():
            if self._is_day(key) and isinstance(row[key], float):
                row[key] += _LATE

    def _listen(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        """Let the columns under suspicion hear their cells; what was met before is known."""
        for key, suspicion in self.suspicions.items():
            cell = row[key]
            if cell == "" or cell.__class__ not in _HEARD:
                continue
            if cell not in suspicion.known:
                suspicion.hear(number, cell)
            row[key] = suspicion.known[cell]

    def _texts(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        """Notice days and numbers in columns of text: Excel makes them of "5/12" and "007"."""
        for index, key in places.items():
            cell = row[key]
            if cell.__class__ is str and not cell.startswith(_DAYS):
                continue
            if cell is None or not self._is_text(key) or isinstance(cell, Problem):
                continue
            quoted = f"{column_letter(index)}{number} “{cells.shown(cell)}”"
            if cell.__class__ is not str:
                _note(self.counted, key, quoted)
                continue
            _note(self.dated, key, quoted)
            if self._day_question(key).answered(self.answers) != AS_SHOWN:
                row[key] = Problem(key, _DAY_IN_TEXT, cells.shown(cell))

    def _wide(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        index, area = self.table.wide.get(number, (-1, ""))
        if index in places:
            message = f"Ô gộp {area} chiếm nhiều cột. Vui lòng bỏ gộp và nhập từng ô."
            row[places[index]] = Problem(places[index], message, cells.shown(row[places[index]]))

    def _errors(self, number: int, row: dict, places: Mapping[int, str]) -> None:
        for problem in self.problems(number, places):
            row[problem.key] = problem

    def problems(self, number: int, places: Mapping[int, str]) -> list[Problem]:
        """Return the problems of the error cells in row `number`, taking them off the list."""
        found = []
        for index, what in self.bad.pop(number, {}).items():
            if index in places:
                message = _NO_RESULT if what == "=" else _ERROR.format(what)
                shown = cells.NO_RESULT if what == "=" else what
                found.append(Problem(places[index], message, shown))
        return found

    # -- what is asked and told ----------------------------------------------------------------------

    def _day_question(self, key: str) -> Question:
        letter = self.table.letters.get(key, "")
        quoted = ", ".join(self.dated[key][:_QUOTED])
        return Question(
            f"ngay-{letter}",
            f"Cột {letter} “{self.columns[key].heading}” là cột chữ nhưng có ô là ngày ({quoted}). Có thể "
            "Excel đã đổi số văn bản như “5/12” thành ngày. Ghi thế nào?",
            (
                (AS_SHOWN, "Ghi đúng như ô đang hiện"),
                (MENDED, "Không ghi: tôi sẽ định dạng cột là Text và gõ lại"),
            ),
        )

    def questions(self) -> list[Question]:
        """Return what the rows gave to ask about, answered or not."""
        doubts = (q for suspicion in self.suspicions.values() for q in suspicion.questions())
        return [*(self._day_question(key) for key in self.dated), *doubts]

    def notices(self) -> list[str]:
        """Return what the owner should know of the cells that were read."""
        return [
            f"Cột “{self.columns[key].heading}” là cột chữ nhưng có ô là số: {', '.join(quoted[:_QUOTED])}"
            f"{'…' if len(quoted) > _QUOTED else ''}. Số 0 ở đầu, nếu có, đã bị Excel bỏ."
            for key, quoted in self.counted.items()
        ]


_DAY_IN_TEXT = (
    "Ô này là ngày, không phải chữ: có thể Excel đã đổi. Trả lời câu hỏi về cột này, hoặc định dạng ô là "
    "Text rồi gõ lại."
)
_NO_RESULT = "Công thức chưa có kết quả. Mở tệp bằng Excel, bấm Ctrl+Alt+F9 rồi lưu lại."
_ERROR = "Ô có lỗi {}. Vui lòng sửa công thức hoặc nhập giá trị."


def _note(found: dict[str, list[str]], key: str, quoted: str) -> None:
    listed = found.setdefault(key, [])
    if len(listed) <= _QUOTED:
        listed.append(quoted)


def _encoded(encoding: str, read: str) -> str:
    """Return what is wrong with a cell typed in an old encoding."""
    if is_broken(read):
        return (
            f"Chữ gõ bằng bảng mã {encoding} và đã mất ký tự, không đọc lại được. Vui lòng gõ lại."
        )
    return (
        f"Chữ gõ bằng bảng mã {encoding}, đọc được là “{clean_line(read)[:80]}”. "
        "Chọn “Chuyển mã sang Unicode” nếu đọc đúng, hoặc gõ lại."
    )
