"""A sheet of password slips: who made it, for how many accounts, and whether it was seen."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from danvan.accounts.models.fields import person_field


class SlipSheetQuerySet(models.QuerySet["SlipSheet"]):
    """Sheets; each is its maker's alone."""

    def waiting(self, user: models.Model) -> SlipSheetQuerySet:
        """Return the sheets of `user` that were not seen yet and whose passwords still open something."""
        since = timezone.now() - datetime.timedelta(days=settings.ISSUED_PASSWORD_DAYS)
        return self.filter(made_by=user, seen_at=None, made_at__gt=since).exclude(seed="")

    def forget_expired(self) -> None:
        """Take the seed away where the passwords are too old to be used."""
        since = timezone.now() - datetime.timedelta(days=settings.ISSUED_PASSWORD_DAYS)
        self.filter(made_at__lte=since).exclude(seed="").update(seed="")


class SlipSheet(models.Model):
    """Passwords issued in one go. `seed` makes them together with the server's key; showing them takes it away.

    `key_mark` tells which key that was. The accounts point here as long as the password is the issued one.
    """

    made_by = person_field("người cấp")
    made_at = models.DateTimeField("cấp lúc", default=timezone.now)
    size = models.PositiveIntegerField("số tài khoản")
    seed = models.CharField(max_length=64, blank=True)
    key_mark = models.CharField(max_length=16)
    seen_at = models.DateTimeField("đã hiện lúc", null=True)

    objects = SlipSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "phiếu mật khẩu"
        verbose_name_plural = "phiếu mật khẩu"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.size} tài khoản, {timezone.localtime(self.made_at):%H:%M %d/%m/%Y}"
