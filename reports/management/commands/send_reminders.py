"""`manage.py send_reminders`: the mails that are due, where SMTP is set. A timer runs it (docs/deploy.md)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from reports.notices.mailing import mail_what_is_due


class Command(BaseCommand):
    """Let a worker mail what is due: returned, due in three days, late, opened. Never the same twice."""

    help = "Queue the reminders that are due by mail; does nothing where no mail server is set."

    def handle(self, **options: Any) -> None:
        if not settings.EMAIL_HOST:
            self.stdout.write(
                "No mail server is set (EMAIL_HOST): nothing sent; the site shows it."
            )
            return
        mail_what_is_due.enqueue()
        self.stdout.write("Queued: a worker (manage.py db_worker) sends what is due.")
