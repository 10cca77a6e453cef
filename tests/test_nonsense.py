"""Nothing that a browser can be made to send is an error of the site: no query, no field answers 500.

Every address of the permission matrix is asked as the superuser, who gets furthest, with nonsense in
all parameters at once, and posted to with nonsense in all fields.
"""

import re
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

from tests.test_permission_matrix import MatrixCase, rows_of, url_of

# No text for PostgreSQL; no number for SQLite; a digit for Python that int() does not take.
NONSENSE = ("a\x00b", "9" * 30, "²")
LISTS = (
    "admin:accounts_user_changelist",
    "admin:units_administrativeunit_changelist",
    "admin:units_unitsuccession_changelist",
)


def names_read_from_requests() -> set[str]:
    """Return the names of filters and of whatever views read from a query or a post."""
    found = set()
    for app in ("danvan", "records", "reports"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            text = path.read_text()
            found |= set(re.findall(r"(?:GET|POST)(?:\.get|\.getlist)?[\[(]\"(\w+)\"", text))
            found |= set(re.findall(r"^    (\w+) = [\w.]*Filter\(", text, re.MULTILINE))
            found |= set(re.findall(r"parameter_name = \"(\w+)\"", text))
    return found


class NonsenseTest(MatrixCase):
    def setUp(self):
        super().setUp()
        self.names = names_read_from_requests()
        self.assertGreater(len(self.names), 30)

    def addresses(self, method):
        for name, row in rows_of(method):
            arguments = row.arguments(self.world) if row.arguments else {}
            yield url_of(name, arguments, row), (row.data(self.world) if row.data else {})

    def test_no_query_is_an_error(self):
        urls = {url.split("?")[0] for url, _ in self.addresses("GET")} | set(map(reverse, LISTS))
        for url in sorted(urls):
            for nonsense in NONSENSE:
                query = "&".join(f"{name}={quote(nonsense)}" for name in sorted(self.names))
                self.assertLess(
                    self.status("superuser", "GET", f"{url}?{query}"), 500, (url, nonsense)
                )

    def test_no_field_is_an_error(self):
        for url, data in self.addresses("POST"):
            for nonsense in NONSENSE:
                posted = dict.fromkeys((self.names | set(data)) - {"action"}, nonsense)
                posted |= {name: part for name, part in data.items() if hasattr(part, "read")}
                self.assertLess(self.status("superuser", "POST", url, posted), 500, (url, nonsense))
