"""`manage.py benchmark excel --rows 100000`: imports and exports beside the floor and the stock Resource.

The stock Resource is measured on at most STOCK_ROWS rows and scaled in proportion, which flatters it.
"""

from __future__ import annotations

import datetime
import resource
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import python_calamine
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import connection, transaction
from django.test.utils import override_settings
from import_export.resources import modelresource_factory
from openpyxl import Workbook
from tablib import Dataset

from danvan.accounts.models import User
from danvan.common import excel
from danvan.common.sheets.columns import Column, stream
from danvan.imports import confirming
from danvan.imports.checking import check_job
from danvan.imports.models import ImportJob, JobState
from danvan.imports.targets import target_of
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit
from reports.models import ReportingPeriod
from reports.workflow.periods import open_period
from tests.benchmarks.ratios import Ratio, benchmark, best_of

STOCK_ROWS = 2000
FIRST = datetime.date(2022, 1, 1)
ROW = {
    "led_by_secretary": "Có",
    "led_by_chairman": "Không",
    "led_by_council": "Không",
    "kind": "Định kỳ",
    "opinions": 10,
    "answered": 5,
    "resolved_later": 2,
    "pending": 3,
    "audience": "Nhân dân",
    "form": "Trực tiếp",
    "location": "Hội trường UBND xã",
    "host": "Đảng ủy xã",
}


@benchmark("excel")
def excel_in_and_out(rows: int) -> list[Ratio]:
    """Import and export of `rows` dialogue conferences, and of a year's figures."""
    load_units(DEFAULT_FILE)
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        bench = _Bench(Path(folder), rows)
        return [*bench.imports(), *bench.exports(), *_values(bench.user, Path(folder))]


