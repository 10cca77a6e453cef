"""What a heading stands for: one column, several, or one with words that may change its meaning.

A heading is sure when it is one of a column's names, or carries nothing more than what names have (a
star, a unit of measure, the year asked for). "Số người dự (nữ)", "DT01 (năm 2023)", "Kế hoạch" above it or
a name that two columns bear are doubts: they are asked about, never decided here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from danvan.common.sheets.legacy import readings
from danvan.common.text import search_key

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_COUNTED = (
    r"nguoi|luot( nguoi)?|dai bieu|dang vien|y kien|cuoc|hoi nghi|van ban|mo hinh|lop|vu( viec)?|don|phieu|"
    r"dong|vnd|buoi|to chuc|van de"
)
MEASURE = re.compile(rf"(?:(?:{_COUNTED})(?: |$))+")  # what numbers count, one each
# Words in brackets that say how to fill a column, or what its numbers count.
_PLAIN_WORDS = re.compile(
    rf"(?:(?:bat buoc|khong bat buoc|neu co|ghi ro|ghi cu the|dd mm yyyy|(ngay )?thang nam|dvt|{_COUNTED}|"
    r"don vi( tinh)?|gso|co khong|\d{1,2}|[a-z])(?: |$))+"
)
# "ĐVT: triệu đồng" above a table: its numbers are not what its columns count.
SCALED = re.compile(
    r".*\b(?:dvt|don vi(?: tinh)?) (?:la )?(?:.* )?(?:nghin|ngan|trieu|ty|ti|tram|chuc|phan tram)\b.*"
)
# Words that make another figure of a column: of whom, of when, as planned, compared, in what.
_CHANGING = re.compile(
    r"\b(ke hoach|kh|du kien|uoc|nu|so voi|so sanh|cung ky|ky truoc|nam truoc|nam ngoai|ty le|ti le|tang|"
    r"giam|luy ke|cong don|quy|thang|tuan|duoc giao|chi tieu giao|nghin|ngan|trieu|ty|tram|trong do|"
    r"binh quan|trung binh|con lai|chua|(19|20)\d\d)\b"
)
_WHOLE = re.compile(r"(tong|tong so|tong cong|cong|chung|so luong|toan bo)")
COUNTERS = {"stt", "tt", "so tt", "so thu tu"}  # headings of columns that only number the rows
_YEAR = re.compile(r"\b(?:nam )?((?:19|20)\d\d)\b")


def fold_heading(text: str) -> str:
    """Return a heading as it is compared: no marks, case, stars or hints in brackets."""
    return search_key(_BRACKETS.sub(" ", text)) or search_key(text)


@dataclass(frozen=True)
class Name:
    """A name of a column; `rank` 0 is its heading in the template, higher ones are other words for it."""

    text: str
    key: str
    rank: int = 0


@dataclass(frozen=True)
class Fit:
    """The columns a heading may stand for, and the words that make it doubtful ("" for none)."""

    keys: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def sure(self) -> bool:
        """Return whether there is nothing to ask."""
        return len(self.keys) == 1 and not self.doubt


class Headings:
    """The names of a target's columns. `codes`: keys a heading may begin with; `year`: the one asked for."""

    def __init__(
        self, names: Iterable[Name], *, codes: Iterable[str] = (), year: int | None = None
    ) -> None:
        self.known: dict[str, dict[str, int]] = {}
        self.names: dict[str, set[str]] = {}
        self.percent: set[str] = set()
        self.codes = {code.lower(): code for code in codes}
        self.year = year
        for name in names:
            self._learn(name)

    def _learn(self, name: Name) -> None:
        self.names.setdefault(name.key, set()).add(search_key(name.text))
        if "%" in name.text:
            self.percent.add(name.key)
        for folded in {search_key(name.text), fold_heading(name.text)} - {""}:
            ranks = self.known.setdefault(folded, {})
            ranks[name.key] = min(name.rank, ranks.get(name.key, name.rank))

    def fit(self, text: str) -> Fit:
        """Return what the heading `text` stands for; no keys when it is unknown."""
        for read in readings(text.strip()):
            found = self._whole(read) or self._by_code(read)
            if found:
                return found
        return Fit()

    def _best(self, folded: str) -> tuple[str, ...]:
        ranks = self.known.get(folded, {})
        return tuple(key for key, rank in ranks.items() if rank == min(ranks.values()))

    def _whole(self, text: str) -> Fit | None:
        if keys := self._best(search_key(text)):
            return Fit(keys, self._percent(text, keys))
        keys = self._best(fold_heading(text))
        if not keys:
            return None
        return Fit(keys, self._extra(text, keys[0]) or self._percent(text, keys))

    def _by_code(self, text: str) -> Fit | None:
        first, _, rest = text.partition(" ")
        key = self.codes.get(first.strip(":.-–)").lower())
        if key is None:
            return None
        if not rest.strip() or key in self._named(rest):
            return Fit((key,), self._percent(rest, (key,)))
        if others := self._best(search_key(rest)) or self._best(fold_heading(rest)):
            return Fit((key, *others))  # the code of one with the name of another
        doubt = self.changes(_BRACKETS.sub(" ", rest), key) or self._extra(rest, key)
        return Fit((key,), doubt or self._percent(rest, (key,)))

    def _named(self, text: str) -> set[str]:
        """Return the keys of the columns that have the name `text`, hints in brackets or not."""
        folded = search_key(text), fold_heading(text)
        return {key for name in folded for key in self.known.get(name, ())}

    def _percent(self, text: str, keys: tuple[str, ...]) -> str:
        return "%" if "%" in text and not self.percent.issuperset(keys) else ""

    def _extra(self, text: str, key: str) -> str:
        """Return the words in brackets that are neither the column's own nor a way to say how to fill it."""
        for bracket in _BRACKETS.findall(text):
            words = self._other_words(bracket, key)
            if words and not _PLAIN_WORDS.fullmatch(words):
                return bracket.strip("()[] ")
        return ""

    def _other_words(self, text: str, key: str) -> str:
        """Return the folded words of `text` that no name of the column has, the year asked for left out."""
        own = {word for name in self.names.get(key, ()) for word in name.split()}
        return " ".join(word for word in self._without_year(text).split() if word not in own)

    def _without_year(self, text: str) -> str:
        return _YEAR.sub(lambda m: "" if m[1] == str(self.year) else m[0], search_key(text))

    def changes(self, text: str, key: str = "") -> str:
        """Return `text` when its words may change the meaning of the column `key`, "" when not."""
        own = self.names.get(key, ())  # "định kỳ" in a name says nothing of "cùng kỳ" above it
        found = {match[1] for match in _CHANGING.finditer(self._without_year(text))}
        new = any(not any(f" {words} " in f" {name} " for name in own) for words in found)
        return text.strip() if new or ("%" in text and key not in self.percent) else ""

    def unchanged(self, text: str) -> str:
        """Return the folded words of `text` without those that may change what it means."""
        return " ".join(_CHANGING.sub(" ", self._without_year(text)).split())

    def of_column(self, path: tuple[str, ...]) -> Fit:
        """Return what a column headed by `path`, from the top down, stands for."""
        if len(path) == 1:
            return self.fit(path[0])
        *above, last = path
        found = self.fit(" ".join(path))
        if found.keys:
            return found
        found = self.fit(last)
        if found.keys:
            doubt = next(filter(None, (self.changes(t, found.keys[0]) for t in above)), "")
            return Fit(found.keys, found.doubt or doubt)
        upper = self.fit(above[-1])
        if upper.keys and not _WHOLE.fullmatch(search_key(last)):
            return Fit(upper.keys, upper.doubt or last)
        return upper
