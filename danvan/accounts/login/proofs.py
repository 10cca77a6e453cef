"""A short note in a session: who gave the password, and when. It ends with the session and the password.

The half-way login and the setting up of a phone app stand on it. It carries the session auth hash, so a
changed or newly issued password ends both at once.
"""

import time
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import constant_time_compare

from danvan.accounts.models import User


def proof_of(user: User) -> dict[str, Any]:
    """Return the note that `user` just gave the password, to be kept in a session."""
    return {"user": user.pk, "hash": user.get_session_auth_hash(), "at": int(time.time())}


def person_of(proof: Mapping[str, Any] | None, seconds: int) -> User | None:
    """Return who gave the password at most `seconds` ago; None when it, or the account, is no longer good."""
    if not proof or time.time() - proof["at"] > seconds:
        return None
    user = User.objects.filter(pk=proof["user"], is_active=True).first()
    if user is None or not constant_time_compare(proof["hash"], user.get_session_auth_hash()):
        return None
    return user
