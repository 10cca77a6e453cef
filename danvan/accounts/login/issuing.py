"""Passwords the site issues: random, on a sheet of slips that is shown once, to be changed at the first login.

Nothing readable is stored. A password is computed from the seed of its sheet, the account's number and the
server's key; showing the sheet takes the seed away. So a sheet outlives a broken connection, and is still
shown once.
"""

import re
import secrets

from django.conf import settings
from django.contrib.auth.hashers import get_hashers_by_algorithm, make_password
from django.utils import timezone
from django.utils.crypto import salted_hmac

from danvan.accounts.login.hashers import IssuedPasswordHasher
from danvan.accounts.models import SlipSheet, User
from danvan.units.queries import tree_order

# No 0/O, 1/l/I: the sheet is read aloud and typed from paper.
_LETTERS, _DIGITS = "abcdefghjkmnpqrstuvwxyz", "23456789"
_PATTERN = "aaaaaaaa999aaaa"  # about 63 bits
_SHAPE = re.compile(f"[{_LETTERS}]{{8}}[{_DIGITS}]{{3}}[{_LETTERS}]{{4}}")
ISSUED_FIELDS = ("password", "slips", "password_issued_at", "must_change_password")


def looks_issued(password: str) -> bool:
    """Return whether `password` is, or holds, one that the site may have issued to anybody at any time.

    By its shape: no list of old ones is kept. That somebody chooses one by chance is as likely as nothing.
    """
    return bool(_SHAPE.search(re.sub(r"[\s._-]", "", password).lower()))


def new_sheet(by: User, size: int) -> SlipSheet:
    """Return an unsaved sheet on which `by` issues passwords to `size` accounts."""
    seed = secrets.token_hex(32)
    return SlipSheet(made_by=by, size=size, seed=seed, key_mark=_mark(seed, settings.SECRET_KEY))


def issue_password(user: User, sheet: SlipSheet) -> None:
    """Give `user`, who has a number, the password of `sheet`, to be changed at the next login.

    Neither is saved here: the caller saves and links them.
    """
    password = _password(sheet.seed, settings.SECRET_KEY, user)
    known = IssuedPasswordHasher.algorithm in get_hashers_by_algorithm()
    user.password = make_password(
        password, hasher=IssuedPasswordHasher.algorithm if known else "default"
    )
    user.password_issued_at = timezone.now()
    user.must_change_password = True


def passwords_on(sheet: SlipSheet) -> list[tuple[User, str]] | None:
    """Return (account, password) of those who still have the password of `sheet`, as slips are handed out.

    None when they can no longer be computed: the seed is gone, or the server's key and its old ones.
    """
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    key = next((key for key in keys if sheet.seed and _mark(sheet.seed, key) == sheet.key_mark), "")
    if not key:
        return None
    people = User.objects.filter(slips=sheet, must_change_password=True, is_active=True)
    people = people.select_related("unit__parent").order_by(tree_order("unit"), "username")
    return [(user, _password(sheet.seed, key, user)) for user in people]


def _password(seed: str, key: str, user: User) -> str:
    """Return the password of `user` on the sheet of `seed`."""
    digest = salted_hmac(
        "danvan.accounts.slip", f"{seed}:{user.pk}", secret=key, algorithm="sha256"
    ).digest()
    number, letters = int.from_bytes(digest), []
    for place in _PATTERN:
        alphabet = _LETTERS if place == "a" else _DIGITS
        number, at = divmod(number, len(alphabet))
        letters.append(alphabet[at])
    return "".join(letters)


def _mark(seed: str, key: str) -> str:
    """Return a mark of `key` that says nothing about it."""
    return salted_hmac("danvan.accounts.key", seed, secret=key, algorithm="sha256").hexdigest()[:16]
