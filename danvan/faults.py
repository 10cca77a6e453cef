"""When the machine fails a request: one answer for all of them, and what was typed is kept.

A database that is locked, full or away, or a full disk, is no error of the site: 503, in Vietnamese, with
the posted form ready to be sent again, or as JSON to a script that asked for it.
"""

import contextlib
import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from danvan.accounts.login.resume import pending_post, sent_from_here
from danvan.common.ops.faults import Fault, fault_of
from danvan.common.web.middleware import Middleware

log = logging.getLogger("danvan.faults")
RETRY_SECONDS = 30


class FaultsMiddleware(Middleware):
    """Answers for views that met a fault, in development as well (there Django would show its own page)."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer for a fault of the machine; anything else is a bug and takes its way."""
        return answer_for(request, error)


def answer_for(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer to `request` when a fault of the machine lies behind `error`, else None."""
    fault = fault_of(error)
    if fault is None:
        return None
    log.error("%s: %s %s", fault.word, request.method, request.path, exc_info=error)
    _drop_upload(request)
    if request.headers.get("Accept") == "application/json":
        answer = {"error": fault.word, "message": fault.message}
        return _marked(JsonResponse(answer, status=503))
    return _marked(HttpResponse(_page(request, fault), status=503))


def _drop_upload(request: HttpRequest) -> None:
    """Remove what of an upload was written: the disk is full now, the collector comes at some time."""
    for handler in request.upload_handlers if request.content_type == "multipart/form-data" else ():
        with contextlib.suppress(OSError):
            handler.upload_interrupted()


def _page(request: HttpRequest, fault: Fault) -> str:
    """Render without context processors: they ask the database, which may be what failed."""
    pending = pending_post(request) if sent_from_here(request) else None
    context = {
        "fault": fault,
        "posted": request.method == "POST",
        "pending": pending,
        "typed": sum(bool(text) for _, text in pending.fields) if pending else 0,
        "csrf_token": get_token(request) if pending else "",
        "url": request.get_full_path(),
        "request_id": getattr(request, "id", ""),
    }
    return render_to_string("errors/503.html", context)


def _marked(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "private, no-store"
    return response
