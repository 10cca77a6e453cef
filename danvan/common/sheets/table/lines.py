"""What a line of a table is when it is no row of data: numbering, total, group title, signature.

Judged by its words and by what it holds: a line with enough to name a row is a row whatever it says, and a
line with figures or days is never taken for a remark.
"""

import re

from danvan.common.sheets.cells import CellValue, is_blank
from danvan.common.sheets.formats import MARK
from danvan.common.sheets.legacy import readings
from danvan.common.sheets.table.headings import MEASURE
from danvan.common.text import search_key

_PERIOD = (
    r"(?:quy|thang|nam|tuan|ky|dot|giai doan) (?:\d{1,4}|[ivx]+)(?: (?:nam )?\d{4})?|"
    r"(?:\d{1,2}|sau|chin|ca) thang(?: (?:dau|cuoi) nam)?(?: \d{4})?|ca nam(?: \d{4})?|"
    r"nua (?:dau|cuoi) nam(?: \d{4})?"
)
_COUNT = r"\d[\d ]*(?: [a-z]+){0,4}"
_COUNTED = (
    "so|hoi nghi|cuoc|buoi|lop|mo hinh|vu|vu viec|don|luot|nguoi|du|tham du|dai bieu|van de|danh gia|"
    "quyet dinh|don vi|xa|y kien"
)
_SUM = (
    "t cong|tc|total|subtotal|grand total|tong|tong cong|tong so|cong|cong tong|cong chung|cong don|"
    "luy ke|toan bo"
)
_TOTAL = re.compile(
    rf"(?:[ivx]+ |[a-z] |\d+ )?(?:(?:{_SUM})"
    rf"(?: (?:{_PERIOD}|trang \d+|[ivx]+(?: [ivx]+)*|chung|ca|toan [a-z]+(?: [a-z]+)?))?|"
    r"(?:tong |cong |tong cong )?toan (?:tinh|huyen|xa|phuong|thi xa|thi tran|thanh pho|dia ban))"
    rf"(?: (?:{_COUNTED})){{0,4}}(?: {_COUNT})?"
)
_GROUP = re.compile(
    rf"(?:phan |muc |nhom |khoi )?(?:[ivxlc]{{1,6}}|[a-h]|\d{{1,2}})|"
    rf"(?:[ivxlc]{{1,6}} |[a-h] |\d{{1,2}} )?(?:{_PERIOD})"
)
_PLACE = re.compile(
    r"(?:[ivxlc]{1,6} |[a-h] |\d{1,2} )?(?:ubnd |uy ban nhan dan |dang uy )?"
    r"(?:xa (?!hoi\b)|phuong |thi tran |thi xa |thanh pho |huyen (?!uy\b)|tinh (?!uy\b))[a-z][a-z ]{1,40}"
)
_NUMBERED = re.compile(
    r"^\s*(?:[IVXLC]{1,6}|[A-H])\s*[.):/\-–]\s*\S|^\s*(?:PHẦN|MỤC|NHÓM|KHỐI)\s", re.I
)
_CAPITAL_NUMBER = re.compile(r"^[IVXLC]{1,6}\.?$|^[A-H]\.?$")
_BODY = (
    "ubnd|hdnd|mttq|uy ban|nhan dan|hoi dong|mat tran|to quoc|dang uy|dang bo|huyen uy|thi uy|tinh uy|"
    "ban|thuong vu|chap hanh|thuong truc|dan van|khoi|xa|phuong|thi tran|thi xa|huyen|tinh|don vi|hoi|"
    "tong hop|phu trach|lap bieu"
)
_ROLE = "chu tich|bi thu|truong ban|truong khoi|thu truong|lanh dao|thu ky|can bo|ke toan"
_SIGNATURE = re.compile(
    rf"(?:tm|kt|tl|tuq|q) (?:{_BODY}|{_ROLE})\b.*|(?:pho )?(?:{_ROLE})(?: (?:{_BODY})){{0,5}}|"
    r"nguoi (?:lap|viet|ky|tong hop|bao cao|duyet|kiem tra)(?: (?:bieu|bang|bao cao|so lieu))?|"
    rf"(?:ky|da ky)(?: .*)?(?:ten|dau)|.*ky (?:va )?ghi ro ho ten.*|da ky|"
    rf"xac nhan(?: cua)?(?: (?:{_ROLE}|{_BODY}))*|noi nhan.*|nhu tren|luu (?:vt|van thu|vp).*|"
    r"(?:[a-z]+ ){0,6}ngay ?(?:\d+ )?thang ?(?:\d+ )?nam ?\d*"
)
_REMARK = re.compile(r"(?:ghi chu|luu y|chu thich|nguon)\b.*")
_ORDINAL = re.compile(r"^[(\[]?(\d{1,3}|[a-z])[)\].]?$")
_FORMULA = re.compile(r"^\(?\d{1,3}\)?\s*=\s*[\d\s()+\-*/:x%]+$")
_FIGURE = re.compile(r"^[\W\d_]*\d[\W\d_]*$")  # a number, a day or an ordinal typed as text


