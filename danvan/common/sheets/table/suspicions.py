"""What only a whole column tells: days whose month and day Excel swapped, hundredths where points are asked.

Each kind hears the cells of one column, says at the end whether its owner has to be asked, and mends the
cells once the owner said so.
"""

import re
from collections.abc import Iterable, Mapping

from danvan.common.sheets.addresses import column_letter
from danvan.common.sheets.cells import CellValue, day_of, shown
from danvan.common.sheets.columns import Column, Problem
from danvan.common.sheets.formats import DATE, PERCENT, YEARLESS
from danvan.common.sheets.table.questions import Question

AS_SHOWN, MENDED = "nhu-o", "sua"
_SWAPPED, _HUNDREDTHS = "dao", "phan-tram"
_YEAR, _ORDER, _SCALE = "nam", "ngay-thang", "phan-tram"  # what is asked of a column
_QUOTED = 3
_DAY = re.compile(r"^\s*(\d{1,2})\s*([/.\-])\s*(\d{1,2})\s*[/.\-]\s*(\d{4})\s*$")
_FRACTION = re.compile(r"^\s*(?:0[.,]\d+|1)\s*$")


class Suspicion:
    """One column under suspicion; `letter` says where it stands."""

    def __init__(self, column: Column, index: int, answers: Mapping[str, str]) -> None:
        self.column, self.letter, self.answers = column, column_letter(index), answers
        self.met: dict[CellValue, int] = {}  # cell → the first row that says it
        self.known: dict[CellValue, CellValue] = {}  # cell → what it stands for

    def hear(self, number: int, cell: CellValue) -> None:
        """Take the cell of row `number`, not met before: what it stands for is known then."""
        self.met[cell] = number
        self.known[cell] = self._read(cell)

    def _read(self, cell: CellValue) -> CellValue:
        """Return `cell` as the answers say it is to be read."""
        raise NotImplementedError

    def questions(self) -> Iterable[Question]:
        """Yield what is to be asked, answered or not."""
        raise NotImplementedError

    def _quoted(self, cells: Iterable[CellValue]) -> str:
        places = sorted((self.met[cell], cell) for cell in cells)
        listed = ", ".join(f"{self.letter}{row} “{shown(cell)}”" for row, cell in places[:_QUOTED])
        return listed + ("…" if len(places) > _QUOTED else "")

    def _ask(self, what: str, text: str, options: tuple[tuple[str, str], ...]) -> Question:
        head = f"Cột {self.letter} “{self.column.heading}”"
        return Question(f"{what}-{self.letter}", f"{head} {text}", options)

    def _answer(self, what: str) -> str | None:
        return self.answers.get(f"{what}-{self.letter}")


class Days(Suspicion):
    """A column of days: 5/12 typed into an English Excel is May the 12th, and 25/12 stays text."""

    def _read(self, cell: CellValue) -> CellValue:
        if cell.__class__ is str and cell.startswith(YEARLESS):
            if self._answer(_YEAR) != AS_SHOWN:
                message = (
                    "Ô chỉ hiện ngày, tháng; năm có thể do Excel tự thêm. Vui lòng nhập cả năm."
                )
                return Problem(self.column.key, message, shown(cell))
            cell = DATE + cell[2:12]
        if self._answer(_ORDER) != _SWAPPED:
            return cell
        if day := day_of(cell):
            return f"{DATE}{day:%Y-%d-%m}" if day.day <= 12 else cell
        if typed := _typed(cell):
            first, second, year = typed
            return f"{second}/{first}/{year}" if first <= 12 else cell
        return cell

    def questions(self) -> Iterable[Question]:
        yearless = [c for c in self.met if c.__class__ is str and c.startswith(YEARLESS)]
        if yearless:
            years = ", ".join(sorted({cell[2:6] for cell in yearless}))
            yield self._ask(
                _YEAR,
                f"có ô chỉ hiện ngày, tháng ({self._quoted(yearless)}). Excel ghi là năm {years}. Có đúng "
                "năm không?",
                ((AS_SHOWN, f"Đúng: năm {years}"), (MENDED, "Chưa đúng: tôi sẽ nhập cả năm")),
            )
        if doubtful := self._doubtful():
            first = min(doubtful, key=self.met.__getitem__)
            day, month, year = doubtful[first]
            yield self._ask(
                _ORDER,
                "có ô ghi ngày trước, có ô ghi tháng trước; Excel có thể đã đổi chỗ ngày và "
                f"tháng ({self._quoted(doubtful)}). Ô {self.letter}{self.met[first]} là ngày nào?",
                (
                    (AS_SHOWN, f"Ngày {day} tháng {month} năm {year}: ghi như ô đang hiện"),
                    (_SWAPPED, f"Ngày {month} tháng {day} năm {year}: đổi lại các ô như vậy"),
                ),
            )

    def _doubtful(self) -> dict[CellValue, tuple[int, int, int]]:
        """Return the days that may be swapped, as day, month and year; none where the column is of one kind."""
        typed = {cell: parts for cell in self.met if (parts := _typed(cell))}
        true = {cell: day for cell in self.met if (day := day_of(cell))}
        either = {cell: p for cell, p in typed.items() if max(p[:2]) <= 12}
        month_first = any(second > 12 for _, second, _ in typed.values())
        low = {cell: (day.day, day.month, day.year) for cell, day in true.items()}
        if any(day > 12 for day, *_ in low.values()):
            low = {}  # Excel read them the way they were typed
        found = {}
        if month_first:
            found = {**either, **low}
        elif typed and not either:
            found = low  # what Excel could read as a day it did, the rest it left as text
        return {cell: parts for cell, parts in found.items() if parts[0] != parts[1]}


class Points(Suspicion):
    """A column that counts in hundredths: 0,95 without a percent format is 95 to some, 0,95 to others."""

    def _read(self, cell: CellValue) -> CellValue:
        if self._answer(_SCALE) == _HUNDREDTHS and _is_fraction(cell):
            return f"{PERCENT}{str(cell).strip().replace(',', '.')}"
        return cell

    def questions(self) -> Iterable[Question]:
        if found := [cell for cell in self.met if _is_fraction(cell)]:
            yield self._ask(
                _SCALE,
                f"tính theo thang 100 nhưng có ô không quá 1 ({self._quoted(found)}). "
                "0,95 là 0,95 hay là 95?",
                ((AS_SHOWN, "Ghi đúng như trong ô"), (_HUNDREDTHS, "Nhân với 100: 0,95 là 95")),
            )


def _typed(cell: CellValue) -> tuple[int, int, int] | None:
    """Return the numbers of a day typed as text, in their order."""
    found = _DAY.match(cell) if cell.__class__ is str else None
    return (int(found[1]), int(found[3]), int(found[4])) if found else None


def _is_fraction(cell: CellValue) -> bool:
    if cell.__class__ is str:
        return bool(_FRACTION.match(cell))
    return cell is not None and 0 < cell <= 1


def suspicion_of(column: Column, index: int, answers: Mapping[str, str]) -> Suspicion | None:
    """Return how the cells of `column` are listened to, None where there is nothing to suspect."""
    if column.widget.percent:
        return Points(column, index, answers)
    return Days(column, index, answers) if column.is_day else None
