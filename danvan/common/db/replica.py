"""Reads that may lag: from a standby of PostgreSQL at DATABASE_REPLICA_URL, where there is one.

A page says with @may_lag that it shows what was true some seconds ago: consolidation, exports, logs. All
else is read from the primary, and so are these pages

- for a person who wrote a moment ago: a cookie, that lives longer than the replica may be behind, says so;
- inside a transaction, where reads decide a write, and in what is written beside a page;
- while the replica is away, behind or none (standby.py), and where a row is not there yet.
"""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError, InterfaceError, connection, connections, models
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from danvan.common.db.standby import standby
from danvan.common.ops.databases import PRIMARY, REPLICA
from danvan.common.web.middleware import Middleware

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
View = TypeVar("View", bound=Callable[..., Any])
_lagging: ContextVar[bool] = ContextVar("danvan_may_lag", default=False)


class Router:
    """Django's database router: writes go to the primary, reads where the page says."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        """Return the replica within a page that may lag, unless the primary is in a transaction."""
        return REPLICA if _lagging.get() and not connection.in_atomic_block else PRIMARY

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        """Return the primary."""
        return PRIMARY

    def allow_relation(self, *rows: models.Model, **hints: Any) -> bool:
        """Return that rows of the two belong together: they are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Return whether tables are made there: a standby gets them from its primary."""
        return db == PRIMARY


@contextlib.contextmanager
def reading(*, lagging: bool) -> Iterator[None]:
    """Read within the block from the replica (`lagging`), or from the primary."""
    token = _lagging.set(lagging)
    try:
        yield
    finally:
        _lagging.reset(token)


def may_lag(view: View) -> View:
    """Let a page that writes nothing be read from the replica. Of a class: @method_decorator, dispatch.

    Whatever fails there, or is not there yet, is asked of the primary before anybody is told.
    """

    @functools.wraps(view)
    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _can_lag(request):
            return view(request, *args, **kwargs)
        try:
            with reading(lagging=True):
                response = view(request, *args, **kwargs)
                if not getattr(response, "is_rendered", True):
                    response.render()
        except Http404:
            return view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            if getattr(error.__cause__, "sqlstate", "") == "57014":
                raise  # it took too long, and would again
            standby.failed(error)
            return view(request, *args, **kwargs)
        if type(response) is StreamingHttpResponse:
            response.streaming_content = _still_lagging(
                cast(Iterable[bytes], response.streaming_content)
            )
        return response

    return read  # type: ignore[return-value]


def _can_lag(request: HttpRequest) -> bool:
    asks = request.method in ("GET", "HEAD") and cookie_name() not in request.COOKIES
    return asks and REPLICA in connections and standby.is_usable()


def _still_lagging(content: Iterable[bytes]) -> Iterator[bytes]:
    with reading(lagging=True):
        yield from content


def cookie_name() -> str:
    """Return the name of the cookie of who wrote a moment ago."""
    return f"{settings.COOKIE_PREFIX}wrote"


def remember_write(response: HttpResponseBase) -> None:
    """Let the person who gets `response` read the primary until the replica surely shows what was written."""
    if REPLICA in connections:
        response.set_cookie(
            cookie_name(),
            "1",
            max_age=int(settings.REPLICA_LAG_SECONDS) + 5,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


class WritersMiddleware(Middleware):
    """Remembers who posted anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if REPLICA not in connections:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method not in SAFE:
            remember_write(response)
        return response
