"""Nothing typed is lost to an ended session: the refused POST travels inside the login page.

The body is kept in the page itself (never on the server) and offered again after login, to be sent by
the person's own click with a fresh CSRF token. Files cannot be kept this way.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 1_000_000
_FORM = "application/x-www-form-urlencoded"
_NEVER = {"csrfmiddlewaretoken", "password", "old_password", "new_password1", "new_password2"}


@dataclass(frozen=True)
class PendingPost:
    """A refused POST: where it went and what it carried."""

    path: str
    fields: list[tuple[str, str]]


def pending_post(request: HttpRequest) -> PendingPost | None:
    """Return what `request` tried to post, None where it cannot or must not be kept (files, passwords)."""
    if request.method != "POST" or request.content_type != _FORM:
        return None
    if _NEVER & (set(request.POST) - {"csrfmiddlewaretoken"}):
        return None
    fields = [
        (name, text) for name, texts in request.POST.lists() for text in texts if name not in _NEVER
    ]
    if sum(len(name) + len(text) for name, text in fields) > MAX_LENGTH:
        return None
    return PendingPost(request.get_full_path(), fields)


def sent_from_here(request: HttpRequest) -> bool:
    """Return whether the browser says that a page of this site sent the post.

    Another site may post here as well; carrying such a post over a login would run it with the user's rights.
    """
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    own = {request.get_host(), *(urlsplit(url).netloc for url in settings.CSRF_TRUSTED_ORIGINS)}
    return urlsplit(source).netloc in own


def carried_post(request: HttpRequest) -> PendingPost | None:
    """Return the pending post that the login page carried in its hidden fields, if any.

    Anybody may post there: a body with more fields than any of our pages is not parsed.
    """
    path, body = request.POST.get("resume_path", ""), request.POST.get("resume_body", "")
    if not path or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return None
    try:
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        fields = parse_qsl(body, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return None
    return PendingPost(path, [(name, text) for name, text in fields if name not in _NEVER])
