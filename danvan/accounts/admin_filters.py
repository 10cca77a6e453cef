"""Filters of the list of accounts in Django's admin."""

import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from danvan.accounts.models import Role
from danvan.units.models import AdministrativeUnit, Level


class RoleFilter(admin.SimpleListFilter):
    """Accounts by role; superusers are listed separately, whatever their role."""

    title = "vai trò"
    parameter_name = "vai_tro"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return (*Role.choices, ("superuser", "Quản trị viên"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() == "superuser":
            return queryset.filter(is_superuser=True)
        if self.value() in Role.values:
            return queryset.filter(is_superuser=False, role=self.value())
        return queryset


class StateFilter(admin.SimpleListFilter):
    """Accounts that work, accounts that were stopped."""

    title = "tình trạng"
    parameter_name = "tinh_trang"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return (("active", "Đang hoạt động"), ("stopped", "Đã ngừng"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() in ("active", "stopped"):
            return queryset.filter(is_active=self.value() == "active")
        return queryset


class LastLoginFilter(admin.SimpleListFilter):
    """Accounts by the time since their last login."""

    title = "lần đăng nhập gần nhất"
    parameter_name = "dang_nhap"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return (
            ("never", "Chưa đăng nhập lần nào"),
            ("week", "Trong 7 ngày qua"),
            ("30", "Quá 30 ngày"),
            ("90", "Quá 90 ngày"),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        now = timezone.now()
        match self.value():
            case "never":
                return queryset.filter(last_login=None)
            case "week":
                return queryset.filter(last_login__gte=now - datetime.timedelta(days=7))
            case "30" | "90" as days:
                return queryset.filter(last_login__lt=now - datetime.timedelta(days=int(days)))
        return queryset


class PasswordFilter(admin.SimpleListFilter):
    """Whose password is still to be issued (new from a sheet, or opened again) or was not changed yet."""

    title = "mật khẩu"
    parameter_name = "mat_khau"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return (("none", "Chưa cấp mật khẩu"), ("issued", "Đã cấp, chưa đổi"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        match self.value():
            case "none":
                return queryset.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
            case "issued":
                return queryset.filter(must_change_password=True)
        return queryset


class AreaFilter(admin.SimpleListFilter):
    """Accounts of a province or district with everything below it."""

    title = "địa bàn"
    parameter_name = "dia_ban"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        today = timezone.localdate()
        areas = AdministrativeUnit.objects.on(today).exclude(level=Level.COMMUNE)
        used = AdministrativeUnit.objects.filter(
            Q(level=Level.DISTRICT), Q(users__isnull=False) | Q(children__users__isnull=False)
        )
        both = AdministrativeUnit.objects.filter(Q(pk__in=areas) | Q(pk__in=used))
        ordered = both.order_by(Level.ranked().desc(), "name_sort")
        return [(str(unit.pk), unit.full_name) for unit in ordered]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if not (self.value() or "").isdecimal():
            return queryset
        area = AdministrativeUnit.objects.filter(pk=self.value() or 0)
        return queryset.filter(unit__in=AdministrativeUnit.objects.covered_by(area).values("pk"))
