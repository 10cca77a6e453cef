"""Django's admin, opened to superusers only."""

from django.contrib.admin.apps import AdminConfig


class SuperuserAdminConfig(AdminConfig):
    """Django's admin with the site of danvan/adminsite.py in place of the stock one."""

    default_site = "danvan.adminsite.SuperuserSite"
