"""`manage.py send_reminders`: the mails that are due, where SMTP is set. A timer runs it (docs/deploy.md)."""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reports.models import MailState
from reports.notices.mailing import send_reminders


class Command(BaseCommand):
    """Mail what people are told: returned, due in three days, late, opened. Never the same twice."""

    help = "Send the reminders that are due by mail; does nothing where no mail server is set."

    def handle(self, **options: Any) -> None:
        if not settings.EMAIL_HOST:
            self.stdout.write(
                "No mail server is set (EMAIL_HOST): nothing sent; the site shows it."
            )
            return
        try:
            ends = send_reminders()
        except (OSError, SMTPException) as error:
            raise CommandError(
                f"The mail server cannot be reached, the rest waits: {error}"
            ) from error
        self.stdout.write(f"{ends[MailState.SENT]} mails sent.")
        failed = ends.total() - ends[MailState.SENT]
        if failed:
            raise CommandError(f"{failed} mails refused or unsure; the log says which.")
