"""The audit pages: who changed what, who came and was refused; for superusers and, in their area, boards."""

import io

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_filters.views import FilterView

from danvan.accounts.audit import ACTION_LABELS, SOURCE_LABELS, changes_of
from danvan.accounts.filters import AuditFilter, SecurityFilter
from danvan.accounts.models import Role, User
from danvan.accounts.rights import Action
from danvan.accounts.trail import AuditEntry, SecurityEvent
from danvan.common.excel import CONTENT_TYPE, DATE_TIME, Column, Sheet, safe_file_name, stream_rows

EXPORT_LIMIT = 50_000


def expect_auditor(user) -> None:
    """Raise PermissionDenied unless the rights table lets `user` read the trail."""
    if not user.can(Action.VIEW_AUDIT):
        raise PermissionDenied(
            "Chỉ ban dân vận cấp huyện, cấp tỉnh và quản trị viên được xem nhật ký."
        )


class AuditorView(FilterView):
    """A filtered list that only auditors may open. An invalid filter shows nothing, never everything."""

    paginate_by = 50
    strict = True

    def dispatch(self, request, *args, **kwargs):
        expect_auditor(request.user)
        return super().dispatch(request, *args, **kwargs)


class AuditView(AuditorView):
    """Changes of rows, newest first."""

    template_name = "accounts/audit.html"
    filterset_class = AuditFilter

    def get_queryset(self):
        return entries_for(self.request.user)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["lines"] = [described(entry) for entry in context["page_obj"]]
        return context


class SecurityLogView(AuditorView):
    """Logins, refusals, changes of accounts, exports and imports, newest first."""

    template_name = "accounts/security_log.html"
    filterset_class = SecurityFilter

    def get_queryset(self):
        return events_for(self.request.user)


def entries_for(user):
    """Return the entries `user` may read, with what a line shows."""
    return AuditEntry.objects.visible_to(user).select_related(
        "actor", "unit__parent", "content_type"
    )


def events_for(user):
    """Return the security events `user` may read, with what a line shows."""
    return SecurityEvent.objects.visible_to(user).select_related("user", "actor", "unit__parent")


def described(entry: AuditEntry) -> dict:
    """Return one entry as the page and the sheet show it."""
    model = entry.content_type.model_class()
    return {
        "at": entry.timestamp,
        "who": str(entry.actor) if entry.actor else "Hệ thống",
        "who_pk": entry.actor_id,
        "who_unit": entry.actor_unit,
        "who_role": dict(Role.choices).get(
            entry.actor_role, "Quản trị viên" if entry.actor_role else ""
        ),
        "action": ACTION_LABELS.get(entry.action, ""),
        "kind": str(model._meta.verbose_name).capitalize() if model else "",
        "what": entry.object_repr,
        "unit": entry.unit.place_name if entry.unit else "",
        "source": SOURCE_LABELS.get(entry.source, entry.source),
        "address": entry.remote_addr or "",
        "request_id": entry.cid or "",
        "changes": changes_of(entry),
    }


@require_safe
def audit_export(request):
    """Download the filtered trail as a workbook, newest first; the newest 50,000 entries at most."""
    expect_auditor(request.user)
    filtered = AuditFilter(request.GET, queryset=entries_for(request.user))
    entries = filtered.qs if filtered.is_valid() else filtered.queryset.none()
    columns = (
        Column("Lúc", 18, DATE_TIME),
        Column("Người thực hiện", 24),
        Column("Đơn vị khi đó", 28),
        Column("Vai trò khi đó", 20),
        Column("Việc", 10),
        Column("Loại dữ liệu", 20),
        Column("Đối tượng", 36),
        Column("Thuộc đơn vị", 28),
        Column("Nội dung", 60),
        Column("Nguồn", 16),
        Column("Địa chỉ mạng", 16),
        Column("Mã yêu cầu", 34),
    )
    file = io.BytesIO()
    stream_rows(
        file, Sheet("Nhật ký", columns, map(_sheet_row, entries[:EXPORT_LIMIT].iterator(500)))
    )
    file.seek(0)
    name = safe_file_name(f"Nhật ký thay đổi {timezone.localdate():%d-%m-%Y}")
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _sheet_row(entry: AuditEntry) -> tuple:
    line = described(entry)
    text = "; ".join(
        f"{label}: {old or '(trống)'} → {new or '(trống)'}" for label, old, new in line["changes"]
    )
    return (
        line["at"], line["who"], line["who_unit"], line["who_role"], line["action"], line["kind"],
        line["what"], line["unit"], text, line["source"], line["address"], line["request_id"],
    )  # fmt: skip


@require_safe
def user_history(request, pk):
    """Everything about one account: what was done to it, what it did, where it logged in."""
    person = get_object_or_404(
        User.objects.visible_to(request.user).select_related("unit__parent"), pk=pk
    )
    expect_auditor(request.user)
    entries = entries_for(request.user)
    about = entries.filter(
        content_type__app_label="accounts", content_type__model="user", object_id=pk
    )
    done = Paginator(entries.filter(actor=person), 50).get_page(request.GET.get("page"))
    context = {
        "person": person,
        "about": [described(entry) for entry in about[:50]],
        "done": [described(entry) for entry in done],
        "page_obj": done,
        "events": events_for(request.user).filter(user=person)[:50],
    }
    return render(request, "accounts/user_history.html", context)
