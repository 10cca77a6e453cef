"""The same unit in time: asked of the successions, never of a code or a path."""

import datetime

from django.test import TestCase

from danvan.accounts.models import User
from danvan.accounts.scope import own_units, units_editable_by
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit, Level, UnitSuccession

DAY = datetime.date.fromisoformat
OLD, HALF, NEW = DAY("2024-06-01"), DAY("2025-03-01"), DAY("2025-08-01")


class HaNamCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        load_units(DEFAULT_FILE)

    def unit(self, code, day=OLD):
        """Return the unit in force on `day`."""
        return AdministrativeUnit.objects.on(day).get(code=code)


class SameUnitTest(HaNamCase):
    def test_a_new_name_or_kind_is_the_same_unit(self):
        for code in (
            "13384",
            "350",
            "13429",
        ):  # Quế, Kim Bảng, Ba Sao: thị trấn, huyện → phường, thị xã
            old, new = self.unit(code), self.unit(code, HALF)
            self.assertNotEqual(old, new)
            self.assertTrue(old.same_unit_as(new) and new.same_unit_as(old))
            self.assertEqual(old.versions(), [old, new])
            self.assertEqual((old.version_on(HALF), new.version_on(OLD)), (new, old))

    def test_what_a_unit_covered_is_told_of_a_row_as_by_the_database(self):
        everything = list(AdministrativeUnit.objects.all())
        for unit in (
            self.unit("35"),
            self.unit("350"),
            self.unit("13384", NEW),
            self.unit("37", NEW),
        ):
            area = unit.with_predecessors()
            covered = set(AdministrativeUnit.objects.covered_by(area))
            self.assertEqual(covered, {one for one in everything if one.is_covered_by(area)})

    def test_a_merged_unit_is_not_whose_code_it_took(self):
        minh_khai, chau_cau = self.unit("13294"), self.unit("13294", HALF)
        self.assertFalse(minh_khai.same_unit_as(chau_cau))
        self.assertFalse(chau_cau.same_unit_as(minh_khai))
        self.assertIsNone(minh_khai.version_on(HALF))
        self.assertEqual(chau_cau.versions(), [chau_cau])

    def test_split_and_recoded_units_are_not_the_same(self):
        tien_ngoai, tien_son = self.unit("13363", HALF), self.unit("13363", NEW)
        self.assertFalse(tien_ngoai.same_unit_as(tien_son))
        self.assertFalse(self.unit("35").same_unit_as(self.unit("37", NEW)))

    def test_every_code_that_went_on_after_a_merger_or_split(self):
        """Checked against the file: one predecessor and one successor, or another unit."""
        firsts = UnitSuccession.objects.first_versions()
        arrows = list(UnitSuccession.objects.select_related("predecessor", "successor"))
        went = [arrow.predecessor_id for arrow in arrows]
        came = [arrow.successor_id for arrow in arrows]
        for arrow in arrows:
            old, new = arrow.predecessor, arrow.successor
            alone = went.count(old.pk) == came.count(new.pk) == 1
            same = alone and old.code == new.code
            self.assertEqual(old.same_unit_as(new), same, f"{old.code} {old} → {new}")
            self.assertEqual(firsts.get(new.pk) == firsts.get(old.pk, old.pk), same)
        names = AdministrativeUnit.objects.filter(pk__in=firsts).values_list("name", flat=True)
        self.assertEqual(
            set(names),
            {"Quế", "Kim Bảng", "Đại Cương", "Lê Hồ", "Tượng Lĩnh", "Đồng Hóa", "Tân Sơn",
             "Ngọc Sơn", "Ba Sao", "Thi Sơn"},
        )  # fmt: skip

    def test_a_unit_that_moves_below_another_stays_the_same(self):
        old = self.unit("13336")
        new = AdministrativeUnit.objects.create(
            code="13336", kind="phuong", name="Duy Minh", level=Level.COMMUNE,
            parent=self.unit("37", NEW), valid_from=DAY("2031-01-01"),
        )  # fmt: skip
        UnitSuccession.objects.filter(predecessor=old).delete()
        UnitSuccession.objects.create(predecessor=old, successor=new, date=new.valid_from)
        self.assertTrue(old.same_unit_as(new))

    def test_set_based_questions_cost_the_same_for_all(self):
        units = AdministrativeUnit.objects.on(OLD)
        with self.assertNumQueries(1):
            above = dict(units.with_parents_on(OLD))
        self.assertEqual(above[self.unit("13369")], self.unit("349"))
        self.assertIsNone(above[self.unit("35")])
        days = {unit.pk: HALF for unit in AdministrativeUnit.objects.on(HALF)}
        with self.assertNumQueries(1):
            chains = AdministrativeUnit.objects.filter(pk__in=list(days)).chains_on(days)
        uy = self.unit("13387", HALF)
        self.assertEqual(chains[uy.pk], [self.unit("35"), self.unit("350", HALF), uy])


