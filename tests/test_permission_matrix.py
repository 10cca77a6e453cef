"""Every URL × every part × every method that matters, against the table in tests/matrix.py.

The rows of the table belong to Tiên Sơn (13369): "clerk" looks at an own row, "district" at one of a
unit below, "sibling" and "far", "other" at foreign ones. Generated from the same table: HEAD and OPTIONS
of every address, the same addresses for a row of Quế (13384) with the parts changed over, and for rows
that do not exist.
"""

import copy
import dataclasses
import re
import uuid
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client, TestCase
from django.urls import reverse
from django.utils.http import parse_header_parameters
from django.utils.timezone import localdate

from danvan.accounts.login.middleware import DueMovesMiddleware
from danvan.accounts.tokens import keys
from tests.budget import MOST, Asked, assert_few_queries, is_answer
from tests.cast import build_cast, build_world
from tests.matrix import COLUMNS, MATRIX
from tests.urlconf import admin_routes, own_routes
from tests.words import wrong_words, wrong_words_of


def test_every_url_has_rows_and_every_row_a_url():
    names = {route.name for route in own_routes()}
    assert sorted(names - set(MATRIX)) == [], "URLs without a row in tests/matrix.py"
    assert sorted(set(MATRIX) - names) == [], "rows of tests/matrix.py without a URL"


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_rows_say_what_reading_and_what_posting_gives(name):
    methods = {row.method for row in MATRIX[name]}
    assert methods >= {"GET", "POST"}, name
    assert all(row.expected() for row in MATRIX[name])


def name_of_file(answer) -> str:
    """Return what a download is called, "" for a page."""
    told = parse_header_parameters(answer.headers.get("Content-Disposition", ""))[1]
    return told.get("filename", "")


