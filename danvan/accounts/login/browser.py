"""Whose browser this was last. What it keeps of one person (static/kept.js) goes when another logs in.

The scripts wipe it as well; this holds without them, and before the first page of the next person.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from danvan.accounts.models import User
from danvan.common.web.cookies import tell_stored

TYPED_BY = "Typed-By"  # the header of a script, the field of a form: whose page it comes from
_SALT = "danvan.accounts.login.browser"
_SECONDS = 30 * 24 * 60 * 60  # as long as the browser keeps a draft


def _name() -> str:
    return f"{settings.COOKIE_PREFIX}person"


def was_of_another(request: HttpRequest, user: User) -> bool:
    """Return whether somebody else than `user` was the last to log in here."""
    last = request.get_signed_cookie(_name(), default="", salt=_SALT, max_age=_SECONDS)
    return last not in ("", str(user.pk))


def is_of_another(fields: Iterable[tuple[str, str]], user: User) -> bool:
    """Return whether posted `fields` say that somebody else than `user` typed them."""
    return any(name == TYPED_BY and value != str(user.pk) for name, value in fields)


def note_person(response: HttpResponse, user: User) -> None:
    """Let the browser remember that `user` logged in."""
    response.set_signed_cookie(
        _name(),
        str(user.pk),
        salt=_SALT,
        max_age=_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_all(response: HttpResponse) -> None:
    """Let the browser drop everything it keeps for this site but cookies: drafts, the worker, its caches."""
    response["Clear-Site-Data"] = '"storage"'
    tell_stored(response, "all")  # the header is for secure connections only


def forget_person(response: HttpResponse) -> None:
    """Let the browser drop everything, and whose it was."""
    forget_all(response)
    response.delete_cookie(_name(), samesite="Lax")
