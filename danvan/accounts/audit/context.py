"""Who is acting right now: the request in the web server, a named person or nobody on the command line.

The audit trail and the security log read it, so callers need not pass actor, address and request id
through every function.
"""

import contextlib
import ipaddress
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from danvan.accounts.rights import Person


@dataclass(frozen=True)
class Acting:
    """One source of changes: `source` is form, import, bulk, command, undo."""

    request: HttpRequest | None = None
    person: Any = None
    source: str = "command"

    @property
    def user(self) -> Any:
        """The acting User, None for an anonymous visitor or an unattended command."""
        user = self.person or getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def request_id(self) -> str:
        """The id that the answer carries as X-Request-ID, "" outside a request."""
        return getattr(self.request, "id", "")

    @property
    def address(self) -> str | None:
        """The client's network address, None outside a request."""
        return client_address(self.request) if self.request else None


_current: ContextVar[Acting] = ContextVar("danvan_acting", default=Acting())  # noqa: B039 - frozen


def current() -> Acting:
    """Return who is acting in this thread of control."""
    return _current.get()


@contextlib.contextmanager
def acting(
    request: HttpRequest | None = None, *, user: Person | None = None, source: str | None = None
) -> Iterator[Acting]:
    """Attribute everything inside to `user` (or the person of `request`) through `source`.

    What is not given stays as it was, so a bulk action inside a request keeps its request id.
    """
    before = current()
    now = Acting(request or before.request, user or before.person, source or before.source)
    token = _current.set(now)
    try:
        yield now
    finally:
        _current.reset(token)


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client, behind PROXY_COUNT proxies that append to X-Forwarded-For.

    Anything further left in that header was written by the client and is ignored.
    """
    address = request.META.get("REMOTE_ADDR") or None
    if settings.PROXY_COUNT:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= settings.PROXY_COUNT:
            address = hops[-settings.PROXY_COUNT] or address
    return _valid_address(address)


def _valid_address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text)) if text else None
    except ValueError:
        return None
