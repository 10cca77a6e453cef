"""Issuing passwords in Django's admin: who gets one, the sheet of slips, and its one showing."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from danvan.accounts import services
from danvan.accounts.jobs.working import JobRefused, ask
from danvan.accounts.models import SlipSheet, User
from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common.handbook.why import Why
from danvan.common.numbers import read_id
from danvan.units.queries import tree_order

LIST = "admin:accounts_user_changelist"


class SlipsAdmin(admin.ModelAdmin):
    """The part of the accounts' pages that issues passwords.

    Issuing answers with the address of a sheet: what was issued waits there, whatever becomes of the
    answer, until the person who issued it looks at it, once.
    """

    def get_urls(self) -> list[URLPattern]:
        """Return the pages here before Django's own."""
        issue = self.admin_site.admin_view(require_safe(self.issue_new))
        sheet = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.sheet)
        )
        return [
            path("cap-mat-khau/", issue, name="accounts_user_issue"),
            path("phieu/<int:pk>/", sheet, name="accounts_user_slips"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """Name the sheets that were not looked at yet above the list."""
        waiting = SlipSheet.objects.waiting(person(request))
        return super().changelist_view(request, {**(extra_context or {}), "waiting": waiting})

    @admin.action(description="Cấp mật khẩu và in phiếu")
    def reset_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """Issue new passwords after a confirmation; tell who of the chosen gets none."""
        if "everybody" in request.POST:
            return self.issue_to_all(request)
        self.tell_skipped(request, queryset)
        people = queryset.filter(is_active=True).exclude(pk=person(request).pk)
        if "confirmed" not in request.POST or not people:
            return self.ask_before_issuing(request, people)
        try:
            chosen = list(_in_order(people)[: services.SLIPS_AT_ONCE])
            sheet = services.reset_passwords(chosen, by=person(request))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages), extra_tags=Why.ACCOUNT)
            return redirect(LIST)
        return self.to_sheet(sheet)

    def tell_skipped(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Tell how many of the chosen rows are left out, and why: none is passed over in silence."""
        chosen = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        everything = request.POST.get("select_across") == "1"
        counts = (
            (0 if everything else len(chosen) - queryset.count(), "không còn hoặc ngoài phạm vi"),
            (queryset.filter(is_active=False).count(), "đang ngừng"),
            (queryset.filter(pk=person(request).pk).count(), "của chính anh/chị"),
        )
        told = [f"{count} tài khoản {why}" for count, why in counts if count > 0]
        if told:
            messages.warning(request, f"Bỏ qua {', '.join(told)}.")

    def issue_new(self, request: HttpRequest) -> HttpResponse:
        """The second half of an import: all accounts that have no password yet, ready for one click."""
        without = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        people = self.get_queryset(request).filter(without, is_active=True)
        return self.ask_before_issuing(request, people)

    def ask_before_issuing(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """Return the page that names the accounts and issues their passwords on its only button."""
        number = people.count()
        if not number:
            messages.info(request, "Không có tài khoản nào cần cấp mật khẩu.")
            return redirect(LIST)
        context = {
            **self.admin_site.each_context(request),
            "title": "Cấp mật khẩu và in phiếu",
            "people": _in_order(people)[: services.SLIPS_AT_ONCE],
            "left_over": max(number - services.SLIPS_AT_ONCE, 0),
            "number": number,
        }
        if context["left_over"]:
            everybody = _in_order(people).values_list("pk", flat=True)
            context["everybody"] = ",".join(map(str, everybody))
        return TemplateResponse(request, "admin/accounts/user/reset_selected.html", context)

    def issue_to_all(self, request: HttpRequest) -> HttpResponse:
        """Leave passwords of more people than a sheet takes to a worker: several sheets wait afterwards."""
        named = [key for text in request.POST["everybody"].split(",") if (key := read_id(text))]
        people = set(self.get_queryset(request).filter(pk__in=named).values_list("pk", flat=True))
        params = {"people": [key for key in named if key in people]}
        title = f"Cấp mật khẩu cho {len(people)} tài khoản"
        try:
            job = ask(person(request), "slips", title, action=Action.MANAGE_SITE, params=params)
        except JobRefused as refusal:
            messages.warning(request, str(refusal), extra_tags=Why.JOB)
            return redirect(LIST)
        return redirect(job)

    @staticmethod
    def to_sheet(sheet: SlipSheet) -> HttpResponseRedirect:
        """Answer a step that issued passwords."""
        return redirect("admin:accounts_user_slips", sheet.pk)

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Offer the sheet, and on the button show its passwords: this once, to the person who made it."""
        sheet = get_object_or_404(SlipSheet, pk=pk, made_by=request.user)
        context = {
            **self.admin_site.each_context(request),
            "sheet": sheet,
            "waits": SlipSheet.objects.waiting(person(request)).filter(pk=pk).exists(),
        }
        template = "admin/accounts/user/sheet.html"
        if request.method == "POST":
            try:
                context["issued"] = services.show_slips(sheet, by=person(request))
            except ValidationError as refusal:
                messages.error(request, " ".join(refusal.messages), extra_tags=Why.ACCOUNT)
                return self.to_sheet(sheet)
            context["login_url"] = request.build_absolute_uri(reverse("accounts:login"))
            template = "admin/accounts/user/slips.html"
        response = TemplateResponse(request, template, context)
        response["Cache-Control"] = "private, no-store"
        return response


def _in_order(people: QuerySet[User]) -> QuerySet[User]:
    """Return accounts in the order in which slips are handed out."""
    return people.select_related("unit__parent").order_by(tree_order("unit"), "username")
