"""A request as the views behind the login see it: somebody is there. For type checkers only."""

from typing import Any, cast

from django.http import HttpRequest

from danvan.accounts.models import User


class PersonRequest(HttpRequest):
    """A request whose user is known: the login middleware lets no other through."""

    user: User
    #: what a page reads once: the opened years, and the records of each kind
    year_spans: Any
    record_counts: Any
    #: how many notices this person has not seen, by where they come from
    unread: list[int]
    #: how many own jobs ended unseen, how many are not done yet
    jobs_done: int
    jobs_open: int


def person(request: HttpRequest) -> User:
    """Return who is behind a request that passed the login middleware."""
    return cast(User, request.user)
