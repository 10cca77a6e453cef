"""Days of other units that a person's unit answers for: its report counts what a merged commune did before.

Records know nothing of reports (imports run one way); the setting RECORD_ANSWERS names the function that
does. It takes a user and returns a list of UnitDays.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.module_loading import import_string

from danvan.accounts.models import User
from danvan.accounts.scope import units_editable_by, with_predecessors_of
from danvan.units.models import AdministrativeUnit


@dataclass(frozen=True)
class UnitDays:
    """The days of `unit_id` from `start` to `end`: here those that somebody else answers for."""

    unit_id: int
    start: datetime.date
    end: datetime.date

    def covers(self, unit_id: int, day: datetime.date) -> bool:
        """Tell whether a record of `unit_id` that counts on `day` is meant."""
        return self.unit_id == unit_id and self.start <= day <= self.end


def refusal(user: User, unit: AdministrativeUnit, day: datetime.date) -> str:
    """Return why `user` may not write of `unit`, which is answered for, on `day`; "" where that may be."""
    spans = [one for one in answered_by(user) if one.unit_id == unit.pk]
    if any(one.covers(unit.pk, day) for one in spans):
        return ""
    days = "; ".join(f"{one.start:%d/%m/%Y} – {one.end:%d/%m/%Y}" for one in spans)
    return f"Đơn vị anh/chị chỉ ghi được hồ sơ của {unit} trong thời gian {days}."


def answered_by(user: User) -> list[UnitDays]:
    """Return the days of other units that the user's unit answers for; read once per user object.

    A unit that nothing was merged into has none, and nothing is asked.
    """
    if not settings.RECORD_ANSWERS or len(with_predecessors_of(user)) < 2:
        return []
    kept = vars(user)
    if kept.get("_answered_of") != user.unit_id:
        kept["_answered"] = import_string(settings.RECORD_ANSWERS)(user)
        kept["_answered_of"] = user.unit_id
    return kept["_answered"]


def require_written_by(user: User, days: Iterable[tuple[int, str]]) -> None:
    """Raise PermissionDenied unless `user` may write of every (unit id, ISO day) of `days`."""
    days = set(days)
    units = units_editable_by(user).filter(pk__in={unit_id for unit_id, _day in days})
    own = set(units.values_list("pk", flat=True))
    for unit_id, day in days:
        on = datetime.date.fromisoformat(day)
        if unit_id not in own and not any(one.covers(unit_id, on) for one in answered_by(user)):
            raise PermissionDenied("Anh/chị không có quyền ghi hồ sơ của đơn vị này.")


def answered_rows(user: User) -> Q:
    """Return the condition for records of those days."""
    rows = Q(pk__in=[])
    for one in answered_by(user):
        rows |= Q(unit=one.unit_id, start_date__gte=one.start, start_date__lte=one.end)
    return rows
