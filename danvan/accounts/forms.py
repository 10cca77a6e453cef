"""Forms of login and password."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """Login, with one message for an unknown name, a wrong password and a deactivated account."""

    error_messages = {
        "invalid_login": "Tên đăng nhập hoặc mật khẩu chưa đúng. Vui lòng kiểm tra và nhập lại.",
        "inactive": "Tên đăng nhập hoặc mật khẩu chưa đúng. Vui lòng kiểm tra và nhập lại.",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Tên đăng nhập"
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["password"].label = "Mật khẩu"


class ResumeForm(forms.Form):
    """The hidden fields in which the login page carries a refused post."""

    resume_path = forms.CharField(widget=forms.HiddenInput)
    resume_body = forms.CharField(widget=forms.HiddenInput, required=False)
