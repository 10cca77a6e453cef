"""Decisions that recognised a model: in from a sheet, out beside the models, with locks, trail and undo."""

import datetime
import io

import openpyxl
from django.test import TestCase

from danvan.accounts.models.trail import AuditEntry
from danvan.imports.models import ImportJob
from records.models import Recognition
from reports.models import Report
from tests.cast import build_cast, build_world
from tests.imports.tools import columns_of, confirm, content, errors_of, saved, upload, workbook
from tests.records.data import make

SLUG = "recognition"
GOOD = {
    "unit": "13369",
    "title": "Tổ dân vận khéo",
    "level": "Cấp xã",
    "decision": "5/QĐ-UBND",
    "date": "10/06/2024",
    "body": "UBND xã",
}


class RecognitionCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.an = cls.cast["xa-13369"]
        cls.model = make("mobilisation-model", cls.an.unit)

    def setUp(self):
        self.client.force_login(self.an)

    def send(self, *changes, **fields) -> ImportJob:
        rows = [{**GOOD, **change} for change in changes]
        return upload(self.client, workbook(rows, columns_of(self.an, SLUG)), SLUG, **fields)

    def stored(self) -> list[tuple]:
        return list(self.model.recognitions.values_list("level", "decision", "date", "body"))


class InTest(RecognitionCase):
    def test_several_decisions_of_one_model_count_for_whoever_took_them(self):
        job = self.send({}, {"level": "district", "decision": "9/QĐ", "date": "01/07/2024"})
        self.assertEqual(job.counts, {"new": 2, "changes": 2}, (job.message, errors_of(job)))
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Tổ dân vận khéo · Xã Tiên Sơn")
        self.assertContains(page, "5/QĐ-UBND")
        self.assertEqual(self.stored(), [])
        self.assertEqual(confirm(self.client, job).result["new"], 2)
        own, upper = self.model.recognitions.order_by("date")
        self.assertEqual((own.recogniser, own.height), (self.an.unit, 1))
        self.assertEqual((upper.recogniser, upper.height), (self.cast["huyen-349"].unit, 2))
        self.assertEqual(self.send({}).counts, {"same": 1})

    def test_a_form_opened_before_is_told_that_the_model_moved_on(self):
        confirm(self.client, self.send({}))
        self.model.refresh_from_db()
        self.assertEqual(self.model.version, 2)

    def test_the_trail_names_person_and_job(self):
        job = confirm(self.client, self.send({}))
        entry = AuditEntry.objects.get(content_type__model="recognition")
        self.assertEqual((entry.actor, entry.source), (self.an, "import"))
        self.assertEqual(entry.cid, f"import-{job.pk}")
        self.assertEqual(entry.changes["decision"][1], "5/QĐ-UBND")

    def test_one_changed_cell_is_one_change_and_a_blank_one_none(self):
        confirm(self.client, self.send({}))
        job = self.send({"decision": "6/QĐ-UBND", "body": None})
        self.assertEqual(job.counts, {"changed": 1, "changes": 1})
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "<del>5/QĐ-UBND</del>")
        confirm(self.client, job)
        day = datetime.date(2024, 6, 10)
        self.assertEqual(self.stored(), [("commune", "6/QĐ-UBND", day, "UBND xã")])

    def test_the_name_finds_the_model_the_day_only_tells_like_names_apart(self):
        self.assertEqual(self.send({"title": "TO DAN VAN KHEO"}).counts["new"], 1)
        self.assertIn("06/05/2024", errors_of(self.send({"start_date": "07/05/2024"}))["C2"])
        later = make("mobilisation-model", self.an.unit, start_date=datetime.date(2024, 5, 9))
        self.assertIn("nhiều mô hình cùng tên", errors_of(self.send({}))["C2"])
        confirm(self.client, self.send({"start_date": "09/05/2024"}))
        self.assertEqual(Recognition.objects.get().model, later)

    def test_everything_wrong_is_told_at_once_by_cell(self):
        job = self.send(
            {"level": None, "date": "30/02/2024", "unit": "99999"},
            {"title": "Không có", "level": "Cấp thôn", "decision": None},
            {"date": "01/01/2024"},
            {"date": "01/01/2099"},
            {},
            {},
        )
        found = errors_of(job)
        self.assertEqual(set(found), {"A2", "E2", "G2", "D3", "E3", "F3", "G4", "G5", "6", "7"})
        self.assertIn("Cấp tỉnh; Cấp huyện; Cấp xã", found["E2"])
        self.assertIn("trước ngày đăng ký", found["G4"])
        self.assertIn("Trùng với dòng 6", found["7"])
        self.assertEqual(job.counts, {"error": 6})

    def test_a_level_below_the_unit_is_refused(self):
        board = self.cast["huyen-349"]
        make("mobilisation-model", board.unit)
        self.client.force_login(board)
        job = self.send({"unit": board.unit.code})
        self.assertIn("thấp hơn", errors_of(job)["E2"])

    def test_models_without_a_decision_are_passed_over_and_named(self):
        blank = dict.fromkeys(("level", "decision", "date", "body"))
        job = self.send({}, {**blank, "title": "Mô hình khác"})
        self.assertEqual(job.counts, {"new": 1, "changes": 1, "same": 1})
        self.assertIn("1 dòng không ghi quyết định", " ".join(job.notices))

    def test_a_foreign_model_is_not_found(self):
        make("mobilisation-model", self.cast["xa-13363"].unit, title="Của xã khác")
        found = errors_of(
            self.send({"unit": "13363", "title": "Của xã khác"}, {"title": "Của xã khác"})
        )
        self.assertIn("không phải đơn vị", found["A2"])
        self.assertIn("chưa có mô hình", found["D3"])

    def test_who_lost_the_right_writes_nothing(self):
        job = self.send({})
        self.an.role = "viewer"
        self.an.save()
        self.client.post(f"/nhap-excel/{job.pk}/xac-nhan/")
        self.assertEqual(self.stored(), [])


