"""500 mutants of exports and of office sheets: no 500, no partial write, no silent misreading. Fixed seed."""

import datetime
import os
import random
import sys
from collections import Counter
from decimal import Decimal
from unittest import mock

from django.db import connection, transaction
from django.test import TestCase

from danvan.common import children
from danvan.common.sheets import child
from danvan.imports.models import ImportJob
from records.kinds import BY_SLUG
from reports.models import Value
from tests.cast import build_cast, build_world
from tests.imports.tools import columns_of, confirm, content, errors_of, upload
from tests.records.data import VALUES, make
from tests.sheets.mutations import Mutant, from_export
from tests.sheets.shapes import SHAPES, from_shape, mutate, said

# How a file is read asks no database: on PostgreSQL the first hundred show that all is stored there as well.
SEED, MUTANTS = 20241231, 500 if connection.vendor == "sqlite" else 100
ROWS = 4
FIGURES = {"DT01": 3, "DT02": 2, "DT06": 1140, "QT01": 12, "TD01": 45, "VD01": 8}


class Forked:
    """The reading child as a fork of the test: starting Python 500 times would cost minutes."""

    def __init__(self, command, **options) -> None:
        asked, self.stdin = _pipe()
        self.stdout, told = _pipe(turned=True)
        self.pid = os.fork()
        if self.pid:
            os.close(asked)
            os.close(told)
            return
        try:
            os.dup2(asked, 0)
            os.dup2(told, 1)
            sys.stdin = os.fdopen(0)
            sys.argv = ["child", command[-1]]
            child.limit_myself = lambda memory, cpu: None
            child.main()
        finally:
            os._exit(0)

    def kill(self) -> None:
        os.kill(self.pid, 9)

    def wait(self) -> None:
        os.waitpid(self.pid, 0)


def _pipe(turned: bool = False):
    read, write = os.pipe()
    if turned:
        return os.fdopen(read, "rb"), write
    return read, os.fdopen(write, "wb")


class MutantTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.an = cls.cast["xa-13369"]

    def setUp(self):
        self.client.force_login(self.an)
        forked = mock.patch.object(children.subprocess, "Popen", Forked)
        forked.start()
        self.addCleanup(forked.stop)
        self.found: Counter = Counter()

    def records(self, slug) -> tuple[bytes, list[dict]]:
        """Return the export of some records of a kind, and what they say; the records are gone then."""
        kind = BY_SLUG[slug]
        for number in range(ROWS):
            values = {
                "start_date": datetime.date(2024, 3, 5 + number),
                "note": f"Ghi chú số {number}",
            }
            values["location"] = "Nhà văn hóa thôn Đọi Tín"
            if "title" in VALUES[slug]:
                values["title"] = f"{VALUES[slug]['title']} lần {number}"
            if slug == "friendly-government":
                values = {"year": 2021 + number, "note": values["note"]}
            make(slug, self.an.unit, **values)
        data = content(self.client.get(f"/ho-so/{kind.path}/xuat-excel/"))
        said = self.stored(slug)
        kind.model.objects.all().delete()
        return data, said

    def stored(self, slug) -> list:
        if slug == "values":
            values = Value.objects.filter(report=self.world.report).order_by("indicator__code")
            return [
                (code, int(number))
                for code, number in values.values_list("indicator__code", "number")
            ]
        kind = BY_SLUG[slug]
        rows = kind.model.objects.order_by(*kind.key, "pk")
        return list(rows.values("unit__code", *(n for n in kind.field_names if n != "unit")))

    def figures(self) -> tuple[bytes, list]:
        period = self.world.period
        columns = [c for c in self.columns("values") if c.key in ("unit", "unit_name", *FIGURES)]
        heads = [column.heading for column in columns]
        row = {"unit": "13369", "unit_name": "Xã Tiên Sơn, thị xã Duy Tiên", **FIGURES}
        import openpyxl

        from tests.imports.tools import saved

        book = openpyxl.Workbook()
        book.active.title = f"Số liệu {period.year}"
        book.active.append(heads)
        book.active.append([row[column.key] for column in columns])
        return saved(book), sorted(FIGURES.items())

    def columns(self, slug):
        return columns_of(self.an, slug, period=self.world.period.pk)

    def shape(self, name) -> list:
        """Return what is stored of a sheet as offices send it; it is what the sheet says."""
        slug = SHAPES[name][0]
        with transaction.atomic():
            job = self.send(slug, from_shape(name, self.columns(slug), random.Random(0)))
            self.assertEqual(confirm(self.client, job).state, "done", (name, errors_of(job)))
            stored = self.stored(slug)
            transaction.set_rollback(True)
        if slug == "values":
            self.assertEqual(stored, sorted(said(name)[0].items()))
            return stored
        for row, words in zip(stored, said(name), strict=True):
            shown = {key: self.shown(slug, key, row[key]) for key in words}
            self.assertEqual(shown, words)
        return stored

    def shown(self, slug, key, value):
        """Return a stored value as a sheet shows it."""
        column = next(column for column in self.columns(slug) if column.key == key)
        found = column.widget.render(value)
        return float(found) if isinstance(found, Decimal) else found

    def send(self, slug, mutant: Mutant) -> ImportJob:
        fields = {"period": self.world.period.pk} if slug == "values" else {}
        return upload(self.client, mutant.saved(), slug, **fields)

    def judge(self, slug, mutant: Mutant, truth: list) -> None:
        """Upload and confirm a mutant; what was written, if anything, must be the truth."""
        job = self.send(slug, mutant)
        self.assertEqual(self.client.get(f"/nhap-excel/{job.pk}/").status_code, 200)
        asked, wrong = job.open_questions, job.count("error")
        clean = job.state == "checked" and not asked and not wrong
        told = (slug, mutant.done, mutant.loud, job.message, asked, errors_of(job) if wrong else "")
        job = confirm(self.client, job)
        if not clean:
            self.assertEqual(self.stored(slug), [], f"partial write: {told}")
            self.found["refused" if mutant.loud else "quiet refused"] += 1
            self.refused.append(told)
            return
        self.assertEqual(job.state, "done", told)
        self.assertEqual(mutant.loud, "", f"silent misreading: {told}")
        self.assertEqual(self.stored(slug), truth, f"silent misreading: {told}")
        self.found["taken"] += 1

    def test_five_hundred_mutants(self):
        rng, self.refused = random.Random(SEED), []
        bases = {slug: self.records(slug) for slug in BY_SLUG} | {"values": self.figures()}
        columns = {slug: self.columns(slug) for slug in bases}
        shapes = {name: self.shape(name) for name in SHAPES}
        for number in range(MUTANTS):
            name = rng.choice(sorted(bases) + sorted(shapes))
            chance = random.Random(f"{SEED}-{number}")
            if name in shapes:
                slug, truth = SHAPES[name][0], shapes[name]
                mutant = from_shape(name, columns[slug], chance)
            else:
                slug, (data, truth) = name, bases[name]
                mutant = from_export(data, columns[slug], chance)
            mutate(mutant)
            with self.subTest(number=number), transaction.atomic():
                self.judge(slug, mutant, truth)
                transaction.set_rollback(True)
        self.assertGreater(self.found["taken"], MUTANTS * 0.4, self.found)
        self.assertGreater(self.found["refused"], MUTANTS * 0.3, self.found)
        # What is refused without need costs people time: few of the quiet ones are.
        self.assertLess(
            self.found["quiet refused"], MUTANTS * 0.03, [t for t in self.refused if not t[2]]
        )
        self.assertEqual(sum(self.found.values()), MUTANTS)
        self.assertEqual(ImportJob.objects.count(), 0)
