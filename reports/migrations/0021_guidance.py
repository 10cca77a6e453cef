from django.db import migrations, models

from reports.catalogue.files import LAST_DISTRICT_YEAR, counts_in, read_rows


def fill(apps, schema_editor):
    """Give the indicators of stored catalogues the shipped sentence of their code and year."""
    lines = read_rows("guidance.csv")
    for catalogue in apps.get_model("reports", "Catalogue").objects.all():
        rows = list(catalogue.indicators.all())
        districts = any("H" in row.entry_levels for row in rows)
        law = catalogue.year if districts else max(catalogue.year, LAST_DISTRICT_YEAR + 1)
        told = {line["code"]: line["guidance"] for line in lines if counts_in(line, law)}
        for row in rows:
            row.guidance = told.get(row.code, "")
        apps.get_model("reports", "Indicator").objects.bulk_update(rows, ["guidance"])


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0020_catalogue_of_two_tiers'),
    ]

    operations = [
        migrations.AddField(
            model_name='indicator',
            name='guidance',
            field=models.CharField(blank=True, default='', help_text='Một câu: tính gì, không tính gì, một ví dụ. Vẫn sửa được khi đã có báo cáo gửi lên.', max_length=250, verbose_name='câu hướng dẫn'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
