"""Text that is not what it looks like: fonts of before Unicode, and files opened with the wrong code page.

TCVN3 (fonts ".Vn…"), VNI, Windows-1258 and UTF-8 read as Windows-1252. A single cell can rarely tell
("Líp" is a word), so columns are judged, and where a column cannot tell either, the file. Nothing is
converted unless somebody asks, and nothing that was judged is stored as it stands.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from danvan.common.sheets.syllables import gain

TCVN3, VNI = "TCVN3 (ABC)", "VNI"
CP1258, UTF8 = "Windows-1258", "UTF-8 (mở sai bảng mã)"
_TCVN3_FROM = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§"
_TCVN3_TO = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ"
_TCVN3 = str.maketrans(_TCVN3_FROM, _TCVN3_TO)

_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_CIRCUMFLEX = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_SINGLE = {"æ": "ỉ", "ó": "ĩ", "ò": "ị", "ô": "ơ", "ö": "ư", "î": "ỵ", "ñ": "đ", "í": "í", "ì": "ì"}

_LOST = "\ufffd"  # what a program writes for a byte it could not read: the letter is gone
_BROKEN = re.compile(f"[{_LOST}\u0080-\u0084\u0086-\u009f]")
_UNICODE = re.compile("(?i)[ăđơư\u1ea0-\u1ef9\u0300-\u0303\u0309\u0323]")
# Letters and signs of Windows-1252 and 1258 that Vietnamese in Unicode does not use inside words.
_ODD = re.compile(
    "[\u0080-\u009f¡-¦¨-ª¬®¯±´-¶¸-¿Ä-ÇËÎ-ÐÑÖ×ØÛÜÞßä-çëîï-ñö-øûüþÿŒœŠšŸŽžƒˆ˜†‡‰‹›™\u02c6\u02dc\ufffd]"
)
# The no-break space in "à" that a program made an ordinary one.
_A_GRAVE = re.compile("Ã (?=\\S|$)")
_NO_BYTE = b"\xff"  # stands in no UTF-8 text
_SAMPLES = 3000


def is_plain(text: str) -> bool:
    """Return whether `text` is surely Unicode: no marks at all, or letters only Unicode has."""
    return text.isascii() or bool(_UNICODE.search(text) and not _ODD.search(text))


def is_broken(text: str) -> bool:
    """Return whether letters of `text` are lost: no conversion brings them back."""
    return bool(_BROKEN.search(text))


def _from_tcvn3(text: str) -> str:
    return _with_capitals(text, text.translate(_TCVN3))


def _from_vni(text: str) -> str:
    result: list[str] = []
    for char in text:
        low = char.lower()
        base = result[-1] if result else ""
        letter = base.lower()
        if letter in ("a", "e", "o") and low in _CIRCUMFLEX:
            result[-1] = base + "\u0302" + _CIRCUMFLEX[low]
        elif letter == "a" and low in _BREVE:
            result[-1] = base + "\u0306" + _BREVE[low]
        elif letter in ("a", "e", "o", "u", "y", "ơ", "ư") and low in _TONES:
            result[-1] = base + _TONES[low]
        elif low in _SINGLE:
            single = _SINGLE[low]
            result.append(single.upper() if char.isupper() else single)
        else:
            result.append(char)
    return unicodedata.normalize("NFC", "".join(result))


def _from_1258(text: str) -> str:
    return unicodedata.normalize("NFC", _bytes_of(text, "cp1252").decode("cp1258", "replace"))


def _from_utf8(text: str) -> str:
    text = _A_GRAVE.sub("Ã\u00a0", text)
    found = [_bytes_of(text, page).decode("utf-8", "replace") for page in ("cp1252", "cp1258")]
    return min(found, key=lambda read: read.count(_LOST))


def _bytes_of(text: str, page: str) -> bytes:
    """Return the bytes a program read as `text`; a letter the page does not have was no such byte."""
    found = bytearray()
    for char in text:
        try:
            found += char.encode(page)
        except UnicodeEncodeError:
            found += char.encode("latin-1") if char < "\u0100" else _NO_BYTE
    return bytes(found)


def _with_capitals(typed: str, text: str) -> str:
    """Return `text` with the capitals of fonts like .VnTimeH, whose marked letters have small codes."""
    words = typed.split(" ")
    loud = any(_is_capitals(word) and not word.isascii() for word in words)
    if loud and not any("a" <= char <= "z" for char in typed):
        return text.upper()
    pairs = zip(words, text.split(" "), strict=True)
    return " ".join(new.upper() if _is_capitals(old) else new for old, new in pairs)


def _is_capitals(word: str) -> bool:
    """Return whether the letters of `word` that have a case say it is all capitals: "NGHÞ", "ñY"."""
    bare = [char for char in word if char.isascii() and char.isalpha()]
    return all(map(str.isupper, bare)) and (len(bare) > 1 or bare != [] and word[0] not in bare)


DECODERS: dict[str, Callable[[str], str]] = {
    TCVN3: _from_tcvn3,
    VNI: _from_vni,
    CP1258: _from_1258,
    UTF8: _from_utf8,
}


def readings(text: str) -> Iterator[str]:
    """Yield `text` as it stands and as each old encoding reads it: for comparing with known words."""
    yield text
    if not is_plain(text):
        yield from (decode(text) for decode in DECODERS.values())


@dataclass(frozen=True)
class Judgement:
    """In which encoding a column was typed; `mixed` when other cells of it are surely Unicode."""

    encoding: str
    mixed: bool = False

    def read(self, text: str, *, capitals: bool = False) -> str:
        """Return `text` of the column in Unicode; what needs no conversion comes back as it was."""
        read = DECODERS[self.encoding](text)
        if is_plain(text) and (self.encoding != UTF8 or _LOST in read):
            return text
        worth = gain(text, read)
        if worth < 0 or (self.mixed and worth == 0):
            return text
        return read.upper() if capitals and read != text else read


class Witness:
    """Collects the texts of a sheet's columns and judges them once all were seen."""

    def __init__(self) -> None:
        self.doubtful: dict[int, set[str]] = {}
        self.plain: dict[int, int] = {}

    def hear(self, column: int, text: str) -> None:
        """Take one text with marks; what is surely Unicode only tells that its column has such."""
        if is_plain(text):
            self.plain[column] = self.plain.get(column, 0) + 1
        elif len(kept := self.doubtful.setdefault(column, set())) < _SAMPLES:
            kept.add(text)

    def _is_mixed(self, column: int) -> bool:
        """Return whether a column has more Unicode in it than a title or a remark would bring."""
        return self.plain.get(column, 0) > 1 + len(self.doubtful[column]) // 20

    def judge(self, font: str = "") -> dict[int, Judgement]:
        """Return the columns that need a conversion; `font` is what the names of the fonts say."""
        gains = {column: _gains(texts) for column, texts in self.doubtful.items()}
        found = {
            column: Judgement(best, self._is_mixed(column))
            for column, more in gains.items()
            if more[best := max(more, key=more.__getitem__)] > 0
        }
        file = font or _of_file(found, gains)
        for column, more in gains.items():
            if file and column not in found and not self._is_mixed(column) and more[file] == 0:
                found[column] = Judgement(file)
        return {
            column: judgement
            for column, judgement in found.items()
            if any(judgement.read(text) != text for text in self.doubtful[column])
        }


def _gains(texts: Iterable[str]) -> dict[str, int]:
    """Return encoding → how many more words of `texts` are words when read with it."""
    texts = list(texts)
    return {
        name: sum(gain(text, decode(text)) for text in texts) for name, decode in DECODERS.items()
    }


def _of_file(found: Mapping[int, Judgement], gains: Mapping[int, Mapping[str, int]]) -> str:
    """Return the encoding most of the judged columns speak for, "" for none."""
    totals: dict[str, int] = {}
    for column, judgement in found.items():
        name = judgement.encoding
        totals[name] = totals.get(name, 0) + gains[column][name]
    return max(totals, key=totals.__getitem__) if totals else ""
