"""The notices by mail: to whom what is due, each at most once.

A mail is noted before it leaves (SentReminder, unique). Where the machine stops between the two, that mail is
not sent again: a reminder too few does no harm, the site shows the same; one every hour would. What the mail
server clearly refused is tried again by later runs, MAX_TRIES times in all and REST apart: a server that takes
nothing for an hour loses nothing. Whether mails go out /healthz tells (`mails_go_out`).
"""

import contextlib
import datetime
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.common.db.locks import locked
from danvan.units.models import UnitSuccession
from reports.models import (
    MAIL_KINDS,
    MailChoice,
    MailState,
    PeriodLog,
    Report,
    SentReminder,
    State,
    Transition,
)
from reports.notices.notice import SOON, Notice, of_due_date, of_move, of_period

log = logging.getLogger("danvan.mail")
# Older news is mailed to nobody: SMTP may just have been set up.
STALE = datetime.timedelta(days=14)
MAX_TRIES, REST = 3, datetime.timedelta(hours=1)
MAILS_A_CONNECTION = 20  # many servers close longer ones


@task()
def mail_what_is_due() -> dict[str, int]:
    """Send what is due: the work of a worker. Where one dies, another goes on with what nobody noted yet."""
    ends = send_reminders()
    if failed := ends.total() - ends[MailState.SENT]:
        log.error("%s mails refused or unsure", failed)
    return dict(ends)


def mails_go_out() -> bool:
    """Return whether the last run of a day that had mails to send reached the server, which took some."""
    recent = timezone.now() - datetime.timedelta(days=1)
    runs = DBTaskResult.objects.finished().filter(
        task_path=mail_what_is_due.module_path, finished_at__gt=recent
    )
    idle = Q(status=TaskResultStatus.SUCCESSFUL, return_value={})
    last = runs.exclude(idle).order_by("-finished_at").first()
    return last is None or MailState.SENT in (last.return_value or {})


def send_reminders() -> Counter[str]:
    """Send what is due; return how many mails met which end (MailState).

    Raises OSError or SMTPException where the mail server cannot be reached: then the rest waits.
    """
    ends: Counter[str] = Counter()
    connection = get_connection()
    with contextlib.closing(connection):
        for person, notices in due_mails():
            connection.open()  # before anything is noted
            if claimed := _claim(person, notices):
                ends[_deliver(connection, person, claimed)] += 1
                if ends.total() % MAILS_A_CONNECTION == 0:
                    connection.close()
    return ends


def due_mails() -> Iterator[tuple[User, list[Notice]]]:
    """Yield each person who may enter reports and has an address, with the notices due and wanted."""
    news, firsts = _news_by_unit(), UnitSuccession.objects.first_versions()
    people = User.objects.filter(is_active=True, unit__isnull=False).exclude(email="")
    for person in people.select_related("unit", "mail_choice").order_by("pk"):
        found = news.get(firsts.get(person.unit_id, person.unit_id), [])
        if found and person.can(Action.ENTER_REPORT):
            choice = getattr(person, "mail_choice", None) or MailChoice()
            if wanted := [notice for notice in found if choice.wants(notice.kind)]:
                yield person, wanted


def _news_by_unit() -> dict[int, list[Notice]]:
    """Return what there is to mail, the most urgent first, by the first version of the unit. Three queries."""
    now, today = timezone.now(), timezone.localdate()
    steps = PeriodLog.objects.filter(
        action__in=(PeriodLog.OPENED, PeriodLog.REOPENED), at__gte=now - STALE
    )
    opened = {line.period_id: line for line in steps.order_by("pk")}
    waiting = Report.objects.awaited().filter(
        Q(due__range=(today - STALE, today + SOON)) | Q(period__in=opened)
    )
    moves = Transition.objects.filter(
        to_state__in=(State.RETURNED, State.REOPENED),
        report__state=F("to_state"),
        report__in=Report.objects.awaited(),
        at__gte=now - STALE,
    )
    found = []
    for report in waiting.select_related("period"):
        if today - STALE <= report.due_date <= today + SOON:
            found.append(of_due_date(report, today))
        if report.period_id in opened:
            found.append(of_period(opened[report.period_id], report))
    newest = {
        move.report_id: move for move in moves.select_related("report__period").order_by("pk")
    }
    found += [of_move(move) for move in newest.values()]
    firsts, by_unit = UnitSuccession.objects.first_versions(), defaultdict(list)
    for notice in sorted(found, key=lambda notice: MAIL_KINDS.index(notice.kind)):
        unit = notice.report.unit_id
        by_unit[firsts.get(unit, unit)].append(notice)
    return by_unit


def _claim(person: User, notices: list[Notice]) -> list[Notice]:
    """Note that `notices` go to `person` now; return those that nobody noted before."""
    with transaction.atomic():
        standing = User.objects.filter(pk=person.pk, is_active=True, email=person.email)
        if not locked(standing):  # stopped, or with another address since
            return []
        noted = {_key(row): row for row in SentReminder.objects.filter(user=person)}
        rested = timezone.now() - REST
        claimed = []
        for notice in notices:
            row = noted.get((notice.report.pk, notice.kind, notice.mark))
            if row is None:
                row = SentReminder(**_noted(person, notice))
            elif row.state == MailState.REFUSED and row.tries < MAX_TRIES and row.at <= rested:
                row.state, row.tries = MailState.UNSURE, row.tries + 1
            else:
                continue
            row.save()
            claimed.append(notice)
    return claimed


def _deliver(connection: BaseEmailBackend, person: User, notices: list[Notice]) -> MailState:
    """Send one mail with all `notices`, note what became of it, and return that."""
    try:
        connection.send_messages([mail_to(person, notices)])
    except (SMTPResponseException, SMTPRecipientsRefused, ValueError) as error:
        log.warning("mail to account %s refused: %s", person.pk, error)
        end = MailState.REFUSED
    except (SMTPException, OSError):
        log.exception("mail to account %s: the server went away", person.pk)
        end = MailState.UNSURE
    else:
        end = MailState.SENT
    if end != MailState.SENT:
        connection.close()  # who refuses may hang up as well (421): the next mail must not meet that
    for notice in notices:
        sent = SentReminder.objects.filter(**_noted(person, notice))
        sent.update(state=end, at=timezone.now())
    return end


def mail_to(person: User, notices: list[Notice]) -> EmailMessage:
    """Return the mail: what is to be done and where, no figures and no words of a reviewer."""
    lines = [
        f"Kính gửi anh/chị {person},",
        "",
        *(_paragraph(notice) for notice in notices),
        f"Thư tự động của trang Báo cáo công tác dân vận ({settings.SITE_OWNER}), vui lòng không trả lời.",
        f"Chọn loại thư muốn nhận hoặc thôi nhận: {_link('notices:mail')}",
    ]
    more = f" và {len(notices) - 1} việc khác" if len(notices) > 1 else ""
    return EmailMessage(
        subject=f"[Dân vận] {notices[0].title}{more}",
        body="\n".join(lines),
        to=[person.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _paragraph(notice: Notice) -> str:
    return f"{notice.title}.\n{_link('reports:detail', notice.report.pk)}\n"


def _link(name: str, *arguments: int) -> str:
    return settings.SITE_URL + reverse(name, args=arguments)


def _noted(person: User, notice: Notice) -> dict[str, Any]:
    return {"user": person, "report": notice.report, "kind": notice.kind, "mark": notice.mark}


def _key(row: SentReminder) -> tuple[int, str, str]:
    return row.report_id, row.kind, row.mark
