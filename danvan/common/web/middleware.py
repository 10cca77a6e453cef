"""Small middlewares that know no app."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver

from danvan.common.web.cookies import tell_stored

# The id of the request being served, for log lines (danvan/common/ops/logs.py).
request_id: ContextVar[str] = ContextVar("danvan_request_id", default="")
_NO_DEVICES = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


class Middleware:
    """Base of ours; a middleware that only looks at views or errors lets every request pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class RequestIdMiddleware(Middleware):
    """Give every request an id, answered as X-Request-ID: error pages and ledgers quote it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = uuid.uuid4().hex
        request.id = name  # type: ignore[attr-defined]  # read by the logs and the error pages
        token = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = name
        response["Permissions-Policy"] = _NO_DEVICES
        return response


class PlainNotFoundMiddleware(Middleware):
    """With DEBUG show the site's own 404 page instead of Django's English list of URL patterns.

    Only in use with DEBUG (settings.py): a first look must show what people will see. Stands outside
    CommonMiddleware, which answers a missing slash first.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 404 and request.resolver_match is None:
            return self._page(request, None)
        return response

    def process_exception(self, request: HttpRequest, exception: BaseException) -> Any:
        """Answer a view that found nothing."""
        return self._page(request, exception) if isinstance(exception, Http404) else None

    def _page(self, request: HttpRequest, exception: BaseException | None) -> Any:
        answer: Any = get_resolver().resolve_error_handler(404)
        return answer(request, exception=exception)


class PrivatePagesMiddleware(Middleware):
    """Keep pages behind the login out of every cache: an office shares machines and proxies."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class StoredMiddleware(Middleware):
    """Tell the browser which form was stored, by the number it was posted under: its draft goes there.

    Our views lead on only from a post that they took; what they refuse they show again. A message would be
    no sign: another tab may show it. The last of all, so that what other middlewares answer is no view's.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 302 and getattr(request, "is_viewed", False):
            tell_stored(response, request.POST.get("Draft", ""))
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        """Note that a view was reached: the other middlewares let the request pass."""
        request.is_viewed = True  # type: ignore[attr-defined]  # for the answer above
