"""Nothing is taken for something else: doubts about sheets, tables, rows, cells and headings are asked."""

import datetime
import io

import openpyxl
from django.core.management import CommandError, call_command

from danvan.imports.models import ImportJob
from records.models import DialogueConference, StudyConference, TrainingCourse
from tests.cast import build_world
from tests.imports.offices import HEADS, STUDY, D, add_rows, as_bytes, book, rewritten, study
from tests.imports.test_jobs import ImportCase
from tests.imports.tools import columns_of, confirm, content, errors_of, upload


class DoubtCase(ImportCase):
    def send(self, made, slug=STUDY, **fields) -> ImportJob:
        return upload(self.client, as_bytes(made), slug, **fields)

    def answer(self, job, **answers) -> ImportJob:
        given = {name.replace("_", "-"): value for name, value in answers.items()}
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", given)
        return ImportJob.objects.get(pk=job.pk)

    def asked(self, job) -> dict[str, list[str]]:
        return {q["id"]: [value for value, _ in q["options"]] for q in job.layout["questions"]}

    def told(self, job) -> str:
        return " ".join([*job.notices, *job.layout["read"]])


class SheetsTest(DoubtCase):
    def test_a_second_sheet_of_the_kind_is_asked_about(self):
        made = book(HEADS, study(1), title="Quý I")
        add_rows(made.create_sheet("Quý II"), [HEADS, study(2), study(3)])
        job = self.send(made)
        self.assertEqual(self.asked(job), {"trang": ["Quý I", "Quý II"]})
        self.assertEqual(job.counts, {})
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Trang “Quý II” (2 dòng)")
        self.assertEqual(confirm(self.client, job).state, "checked")
        job = self.answer(job, trang="Quý II")
        self.assertEqual(job.counts, {"new": 2, "changes": 2})
        self.assertIn("Không đọc trang “Quý I” (trang không được chọn).", job.notices)
        self.assertEqual(confirm(self.client, job).result["new"], 2)

    def test_a_hidden_sheet_is_never_preferred_even_with_the_templates_title(self):
        made = book(HEADS, study(1, "Bản nháp"), title="Hội nghị quán triệt")
        made.active.sheet_state = "hidden"
        add_rows(made.create_sheet("Năm 2024"), [HEADS, study(2, "Bản đúng")])
        made.active = 1
        confirm(self.client, job := self.send(made))
        self.assertEqual(StudyConference.objects.get().title, "Bản đúng")
        self.assertIn("“Hội nghị quán triệt” (đang ẩn", self.told(job))

    def test_every_other_sheet_is_named_with_its_reason(self):
        made = book(HEADS, study(1))
        add_rows(made.create_sheet("Ghi nhớ"), [["Gọi lại xã"]])
        add_rows(made.create_sheet("Thiếu"), [HEADS[:3], study(2)[:3]])
        made.create_sheet("Trống")
        told = self.told(self.send(made))
        self.assertIn("“Ghi nhớ” (không có bảng của mẫu này)", told)
        self.assertIn("“Thiếu” (thiếu cột “Số người dự”)", told)
        self.assertIn("“Trống” (trang trống)", told)


class TablesTest(DoubtCase):
    def two(self):
        wide = (*HEADS, "Trong đó đảng viên", "Địa điểm")
        return book(
            ["6 tháng đầu năm"], HEADS, study(1), study(2), [],
            ["6 tháng cuối năm"], wide, (*study(3), 5, "Hội trường"), study(4),
        )  # fmt: skip

    def test_two_tables_on_a_sheet_are_asked_about_and_both_read_on_request(self):
        job = self.send(self.two())
        self.assertEqual(self.asked(job), {"bang": ["tat-ca", "1", "2"]})
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "6 tháng cuối năm")
        job = confirm(self.client, self.answer(job, bang="tat-ca"))
        self.assertEqual(job.result["new"], 4, job.message)
        third = StudyConference.objects.get(title="Nghị quyết 3")
        self.assertEqual((third.party_members, third.location), (5, "Hội trường"))
        self.assertIn("6 tháng cuối năm", self.told(job))

    def test_the_table_left_out_is_named_with_its_rows(self):
        job = self.answer(self.send(self.two()), bang="1")
        self.assertEqual(job.counts["new"], 2)
        self.assertIn("dòng 7–9 (bảng không được chọn", self.told(job))

    def test_an_error_in_the_second_table_has_the_address_of_its_own_column(self):
        made = book(HEADS, study(1), [], HEADS[::-1], study(2, people="nhiều")[::-1])
        job = self.answer(self.send(made), bang="tat-ca")
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "<b>A5</b>", html=True)

    def test_rows_of_a_table_of_another_kind_below_are_no_rows_of_this_one(self):
        made = book(HEADS, study(1), [], ["Hình thức", "Số người dự"], ["Trực tiếp", 10])
        job = self.send(made)
        self.assertEqual(job.counts, {"new": 1, "changes": 1}, errors_of(job))
        self.assertIn("dòng 4–5 (bảng thiếu cột", self.told(job))


