"""What one person has not yet seen, and everything that is told: about the reports of the own unit only."""

import datetime
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import own_units
from danvan.common.ops.faults import aside
from reports.models import DeadlineExtension, PeriodLog, Report, Transition
from reports.notices.notice import SOON, Notice, of_due_date, of_extension, of_move, of_period

MOST_OF_A_KIND = 200  # older ones stand in the log of each report


def seen_at(user: User) -> datetime.datetime:
    """Return when `user` last saw the notices; nobody has missed what was before the account."""
    return user.notices_seen_at or user.date_joined


def unread_rows(user: User) -> list[QuerySet]:
    """Return queries whose rows, added up, are the notices `user` has not seen (settings.RECORD_NEWS)."""
    return _sources(user, seen_at(user))


def unread_of(user: User, counts: Sequence[int], known: Sequence[Report] = ()) -> list[Notice]:
    """Return the notices not seen, newest first.

    `counts` are the numbers of `unread_rows`: one query for each that is not zero. `known` are own reports
    that the page has read already, with their periods and due dates.
    """
    sources = zip(_sources(user, seen_at(user)), counts, strict=True)
    return _told(user, [rows if count else rows.none() for rows, count in sources], known)


def news_of(user: User) -> list[Notice]:
    """Return the notices of `user`, newest first. Five queries."""
    return _told(user, _sources(user, None))


def _told(user: User, sources: list[QuerySet], known: Sequence[Report] = ()) -> list[Notice]:
    if not sources:
        return []
    due, moves, extensions, steps = (rows[:MOST_OF_A_KIND] for rows in sources)
    today = timezone.localdate()
    found = [of_due_date(report, today) for report in due.select_related("period")]
    found += [of_move(row) for row in moves.select_related("report__period", "actor")]
    extensions = extensions.select_related("report__period", "granted_by")
    found += [of_extension(row) for row in extensions]
    lines, reports = list(steps.select_related("actor")), {r.period_id: r for r in known}
    if missing := {line.period_id for line in lines} - reports.keys():
        own = Report.objects.filter(unit__in=own_units(user), period__in=missing)
        reports |= {r.period_id: r for r in own.with_due_dates().select_related("period")}
    found += [of_period(line, reports[line.period_id]) for line in lines]
    return sorted(found, key=lambda notice: notice.at, reverse=True)


def mark_seen(user: User, at: datetime.datetime) -> None:
    """Note that `user` saw the notices at `at`. Written beside the page, which never fails for it."""
    user.notices_seen_at = at
    with aside("notices were seen"):
        user.save(update_fields=["notices_seen_at"])


def _sources(user: User, since: datetime.datetime | None) -> list[QuerySet]:
    """Return due dates, moves, extensions and steps of periods later than `since`, newest first."""
    own = [unit.pk for unit in own_units(user)] if user.can(Action.ENTER_REPORT) else []
    if not own:
        return []
    theirs = Report.objects.filter(period=OuterRef("period"), unit__in=own)
    steps = (PeriodLog.OPENED, PeriodLog.CLOSED, PeriodLog.REOPENED)

    def later(name: str) -> Q:
        return Q(**{f"{name}__gt": since}) if since else Q()

    return [
        Report.objects.filter(unit__in=own).awaited().filter(_due(since)),
        Transition.objects.filter(later("at"), report__unit__in=own).exclude(actor=user),
        DeadlineExtension.objects.filter(later("granted_at"), report__unit__in=own),
        PeriodLog.objects.filter(Exists(theirs), later("at"), action__in=steps),
    ]


def _due(since: datetime.datetime | None) -> Q:
    """Return the condition for due dates that are told: within three days, or over; with `since` newly so.

    What is due on day D is told from the morning of D - 3, as late from that of D + 1.
    """
    today = timezone.localdate()
    if since is None:
        return Q(due__lte=today + SOON)
    seen = timezone.localdate(since)
    soon = Q(due__gte=today, due__lte=today + SOON, due__gt=seen + SOON)
    return soon | Q(due__lt=today, due__gte=seen)
