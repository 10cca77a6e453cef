"""Cookies that no other host or path can set: under HTTPS their names begin with __Host-."""

import re

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http.response import HttpResponseBase

_SECONDS = 30 * 60  # until the browser opens a page of ours that runs scripts


class MessageCookie(CookieStorage):
    """Django's cookie of messages; its name is no setting of Django's."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        """The name, with the prefix of the other cookies."""
        return f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Messages in a cookie, those too long for one in the session."""

    storage_classes = (MessageCookie, SessionStorage)


def tell_stored(response: HttpResponseBase, number: str) -> None:
    """Let the scripts drop what they keep of the form posted under `number`; "all": of every form.

    A cookie, because the answer is a redirect, which scripts do not see. They read it on the next page and
    remove it (static/kept.js). What is no number of theirs is passed over.
    """
    if re.fullmatch("all|[0-9a-f]{32}", number):
        response.set_cookie(
            f"{settings.COOKIE_PREFIX}stored-{number}",
            "1",
            max_age=_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
