"""What happens at every login, logout and wrong password, whatever page or client it comes through."""

from typing import Any

from django.http import HttpRequest

from danvan.accounts.audit import security_log
from danvan.accounts.audit.context import client_address
from danvan.accounts.login import lockout, sessions
from danvan.accounts.models import User
from danvan.accounts.models.trail import SecurityKind


def logged_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Note the session and the login; lift the lock-out of this name at this address."""
    sessions.start(request, user)
    sessions.forget_old()
    lockout.forget(user.username, client_address(request))
    security_log.record(SecurityKind.LOGIN, user=user, actor=user)


def logged_out(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Note the end of a session."""
    if user is not None:
        ended = "limit" if getattr(request, "session_ended", False) else "own"
        security_log.record(SecurityKind.LOGOUT, user=user, actor=user, ended=ended)


def login_failed(
    sender: Any, credentials: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Count and note a refused login. The password is not among `credentials` (Django blanks it)."""
    name = str(credentials.get("username") or "")
    address = client_address(request) if request is not None else None
    closed = lockout.note_failure(name, address)
    kind = SecurityKind.LOCKED if closed else SecurityKind.FAILED
    security_log.record(kind, username=name)
