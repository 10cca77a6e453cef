from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    name = "danvan.common"
    label = "common"
    verbose_name = "Phần dùng chung"

    def ready(self) -> None:
        """Let every `migrate` end with the append-only tables protected, rebuilt ones included."""
        from danvan.common.ops.append_only import protect_after_migrate

        post_migrate.connect(protect_after_migrate, dispatch_uid="danvan_append_only")
