"""Which sheet of a workbook is meant: the one that holds a table of the kind, never the one left open."""

from collections.abc import Collection, Mapping

from danvan.common.sheets.legacy import readings
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.blocks import Block, ReadSheet, blocks_of
from danvan.common.sheets.table.layout import WantedTable
from danvan.common.sheets.table.questions import Asked, Question
from danvan.common.sheets.table.turned import is_turned
from danvan.common.text import search_key

GUIDES = {"huong dan", "danhmuc", "danh sach loi"}  # sheets of our own that hold no data
_HIDDEN = (
    "Bảng cần nhập nằm ở một trang đang ẩn. Vui lòng bấm chuột phải vào tên trang, chọn Unhide "
    "(Hiện) rồi lưu lại."
)


class Choice:
    """Looks at the sheets once: which has a table of the kind, and why each other one is not read."""

    def __init__(
        self,
        sheets: list[ReadSheet],
        wanted: WantedTable,
        titles: Collection[str],
        answers: Mapping[str, str],
    ) -> None:
        self.sheets, self.wanted, self.answers = sheets, wanted, answers
        self.titles = set(titles)
        self.blocks = {sheet.name: blocks_of(sheet, wanted.headings) for sheet in sheets}
        self.questions: list[Question] = []
        self.turned = False
        self.sides = [
            sheet
            for sheet in sheets
            if wanted.turns and not sheet.hidden and search_key(sheet.name) not in GUIDES
            if is_turned(sheet) and not self._complete(sheet)
        ]

    def _complete(self, sheet: ReadSheet) -> list[Block]:
        missing = self.wanted.required, self.wanted.instead
        return [block for block in self.blocks[sheet.name] if not block.missing(*missing)]

    def _rows(self, sheet: ReadSheet) -> int:
        return sum(sheet.filled_rows(block.last + 1, block.end) for block in self._complete(sheet))

    def _is_titled(self, sheet: ReadSheet) -> bool:
        return any(search_key(name) in self.titles for name in readings(sheet.name))

    def sheet(self) -> ReadSheet:
        """Return the sheet to read; raises Asked where several may be meant, FileRefused for none."""
        able = [sheet for sheet in self.sheets if self._complete(sheet)]
        if not (able or self.sides):
            return self._nearest()
        chosen = self._among(able)
        self.turned = chosen in self.sides
        return chosen

    def _among(self, able: list[ReadSheet]) -> ReadSheet:
        seen = [sheet for sheet in able if not sheet.hidden]
        if not (seen or self.sides):
            raise FileRefused(_HIDDEN)
        filled = [*(sheet for sheet in seen if self._rows(sheet)), *self.sides] or seen
        titled = [sheet for sheet in filled if self._is_titled(sheet)]
        if len(filled) == 1:
            return filled[0]
        if not (self.sides or self._rows(filled[0])):
            return (titled or filled)[0]
        options = [(sheet.name, f"Trang “{sheet.name}” ({self._size(sheet)})") for sheet in filled]
        question = Question(
            "trang",
            f"Tệp có {len(filled)} trang đọc được. Mỗi lần nhập đọc một trang: đọc trang nào?",
            tuple(options),
        )
        self.questions.append(question)
        answer = question.answered(self.answers)
        if not answer:
            raise Asked([question])
        return next(sheet for sheet in filled if sheet.name == answer)

    def _size(self, sheet: ReadSheet) -> str:
        if sheet in self.sides:
            return f"{max(sheet.sides.values())} chỉ tiêu ghi theo dòng"
        return f"{self._rows(sheet)} dòng"

    def _nearest(self) -> ReadSheet:
        """Return the one sheet that comes nearest, for its own message of what it lacks."""
        fits = {
            sheet.name: max((len(block.keys) for block in self.blocks[sheet.name]), default=0)
            for sheet in self.sheets
        }
        seen = [sheet for sheet in self.sheets if not sheet.hidden]
        most = max((fits[sheet.name] for sheet in seen), default=0)
        near = [sheet for sheet in seen if fits[sheet.name] == most]
        if most < 2 and any(fits[s.name] > 1 for s in self.sheets if s.hidden):
            raise FileRefused(_HIDDEN)
        if len(near) == 1:
            return near[0]
        titled = [sheet for sheet in near if self._is_titled(sheet)]
        if len(titled) == 1:
            return titled[0]
        names = ", ".join(f"“{sheet.name}”" for sheet in seen[:8]) or "không có trang nào"
        raise FileRefused(
            f"Không tìm thấy bảng cần nhập trong các trang: {names}. Vui lòng dùng tệp mẫu."
        )

    def others(self, chosen: ReadSheet) -> list[str]:
        """Return in sentences why each other sheet is not read; our own guides are left out."""
        found = []
        for sheet in self.sheets:
            if sheet.name == chosen.name or (search_key(sheet.name) in GUIDES):
                continue
            if sheet in self.sides or (self._complete(sheet) and self._rows(sheet)):
                why = "đang ẩn, có bảng cùng mẫu" if sheet.hidden else "trang không được chọn"
            elif not sheet.filled:
                why = "trang trống"
            else:
                why = self._lack(sheet)
            found.append(f"Không đọc trang “{sheet.name}” ({why}).")
        return found

    def _lack(self, sheet: ReadSheet) -> str:
        if self._complete(sheet):
            return "chưa có dòng nào"
        blocks = self.blocks[sheet.name]
        if not blocks:
            return "không có bảng của mẫu này"
        best = max(blocks, key=lambda block: len(block.keys))
        lacks = best.missing(self.wanted.required, self.wanted.instead)
        return "thiếu cột " + ", ".join(f"“{text}”" for text in lacks[:4])