class AncestorTest(HaNamCase):
    def test_the_unit_over_it_on_a_day(self):
        tien_son = self.unit("13369")
        self.assertEqual(tien_son.ancestor_on(Level.DISTRICT, OLD), self.unit("349"))
        self.assertEqual(tien_son.ancestor_on(Level.PROVINCE, OLD), self.unit("35"))
        uy = self.unit("13387")
        self.assertEqual(uy.ancestor_on(Level.DISTRICT, HALF), self.unit("350", HALF))
        que = self.unit("13384")
        self.assertEqual(que.ancestor_on(Level.COMMUNE, HALF), self.unit("13384", HALF))

    def test_after_its_end_the_units_over_what_it_became(self):
        tien_son = self.unit("13369")
        self.assertEqual(tien_son.ancestor_on(Level.PROVINCE, NEW), self.unit("37", NEW))
        self.assertIsNone(tien_son.ancestor_on(Level.DISTRICT, NEW))
        self.assertIsNone(tien_son.ancestor_on(Level.COMMUNE, NEW))
        split = self.unit("13363")
        self.assertEqual(split.ancestor_on(Level.PROVINCE, NEW), self.unit("37", NEW))
        # a district ended without heir: the province over it became Ninh Bình
        self.assertEqual(self.unit("349").ancestor_on(Level.PROVINCE, NEW), self.unit("37", NEW))

    def test_before_its_start_the_units_over_what_it_came_from(self):
        chau_cau = self.unit("13294", HALF)
        self.assertEqual(chau_cau.ancestor_on(Level.DISTRICT, OLD), self.unit("347"))
        tien_son = self.unit("13363", NEW)
        self.assertEqual(tien_son.ancestor_on(Level.PROVINCE, OLD), self.unit("35"))

    def test_an_area_in_two_districts_lies_in_none(self):
        split = self.unit(
            "13285"
        )  # Quang Trung, of 2024, divided between two districts of another law
        for code, parent in (("1", "347"), ("2", "349")):
            part = AdministrativeUnit.objects.create(
                code=code, kind="xa", name=code, level=Level.COMMUNE, parent=self.unit(parent),
                valid_from=HALF,
            )  # fmt: skip
            UnitSuccession.objects.create(predecessor=split, successor=part, date=HALF)
        AdministrativeUnit.objects.filter(pk=split.pk).update(valid_to=HALF)
        split.refresh_from_db()
        self.assertIsNone(split.ancestor_on(Level.DISTRICT, HALF))
        self.assertEqual(split.ancestor_on(Level.PROVINCE, HALF), self.unit("35"))


class OwnUnitTest(HaNamCase):
    """A person moved along with the new name still has what the unit did under the old one."""

    def test_a_renamed_commune_writes_under_both_names_a_merged_one_does_not(self):
        que = User(username="que", unit=self.unit("13384", HALF), role="clerk")
        both = {self.unit("13384"), self.unit("13384", HALF)}
        self.assertEqual(set(own_units(que)), both)
        self.assertEqual(set(units_editable_by(que)), both)
        merged = User(username="cc", unit=self.unit("13294", HALF), role="clerk")
        self.assertEqual(set(units_editable_by(merged)), {self.unit("13294", HALF)})
