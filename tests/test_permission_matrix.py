"""Every URL × every part × every method that matters, against the table in tests/matrix.py."""

import copy
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client, TestCase
from django.urls import reverse

from tests.cast import build_cast, build_world
from tests.matrix import COLUMNS, MATRIX
from tests.urlconf import admin_routes, own_routes


def test_every_url_has_rows_and_every_row_a_url():
    names = {route.name for route in own_routes()}
    assert sorted(names - set(MATRIX)) == [], "URLs without a row in tests/matrix.py"
    assert sorted(set(MATRIX) - names) == [], "rows of tests/matrix.py without a URL"


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_rows_say_what_reading_and_what_posting_gives(name):
    methods = {row.method for row in MATRIX[name]}
    assert methods >= {"GET", "POST"}, name
    assert all(row.expected() for row in MATRIX[name])


class MatrixCase(TestCase):
    """People logged in once, and requests that leave nothing behind."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.clients = {column: Client(raise_request_exception=False) for column in COLUMNS}
        for column, name in COLUMNS.items():
            if name:
                self.clients[column].force_login(self.cast[name])

    def status(self, column: str, method: str, url: str, data=None) -> int:
        """Return the status of one request, with everything it did to the database undone.

        Cookies are put back too: a logout must not log the next request out.
        """
        client = self.clients[column]
        cookies = copy.deepcopy(client.cookies)
        with transaction.atomic():
            answer = client.get(url) if method == "GET" else self.post(client, url, data or {})
            list(answer if answer.streaming else ())  # reads a file to its end, which closes it
            transaction.set_rollback(True)
        client.cookies = cookies
        return answer.status_code

    def post(self, client, url, data):
        """Post as a browser does: a form with a file in parts, any other urlencoded."""
        if any(hasattr(part, "read") for part in data.values()):
            return client.post(url, data)
        kind = "application/x-www-form-urlencoded"
        body = urlencode({"csrfmiddlewaretoken": "unchecked", **data}, doseq=True)
        return client.post(url, body, content_type=kind)


class PermissionMatrixTest(MatrixCase):
    def test_every_url_answers_every_part_as_the_table_says(self):
        for name, rows in MATRIX.items():
            for row in rows:
                with self.subTest(url=name, method=row.method, query=row.query):
                    self.assertEqual(self.answers(name, row), row.expected())

    def answers(self, name, row) -> dict[str, int]:
        """Return what each part gets from one row."""
        kwargs = row.arguments(self.world) if row.arguments else {}
        data = row.data(self.world) if row.data else None
        url = reverse(name, kwargs=kwargs) + row.query
        return {column: self.status(column, row.method, url, data) for column in COLUMNS}


class AdminMatrixTest(MatrixCase):
    """Django's admin is for superusers only, whole."""

    ARGUMENTS = {
        "object_id": "1",
        "content_type_id": "1",
        "app_label": "accounts",
        "url": "x/",
        "pk": 1,
        "name": "ngung",
    }
    # The admin's own doors lead to ours (danvan/admin.py).
    DOORS = {"admin:login", "admin:logout"}

    def test_nobody_but_a_superuser_gets_in(self):
        for route in admin_routes():
            if route.name in self.DOORS or "unnamed" in route.name:
                continue  # the unnamed one answers 404 to every unknown address
            kwargs = {name: self.ARGUMENTS[name] for name in route.arguments}
            url = reverse(route.name, kwargs=kwargs)
            for column in COLUMNS:
                with self.subTest(url=url, column=column):
                    status = self.status(column, "GET", url)
                    if column == "superuser":
                        self.assertIn(status, {200, 302, 400, 403, 404, 405})
                    else:
                        self.assertEqual(status, 302 if column == "anonymous" else 403)
