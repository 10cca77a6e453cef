"""The shell of a page: its form without anything stored, for the browser to show while there is no line.

A worker in the browser (static/worker.js) keeps shells and static files, never a page: it takes only what
carries MARK, which names the person the shell was made for.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

ASKED, MARK = "khung", "Dv-Shell"


def is_asked(request: HttpRequest) -> bool:
    """Return whether the worker asks for the shell of the page."""
    return request.method == "GET" and ASKED in request.GET


def frame() -> dict[str, Any]:
    """Return the context of the frame around a shell: no menu, no messages, no count of anything."""
    limits = {"left": 0, "soon": False}
    bare = {"menu": [], "unread": 0, "messages": (), "session_limits": limits}
    return {**bare, "shell": True}


def keepable(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Return `response`, a shell, with the mark that lets the worker keep it."""
    response[MARK] = str(request.user.pk)
    return response