class _Bench:
    """The same rows in, out, through the floor and through the stock Resource."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.rows = folder, rows
        self.target = target_of("dialogue-conference")
        self.model = self.target.model
        province = AdministrativeUnit.objects.find("35", FIRST)
        User = get_user_model()
        self.user = User.objects.create(username="benchmark", unit=province, role="officer")
        communes = AdministrativeUnit.objects.on(FIRST).filter(level="commune").order_by("code")
        self.units = list(communes)
        self.columns = self.target.columns(ImportJob(owner=self.user))

    def workbook(self, rows: int) -> Path:
        """Write the workbook that is imported."""
        path = self.folder / f"{rows}.xlsx"
        columns = [Column(column.heading) for column in self.columns]
        lines = (tuple(map(self.line(n).get, (c.key for c in self.columns))) for n in range(rows))
        excel.stream_rows(str(path), excel.Sheet(self.target.sheet_title, columns, lines))
        return path

    def line(self, number: int) -> dict:
        """Return one row by column key."""
        day = FIRST + datetime.timedelta(days=number % 360)
        return {
            **ROW,
            "unit": self.units[number % len(self.units)].code,
            "start_date": day,
            "title": f"Đối thoại về giải phóng mặt bằng, môi trường, lần {number}",
            "attendees": 50 + number % 200,
            "conclusion_number": f"{number}/TB-ĐU",
            "conclusion_date": day,
            "notice_date": day - datetime.timedelta(days=8),
        }

    def run_import(self, path: Path) -> tuple[float, float]:
        """Check and write `path`; return (seconds of all of it, seconds in the writing transaction)."""
        return bring_in(ImportJob(owner=self.user, target=self.target.slug), path)

    def imports(self) -> list[Ratio]:
        """Return the ratios of the way in."""
        self.run_import(self.workbook(1000))
        self.empty()
        peak = _peak()
        path = self.workbook(self.rows)
        ours, lock = self.run_import(path)
        growth = _peak() - peak
        read, bare = self.floor(path)
        stock = self.stock_import()
        return [
            Ratio("import", ours, "calamine + one bulk_create", read + bare, 2.0),
            Ratio("import", ours, f"stock Resource ({STOCK_ROWS} rows, scaled)", stock, 15, True),
            Ratio("import, write lock", lock, "bare bulk_create", bare, 1.2),
            Ratio("import, growth in MB (not s)", growth, "allowed", 150, 1.0),
        ]

    def empty(self) -> None:
        """Delete all rows quickly; what it costs is not measured."""
        self.model.objects.all()._raw_delete(self.model.objects.db)

    def floor(self, path: Path) -> tuple[float, float]:
        """Return the seconds to read `path` and to bulk_create its rows, instances made beforehand."""
        start = time.perf_counter()
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        sheet.to_python()
        read = time.perf_counter() - start
        rows = list(self.model.objects.select_related("unit"))
        self.empty()
        for row in rows:
            row.pk = None
        start = time.perf_counter()
        with transaction.atomic():
            self.model.objects.bulk_create(rows, batch_size=500)
        return read, time.perf_counter() - start

    def stock_import(self) -> float:
        """Return the seconds of a stock Resource (dry run and real) for as many rows as ours."""
        stock = modelresource_factory(self.model)()
        some = self.model.objects.order_by("pk")[:STOCK_ROWS]
        keys = [row.pk for row in some]
        data = stock.export(some).export("xlsx")
        self.model.objects.filter(pk__in=keys).delete()
        start = time.perf_counter()
        dataset = Dataset().load(data, format="xlsx")
        stock.import_data(dataset, dry_run=True)
        stock.import_data(dataset, dry_run=False)
        return (time.perf_counter() - start) * self.rows / len(keys)

    def exports(self) -> list[Ratio]:
        """Return the ratios of the way out."""
        rows = self.model.objects.order_by("pk")
        columns = self.target.resource().columns
        path = str(self.folder / "out.xlsx")

        def ours():
            excel.stream_rows(path, excel.Sheet("a", columns, stream(columns, rows)))

        def stock():
            modelresource_factory(self.model)().export(rows[:STOCK_ROWS]).export("xlsx")

        peak = _peak()
        ours()
        growth = _peak() - peak
        seconds, of_stock = best_of(2, ours, stock)  # in turns: a moment of the machine's hits both
        of_stock *= rows.count() / STOCK_ROWS
        plain = self.openpyxl_export(rows, columns)
        return [
            Ratio("export", seconds, "openpyxl write-only", plain, 1.0),
            Ratio(
                "export", seconds, f"stock Resource ({STOCK_ROWS} rows, scaled)", of_stock, 15, True
            ),
            Ratio("export, growth in MB (not s)", growth, "allowed", 150, 1.0),
        ]

    def openpyxl_export(self, rows: Iterable[Any], columns) -> float:
        """Return the seconds openpyxl needs, write-only, for the same cells."""
        start = time.perf_counter()
        book = Workbook(write_only=True)
        sheet = book.create_sheet("a")
        sheet.append([column.heading for column in columns])
        for row in stream(columns, rows):
            sheet.append(row)
        book.save(self.folder / "plain.xlsx")
        return time.perf_counter() - start


def bring_in(job: ImportJob, path: Path) -> tuple[float, float]:
    """Check and write the file; return (seconds of all of it, seconds in the writing transaction)."""
    job.file_name = path.name
    with path.open("rb") as file:
        job.file.save(path.name, File(file), save=False)
    job.save()
    start = time.perf_counter()
    check_job(job)
    confirming.request_confirmation(job, only_good=False)
    before = time.perf_counter()
    confirming.work(job)
    end = time.perf_counter()
    if job.state != JobState.DONE:
        raise RuntimeError(job.message or str(job.counts))
    return end - start, end - before


def bring_in_figures(
    user: User, folder: Path, period: ReportingPeriod, codes: list[str] | None = None
) -> tuple[float, int]:
    """Bring in every figure of the units `codes` (all there are); return (seconds, number of figures)."""
    target = target_of("values")
    params = {"period": str(period.pk), "year": period.year}
    job = ImportJob(owner=user, target="values", params=params)
    path = folder / "values.xlsx"
    columns = [c for c in target.columns(job) if c.key in ("unit", "unit_name") or c.fmt]
    heads = [Column(column.heading) for column in columns]
    codes = codes or [row["unit"] for row in target.template_rows(job)]
    units = AdministrativeUnit.objects.on(period.structure_date)
    level = dict(units.values_list("code", "level"))
    letters = {"province": "tỉnh", "district": "huyện", "commune": "xã"}
    rows = [
        tuple(
            code if column.key == "unit" else 7 if letters[level[code]] in column.hint else None
            for column in columns
        )
        for code in codes
    ]
    excel.stream_rows(str(path), excel.Sheet(target.sheet_title, heads, rows))
    return bring_in(job, path)[0], job.result["figures"]


def _values(user: User, folder: Path) -> list[Ratio]:
    """Return the seconds for a year's figures of all units, out and in, beside two seconds."""
    period, target = open_period(2022, actor=None), target_of("values")
    inward, number = bring_in_figures(user, folder, period)
    start = time.perf_counter()
    excel.stream_rows(str(folder / "out2.xlsx"), target.export_sheet(user, period))
    outward = time.perf_counter() - start
    return [
        Ratio(f"{number} figures in", inward, "allowed", 2.0, 1.0),
        Ratio(f"{number} figures out", outward, "allowed", 2.0, 1.0),
    ]


def _peak() -> float:
    """Return the most memory this process ever held, in MB, less a database that lives in it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        return peak
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        size = cursor.execute("PRAGMA page_size").fetchone()[0]
    return peak - pages * size / 1024 / 1024
