"""A change while it is a draft: begun, its lines saved; nobody overwrites what another person saved."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import QueryDict

from danvan.accounts.models import User
from danvan.common.db.locks import locked
from danvan.common.numbers import read_id
from danvan.units.kinds import Level
from danvan.units.models import AdministrativeUnit
from reports.models import ChangeState, UnitChange
from reports.restructuring.applying import require_right
from reports.restructuring.files import FromFile
from reports.restructuring.forms import lines_of

OVERTAKEN = (
    "Bản nháp này vừa được người khác sửa. Những gì anh/chị nhập còn nguyên ở trang này; bấm lưu lần nữa để "
    "ghi nội dung của anh/chị."
)


def begin_change(change: UnitChange, found: FromFile | None, *, user: User) -> UnitChange:
    """Store a new draft, with the lines of a file where there was one."""
    require_right(user)
    change.created_by = user
    change.unit = None if user.is_superuser else user.unit
    if found:
        change.units, change.moves = found.units, found.moves
        _place(change)
    change.save()
    return change


def save_resolution(form: Any, *, user: User) -> bool:
    """Store an edited resolution; False, with the reason in the form, where the draft moved on."""
    require_right(user)
    change, typed = form.instance, {name: form.cleaned_data[name] for name in form.Meta.fields}
    rows = UnitChange.objects.visible_to(user).filter(pk=change.pk, state=ChangeState.DRAFT)
    seen = form.cleaned_data["version"]
    if rows.filter(version=seen).update(**typed, version=F("version") + 1):
        return True
    form.add_error(None, OVERTAKEN)
    now = rows.values_list("version", flat=True).first()
    form.data = form.data.copy()
    form.data["version"] = now if now is not None else seen
    return False


def save_rows(
    change: UnitChange, column: str, formset: Any, posted: QueryDict | None, *, user: User
) -> bool:
    """Store the lines of one step; False, with the reason in the formset, where somebody else was faster."""
    require_right(user)
    version = read_id(posted.get("version", "") if posted else "") or 0
    with transaction.atomic():
        rows = UnitChange.objects.visible_to(user).filter(pk=change.pk, state=ChangeState.DRAFT)
        stored = locked(rows).first()
        if stored is None or stored.version != version:
            formset.non_form_errors().append(OVERTAKEN)
            change.version = stored.version if stored else change.version
            return False
        setattr(stored, column, lines_of(formset))
        stored.version += 1
        _place(stored)
        stored.save()
    return True


def _place(change: UnitChange) -> None:
    """Say whose area a superuser's change is about: that of the province over its first old unit."""
    if change.unit_id is not None or not change.moves:
        return
    codes = {row["old"] for row in change.moves}
    first = AdministrativeUnit.objects.filter(code__in=codes, valid_from__lt=change.day)
    unit = first.order_by("valid_to", "pk").first()
    if unit:
        change.unit = unit.ancestor_on(Level.PROVINCE, unit.valid_from)
