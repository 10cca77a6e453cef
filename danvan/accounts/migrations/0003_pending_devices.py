"""Secrets that were begun and never confirmed belonged to no session: they go."""

from django.db import migrations


def drop_unconfirmed(apps, schema_editor):
    """Delete phone apps that nobody confirmed."""
    apps.get_model("otp_totp", "TOTPDevice").objects.filter(confirmed=False).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_security"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [migrations.RunPython(drop_unconfirmed, migrations.RunPython.noop)]
