"""Beginning and ending a body: asked again for right and area inside the transaction."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from danvan.accounts.rights import Action, Person, can
from danvan.accounts.scope import units_visible_to
from danvan.common.db.locks import locked
from danvan.units.models import AdministrativeUnit, Level
from danvan.units.queries import AdministrativeUnitQuerySet

MOST = 99  # bodies there ever were below one unit: two digits of their code


def bodies_of(user: Person) -> AdministrativeUnitQuerySet:
    """Return the bodies in the area of `user`, those that stand today first."""
    return units_visible_to(user).filter(level=Level.BODY).in_menu_order()


def units_with_bodies(user: Person) -> AdministrativeUnitQuerySet:
    """Return the units of the area of `user` that may have bodies: those that have not ended."""
    levels = Q(level=Level.PROVINCE) | Q(level=Level.COMMUNE)
    return units_visible_to(user).filter(levels, valid_to=None).in_menu_order()


@transaction.atomic
def begin_body(
    above: AdministrativeUnit, kind: str, name: str, first: datetime.date, *, user: Person
) -> AdministrativeUnit:
    """Return a new body below `above` that stands from `first` on: periods opened from now on ask it.

    Raises PermissionDenied, ValidationError (by field, Vietnamese).
    """
    require_keeper(user)
    chosen = locked(units_with_bodies(user).filter(pk=above.pk)).first()
    if chosen is None:
        raise ValidationError({"above": "Đơn vị này không còn hoạt động. Vui lòng chọn lại."})
    body = AdministrativeUnit(
        code=_free_code(chosen),
        kind=kind,
        name=name,
        level=Level.BODY,
        parent=chosen,
        valid_from=first,
        source="Ban dân vận cấp tỉnh",
    )
    body.derive()
    same = AdministrativeUnit.objects.filter(
        parent=chosen, kind=kind, name_search=body.name_search, valid_to=None
    )
    if same.exists():
        raise ValidationError({"name": f"{chosen.full_name} đã có {body.full_name}."})
    try:
        body.full_clean()
    except ValidationError as error:
        found = error.message_dict
        raise ValidationError(
            {"valid_from" if key == "parent" else key: told for key, told in found.items()}
        ) from error
    body.save()
    return body


def _free_code(above: AdministrativeUnit) -> str:
    """Return the next code below `above`: K, its code, a number. Codes of ended bodies are not used again."""
    stem = f"K{above.code}"
    taken = AdministrativeUnit.objects.filter(code__startswith=stem, level=Level.BODY)
    numbers = {
        int(code[len(stem) :])
        for code in taken.values_list("code", flat=True)
        if len(code) == len(stem) + 2
    }
    number = max(numbers, default=0) + 1
    if number > MOST:
        raise ValidationError(
            {"above": f"{above.full_name} đã có {MOST} khối, không thêm được nữa."}
        )
    return f"{stem}{number:02d}"


@transaction.atomic
def end_body(body: AdministrativeUnit, day: datetime.date | None, *, user: Person) -> None:
    """Let `body` end on `day` (its first day without it), None: it goes on.

    Reports of periods that are open stay as they are. Raises PermissionDenied, ValidationError.
    """
    require_keeper(user)
    row = locked(bodies_of(user).filter(pk=body.pk)).first()
    if row is None:
        raise PermissionDenied("Khối này không thuộc phạm vi của anh/chị.")
    if day and day <= row.valid_from:
        raise ValidationError(
            {"valid_to": f"Ngày kết thúc phải sau ngày bắt đầu ({row.valid_from:%d/%m/%Y})."}
        )
    row.valid_to = day
    row.save(update_fields=["valid_to"])


def require_keeper(user: Person) -> None:
    """Raise PermissionDenied unless the rights table lets `user` keep bodies."""
    if not can(user, Action.MANAGE_BODIES):
        raise PermissionDenied("Chỉ ban dân vận cấp tỉnh được quản lý khối trực thuộc.")
