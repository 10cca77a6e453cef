import datetime

import pytest
from django.test import TestCase

from danvan.accounts.models import User
from danvan.accounts.rights import RIGHTS, Action, Standing, standing
from danvan.accounts.scope import units_editable_by, units_visible_to
from danvan.units.models import AdministrativeUnit
from tests.cast import build_cast


class ScopeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def codes(self, units, day="2024-06-01"):
        date = datetime.date.fromisoformat(day)
        return set(units.on(date).values_list("code", flat=True))

    def test_a_commune_sees_and_edits_itself_only(self):
        clerk = self.cast["xa-13369"]
        assert self.codes(units_visible_to(clerk)) == {"13369"}
        assert self.codes(units_editable_by(clerk)) == {"13369"}

    def test_a_district_sees_its_communes_at_any_time(self):
        officer = self.cast["huyen-350"]
        seen = units_visible_to(officer)
        assert len(self.codes(seen)) == 19
        # Rows that began after its own time ended on 1/1/2025 are not its business.
        assert not seen.filter(valid_from__gte="2025-01-01").exists()

    def test_a_successor_reads_its_predecessors(self):
        unit = AdministrativeUnit.objects.find("13363")  # phường Tiên Sơn, 2025
        user = User(username="moi", unit=unit, role="clerk")
        assert self.codes(units_visible_to(user)) == {"13369", "13363", "13354"}
        assert units_editable_by(user).get() == unit

    def test_the_merged_province_reads_all_but_never_its_neighbours_district(self):
        new = User(username="moi", unit=AdministrativeUnit.objects.find("37"), role="officer")
        assert len(self.codes(units_visible_to(new))) == 116

    def test_a_board_enters_for_units_below_a_clerk_of_it_does_not(self):
        assert len(self.codes(units_editable_by(self.cast["huyen-349"]))) == 17
        assert self.codes(units_editable_by(self.cast["nhap-349"])) == {"349"}

    def test_a_viewer_edits_nothing(self):
        assert not units_editable_by(self.cast["lanhdao"]).exists()

    def test_a_deactivated_account_sees_nothing(self):
        clerk = self.cast["xa-13369"]
        clerk.is_active = False
        assert not units_visible_to(clerk).exists()
        assert not units_editable_by(clerk).exists()

    def test_scope_follows_a_transfer_at_once(self):
        clerk = self.cast["xa-13369"]
        assert self.codes(units_visible_to(clerk)) == {"13369"}
        clerk.unit = self.cast["xa-13363"].unit
        assert self.codes(units_visible_to(clerk)) == {"13363"}

    def test_users_are_scoped_like_rows(self):
        names = set(
            User.objects.visible_to(self.cast["huyen-349"]).values_list("username", flat=True)
        )
        assert "xa-13369" in names
        assert not names & {"xa-13384", "tinh", "quantri"}

    def test_standing(self):
        expected = {
            "tinh": Standing.PROVINCE_OFFICER,
            "huyen-349": Standing.DISTRICT_OFFICER,
            "canbo-13369": Standing.OFFICER,
            "xa-13369": Standing.CLERK,
            "lanhdao": Standing.VIEWER,
            "quantri": Standing.SUPERUSER,
        }
        assert {name: standing(self.cast[name]) for name in expected} == expected


def test_the_table_names_every_standing_and_grows_upwards():
    assert set(RIGHTS) == set(Standing)
    order = [Standing.VIEWER, Standing.CLERK, Standing.DISTRICT_OFFICER, Standing.PROVINCE_OFFICER]
    for lower, higher in zip(order, order[1:], strict=False):
        assert RIGHTS[lower] < RIGHTS[higher]
    assert RIGHTS[Standing.SUPERUSER] == set(Action)


def test_an_unknown_action_cannot_be_asked():
    with pytest.raises(ValueError, match="fly"):
        User(username="a").can("fly")
