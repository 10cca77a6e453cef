"""Login, logout, own password, and what happens to a post that was refused for its session or token."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from danvan.accounts.forms import LoginForm, ResumeForm
from danvan.accounts.resume import PendingPost, carried_post, pending_post


@method_decorator([login_not_required, never_cache], name="dispatch")
class LoginView(auth_views.LoginView):
    """The login page. With `pending` it stands in for a page that refused a post, and carries that post."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
    pending: PendingPost | None = None

    def dispatch(self, request, *args, **kwargs):
        if self.pending:
            return self.get(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        carried = self.pending
        if carried is None and self.request.method == "POST":
            carried = carried_post(self.request)
        if carried:
            kwargs["resume"] = ResumeForm(
                initial={"resume_path": carried.path, "resume_body": urlencode(carried.fields)}
            )
        return super().get_context_data(**kwargs)

    def form_valid(self, form):
        response = super().form_valid(form)
        carried = carried_post(self.request)
        return resume_page(self.request, carried) if carried else response


class LogoutView(auth_views.LogoutView):
    """Log out (POST only) and say so."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        messages.info(request, "Đã đăng xuất.")
        return response


class PasswordChangeView(auth_views.PasswordChangeView):
    """Change the own password; other sessions of the account end."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form):
        messages.success(self.request, "Đã đổi mật khẩu.")
        return super().form_valid(form)


def resume_page(request, pending: PendingPost, status: int = 200):
    """Return the page that offers to send `pending` once more with a fresh token."""
    context = {"pending": pending, "typed": sum(bool(text) for _, text in pending.fields)}
    return render(request, "accounts/resume.html", context, status=status)


@login_not_required
def csrf_failure(request, reason=""):
    """Answer a post whose CSRF token is no longer good: offer to send it again, never drop it."""
    pending = pending_post(request)
    if pending is None or request.path == str(reverse_lazy("accounts:login")):
        return render(request, "errors/csrf.html", status=403)
    if request.user.is_authenticated:
        return resume_page(request, pending, status=403)
    return LoginView.as_view(pending=pending)(request)
