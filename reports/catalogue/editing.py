"""Changing the catalogue of a year: what may be done to a row is checked by the row (models/catalogue.py)."""

from django import forms
from django.db import transaction

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.common.db.locks import hold
from reports.models.catalogue import Catalogue, CatalogueRow


def require_manager(user: User) -> None:
    """Raise PermissionDenied without the right to manage catalogues."""
    user.require(
        Action.MANAGE_CATALOGUE, "Chỉ ban dân vận cấp tỉnh được quản lý danh mục chỉ tiêu."
    )


def save_row(form: forms.ModelForm, *, user: User) -> bool:
    """Save a valid form of one row and return whether it was; locks the year against submission and opening."""
    require_manager(user)
    with transaction.atomic():
        hold(Catalogue, [form.instance.catalogue_id], alone=True)
        if not form.is_valid():
            return False
        form.save()
    return True


def delete_row(row: CatalogueRow, *, user: User) -> None:
    """Delete a row. Raises ValidationError where it must stay, ProtectedError where figures hang on it."""
    require_manager(user)
    with transaction.atomic():
        hold(Catalogue, [row.catalogue_id], alone=True)
        row.check_deletion()
        row.delete()
