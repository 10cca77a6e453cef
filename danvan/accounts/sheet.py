"""Accounts as a sheet: the columns that go out and that the import of accounts (danvan/imports) takes back."""

from django.db.models import QuerySet

from danvan.accounts.models import User
from danvan.common.excel import Sheet
from danvan.common.sheets.columns import column_of, stream, unit_code_column

COLUMNS = [
    unit_code_column(attribute="unit__code", required=True),
    column_of(User, "full_name", width=28),
    column_of(User, "role", width=30, required=True),
    column_of(
        User,
        "username",
        width=20,
        required=False,
        fmt="@",
        hint="Để trống thì hệ thống đặt theo mã đơn vị, ví dụ xa-13369.",
    ),
]


def account_sheet(people: QuerySet[User]) -> Sheet:
    """Return the sheet of `people` who belong to a unit, ordered by login; no password is in it."""
    rows = people.filter(unit__isnull=False).order_by("username")
    return Sheet("Tài khoản", COLUMNS, stream(COLUMNS, rows))
