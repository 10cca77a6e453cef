"""Django's admin as a repair hatch: superusers only, and in Vietnamese.

Other people get 403 here, whatever their flags say. Login, logout and the change of
the own password are those of the site, so that locks, logs and messages are the same everywhere.
"""

from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog


class OurJavaScriptCatalog(JavaScriptCatalog):
    """Django's catalogue view reads the packages only; this one reads LOCALE_PATHS after them."""

    def get_paths(self, packages: Any) -> list[Any]:
        """Return the folders of catalogues, the one that wins last."""
        return [*super().get_paths(packages), *map(str, settings.LOCALE_PATHS)]


class SuperuserSite(AdminSite):
    """The admin site (`django.contrib.admin.site`)."""

    site_title = "Quản trị hệ thống"
    site_header = "Quản trị hệ thống báo cáo công tác dân vận"
    index_title = "Tài khoản và đơn vị hành chính"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers, as long as the account is active."""
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view: Any, cacheable: Any = False) -> Any:
        """Refuse people who are logged in but no superusers, before anything else is looked at."""
        guarded = super().admin_view(view, cacheable)

        def refusing(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            self._refuse_others(request)
            return guarded(request, *args, **kwargs)

        return update_wrapper(refusing, guarded)

    @method_decorator([never_cache, login_not_required])
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send to the login page of the site."""
        self._refuse_others(request)
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Log out as everywhere on the site (POST only)."""
        from danvan.accounts.login.views import LogoutView

        return LogoutView.as_view()(request)

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Give the admin's scripts our texts as well (locale/vi/LC_MESSAGES/djangojs.po)."""
        return OurJavaScriptCatalog.as_view(packages=["django.contrib.admin"])(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Send to the page where everybody changes the own password."""
        return redirect("accounts:password_change")

    def _refuse_others(self, request: HttpRequest) -> None:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("Trang này chỉ dành cho quản trị viên hệ thống.")
