from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "danvan.imports"
    label = "imports"
    verbose_name = "Nhập từ Excel"

    def ready(self) -> None:
        """Let /healthz tell of workers that run another version of the program."""
        from danvan.common.ops.health import add_check
        from danvan.imports.workers import all_of_this_version

        told = "A worker runs another version of the program than this host: restart the older one."
        add_check("worker", all_of_this_version, told)
