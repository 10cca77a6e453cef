"""The own account: password, second factor, open sessions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView, TemplateView

from danvan.accounts import services
from danvan.accounts.audit import security_log
from danvan.accounts.login import sessions, twofactor
from danvan.accounts.login.forms import CodeForm, OwnPasswordForm, PasswordOnlyForm
from danvan.accounts.login.views import first_page
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.requests import PersonRequest, person


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class OwnFormView(FormView):
    """A form about the own account, with a secret in it."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": person(self.request)}


class PasswordChangeView(OwnFormView):
    """Change the own password; other sessions of the account end."""

    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(forced=person(self.request).must_change_password, **kwargs)

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        request, old_key = self.request, self.request.session.session_key
        services.change_own_password(person(request), form.cleaned_data["new_password1"])
        sessions.end_sessions(person(request), keep=old_key)
        update_session_auth_hash(request, person(request))
        sessions.rename(old_key or "", request)
        messages.success(
            request,
            "Đã đổi mật khẩu. Các máy khác đã được đăng xuất, mã truy cập (nếu có) đã thu hồi.",
        )
        return redirect(first_page(person(request), reverse("home")))


class SecurityView(TemplateView):
    """Open sessions of the own account, and the state of its second factor."""

    template_name = "accounts/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = person(self.request)
        return super().get_context_data(
            sessions=sessions.open_sessions(user),
            current_key=self.request.session.session_key,
            device=twofactor.confirmed_device(user),
            codes_left=twofactor.codes_left(user),
            **kwargs,
        )


@require_POST
def end_sessions(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """End one of the own sessions, or all but this one."""
    if pk is not None and not request.user.login_sessions.filter(pk=pk).exists():
        raise Http404
    ended = sessions.end_sessions(request.user, only=pk, keep=request.session.session_key)
    if ended:
        security_log.record(SecurityKind.SESSIONS_ENDED, user=request.user, count=ended)
    messages.success(request, f"Đã kết thúc {ended} phiên đăng nhập khác.")
    return redirect("accounts:security")


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SecondFactorView(FormView):
    """Set up the phone app: the password, then scan and type one code, keep the recovery codes.

    The secret is this session's alone: what somebody saw on an open screen elsewhere sets up nothing.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse to replace a phone app that is set up: it must be removed first, with the password."""
        if twofactor.confirmed_device(person(request)):
            messages.info(request, "Muốn dùng điện thoại khác, vui lòng tắt rồi bật lại.")
            return redirect("accounts:second_factor_off")
        self.device = twofactor.pending_device(request.session, person(request))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the step whose fields were sent; a code that comes too late begins again."""
        if ("code" in request.POST) == (self.device is None):
            if self.device is None:
                messages.info(request, "Đã quá thời gian thiết lập, vui lòng bắt đầu lại.")
            return redirect("accounts:second_factor")
        return super().post(request, *args, **kwargs)

    def get_form_class(self) -> type[forms.BaseForm]:
        return CodeForm if self.device else PasswordOnlyForm

    def get_template_names(self) -> list[str]:
        step = "second_factor" if self.device else "second_factor_start"
        return [f"accounts/{step}.html"]

    def get_form(self, form_class: Any = None) -> forms.BaseForm:
        form = super().get_form(form_class)
        if self.device:
            form.fields["code"].help_text = "6 chữ số trên ứng dụng xác thực."
        return form

    def get_form_kwargs(self) -> dict[str, Any]:
        session, user = self.request.session, person(self.request)
        kwargs = super().get_form_kwargs()
        if self.device is None:
            return {**kwargs, "user": user}
        return {**kwargs, "check": lambda code: twofactor.confirm_code(session, user, code)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.device:
            kwargs["picture"] = twofactor.qr_picture(self.device)
            kwargs["secret"] = twofactor.typed_secret(self.device)
        return super().get_context_data(**kwargs)

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Show the secret, then in answer to the code the recovery codes: they are nowhere else to be had."""
        if self.device is None:
            twofactor.begin(self.request.session, person(self.request))
            return redirect("accounts:second_factor")
        sessions.end_sessions(person(self.request), keep=self.request.session.session_key)
        security_log.record(SecurityKind.SECOND_FACTOR, user=person(self.request), state="on")
        context = {"codes": form.cleaned_data["code"]}
        return render(self.request, "accounts/recovery_codes.html", context)


class SecondFactorOffView(OwnFormView):
    """Take the second factor away, after the password was typed once more."""

    template_name = "accounts/second_factor_off.html"
    form_class = PasswordOnlyForm

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        twofactor.remove(person(self.request))
        security_log.record(SecurityKind.SECOND_FACTOR, user=person(self.request), state="off")
        messages.success(self.request, "Đã tắt xác thực hai lớp.")
        return redirect("accounts:security")
