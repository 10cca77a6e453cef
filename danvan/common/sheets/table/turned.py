"""Sheets that list their columns downwards: an indicator in each line, a unit or the own figures across.

Offices keep yearly figures this way. The lines are turned into rows of the ordinary kind: one for each
column of figures, its number being the place of that column. Which column is meant is asked unless there is
only one and nothing about its heading is doubtful.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from danvan.common.sheets import cells
from danvan.common.sheets.addresses import column_letter, split_address, spoken
from danvan.common.sheets.cells import CellValue, is_blank, shown
from danvan.common.sheets.columns import Problem
from danvan.common.sheets.formats import MARK
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.account import Account, shorten
from danvan.common.sheets.table.blocks import WHOSE, Block, ReadSheet, texts_of
from danvan.common.sheets.table.headings import Fit
from danvan.common.sheets.table.layout import Table, WantedTable
from danvan.common.sheets.table.lines import TableLine, is_numbering
from danvan.common.sheets.table.questions import SKIP, Question, about_hidden
from danvan.common.text import clean_line, search_key

FEWEST = 3  # headings down a column that make a sheet of this kind
_ASIDE = re.compile(
    r"(stt|tt|so tt|dvt|don vi tinh|ghi chu|dien giai|ma|ma chi tieu|ma so|(ten |noi dung )?chi tieu|noi dung)"
)
_FIGURES = re.compile(
    r"(ket qua|so lieu|thuc hien|so luong|gia tri|tri so|tong so|ket qua thuc hien|so lieu bao cao|bao cao)?"
    r"( ?(trong )?(nam|ky)( bao cao)?)?( ?(?P<year>(19|20)\d\d))?"
)


@dataclass
class TurnedLine:
    """A line of such a sheet: the column it stands for, in the ordinary sense."""

    number: int
    fit: Fit
    label: str
    cells: list[CellValue]


@dataclass
class Turned(Table):
    """The rows made of a sheet's columns; `places` tells in which line a key stands."""

    places: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, dict]] = field(default_factory=list)

    @property
    def keys(self) -> set[str]:
        return {key for _, row in self.rows for key, cell in row.items() if not is_blank(cell)}

    def columns_at(self, number: int) -> dict[int, str]:
        return {}


def is_turned(sheet: ReadSheet) -> bool:
    """Return whether enough headings stand down a column of `sheet`, and figures beside them."""
    return max(sheet.sides.values(), default=0) >= FEWEST and len(sheet.numbers | sheet.texts) > 1