class HiddenTest(DoubtCase):
    def test_hidden_and_filtered_rows_are_said_and_asked_about(self):
        made = book(HEADS, study(1), study(2, "Dòng ẩn"), study(3))
        made.active.row_dimensions[3].hidden = True
        made.active.column_dimensions["D"].hidden = True
        job = self.send(made)
        self.assertEqual(self.asked(job), {"dong-an": ["doc", "bo"]})
        self.assertEqual(self.answer(job, dong_an="doc").counts["new"], 3)
        job = self.answer(job, dong_an="bo")
        self.assertEqual(job.counts["new"], 2)
        self.assertIn("Không đọc dòng 3 (dòng ẩn", self.told(job))
        self.assertIn("Cột D đang ẩn", self.told(job))

    def test_a_row_of_no_height_is_hidden(self):
        made = book(HEADS, study(1), study(2))
        made.active.row_dimensions[3].height = 99
        data = rewritten(as_bytes(made), 'ht="99"', 'ht="0"')
        self.assertIn("dong-an", self.asked(upload(self.client, data, STUDY)))

    def test_an_answer_that_is_none_leaves_the_question_open(self):
        made = book(HEADS, study(1), study(2))
        made.active.row_dimensions[3].hidden = True
        job = self.answer(self.send(made), dong_an="có lẽ")
        self.assertEqual(len(job.open_questions), 1)
        job = confirm(self.client, job)
        self.assertEqual((job.state, StudyConference.objects.count()), ("checked", 0))


class MergedTest(DoubtCase):
    def test_a_date_merged_over_rows_is_asked_about_never_dropped(self):
        rows = [study(1), (None, *study(2)[1:])]
        job = self.send(book(HEADS, *rows, merged=("A2:A3",)))
        self.assertEqual(self.asked(job), {"gop-A": ["moi-dong", "dong-dau"]})
        first = self.answer(job, gop_A="dong-dau")
        self.assertEqual(list(errors_of(first)), ["A3"])
        job = confirm(self.client, self.answer(job, gop_A="moi-dong"))
        self.assertEqual(job.result["new"], 2)
        days = set(StudyConference.objects.values_list("start_date", flat=True))
        self.assertEqual(days, {datetime.date(2024, 3, 1)})

    def test_a_number_merged_over_two_columns_is_no_number_of_one(self):
        heads = (*HEADS, "Trong đó đảng viên")
        job = self.send(book(heads, study(1), (*study(2), None), merged=("D3:E3",)))
        self.assertIn("Ô gộp D3:E3", errors_of(job)["D3"])


class CommandTest(DoubtCase):
    def run_it(self, made, **options):
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.xlsx")
            path.write_bytes(as_bytes(made))
            call_command("import_records", STUDY, str(path), user="xa-13369", **options)

    def test_a_question_is_an_error_until_it_is_answered(self):
        made = book(HEADS, study(1), study(2))
        made.active.row_dimensions[3].hidden = True
        with self.assertRaisesMessage(CommandError, "in several ways"):
            self.run_it(made)
        with self.assertRaisesMessage(CommandError, "ID=VALUE"):
            self.run_it(made, answer=["dong-an"])
        self.assertEqual(StudyConference.objects.count(), 0)
        self.run_it(made, answer=["dong-an=doc"])
        self.assertEqual(StudyConference.objects.count(), 2)


