"""Lock-out after wrong passwords, in two speeds.

Five failures of one name from one address close that pair for a quarter of an hour: an office behind one
address keeps working under its other names. Twenty failures of one name within a day, from anywhere, slow the
name down, doubling from one minute to an hour, except at addresses where the person logged in before:
so nobody can lock the chairman out of his own office. Attempts made while closed are not counted. A try
takes its place among the failures before the password is checked: a hundred at once are counted like five.

Unknown names are counted like known ones, so the answer does not tell them apart. Our own forty lines and
not django-axes: it knows one limit for all its keys, and locks on the name alone for everybody.
"""

import contextlib
import datetime
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from danvan.accounts.models.trail import LoginFailure, LoginSession
from danvan.common.text import clean_line

_KEPT = datetime.timedelta(days=1)
_KNOWN = datetime.timedelta(days=30)


class Closed(Exception):  # noqa: N818 - the door is closed until then
    """Too many wrong passwords: nothing is checked before `until`."""

    def __init__(self, until: datetime.datetime) -> None:
        self.until = until
        super().__init__(until)


@dataclass
class _Try:
    """A try on its way: the row that stands for it, and whether it failed."""

    row: int
    failed: bool = False


_trying: ContextVar[_Try | None] = ContextVar("trying", default=None)


@contextlib.contextmanager
def attempt(name: str, address: str | None) -> Iterator[None]:
    """Count a try while its password is checked inside; note_failure makes the place lasting. Raises Closed."""
    if until := closed_until(name, address):
        raise Closed(until)
    row = LoginFailure.objects.create(name=_key(name), address=address, at=timezone.now())
    trying = _Try(row.pk)
    token = _trying.set(trying)
    try:
        if until := closed_until(name, address, besides=row.pk):
            raise Closed(until)
        yield
    finally:
        _trying.reset(token)
        if not trying.failed:
            row.delete()


def closed_until(name: str, address: str | None, *, besides: int = 0) -> datetime.datetime | None:
    """Return until when `name` cannot log in from `address`, None when it can; `besides` is one's own try."""
    now = timezone.now()
    failures = LoginFailure.objects.filter(name=_key(name), at__gt=now - _KEPT)
    failures = failures.exclude(pk=besides)
    closed = datetime.timedelta(minutes=settings.LOGIN_PAIR_MINUTES)
    pair = failures.filter(address=address, at__gt=now - closed).order_by("-at")
    moments = list(pair.values_list("at", flat=True))
    if len(moments) >= settings.LOGIN_PAIR_LIMIT:
        return moments[0] + closed
    everywhere = failures.count()
    if everywhere < settings.LOGIN_NAME_LIMIT or _is_known(name, address):
        return None
    doubled = min((everywhere - settings.LOGIN_NAME_LIMIT) // 5, 6)
    until = failures.order_by("-at")[0].at + datetime.timedelta(minutes=min(2**doubled, 60))
    return until if until > now else None


def note_failure(name: str, address: str | None) -> bool:
    """Count one wrong password; return True when it locks the name out."""
    now = timezone.now()
    LoginFailure.objects.filter(at__lte=now - _KEPT).delete()
    if trying := _trying.get():
        trying.failed = True
    else:
        LoginFailure.objects.create(name=_key(name), address=address, at=now)
    return closed_until(name, address) is not None


def forget(name: str, address: str | None) -> None:
    """Lift the lock-out of `name` at `address` after a login there."""
    LoginFailure.objects.filter(name=_key(name), address=address).delete()


def forget_everywhere(names: Iterable[str]) -> None:
    """Open the doors of `names` again, when a superuser issues passwords."""
    LoginFailure.objects.filter(name__in=[_key(name) for name in names]).delete()


def _key(name: str) -> str:
    """Return the name as the account is found by it: every spelling that logs in counts as one name."""
    return clean_line(name).casefold()[:150]


def _is_known(name: str, address: str | None) -> bool:
    """Return whether the person of `name` logged in from `address` lately."""
    return LoginSession.objects.filter(
        user__username__iexact=_key(name), address=address, started_at__gt=timezone.now() - _KNOWN
    ).exists()
