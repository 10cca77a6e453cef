"""The own keys: a list, a new one after the password was given, taking one back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from danvan.accounts.login.forms import PasswordOnlyForm
from danvan.accounts.login.views_security import OwnFormView
from danvan.accounts.requests import PersonRequest, person
from danvan.accounts.rights import Action
from danvan.accounts.tokens import keys
from danvan.common.forms import TextField, refusals_shown

DAYS = ((30, "30 ngày"), (90, "90 ngày"), (180, "6 tháng"), (keys.LONGEST, "1 năm"))


class TokenForm(PasswordOnlyForm):
    """What the key is for and how long it lasts; the password, so that an open screen is not enough."""

    label = TextField(
        label="Dùng cho", max_length=100, help_text="Ví dụ: Power BI của phòng tổng hợp"
    )
    days = forms.TypedChoiceField(label="Hết hạn sau", choices=DAYS, coerce=int, initial=90)
    field_order = ("label", "days", "password")


class TokensView(OwnFormView):
    """The own keys; a new one is shown in answer to the post and nowhere else."""

    template_name = "accounts/tokens.html"
    form_class = TokenForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse accounts that may read nothing: a key could open nothing."""
        if not person(request).can(Action.VIEW):
            raise PermissionDenied("Tài khoản của anh/chị chưa được gắn với đơn vị nào.")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tokens=person(self.request).tokens.all()[:100], **kwargs)

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        wanted = form.cleaned_data
        with refusals_shown(form):
            token, text = keys.give(person(self.request), wanted["label"], wanted["days"])
            return render(self.request, "accounts/token_given.html", {"token": token, "text": text})
        return self.form_invalid(form)

    def form_invalid(self, form: forms.BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def take_back(request: PersonRequest, pk: int) -> HttpResponse:
    """Take one of the own keys back."""
    token = get_object_or_404(request.user.tokens.all(), pk=pk)
    if keys.take_back(token):
        messages.success(request, f"Đã thu hồi mã truy cập “{token.label}”.")
    else:
        messages.info(request, f"Mã truy cập “{token.label}” đã hết hiệu lực từ trước.")
    return redirect("accounts:tokens")
