"""The nine Resources are django-import-export's own: its import and export give the rows of the fast path."""

import datetime
import io
import random

from django.db import models, transaction
from django.test import TestCase
from tablib import Dataset

from danvan.common import excel
from danvan.common.sheets.columns import stream
from danvan.units.models import AdministrativeUnit
from records.kinds import BY_SLUG
from records.models import IssueStatus
from records.sheets.columns import resource_of
from tests.cast import DATE, build_cast
from tests.imports.tools import confirm, upload
from tests.records.data import VALUES

ROWS = 200
SYSTEM = ("id", "created_at", "updated_at")


def cell_of(column, chance):
    """Return something a clerk might have put into a cell of `column`: mostly right, sometimes not."""
    if column.choices:
        return chance.choice(column.choices)
    match column.widget.field:
        case models.DateField():
            return datetime.date(2023, 1, 1) + datetime.timedelta(days=chance.randrange(800))
        case models.IntegerField() if column.fmt == "0":
            return chance.choice((2022, 2023, 2024))
        case models.IntegerField() | models.DecimalField():
            few = 90 if column.widget.percent else 1  # 1 of 100 points is asked about
            return chance.choice((0, few, 2, 3, 12, -1))
    return chance.choice(("Nhà văn hóa thôn", "  hai   khoảng trắng ", "=1+1"))


def sheet_for(kind, columns, units) -> Dataset:
    """Return 200 rows of a kind as an office has them, unlike each other in what names them."""
    chance = random.Random(kind.slug)
    data = Dataset(headers=[column.heading for column in columns])
    base = VALUES[kind.slug]
    for number in range(ROWS):
        row = {"unit": units[number % len(units)]}
        for column in columns:
            if column.key in ("unit", "unit_name"):
                continue
            row[column.key] = column.widget.render(base[column.key]) if column.key in base else None
            if chance.random() < 0.12 and column.key not in ("title", "year"):
                row[column.key] = cell_of(column, chance)
        if kind.dated:
            day = datetime.date(2023, 3, 1) + datetime.timedelta(days=number)
            row |= {"start_date": day, "title": f"{base.get('title', 'Buổi tiếp dân')} {number}"}
        else:
            row["year"] = 2022 + number // len(units)
        data.append([row.get(column.key) for column in columns])
    return data


def workbook_of(columns, data) -> bytes:
    """Return the rows of a Dataset as a workbook: tablib's own would make formulas of text."""
    file = io.BytesIO()
    excel.stream_rows(file, excel.Sheet("a", columns, data))
    return file.getvalue()


def stored(kind) -> tuple[dict, list]:
    """Return what is stored of a kind, and the histories, but for what the clock and the counter say."""
    names = [f.attname for f in kind.model._meta.fields if f.attname not in SYSTEM]
    rows = {
        (row["unit_id"], *(row[name] for name in kind.key)): row
        for row in kind.model.objects.values(*names)
    }
    return rows, list(IssueStatus.objects.values_list("status", "date", "actor").order_by("pk"))


class StockTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.board = build_cast()["tinh"]
        communes = AdministrativeUnit.objects.on(DATE).filter(level="commune")
        cls.units = list(communes.order_by("code").values_list("code", flat=True)[: ROWS // 2])

    def test_a_resource_declares_every_entered_column_and_natural_keys(self):
        for kind in BY_SLUG.values():
            resource = resource_of(kind)(self.board)
            entered = [name for name in kind.field_names if name != "unit"]
            with self.subTest(kind.slug):
                keys = [column.key for column in resource.columns]
                self.assertEqual(keys, ["unit", "unit_name", *entered])
                self.assertEqual(resource.get_import_id_fields(), ("unit", *kind.key))

    def by_stock(self, resource, kind, data):
        """Import with nothing of ours but the declarations; return what is stored, and row → verdict."""
        with transaction.atomic():
            result = resource.import_data(data)
            self.assertEqual([str(row.errors[0].error) for row in result if row.errors], [])
            found = stored(kind)
            transaction.set_rollback(True)
        return found, [row.import_type for row in result]

    def by_fast_path(self, columns, kind, data):
        """Import through upload, preview and confirmation; return the same."""
        job = upload(self.client, workbook_of(columns, data), kind.slug)
        verdicts = ["new"] * ROWS
        for _, (number, _label, _problems) in job.entries("error"):
            verdicts[number - 2] = "invalid"
        job = confirm(self.client, job, only_good="on")
        self.assertEqual(job.state, "done", job.message)
        return stored(kind), verdicts

    def test_import_gives_the_same_rows_refuses_the_same_and_export_shows_the_same(self):
        self.client.force_login(self.board)
        for kind in BY_SLUG.values():
            resource = resource_of(kind)(self.board)
            columns = resource.columns
            data = sheet_for(kind, columns, self.units)
            with self.subTest(kind.slug):
                stock = self.by_stock(resource, kind, data)
                self.assertEqual(self.by_fast_path(columns, kind, data), stock)
                self.assertGreater(stock[1].count("new"), ROWS / 4)
                self.assertGreater(stock[1].count("invalid"), 0)
                rows = kind.model.objects.order_by("pk")
                exported = resource.export(rows.select_related("unit"))
                self.assertEqual(exported.headers, [column.heading for column in columns])
                self.assertEqual([list(row) for row in exported], list(stream(columns, rows)))
                job = upload(self.client, workbook_of(columns, exported), kind.slug)
                self.assertEqual(job.counts, {"same": rows.count()}, job.message)
