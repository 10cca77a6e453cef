from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo năm"

    def ready(self) -> None:
        """Let /healthz tell that reminders do not go out."""
        from danvan.common.ops.health import add_check
        from reports.notices.mailing import mails_go_out

        told = "Reminders do not go out: the mail server is away or takes none. See EMAIL_HOST, and the log."
        add_check("mail", mails_go_out, told)
