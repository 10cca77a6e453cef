"""Writing a change of units, all of it or nothing, and undoing it while nothing newer stands on it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.audit.context import acting
from danvan.accounts.audit.writing import (
    audited_bulk_create,
    audited_bulk_delete,
    audited_bulk_update,
    audited_update,
)
from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.common.db.locks import hold, locked
from danvan.units.changing import Outcome
from danvan.units.kinds import Level
from danvan.units.models import AdministrativeUnit, UnitSuccession
from records.kinds import BY_SLUG
from records.models import Recognition
from reports.models import ChangeState, Report, ReportingPeriod, ReportUnit, UnitChange
from reports.restructuring import carrying, fates
from reports.restructuring.foresight import destinations, look_ahead, receivers

ALL = 0  # number of no row: of units, one change is written at a time; of periods, none is opened meanwhile


def apply_change(
    change: UnitChange, *, by: User, version: int, people: Mapping[int, str] | None = None
) -> None:
    """Write `change` in one transaction. `people`: account key → code of its next unit, "" to only read.

    Raises PermissionDenied without the right; ValidationError with what stands against it, or where the
    change was edited or applied since `version` was shown. Nothing is written then.
    """
    require_right(by)
    with transaction.atomic(), acting(user=by):
        row = _hold(change, version, ChangeState.DRAFT)
        ahead = look_ahead(row, by)
        moves = destinations(ahead.accounts, people or {})
        outcome, basis = ahead.outcome, str(row)
        made: dict[str, Any] = {"before": _as_stored(outcome)}
        _write_units(outcome)
        made["units"] = [unit.pk for unit in outcome.created]
        made["arrows"] = [arrow.pk for arrow in outcome.arrows]
        made["records"], made["decisions"] = carrying.carry_records(receivers(outcome), row.day)
        made["people"] = [[user.pk, user.unit_id, unit and unit.pk] for user, unit in moves.items()]
        made["reports"] = fates.carry_reports(outcome, ahead.periods, basis, by)
        made["reports"]["units"] = made["units"]
        services.leave_units(moves, on=row.day, by=by)
        _settle(row, ChangeState.APPLIED, applied_by=by, applied_at=timezone.now(), made=made)
    change.refresh_from_db()


def undo_change(change: UnitChange, *, by: User) -> None:
    """Take `change` back: every row is as before. Before its day this is withdrawing it.

    The new units leave the tree; their rows stay for the logs that name them. Raises PermissionDenied,
    ValidationError with everything that was built on it since.
    """
    require_right(by)
    with transaction.atomic(), acting(user=by, source="undo"):
        row = _hold(change, change.version, ChangeState.APPLIED)
        made = row.made
        if found := standing_on(row):
            raise ValidationError(found)
        people = User.objects.in_bulk([pk for pk, _old, _new in made["people"]])
        units = AdministrativeUnit.objects.in_bulk(
            [old for _pk, old, _new in made["people"]] + [pk for pk, _source in made["before"]]
        )
        services.rejoin_units({people[pk]: units[old] for pk, old, _new in made["people"]}, by=by)
        carrying.restore_records(made["records"], made["decisions"])
        fates.restore_reports(made["reports"], by)
        audited_bulk_delete(UnitSuccession.objects.filter(pk__in=made["arrows"]))
        for pk, source in made["before"]:
            units[pk].valid_to, units[pk].source = None, source
        ended = [units[pk] for pk, _source in made["before"]]
        begun = AdministrativeUnit.objects.filter(pk__in=made["units"])
        audited_update(begun, undone_at=timezone.now())
        audited_bulk_update(ended, ["valid_to", "source"])
        _settle(row, ChangeState.UNDONE, undone_by=by, undone_at=timezone.now())
    change.refresh_from_db()


def standing_on(change: UnitChange) -> list[str]:
    """Return a sentence for everything newer that stands on an applied change."""
    made, found = change.made, []
    units = AdministrativeUnit.objects.in_bulk(made["units"])
    for unit in units.values():
        if unit.valid_to is not None:
            found.append(f"{unit} đã có thay đổi khác từ ngày {unit.valid_to:%d/%m/%Y}.")
    before = AdministrativeUnit.objects.in_bulk([pk for pk, _source in made["before"]])
    if any(unit.valid_to != change.day for unit in before.values()):
        found.append("Ngày hết hiệu lực của đơn vị cũ đã được sửa sau khi ghi thay đổi này.")
    found += fates.entered_since(made["reports"])
    found += _people_moved_on(made)
    return found + _built_on(made, units)


def _built_on(made: dict, units: Mapping[int, AdministrativeUnit]) -> list[str]:
    """Return what was entered for the new units since: rows of any kind that the change did not make."""
    ours: dict[Any, set[int]] = {
        Report: {pk for pk, *_ in made["reports"]["followed"]} | set(made["reports"]["new"]),
        User: {pk for pk, *_ in made["people"]},
        AdministrativeUnit: set(made["units"]),
        UnitSuccession: set(made["arrows"]),
        Recognition: {pk for pk, *_ in made["decisions"]},
    }
    for slug, pk, *_ in made["records"]:
        ours.setdefault(BY_SLUG[slug].model, set()).add(pk)
    found = []
    for relation in AdministrativeUnit._meta.related_objects:
        model: Any = relation.related_model
        if model is not ReportUnit:  # it goes with its report
            rows = model._default_manager.filter(**{f"{relation.field.name}__in": units})
            if number := rows.exclude(pk__in=ours.get(model, ())).count():
                found.append(
                    f"Đơn vị mới đã có {number} {model._meta.verbose_name} được ghi sau đó."
                )
    return found


def _people_moved_on(made: dict) -> list[str]:
    """Return a sentence for each account that was moved elsewhere since."""
    people = User.objects.in_bulk([pk for pk, _old, _new in made["people"]])
    return [
        f"Tài khoản {people[pk].username} đã được chuyển sang đơn vị khác sau đó."
        for pk, old, new in made["people"]
        if people[pk].unit_id not in (old, new)
    ]


def delete_draft(change: UnitChange, *, by: User) -> None:
    """Throw away a change that was never applied. Raises as apply_change."""
    require_right(by)
    with transaction.atomic():
        _hold(change, change.version, ChangeState.DRAFT).delete()


def require_right(user: User) -> None:
    """Raise PermissionDenied without the right to change units."""
    user.require(
        Action.CHANGE_UNITS, "Chỉ ban dân vận cấp tỉnh và quản trị viên được sắp xếp đơn vị."
    )


def _hold(change: UnitChange, version: int, state: ChangeState) -> UnitChange:
    """Let nobody else change units or write in the periods concerned, and return the row as it stands.

    In the order of danvan/common/db/locks.py: units first, then periods. Nobody opens a period meanwhile.
    """
    hold(AdministrativeUnit, [ALL], alone=True)
    codes = {move["old"] for move in change.moves}
    list(locked(AdministrativeUnit.objects.filter(code__in=codes)).values_list("pk"))
    hold(ReportingPeriod, [ALL], alone=True)
    hold(ReportingPeriod, fates.touched_periods(change.day).values("pk"), alone=True)
    row = locked(UnitChange.objects.filter(pk=change.pk)).first()
    if row is None or row.state != state or row.version != version:
        raise ValidationError(
            "Thay đổi này vừa được người khác sửa hoặc xử lý. Vui lòng xem lại trang này rồi làm lại."
        )
    return row


def _as_stored(outcome: Outcome) -> list[list]:
    stored = AdministrativeUnit.objects.in_bulk([unit.pk for unit in outcome.ended])
    return [[pk, unit.source] for pk, unit in stored.items()]


def _write_units(outcome: Outcome) -> None:
    """Store the rows, level by level, so that each unit above has its key before those below."""
    audited_bulk_update(outcome.ended, ["valid_to", "source"])
    for level in Level:
        rows = [unit for unit in outcome.created if unit.level == level]
        for unit in rows:
            unit.parent = unit.parent  # its key, now that it has one
        audited_bulk_create(rows)
    for arrow in outcome.arrows:
        arrow.successor = arrow.successor
    audited_bulk_create(outcome.arrows)


def _settle(row: UnitChange, state: ChangeState, **values: Any) -> None:
    row.state, row.version = state, row.version + 1
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
