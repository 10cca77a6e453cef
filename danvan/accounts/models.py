"""People and the unit they work for."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from danvan.accounts.rights import Action, can
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.text import clean_line
from danvan.units.models import AdministrativeUnit


class Role(models.TextChoices):
    """What a person does for the unit."""

    CLERK = "clerk", "Cán bộ nhập liệu"
    OFFICER = "officer", "Cán bộ ban dân vận (duyệt)"
    VIEWER = "viewer", "Lãnh đạo (chỉ xem)"


class ScopedUserManager(UserManager.from_queryset(ScopedQuerySet)):
    """Users, scoped by their unit like every other row."""


class User(AbstractUser):
    """An account of one person for one unit.

    Accounts are never deleted but deactivated: reports and logs keep pointing at the person. Superusers
    need no unit; everybody else has exactly one unit and one role.
    """

    first_name = None
    last_name = None
    full_name = models.CharField("họ và tên", max_length=150, blank=True)
    unit = models.ForeignKey(
        AdministrativeUnit,
        verbose_name="đơn vị",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
    )
    role = models.CharField("vai trò", max_length=8, choices=Role, default=Role.CLERK)

    objects = ScopedUserManager()
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = "tài khoản"
        verbose_name_plural = "tài khoản"
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_superuser=True) | Q(unit__isnull=False) | Q(is_active=False),
                name="user_has_unit",
                violation_error_message="Tài khoản phải thuộc một đơn vị (trừ quản trị viên).",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self):
        """Keep names in one clean form."""
        super().clean()
        self.full_name = clean_line(self.full_name)

    def get_full_name(self) -> str:
        """Return the person's name, or the account's where no name is known."""
        return self.full_name or self.username

    def get_short_name(self) -> str:
        """Return what get_full_name returns: Vietnamese names are not cut."""
        return self.get_full_name()

    def can(self, action: Action) -> bool:
        """Tell whether the rights table gives this user `action`."""
        return can(self, action)
