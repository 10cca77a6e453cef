from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "danvan.imports"
    label = "imports"
    verbose_name = "Nhập từ Excel"

    def ready(self) -> None:
        """Let /healthz tell of work that nobody takes, and of workers of another version of the program."""
        from danvan.common.ops.health import add_check
        from danvan.imports.workers import all_of_this_version, queue_is_worked_off

        told = "Long work waits and no worker takes it: start manage.py db_worker."
        add_check("queue", queue_is_worked_off, told)
        told = "A worker runs another version of the program than this host: restart the older one."
        add_check("worker", all_of_this_version, told)
