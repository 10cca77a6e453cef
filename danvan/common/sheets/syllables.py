"""Tell Vietnamese words from garbage: does a text consist of syllables the language has?

Used to judge in which encoding a column was typed: read rightly its words are syllables, read wrongly
they are not. Words without a mark say nothing, in any encoding.
"""

import re
import unicodedata
from functools import lru_cache

_ONSET = "ngh|ng|nh|gh|gi|kh|ch|ph|qu|th|tr|[bcdđghklmnprstvx]"
_RIMES = (
    "a(c|ch|i|m|n|ng|nh|o|p|t|u|y)?|ă(c|m|n|ng|p|t)|â(c|m|n|ng|p|t|u|y)|e(c|m|n|ng|o|p|t)?|"
    "ê(ch|m|n|nh|p|t|u)?|i(a|ch|m|n|nh|p|t|u)?|iê(c|m|n|ng|p|t|u)|o(c|i|m|n|ng|p|t)?|ong|oong|"
    "oa(c|ch|i|m|n|ng|nh|o|p|t|y)?|oă(c|m|n|ng|t)|oe(n|o|t)?|ô(c|i|m|n|ng|p|t)?|ơ(i|m|n|p|t)?|"
    "u(a|c|i|m|n|ng|p|t)?|uâ(n|ng|t|y)|uê(ch|n|nh)?|uô(c|i|m|n|ng|t)|uơ|uy(a|ch|n|nh|p|t|u)?|"
    "uyê(n|t)|ư(a|c|i|m|n|ng|t|u)?|ươ(c|i|m|n|ng|p|t|u)|y(ch|nh|t)?|yê(m|n|ng|t|u)"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_RIMES})|gi")
# The tone on the second of two vowels that end a word: "chuì"; "thuý", "giò", "quỳ" are right.
_MISPLACED = re.compile(
    "(?<!^g)(?:[aeiouy][\u0302\u0306\u031b]?)(?<!u(?=y))[iouy][\u0300\u0301\u0303\u0309\u0323]$"
)
_STOPPED = re.compile("(?:c|ch|p|t)$")
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_SHARP = {"\u0301", "\u0323"}  # the tones a syllable that ends in c, ch, p, t can have
_ABBREVIATION = re.compile("[A-ZĐƯƠÂÊÔĂ]{2,8}")
_ETH = str.maketrans("Ðð", "Đđ")  # seen in official documents instead of the letter
_LETTERS = {*"ĂăÂâĐđ"}  # named as letters
_PIECES = re.compile(r"[-/.,;:()\[\]{}!?\"'“”‘’…–—+*=_&%\d]+")


def score(text: str) -> int:
    """Return the number of marked words of `text` that are Vietnamese, less those that are not."""
    return sum(map(_word_score, text.split()))


def gain(text: str, read: str) -> int:
    """Return how many more words `read`, another reading of `text`, has; signs are no words."""
    pairs = list(zip(text.split(), read.split(), strict=False))
    if len(text.split()) != len(read.split()):
        return score(read) - score(text)
    return sum(
        _word_score(new) - _word_score(old) for old, new in pairs if any(map(str.isalpha, old))
    )


@lru_cache(50_000)
def _word_score(word: str) -> int:
    if word.isascii():
        return 0
    pieces = [
        piece for piece in _PIECES.split(word.translate(_ETH)) if piece and not piece.isascii()
    ]
    return 1 if all(map(is_syllable, pieces)) else -1


def is_syllable(word: str) -> bool:
    """Return whether `word` is one Vietnamese syllable, or capitals that shorten several."""
    if _ABBREVIATION.fullmatch(word) or word in _LETTERS:
        return True
    letters, tones = [], set()
    for char in unicodedata.normalize("NFD", unicodedata.normalize("NFC", word).lower()):
        if char in _TONES:
            tones.add(char)
        else:
            letters.append(char)
    bare = unicodedata.normalize("NFC", "".join(letters))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(bare):
        return False
    if not _upright(word) or _MISPLACED.search(unicodedata.normalize("NFD", word.lower())):
        return False
    return tones <= _SHARP and len(tones) == 1 if _STOPPED.search(bare) else True


def _upright(word: str) -> bool:
    """Return whether the case is one people write: all small, all capitals, or a first capital."""
    return word in (word.lower(), word.upper()) or word[1:] == word[1:].lower()
