"""Small middlewares that know no app."""

import uuid
from contextvars import ContextVar

# The id of the request being served, for log lines (danvan/common/ops/logs.py).
request_id: ContextVar[str] = ContextVar("danvan_request_id", default="")
_NO_DEVICES = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


class RequestIdMiddleware:
    """Give every request an id, answered as X-Request-ID: error pages and ledgers quote it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = uuid.uuid4().hex
        token = request_id.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.id
        response["Permissions-Policy"] = _NO_DEVICES
        return response


class PrivatePagesMiddleware:
    """Keep pages behind the login out of every cache: an office shares machines and proxies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response
