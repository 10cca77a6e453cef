"""The accounts app: registers the audit trail, the security log of logins and the system checks."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "danvan.accounts"
    label = "accounts"
    verbose_name = "Tài khoản"

    def ready(self) -> None:
        """Wire what must see every login and every changed row, whatever page it comes through."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from danvan.accounts import checks  # noqa: F401 - checks register themselves
        from danvan.accounts.audit.writing import register_models
        from danvan.accounts.login import signals

        register_models()
        user_logged_in.connect(signals.logged_in, dispatch_uid="danvan_logged_in")
        user_logged_out.connect(signals.logged_out, dispatch_uid="danvan_logged_out")
        user_login_failed.connect(signals.login_failed, dispatch_uid="danvan_login_failed")