class UndoTest(RecognitionCase):
    def undo(self, job) -> ImportJob:
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        return ImportJob.objects.get(pk=job.pk)

    def test_new_and_changed_are_taken_back_as_one(self):
        first = confirm(self.client, self.send({}))
        before = self.stored()
        second = {"level": "Cấp tỉnh", "date": "01/07/2024", "decision": "9/QĐ"}
        job = confirm(self.client, self.send({"decision": "6/QĐ"}, second))
        self.assertEqual(self.undo(job).state, "undone")
        self.assertEqual(self.stored(), before)
        self.assertEqual(self.undo(first).state, "undone")
        self.assertEqual(self.stored(), [])

    def test_refused_when_somebody_built_on_it(self):
        job = confirm(self.client, self.send({}))
        self.model.recognitions.update(decision="7/QĐ")
        job = self.undo(job)
        self.assertEqual(job.state, "done")
        self.assertIn("1 quyết định", job.message)
        self.assertEqual(len(self.stored()), 1)


class LockTest(RecognitionCase):
    def test_a_decision_that_would_count_in_a_locked_report_is_refused(self):
        world = build_world(self.cast)
        upper = {"level": "district", "date": "11/06/2024"}
        Report.objects.filter(unit__code="349").update(state="approved")
        job = self.send({}, upper)
        self.assertEqual((job.counts.get("error"), job.counts.get("new")), (1, 1), errors_of(job))
        job = self.send({})
        Report.objects.filter(pk=world.report.pk).update(state="approved")
        job = confirm(self.client, job)
        self.assertEqual((job.state, job.counts), ("checked", {"error": 1}))
        self.assertEqual(self.stored(), [])


class OutTest(RecognitionCase):
    def export(self) -> bytes:
        return content(self.client.get("/ho-so/mo-hinh-dan-van-kheo/xuat-excel/"))

    def test_models_and_decisions_leave_in_one_workbook_that_imports_unchanged_twice(self):
        twin = make("mobilisation-model", self.an.unit)
        for model, level, day in (
            (self.model, "commune", 10),
            (self.model, "commune", 11),
            (self.model, "district", 10),
            (twin, "commune", 10),
        ):
            model.recognitions.create(
                level=level, decision="5/QĐ", date=datetime.date(2024, 6, day), body="=1+1"
            )
        data = self.export()
        self.assertEqual(
            openpyxl.load_workbook(io.BytesIO(data)).sheetnames,
            ["Mô hình Dân vận khéo", "Quyết định công nhận"],
        )
        job = upload(self.client, data, "mobilisation-model")
        self.assertEqual(job.counts, {"same": 2}, errors_of(job))
        self.assertEqual(upload(self.client, data, SLUG).counts, {"same": 4})

    def test_the_filter_of_the_list_holds_for_the_decisions_too(self):
        other = make("mobilisation-model", self.an.unit, title="Khác")
        for model in (self.model, other):
            model.recognitions.create(
                level="commune", decision="5/QĐ", date=datetime.date(2024, 6, 10)
            )
        data = content(self.client.get("/ho-so/mo-hinh-dan-van-kheo/xuat-excel/?q=khac"))
        rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[1].values)
        self.assertEqual([row[3] for row in rows[1:]], ["Khác"])

    def test_one_list_of_an_office_serves_both_imports(self):
        book = openpyxl.Workbook()
        book.active.append(
            ["Mã đơn vị", "Tên mô hình", "Ngày đăng ký", "Loại mô hình", "Lĩnh vực"]
            + ["Cấp công nhận", "Số quyết định", "Ngày quyết định"]
        )
        for name, *decision in (("Một", "Cấp xã", "5/QĐ", "10/06/2024"), ("Hai", None, None, None)):
            model = ["13369", name, "06/05/2024", "Tập thể", "Phát triển kinh tế"]
            book.active.append([*model, *decision])
        job = confirm(self.client, upload(self.client, saved(book), "mobilisation-model"))
        self.assertEqual(job.result["new"], 2)
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "/nhap-excel/recognition/")
        job = confirm(self.client, upload(self.client, saved(book), SLUG))
        self.assertEqual(job.result["new"], 1, job.message)

    def test_the_template_names_itself_and_takes_a_row(self):
        data = content(self.client.get("/nhap-excel/recognition/mau/"))
        book = openpyxl.load_workbook(io.BytesIO(data))
        for index, column in enumerate(columns_of(self.an, SLUG), start=1):
            book.active.cell(4, index).value = GOOD.get(column.key)
        self.assertEqual(upload(self.client, saved(book), SLUG).counts["new"], 1)
        refused = upload(self.client, saved(book), "mobilisation-model")
        self.assertIn("không phải là mẫu", refused.message)
