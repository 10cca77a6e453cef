"""A key with which a program reads in the place of a person."""

from typing import Self

from django.db import models
from django.utils import timezone

from danvan.accounts.models.fields import person_field


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Keys."""

    def usable(self) -> Self:
        """Return those that open something now."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(models.Model):
    """A key of one account: it reads what the account may read, as long as it may.

    Only the hash is kept; `start` are its first characters, to tell it from others. `minute` and `calls`
    count the requests of the running minute.
    """

    user = person_field("tài khoản", on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField("dùng cho", max_length=100)
    start = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("tạo lúc", default=timezone.now)
    expires_at = models.DateTimeField("hết hạn lúc")
    revoked_at = models.DateTimeField("thu hồi lúc", null=True)
    used_at = models.DateTimeField("dùng gần nhất", null=True)
    minute = models.DateTimeField(default=timezone.now)
    calls = models.PositiveIntegerField(default=0)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "mã truy cập"
        verbose_name_plural = "mã truy cập"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.label} ({self.start}…)"

    @property
    def is_usable(self) -> bool:
        """Tell whether it opens something now."""
        return self.revoked_at is None and self.expires_at > timezone.now()
