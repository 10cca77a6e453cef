"""Loading units from a file so that the audit trail knows of each: for commands and for the page."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied

from danvan.accounts.audit.context import acting
from danvan.accounts.audit.writing import audited_bulk_create, audited_bulk_update
from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.units.life import is_used
from danvan.units.loader import LoadResult, UnitFileError, Writer, load_units
from danvan.units.models import AdministrativeUnit
from danvan.units.register import rows_of_province


class AuditedWriter(Writer):
    """Writes units and successions with an entry for each row that was created or changed."""

    def create(self, rows: list) -> None:
        audited_bulk_create(rows)

    def update(self, rows: list, fields: tuple[str, ...]) -> None:
        audited_bulk_update(rows, fields)


class CarefulWriter(AuditedWriter):
    """For the page: a unit with accounts, reports or records is not renamed, moved or ended by a file.

    What hangs on it would stay behind; a change of units carries it along (reports/restructuring/).
    """

    def update(self, rows: list, fields: tuple[str, ...]) -> None:
        """As the base. Raises UnitFileError with a sentence for each such unit."""
        stored = AdministrativeUnit.objects.in_bulk([row.pk for row in rows])
        kept = ("kind", "name", "level", "parent_id", "valid_to")
        problems = [
            f"{stored[row.pk]} (mã {row.code}) đang có dữ liệu nên không sửa theo tệp. Vui lòng dùng trang "
            "Sắp xếp đơn vị."
            for row in rows
            if any(getattr(row, name) != getattr(stored[row.pk], name) for name in kept)
            and is_used(stored[row.pk], by_data=True)
        ]
        if problems:
            raise UnitFileError(problems)
        super().update(rows, fields)


def load_units_by_command(path: Path, province: str | None = None) -> LoadResult:
    """Load the CSV file at `path`, or one province of it, as load_units does, with everything in the trail.

    Raises the same.
    """
    with acting(source="command"):
        return load_units(path, AuditedWriter(), _selection(province))


def load_units_by_page(file: Path | bytes, province: str | None, *, by: User) -> LoadResult:
    """Load an uploaded file, or a province of the register, as a superuser does in the browser.

    Raises PermissionDenied, UnitFileError.
    """
    if not by.can(Action.MANAGE_SITE):
        raise PermissionDenied("Chỉ quản trị viên được nạp danh mục đơn vị.")
    with acting(user=by):
        return load_units(file, CarefulWriter(), _selection(province))


def _selection(province: str | None) -> Any:
    return partial(rows_of_province, code=province) if province else list
