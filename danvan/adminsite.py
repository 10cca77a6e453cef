"""Django's admin as a repair hatch for superusers: accounts and units. Everybody else gets 403."""

from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse

_REFUSAL = "Trang này chỉ dành cho quản trị viên."


class SuperuserSite(AdminSite):
    """The admin site. It has no login of its own: the site's login page counts failures and asks for the code."""

    site_title = site_header = "Dân vận – quản trị"
    index_title = "Tài khoản và đơn vị hành chính"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request):
        """Tell whether the visitor is an active superuser; `is_staff` means nothing here."""
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view, cacheable=False):
        """Answer 403 to people who are logged in and no superusers, instead of asking them to log in."""
        guarded = super().admin_view(view, cacheable)

        def answer(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(_REFUSAL)
            return guarded(request, *args, **kwargs)

        return update_wrapper(answer, guarded)

    def login(self, request, extra_context=None):
        """Send visitors to the site's login; raise PermissionDenied for people who are logged in."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied(_REFUSAL)
        return redirect_to_login(
            request.GET.get("next", reverse("admin:index")), reverse("accounts:login")
        )

    def logout(self, request, extra_context=None):
        """Log out as everywhere else."""
        from danvan.accounts.views import LogoutView

        return LogoutView.as_view()(request)

    def password_change(self, request, extra_context=None):
        """Send people to the site's own page."""
        return redirect("accounts:password_change")
