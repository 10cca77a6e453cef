"""Demonstration accounts: one for each unit, a viewer and a superuser, all with one password."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.hashers import make_password

from danvan.accounts.models import Role, User
from danvan.units.models import AdministrativeUnit, Level
from reports.demo.people import full_name

_PREFIX: dict[str, str] = {Level.DISTRICT: "huyen", Level.COMMUNE: "xa", Level.BODY: "khoi"}


def username_of(unit: AdministrativeUnit) -> str:
    """Return the account name of a unit: "tinh", "huyen-350", "xa-13369", "khoi-k3701"."""
    return f"{_PREFIX[unit.level]}-{unit.code.lower()}" if unit.level in _PREFIX else "tinh"


def make_accounts(units: Iterable[AdministrativeUnit]) -> tuple[dict[int, User], int]:
    """Create the accounts that are missing; return those of the units by unit id, and how many.

    An existing account is left as it is, password included.
    """
    units = list(units)
    known = {user.username: user for user in User.objects.all()}
    province = next(unit for unit in units if unit.level == Level.PROVINCE)
    wanted = [_account(unit) for unit in units]
    wanted.append(User(username="lanhdao", unit=province, role=Role.VIEWER))
    wanted.append(User(username="quantri", role=Role.OFFICER, is_superuser=True, is_staff=True))
    new = [user for user in wanted if user.username not in known]
    # One hash for all: Argon2 takes a tenth of a second each, and the password of these accounts is
    # printed on the screen. Real accounts get their own salt as usual.
    password = make_password(settings.DEMO_PASSWORD) if new else ""
    for user in new:
        user.full_name, user.password = full_name(user.username), password
    created = User.objects.bulk_create(new)
    known.update({user.username: user for user in created})
    return {unit.pk: known[username_of(unit)] for unit in units}, len(created)


def _account(unit: AdministrativeUnit) -> User:
    role = Role.CLERK if unit.level in (Level.COMMUNE, Level.BODY) else Role.OFFICER
    return User(username=username_of(unit), unit=unit, role=role)
