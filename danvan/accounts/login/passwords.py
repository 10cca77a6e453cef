"""Passwords: what a good one is, and the ones the site issues.

Rules after NIST 800-63B and ASVS 6.2: length and lists, no composition rule, no expiry of chosen ones.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from danvan.common.text import search_key
from danvan.units.models import AdministrativeUnit

_LIST = Path(__file__).parent / "data" / "common_passwords_vi.txt"
# No 0/O, 1/l/I: the sheet is read aloud and typed from paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_DIGITS = "23456789"


@lru_cache(maxsize=1)
def common_keys() -> frozenset[str]:
    """Return the shipped list of Vietnamese common passwords, folded."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(_fold(line) for line in lines if line and not line.startswith("#"))


class VietnamesePasswordValidator:
    """Refuse what people here choose first: common words, names of people and places, phone numbers.

    A year or any other number behind such a word changes nothing.
    """

    def validate(self, password: str, user=None) -> None:
        """Raise ValidationError when `password` is one of them."""
        key = _fold(password)
        stem = key.strip("0123456789")
        if key in common_keys() or stem in common_keys() or (key.isdigit() and len(key) < 20):
            raise ValidationError(
                "Mật khẩu này quá phổ biến, dễ bị đoán. Vui lòng chọn một câu dài mà chỉ anh/chị biết.",
                code="password_too_common",
            )
        if len(set(password.lower())) < 5:
            raise ValidationError(
                "Mật khẩu lặp lại quá ít ký tự. Vui lòng chọn mật khẩu khác.",
                code="password_repeats",
            )
        if stem.removeprefix("danvan").removesuffix("danvan") in _names_of(user):
            raise ValidationError(
                "Mật khẩu không được chỉ là tên đơn vị hoặc tên người. Vui lòng thêm những từ khác.",
                code="password_is_name",
            )

    def get_help_text(self) -> str:
        """Return the rule in one sentence."""
        return "Không dùng từ phổ biến, tên đơn vị, số điện thoại; nên dùng một câu dài, có thể có dấu."


def generate_password() -> str:
    """Return a random password of 15 characters in readable groups (about 59 bits)."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)]
    number = "".join(secrets.choice(_DIGITS) for _ in range(3))
    return f"{groups[0]}{groups[1]}{number}{groups[2]}"


def issue_password(user) -> str:
    """Give `user` a random password that must be changed at the next login; return it, unsaved.

    It is shown once by the caller and kept nowhere but as a hash.
    """
    password = generate_password()
    user.set_password(password)
    user.issued_password = user.password
    user.password_issued_at = timezone.now()
    user.must_change_password = True
    return password


def choose_password(user, password: str) -> None:
    """Give `user` the password the person chose and end the duty to change it, unsaved."""
    user.set_password(password)
    user.must_change_password = False
    user.password_issued_at = None


def was_issued(user, password: str) -> bool:
    """Tell whether `password` is the last one that was issued: it must not become the permanent one."""
    return bool(user.issued_password) and check_password(password, user.issued_password)


def _fold(text: str) -> str:
    return search_key(text).replace(" ", "")


def _names_of(user) -> set[str]:
    """Return the folded names of the person and of every place there is or was: all are easily tried."""
    names = [getattr(user, "username", ""), getattr(user, "full_name", "")]
    for unit in AdministrativeUnit.objects.only("kind", "name"):
        names += [unit.name, unit.full_name]
    return {_fold(name) for name in names if name}
