"""The ledger of figures refuses UPDATE and DELETE in the database itself (reports/figures/ledger.py)."""

from django.db import migrations

from reports.figures import ledger


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: ledger.protect(schema_editor.connection),
            lambda apps, schema_editor: ledger.unprotect(schema_editor.connection),
            elidable=False,
        )
    ]
