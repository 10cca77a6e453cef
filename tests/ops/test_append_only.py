"""Ledger, moves, period log, audit trail and security log: the database itself refuses to rewrite them."""

import contextlib
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client, TestCase, TransactionTestCase

from danvan.accounts.models import AuditEntry, SecurityEvent
from danvan.common.ops import append_only
from reports.documents.issues.files import attach_signed, made_file
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import FigureChange, PeriodLog, Source, Transition
from reports.models.issue import IssuedReport, IssueFile, PublishedIssue
from reports.workflow.submission import submit
from tests.cast import PASSWORD, build_cast, build_world
from tests.reports import test_issues

LOGS = {AuditEntry, FigureChange, PeriodLog, SecurityEvent, Transition}
# What was sent out is tried by its own test, tests/reports/test_issues.py.
ISSUES = {PublishedIssue, IssuedReport, IssueFile}

ATTEMPTS = [
    "UPDATE {table} SET id = id",
    "UPDATE {table} SET id = id + 100000 WHERE id = {id}",
    "DELETE FROM {table} WHERE id = {id}",
    *(
        [
            "REPLACE INTO {table} SELECT * FROM {table} WHERE id = {id}",
            "INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = {id}",
            "INSERT INTO {table} SELECT * FROM {table} WHERE id = {id} "
            "ON CONFLICT (id) DO UPDATE SET id = id",
            "UPDATE OR REPLACE {table} SET id = id",
        ]
        if connection.vendor == "sqlite"
        else [
            "INSERT INTO {table} SELECT * FROM {table} WHERE id = {id} "
            "ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id",
            "TRUNCATE {table} CASCADE",
            "TRUNCATE accounts_user CASCADE",
        ]
    ),
]


def make_history():
    """Let a day leave a line in each of the logs: a year opened, a login, a figure, a report sent."""
    cast = build_cast()
    world = build_world(cast)
    clerk, report = cast["xa-13369"], world.report
    Client().post("/dang-nhap/", {"username": "xa-13369", "password": PASSWORD})
    figures = {"DT01": Figure(number=Decimal(1))}
    write_figures(report, figures, actor=clerk, source=Source.FORM)
    clerk.full_name = "Nguyễn An"
    clerk.save()
    report.refresh_from_db()
    submit(report, user=clerk, version=report.version, blanks_confirmed=True)


class TestRefused(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_history()

    def test_these_are_the_logs(self):
        self.assertEqual(set(append_only.append_only_models()), LOGS | ISSUES)

    def test_nobody_rewrites_a_line(self):
        connection.check_constraints()  # PostgreSQL truncates nothing while checks are pending
        for model in LOGS:
            table, row = model._meta.db_table, model.objects.first()
            before = list(model.objects.order_by("pk").values())
            for attempt in ATTEMPTS:
                statement = attempt.format(table=table, id=row.pk)
                with (
                    self.subTest(statement),
                    self.assertRaisesRegex(DatabaseError, "append-only"),
                    transaction.atomic(),
                    connection.cursor() as cursor,
                ):
                    cursor.execute(statement)
            for attempt in (row.save, row.delete, model.objects.all().delete):
                with (
                    self.subTest(f"{model.__name__}.{attempt.__name__}"),
                    self.assertRaisesRegex(DatabaseError, "append-only"),
                    transaction.atomic(),
                ):
                    attempt()
            self.assertEqual(list(model.objects.order_by("pk").values()), before)

    def test_lines_are_added_as_before(self):
        for model in LOGS:
            row = model.objects.first()
            count = model.objects.count()
            row.pk = None
            model.objects.bulk_create([row])
            row.pk, row._state.adding = None, True
            row.save()
            self.assertEqual(model.objects.count(), count + 2)

    def test_opened_closes_again_even_after_an_error(self):
        table = FigureChange._meta.db_table
        with (
            contextlib.suppress(ZeroDivisionError),
            append_only.unprotected(connection, table),
        ):
            FigureChange.objects.update(reason="x")
            raise ZeroDivisionError
        with self.assertRaises(DatabaseError), transaction.atomic():
            FigureChange.objects.update(reason="y")


class TestMigrate(TransactionTestCase):
    def test_a_table_that_a_migration_rebuilt_is_protected_again(self):
        """SQLite changes a column by making the table anew: its triggers are gone with the old one."""
        reason = Transition._meta.get_field("reason")
        wider = models.CharField("lý do", max_length=2000, blank=True)
        wider.set_attributes_from_name("reason")
        for old, new in ((reason, wider), (wider, reason)):
            with connection.schema_editor() as editor:
                editor.alter_field(Transition, old, new)
        tables = [model._meta.db_table for model in LOGS]
        lost = append_only.unprotected_tables(connection, tables)
        self.assertEqual(lost, {"reports_transition"} if connection.vendor == "sqlite" else set())
        call_command("migrate", verbosity=0)
        self.assertEqual(append_only.unprotected_tables(connection, tables), set())

    def test_down_and_up_again(self):
        tables = [model._meta.db_table for model in LOGS]
        append_only.unprotect(connection, *tables)
        self.assertEqual(append_only.unprotected_tables(connection, tables), set(tables))
        call_command("migrate", verbosity=0)
        self.assertEqual(append_only.unprotected_tables(connection, tables), set())


class TestRivals(test_issues.Issues):
    """SQLite's REPLACE deletes whatever row is like the new one where rows must differ, not only by key."""

    def test_a_row_with_a_key_of_its_own_takes_nobodys_place(self):
        issue = self.issue()
        made_file(issue, "xlsx", user=self.officer)
        insert = "INSERT OR REPLACE INTO" if connection.vendor == "sqlite" else "INSERT INTO"
        for model in ISSUES:
            table = model._meta.db_table
            before = list(model.objects.order_by("pk").values())
            names = [f'"{f.column}"' for f in model._meta.concrete_fields if f.name != "id"]
            columns = ", ".join(names)
            with (
                self.subTest(table),
                self.assertRaises(DatabaseError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                into = f"{insert} {table} ({columns})"
                cursor.execute(f"{into} SELECT {columns} FROM {table}")  # noqa: S608
            self.assertEqual(list(model.objects.order_by("pk").values()), before)

    def test_what_may_stand_twice_still_may(self):
        for content in (b"%PDF-1.7 a", b"%PDF-1.7 b"):
            file = SimpleUploadedFile("a.pdf", content)
            attach_signed(self.again(self.first()), file, user=self.officer)
        self.assertEqual(IssueFile.objects.filter(kind="pdf").count(), 2)

    def first(self) -> PublishedIssue:
        return PublishedIssue.objects.first() or self.issue()
