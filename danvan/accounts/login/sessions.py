"""Sessions of people: how long they last, which are open, ending them.

A session ends after SESSION_IDLE_SECONDS without a request and SESSION_COOKIE_AGE after login whatever
happens. The time of the last request is written at most once a minute, so reading pages does not write.
"""

import contextlib
import datetime
import time
from collections.abc import Iterable

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from danvan.accounts.audit.context import client_address
from danvan.accounts.models import User
from danvan.accounts.models.trail import LoginSession
from danvan.common.ops.faults import aside

_WRITE_EVERY = 60
_KNOWN_BROWSERS = ("Edg", "OPR", "CocCoc", "coc_coc_browser", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


def start(request: HttpRequest, user: User) -> None:
    """Note the session that `user` just logged in with."""
    session = request.session
    if not session.session_key:
        session.create()
    session["started"] = session["seen"] = int(time.time())
    LoginSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "address": client_address(request),
            "device": _device(request.headers.get("User-Agent", "")),
            "started_at": timezone.now(),
            "seen_at": timezone.now(),
        },
    )


def seconds_left(session: SessionBase) -> int:
    """Return how long the session may still live without another request; 0 or less when it is over."""
    now = time.time()
    idle_end = session.get("seen", now) + settings.SESSION_IDLE_SECONDS
    hard_end = session.get("started", now) + settings.SESSION_COOKIE_AGE
    return int(min(idle_end, hard_end) - now)


def limits_of(request: HttpRequest) -> dict:
    """Context processor: how long the session of this page lives, and whether its hard end is near."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    session, now = request.session, time.time()
    hard_end = session.get("started", now) + settings.SESSION_COOKIE_AGE
    ends = datetime.datetime.fromtimestamp(hard_end, tz=datetime.UTC)
    soon = hard_end - now < 15 * 60
    return {"session_limits": {"left": seconds_left(session), "soon": soon, "ends": ends}}


def touch(session: SessionBase) -> None:
    """Note a request, at most once a minute. Written here and not with the answer: it never fails a page."""
    now = int(time.time())
    if now - session.get("seen", 0) < _WRITE_EVERY:
        return
    session["seen"] = now
    session.setdefault("started", now)
    # A session that was ended at this very moment is gone; the next request is told.
    with contextlib.suppress(UpdateError), aside("the last request of a session"):
        session.save()
        rows = LoginSession.objects.filter(session_key=session.session_key)
        rows.update(seen_at=timezone.now())
    session.modified = False


def rename(old_key: str, request: HttpRequest) -> None:
    """Follow a session whose key was changed (a password change does that)."""
    LoginSession.objects.filter(session_key=old_key).update(session_key=request.session.session_key)


def open_sessions(user: User) -> list[LoginSession]:
    """Return the sessions in which `user` is still logged in, the last used first."""
    rows = list(user.login_sessions.all()[:200])
    keys = [row.session_key for row in rows]
    stored = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(stored.values_list("session_key", flat=True))
    idle_since = timezone.now() - datetime.timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    return [row for row in rows if row.session_key in alive and row.seen_at > idle_since]


def end_sessions(user: User, *, only: int | None = None, keep: str | None = None) -> int:
    """End the sessions of `user` (one by its `only` pk, all but the key `keep`); return how many were open."""
    rows = user.login_sessions.exclude(session_key=keep or "")
    return _end(rows if only is None else rows.filter(pk=only))


def end_all_sessions(users: Iterable[User]) -> int:
    """End every session of `users`; return how many were open."""
    return _end(LoginSession.objects.filter(user__in=[user.pk for user in users]))


def _end(rows: QuerySet[LoginSession]) -> int:
    keys = list(rows.values_list("session_key", flat=True))
    return Session.objects.filter(session_key__in=keys).delete()[0]


def forget_old() -> int:
    """Drop notes of sessions that are older than a lock-out needs them; return how many."""
    limit = timezone.now() - datetime.timedelta(days=30)
    return LoginSession.objects.filter(started_at__lt=limit).delete()[0]


def _device(agent: str) -> str:
    """Return browser and system in two words; the full header is nobody's business."""
    browser = next((name for name in _KNOWN_BROWSERS if name in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    names = {"Edg": "Edge", "OPR": "Opera", "coc_coc_browser": "Cốc Cốc", "Macintosh": "macOS"}
    return " – ".join(names.get(part, part) for part in (browser, system) if part)