class HeadingsTest(DoubtCase):
    TOP = ("STT", "Ngày bắt đầu", "Chủ đề", "Chủ tịch UBND chủ trì, tham dự", "Loại đối thoại")
    TOP += ("Số người dự", "Số ý kiến, kiến nghị", "Kết quả giải quyết", None, None, "Ghi chú")
    LOW = ("Trả lời tại hội nghị", "Giải quyết sau hội nghị", "Đang giải quyết")
    ROW = (1, D(2024, 3, 5), "Đất đai", "x", "Định kỳ", 120, 10, 4, 3, 3, "ghi")

    def dialogue(self, low=LOW, merged=("H1:J1", "A1:A2", "K1:K2"), top=TOP, above=()):
        lower = [*[None] * 7, *low, None]
        return book(*above, top, lower, self.ROW, merged=merged)

    def check(self, made):
        job = confirm(self.client, self.send(made, "dialogue-conference"))
        self.assertEqual(job.state, "done", (job.message, job.layout.get("questions")))
        row = DialogueConference.objects.get()
        self.assertEqual((row.answered, row.resolved_later, row.pending), (4, 3, 3))
        self.assertEqual((row.note, row.attendees), ("ghi", 120))

    def test_headings_over_two_rows_are_read_merged_or_not(self):
        for merged in (("H1:J1", "A1:A2", "K1:K2"), ("H1:J1",), ()):
            with self.subTest(merged):
                self.check(self.dialogue(merged=merged))
                DialogueConference.objects.all().delete()

    def test_names_below_and_groups_above_are_read_as_well(self):
        top = ["Chung", *[None] * 6, "Kết quả", None, None, "Khác"]
        low = [*self.TOP[:7], *self.LOW, "Ghi chú"]
        made = book(["BẢNG KÊ"], top, low, self.ROW, merged=("A1:K1", "A2:G2", "H2:J2"))
        self.check(made)

    def test_a_column_nobody_knows_below_a_group_is_asked_about(self):
        low = ("Tại chỗ", *self.LOW[1:])
        job = self.send(self.dialogue(low), "dialogue-conference")
        (options,) = self.asked(job).values()
        self.assertIn("answered", options)
        self.check_answered(job)

    def check_answered(self, job):
        job = self.answer(job, **{"cot-1H": "answered"})
        self.assertEqual(confirm(self.client, job).result["new"], 1)
        self.assertEqual(DialogueConference.objects.get().answered, 4)

    def test_a_group_that_changes_the_meaning_is_asked_about(self):
        top = (*HEADS[:3], "Kế hoạch", "Thực hiện")
        made = book(top, (None, None, None, "Số người dự", "Địa điểm"), (*study(1), "Nhà văn hóa"))
        self.assertEqual(list(self.asked(self.send(made)).values()), [["attendees", "-"]])

    def test_words_that_change_the_meaning_are_asked_about(self):
        for words in ("(nữ)", "(năm 2023)", "(kế hoạch)", "(so với cùng kỳ)", "%", "(trẻ em)"):
            with self.subTest(words):
                made = book((*HEADS[:3], f"Số người dự {words}"), study(1))
                job = self.send(made)
                self.assertEqual(list(self.asked(job).values()), [["attendees", "-"]])
                self.assertEqual(job.counts, {})

    def test_words_that_change_nothing_are_not(self):
        for words in ("*", "(*)", "(người)", "(1)", "(bắt buộc)"):
            with self.subTest(words):
                job = self.send(book((*HEADS[:3], f"Số người dự {words}"), study(1)))
                self.assertEqual((self.asked(job), job.counts["new"]), ({}, 1))

    def test_the_preview_says_which_rows_and_columns_were_used(self):
        job = self.send(self.dialogue(), "dialogue-conference")
        page = self.client.get(f"/nhap-excel/{job.pk}/")
        self.assertContains(page, "Đã đọc trang “Sheet1”: 1 dòng dữ liệu, từ dòng 3 đến dòng 3")
        self.assertContains(page, "Tiêu đề ở dòng 1–2")
        self.assertContains(page, "H Kết quả giải quyết – Trả lời tại hội nghị")


