"""Vietnamese text: one clean form for storing, one key for searching, one for ordering.

Keys are stored columns (see docs/decisions.md): the same results on SQLite and PostgreSQL, without an
extension or a collation. Rules: domain reference, "Vietnamese text".
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\n]+")
# Icelandic eth, seen in official documents instead of the Vietnamese letter (11-QÐi/TW).
_ETH = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ"})

# The usual marks, quickly; rarer ones are dropped one by one.
_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_WORD = re.compile("[0-9a-z]+")

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_KEY = {letter: f"{index + 48:02x}" for index, letter in enumerate(_ALPHABET)}
_TONE_KEY = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def clean_line(text: str) -> str:
    """Return `text` as one line fit to store: NFC, no invisible or control characters, single spaces."""
    return _SPACES.sub(" ", clean_text(text).replace("\n", " ")).strip()


def clean_text(text: str) -> str:
    """Return `text` fit to store, line breaks kept: NFC, `\\n` ends of line, no invisible characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", _INVISIBLE.sub("", text)).translate(_ETH)
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()


def search_key(text: str) -> str:
    """Return `text` folded for searching: lower-case ASCII words without marks ("Đồng Văn" → "dong van")."""
    if not text.isascii():
        text = text.replace("đ", "d").replace("Đ", "D").replace("ð", "d").replace("Ð", "D")
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text))
    if not bare.isascii():
        bare = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare.lower()))


def sort_key(text: str) -> str:
    """Return a key in [0-9a-f] whose plain string order is the Vietnamese dictionary order of `text`.

    Letters a ă â b … first, tones (ngang huyền hỏi ngã sắc nặng) only between equal letters, numerals by
    value ("Phường 2" before "Phường 10"). Equal for old and new tone placement (Hòa, Hoà).
    """
    words, tones = [], []
    for word in re.findall(
        r"\d+|[^\W\d_]+", unicodedata.normalize("NFC", text.translate(_ETH)).lower()
    ):
        if word.isdigit():
            words.append("2" + word.zfill(6))
            tones.append("0")
            continue
        letters, tone = [], "0"
        for char in word:
            parts = unicodedata.normalize("NFD", char)
            tone = next((_TONE_KEY[p] for p in parts if p in _TONE_KEY), tone)
            letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONE_KEY))
            letters.append(_LETTER_KEY.get(letter, "ff"))
        words.append("".join(letters))
        tones.append(tone)
    return "01".join(words) + "00" + "".join(tones)