class MatrixCase(TestCase):
    """People logged in once, and requests that leave nothing behind."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.keys = {
            column: {
                "Authorization": f"Bearer {keys.give(cls.cast[name], 'Bảng tính của phòng', 30)[1]}"
            }
            for column, name in COLUMNS.items()
            if name
        }

    def setUp(self):
        # The stamp of a session, written once a minute and here undone each time, is no page's.
        self.enterContext(mock.patch("danvan.accounts.login.sessions._WRITE_EVERY", 86_400))
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
            with Asked() as asked:
                answer = self.send(client, method, url, data or {})
                self.body = b"".join(answer)  # reads a file to its end, which closes it
                self.file_name = name_of_file(answer) if url[:5] != "/api/" else ""
            self.statements = asked.statements
            transaction.set_rollback(True)
        client.cookies = cookies
        return answer.status_code

    def send(self, client, method, url, data):
        if url.startswith("/api/v1/"):
            column = next(name for name, known in self.clients.items() if known is client)
            return Client().generic(method, url, headers=self.keys.get(column))
        if method == "POST":
            return self.post(client, url, data)
        return client.generic(method, url)

    def post(self, client, url, data):
        """Post as a browser does: a form with a file in parts, any other urlencoded."""
        if any(hasattr(part, "read") for part in data.values()):
            return client.post(url, data)
        kind = "application/x-www-form-urlencoded"
        body = urlencode({"csrfmiddlewaretoken": "unchecked", **data}, doseq=True)
        return client.post(url, body, content_type=kind)


# Tables that reading a page writes, whichever it is → when.
WRITTEN_BESIDE = {
    "django_session": "the time of the last request, once a minute",
    "accounts_loginsession": "the time of the last request, once a minute",
    "accounts_securityevent": "a page was refused, or a file leaves the site",
}
# What else is written when a page is read: (page, table) → why it must be.
WRITTEN_BY_READING = {
    ("notices:list", "accounts_user"): "when the person last looked",
    ("accounts:job", "accounts_job"): "that its owner saw how it ended",
    ("issues:file", "reports_issuefile"): "made when it is first asked for, and kept for ever",
    **{
        (f"api-v1:{name}", "accounts_apitoken"): "the calls of a key are counted"
        for name in (
            *("catalogue", "consolidation", "figures", "openapi", "records", "reports", "units"),
        )
    },
}


class PermissionMatrixTest(MatrixCase):
    """What everybody gets, in status and in words."""

    def setUp(self):
        super().setUp()
        self.written = set()
        # Accounts that are to be moved are, before the first page of a day.
        self.enterContext(mock.patch.object(DueMovesMiddleware, "settled_on", localdate()))

    def status(self, column, method, url, data=None):
        if method != "GET":
            return super().status(column, method, url, data)
        with connection.execute_wrapper(self.note_writes):
            return super().status(column, method, url, data)

    def note_writes(self, execute, sql, params, many, context):
        """Note the table that a page writes while it is only read."""
        if found := re.match(r'(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "(\w+)"', sql):
            self.written.add((self.page, found[1]))
        return execute(sql, params, many, context)

    def test_every_url_answers_every_part_as_the_table_says(self):
        self.asked = {}
        for name, rows in MATRIX.items():
            for row in rows:
                with self.subTest(url=name, method=row.method, query=row.query):
                    self.assertEqual(self.answers(name, row), row.expected())
        assert_few_queries(self.asked)
        told = {(page, table) for page, table in self.written if table not in WRITTEN_BESIDE}
        self.assertEqual(told, set(WRITTEN_BY_READING), "what reading a page writes")

    def answers(self, name, row) -> dict[str, int]:
        """Return what each part gets from one row; the words of every answer are read."""
        kwargs = row.arguments(self.world) if row.arguments else {}
        data = row.data(self.world) if row.data else None
        url = reverse(name, kwargs=kwargs) + row.query
        self.page = name
        found, wrong, files = {}, set(), set()
        for column in COLUMNS:
            found[column] = self.status(column, row.method, url, data)
            asked = f"POST {name}" if row.method == "POST" else name + row.query
            if found[column] == 200 or (row.method == "POST" and is_answer(found[column])):
                if len(self.statements) > MOST:  # what lives as long as the process is filled once
                    self.status(column, row.method, url, data)
                if len(self.statements) > len(self.asked.get((asked, column), ())):
                    self.asked[asked, column] = self.statements
            if not self.body.startswith(b"PK") or len(self.body) not in files:
                files.add(len(self.body))
                wrong |= wrong_words_of(self.body) - set(COLUMNS.values())
                wrong |= set(wrong_words(self.file_name.rpartition(".")[0]))
        self.assertEqual(wrong, set(), "English or rejected words (docs/words.md)")
        return found


def url_of(name, arguments, row) -> str:
    return reverse(name, kwargs=arguments) + row.query


def rows_of(method: str, *, with_arguments=False):
    """Yield (name, row) of the table: one per address, of those that name a row if asked."""
    for name, rows in MATRIX.items():
        for row in rows:
            if row.method == method and (row.arguments or not with_arguments):
                yield name, row


@pytest.mark.no_engine
class OtherMethodsTest(MatrixCase):
    """HEAD answers as GET does, without a body; OPTIONS tells at most which methods there are.

    Of the parts that get the page one asks by HEAD, of those that do not all.
    """

    def test_head_answers_like_get(self):
        for name, row in rows_of("GET"):
            url = url_of(name, row.arguments(self.world) if row.arguments else {}, row)
            expected = row.expected()
            reader = next((column for column in expected if expected[column] == 200), None)
            expected = {c: told for c, told in expected.items() if told != 200 or c == reader}
            with self.subTest(url=name, query=row.query):
                got = {column: self.status(column, "HEAD", url) for column in expected}
                self.assertEqual(got, expected)
                self.assertEqual(self.body, b"")

    def test_options_tells_nothing(self):
        for name, row in rows_of("GET"):
            url = url_of(name, row.arguments(self.world) if row.arguments else {}, row)
            for column in COLUMNS:
                status = self.status(column, "OPTIONS", url)
                self.assertIn(status, {200, 302, 403, 404, 405}, (url, column))
                self.assertFalse(status == 200 and self.body, (url, column))
                # The pages of errors greet by name, but know nothing of the row.
                if column in ("far", "other", "anonymous"):
                    for told in ("Tiên Sơn", "Đối thoại về"):
                        self.assertNotIn(told, self.body.decode(), (url, column))


class ChangedOverTest(MatrixCase):
    """The same rows for Quế, below Kim Bảng: who was far away is at home, who was at home is far away."""

    PLAYS = {"clerk": "far", "far": "clerk", "district": "other", "other": "district"}

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        plays = {COLUMNS[mine]: cls.cast[COLUMNS[theirs]] for mine, theirs in cls.PLAYS.items()}
        report = cls.world.period.reports.select_related("unit", "period").get(unit__code="13384")
        cls.home = cls.world
        cls.world = dataclasses.replace(cls.world, cast={**cls.cast, **plays}, report=report)

    def test_every_row_of_another_unit_answers_the_other_way_round(self):
        for method in ("GET", "POST"):
            for name, row in rows_of(method, with_arguments=True):
                arguments = row.arguments(self.world)
                if row.query or arguments == row.arguments(self.home):
                    continue  # names Tiên Sơn, or nothing that belongs to a unit
                url = url_of(name, arguments, row)
                data = row.data(self.world) if row.data else None
                told = row.expected()
                expected = {column: told[self.PLAYS.get(column, column)] for column in COLUMNS}
                with self.subTest(url=name, method=method):
                    got = {c: self.status(c, method, url, data) for c in COLUMNS}
                    self.assertEqual(got, expected)


class MissingTest(MatrixCase):
    """A row that does not exist: 404 for who might otherwise have it, no other word for anybody."""

    MISSING = {
        "pk": 999_999_999,
        "file": uuid.UUID(int=0),
        "year": 1990,
        "code": "ZZ99",
        "remark": 999_999_999,
    }

    def missing(self, name, row):
        """Yield the URLs of `row` with one argument at a time pointing at nothing."""
        arguments = row.arguments(self.world)
        for key in arguments.keys() & self.MISSING.keys():
            yield url_of(name, {**arguments, key: self.MISSING[key]}, row)

    def allowed(self, column, status) -> set[int]:
        """Return what may be answered instead of `status`."""
        if column == "anonymous" or status == 405:
            return {status}
        return {403, 404} if status == 403 else {404}

    def test_every_route_with_an_object(self):
        seen, asked = set(), {"GET": set(), "POST": set()}
        for method in asked:
            for name, row in rows_of(method, with_arguments=True):
                data = row.data(self.world) if row.data else None
                for url in set(self.missing(name, row)) - asked[method]:
                    asked[method].add(url)
                    seen.add(name)
                    for column, status in row.expected().items():
                        got = self.status(column, method, url, data)
                        allowed = self.allowed(column, status)
                        self.assertIn(got, allowed, (name, url, method, column))
        routes = {r.name for r in own_routes() if set(r.arguments) & self.MISSING.keys()}
        self.assertEqual(routes, seen)


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
    # What a superuser gets from a page of the admin by GET; 200 from all others.
    SUPERUSER = {
        "admin:accounts_user_delete": 403,
        "admin:accounts_user_issue": 302,  # nobody is without a password
        "admin:accounts_user_slips": 404,  # a sheet is its maker's alone
        "admin:autocomplete": 403,  # asked for without naming a field
        "admin:password_change": 302,
        "admin:units_administrativeunit_delete": 403,
        "admin:units_unitsuccession_delete": 403,
        "admin:view_on_site": 404,
    }

    def urls(self):
        """Yield (name, address) of every named page of the admin."""
        for route in admin_routes():
            if route.name not in self.DOORS and "unnamed" not in route.name:
                # the unnamed one answers 404 to every unknown address
                known = {**self.ARGUMENTS, **self.row_of(route.name)}
                kwargs = {name: known[name] for name in route.arguments}
                yield route.name, reverse(route.name, kwargs=kwargs)

    def row_of(self, name) -> dict:
        """Return the key of a row that is there: earlier tests may have used up the first numbers."""
        for model in admin.site._registry:
            rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
            if name.startswith(f"admin:{model._meta.label_lower.replace('.', '_')}_") and rows:
                return {"object_id": str(rows[0]), "pk": rows[0]}
        return {}

    def test_nobody_but_a_superuser_gets_in_by_any_method(self):
        for _, url in self.urls():
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                # Nobody is asked twice about the same refusal: it comes before the method is looked at.
                few = {"anonymous", "province"}
                columns = few if method in ("HEAD", "OPTIONS") else COLUMNS.keys() - {"superuser"}
                for column in columns:
                    with self.subTest(url=url, column=column, method=method):
                        status = self.status(column, method, url)
                        # A post without a login is answered by the login page that carries it.
                        visitor = 403 if method == "POST" else 302
                        self.assertEqual(status, visitor if column == "anonymous" else 403)

    def test_a_superuser_gets_every_page(self):
        got, wrong, asked = {}, {}, {}
        for name, url in self.urls():
            for method in ("POST", "GET"):  # an empty form is refused in words too
                got[name] = self.status("superuser", method, url)
                if found := wrong_words_of(self.body) - set(COLUMNS.values()):
                    wrong[name, method] = found
            asked[name, "superuser"] = self.statements
        assert_few_queries(asked)
        self.assertEqual({name: s for name, s in got.items() if s != 200}, self.SUPERUSER)
        self.assertEqual(wrong, {}, "English or rejected words (docs/words.md)")
