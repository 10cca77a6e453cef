"""The country's register: whole, or one province of today with all that became it."""

import datetime

import pytest
from django.core.management import CommandError, call_command

from danvan.accounts.models import AuditEntry
from danvan.units.kinds import AREA_LEVELS, Level
from danvan.units.loader import DEFAULT_FILE, read_lines
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.register import REGISTER

DATE = datetime.date.fromisoformat


def counts(day):
    units = AdministrativeUnit.objects.on(DATE(day))
    return [units.filter(level=level).count() for level in AREA_LEVELS]


@pytest.mark.django_db
def test_ninh_binh_with_all_that_became_it():
    call_command("load_units", province="37")
    assert counts("2022-12-31") == [3, 24, 478]  # Hà Nam, Nam Định and the old Ninh Bình
    assert counts("2025-07-01") == counts("2026-11-28") == [1, 0, 129]
    today = AdministrativeUnit.objects.on(DATE("2026-11-28"))
    assert set(today.filter(level="commune").values_list("parent__code", flat=True)) == {"37"}
    # Every commune that ended leads on, and all arrows stay inside what was loaded.
    ended = AdministrativeUnit.objects.filter(level="commune", valid_to__isnull=False)
    assert ended.filter(successions=None).count() == 0
    assert UnitSuccession.objects.count() > ended.count()
    assert AuditEntry.objects.filter(source="command").count() >= AdministrativeUnit.objects.count()


@pytest.mark.django_db
def test_loading_a_province_over_ha_nam_changes_one_source_and_doubles_nothing():
    call_command("load_units")
    before = set(AdministrativeUnit.objects.values_list("code", "valid_from"))
    call_command("load_units", province="37")
    assert before <= set(AdministrativeUnit.objects.values_list("code", "valid_from"))
    assert counts("2025-01-01")[2] == 98 + 300
    call_command("load_units", province="37")
    assert AdministrativeUnit.objects.count() == 700


@pytest.mark.parametrize("code", ["35", "999", "350"])  # ended, unknown, a district
@pytest.mark.django_db
def test_no_province_of_today(code):
    with pytest.raises(CommandError, match="Tệp không có tỉnh"):
        call_command("load_units", province=code)
    assert not AdministrativeUnit.objects.exists()


def test_the_register_holds_the_units_of_ha_nam_word_for_word():
    def told(path):
        return {
            row.key: (str(row.unit), row.unit.valid_to, row.successors) for row in read_lines(path)
        }

    register, ours = told(REGISTER), told(DEFAULT_FILE)
    assert len(register) == 15_403
    assert {key: register.get(key) for key in ours} == ours
    states = {"2022-12-31": 10_599, "2024-12-31": 10_322, "2025-06-30": 10_035, "2025-07-01": 3_321}
    rows = [row.unit for row in read_lines(REGISTER) if row.unit.level == Level.COMMUNE]
    assert {day: sum(unit.in_force(DATE(day)) for unit in rows) for day in states} == states
