"""What large imports do otherwise than small ones: rows in lots, the trail in lots, a preview of many pages."""

import io
import time
from unittest import mock

from django.db import IntegrityError, connection, transaction
from python_calamine import CalamineWorkbook

from danvan.accounts.models import Job
from danvan.accounts.models.trail import AuditEntry
from danvan.common.db.bulk import TOGETHER, insert_many, roomy
from danvan.common.ops.memory import gc, seldom_collected
from danvan.imports import views
from danvan.imports.models import ImportPart, RowKind
from danvan.imports.targets import target_of
from records.models import DialogueConference
from records.sheets.checking import _form
from tests.budget import queries_of
from tests.imports.test_jobs import ImportCase
from tests.imports.tools import content, work_off
from tests.records.data import brought_in, build

SLUG = "dialogue-conference"
MANY = 2 * TOGETHER + 5


class LotsTest(ImportCase):
    def test_each_of_many_rows_is_told_whole_in_the_trail(self):
        rows = [
            build(
                SLUG, self.unit, title=f"Việc “{n}”\\", attendees=n % 2, led_by_council=n % 3 == 1
            )
            for n in range(MANY)
        ]
        rows[7].note = 'một\nhai\t"ba"'
        made = brought_in(*rows, actor=self.an)
        told = {entry.object_id: entry for entry in AuditEntry.objects.all()}
        self.assertEqual(len(told), MANY)
        for row in made:
            said = {name: _form(getattr(row, name)) for name in target_of(SLUG).stored}
            said["unit"] = said.pop("unit_id")
            del said["search"]
            begun = {name: [None, value] for name, value in said.items() if value not in (None, "")}
            self.assertEqual(told[row.pk].changes, begun)
            self.assertEqual((told[row.pk].object_repr, told[row.pk].unit), (row.title, self.unit))

    def test_a_row_that_the_database_refuses_takes_all_with_it(self):
        names = [f.attname for f in DialogueConference._meta.concrete_fields if f.name != "id"]
        good = brought_in(build(SLUG, self.unit), actor=self.an)[0]
        values = [getattr(good, name) for name in names]
        bad = list(values)
        bad[names.index("attendees")] = -1
        for rows in ([bad], [*[values] * (MANY - 1), bad], [*[values] * 3, bad, *[values] * MANY]):
            with self.assertRaises(IntegrityError), roomy(), transaction.atomic():
                fit = connection.ops.adapt_datetimefield_value
                stamped = [[fit(v) if hasattr(v, "hour") else v for v in row] for row in rows]
                insert_many(DialogueConference, names, map(tuple, stamped))
            self.assertEqual(DialogueConference.objects.count(), 1)

    def test_memory_is_looked_through_as_before_afterwards(self):
        before = gc.get_threshold()
        with self.assertRaises(ZeroDivisionError), seldom_collected():
            self.assertGreater(gc.get_threshold()[0], before[0])
            1 / 0  # noqa: B018
        self.assertEqual(gc.get_threshold(), before)


class ReturnedTest(ImportCase):
    def test_a_large_file_goes_back_with_its_errors_by_way_of_a_worker(self):
        job = self.upload({}, {"title": "Hai", "attendees": "nhiều"})
        url = f"/nhap-excel/{job.pk}/tep-loi/"
        at_once = self.client.get(url)
        with mock.patch.object(views, "ROWS_AT_ONCE", 1):
            page = self.client.get(url)
            self.assertContains(page, "Lập tệp")
            self.client.post("/viec-giao-may-chu/yeu-cau/", {"offer": page.context["offer"]})
            work_off()
        made = Job.objects.get()
        self.assertEqual((made.state, made.progress, made.total), ("done", 3, 2), made.message)
        by_worker = self.client.get(f"{made.get_absolute_url()}tep/")
        self.assertEqual(by_worker["Content-Disposition"], at_once["Content-Disposition"])
        told, same = (
            CalamineWorkbook.from_filelike(io.BytesIO(content(one))) for one in (by_worker, at_once)
        )
        for sheet in range(2):
            rows = told.get_sheet_by_index(sheet).to_python()
            self.assertEqual(rows, same.get_sheet_by_index(sheet).to_python())


class PreviewTest(ImportCase):
    def test_a_page_of_a_very_large_import_costs_what_one_of_a_small_costs(self):
        job = self.upload({})
        url = f"/nhap-excel/{job.pk}/"
        few = queries_of(self.client, url)
        [item] = job.parts.get().items
        items = [[n, item[1], item[2]] for n in range(3, 503)]
        part = ImportPart.pack(job, RowKind.NEW, items)
        ImportPart.objects.bulk_create(
            ImportPart(job=job, kind=part.kind, size=part.size, data=part.data) for _ in range(200)
        )
        start = time.process_time()
        for page in ("1", "1000", "2001", "last", "99999", "x"):
            many = queries_of(self.client, f"{url}?page={page}")
            self.assertLessEqual(len(many), len(few) + 1, page)  # a page may lie in two parts
        self.assertLess((time.process_time() - start) / 6, 0.5)
        self.assertContains(self.client.get(f"{url}?page=1000"), "Trang 1000 / 2001")
