"""Accounts as a sheet: the columns the import of accounts (danvan/imports) takes back unchanged."""

from __future__ import annotations

from django.db.models import QuerySet

from danvan.accounts.models import Role, User
from danvan.common.excel import Column, Sheet

COLUMNS = (
    Column("Mã đơn vị", 12),
    Column("Họ và tên", 28),
    Column("Vai trò", 30),
    Column("Tên đăng nhập", 20),
)


def account_sheet(people: QuerySet[User]) -> Sheet:
    """Return the sheet of `people` who belong to a unit, ordered by login; no password is in it."""
    rows = people.filter(unit__isnull=False).order_by("username")
    found = rows.values_list("unit__code", "full_name", "role", "username").iterator(500)
    lines = ((code, name, Role(role).label, username) for code, name, role, username in found)
    return Sheet("Tài khoản", COLUMNS, lines)
