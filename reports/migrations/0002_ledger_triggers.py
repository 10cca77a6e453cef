"""The ledger of figures refuses UPDATE and DELETE in the database itself (danvan/common/ops/append_only.py)."""

from django.db import migrations

from danvan.common.ops import append_only

LEDGER = "reports_figurechange"


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: append_only.protect(schema_editor.connection, LEDGER),
            lambda apps, schema_editor: append_only.unprotect(schema_editor.connection, LEDGER),
            elidable=False,
        )
    ]
