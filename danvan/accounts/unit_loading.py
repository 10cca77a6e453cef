"""Loading units from a file so that the audit trail knows of each: what the commands use."""

from functools import partial
from pathlib import Path

from danvan.accounts.audit.context import acting
from danvan.accounts.audit.writing import audited_bulk_create, audited_bulk_update
from danvan.units.loader import LoadResult, Writer, load_units
from danvan.units.register import rows_of_province


class AuditedWriter(Writer):
    """Writes units and successions with an entry for each row that was created or changed."""

    def create(self, rows: list) -> None:
        audited_bulk_create(rows)

    def update(self, rows: list, fields: tuple[str, ...]) -> None:
        audited_bulk_update(rows, fields)


def load_units_by_command(path: Path, province: str | None = None) -> LoadResult:
    """Load the CSV file at `path`, or one province of it, as load_units does, with everything in the trail.

    Raises the same.
    """
    select = partial(rows_of_province, code=province) if province else list
    with acting(source="command"):
        return load_units(path, AuditedWriter(), select)
