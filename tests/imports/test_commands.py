"""The commands: same code as the pages, exit status 0 only when everything asked was done."""

from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import TestCase

from danvan.imports.models import ImportJob
from records.models import DialogueConference
from reports.models import Value
from tests.cast import build_cast, build_world
from tests.imports.tools import columns_of, sheet_of, workbook
from tests.records.data import make

SLUG = "dialogue-conference"


class CommandCase(TestCase):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path, capsys):
        self.folder, self.capsys = tmp_path, capsys

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.an = cls.cast["xa-13369"]

    def file(self, data: bytes, name="a.xlsx") -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


class ImportRecordsTest(CommandCase):
    def test_it_imports_and_says_how_many(self):
        call_command("import_records", SLUG, self.file(sheet_of(self.an, {})), user="xa-13369")
        self.assertEqual(DialogueConference.objects.count(), 1)
        self.assertIn("written: 1 new, 0 changed", self.capsys.readouterr().out)

    def test_a_dry_run_writes_nothing_and_keeps_no_file(self):
        path = self.file(sheet_of(self.an, {}))
        call_command("import_records", SLUG, path, "--dry-run", user="xa-13369")
        self.assertEqual(DialogueConference.objects.count(), 0)
        self.assertEqual(ImportJob.objects.exclude(file="").count(), 0)

    def test_errors_stop_all_of_it_and_come_back_in_a_workbook(self):
        path = self.file(sheet_of(self.an, {}, {"title": "Hai", "attendees": "1.14"}))
        back = str(self.folder / "errors.xlsx")
        with self.assertRaises(CommandError):
            call_command("import_records", SLUG, path, user="xa-13369", errors=back)
        self.assertEqual(DialogueConference.objects.count(), 0)
        marked = [c for row in openpyxl.load_workbook(back).active for c in row if c.comment]
        self.assertEqual([cell.value for cell in marked], ["1.14"])

    def test_whose_rights_count(self):
        path = self.file(sheet_of(self.an, {}))
        for user in ("lanhdao", "nobody", "xa-13363"):
            with self.subTest(user), self.assertRaises(CommandError):
                call_command("import_records", SLUG, path, user=user)
        self.assertEqual(DialogueConference.objects.count(), 0)

    def test_a_file_that_is_none(self):
        for path in (
            str(self.folder),
            str(self.folder / "no.xlsx"),
            self.file(b"x"),
            self.file(b"", "a.csv"),
        ):
            with self.subTest(path), self.assertRaises(CommandError):
                call_command("import_records", SLUG, path, user="xa-13369")


class ExportRecordsTest(CommandCase):
    def test_what_it_writes_imports_unchanged(self):
        make(SLUG, self.an.unit)
        make(SLUG, self.cast["xa-13384"].unit)
        out = str(self.folder / "out.xlsx")
        call_command("export_records", SLUG, unit="349", years="2024", output=out)
        self.assertIn("1 rows", self.capsys.readouterr().out)
        call_command("import_records", SLUG, out, user="xa-13369")
        self.assertIn("0 new, 0 changed, 1 unchanged", self.capsys.readouterr().out)

    def test_other_years_are_left_out(self):
        make(SLUG, self.an.unit)
        out = str(self.folder / "out.xlsx")
        call_command("export_records", SLUG, unit="35", years="2021-2022", output=out)
        self.assertEqual(openpyxl.load_workbook(out).active.max_row, 1)
        self.assertIn("0 rows", self.capsys.readouterr().out)

    def test_wrong_arguments(self):
        for changes in ({"unit": "99"}, {"years": "2022-2021"}, {"output": "/no/such/a.xlsx"}):
            given = {
                "unit": "35",
                "years": "2024",
                "output": str(self.folder / "o.xlsx"),
                **changes,
            }
            with self.subTest(changes), self.assertRaises(CommandError):
                call_command("export_records", SLUG, **given)


class ImportValuesTest(CommandCase):
    def test_it_loads_a_year(self):
        world = build_world(self.cast)
        columns = columns_of(self.an, "values", period=world.period.pk)
        path = self.file(workbook([{"unit": "13369", "DT01": 5, "DT02": "trên 3"}], columns))
        call_command("import_values", path, year=2024, user="xa-13369")
        self.assertEqual(Value.objects.filter(report=world.report).count(), 2)
        self.assertIn("2 figures", self.capsys.readouterr().out)
        with self.assertRaises(CommandError):
            call_command("import_values", path, year=2019, user="xa-13369")
        self.assertEqual(Path(path).stat().st_size > 0, True)
