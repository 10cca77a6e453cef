"""Choosing a unit on a host of the whole country: in two steps, and a link to any unit is still taken."""

import re
from unittest import mock

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from danvan.units import forms
from danvan.units.models import AdministrativeUnit
from records.kinds import BY_SLUG
from reports.consolidation import filters
from tests.accounts.test_admin import LIST as ACCOUNTS
from tests.accounts.test_admin import AdminCase
from tests.budget import queries_of
from tests.cast import build_cast, build_world

LIST = f"/ho-so/{BY_SLUG['dialogue-conference'].path}/"
PAGES = {LIST: "pk", "/bao-cao/tong-hop/": "code"}


class OfferedTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        build_world(cls.cast)
        cls.place = {u.code: u for u in AdministrativeUnit.objects.on("2024-06-01")}

    def setUp(self):
        self.client.force_login(self.cast["quantri"])
        for module in (forms, filters):
            patched = mock.patch.object(module, "MOST_OFFERED", 50)
            patched.start()
            self.addCleanup(patched.stop)

    def offered(self, url, key, code="") -> tuple[list[str], str]:
        """Return the values offered and the chosen one, on the page that asks for the unit of a code."""
        asked = {"unit": getattr(self.place[code], key)} if code else {}
        page = self.client.get(url, asked)
        self.assertEqual(page.status_code, 200)
        (drop_down,) = re.findall(
            r'<select name="unit".*?</select>', page.content.decode(), re.DOTALL
        )
        options = re.findall(r'<option value="([^"]+)"( selected)?', drop_down)
        return [value for value, _ in options], next((v for v, chosen in options if chosen), "")

    def test_first_the_province_then_its_districts_then_their_communes(self):
        for url, key in PAGES.items():
            with self.subTest(url):
                province, district, commune, other = (
                    str(getattr(self.place[code], key)) for code in ("35", "349", "13369", "13384")
                )
                first, _ = self.offered(url, key)
                self.assertIn(province, first)
                self.assertNotIn(commune, first)
                second, chosen = self.offered(url, key, "35")
                self.assertEqual(chosen, province)
                self.assertIn(district, second)
                self.assertNotIn(commune, second)
                third, chosen = self.offered(url, key, "349")
                self.assertEqual(chosen, district)
                self.assertIn(commune, third)
                self.assertNotIn(other, third)
                last, chosen = self.offered(url, key, "13369")
                self.assertEqual(chosen, commune)
                self.assertLess(len(last), 50)

    def test_few_units_are_offered_whole_at_no_more_queries(self):
        narrow = len(queries_of(self.client, LIST))
        with mock.patch.object(forms, "MOST_OFFERED", 700):
            whole, _ = self.offered(LIST, "pk")
            self.assertLess(len(queries_of(self.client, LIST)), narrow)
        self.assertEqual(len(whole), AdministrativeUnit.objects.count())


class TypedUnitTest(AdminCase):
    def test_a_name_left_as_it_stood_is_no_change(self):
        unit = AdministrativeUnit.objects.on(timezone.localdate()).first()
        field = forms.UnitChoice("Đơn vị")
        for typed, changed in ((unit.code, False), ("không có", True), ("", True)):
            with self.subTest(typed):
                self.assertEqual(field.has_changed(unit.pk, forms.TypedUnit(typed)), changed)
        self.assertFalse(field.has_changed(None, forms.TypedUnit("")))

    """The admin lists the units, or takes what is typed where they are too many."""

    def test_of_too_many_units_a_code_or_a_name_is_typed(self):
        listed = self.client.get(f"{ACCOUNTS}add/")
        self.assertContains(listed, '<select name="unit"')
        with mock.patch("danvan.units.forms.MOST_OFFERED", 3):
            page = self.client.get(f"{ACCOUNTS}add/")
            self.assertContains(page, 'name="unit-go"')
            self.assertNotContains(page, "Tiên Sơn")
            tries = {"13369": "", "Xã Tiên Sơn, thị xã Duy Tiên (13369)": "", "tien son": ""}
            tries |= {
                "nghiêng": "Không có đơn vị “nghiêng”",
                "sơn": "Có nhiều đơn vị khớp",
                "": "phải thuộc",
            }
            for number, (typed, told) in enumerate(tries.items()):
                with self.subTest(typed):
                    posted = {"full_name": "Hoa", "role": "clerk", "username": f"thu-{number}"}
                    answer = self.client.post(f"{ACCOUNTS}add/", {**posted, "unit-go": typed})
                    made = User.objects.filter(username=f"thu-{number}").first()
                    if told:
                        self.assertContains(answer, told)
                        self.assertContains(answer, typed)
                        self.assertIsNone(made)
                    else:
                        self.assertEqual(answer.status_code, 302)
                        self.assertEqual(made.unit, self.cast["xa"])
            units = reverse("admin:units_administrativeunit_add")
            for url in (units, reverse("admin:units_unitsuccession_add")):
                self.assertNotContains(self.client.get(url), "Tiên Sơn")
            self.assertContains(self.step(self.an, "chuyen", on="x"), 'name="unit-go"')
