"""What a good password is: after NIST 800-63B and ASVS 6.2, length and lists, no rule of composition."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from danvan.accounts.login.issuing import looks_issued
from danvan.accounts.models import User
from danvan.common.text import search_key
from danvan.units.kinds import UnitKind
from danvan.units.models import AdministrativeUnit

_DATA = Path(__file__).parent / "data"
_NUMBER = 20  # from here on a number is no year, date or telephone
_ENOUGH = 4  # letters that must remain
_LONGEST = 200  # folded letters that are looked at: more would only be more of the same
# "P@ssw0rd": what stands for a letter. Digits count as either.
_SYMBOLS = str.maketrans("@$!|", "asil")
_DISGUISES = [str.maketrans("013457", f"o{letter}east") for letter in "li"]


@cache
def common_words() -> frozenset[str]:
    """Return what people choose first, folded: the shipped Vietnamese list, and the words of Django's."""
    listed = CommonPasswordValidator().passwords
    english = (word for word in listed if len(word) >= 4 and word.isascii() and word.isalpha())
    return _read("common_passwords_vi.txt").union(english)


class VietnamesePasswordValidator:
    """Refuse what people here choose first: common words, names of people and places, numbers, any mix of them.

    Once all of that is taken out something must remain. An issued password is refused as well, whoever got
    it and whenever: it never becomes a permanent one.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when `password` is one of them."""
        if looks_issued(password):
            raise ValidationError(
                "Mật khẩu mới phải khác mật khẩu cũ và mật khẩu được cấp.", code="password_issued"
            )
        key = _fold(password)
        stem = key.strip("0123456789")
        listed = common_words()
        if key in listed or stem in listed or (key.isdigit() and len(key) < _NUMBER):
            raise ValidationError(
                "Mật khẩu này quá phổ biến, dễ bị đoán. Vui lòng chọn một câu dài mà chỉ anh/chị biết.",
                code="password_too_common",
            )
        if len(set(password.lower())) < 5:
            raise ValidationError(
                "Mật khẩu lặp lại quá ít ký tự. Vui lòng chọn mật khẩu khác.",
                code="password_repeats",
            )
        words = listed | _read("name_words_vi.txt") | _names_of(user)
        readings = {key, _fold(password.lower().translate(_SYMBOLS))}
        if min(_remaining(reading, words) for reading in readings) < _ENOUGH:
            raise ValidationError(
                "Mật khẩu không được chỉ gồm tên đơn vị, tên người, từ phổ biến và con số. "
                "Vui lòng thêm những từ khác.",
                code="password_is_known_words",
            )

    def get_help_text(self) -> str:
        """Return the rule in one sentence."""
        return (
            "Không chỉ gồm từ phổ biến, tên người, tên đơn vị, con số; "
            "nên dùng một câu dài, có thể có dấu."
        )


def _remaining(key: str, words: Collection[str]) -> int:
    """Return how many letters of `key` remain when `words` and numbers are taken out as well as can be."""
    key = key[:_LONGEST]
    plain = [key.translate(disguise) for disguise in _DISGUISES]
    longest = max(map(len, words), default=0)
    numbers = {match.end(): match.start() for match in re.finditer(r"\d+", key)}
    best = [0]
    for end in range(1, len(key) + 1):
        least = best[end - 1] + 1
        if end in numbers and end - numbers[end] < _NUMBER:
            least = min(least, best[numbers[end]])
        for start in range(max(0, end - longest), end):
            if best[start] < least and any(one[start:end] in words for one in (key, *plain)):
                least = best[start]
        best.append(least)
    return best[-1]


def _names_of(user: User | None) -> set[str]:
    """Return the folded names of every place and person, `user` with all its own: they are easily tried."""
    names = {_fold(getattr(user, field, "") or "") for field in ("username", "full_name", "email")}
    for kind, name in AdministrativeUnit.objects.values_list("kind", "name").distinct():
        names |= {_fold(name), _fold(f"{UnitKind(kind).label} {name}")}
    people = set(User.objects.values_list("full_name", flat=True))
    people.add(getattr(user, "full_name", ""))
    for person in people:
        syllables = search_key(person).split()
        names |= {"".join(syllables), "".join(syllables[-2:]), "".join(syllables[-1:])}
    own = re.split(
        r"[^a-z0-9]+", f"{getattr(user, 'username', '')} {getattr(user, 'email', '')}".lower()
    )
    names |= {search_key(label).replace(" ", "") for label in UnitKind.labels} | set(own)
    return {name for name in names if len(name) > 1}


def _fold(text: str) -> str:
    return search_key(text).replace(" ", "")


@cache
def _read(name: str) -> frozenset[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return frozenset(_fold(line) for line in lines if line and not line.startswith("#"))
