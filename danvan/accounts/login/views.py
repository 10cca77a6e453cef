"""Login in one or two steps, logout, and what happens to a post refused for its session or token."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

from danvan.accounts.audit.context import client_address
from danvan.accounts.login import browser, lockout, twofactor
from danvan.accounts.login.forms import LoginForm, ResumeForm, code_form
from danvan.accounts.login.proofs import person_of, proof_of
from danvan.accounts.login.resume import PendingPost, carried_post, pending_post, sent_from_here
from danvan.accounts.login.signals import login_failed
from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why

_HALF_WAY = "half_way"  # session key: who gave the right password and still owes the code
_HALF_WAY_SECONDS = 300


class ResumeMixin(ContextMixin, View):
    """A login page that carries a refused post in hidden fields."""

    pending: PendingPost | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        carried = self.pending
        if carried is None and self.request.method == "POST":
            carried = carried_post(self.request)
        if carried:
            kwargs["resume"] = ResumeForm(
                initial={"resume_path": carried.path, "resume_body": urlencode(carried.fields)}
            )
        return super().get_context_data(**kwargs)


@method_decorator([login_not_required, never_cache], name="dispatch")
class LoginView(ResumeMixin, auth_views.LoginView):
    """The login page. With `pending` it stands in for a page that refused a post, and carries that post."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.pending:
            response = self.get(request, *args, **kwargs)
            response.status_code = 403  # the post was refused, even though the page is friendly
            return response
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the form's arguments: a refused post is no login, its fields must not bind the form."""
        kwargs = super().get_form_kwargs()
        return kwargs if not self.pending else {**kwargs, "data": None, "files": None}

    def form_valid(self, form: AuthenticationForm) -> Any:
        """Log in, or ask for the code where a second factor is set up."""
        user = form.get_user()
        if twofactor.confirmed_device(user) is None:
            return finish_login(self.request, user, super().get_success_url())
        self.request.session[_HALF_WAY] = proof_of(user)
        return CodeView.as_view(first=True)(self.request)


@method_decorator(
    [login_not_required, never_cache, sensitive_post_parameters("code")], name="dispatch"
)
class CodeView(ResumeMixin, auth_views.RedirectURLMixin, TemplateView):
    """The second step: a code of the phone app. `first` shows the page in answer to the first step's post."""

    template_name = "accounts/code.html"
    next_page = "home"
    first = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go back to the first step when nobody is half way, has been for too long, or got a new password."""
        half_way = person_of(request.session.get(_HALF_WAY), _HALF_WAY_SECONDS)
        if half_way is None or request.user.is_authenticated:
            request.session.pop(_HALF_WAY, None)
            return redirect("accounts:login")
        self.person = half_way
        return self.get(request) if self.first else super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", code_form(self.person))
        kwargs["next"] = self.get_redirect_url()
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the code; wrong ones count towards the lock-out like wrong passwords."""
        form = code_form(self.person, request.POST)
        name = self.person.username
        try:
            with lockout.attempt(name, client_address(request)):
                if not form.is_valid():
                    login_failed(CodeView, {"username": name}, request)
        except lockout.Closed:
            del request.session[_HALF_WAY]
            told = "Nhập sai nhiều lần. Vui lòng đăng nhập lại sau ít phút."
            messages.error(request, told, extra_tags=Why.LOGIN)
            return redirect("accounts:login")
        if form.errors:
            return self.render_to_response(self.get_context_data(form=form))
        return finish_login(request, self.person, self.get_success_url())


def finish_login(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Start the session and go to `url`, or to the post that the login interrupted.

    What another person typed in this browser is neither sent in the name of `user` nor kept.
    """
    request.session.pop(_HALF_WAY, None)
    carried, of_another = carried_post(request), browser.was_of_another(request, user)
    login(request, user)
    if carried and (of_another or browser.is_of_another(carried.fields, user)):
        messages.warning(request, "Nội dung do người khác nhập dở trên máy này không được gửi.")
        carried = None
    response = resume_page(request, carried) if carried else redirect(first_page(user, url))
    browser.note_person(response, user)
    if of_another:
        browser.forget_all(response)
    return response


def first_page(user: User, url: str) -> str:
    """Return where a login leads: to `url`, but in place of the home page once to the three first steps."""
    if user.welcomed or user.must_change_password or url != reverse("home"):
        return url
    user.welcomed = True
    user.save(update_fields=["welcomed"])
    return reverse("handbook:welcome")


class LogoutView(auth_views.LogoutView):
    """Log out (POST only) and say so."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        browser.forget_person(response)
        messages.info(request, "Đã đăng xuất.")
        return response


def resume_page(request: HttpRequest, pending: PendingPost, status: int = 200) -> HttpResponse:
    """Return the page that offers to send `pending` once more with a fresh token."""
    context = {"pending": pending, "typed": sum(bool(text) for _, text in pending.fields)}
    return render(request, "accounts/resume.html", context, status=status)


@login_not_required
def csrf_failure(request: PersonRequest, reason: str = "") -> HttpResponse:
    """Answer a post whose CSRF token is no longer good: offer to send it again, never drop it.

    What another site made the browser post is dropped.
    """
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": "csrf"}, status=403)
    pending = pending_post(request) if sent_from_here(request) else None
    if pending is None or request.path == str(reverse_lazy("accounts:login")):
        return render(request, "errors/csrf.html", status=403)
    if request.user.is_authenticated:
        if browser.is_of_another(pending.fields, request.user):
            return render(request, "errors/csrf.html", status=403)
        return resume_page(request, pending, status=403)
    return LoginView.as_view(pending=pending)(request)
