"""People and the unit they work for."""

import datetime
import unicodedata
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from danvan.accounts.login.hashers import IssuedPasswordHasher
from danvan.accounts.models.fields import unit_field
from danvan.accounts.rights import NOT_ALLOWED, Action, can
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.db.locks import locked
from danvan.common.db.search import with_words
from danvan.common.text import clean_line, search_key


class Role(models.TextChoices):
    """What a person does for the unit."""

    CLERK = "clerk", "Cán bộ nhập liệu"
    OFFICER = "officer", "Cán bộ ban dân vận (duyệt)"
    VIEWER = "viewer", "Lãnh đạo (chỉ xem)"


class AccountSearchField(models.CharField):
    """The folded login and person name, filled at every way of saving, bulk included."""

    def pre_save(self, model_instance: Any, add: Any) -> Any:
        key = search_key(f"{model_instance.username} {model_instance.full_name}")[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key


class LastSuperuserError(ValidationError):
    """The change would leave the site without an active superuser."""

    def __init__(self) -> None:
        super().__init__(
            "Đây là quản trị viên cuối cùng đang hoạt động, không thể ngừng hoặc hạ quyền."
        )


class UserQuerySet(ScopedQuerySet["User"]):
    """Users, scoped by their unit like every other row."""

    def delete(self) -> Any:
        """Refuse: accounts are deactivated, reports and logs keep pointing at the person."""
        raise models.ProtectedError("Accounts are never deleted, only deactivated.", set())

    def superusers(self) -> Self:
        """Return the superusers who can log in."""
        return self.filter(is_superuser=True, is_active=True)

    def search(self, text: str) -> Self:
        """Return accounts with every word of `text` in name, login or unit, with or without marks."""
        return with_words(self, text, "search__contains", "unit__name_search__contains")


_Users = UserManager.from_queryset(UserQuerySet)


class ScopedUserManager(_Users):  # type: ignore[misc, valid-type]
    """Users, scoped; names are found in any case (phones capitalise the first letter)."""

    def get_by_natural_key(self, username: str) -> Any:
        """Return the account of a typed login name. Raises DoesNotExist.

        Names are ASCII. PostgreSQL would also find "tinh" under "tınh" (upper case makes them equal), and
        each such spelling would be another name to the lock-out.
        """
        name = clean_line(username or "")
        if not name.isascii():
            raise self.model.DoesNotExist
        return self.get(username__iexact=name)


class User(AbstractUser):
    """An account of one person for one unit.

    Accounts are never deleted but deactivated: reports and logs keep pointing at the person. Superusers
    need no unit; everybody else has exactly one unit and one role.
    """

    first_name: None = None  # type: ignore[assignment]  # Django removes a field this way
    last_name: None = None  # type: ignore[assignment]
    username = models.CharField(
        "tên đăng nhập",
        max_length=150,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._-]+\Z",
                "Tên đăng nhập chỉ gồm chữ không dấu, chữ số và các dấu . _ - (ít nhất 2 ký tự).",
            )
        ],
        error_messages={"unique": "Đã có tài khoản mang tên đăng nhập này."},
    )
    full_name = models.CharField("họ và tên", max_length=150, blank=True)
    unit = unit_field(null=True, blank=True, related_name="users")
    role = models.CharField("vai trò", max_length=8, choices=Role, default=Role.CLERK)
    must_change_password = models.BooleanField("phải đổi mật khẩu", default=False, editable=False)
    password_issued_at = models.DateTimeField("cấp mật khẩu lúc", null=True, editable=False)
    slips = models.ForeignKey(
        "accounts.SlipSheet",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="people",
    )
    # Set by a change of units: from that day the account only reads, or belongs to `next_unit`.
    unit_until = models.DateField("thuộc đơn vị đến trước ngày", null=True, editable=False)
    next_unit = unit_field("đơn vị từ ngày đó", null=True, editable=False)
    deactivated_on = models.DateField("ngừng từ ngày", null=True, blank=True, editable=False)
    search = AccountSearchField(max_length=320, editable=False, default="")
    compact = models.BooleanField("bảng số liệu gọn", default=True, editable=False)
    welcomed = models.BooleanField("đã xem ba bước đầu tiên", default=False, editable=False)
    notices_seen_at = models.DateTimeField("xem thông báo lúc", null=True, editable=False)

    objects: ClassVar[ScopedUserManager] = ScopedUserManager()
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
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="username_any_case_once",
                violation_error_message="Đã có tài khoản mang tên đăng nhập này.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self) -> None:
        """Keep names in one clean form, and at least one active superuser."""
        super().clean()
        self.full_name = clean_line(self.full_name)
        others = User.objects.superusers().exclude(pk=self.pk)
        if self.pk and self._leaves_superusers() and not others.exists():
            raise LastSuperuserError

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; two requests that each remove the other superuser cannot both succeed.

        Raises LastSuperuserError.
        """
        if {"username", "full_name"} & set(kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "search"}
        if self._state.adding or not self._leaves_superusers():
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            if set(locked(User.objects.superusers()).values_list("pk", flat=True)) == {self.pk}:
                raise LastSuperuserError
            super().save(*args, **kwargs)

    def set_password(self, raw_password: str | None) -> None:
        """Set the password in one spelling: keyboards send "ế" as one character or as three."""
        super().set_password(_one_spelling(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Compare in the spelling that is stored, always at the cost of a chosen password.

        Otherwise the time of a refusal would tell which names wait for their first login.
        """
        good = super().check_password(_one_spelling(raw_password))
        if not good and self.password.startswith(f"{IssuedPasswordHasher.algorithm}$"):
            make_password(raw_password)
        return good

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse, as the queryset does."""
        raise models.ProtectedError("Accounts are never deleted, only deactivated.", {self})

    def _leaves_superusers(self) -> bool:
        """Return whether this row, saved as it is now, is no active superuser although it is stored as one."""
        if self.is_superuser and self.is_active:
            return False
        return User.objects.superusers().filter(pk=self.pk).exists()

    @property
    def has_left(self) -> bool:
        """Whether the account's unit has ended and the account stays with it, to read only."""
        return self.unit_until is not None and self.unit_until <= timezone.localdate()

    @property
    def issued_password_expired(self) -> bool:
        """Return whether the account still has an issued password that is too old to be used."""
        if not self.must_change_password or self.password_issued_at is None:
            return False
        lifetime = datetime.timedelta(days=settings.ISSUED_PASSWORD_DAYS)
        return timezone.now() > self.password_issued_at + lifetime

    def get_full_name(self) -> str:
        """Return the person's name, or the account's where no name is known."""
        return self.full_name or self.username

    def get_short_name(self) -> str:
        """Return what get_full_name returns: Vietnamese names are not cut."""
        return self.get_full_name()

    @property
    def role_name(self) -> str:
        """The role in words; a superuser's own role gives nothing more."""
        return "Quản trị viên" if self.is_superuser else self.get_role_display()

    def can(self, action: Action) -> bool:
        """Return whether the rights table gives this user `action`."""
        return can(self, action)

    def require(self, action: Action, told: str = NOT_ALLOWED) -> None:
        """Raise PermissionDenied, which says `told`, unless the rights table gives this user `action`."""
        if not self.can(action):
            raise PermissionDenied(told)


def _one_spelling(password: str | None) -> str | None:
    return None if password is None else unicodedata.normalize("NFC", password)
