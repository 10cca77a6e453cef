"""The ledger of figures: refused changes in the database, and no way of writing figures that it misses."""

import io
import tempfile
from decimal import Decimal

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import TestCase

from danvan.units.models import AdministrativeUnit
from reports.figures.figure import Figure
from reports.figures.writing import write_figures, write_many
from reports.models import FigureChange, Report, Source, Value
from tests.cast import build_cast, build_world
from tests.imports.tools import columns_of, confirm, upload, workbook
from tests.records.data import make


def write(report, actor, number, code="DT01"):
    return write_figures(
        report, {code: Figure(number=Decimal(number))}, actor=actor, source=Source.FORM
    )


class LedgerCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.report, cls.clerk = cls.world.report, cls.cast["xa-13369"]


class TestAppendOnly(LedgerCase):
    def setUp(self):
        write(self.report, self.clerk, 1)

    def test_update_and_delete_are_refused_by_the_database(self):
        line = FigureChange.objects.get()
        for attempt in (
            lambda: FigureChange.objects.update(reason="x"),
            lambda: FigureChange.objects.all()._raw_delete("default"),
            line.save,
            line.delete,
        ):
            with self.assertRaisesRegex(DatabaseError, "append-only"), transaction.atomic():
                attempt()
        self.assertEqual(FigureChange.objects.values("reason", "new").get()["reason"], "")

    def test_a_report_with_a_history_cannot_be_deleted(self):
        with self.assertRaises(Exception) as refused, transaction.atomic():
            Report.objects.filter(pk=self.report.pk).delete()
        self.assertIn("FigureChange", str(refused.exception))


SHADOW = {
    "sqlite": [
        "CREATE TABLE shadow (report bigint, indicator bigint)",
        *(
            f"CREATE TRIGGER shadow_{event} AFTER {event} ON reports_value BEGIN "  # noqa: S608
            f"INSERT INTO shadow VALUES ({row}.report_id, {row}.indicator_id); END"
            for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))
        ),
    ],
    "postgresql": [
        "CREATE TABLE shadow (report bigint, indicator bigint)",
        "CREATE FUNCTION shadow_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO shadow SELECT coalesce(NEW.report_id, OLD.report_id), "
        "coalesce(NEW.indicator_id, OLD.indicator_id); RETURN NULL; END $$",
        "CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON reports_value "
        "FOR EACH ROW EXECUTE FUNCTION shadow_note()",
    ],
}


class TestNothingEscapes(LedgerCase):
    """Shadow triggers count every row written to the figures; the ledger must have the same lines."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        with connection.cursor() as cursor:
            for statement in SHADOW[connection.vendor]:
                cursor.execute(statement)

    def shadow(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT report, indicator FROM shadow")
            return sorted(cursor.fetchall())

    def lines(self):
        return sorted(FigureChange.objects.values_list("report_id", "indicator_id"))

    def check(self, expected):
        self.assertEqual(self.shadow(), self.lines())
        self.assertEqual(len(self.lines()), expected)

    def test_service_created_changed_blanked_and_left(self):
        write(self.report, self.clerk, 1)
        self.report.refresh_from_db()
        write(self.report, self.clerk, 2)
        self.report.refresh_from_db()
        write(self.report, self.clerk, 2)
        self.report.refresh_from_db()
        write_figures(self.report, {"DT01": Figure()}, actor=self.clerk, source=Source.FORM)
        self.check(3)
        self.assertFalse(Value.objects.exists())

    def test_bulk_service(self):
        reports = list(Report.objects.filter(unit__code__in=["13369", "13363", "13384"]))
        wanted = {report.pk: {"DT01": Figure(number=Decimal(5))} for report in reports}
        write_many(wanted, actor=self.cast["tinh"], source=Source.IMPORT)
        self.check(3)

    def test_form(self):
        self.client.force_login(self.clerk)
        url = f"/bao-cao/{self.report.pk}/nhap/"
        self.client.post(url, {"DT01": "3", "DT02": "1", "version": "0"})
        self.assertTrue(self.lines())
        self.check(len(self.lines()))
        change = FigureChange.objects.first()
        self.assertEqual((change.source, change.actor), ("form", self.clerk))
        self.assertEqual(len(change.request_id), 32)

    def test_taken_from_records(self):
        make("dialogue-conference", self.report.unit)
        self.client.force_login(self.clerk)
        url = f"/bao-cao/{self.report.pk}/nhap/"
        asked = self.client.post(url, {"DT07": "7", "take": "all", "version": "0"}, follow=True)
        self.assertEqual(FigureChange.objects.get().indicator.code, "DT07")
        codes = [offer.indicator.code for offer in asked.context["offers"]]
        self.client.post(f"{url}tu-ho-so/", {"code": codes, "version": "1"})
        self.assertGreater(len(self.lines()), 1)
        self.check(len(self.lines()))
        taken = FigureChange.objects.get(indicator__code="DT01")
        self.assertEqual((taken.source, taken.actor), ("records", self.clerk))
        before = self.lines()
        data = {"code": [*codes, "QT01", "XX99"], "version": "2"}
        again = self.client.post(f"{url}tu-ho-so/", data, follow=True)
        told = " ".join(map(str, again.context["messages"]))
        self.assertIn("2 số đã chọn không còn gì để lấy", told)
        self.assertEqual(self.lines(), before, "taking the same again changes nothing")
        self.check(len(before))

    def sheet(self, **figures) -> bytes:
        """Return a workbook of figures for Tiên Sơn and her neighbour."""
        columns = columns_of(self.cast["huyen-349"], "values", period=self.world.period.pk)
        rows = [{"unit": code, **figures} for code in ("13369", "13363")]
        return workbook(rows, columns)

    def test_import_of_values_by_command(self):
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(self.sheet(DT01=5, DT06="trên 3"))
            file.flush()
            call_command(
                "import_values", file.name, year=2024, user="huyen-349", stdout=io.StringIO()
            )
        self.check(4)
        sources = set(FigureChange.objects.values_list("source", "actor__username"))
        self.assertEqual(sources, {("import", "huyen-349")})

    def test_import_of_values_by_page_and_its_undo(self):
        write(self.report, self.clerk, 4)
        self.client.force_login(self.cast["huyen-349"])
        job = upload(self.client, self.sheet(DT01=5, DT02=1), "values", period=self.world.period.pk)
        self.check(1)
        self.assertEqual(confirm(self.client, job).state, "done")
        self.check(5)
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        self.check(9)
        self.assertEqual(FigureChange.objects.filter(source="undo").count(), 4)
        self.assertEqual(Value.objects.get().number, 4)

    def test_a_failed_save_leaves_neither_figure_nor_line(self):
        figures = {"DT01": Figure(number=Decimal(1)), "DT02": Figure(number=Decimal(-1))}
        with self.assertRaises(Exception):  # noqa: B017 - whatever it is called
            write_figures(self.report, figures, actor=self.clerk, source=Source.FORM)
        self.check(0)

    def test_units_table_is_not_shadowed_by_mistake(self):
        AdministrativeUnit.objects.update(source="x")
        self.check(0)
