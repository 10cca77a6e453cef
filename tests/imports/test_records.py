"""Every kind goes out and comes back unchanged; the import judges as the form does."""

import datetime
import io
import subprocess
import tempfile
from pathlib import Path

import openpyxl
from django.test import TestCase
from tablib import Dataset

from danvan.accounts.models.trail import SecurityEvent, SecurityKind
from danvan.imports.models import ImportJob
from records.kinds import BY_SLUG
from records.sheets.columns import resource_of
from tests.cast import build_cast, build_world
from tests.imports.tools import (
    GOOD,
    columns_of,
    confirm,
    content,
    errors_of,
    saved,
    sheet_of,
    upload,
    workbook,
)
from tests.records.data import make

DIALOGUE = BY_SLUG["dialogue-conference"].model


class KindsCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.an = cls.cast["xa-13369"]
        cls.unit = cls.an.unit

    def setUp(self):
        self.client.force_login(self.an)


class RoundTripTest(KindsCase):
    def export(self, slug) -> bytes:
        return content(self.client.get(f"/ho-so/{BY_SLUG[slug].path}/xuat-excel/"))

    def test_what_is_exported_is_imported_unchanged(self):
        for slug in BY_SLUG:
            with self.subTest(slug):
                make(slug, self.unit, note="Dòng 1\nDòng 2 =1+1", location="=HYPERLINK(1)")
                job = upload(self.client, self.export(slug), slug)
                self.assertEqual((job.state, job.counts), ("checked", {"same": 1}), job.message)

    def test_one_changed_cell_is_one_change(self):
        for slug in BY_SLUG:
            with self.subTest(slug):
                make(slug, self.unit)
                book = openpyxl.load_workbook(io.BytesIO(self.export(slug)))
                headings = [cell.value for cell in book.active[1]]
                book.active.cell(2, headings.index("Ghi chú") + 1).value = "Đã kiểm tra"
                job = upload(self.client, saved(book), slug)
                self.assertEqual(job.counts, {"changed": 1, "changes": 1}, job.message)
                confirm(self.client, job)
                self.assertEqual(BY_SLUG[slug].model.objects.get().note, "Đã kiểm tra")

    def test_recognitions_of_a_model_stay_whatever_the_sheet_says(self):
        slug = "mobilisation-model"
        model = make(slug, self.unit, status="recognised")
        for level, day in (("commune", 10), ("district", 20)):
            model.recognitions.create(
                level=level, decision="5/QĐ", date=datetime.date(2024, 6, day), body="Ủy ban"
            )
        before = list(model.recognitions.order_by("pk").values())
        data = self.export(slug)
        self.assertEqual(upload(self.client, data, slug).counts, {"same": 1})
        book = openpyxl.load_workbook(io.BytesIO(data))
        headings = [cell.value for cell in book.active[1]]
        book.active.cell(2, headings.index("Ghi chú") + 1).value = "Đã kiểm tra"
        job = confirm(self.client, upload(self.client, saved(book), slug))
        self.assertEqual(job.result["changed"], 1)
        self.assertEqual(list(model.recognitions.order_by("pk").values()), before)
        self.client.post(f"/nhap-excel/{job.pk}/hoan-tac/")
        model.refresh_from_db()
        self.assertEqual(model.note, "")
        self.assertEqual(list(model.recognitions.order_by("pk").values()), before)
        template = content(self.client.get(f"/nhap-excel/{slug}/mau/"))
        guide = openpyxl.load_workbook(io.BytesIO(template))["Hướng dẫn"]
        self.assertIn("Quyết định công nhận", guide["A1"].value)

    def test_a_new_row_of_every_kind_equals_the_one_made_by_the_form(self):
        for slug, kind in BY_SLUG.items():
            with self.subTest(slug):
                made = make(slug, self.unit)
                data = self.export(slug)
                made.delete()
                job = confirm(self.client, upload(self.client, data, slug))
                self.assertEqual(job.result["new"], 1, job.message)
                row = kind.model.objects.get()
                for name in (*kind.field_names, "search"):
                    self.assertEqual(getattr(row, name), getattr(made, name), name)
                row.full_clean(exclude=["created_by"])
                if slug == "emerging-issue":
                    self.assertEqual(row.history.count(), 1)

    def test_two_like_rows_go_out_and_come_back(self):
        for _ in range(2):
            make("dialogue-conference", self.unit)
        job = upload(self.client, self.export("dialogue-conference"))
        self.assertEqual(job.counts, {"same": 2})

    def test_the_export_shows_the_list_under_its_filter(self):
        make("dialogue-conference", self.unit, title="Một")
        make("dialogue-conference", self.cast["xa-13363"].unit, title="Của xã khác")
        data = content(self.client.get("/ho-so/hoi-nghi-doi-thoai/xuat-excel/?q=mot"))
        rows = list(openpyxl.load_workbook(io.BytesIO(data)).active.values)
        self.assertEqual([row[4] for row in rows[1:]], ["Một"])
        noted = SecurityEvent.objects.filter(kind=SecurityKind.EXPORT)
        self.assertEqual([event.detail for event in noted], [{"query": "q=mot"}])

    def test_the_template_takes_a_row_and_names_itself(self):
        for slug in BY_SLUG:
            data = content(self.client.get(f"/nhap-excel/{slug}/mau/"))
            book = openpyxl.load_workbook(io.BytesIO(data))
            self.assertEqual(len(book.sheetnames), 3)
            other = next(s for s in BY_SLUG if s != slug)
            job = upload(self.client, data, other)
            self.assertEqual(job.state, "failed")
            self.assertIn("không phải là mẫu", job.message)

    def test_a_workbook_saved_by_libreoffice(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "a.xlsx")
            source.write_bytes(sheet_of(self.an, {}, {"title": "Hai", "attendees": 1140}))
            out = Path(folder, "out")
            command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
            command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out, source]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            job = upload(self.client, (out / "a.xlsx").read_bytes())
        self.assertEqual(job.counts, {"new": 2, "changes": 2}, job.message)


