"""Pages of the whole site: the home page per role and the error pages."""

import hashlib
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from danvan.common.web import shell
from danvan.faults import answer_for
from reports.dashboard import home  # noqa: F401 - the home page is made of report figures

_STATIC = Path(settings.BASE_DIR) / "static"


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon: browsers ask here on pages without a link to it (files, the page of a crash)."""
    return redirect(static("favicon.svg"))


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The worker that keeps forms usable without a line; its version is that of the files it serves."""
    version = getattr(staticfiles_storage, "manifest_hash", "") or _digest()
    script = (_STATIC / "worker.js").read_text().replace("__VERSION__", version)
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _digest() -> str:
    """Return what stands for the contents of our static files where none is listed (DEBUG, tests)."""
    digest = hashlib.sha256()
    for path in sorted(_STATIC.rglob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What this browser keeps unsent, and which forms work without a line; the script fills it in."""
    if not shell.is_asked(request):
        return render(request, "offline.html")
    return shell.keepable(render(request, "offline.html", shell.frame()), request)


@login_not_required
def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """400: what was sent cannot be read. A session that could not be stored comes here too."""
    return answer_for(request, exception) or render(request, "errors/400.html", status=400)


@login_not_required
def forbidden(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """403: the page exists for others; `exception` may say why in Vietnamese."""
    return render(request, "errors/403.html", {"reason": str(exception or "")}, status=403)


@login_not_required
def not_found(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """404: no such page, or a page outside the user's area."""
    return render(request, "errors/404.html", status=404)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; quotes the request id so that the log line can be found. 503 for the machine's.

    Rendered without context processors: they read the session, and the database may be what failed.
    """
    if answer := answer_for(request, sys.exc_info()[1]):
        return answer
    page = render_to_string("errors/500.html", {"request_id": getattr(request, "id", "")})
    return HttpResponseServerError(page)
