"""Keys of accounts: made, found again by their hash, counted, taken back."""

import datetime
import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from danvan.accounts.audit import security_log
from danvan.accounts.models import ApiToken, User
from danvan.accounts.models.trail import SecurityKind
from danvan.common.db.locks import locked
from danvan.common.handbook.why import Why

PREFIX = "dv1_"  # so that a key that got into a file or a chat is known for one
MOST = 10  # usable keys of one account
LONGEST = 365  # days
_MINUTE = datetime.timedelta(minutes=1)


def give(user: User, label: str, days: int) -> tuple[ApiToken, str]:
    """Give `user` a key for `days`; return it and its text, which is shown once and kept nowhere.

    Raises ValidationError when the account has too many.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    ends = timezone.now() + datetime.timedelta(days=min(days, LONGEST))
    with transaction.atomic():
        locked(User.objects.filter(pk=user.pk)).get()
        if user.tokens.usable().count() >= MOST:
            raise ValidationError(
                f"Mỗi tài khoản có tối đa {MOST} mã truy cập. Vui lòng thu hồi mã không dùng nữa.",
                code=Why.LIMIT,
            )
        token = ApiToken.objects.create(
            user=user, label=label, start=text[:10], digest=_digest(text), expires_at=ends
        )
        security_log.record(SecurityKind.TOKEN, user=user, state="given", label=label)
    return token, text


def take_back(token: ApiToken) -> bool:
    """Take `token` back; tell whether it was usable until now."""
    with transaction.atomic():
        taken = ApiToken.objects.usable().filter(pk=token.pk).update(revoked_at=timezone.now())
        if taken:
            security_log.record(
                SecurityKind.TOKEN, user=token.user, state="taken_back", label=token.label
            )
    return bool(taken)


def take_back_all(users: Iterable[User], *, by: User | None = None) -> None:
    """Take back every key of `users`, as their sessions end."""
    held = ApiToken.objects.usable().filter(user__in=[user.pk for user in users])
    holders = list(User.objects.filter(pk__in=held.values("user")))
    held.update(revoked_at=timezone.now())
    if holders:
        security_log.record_all(SecurityKind.TOKEN, holders, actor=by, state="taken_back")


def token_of(text: str) -> ApiToken | None:
    """Return the key that `text` is, usable or not; None for a text that is none."""
    if not text.startswith(PREFIX):
        return None
    tokens = ApiToken.objects.select_related("user__unit__parent")
    return tokens.filter(digest=_digest(text)).first()


def count_call(token: ApiToken) -> int:
    """Count one request with `token`; return the seconds to wait when the minute's share is used up, else 0.

    In the database: all processes of the site count together.
    """
    now = timezone.now()
    rows, is_over = ApiToken.objects.filter(pk=token.pk), Q(minute__lte=now - _MINUTE)
    rows.update(
        minute=Case(When(is_over, then=now), default=F("minute")),
        calls=Case(When(is_over, then=1), default=F("calls") + 1),
        used_at=now,
    )
    minute, calls = rows.values_list("minute", "calls").get()
    if calls <= settings.API_CALLS_A_MINUTE:
        return 0
    return max(int((minute + _MINUTE - now).total_seconds()) + 1, 1)


def _digest(text: str) -> str:
    """Return the hash of a key. A fast one will do: a key is 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()