class LinesTest(DoubtCase):
    def check(self, *rows, new, told=()):
        job = self.send(book(("STT", *HEADS), *rows))
        self.assertEqual(
            (job.counts.get("new"), job.counts.get("error")), (new, None), errors_of(job)
        )
        for words in told:
            self.assertIn(words, self.told(job))

    def test_rows_after_a_subtotal_in_the_middle_are_rows(self):
        good = [(n, *study(n)) for n in range(1, 5)]
        total = (None, "Cộng", None, None, 20)
        self.check(good[0], good[1], total, good[2], total, good[3], new=4, told=["dòng 4 và 6"])
        job = self.send(book(("STT", *HEADS), good[0], total, (2, None, "Chỉ thị", "Trực tiếp", 5)))
        self.assertEqual(list(errors_of(job)), ["B4"], "a row without its day is an error, no note")

    def test_totals_in_words_and_with_counts(self):
        for words in ("Tổng số: 2 hội nghị", "TỔNG CỘNG", "Cộng quý I", "Tổng (I+II)", "Toàn xã"):
            with self.subTest(words):
                self.check((1, *study(1)), (words, None, None, None, 10), new=1, told=["dòng tổng"])

    def test_titles_that_only_begin_like_totals_are_rows(self):
        for title in ("Tổng kết 10 năm", "Cộng tác viên dân vận", "Tổng hợp ý kiến"):
            with self.subTest(title):
                self.check((1, *study(1, title)), new=1)

    def test_a_signature_without_a_total(self):
        below = (
            [],
            ["", "Tiên Sơn, ngày 20 tháng 12 năm 2024"],
            ["NGƯỜI LẬP BIỂU", "", "CHỦ TỊCH"],
        )
        below += (["(Ký, ghi rõ họ tên)"], [], ["Nguyễn Văn A", "", "Trần Thị B"])
        self.check((1, *study(1)), *below, new=1, told=["dòng 4–6 và 8 (chữ ký"])

    def test_group_titles_and_numbering(self):
        numbers = ("(1)", "(2)", "(3)", "(4)", "5=6+7")
        groups = [("I", "Quý I"), ("II", "Quý II", None, None, 20), ("6 tháng cuối năm",)]
        self.check(
            numbers, groups[0], (1, *study(1)), groups[1], (2, *study(2)), groups[2], (3, *study(3)),
            new=3, told=["dòng 2 (số thứ tự cột", "dòng 3, 5 và 7 (tiêu đề nhóm"],
        )  # fmt: skip

    def test_rows_with_nothing_but_a_number_are_said_to_be_left_out(self):
        self.check((1, *study(1)), (2,), (3,), new=1, told=["dòng 3–4 (chỉ có số thứ tự"])


class CellsTest(DoubtCase):
    HEADS = (*HEADS, "Trong đó đảng viên", "Ghi chú")

    def test_two_numbers_on_two_lines_are_not_one(self):
        for text in ("5\n120", "5   120", "5\t120"):
            with self.subTest(text):
                job = self.send(book(HEADS, study(1, people=text)))
                self.assertEqual(list(errors_of(job)), ["D2"])

    def test_numbers_formatted_as_something_else(self):
        for fmt, value in (("0%", 1), ("#,##0,", 5000), ('0" nghìn"', 5), (";;;", 5)):
            with self.subTest(fmt):
                made = book(HEADS, study(1, people=value))
                made.active["D2"].number_format = fmt
                self.assertEqual(list(errors_of(self.send(made))), ["D2"])
        made = book(HEADS, study(1, people=5))
        made.active["D2"].number_format = '#,##0" người"'
        self.assertEqual(self.send(made).counts["new"], 1)

    def test_a_percentage_is_what_the_cell_shows(self):
        made = book(
            ("Năm đánh giá", "Xếp loại", "Điểm (0–100)", "Hình thức đánh giá"),
            (2023, "Tốt", 0.95, "Tự đánh giá"), (2024, "Tốt", 1, "Tự đánh giá"),
        )  # fmt: skip
        made.active["C2"].number_format = made.active["C3"].number_format = "0%"
        job = confirm(self.client, self.send(made, "friendly-government"))
        from records.models import FriendlyGovAssessment

        scores = FriendlyGovAssessment.objects.order_by("year").values_list("score", flat=True)
        self.assertEqual(list(scores), [95, 100], job.message)

    def test_a_date_in_a_column_of_text_is_asked_about_and_a_number_noticed(self):
        made = book(self.HEADS, (*study(1), 5, D(2024, 12, 5)), (*study(2), 5, 7))
        job = self.send(made)
        self.assertEqual(list(errors_of(job)), ["F2"])
        self.assertEqual(self.asked(job), {"ngay-F": ["nhu-o", "sua"]})
        self.assertIn("F3 “7”", self.told(job))
        job = confirm(self.client, self.answer(job, **{"ngay-F": "nhu-o"}))
        notes = set(StudyConference.objects.values_list("note", flat=True))
        self.assertEqual(notes, {"05/12/2024", "7"})

    def test_zeros_in_front_that_the_cell_shows_are_kept(self):
        made = book(self.HEADS, (*study(1), 5, 7))
        made.active["F2"].number_format = "000"
        confirm(self.client, self.send(made))
        self.assertEqual(StudyConference.objects.get().note, "007")

    def test_bare_day_numbers_follow_the_date_system_of_the_workbook(self):
        for epoch in (openpyxl_epoch("WINDOWS_1900"), openpyxl_epoch("MAC_1904")):
            made = book(HEADS, study(1))
            made.epoch = epoch
            serial = (datetime.datetime(2024, 3, 1) - epoch).days
            made.active["A2"].value, made.active["A2"].number_format = serial, "General"
            confirm(self.client, self.send(made))
            self.assertEqual(StudyConference.objects.get().start_date, D(2024, 3, 1), epoch)
            StudyConference.objects.all().delete()

    def test_an_error_typed_as_text_goes_round_and_an_error_cell_does_not(self):
        made = book(self.HEADS, (*study(1), 5, "x"))
        made.active["F2"].value = "#N/A"
        made.active["F2"].data_type = "s"
        confirm(self.client, self.send(made))
        self.assertEqual(StudyConference.objects.get().note, "#N/A")
        out = self.client.get("/ho-so/hoi-nghi-quan-triet/xuat-excel/")
        job = upload(self.client, b"".join(out.streaming_content), STUDY)
        self.assertEqual(job.counts, {"same": 1})


