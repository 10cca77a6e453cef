from django.db import migrations

from danvan.units.queries import AdministrativeUnitQuerySet, UnitSuccessionQuerySet
from reports.workflow.answering import heirs_in


def fill(apps, schema_editor):
    """Say of every period opened before whose work each of its reports answers for."""
    units = AdministrativeUnitQuerySet(apps.get_model("units", "AdministrativeUnit"))
    arrows = UnitSuccessionQuerySet(apps.get_model("units", "UnitSuccession"))
    report_unit = apps.get_model("reports", "ReportUnit")
    for period in apps.get_model("reports", "ReportingPeriod").objects.all():
        reports = dict(period.reports.values_list("unit", "pk"))
        found = heirs_in(period, reports.keys(), units.all(), arrows.all()) if reports else {}
        report_unit.objects.bulk_create(
            (
                report_unit(
                    period=period,
                    unit_id=unit_id,
                    report_id=reports[heirs[0]],
                    is_question=len(heirs) > 1,
                )
                for unit_id, heirs in found.items()
                if heirs
            ),
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [("reports", "0007_report_units")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
