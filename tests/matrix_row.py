"""A row of the permission matrix and the parts that are played (tests/matrix.py)."""

from collections.abc import Callable
from dataclasses import dataclass

# Column → account of tests/cast.py that plays it; None is a person who is not logged in.
COLUMNS = {
    "anonymous": None,
    "clerk": "xa-13369",
    "sibling": "xa-13363",
    "far": "xa-13384",
    "district": "huyen-349",
    "other": "huyen-350",
    "province": "tinh",
    "viewer": "lanhdao",
    "superuser": "quantri",
}


@dataclass(frozen=True)
class Row:
    """One URL, one method, and the status each part gets."""

    method: str
    statuses: str
    arguments: Callable | None = None
    data: Callable | None = None
    query: str = ""

    def expected(self) -> dict[str, int]:
        """Return the status per column; raises ValueError when a column is missing."""
        return dict(zip(COLUMNS, map(int, self.statuses.split()), strict=True))
