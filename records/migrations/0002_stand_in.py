"""“Nhập thay” is stored when it happens: it used to follow the unit the account has today."""

from django.db import migrations, models
from django.db.models import F

KINDS = (
    "citizenreception", "democracyconference", "dialogueconference", "emergingissue",
    "friendlygovassessment", "oversight", "skilledmobilisationmodel", "studyconference",
    "trainingcourse",
)  # fmt: skip
CREATED = 0  # AuditEntry.Action.CREATE
BATCH = 500


def fill(apps, schema_editor):
    """Name the office of each row written in place of its unit.

    Who never moved still has the office of that day, under a later name perhaps. Of those who moved
    the audit trail knows it.
    """
    users = dict(apps.get_model("accounts", "User").objects.values_list("pk", "unit"))
    events = apps.get_model("accounts", "SecurityEvent").objects.filter(kind="transferred")
    moved = set(events.values_list("user", flat=True)) - {None}
    arrows = apps.get_model("units", "UnitSuccession").objects
    same = set(arrows.filter(predecessor__code=F("successor__code")).values_list("successor", "predecessor"))
    names = _Names(apps.get_model("units", "AdministrativeUnit"))
    for kind in KINDS:
        rows = apps.get_model("records", kind).objects.exclude(created_by=None).order_by()
        for user, unit in rows.values_list("created_by", "unit").distinct():
            if users.get(user) != unit and (users.get(user), unit) not in same:
                theirs = rows.filter(created_by=user, unit=unit)
                theirs.update(stand_in=names[users.get(user)] or "Quản trị viên")
        _correct(apps, rows.filter(created_by__in=moved), names)


def _correct(apps, rows, names):
    """Take the office of the rows of people who moved from the entry of their creation."""
    entries = apps.get_model("accounts", "AuditEntry")
    kinds = apps.get_model("contenttypes", "ContentType")
    kind = kinds.objects.filter(app_label="records", model=rows.model._meta.model_name).first()
    if kind is None:
        return
    units = dict(rows.values_list("pk", "unit"))
    keys = list(units)
    for start in range(0, len(keys), BATCH):
        chunk = keys[start : start + BATCH]
        created = entries.objects.filter(content_type=kind, action=CREATED, object_id__in=chunk)
        for pk, office in created.exclude(actor=None).values_list("object_id", "actor_unit"):
            own = office == names[units[pk]]
            rows.filter(pk=pk).update(stand_in="" if own else office or "Quản trị viên")


class _Names(dict):
    """Unit id → name of the place as the trail writes it; "" for none."""

    def __init__(self, units):
        self.units = units.objects.select_related("parent")

    def __missing__(self, pk):
        unit = self.units.filter(pk=pk).first()
        name = f"{unit.get_kind_display()} {unit.name}" if unit else ""
        if unit and unit.level == "commune" and unit.parent:
            name += f", {unit.parent.get_kind_display().lower()} {unit.parent.name}"
        self[pk] = name[:150]
        return self[pk]


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0001_event_records'),
        ('accounts', '0002_security'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='citizenreception',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='democracyconference',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='dialogueconference',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='emergingissue',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='friendlygovassessment',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='oversight',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='skilledmobilisationmodel',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='studyconference',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.AddField(
            model_name='trainingcourse',
            name='stand_in',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=150, verbose_name='nhập thay bởi'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
