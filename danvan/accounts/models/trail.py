"""What is remembered about people and their sessions: audit entries, security events, sessions, failures.

These rows are written by audit/ and login/ and by nothing else.
"""

from collections.abc import Iterable
from typing import Any, Self

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from danvan.accounts.audit.context import current
from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.rights import Person
from danvan.accounts.scope import ScopedQuerySet, units_not_inherited
from danvan.common.text import search_key
from danvan.units.models import AdministrativeUnit


class AuditEntryQuerySet(ScopedQuerySet["AuditEntry"]):
    """Entries, scoped by the unit of the changed row, and by the rule of its model for successors."""

    def with_names(self) -> Self:
        return self.select_related("actor", "unit__parent", "content_type")

    def deletions_of(self, model: type[models.Model], pk: int) -> Self:
        """Return the entries, the last first, that tell of the deletion of row `pk` of `model`."""
        kind = ContentType.objects.get_for_model(model)
        gone = self.filter(content_type=kind, object_id=pk, action=AuditEntry.Action.DELETE)
        return gone.order_by("-pk")

    def _within(self, user: Person, units: Any) -> Any:
        rows = super()._within(user, units)
        if user.is_superuser:
            return rows
        kept = [model for model in apps.get_models() if not getattr(model, "inherited", True)]
        types = ContentType.objects.get_for_models(*kept).values()
        own = units_not_inherited(user).values("pk")
        return rows.filter(~Q(content_type__in=list(types)) | Q(unit__in=own))


_Entries: Any = LogEntryManager.from_queryset(AuditEntryQuerySet)


class AuditEntryManager(_Entries):
    """The library's manager, scoped, that also notes the unit the changed row belongs to."""

    def log_create(self, instance: Any, force_log: bool = False, **kwargs: Any) -> Any:
        """Create an entry as the library does, with the unit of `instance`."""
        kwargs.setdefault("unit_id", unit_id_of(instance))
        return super().log_create(instance, force_log, **kwargs)


