"""Whose a row is when a sheet writes names: the name beside a code, a name without one, a title above rows.

A name that contradicts is an error. A name nobody knows ("Chi bộ 2") is asked about once for the file.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from danvan.common.sheets import cells
from danvan.common.sheets.columns import Problem
from danvan.common.sheets.table.blocks import NAMES_IN, YES
from danvan.common.sheets.table.layout import GROUP
from danvan.common.sheets.table.questions import SKIP, Question
from danvan.imports.targets import Around
from danvan.units.models import AdministrativeUnit
from danvan.units.naming import Gazetteer

UNIT, NAME = "unit", "unit_name"
_OWN, _WRONG = "cua-don-vi", "sua"
_QUOTED = 5


def known_code(
    cell: Any, known: Container[str], only: str | None, where: str = ""
) -> str | Problem:
    """Return the code of `known` that a cell says, `only` for a blank one where there is no other."""
    if isinstance(cell, Problem):
        return cell
    try:
        code = cells.as_code(cell)
    except cells.CellProblem as problem:
        return Problem(UNIT, str(problem), cells.shown(cell))
    if not code:
        return only or Problem(UNIT, "Vui lòng nhập mã đơn vị.")
    for written in (code, code.lstrip("0")):
        if written in known:
            return written
    message = f"Mã “{code[:20]}” không phải đơn vị anh/chị được nhập{where}."
    return Problem(UNIT, message, cells.shown(cell))


class Identity:
    """Holds the names of a file against the units its person may write for.

    `only` is the unit of a row that names none, where its person has one; else it is the single one.
    """

    def __init__(
        self,
        units: Iterable[AdministrativeUnit],
        answers: Mapping[str, str],
        *,
        only: str | None = None,
    ) -> None:
        self.names: dict[str, str] = {}
        for unit in units:
            self.names[unit.code] = unit.place_name
        self.only = only or (next(iter(self.names)) if len(self.names) == 1 else "")
        self.answers = answers
        self.places = Gazetteer()
        self.unknown: dict[str, None] = {}
        self.assumed = False  # a row that says nothing was taken for the own unit's
        self.foreign = ""  # what the last row that says whose it is says, unless it is the own

    def name_in(self, row: Mapping) -> str:
        """Return the name a row goes by: the one beside it, else the place in the title it stands under."""
        cell = row.get(NAME, "")
        if isinstance(cell, Problem):
            return ""
        if not cells.is_blank(cell):
            return cells.shown(cell)
        group = row.get(GROUP, "")
        return group if group and self.places.mentions(group) else ""

    def code_of(self, name: str) -> str:
        """Return the code of the one unit among the person's that `name` stands for, "" for none or several."""
        found = (self._codes(name) or frozenset()) & self.names.keys()
        return next(iter(found)) if len(found) == 1 else ""

    def naming(self, heading: str) -> str | None:
        """Return the code of the person's unit that a heading names, "" for another place, None for none."""
        first = heading.split(None, 1)[0].strip(":.-") if heading.strip() else ""
        if first in self.names:
            return first
        return self.code_of(heading) if self._codes(heading) else None

    def _codes(self, name: str) -> frozenset[str] | None:
        """Return the codes a name stands for; a title's place is looked for inside it."""
        codes = self.places.codes(name)
        if codes:
            return codes
        mentioned = [found for _, found in self.places.mentions(name)]
        return frozenset.union(*mentioned) if mentioned else codes

    def problem(self, code: str, name: str) -> Problem | None:
        """Return what is wrong with `name` beside the unit `code`; None when they agree."""
        codes = self._codes(name)
        if codes is None or code in codes:
            return None
        own = self.names.get(code, code)
        if codes:
            message = f"Tên “{name[:60]}” không phải của đơn vị mã {code} ({own}). Vui lòng xem lại mã và tên."
            return Problem(NAME, message, name)
        self.unknown.setdefault(name[:60])
        if self._question().answered(self.answers) == _OWN:
            return None
        message = f"“{name[:60]}” không phải tên đơn vị đã biết; dòng này sẽ được ghi cho {own}."
        return Problem(NAME, f"{message} Vui lòng trả lời câu hỏi về các tên này.", name)

    def resolve(self, cell: Any, row: Mapping) -> tuple[Any, Problem | None]:
        """Return the code cell a row goes by, and what its name has against it.

        A blank code is taken from the name, where that names one of the person's units only.
        """
        if isinstance(row.get(NAME), Problem):
            return cell, row[NAME]
        name = self.name_in(row)
        if isinstance(cell, Problem):
            return cell, None
        blank = cells.is_blank(cell)
        if self.only and not name and blank:
            self.assumed = True
            return cell, self._after_another() if self.foreign else None
        if self.only:
            self.foreign = self._foreign(cell, name)
        if not name:
            return cell, None
        if not blank:
            try:
                code = cells.as_code(cell)
            except cells.CellProblem:
                return cell, None
            known = code if code in self.names else code.lstrip("0")
            return cell, self.problem(known, name) if known in self.names else None
        code = self.code_of(name) or self.only
        if code:
            return code, self.problem(code, name)
        if self._codes(name):
            message = f"“{name[:60]}” không phải đơn vị anh/chị được nhập, hoặc trùng tên. Vui lòng ghi mã."
        else:
            message = f"“{name[:60]}” không phải tên đơn vị đã biết. Vui lòng ghi mã đơn vị."
        return cell, Problem(NAME if NAME in row else UNIT, message, name)

    def _foreign(self, cell: Any, name: str) -> str:
        """Return what a row says, "" where that is the person's only unit or no place."""
        codes = self._codes(name) if name else None
        if codes is not None:
            return "" if self.only in codes else name
        code = cells.shown(cell).replace(".", "").lstrip("0")
        return "" if code in ("", self.only.lstrip("0")) else code

    def _after_another(self) -> Problem:
        """Return the problem of a row that says nothing below one of another unit: cells are left out so."""
        own = self.names[self.only]
        message = f"Dòng này không ghi đơn vị, dòng trên ghi “{self.foreign[:60]}”. Vui lòng ghi rõ: {own}?"
        return Problem(UNIT, message)

    def _question(self) -> Question:
        quoted = ", ".join(f"“{name}”" for name in list(self.unknown)[:_QUOTED])
        return Question(
            "ten-don-vi",
            f"Cột tên đơn vị ghi những tên không phải đơn vị hành chính ({quoted}). Các dòng đó là của ai?",
            (
                (_OWN, "Của đơn vị theo mã (hoặc của đơn vị tôi); tên chỉ là ghi chú"),
                (_WRONG, "Chưa đúng: tôi sẽ sửa tệp"),
            ),
        )

    def spare(self, found: Mapping[str, set[str]]) -> list[Question]:
        """Return a question for each column that is not read and holds names of units."""
        asked = []
        for letter, texts in found.items():
            named = sorted(text for text in texts if self._codes(text))
            if not named or len(named) * 2 < len(texts):
                continue
            if all(self.only in (self._codes(text) or ()) for text in named):
                continue
            quoted = ", ".join(f"“{name}”" for name in named[:_QUOTED])
            asked.append(
                Question(
                    f"{NAMES_IN}{letter}",
                    f"Cột {letter} không được đọc nhưng ghi tên đơn vị ({quoted}). Mỗi dòng là của đơn vị đó?",
                    ((YES, "Đúng: đọc cột này là tên đơn vị"), (SKIP, "Không: bỏ qua cột này")),
                )
            )
        return asked

    def _spoken(self, line: str) -> list[frozenset[str]]:
        """Return the codes of the places a line speaks of, or is the name of."""
        found = [codes for _, codes in self.places.mentions(line)]
        return found or [codes for codes in (self.places.codes(line),) if codes]

    def questions(self) -> list[Question]:
        """Return the question about names nobody knows, if there were any."""
        return [self._question()] if self.unknown else []

    def around(self, around: Around) -> list[Question]:
        """Return what is to be asked when a file speaks of another place than the own of rows without any."""
        if not self.assumed:
            return []
        own = {self.only, *self.places.above[self.only]}
        lines = (around.file_name.rpartition(".")[0], around.sheet, *around.lines)
        spoken = [(line, codes) for line in lines for codes in self._spoken(line)]
        others = [line for line, codes in spoken if not codes & own]
        if not others or any(self.only in codes for _, codes in spoken):
            return []
        return [
            Question(
                "dau-bang",
                f"Tệp ghi “{others[0][:60]}” nhưng các dòng không có mã sẽ được ghi cho "
                f"{self.names[self.only]}. Có đúng không?",
                (("dung", f"Đúng, ghi cho {self.names[self.only]}"),),
            )
        ]