class Turning:
    """Turns one sheet; the answers of its owner say what cannot be known."""

    def __init__(
        self,
        sheet: ReadSheet,
        rows: Iterable[tuple[int, list[CellValue]]],
        wanted: WantedTable,
        answers: Mapping[str, str],
        unseen: Iterable[int] = (),
    ) -> None:
        self.sheet, self.wanted, self.answers = sheet, wanted, answers
        self.unseen = set(unseen)  # columns that are hidden
        self.account = Account(sheet)
        self.questions: list[Question] = []
        self.side = max(sheet.sides, key=lambda index: (sheet.sides[index], -index))
        self.above: list[tuple[int, list[CellValue]]] = []
        self.lines: list[TurnedLine] = []
        self.strange: list[tuple[int, list[CellValue]]] = []
        for number, found in rows:
            self._sort(number, found)

    def _sort(self, number: int, found: list[CellValue]) -> None:
        fit, label = self._fit(found)
        if fit.keys:
            self.lines.append(TurnedLine(number, fit, label, found))
        elif not self.lines:
            self.above.append((number, found))
        else:
            self.strange.append((number, found))
            self.account.skip(number, "không phải dòng chỉ tiêu", found)

    def _fit(self, found: list[CellValue]) -> tuple[Fit, str]:
        """Return what a line stands for: by its code, else by its name; both where they contradict."""
        best, label = Fit(), ""
        fits: list[Fit] = []
        for index in sorted(self.sheet.sides, key=lambda i: i != self.side):
            cell = found[index] if index < len(found) else ""
            if not isinstance(cell, str) or cell[:1] == MARK or is_blank(cell):
                continue
            fit = self.wanted.headings.fit(cell)
            if WHOSE.issuperset(fit.keys):
                continue
            if not best.sure and (fit.sure or not best.keys):
                best, label = fit, label or clean_line(cell)
            fits.append(fit)
        for fit in fits:
            if fit.keys and not set(best.keys) & set(fit.keys):
                return Fit((*best.keys, *fit.keys)), label
        return best, label

    def table(self, hidden: Iterable[int], bad: Mapping[str, str]) -> Turned:
        """Return the rows as a table; raises FileRefused where a line stands twice."""
        self._settle_lines()
        self._leave_hidden(set(hidden))
        columns = self._columns()
        self._ask_about_strange(columns)
        places: dict[str, int] = {}
        for line in self.lines:
            key = line.fit.keys[0]
            if key in places:
                raise FileRefused(
                    f"Dòng {places[key]} và dòng {line.number} cùng chỉ tiêu “{shorten(line.label)}”. "
                    "Vui lòng xóa bớt một dòng."
                )
            places[key] = line.number
        first = next((number for number, _ in self._heads()), 0)
        block = Block(first, first, {}, {}, {})
        wrong = {split_address(address): what for address, what in bad.items()}
        wide = self._merged(columns)
        rows = [(index + 1, self._row(index, unit, wrong, wide)) for index, unit in columns.items()]
        table = Turned(self.sheet, [block], {}, self.questions, self.account, places=places)
        table.rows = rows
        self.sheet.near.update(self.above)
        letters = ", ".join(
            f"{column_letter(index)}{' (ẩn)' * (index in self.unseen)}" for index in columns
        )
        listed = spoken(line.number for line in self.lines)
        self.account.said.append(f"Chỉ tiêu ghi theo dòng ({listed}); số liệu ở cột {letters}.")
        return table

    def _ask_about_strange(self, columns: Iterable[int]) -> None:
        """Ask about lines with figures that are no indicators: they may only be called another way."""
        lost = {
            number: found
            for number, found in self.strange
            if any(index < len(found) and _is_figure(found[index]) for index in columns)
            and not TableLine(found).is_total
        }
        if not lost:
            return
        names = (max((shown(c) for c in found), key=len) for found in lost.values())
        quoted = ", ".join(f"“{shorten(clean_line(name))}”" for name in itertools.islice(names, 3))
        text = f"Dòng {spoken(lost, 40)} có số liệu nhưng không phải chỉ tiêu trong danh mục ({quoted})."
        options = (("bo", "Đúng: không dùng các dòng này"),)
        self.questions.append(Question("dong-la", f"{text} Bỏ qua các dòng này?", options))

    def _merged(self, columns: Iterable[int]) -> dict[tuple[int, int], str]:
        """Return the cells of figures that are merged with others: row and column → the area."""
        found = {}
        numbers = [line.number for line in self.lines]
        for top, left, bottom, right in self.sheet.merged:
            inside = [
                (number, index)
                for number in numbers
                for index in columns
                if top <= number <= bottom and left <= index <= right
            ]
            if len(inside) > 1:
                area = f"{column_letter(left)}{top}:{column_letter(right)}{bottom}"
                found.update(dict.fromkeys(inside, area))
        return found

    def _row(self, index: int, unit: tuple[str, str], wrong: Mapping, wide: Mapping) -> dict:
        row: dict = {"unit": unit[0], "unit_name": unit[1]}
        for line in self.lines:
            key = line.fit.keys[0]
            cell = line.cells[index] if index < len(line.cells) else ""
            if what := wrong.get((line.number, index)):
                cell = Problem(key, f"Ô có lỗi {what}. Vui lòng nhập giá trị.", cells.NO_RESULT)
            elif area := wide.get((line.number, index)):
                message = f"Ô gộp {area} là của nhiều chỉ tiêu. Vui lòng bỏ gộp và nhập từng ô."
                cell = Problem(key, message, shown(cell))
            row[key] = cell
        return row

    def _settle_lines(self) -> None:
        """Ask about lines that stand for several indicators or carry words that may change them."""
        kept = []
        for line in self.lines:
            if line.fit.sure:
                kept.append(line)
                continue
            names = self.wanted.names
            options = [(key, f"Là “{names[key]}”") for key in line.fit.keys if key in names]
            doubt = line.fit.doubt
            extra = f" có thêm “{doubt}”" if doubt else " có thể là nhiều chỉ tiêu"
            question = Question(
                f"dong-{line.number}",
                f"Dòng {line.number} “{shorten(line.label)}”{extra}. Là chỉ tiêu nào?",
                (*options, (SKIP, "Không dùng dòng này")),
            )
            self.questions.append(question)
            if (answer := question.answered(self.answers)) and answer != SKIP:
                kept.append(TurnedLine(line.number, Fit((answer,)), line.label, line.cells))
            else:
                self.account.skip(line.number, "dòng chưa rõ hoặc không dùng", line.cells)
        self.lines = kept

    def _leave_hidden(self, hidden: set[int]) -> None:
        rows = [line.number for line in self.lines if line.number in hidden]
        if not rows:
            return
        question = about_hidden(self.sheet.name, rows)
        self.questions.append(question)
        if question.answered(self.answers) == "bo":
            self.lines = [line for line in self.lines if line.number not in hidden]

    def _columns(self) -> dict[int, tuple[str, str]]:
        """Return the columns of figures to read, each with code and name of its unit, blank for the own."""
        headed = {
            index: self._heading(index)
            for index in sorted({i for line in self.lines for i in range(len(line.cells))})
            if index not in self.sheet.sides
        }
        able = {index: text for index, text in headed.items() if self._has_figures(index, text)}
        named = {index: self.wanted.naming(text) for index, text in able.items()}
        units = {
            index: (code, "" if able[index] == code else able[index])
            for index, code in named.items()
            if code is not None
        }
        if units:
            units = self._settle_units(units, able)
            for index in sorted(able.keys() - units.keys()):
                self._leave(index, able[index])
            return units
        plain = [index for index, text in able.items() if self._is_plain(text)]
        if len(able) == 1 and plain and not self.unseen & able.keys():
            return dict.fromkeys(plain, ("", ""))
        if not able:
            raise FileRefused(
                f"Trang “{self.sheet.name}” có chỉ tiêu nhưng chưa có cột số liệu nào."
            )
        return self._asked(able)

    def _settle_units(
        self, units: Mapping[int, tuple[str, str]], texts: Mapping[int, str]
    ) -> dict[int, tuple[str, str]]:
        """Ask about columns whose heading says more than whose they are: a plan, another year."""
        kept = {}
        for index, unit in units.items():
            text, letter = texts[index], column_letter(index)
            heads = self.wanted.headings
            if not heads.changes(text) or self.wanted.naming(heads.unchanged(text)) != unit[0]:
                kept[index] = unit
                continue
            question = Question(
                f"cot-{letter}",
                f"Cột {letter} “{shorten(text)}” có thêm chữ ngoài tên đơn vị. Có dùng cột này không?",
                (("dung", "Có: là số liệu cần nhập"), (SKIP, "Không dùng cột này")),
            )
            self.questions.append(question)
            if question.answered(self.answers) == "dung":
                kept[index] = unit
        return kept

    def _asked(self, able: Mapping[int, str]) -> dict[int, tuple[str, str]]:
        options = []
        for index, text in able.items():
            letter, hidden = column_letter(index), " (đang ẩn)" * (index in self.unseen)
            named = f"Cột {letter} “{shorten(text) or 'không tiêu đề'}”{hidden}"
            options.append((letter, named))
        question = Question(
            "cot-so-lieu",
            f"Trang “{self.sheet.name}” ghi chỉ tiêu theo dòng. Số liệu cần nhập ở cột nào?",
            tuple(options),
        )
        self.questions.append(question)
        answer = question.answered(self.answers)
        for index, text in able.items():
            if column_letter(index) != answer:
                self._leave(index, text)
        return {index: ("", "") for index in able if column_letter(index) == answer}

    def _leave(self, index: int, text: str) -> None:
        self.account.left_columns.append(f"{column_letter(index)} “{shorten(text)}”")

    def _has_figures(self, index: int, heading: str) -> bool:
        if _ASIDE.fullmatch(search_key(heading)):
            return False
        found = [line.cells[index] for line in self.lines if index < len(line.cells)]
        found = [cell for cell in found if not is_blank(cell)]
        return bool(found) and not (index < self.side and _only_number(found))

    def _heads(self) -> list[tuple[int, list[CellValue]]]:
        """Return the lines above the first one that head columns: no title, group or numbering."""
        return [
            (number, found)
            for number, found in self.above
            if len(texts_of(found) or ()) > 1
            and not (is_numbering(found) or TableLine(found).is_group)
        ]

    def _heading(self, index: int) -> str:
        """Return the heading of a column: the words above the first line, from the top down."""
        texts = []
        for _, found in self._heads()[-3:]:
            cell = found[index] if index < len(found) else ""
            if not is_blank(cell):
                texts.append(clean_line(_year_text(cell)))
        return " ".join(dict.fromkeys(texts))

    def _is_plain(self, heading: str) -> bool:
        found = _FIGURES.fullmatch(search_key(heading))
        return found is not None and found["year"] in (None, str(self.wanted.headings.year))


def _is_figure(cell: CellValue) -> bool:
    """Return whether a cell says a number, by itself or in words."""
    return not is_blank(cell) and (not isinstance(cell, str) or any(map(str.isdigit, cell)))


def _only_number(found: list[CellValue]) -> bool:
    """Return whether cells only number their lines: 1, 2, 3."""
    texts = [_year_text(cell).strip(". ") for cell in found]
    numbers = [int(text) for text in texts if text.isdigit()]
    return len(numbers) == len(texts) and numbers == sorted(set(numbers)) and max(numbers) < 1000


def _year_text(cell: CellValue) -> str:
    """Return a heading cell as text; a year is 2024, not 2.024."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else shown(cell)
