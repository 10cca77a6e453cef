"""“Nhập thay” is stored when it happens: it does not follow the unit the account has later."""

import datetime
from importlib import import_module

from django.apps import apps

from danvan.accounts.models import User
from danvan.accounts.models.trail import stand_ins
from danvan.accounts.services import transfer
from danvan.units.models import AdministrativeUnit
from records.models import DialogueConference
from tests.records.data import make, typed
from tests.records.test_pages import PageCase

OFFICE = "Thị xã Duy Tiên"


class StandInTests(PageCase):
    def write_as(self, name):
        self.log_in(name)
        self.client.post(self.url("create"), typed("dialogue-conference", self.unit))
        return DialogueConference.objects.get()

    def move(self, name, to):
        person = User.objects.get(pk=self.cast[name].pk)
        transfer(person, self.cast[to].unit, on=datetime.date.today(), by=self.cast["quantri"])

    def pages_of(self, record):
        self.log_in("tinh")
        return [self.client.get(url) for url in (record.get_absolute_url(), self.url("list"))]

    def test_the_clerks_own_record_stays_so_after_a_move(self):
        record = self.write_as("xa-13369")
        self.move("xa-13369", "xa-13363")
        for page in self.pages_of(record):
            self.assertNotContains(page, "nhập thay")

    def test_the_boards_entry_stays_the_boards_after_a_move(self):
        record = self.write_as("huyen-349")
        self.assertEqual(record.stand_in, OFFICE)
        self.move("huyen-349", "xa-13369")  # to the very unit it wrote for
        page, listed = self.pages_of(record)
        self.assertContains(page, f"nhập thay, {OFFICE}")
        self.assertContains(listed, "nhập thay")

    def test_a_later_edit_by_another_changes_nothing_of_it(self):
        record = self.write_as("xa-13369")
        self.log_in("huyen-349")
        values = typed("dialogue-conference", self.unit, note="Đã xem", version=1)
        self.client.post(self.url("edit", "dialogue-conference", record.pk), values)
        record.refresh_from_db()
        self.assertEqual((record.note, record.stand_in), ("Đã xem", ""))

    def test_who_has_no_unit_is_named_as_well(self):
        self.assertEqual(self.write_as("quantri").stand_in, "Quản trị viên")


class MigrationTests(PageCase):
    """Rows written before: those of people who never moved by their unit, of others by the trail."""

    def test_fill(self):
        board, own = self.cast["nhap-349"], self.cast["xa-13369"]
        rows = {
            "board": make("dialogue-conference", self.unit, created_by=board),
            "own": make("dialogue-conference", self.unit, created_by=own),
        }
        self.log_in("huyen-349")
        self.client.post(self.url("create"), typed("dialogue-conference", self.unit, note="n"))
        rows["moved"] = DialogueConference.objects.get(note="n")
        person = User.objects.get(username="huyen-349")
        transfer(person, self.unit, on=datetime.date.today(), by=self.cast["quantri"])
        DialogueConference.objects.update(stand_in="")
        import_module("records.migrations.0002_stand_in").fill(apps, None)
        found = {}
        for name, row in rows.items():
            row.refresh_from_db()
            found[name] = row.stand_in
        self.assertEqual(found, {"board": OFFICE, "own": "", "moved": OFFICE})


class RenamedTests(PageCase):
    def test_a_unit_under_its_later_name_is_no_other(self):
        person = self.cast["xa-13384"]  # Quế, a township until the end of 2024
        later = AdministrativeUnit.objects.find("13384", on=datetime.date(2025, 1, 1))
        self.assertNotEqual(later, person.unit)
        found = stand_ins(person, [person.unit_id, later.pk, self.unit.pk])
        self.assertEqual([found[key] for key in (person.unit_id, later.pk)], ["", ""])
        self.assertTrue(found[self.unit.pk])
