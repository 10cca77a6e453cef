"""A day refused because the unit has ended names what the unit became."""

import datetime

from django.core.exceptions import ValidationError
from django.test import TestCase

from danvan.units.models import AdministrativeUnit
from tests.cast import build_cast
from tests.records.data import build, typed
from tests.records.test_pages import PageCase

DAY = datetime.date(2025, 7, 2)


class EndedUnitTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def told(self, code, day=DAY, unit_day=datetime.date(2024, 6, 1)):
        unit = AdministrativeUnit.objects.find(code, unit_day)
        with self.assertRaises(ValidationError) as caught:
            build("dialogue-conference", unit, start_date=day).full_clean()
        return caught.exception.message_dict["start_date"][0]

    def test_merged_split_renamed_and_not_there_yet(self):
        self.assertIn("Từ ngày 01/07/2025 đơn vị này nhập về phường Tiên Sơn", self.told("13369"))
        split = datetime.date(2025, 2, 1)
        self.assertIn(
            "chia về phường Tiên Sơn và phường Hà Nam", self.told("13354", unit_day=split)
        )
        self.assertIn(
            "Từ ngày 01/01/2025 đơn vị này là phường Quế",
            self.told("13384", datetime.date(2025, 3, 1)),
        )
        self.assertIn(
            "Đơn vị này bắt đầu từ ngày 01/07/2025",
            self.told("13366", datetime.date(2025, 6, 1), unit_day=DAY),
        )

    def test_many_rows_of_one_unit_ask_once(self):
        unit = AdministrativeUnit.objects.find("13369", datetime.date(2024, 6, 1))
        unit.absence_on(DAY)
        with self.assertNumQueries(0):
            self.assertIn("phường Tiên Sơn", unit.absence_on(DAY + datetime.timedelta(days=3)))


class EndedUnitPageTest(PageCase):
    kind = "dialogue-conference"

    def test_the_form_says_it(self):
        self.log_in("xa-13369")
        page = self.client.post(
            self.url("create"), typed("dialogue-conference", self.unit, start_date="02/07/2025")
        )
        self.assertContains(page, "nhập về phường Tiên Sơn", status_code=422)
