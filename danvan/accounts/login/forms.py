"""Forms of login, password, second factor."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, SetPasswordMixin
from django.http import HttpRequest
from django.utils import timezone

from danvan.accounts.audit.context import client_address, current
from danvan.accounts.login import lockout, twofactor
from danvan.accounts.login.signals import login_failed
from danvan.accounts.models import User
from danvan.accounts.rights import standing
from danvan.common.handbook.why import Why


class LoginForm(AuthenticationForm):
    """Login, with one message for an unknown name, a wrong password and a deactivated account."""

    error_messages = {
        "invalid_login": "Tên đăng nhập hoặc mật khẩu chưa đúng. Vui lòng kiểm tra và nhập lại.",
        "inactive": "Tên đăng nhập hoặc mật khẩu chưa đúng. Vui lòng kiểm tra và nhập lại.",
        "locked": "Đăng nhập sai nhiều lần. Vui lòng thử lại sau %(minutes)d phút.",
        "expired": "Mật khẩu được cấp đã quá hạn %(days)d ngày. Vui lòng liên hệ quản trị viên để "
        "được cấp lại.",
        "no_unit": "Tài khoản chưa thuộc đơn vị nào. Vui lòng liên hệ quản trị viên.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Tên đăng nhập"
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["password"].label = "Mật khẩu"

    def clean(self) -> dict[str, Any]:
        """Refuse a login while the name is locked out, before the password is checked."""
        name = self.cleaned_data.get("username")
        address = client_address(cast(HttpRequest, self.request))
        if not name:
            return super().clean()
        try:
            with lockout.attempt(name, address):
                return super().clean()
        except lockout.Closed as closed:
            minutes = int((closed.until - timezone.now()).total_seconds() // 60) + 1
            raise forms.ValidationError(
                self.error_messages["locked"], code=Why.LOGIN, params={"minutes": minutes}
            ) from closed

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse an issued password that has expired unused, and an account without a unit."""
        super().confirm_login_allowed(user)
        if user.issued_password_expired:
            days = settings.ISSUED_PASSWORD_DAYS
            raise forms.ValidationError(
                self.error_messages["expired"], code=Why.LOGIN, params={"days": days}
            )
        if standing(user) == "nobody":
            raise forms.ValidationError(self.error_messages["no_unit"], code=Why.LOGIN)


def own_password(user: User, typed: str) -> str:
    """Return `typed` if it is the password of `user`, who is logged in. Raises ValidationError.

    Wrong ones count towards the lock-out as at the login.
    """
    now = current()
    try:
        with lockout.attempt(user.username, now.address):
            if user.check_password(typed):
                return typed
            login_failed(own_password, {"username": user.username}, now.request)
    except lockout.Closed as closed:
        message = "Nhập sai nhiều lần. Vui lòng thử lại sau ít phút."
        raise forms.ValidationError(message) from closed
    raise forms.ValidationError("Mật khẩu hiện tại chưa đúng. Vui lòng nhập lại.")


class OwnForm(forms.Form):
    """A form about the account of `user`, who is logged in."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)


class OwnPasswordForm(SetPasswordMixin, OwnForm):
    """Change the own password: the present one, and the new one twice."""

    old_password = forms.CharField(
        label="Mật khẩu hiện tại",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new_password1, new_password2 = SetPasswordMixin.create_password_fields(
        label1="Mật khẩu mới", label2="Nhập lại mật khẩu mới"
    )

    new_password1.help_text = (
        "Ít nhất 12 ký tự; nên là một câu dài, có thể có dấu và dấu cách. Không dùng từ phổ biến, "
        "tên người, tên đơn vị, số điện thoại."
    )

    def clean_old_password(self) -> Any:
        """Ask for the present password, so that an unattended screen is not enough."""
        return own_password(self.user, self.cleaned_data["old_password"])

    def clean(self) -> dict[str, Any] | None:
        """Compare both entries, ask the validators, refuse the old password."""
        # Named both times: Django's defaults are fields of other forms, and would check nothing here.
        self.validate_passwords("new_password1", "new_password2")
        typed = self.cleaned_data.get("new_password1")
        if typed and self.user.check_password(typed):
            self.add_error(
                "new_password1", "Mật khẩu mới phải khác mật khẩu cũ và mật khẩu được cấp."
            )
        self.validate_password_for_user(self.user, "new_password1")
        return super().clean()


class CodeForm(forms.Form):
    """One code of the phone app, or a recovery code."""

    code = forms.CharField(
        label="Mã xác thực",
        max_length=20,
        help_text="6 chữ số trên ứng dụng xác thực, hoặc một mã dự phòng.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "none"}
        ),
    )

    def __init__(self, *args: Any, check: Any, **kwargs: Any) -> None:
        self.check = check
        super().__init__(*args, **kwargs)

    def clean_code(self) -> Any:
        """Hand the code to `check`; its answer (anything but None or False) is the cleaned value."""
        answer = self.check(self.cleaned_data["code"])
        if answer is None or answer is False:
            raise forms.ValidationError(
                "Mã chưa đúng hoặc đã dùng. Vui lòng chờ mã mới trên ứng dụng rồi nhập lại."
            )
        return answer


class PasswordOnlyForm(OwnForm):
    """Ask for the password once more before a second factor is set up or taken away."""

    password = forms.CharField(
        label="Mật khẩu hiện tại",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_password(self) -> Any:
        """Compare with the own password."""
        return own_password(self.user, self.cleaned_data["password"])


class ResumeForm(forms.Form):
    """The hidden fields in which the login page carries a refused post."""

    resume_path = forms.CharField(widget=forms.HiddenInput)
    resume_body = forms.CharField(widget=forms.HiddenInput, required=False)


def code_form(user: User, data: Any = None) -> CodeForm:
    """Return the form that asks `user` for the second factor at login."""
    return CodeForm(data, check=lambda code: twofactor.verify(user, code))
