"""Configuration of Django's own admin app for this site."""

from django.contrib.admin.apps import AdminConfig


class SuperuserAdminConfig(AdminConfig):
    """Puts SuperuserSite in the place of Django's own site."""

    default_site = "danvan.admin.SuperuserSite"

    def ready(self) -> None:
        """Find the ModelAdmins; groups are not used here, rights are one table in rights.py."""
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group

        if admin.site.is_registered(Group):
            admin.site.unregister(Group)
