"""Accounts in Django's admin, for superusers only.

Passwords are issued and shown once; accounts are stopped, never deleted; unit and state change through
services.py, which ends sessions and writes the security log.
"""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult

from danvan.accounts import services
from danvan.accounts.admin_filters import (
    AreaFilter,
    LastLoginFilter,
    PasswordFilter,
    RoleFilter,
    StateFilter,
)
from danvan.accounts.admin_slips import SlipsAdmin
from danvan.accounts.admin_steps import STEPS
from danvan.accounts.models import User
from danvan.accounts.models.trail import AuditEntry
from danvan.accounts.requests import person
from danvan.accounts.sheet import account_sheet
from danvan.common import excel
from danvan.common.forms import refusals_shown
from danvan.common.stale import STAMP, StaleFormMixin
from danvan.units.admin import UnitChoicesAdmin
from danvan.units.forms import UnitChoice
from danvan.units.queries import tree_order

# Registered by the packages; their pages show secrets or let rights be granted that nobody uses here.
for model in (Group, TOTPDevice, StaticDevice, AuditEntry, DBTaskResult):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

FACTS = ("state", "last_login", "date_joined", "password_state")  # shown once the account exists


class AccountForm(StaleFormMixin):
    """An account as superusers edit it. Staff flag, groups and single permissions are on no form."""

    class Meta:
        model = User
        fields = ("username", "full_name", "email", "unit", "role", "is_superuser")
        labels = {"is_superuser": "Quản trị viên (toàn quyền)", "email": "Thư điện tử"}
        help_texts = {
            "is_superuser": "Quản lý tài khoản, đơn vị; thấy mọi số liệu.",
            "username": "Ví dụ: xa-13369, huyen-350. Chữ không dấu, chữ số, dấu . _ -",
        }

    by: User  # who edits; set by the admin

    def clean(self) -> dict[str, Any] | None:
        """Refuse at the field what the constraint and the services would refuse later."""
        cleaned = super().clean() or {}
        unit = cleaned.get("unit", self.instance.unit)
        is_asked = "unit" not in self.errors and not cleaned.get("is_superuser")
        if unit is None and is_asked and self.instance.is_active:
            message = "Tài khoản phải thuộc một đơn vị (trừ quản trị viên)."
            self.add_error("unit" if "unit" in self.fields else None, message)
        changed = {"role", "is_superuser"} & set(self.changed_data)
        if self.instance.pk == self.by.pk and changed:
            self.add_error(None, "Anh/chị không thể tự đổi vai trò của mình.")
        return cleaned


@admin.register(User)
class UserAdmin(SlipsAdmin, UnitChoicesAdmin):
    """Accounts: list, search with and without marks, create, issue, move, stop, open again."""

    form = AccountForm
    list_display = ("username", "full_name", "unit_name", "role_name", "state", "last_login")
    list_more = ("email", "password_state", "date_joined")
    list_filter = (
        RoleFilter, StateFilter, LastLoginFilter, PasswordFilter, "unit__level", AreaFilter,
    )  # fmt: skip
    list_select_related = ("unit__parent", "next_unit")
    list_per_page = 50
    search_fields = ("username",)
    search_help_text = "Tên đăng nhập, họ tên hoặc tên đơn vị, có dấu hay không dấu đều được."
    actions = ("reset_selected", "export_selected")
    unit_choices = {"unit": partial(UnitChoice, "Đơn vị", required=False)}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Start from the scope, as every query that serves a person."""
        return User.objects.visible_to(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the unit as text once the account exists: it is changed by a transfer."""
        place = "unit" if obj is None else "unit_name"
        edited = ("username", "full_name", "email", place, "role", "is_superuser", STAMP)
        facts = [] if obj is None else [("Tình trạng", {"fields": FACTS})]
        return [(None, {"fields": edited}), *facts]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: Any = False, **kwargs: Any
    ) -> Any:
        """Let the form know who edits."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("unit_name", *FACTS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: accounts are deactivated, never deleted."""
        return False

    @admin.display(description="đơn vị", ordering=tree_order("unit"))
    def unit_name(self, user: User) -> Any:
        return user.unit.place_name if user.unit else "—"

    @admin.display(description="vai trò", ordering="role")
    def role_name(self, user: User) -> Any:
        return user.role_name

    @admin.display(description="tình trạng", ordering="is_active")
    def state(self, user: User) -> str:
        if not user.is_active:
            since = f" từ {user.deactivated_on:%d/%m/%Y}" if user.deactivated_on else ""
            return f"Đã ngừng{since}"
        if user.unit_until:
            then = f"chuyển sang {user.next_unit}" if user.next_unit else "chỉ đọc"
            return f"Từ {user.unit_until:%d/%m/%Y} {then}"
        return "Đang hoạt động"

    @admin.display(description="mật khẩu")
    def password_state(self, user: User) -> str:
        if not user.has_usable_password():
            return "Chưa cấp"
        if user.issued_password_expired:
            return "Mật khẩu được cấp đã quá hạn, cần cấp lại"
        if user.must_change_password:
            return f"Được cấp ngày {timezone.localtime(user.password_issued_at):%d/%m/%Y}, chưa đổi"
        return "Đã tự đặt"

    def save_model(self, request: HttpRequest, obj: Any, form: forms.BaseForm, change: Any) -> None:
        """Create with an issued password, or save an edit, through the services."""
        if not change:
            services.create_account(obj, by=person(request))
            return
        before = services.rights_of(User.objects.get(pk=obj.pk))
        fields = [name for name in form.cleaned_data if name != STAMP]
        services.change_rights(obj, by=person(request), before=before, fields=fields)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Lead to the sheet with the slip: the password is shown there and nowhere else."""
        return self.to_sheet(obj.slips)

    @admin.action(description="Tải danh sách (Excel)")
    def export_selected(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Download the chosen accounts (or all that the filter shows) as the sheet the import takes back."""
        apart = queryset.filter(unit=None).count()
        if apart:
            told = f"{apart} quản trị viên không thuộc đơn vị nào nên không có trong tệp."
            messages.warning(request, told)
        sheet, name = account_sheet(queryset), f"Tài khoản {timezone.localdate():%d-%m-%Y}"
        return excel.download(name, lambda file: excel.stream_rows(file, sheet))

    def get_urls(self) -> list[Any]:
        step = self.admin_site.admin_view(self.step)
        return [
            path("<int:pk>/buoc/<str:name>/", step, name="accounts_user_step"),
            *super().get_urls(),
        ]

    def step(self, request: HttpRequest, pk: int, name: str) -> Any:
        """Ask for and carry out one step on an account (STEPS); refused ones say why on the page."""
        if name not in STEPS or not self.has_change_permission(request):
            raise PermissionDenied
        user = get_object_or_404(self.get_queryset(request), pk=pk)
        data = request.POST if request.method == "POST" else None
        form = STEPS[name](data, user=user, by=person(request))
        if request.method == "POST" and form.is_valid():
            with refusals_shown(form):
                if sheet := form.carry_out():
                    return self.to_sheet(sheet)
                messages.success(request, form.done)
                return redirect("admin:accounts_user_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": form.title,
            "form": form,
            "account": user,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/accounts/user/step.html", context)
