"""Who gets what from which URL: one row per URL and method, one column per part that is played.

A row: name of the URL pattern → list of Row(method, arguments, statuses). The statuses stand in
the order of COLUMNS. The rows asked about belong to Tiên Sơn (13369): outside my area 404, inside
without the right 403, wrong method 405, not logged in 302 to the login page. `arguments` is a
function of the World (tests/cast.py) that gives the URL's arguments; `data` one that gives what is
posted; `query` is put behind the URL. Every request is rolled back before the next.

Each part of the project adds its rows to the dict of its app, nothing else. The test
test_permission_matrix fails for a URL without a row and for a row without a URL.
"""

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


#       anonymous clerk sibling far district other province viewer superuser
SITE = {
    "home": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "200 405 405 405 405 405 405 405 405"),
    ],
}

ACCOUNTS = {
    "accounts:login": [
        Row("GET", "200 302 302 302 302 302 302 302 302"),
        Row("POST", "200 302 302 302 302 302 302 302 302"),
    ],
    "accounts:logout": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "200 302 302 302 302 302 302 302 302"),
    ],
    "accounts:password_change": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "200 200 200 200 200 200 200 200 200"),
    ],
}

IMPORTS: dict[str, list[Row]] = {}

RECORDS: dict[str, list[Row]] = {}

REPORTS: dict[str, list[Row]] = {}

MATRIX: dict[str, list[Row]] = {**SITE, **ACCOUNTS, **IMPORTS, **RECORDS, **REPORTS}

# URLs that answer a person who is not logged in, and why that must be.
OPEN_URLS = {
    "accounts:login": "the way in",
}
