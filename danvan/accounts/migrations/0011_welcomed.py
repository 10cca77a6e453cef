from django.db import migrations, models


def known_already(apps, schema_editor):
    """Who has logged in before knows the site."""
    users = apps.get_model("accounts", "User").objects
    users.filter(last_login__isnull=False).update(welcomed=True)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_long_work'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='welcomed',
            field=models.BooleanField(default=False, editable=False, verbose_name='đã xem ba bước đầu tiên'),
        ),
        migrations.RunPython(known_already, migrations.RunPython.noop),
    ]
