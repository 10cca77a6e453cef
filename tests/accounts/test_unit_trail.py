"""Units loaded by command are in the audit trail: one entry for each row created or changed."""

import csv

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import TestCase

from danvan.accounts.models import AuditEntry
from danvan.units.loader import CSV_COLUMNS
from danvan.units.models import AdministrativeUnit, UnitSuccession

ROWS = [
    ["1", "Tỉnh A", "province", "", "2004-01-01", "", "", "Nghị quyết 1"],
    ["2", "Huyện B", "district", "1", "2004-01-01", "2020-01-01", "3", ""],
    ["3", "Huyện C", "district", "1", "2020-01-01", "", "", ""],
]


@pytest.fixture
def load(tmp_path, db):
    def run(rows):
        with (tmp_path / "units.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([CSV_COLUMNS, *rows])
        call_command("load_units", str(tmp_path / "units.csv"), verbosity=0)

    return run


def entries(model, action):
    return AuditEntry.objects.filter(content_type__model=model._meta.model_name, action=action)


def test_created_changed_and_left_alone(load, capsys):
    load(ROWS)
    assert entries(AdministrativeUnit, 0).count() == 3
    assert entries(UnitSuccession, 0).count() == 1
    entry = entries(AdministrativeUnit, 0).get(object_repr__contains="C")
    assert (entry.source, entry.actor, entry.unit.code) == ("command", None, "1")
    assert entry.changes["name"] == [None, "C"]
    load([[*ROWS[0][:-1], "Nghị quyết 2"], *ROWS[1:]])
    assert entries(AdministrativeUnit, 1).get().changes == {
        "source": ["Nghị quyết 1", "Nghị quyết 2"]
    }
    load([[*ROWS[0][:-1], "Nghị quyết 2"], *ROWS[1:]])
    assert AuditEntry.objects.count() == 5


def test_a_refused_file_leaves_no_entry(load):
    with pytest.raises(CommandError):
        load([ROWS[0], ["2", "Huyện B", "district", "9", "2004-01-01", "", "", ""]])
    assert not AuditEntry.objects.exists()


class TestHaNam(TestCase):
    def test_as_many_entries_as_rows(self):
        call_command("load_units", verbosity=0)
        self.assertEqual(entries(AdministrativeUnit, 0).count(), AdministrativeUnit.objects.count())
        self.assertEqual(entries(UnitSuccession, 0).count(), UnitSuccession.objects.count())
