"""Notices: which of them a person wants by mail, and which mails were sent. The notices are not stored.

What there is to tell is read from the moves, periods and due dates themselves (reports/notices).
"""

from django.conf import settings
from django.db import models

from danvan.accounts.models.fields import person_field
from danvan.accounts.scope import ScopedQuerySet
from reports.models.report import Report


class NoticeKind(models.TextChoices):
    """What a notice is about; the first four can come by mail, the most urgent first."""

    LATE = "late", "Báo cáo quá hạn nộp"
    SOON = "soon", "Báo cáo còn 3 ngày đến hạn nộp"
    RETURNED = "returned", "Báo cáo bị trả lại hoặc được mở lại để sửa"
    OPENED = "opened", "Kỳ báo cáo mới mở hoặc được mở lại"
    CLOSED = "closed", "Kỳ báo cáo đã khóa"
    EXTENDED = "extended", "Báo cáo được gia hạn"
    SUBMITTED = "submitted", "Báo cáo đã gửi"
    APPROVED = "approved", "Báo cáo đã duyệt"


MAIL_KINDS = (NoticeKind.LATE, NoticeKind.SOON, NoticeKind.RETURNED, NoticeKind.OPENED)


class MailChoice(models.Model):
    """Which mails a person wants: all until told otherwise. The fields bear the names of MAIL_KINDS."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choice"
    )
    late = models.BooleanField(NoticeKind.LATE.label, default=True)
    soon = models.BooleanField(NoticeKind.SOON.label, default=True)
    returned = models.BooleanField(NoticeKind.RETURNED.label, default=True)
    opened = models.BooleanField(NoticeKind.OPENED.label, default=True)

    unit_lookup = "user__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "thư nhắc"
        verbose_name_plural = "thư nhắc"

    def __str__(self) -> str:
        return f"Thư nhắc của {self.user}"

    def wants(self, kind: str) -> bool:
        return bool(getattr(self, kind))


class MailState(models.TextChoices):
    """What became of a mail. UNSURE: stored before it was handed over, and never heard of again."""

    UNSURE = "unsure", "không rõ đã đến máy chủ thư chưa"
    SENT = "sent", "đã gửi"
    REFUSED = "refused", "máy chủ thư không nhận"


class SentReminder(models.Model):
    """One notice mailed to one person: the row stands before the mail leaves, so nothing is sent twice.

    `mark` tells this very notice: the key of the move or of the period's log, or the due date.
    """

    user = person_field(related_name="reminders")
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("việc", max_length=9, choices=NoticeKind)
    mark = models.CharField(max_length=20)
    state = models.CharField("kết quả", max_length=7, choices=MailState, default=MailState.UNSURE)
    tries = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField("lúc", auto_now=True)

    unit_lookup = "user__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "thư đã gửi"
        verbose_name_plural = "thư đã gửi"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "report", "kind", "mark"], name="reminder_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"
