"""The same people in every test: Hà Nam's real units and one account per part that is played.

    class FormTest(TestCase):
        @classmethod
        def setUpTestData(cls):
            cls.cast = build_cast()
            cls.world = build_world(cls.cast)    # where a reporting year is needed

    self.client.force_login(self.cast["xa-13369"])

xa-13369 (Tiên Sơn) and xa-13363 (Tiên Ngoại) are neighbours below thị xã Duy Tiên (huyen-349);
xa-13384 (Quế) lies below huyện Kim Bảng (huyen-350). Quế and Kim Bảng change their kind in 2025.
"""

import datetime
from dataclasses import dataclass

from danvan.accounts.models import Role, User
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit

YEAR = 2024
DATE = datetime.date(YEAR, 12, 14)
PASSWORD = "Danvan@2024"

PEOPLE = {
    "tinh": ("35", Role.OFFICER, "Lê Thị Chi"),
    "lanhdao": ("35", Role.VIEWER, "Trần Văn Dũng"),
    "huyen-349": ("349", Role.OFFICER, "Phạm Văn Bình"),
    "huyen-350": ("350", Role.OFFICER, "Đỗ Thị Hoa"),
    "xem-349": ("349", Role.VIEWER, "Vũ Văn Lâm"),
    "nhap-349": ("349", Role.CLERK, "Bùi Thị Mai"),
    "xa-13369": ("13369", Role.CLERK, "Nguyễn Thị An"),
    "xa-13363": ("13363", Role.CLERK, "Ngô Văn Em"),
    "xa-13384": ("13384", Role.CLERK, "Đặng Thị Giang"),
    "canbo-13369": ("13369", Role.OFFICER, "Hoàng Văn Hải"),
}


def build_cast() -> dict[str, User]:
    """Load Hà Nam's units and make the people; return them by account name.

    All have the password PASSWORD. Bulk: a few queries whatever the number of people.
    """
    load_units(DEFAULT_FILE)
    units = {unit.code: unit for unit in AdministrativeUnit.objects.on(DATE)}
    template = User()
    template.set_password(PASSWORD)
    people = [
        User(username=name, unit=units[code], role=role, full_name=full_name, welcomed=True)
        for name, (code, role, full_name) in PEOPLE.items()
    ]
    quantri = {"full_name": "Quản trị", "is_superuser": True, "is_staff": True, "welcomed": True}
    people.append(User(username="quantri", **quantri))
    for person in people:
        person.password = template.password
    User.objects.bulk_create(people)
    return {person.username: person for person in people}


@dataclass
class World:
    """A reporting year in which everybody has a report, and the rows the matrix asks for.

    The rows belong to Tiên Sơn (13369), seen by xa-13369 as its own.
    """

    cast: dict[str, User]
    period: object
    report: object


def build_world(cast: dict[str, User], **overrides) -> World:
    """Open YEAR (`overrides`: fields of the period); return the world around Tiên Sơn's report."""
    from reports.models import Report
    from reports.workflow.periods import open_period

    period = open_period(YEAR, actor=cast["tinh"], **overrides)
    report = Report.objects.select_related("unit", "period").get(period=period, unit__code="13369")
    return World(cast=cast, period=period, report=report)
