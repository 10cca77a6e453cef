"""Keeping the letterheads of offices: asked again for right and area inside the transaction."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import area_editable_by
from danvan.units.models import AdministrativeUnit
from reports.models import OfficeLetterhead


def may_edit_letterhead(user: User, unit: AdministrativeUnit) -> bool:
    """Return whether `user` writes the letterheads of `unit`'s office: its own people, and its board."""
    return user.can(Action.EDIT_LETTERHEAD) and unit in area_editable_by(user)


def keep_letterhead(row: OfficeLetterhead, *, user: User) -> None:
    """Store a new or changed letterhead that was validated. Raises PermissionDenied, ValidationError."""
    try:
        with transaction.atomic():
            require_office(user, row.unit)
            row.save()
    except IntegrityError as error:
        raise ValidationError(
            "Đơn vị vừa có thể thức áp dụng từ ngày này, vui lòng xem lại."
        ) from error


def drop_letterhead(row: OfficeLetterhead, *, user: User) -> None:
    """Delete a letterhead: the one before it, or the default, holds again. Raises PermissionDenied."""
    with transaction.atomic():
        require_office(user, row.unit)
        row.delete()


def require_office(user: User, unit: AdministrativeUnit) -> None:
    """Raise PermissionDenied where `user` does not decide what documents of `unit`'s office look like."""
    if not may_edit_letterhead(user, unit):
        raise PermissionDenied("Anh/chị không có quyền sửa thể thức văn bản của đơn vị này.")