class SameVerdictTest(KindsCase):
    """A row is refused by the import exactly when the model (and so the form) refuses it."""

    CASES = (
        {},
        {"attendees": -1},
        {"attendees": 2_000_000},
        {"opinions": 9},
        {"answered": None, "resolved_later": None, "pending": None},
        {"pending": None},
        {"led_by_secretary": "Không"},
        {"kind": "Hằng ngày"},
        {"kind": None},
        {"title": None},
        {"title": "x" * 301},
        {"start_date": "31/12/2099"},
        {"start_date": "06/05/2019"},
        {"start_date": "31/02/2024"},
        {"end_date": "01/05/2024"},
        {"conclusion_date": "07/05/2024"},
        {"notice_date": "07/05/2024"},
        {"result_date": "05/05/2024"},
        {"note": "x" * 2001},
        {"audience": "Nhân dân", "form": "truc tuyen"},
        {"location": "y" * 300},
    )

    def test_import_and_model_agree(self):
        for changes in self.CASES:
            with self.subTest(changes):
                job = upload(self.client, sheet_of(self.an, changes))
                self.assertEqual(bool(job.counts.get("error")), not self.is_good(changes))

    def is_good(self, changes) -> bool:
        """Ask the model with nothing but django-import-export in between."""
        resource = resource_of(BY_SLUG["dialogue-conference"])(self.an)
        row = {**GOOD, **changes}
        headings = [resource.fields[key].heading for key in row]
        [result] = resource.import_data(Dataset(list(row.values()), headers=headings), dry_run=True)
        self.assertFalse(result.errors)
        return result.import_type == "new"


