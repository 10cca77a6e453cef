"""Who may do what: one table of standing × action, which every check asks."""

from enum import StrEnum
from typing import Protocol

from danvan.units.models import AdministrativeUnit, Level


class Standing(StrEnum):
    """The rows of the table: the role of a user, for officers also the level of the unit."""

    NOBODY = "nobody"
    VIEWER = "viewer"
    CLERK = "clerk"
    OFFICER = "officer"
    DISTRICT_OFFICER = "district_officer"
    PROVINCE_OFFICER = "province_officer"
    SUPERUSER = "superuser"


class Action(StrEnum):
    """The columns of the table. Other names raise ValueError."""

    VIEW = "view"  # read pages and figures of the own subtree, export them
    ENTER_RECORD = "enter_record"
    ENTER_REPORT = "enter_report"  # type figures, save drafts, submit
    IMPORT = "import"
    REVIEW = "review"  # return, approve, reopen reports of units below
    EXTEND_DEADLINE = "extend_deadline"
    MANAGE_PERIOD = "manage_period"  # open, close, reopen a reporting year
    MANAGE_CATALOGUE = "manage_catalogue"
    MANAGE_BODIES = "manage_bodies"  # create and end bodies that report below a unit
    CHANGE_UNITS = "change_units"  # enter, apply and undo mergers, splits and new names of units
    EDIT_LETTERHEAD = "edit_letterhead"  # of the own office and those below
    ISSUE = "issue"  # send out a consolidation in the office's name: frozen, numbered, signed
    CHOOSE_HEADLINES = "choose_headlines"  # which figures the picture of the own area begins with
    VIEW_AUDIT = "view_audit"
    MANAGE_SITE = "manage_site"  # accounts, units: Django's admin


_READ = frozenset({Action.VIEW})
_ENTER = _READ | {
    Action.ENTER_RECORD, Action.ENTER_REPORT, Action.IMPORT, Action.EDIT_LETTERHEAD,
}  # fmt: skip
_OFFICER = _ENTER | {Action.ISSUE}
_BOARD = _OFFICER | {
    *(Action.REVIEW, Action.EXTEND_DEADLINE, Action.CHOOSE_HEADLINES, Action.VIEW_AUDIT)
}
_PROVINCE = _BOARD | {
    *(Action.MANAGE_PERIOD, Action.MANAGE_CATALOGUE, Action.MANAGE_BODIES, Action.CHANGE_UNITS)
}

RIGHTS: dict[Standing, frozenset[Action]] = {
    Standing.NOBODY: frozenset(),
    Standing.VIEWER: _READ,
    Standing.CLERK: _ENTER,
    Standing.OFFICER: _OFFICER,  # an officer of a commune has no unit below to review
    Standing.DISTRICT_OFFICER: _BOARD,
    Standing.PROVINCE_OFFICER: _PROVINCE,
    Standing.SUPERUSER: frozenset(Action),
}


NOT_ALLOWED = "Anh/chị không có quyền thực hiện việc này."
NO_UNIT = "Tài khoản của anh/chị chưa được gắn với đơn vị nào."


class Person(Protocol):
    """What the table and the scope ask of a user; models.User is one."""

    is_active: bool
    is_superuser: bool
    role: str

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def has_left(self) -> bool: ...

    @property
    def unit(self) -> AdministrativeUnit | None: ...


def standing(user: Person) -> Standing:
    """Return what `user` (a User or AnonymousUser) is in the table."""
    if not user.is_authenticated or not user.is_active:
        return Standing.NOBODY
    if user.is_superuser:
        return Standing.SUPERUSER
    if user.unit is None:
        return Standing.NOBODY
    if user.has_left:
        return Standing.VIEWER
    if user.role != "officer":
        return Standing(user.role)
    return {
        Level.PROVINCE: Standing.PROVINCE_OFFICER,
        Level.DISTRICT: Standing.DISTRICT_OFFICER,
        Level.COMMUNE: Standing.OFFICER,
        Level.BODY: Standing.OFFICER,
    }[Level(user.unit.level)]


def can(user: Person, action: Action) -> bool:
    """Return whether the table gives `user` the right to `action`; raises ValueError for an unknown action.

    It says nothing about rows: fetch them through scope.py first, so that outside the own area is 404 and
    inside without the right is 403.
    """
    return Action(action) in RIGHTS[standing(user)]
