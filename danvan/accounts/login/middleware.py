"""Closed by default: login, session limits, first steps; and who is acting, for the trail of changes."""

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.audit import security_log
from danvan.accounts.audit.context import acting
from danvan.accounts.login import browser, sessions, twofactor
from danvan.accounts.login.resume import pending_post
from danvan.accounts.models import User
from danvan.accounts.models.trail import SecurityKind
from danvan.common.handbook.why import Why
from danvan.common.ops.faults import aside
from danvan.common.web.middleware import Middleware


class DueMovesMiddleware(Middleware):
    """On the first request of a day, move the accounts whose unit becomes another one that day.

    Nobody needs to be there at midnight, and no timer: before that request is answered it is done.
    /healthz, which nobody is logged in for, waits for nothing: it tells of tables that are not there.
    """

    settled_on: datetime.date | None = None  # by this process

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        today = timezone.localdate()
        if DueMovesMiddleware.settled_on != today and request.path_info != "/healthz":
            with aside("accounts to be moved"):
                services.settle_moves()
                DueMovesMiddleware.settled_on = today
        return self.get_response(request)


class ActingMiddleware(Middleware):
    """Let the trail know who is acting; note what was refused to, and taken away by, known people.

    A file that leaves the site is noted here, so no export can be forgotten.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting(request, source="form"):
            response = self.get_response(request)
            # Worth a line: a real page, asked by a known person.
            if request.resolver_match is not None and request.user.is_authenticated:
                with aside("security event"):
                    self._note(request, response)
        return response

    @staticmethod
    def _note(request: HttpRequest, response: HttpResponseBase) -> None:
        if response.status_code in (403, 404):
            security_log.record(
                SecurityKind.REFUSED, status=response.status_code, method=request.method
            )
        elif response.has_header("Content-Disposition"):  # saved, or shown by the browser
            query = request.META.get("QUERY_STRING", "")[:500]
            security_log.record(SecurityKind.EXPORT, query=query)


class SessionLimitsMiddleware(Middleware):
    """End sessions that are idle or old; the page then asks for the login and keeps what was posted."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            if sessions.seconds_left(request.session) <= 0:
                request.session_ended = True  # type: ignore[attr-defined]  # for the logout signal
                logout(request)
            else:
                sessions.touch(request.session)
        return self.get_response(request)


class ResumingLoginRequiredMiddleware(LoginRequiredMiddleware):
    """Django's LoginRequiredMiddleware that answers a post with a login page carrying what was typed."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> Any:
        """Return the login redirect; for a form post the login page itself, for a script a plain 401."""
        from danvan.accounts.login.views import LoginView

        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": "login"}, status=401)
        pending = pending_post(request)
        if pending is None:
            return super().handle_no_permission(request, view_func)
        return LoginView.as_view(pending=pending)(request)


class FirstStepsMiddleware(Middleware):
    """Until an issued password is changed (and a required second factor set up) no other page answers.

    Nor does any to a script that sends what somebody else typed in this browser.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Return a redirect to the step that is still to be done, None when there is none."""
        user = request.user
        if not user.is_authenticated or not getattr(view_func, "login_required", True):
            return None
        if request.headers.get(browser.TYPED_BY, str(user.pk)) != str(user.pk):
            return JsonResponse({"error": "login"}, status=401)
        step = first_step_of(user)
        page = getattr(request.resolver_match, "view_name", "")
        if step is None or page in (step, "accounts:logout"):
            return None
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": step}, status=403)
        issued = step == "accounts:password_change"
        what = "đổi mật khẩu được cấp" if issued else "thiết lập xác thực hai lớp"
        told = f"Vui lòng {what} trước khi làm việc."
        messages.warning(request, told, extra_tags=Why.FIRST_STEPS)
        return redirect(step)


def first_step_of(user: User) -> str | None:
    """Return the page that `user` must be done with before anything else, None when there is none."""
    if user.must_change_password:
        return "accounts:password_change"
    required = settings.REQUIRE_SECOND_FACTOR and user.is_superuser
    if required and twofactor.confirmed_device(user) is None:
        return "accounts:second_factor"
    return None
