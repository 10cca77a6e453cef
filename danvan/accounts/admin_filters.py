"""Filters of the list of accounts in Django's admin."""

import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from danvan.accounts.models import Role
from danvan.units.models import AdministrativeUnit, Level


class OptionsFilter(admin.SimpleListFilter):
    """A filter of a few fixed `options`: what the address says, the label, the condition."""

    options: tuple[tuple[str, str, Q], ...]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return [(value, label) for value, label, _ in self.options]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        chosen = [condition for value, _, condition in self.options if value == self.value()]
        return queryset.filter(*chosen)


class RoleFilter(OptionsFilter):
    """Accounts by role; superusers are listed separately, whatever their role."""

    title = "vai trò"
    parameter_name = "vai_tro"
    options = (
        *((role, role.label, Q(role=role, is_superuser=False)) for role in Role),
        ("superuser", "Quản trị viên", Q(is_superuser=True)),
    )


class StateFilter(OptionsFilter):
    """Accounts that work, accounts that were stopped."""

    title = "tình trạng"
    parameter_name = "tinh_trang"
    options = (
        ("active", "Đang hoạt động", Q(is_active=True)),
        ("stopped", "Đã ngừng", Q(is_active=False)),
    )


def _ago(days: int) -> CombinedExpression:
    return Now() - datetime.timedelta(days=days)


class LastLoginFilter(OptionsFilter):
    """Accounts by the time since their last login."""

    title = "lần đăng nhập gần nhất"
    parameter_name = "dang_nhap"
    options = (
        ("never", "Chưa đăng nhập lần nào", Q(last_login=None)),
        ("week", "Trong 7 ngày qua", Q(last_login__gte=_ago(7))),
        ("30", "Quá 30 ngày", Q(last_login__lt=_ago(30))),
        ("90", "Quá 90 ngày", Q(last_login__lt=_ago(90))),
    )


class PasswordFilter(OptionsFilter):
    """Whose password is still to be issued (new from a sheet, or opened again) or was not changed yet."""

    title = "mật khẩu"
    parameter_name = "mat_khau"
    options = (
        ("none", "Chưa cấp mật khẩu", Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)),
        ("issued", "Đã cấp, chưa đổi", Q(must_change_password=True)),
    )


class AreaFilter(admin.SimpleListFilter):
    """Accounts of a province or district with everything below it."""

    title = "địa bàn"
    parameter_name = "dia_ban"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        today = timezone.localdate()
        used = Q(users__isnull=False) | Q(children__users__isnull=False)
        units = AdministrativeUnit.objects
        wanted = Q(pk__in=units.on(today).filter(level=Level.PROVINCE))
        wanted |= Q(level=Level.DISTRICT) & (
            Q(pk__in=units.on(today)) | Q(pk__in=units.filter(used))
        )
        ordered = units.filter(wanted).order_by(Level.ranked().desc(), "name_sort")
        return [(str(unit.pk), unit.full_name) for unit in ordered]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if not (self.value() or "").isdecimal():
            return queryset
        area = AdministrativeUnit.objects.filter(pk=self.value() or 0)
        return queryset.filter(unit__in=AdministrativeUnit.objects.covered_by(area).values("pk"))