class AuditEntry(AbstractLogEntry):
    """One change of one row: django-auditlog's entry plus the unit, role and source of that day.

    `unit` is the unit the row belongs to (the actor's where a row has none): it decides who may read the
    entry. `actor_unit` and `actor_role` stay as they were, whatever becomes of the account.
    """

    # The library's columns without its indexes: rows are found by kind and number together (audit_of_row),
    # and every index is one more to write for each row of an import.
    object_pk = models.CharField("object pk", max_length=255)
    object_id = models.BigIntegerField("object id", null=True, blank=True)
    cid = models.CharField("correlation ID", max_length=255, null=True, blank=True)
    timestamp = models.DateTimeField("timestamp", default=timezone.now)
    actor = person_field("người thực hiện", null=True, blank=True)
    unit = unit_field(null=True, blank=True)
    actor_unit = models.CharField("đơn vị khi đó", max_length=150, blank=True)
    actor_role = models.CharField("vai trò khi đó", max_length=20, blank=True)
    source = models.CharField("nguồn", max_length=10, blank=True)
    search = models.CharField(max_length=500, editable=False, default="")

    append_only = True
    objects = AuditEntryManager()

    class Meta(AbstractLogEntry.Meta):
        verbose_name = "thay đổi"
        verbose_name_plural = "lịch sử thay đổi"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="audit_of_row")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with who is acting, from where and how, as far as the entry does not say it yet.

        Many rows at once are written by audit/lines.py.
        """
        now = current()
        user = self.actor or now.user
        self.actor = user
        row: Any = self  # columns of the library, which brings no hints
        row.cid = row.cid or now.request_id
        row.remote_addr = row.remote_addr or now.address
        self.source = self.source or now.source
        if user is not None and not self.actor_role:
            self.actor_unit, self.actor_role = unit_and_role(user)
        if row.unit_id is None and user is not None:
            row.unit_id = user.unit_id
        who = f"{user.username} {user.full_name}" if user is not None else ""
        self.search = search_key(f"{self.object_repr} {who} {self.actor_unit}")[:500]
        super().save(*args, **kwargs)


class SecurityKind(models.TextChoices):
    """The kinds of security event."""

    LOGIN = "login", "Đăng nhập"
    LOGOUT = "logout", "Đăng xuất"
    FAILED = "login_failed", "Đăng nhập sai"
    LOCKED = "locked_out", "Tạm khóa đăng nhập"
    REFUSED = "refused", "Bị từ chối truy cập"
    PASSWORD_CHANGED = "password_changed", "Tự đổi mật khẩu"  # noqa: S105
    PASSWORD_ISSUED = "password_issued", "Được cấp mật khẩu"  # noqa: S105
    SLIPS_SHOWN = "slips_shown", "Xem phiếu mật khẩu"
    CREATED = "created", "Tạo tài khoản"
    RIGHTS = "rights_changed", "Đổi vai trò, quyền"
    TRANSFERRED = "transferred", "Chuyển đơn vị"
    DEACTIVATED = "deactivated", "Ngừng tài khoản"
    REACTIVATED = "reactivated", "Mở lại tài khoản"
    SESSIONS_ENDED = "sessions_ended", "Kết thúc phiên"
    SECOND_FACTOR = "second_factor", "Xác thực hai lớp"
    TOKEN = "api_token", "Mã truy cập"  # noqa: S105
    EXPORT = "export", "Xuất tệp"
    IMPORT = "import", "Nhập tệp"


class SecurityEventQuerySet(ScopedQuerySet["SecurityEvent"]):
    """Events, scoped by the unit of the account concerned."""

    def with_names(self) -> Self:
        return self.select_related("user", "actor", "unit__parent")


class SecurityEvent(models.Model):
    """One line of the security log: `user` is the account concerned, `actor` who did it."""

    kind = models.CharField("việc", max_length=16, choices=SecurityKind, db_index=True)
    user = person_field("tài khoản", null=True, related_name="security_events")
    actor = person_field("người thực hiện", null=True)
    unit = unit_field(null=True)
    username = models.CharField("tên đăng nhập", max_length=150, blank=True)
    address = models.GenericIPAddressField("địa chỉ mạng", null=True)
    path = models.CharField("trang", max_length=200, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    detail = models.JSONField("chi tiết", default=dict)
    at = models.DateTimeField("lúc", auto_now_add=True, db_index=True)

    append_only = True
    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        verbose_name = "nhật ký bảo mật"
        verbose_name_plural = "nhật ký bảo mật"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.username}"


class LoginSession(models.Model):
    """A session of a person, so that it can be listed and ended. The session itself is Django's."""

    user = person_field(on_delete=models.CASCADE, related_name="login_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField("địa chỉ mạng", null=True)
    device = models.CharField("trình duyệt", max_length=100, blank=True)
    started_at = models.DateTimeField("bắt đầu", auto_now_add=True)
    seen_at = models.DateTimeField("hoạt động gần nhất", auto_now_add=True)

    class Meta:
        verbose_name = "phiên đăng nhập"
        verbose_name_plural = "phiên đăng nhập"
        ordering = ["-seen_at"]
        indexes = [models.Index(fields=["user", "address"], name="session_known_address")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%d/%m/%Y %H:%M}"


class LoginFailure(models.Model):
    """One refused password. lockout.py counts them; they go after a day."""

    name = models.CharField(max_length=150, db_index=True)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "lần đăng nhập sai"
        verbose_name_plural = "lần đăng nhập sai"

    def __str__(self) -> str:
        return f"{self.name} {self.at:%d/%m/%Y %H:%M}"


def unit_and_role(user: Person) -> tuple[str, str]:
    """Return the unit's name and the role of `user` today, to be kept as text."""
    unit = user.unit.place_name if user.unit else ""
    return unit[:150], "superuser" if user.is_superuser else user.role


def stand_ins(user: Person, unit_ids: Iterable[int]) -> dict[int, str]:
    """Return, by the unit it acts for, the office of `user` where that is another unit ("nhập thay"), else "".

    A unit under its earlier name is no other. At most one query, none for the own unit.
    """
    wanted = set(unit_ids)
    others = wanted - {user.unit.pk} if user.unit else wanted
    if others and user.unit:
        others -= {unit.pk for unit in user.unit.versions()}
    office = unit_and_role(user)[0] or "Quản trị viên"
    return {unit: office if unit in others else "" for unit in wanted}


def role_in_words(role: str) -> str:
    """Return a role or standing kept as text ("clerk", "district_officer"), as people read it; "" for none."""
    if role == "superuser":
        return "Quản trị viên"
    roles = dict(apps.get_model("accounts.User")._meta.get_field("role").flatchoices)
    return roles.get(role.rpartition("_")[2], "")


def unit_id_of(row: models.Model) -> int | None:
    """Return the key of the unit `row` belongs to, by the way its scoped queryset names; None without one.

    A unit itself belongs to the one above it.
    """
    if isinstance(row, AdministrativeUnit):
        return row.parent_id
    lookup = getattr(type(row)._default_manager.all(), "unit_lookup", None)
    if lookup is None:
        return None
    *way, last = lookup.split("__")
    found: Any = row
    for name in way:
        found = getattr(found, name, None)
        if found is None:
            return None
    return getattr(found, f"{last}_id", None)