def is_numbering(cells: list[CellValue]) -> bool:
    """Return whether the line only numbers the columns: (1) (2) (3), A B 1 2, 1=2+3."""
    texts = []
    for cell in cells:
        if is_blank(cell):
            continue
        if isinstance(cell, float) and cell.is_integer():
            cell = str(int(cell))
        if not isinstance(cell, str):
            return False
        bare = cell.strip().lower()
        if not (found := _ORDINAL.match(bare)) and not _FORMULA.match(bare):
            return False
        texts.append(found[1] if found else bare.strip("()[]").partition("=")[0].strip(" ()"))
    numbers = [int(text) for text in texts if text.isdigit()]
    rising = numbers == sorted(set(numbers)) and numbers[:1] in ([], [1], [0], [2], [3])
    return len(texts) >= 3 and rising


def is_measures(cells: list[CellValue]) -> bool:
    """Return whether the line only says what the columns count: người, ý kiến, triệu đồng."""
    texts = [cell for cell in cells if not is_blank(cell)]
    return bool(texts) and all(isinstance(t, str) and MEASURE.fullmatch(_bare(t)) for t in texts)


def _bare(text: str) -> str:
    return search_key(text.strip("() "))


class TableLine:
    """One line of a table: its words in order, and whether it holds figures or days."""

    __slots__ = ("folded", "place", "solid", "texts")

    def __init__(self, cells: list[CellValue]) -> None:
        self.texts = [
            cell
            for cell in cells
            if cell.__class__ is str and cell[:1] != MARK and not is_blank(cell)
        ]
        words = [text for text in self.texts if not _FIGURE.match(text)]
        self.folded = [_fold(text) for text in dict.fromkeys(words)]
        filled = [cell for cell in cells if not is_blank(cell)]
        self.solid = len(words) < len(filled)
        self.place = 0 < len(filled) < 3 and filled[-1:] == words[-1:] and self._place(filled)

    @property
    def is_total(self) -> bool:
        """Return whether the line sums others: "Tổng cộng", "Cộng quý I", "Tổng số: 2 hội nghị"."""
        first = next((text for text in self.folded if len(text) > 1), "")
        return len(first) < 60 and bool(_TOTAL.fullmatch(first))

    def _place(self, filled: list[CellValue]) -> bool:
        """Return whether a line names a place for those below: "Xã Yên Nam", "2 | Phường Đồng Văn"."""
        before = filled[0] if len(filled) > 1 else ""
        short = not isinstance(before, str) or len(before.strip()) < 4
        return short and bool(_PLACE.fullmatch(self.folded[-1]))

    @property
    def is_group(self) -> bool:
        """Return whether the line is the title of those below: "I", "Quý I", "6 tháng đầu năm", "B. Xã"."""
        if not self.folded or len(self.folded) > 2:
            return False
        if self.place:
            return True
        if all(map(_GROUP.fullmatch, self.folded)):
            return True
        if self.solid:
            return False
        texts = [text.strip() for text in self.texts if not _FIGURE.match(text)]
        return bool(_NUMBERED.match(texts[0])) or (
            len(texts) == 2 and bool(_CAPITAL_NUMBER.match(texts[0]))
        )

    @property
    def is_signature(self) -> bool:
        """Return whether the line is where a table ends: who signs, where and when, a remark."""
        if self.solid or not self.texts:
            return False
        if len(self.folded) == 1:
            first = self.texts[0].lstrip()
            if first[:1] in ("*", "(") or (_REMARK.fullmatch(self.folded[0]) and ":" in first[:20]):
                return True
        return any(map(_SIGNATURE.fullmatch, self.folded))


def _fold(text: str) -> str:
    """Return the words of a line as they are compared, in whichever encoding they are words."""
    for read in readings(text):
        folded = search_key(read)
        if any(known.fullmatch(folded) for known in (_TOTAL, _GROUP, _SIGNATURE, _REMARK)):
            return folded
    return search_key(text)
