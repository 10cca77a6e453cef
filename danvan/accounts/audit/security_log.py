"""The security log: one structured line in the log `danvan.security`, one row for the audit page.

Values come from the outside, so a line can only be what json makes of it: a line break in a name or a
path stays inside its quotes as \\n.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, transaction

from danvan.accounts.audit.context import current
from danvan.accounts.models import User
from danvan.accounts.models.trail import SecurityEvent, SecurityKind
from danvan.common.ops.logs import printable
from danvan.common.text import clean_line

log = logging.getLogger("danvan.security")


def record(
    kind: SecurityKind,
    *,
    user: User | None = None,
    actor: User | None = None,
    username: str = "",
    **detail: Any,
) -> None:
    """Note that `kind` happened to `user` (or the typed `username`), by `actor` or the acting person.

    If the database cannot be written, the line is still in the log and the request goes on.
    """
    _store([_event(kind, user, actor, username, detail)])


def record_all(
    kind: SecurityKind, users: Iterable[User], *, actor: User | None, **detail: Any
) -> None:
    """Note that `kind` happened to each of `users`, as `record` does, in one go."""
    _store([_event(kind, user, actor, "", detail) for user in users])


def _event(
    kind: SecurityKind, user: User | None, actor: User | None, username: str, detail: dict
) -> SecurityEvent:
    now = current()
    actor = actor or now.user
    subject = user or actor
    return SecurityEvent(
        kind=kind,
        user=subject,
        actor=actor,
        unit_id=getattr(subject, "unit_id", None),
        username=clean_line(username or getattr(subject, "username", ""))[:150],
        address=now.address,
        path=clean_line(now.request.path)[:200] if now.request else "",
        request_id=now.request_id,
        detail=detail,
    )


def _store(events: list[SecurityEvent]) -> None:
    for event in events:
        log.info(line(event))
    try:
        with transaction.atomic():
            SecurityEvent.objects.bulk_create(events, batch_size=500)
    except DatabaseError:
        log.exception("security event not stored")


def line(event: SecurityEvent) -> str:
    """Return the event as one line of JSON, every character of it printable."""
    fields = {
        "event": str(event.kind),
        "user": event.username,
        "actor": getattr(event.actor, "username", ""),
        "address": event.address,
        "path": event.path,
        "request": event.request_id,
        **event.detail,
    }
    return printable(json.dumps(fields, ensure_ascii=False, default=str))
