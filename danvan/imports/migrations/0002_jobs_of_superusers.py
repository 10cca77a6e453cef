"""Jobs of superusers hold figures of every unit: they belong to none, as new ones do."""

from django.db import migrations


def leave_units(apps, schema_editor):
    """Take the unit off the jobs of those who are superusers today."""
    jobs = apps.get_model("imports", "ImportJob").objects
    jobs.filter(owner__is_superuser=True).update(unit=None)


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial"), ("accounts", "0003_pending_devices")]

    operations = [migrations.RunPython(leave_units, migrations.RunPython.noop)]
