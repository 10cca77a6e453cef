"""Configuration of Django's own admin app for this site."""

from django.contrib.admin.apps import AdminConfig


class SuperuserAdminConfig(AdminConfig):
    """Puts SuperuserSite in the place of Django's own site."""

    default_site = "danvan.admin.SuperuserSite"
