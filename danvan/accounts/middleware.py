"""Closed by default: every page asks for a login, and a post that comes without one is kept."""

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import JsonResponse

from danvan.accounts.resume import pending_post


class ResumingLoginRequiredMiddleware(LoginRequiredMiddleware):
    """Django's LoginRequiredMiddleware that answers a post with a login page carrying what was typed."""

    def handle_no_permission(self, request, view_func):
        """Return the login redirect; for a form post the login page itself, for a script a plain 401."""
        from danvan.accounts.views import LoginView

        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": "login"}, status=401)
        pending = pending_post(request)
        if pending is None:
            return super().handle_no_permission(request, view_func)
        return LoginView.as_view(pending=pending)(request)