def openpyxl_epoch(name: str) -> datetime.datetime:
    from openpyxl.utils import datetime as days

    return getattr(days, f"CALENDAR_{name}")


class EncodingTest(DoubtCase):
    HEADS = ("Ngày bắt đầu", "Tên lớp", "Đơn vị chủ trì", "Nội dung", "Số lượt người dự")

    def course(self, *titles):
        rows = [(D(2024, 3, n), t, "Ban dân vận", "Khác", 10) for n, t in enumerate(titles, 1)]
        return self.send(book(self.HEADS, *rows, title="Lớp tập huấn"), "training-course")

    def test_short_titles_of_an_old_font_are_known_by_their_column(self):
        job = self.course("Phô n÷", "Héi nghÞ", "Líp 1")
        self.assertEqual(list(errors_of(job)), ["B2", "B3", "B4"])
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", {"convert": "1"})
        confirm(self.client, ImportJob.objects.get(pk=job.pk))
        titles = set(TrainingCourse.objects.values_list("title", flat=True))
        self.assertEqual(titles, {"Phụ nữ", "Hội nghị", "Lớp 1"})

    def test_letters_that_are_lost_are_never_stored(self):
        job = self.course("Táº\xadp huáº¥n", "Thá»�i sá»±", "Lá»›p 1")
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", {"convert": "1"})
        job = ImportJob.objects.get(pk=job.pk)
        self.assertEqual(list(errors_of(job)), ["B3"])
        self.assertIn("mất ký tự", errors_of(job)["B3"])
        self.assertEqual(list(errors_of(self.course("Học � tập"))), ["B2"])


class DoubleTest(DoubtCase):
    def test_both_lines_of_a_double_are_flagged_whatever_the_capitals(self):
        rows = [study(1), study(2), study(1), study(2, "NGHỊ QUYẾT 2"), study(5)]
        job = self.send(book(HEADS, *rows))
        self.assertEqual(job.counts, {"new": 1, "changes": 1, "error": 4})
        self.assertEqual(list(errors_of(job)), ["2", "3", "4", "5"])
        job = confirm(self.client, job, only_good="on")
        self.assertEqual((job.result["new"], StudyConference.objects.count()), (1, 1))


class TemplateTest(DoubtCase):
    def test_columns_of_text_are_cells_of_text(self):
        for slug in ("study-conference", "dialogue-conference", "values"):
            period = build_world(self.cast).period.pk if slug == "values" else ""
            data = content(self.client.get(f"/nhap-excel/{slug}/mau/?period={period}"))
            sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
            columns = columns_of(self.an, slug, period=period)
            for index, column in enumerate(columns, 1):
                letter = openpyxl.utils.get_column_letter(index)
                expected = column.fmt or "@"
                self.assertEqual(sheet.column_dimensions[letter].number_format, expected)
                if slug == "values":
                    self.assertEqual(sheet.cell(4, index).number_format, expected, column.heading)