class AwkwardOfficeTest(KindsCase):
    """Files as offices keep them."""

    def check(self, *rows, **options):
        return upload(self.client, workbook(rows, columns_of(self.an), **options))

    def test_titles_above_totals_and_signatures_below(self):
        job = self.check(
            {**GOOD, "unit": 13369.0},
            above=[["UBND XÃ TIÊN SƠN"], [], ["BẢNG KÊ ĐỐI THOẠI NĂM 2024"]],
            below=[["Tổng cộng", None, None, None, None], [], ["NGƯỜI LẬP BIỂU"]],
        )
        self.assertEqual(job.counts, {"new": 1, "changes": 1}, errors_of(job))
        self.assertIn("dòng tổng", " ".join(job.notices))

    def test_headings_without_marks_case_or_in_other_words(self):
        book = openpyxl.Workbook()
        book.active.append(
            [
                "MA DON VI",
                "Ngày tổ chức",
                " CHỦ  ĐỀ ",
                "Bi thu cap uy chu tri, tham du",
                "Loại đối thoại (*)",
            ]
            + ["Số đại biểu", "Số ý kiến", "trả lời tại hội nghị", "Cột lạ"]
        )
        book.active.append(["13369", "6.5.2024", "Đối thoại", "x", "DINH KY", "1.140", 3, 3, "?"])
        job = upload(self.client, saved(book))
        self.assertEqual(job.counts, {"new": 1, "changes": 1}, (job.message, errors_of(job)))
        self.assertIn("Cột lạ", " ".join(job.notices))
        confirm(self.client, job)
        row = DIALOGUE.objects.get()
        self.assertEqual((row.attendees, row.start_date), (1140, datetime.date(2024, 5, 6)))

    def test_cells_as_people_type_them(self):
        good = {
            "start_date": (
                datetime.date(2024, 5, 6),
                "6/5/2024",
                "06/05/2024 08:30",
                "ngày 06 tháng 5 năm 2024",
                45418,
            ),
            "attendees": ("60", "1.140", "1 140", 60.0, "60\u00a0"),
            "title": ("Đối thoại", "  Đối\u00a0thoại ", "Đối thoại", "Đối thoại​", 2024),
        }
        for name, cells in good.items():
            for cell in cells:
                with self.subTest(name=name, cell=cell):
                    job = self.check({**GOOD, name: cell})
                    self.assertEqual(job.counts, {"new": 1, "changes": 1}, errors_of(job))

    def test_what_is_doubtful_is_asked_never_guessed(self):
        bad = {
            "start_date": ("2024", "13/13/2024", "6/5/24", "hôm qua", True),
            "attendees": ("1.14", "1,140.5", "5,000", 1.14, "-", "năm mươi", "１２", True),
            "led_by_secretary": ("có thể",),
        }
        for name, cells in bad.items():
            for cell in cells:
                with self.subTest(name=name, cell=cell):
                    job = self.check({**GOOD, name: cell})
                    self.assertEqual(job.counts, {"error": 1}, cell)

    def test_everything_wrong_with_a_row_is_told_at_once_and_once(self):
        bad = {**GOOD, "attendees": "1.14", "kind": None, "led_by_secretary": None, "unit": "99999"}
        other = {**GOOD, "start_date": "30/02/2024", "led_by_secretary": "có thể", "title": None}
        job = self.check(bad, other, {**other, "title": "Hai"})
        letters = job.layout["letters"]
        problems = {
            number: [(letters.get(key, ""), message) for key, message, *_ in found]
            for _, (number, _, found) in job.entries("error")
        }
        # by cell, from left to right, the rule on the whole row first
        self.assertEqual([place for place, _ in problems[2]], ["", "A", "I", "J"])
        self.assertIn("chọn một trong: Định kỳ; Đột xuất", problems[2][2][1])
        # a rule that reads a cell nobody could read is not held against the row, nor is it a double
        self.assertEqual([place for place, _ in problems[3]], ["C", "E", "F"])
        self.assertEqual([place for place, _ in problems[4]], ["C", "F"])

    def test_a_choice_nobody_has_to_make_may_be_left_blank(self):
        slug = "mobilisation-model"
        model = make(slug, self.unit, status="running")
        rows = [{"unit": "13369", "start_date": model.start_date, "title": model.title}]
        rows.append({**rows[0], "title": "Mới", "type": "Tập thể", "field": "Phát triển kinh tế"})
        data = workbook(rows, columns_of(self.an, slug))
        job = confirm(self.client, upload(self.client, data, slug, blanks="on"), only_good="on")
        self.assertEqual(model.__class__.objects.get(title="Mới").status, "registered")
        job = upload(self.client, data, slug)
        self.assertEqual(job.counts, {"same": 2}, errors_of(job))
        model.refresh_from_db()
        self.assertEqual(model.status, "running")

    def test_error_cells_and_formulas_without_a_value_are_named(self):
        columns = columns_of(self.an)
        book = openpyxl.load_workbook(io.BytesIO(sheet_of(self.an, {}, {"title": "Hai"})))
        letter = next(i for i, c in enumerate(columns, start=1) if c.key == "attendees")
        cell = book.active.cell(2, letter, "#REF!")
        cell.data_type = "e"
        book.active.cell(3, letter, "=10+50")
        job = upload(self.client, saved(book))
        found = " ".join(errors_of(job).values())
        self.assertEqual(job.counts, {"error": 2})
        self.assertIn("#REF!", found)
        self.assertIn("Công thức chưa có kết quả", found)

    def test_old_fonts_are_named_and_converted_on_request(self):
        for text, name in (
            ("§èi tho¹i víi nh©n d©n", "TCVN3"),
            ("Ñoái thoaïi vôùi nhaân daân", "VNI"),
        ):
            with self.subTest(name):
                job = self.check({**GOOD, "title": text})
                self.assertIn(name, " ".join(errors_of(job).values()))
                page = self.client.get(f"/nhap-excel/{job.pk}/")
                self.assertContains(page, "Chuyển mã sang Unicode</button>")
                self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", {"convert": "1"})
                job = confirm(self.client, ImportJob.objects.get(pk=job.pk))
                self.assertEqual(DIALOGUE.objects.get().title, "Đối thoại với nhân dân")
                DIALOGUE.objects.all().delete()

    def test_a_file_in_an_old_font_is_converted_by_column_but_for_choices_from_the_list(self):
        old = {"title": "Thêi gian", "kind": "§Þnh kú", "led_by_secretary": "Cã"}
        rows = [
            {**GOOD, **old},
            {**GOOD, **old, "title": "§èi tho¹i"},
            {**GOOD, "title": "Hà Nội đó"},
        ]
        send = lambda *rows: upload(  # noqa: E731
            self.client, workbook(rows, columns_of(self.an)), convert="on"
        )
        job = send(*rows)
        self.assertEqual(job.counts, {"new": 3, "changes": 3}, errors_of(job))
        confirm(self.client, job)
        titles = set(DIALOGUE.objects.values_list("title", flat=True))
        self.assertEqual(titles, {"Thời gian", "Đối thoại", "Hà Nội đó"})
        job = send({**rows[0], "attendees": "1.14"}, rows[1])
        self.assertEqual(job.counts, {"error": 1, "same": 1})
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "tai-len/?convert=1")
        page = self.client.get("/nhap-excel/dialogue-conference/tai-len/?convert=1")
        self.assertTrue(page.context["form"]["convert"].value())

    def test_headings_in_old_fonts_are_headings(self):
        for unit, title, day in (
            ("M· ®¬n vÞ", "Chñ ®Ò", "Ngµy b¾t ®Çu"),
            ("Maõ ñôn vò", "Chuû ñeà", "Ngaøy baét ñaàu"),
        ):
            book = openpyxl.load_workbook(io.BytesIO(sheet_of(self.an, GOOD)))
            for cell in book.active[1]:
                named = {"Mã đơn vị": unit, "Chủ đề": title, "Ngày bắt đầu": day}
                cell.value = named.get(cell.value, cell.value)
            book.copy_worksheet(book.active).delete_rows(
                1
            )  # a second sheet: it is chosen by headings
            job = upload(self.client, saved(book))
            self.assertEqual(job.counts, {"new": 1, "changes": 1}, (job.message, errors_of(job)))

    def test_the_same_line_twice_is_told_with_both_numbers(self):
        job = self.check(GOOD, GOOD)
        self.assertEqual(job.counts, {"error": 2})
        told = errors_of(job)
        self.assertIn("dòng 3", told["2"])
        self.assertIn("dòng 2", told["3"])

    def test_a_blank_cell_never_erases_unless_asked(self):
        row = make("dialogue-conference", self.unit, title=GOOD["title"], location="Nhà văn hóa")
        job = self.check({**GOOD, "location": None})
        self.assertEqual(job.counts, {"same": 1})
        data = workbook([{**GOOD, "location": None}], columns_of(self.an))
        job = upload(self.client, data, blanks="on")
        self.assertEqual(job.counts.get("changed"), 1)
        confirm(self.client, job)
        row.refresh_from_db()
        self.assertEqual(row.location, "")

    def test_missing_and_doubled_headings_are_told_before_any_row(self):
        columns = [c for c in columns_of(self.an) if c.key != "attendees"]
        job = upload(self.client, workbook([GOOD], columns))
        self.assertEqual(job.state, "failed")
        self.assertIn("Số người dự", job.message)
        columns = [*columns_of(self.an), columns[2]]
        job = upload(self.client, workbook([GOOD], columns))
        self.assertIn("cùng tiêu đề", job.message)

    def test_the_sheet_is_never_the_one_left_open(self):
        book = openpyxl.load_workbook(io.BytesIO(sheet_of(self.an, {}, title="Số liệu")))
        other = book.create_sheet("Nháp", 0)
        other.append(["Ghi chú", "linh tinh"])
        book.active = 0
        job = upload(self.client, saved(book))
        self.assertEqual(job.counts, {"new": 1, "changes": 1}, job.message)

    def test_a_table_on_a_hidden_sheet_is_asked_to_be_shown(self):
        book = openpyxl.load_workbook(io.BytesIO(sheet_of(self.an, GOOD)))
        book.active.sheet_state = "hidden"
        book.active = book.create_sheet("Ghi chú")
        book.active.append(["Tháng này", "không có gì"])
        job = upload(self.client, saved(book))
        self.assertIn("trang đang ẩn", job.message)

    def test_a_locked_period_refuses_the_row(self):
        world = build_world(self.cast)
        type(world.report).objects.filter(pk=world.report.pk).update(state="approved")
        job = self.check(GOOD, {**GOOD, "start_date": "06/05/2023"})
        self.assertEqual((job.counts.get("error"), job.counts.get("new")), (1, 1))
