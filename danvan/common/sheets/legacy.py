"""Text typed with the fonts of before Unicode: TCVN3 (ABC, fonts ".Vn…") and VNI.

Recognised and named, converted only when somebody asks: a guess is never stored silently.
"""

from __future__ import annotations

import re

TCVN3, VNI = "TCVN3 (ABC)", "VNI"
_TCVN3_FROM = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§"
_TCVN3_TO = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ"
_TCVN3 = str.maketrans(_TCVN3_FROM, _TCVN3_TO)

_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_CIRCUMFLEX = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_SINGLE = {"æ": "ỉ", "ó": "ĩ", "ò": "ị", "ô": "ơ", "ö": "ư", "î": "ỵ", "ñ": "đ", "í": "í", "ì": "ì"}

_TCVN3_SIGN = re.compile("[A-Za-z][µ¸¶¹¨¾¼½©®ª¬\u00ad]|[µ¸¶¹¨¾¼½©®ª¬][a-zÀ-ÿ]")
_VNI_SIGN = re.compile("(?i)[a-z][øûïåäëüöñæ]|[øïåäëüöñæ][a-z]|aâ|aê|eâ|oâ|a[ùõ]|e[ùõ]|où|ôù|ö[ùø]")
_UNICODE = re.compile("(?i)[ăđơư\u1ea0-\u1ef9\u0300-\u0303\u0309\u0323]")


def recognise(text: str) -> tuple[str, str] | None:
    """Return (name of the old encoding, the text read with it), None for ordinary text."""
    if text.isascii() or _UNICODE.search(text):
        return None
    if _TCVN3_SIGN.search(text):
        return TCVN3, read_as(text, TCVN3)
    if _VNI_SIGN.search(text):
        return VNI, read_as(text, VNI)
    return None


def read_as(text: str, encoding: str) -> str:
    """Return `text`, typed in `encoding`, in Unicode; what is plainly Unicode already stays."""
    if text.isascii() or _UNICODE.search(text):
        return text
    return text.translate(_TCVN3) if encoding == TCVN3 else from_vni(text)


def in_unicode(text: str) -> str:
    """Return `text` as it reads, for comparing only: a heading in an old font is a heading all the same."""
    found = recognise(text)
    return found[1] if found else text


def from_vni(text: str) -> str:
    """Return `text`, typed with a VNI font, in Unicode."""
    import unicodedata

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
