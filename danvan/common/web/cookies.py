"""Cookies that no other host or path can set: under HTTPS their names begin with __Host-."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessageCookie(CookieStorage):
    """Django's cookie of messages; its name is no setting of Django's."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        """The name, with the prefix of the other cookies."""
        return f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Messages in a cookie, those too long for one in the session."""

    storage_classes = (MessageCookie, SessionStorage)
