"""A request as the views behind the login see it."""

from django.http import HttpRequest

from danvan.accounts.models import User


class PersonRequest(HttpRequest):
    """A request whose user is known: the login middleware lets no other through (for type checkers)."""

    user: User
