"""The page of a unit: its names, what it came from, what it became, and how sure that is."""

import datetime

from django.test import TestCase
from django.urls import reverse

from danvan.units.models import AdministrativeUnit
from tests.cast import build_cast

OLD, NEW = datetime.date(2024, 6, 1), datetime.date(2025, 8, 1)


class UnitLifeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def page(self, name: str, code: str, day: datetime.date):
        self.client.force_login(self.cast[name])
        unit = AdministrativeUnit.objects.find(code, day)
        return self.client.get(reverse("accounts:unit_life", args=[unit.pk]))

    def test_a_split_commune_tells_both_heirs(self):
        page = self.page("tinh", "13354", OLD)
        self.assertContains(page, "Phường Tiên Sơn")
        life = page.context["life"]
        self.assertEqual([change.unit.code for change in life.became], ["13363", "13366"])
        self.assertTrue(life.is_split)
        self.assertContains(page, "được chia cho nhiều đơn vị mới")
        self.assertContains(page, "Nghị quyết 1674")

    def test_a_code_used_again_is_another_unit(self):
        """Châu Cầu took the code of Minh Khai, and is no version of it."""
        page = self.page("tinh", "13294", datetime.date(2025, 2, 1))
        life = page.context["life"]
        self.assertEqual([unit.name for unit in life.versions], ["Châu Cầu"])
        self.assertEqual(
            {change.unit.name for change in life.came_from},
            {"Minh Khai", "Lương Khánh Thiện", "Hai Bà Trưng", "Trần Hưng Đạo"},
        )

    def test_a_renamed_district_is_one_unit(self):
        page = self.page("tinh", "350", OLD)
        self.assertContains(page, "Huyện Kim Bảng")
        self.assertContains(page, "Thị xã Kim Bảng")
        self.assertEqual(len(page.context["life"].versions), 2)

    def test_what_is_only_inferred_says_so(self):
        page = self.page("tinh", "13312", OLD)
        self.assertContains(page, "suy luận, cần đối chiếu với nghị quyết")

    def test_a_unit_beyond_the_own_area_is_named_but_no_link(self):
        page = self.page("xa-13369", "13369", OLD)
        heir = page.context["life"].became[0].unit
        self.assertContains(page, heir.full_name)
        self.assertNotContains(page, reverse("accounts:unit_life", args=[heir.pk]))
