"""Small middlewares that know no app."""

import uuid


class RequestIdMiddleware:
    """Give every request an id, answered as X-Request-ID: error pages and ledgers quote it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = uuid.uuid4().hex
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
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
