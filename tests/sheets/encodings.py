"""Vietnamese text as old programs kept it: the reverse of what the reader undoes, made for tests."""

import unicodedata

from danvan.common.sheets import legacy

_TO_TCVN3 = str.maketrans(legacy._TCVN3_TO, legacy._TCVN3_FROM)
_TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_VNI_TONES = {tone: sign for sign, tone in legacy._TONES.items()}
_VNI_HATS = {
    "\u0302": {tone: sign for sign, tone in legacy._CIRCUMFLEX.items()},
    "\u0306": {tone: sign for sign, tone in legacy._BREVE.items()},
}
_VNI_SINGLE = {letter: sign for sign, letter in legacy._SINGLE.items()}


def as_tcvn3(text: str) -> str:
    """Return `text` as a .VnTime font holds it; capitals with a tone as .VnTimeH does."""
    if text.isupper():
        return "".join(c if c.isascii() else c.lower().translate(_TO_TCVN3) for c in text)
    return text.translate(_TO_TCVN3)


def _split(char: str) -> tuple[str, str]:
    parts = unicodedata.normalize("NFD", char)
    tone = "".join(part for part in parts if part in _TONE_MARKS)
    rest = "".join(part for part in parts if part not in _TONE_MARKS)
    return unicodedata.normalize("NFC", rest), tone


def as_vni(text: str) -> str:
    """Return `text` as a VNI font holds it."""
    found = []
    for char in text:
        low = char.lower()
        if low in _VNI_SINGLE:
            sign = _VNI_SINGLE[low]
        else:
            rest, tone = _split(low)
            parts = unicodedata.normalize("NFD", rest)
            if rest in "ơư":
                sign = _VNI_SINGLE[rest] + _VNI_TONES.get(tone, "")
            elif parts[1:] in _VNI_HATS:
                sign = parts[0] + _VNI_HATS[parts[1:]][tone]
            else:
                sign = rest + _VNI_TONES.get(tone, "")
        found.append(sign.upper() if char.isupper() else sign)
    return "".join(found)


def as_1258(text: str) -> str:
    """Return `text` of Windows-1258 as Windows-1252 shows it."""
    found = b""
    for char in text:
        rest, tone = _split(char)
        found += (rest + tone).encode("cp1258")
    return found.decode("cp1252")


def as_utf8(text: str) -> str:
    """Return `text` of UTF-8 as Windows-1252 shows it; bytes that page lacks stay control characters."""
    return "".join(
        bytes([byte]).decode("cp1252")
        if byte not in b"\x81\x8d\x8f\x90\x9d"
        else bytes([byte]).decode("latin-1")
        for byte in text.encode()
    )
