"""What only a whole column or the whole file tells: days swapped, hundredths, other places and other years."""

from openpyxl.styles import Font

from danvan.imports.models import ImportJob
from records.models import FriendlyGovAssessment, StudyConference, TrainingCourse
from reports.models import Value
from reports.workflow.periods import open_period
from tests.imports.offices import HEADS, D, add_rows, as_bytes, book, study
from tests.imports.test_doubts import DoubtCase
from tests.imports.test_value_doubts import MEETINGS, FiguresCase
from tests.imports.tools import confirm, content, errors_of, upload
from tests.sheets.encodings import as_tcvn3


class DaysTest(DoubtCase):
    def days(self, *days, fmt=""):
        made = book(HEADS, *((d, f"Nghị quyết {n}", "Trực tiếp", 10) for n, d in enumerate(days)))
        for row in range(2, len(days) + 2) if fmt else ():
            made.active.cell(row, 1).number_format = fmt
        return self.send(made)

    def stored(self, job) -> list:
        done = confirm(self.client, job)
        self.assertEqual(done.state, "done", (done.message, errors_of(done)))
        return list(StudyConference.objects.order_by("title").values_list("start_date", flat=True))

    def test_days_an_english_excel_swapped_are_asked_about(self):
        job = self.days(D(2024, 5, 12), "25/12/2024", D(2024, 3, 4))
        self.assertEqual(self.asked(job), {"ngay-thang-A": ["nhu-o", "dao"]})
        self.assertEqual(confirm(self.client, job).state, "checked")
        swapped = self.stored(self.answer(job, **{"ngay-thang-A": "dao"}))
        self.assertEqual(swapped, [D(2024, 12, 5), D(2024, 12, 25), D(2024, 4, 3)])
        StudyConference.objects.all().delete()
        kept = self.answer(self.days(D(2024, 5, 12), "25/12/2024"), **{"ngay-thang-A": "nhu-o"})
        self.assertEqual(self.stored(kept), [D(2024, 5, 12), D(2024, 12, 25)])

    def test_months_before_days_are_asked_about(self):
        job = self.days("05/12/2024", "12/25/2024", D(2024, 2, 3))
        self.assertEqual(list(self.asked(job)), ["ngay-thang-A"])
        self.assertEqual(list(errors_of(job)), ["A3"])
        swapped = self.stored(self.answer(job, **{"ngay-thang-A": "dao"}))
        self.assertEqual(swapped, [D(2024, 5, 12), D(2024, 12, 25), D(2024, 3, 2)])

    def test_days_of_one_kind_are_not_asked_about(self):
        for days in (
            (D(2024, 5, 12), D(2024, 3, 4)),
            (D(2024, 5, 12), "25/12/2024", D(2024, 3, 20)),
            (D(2024, 5, 12), "25/12/2024", "05/12/2024"),
            ("05/12/2024", "25/12/2024", "6.3.2024"),
            (D(2024, 5, 5), "25/12/2024"),
        ):
            with self.subTest(days):
                self.assertEqual(self.asked(self.days(*days)), {})

    def test_a_year_that_excel_made_up_is_asked_about(self):
        for fmt in ("d-mmm", "dd/mm"):
            job = self.days(D(2024, 12, 5), fmt=fmt)
            self.assertEqual(self.asked(job), {"nam-A": ["nhu-o", "sua"]})
            self.assertEqual(list(errors_of(job)), ["A2"])
            self.assertEqual(self.answer(job, nam_A="sua").counts, {"error": 1})
        self.assertEqual(self.stored(self.answer(job, nam_A="nhu-o")), [D(2024, 12, 5)])
        for fmt in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm", "d-mmm-yy"):
            self.assertEqual(self.asked(self.days(D(2024, 12, 6), fmt=fmt)), {}, fmt)

    def test_a_day_in_a_column_of_text_is_stored_as_the_cell_shows_it(self):
        for fmt, shown in (("d-mmm", "05/12"), ("mmm-yy", "12/2024")):
            made = book((*HEADS, "Ghi chú"), (*study(1), D(2024, 12, 5)))
            made.active["E2"].number_format = fmt
            job = self.send(made)
            self.assertEqual(list(self.asked(job)), ["ngay-E"], fmt)
            confirm(self.client, self.answer(job, **{"ngay-E": "nhu-o"}))
            self.assertEqual(StudyConference.objects.get().note, shown)
            StudyConference.objects.all().delete()


class PointsTest(DoubtCase):
    HEADS = ("Năm đánh giá", "Xếp loại", "Điểm (0–100)", "Hình thức đánh giá")

    def scores(self, *scores, fmt="General"):
        rows = [(2021 + n, "Tốt", score, "Tự đánh giá") for n, score in enumerate(scores)]
        made = book(self.HEADS, *rows)
        for row in range(2, len(rows) + 2):
            made.active.cell(row, 3).number_format = fmt
        return self.send(made, "friendly-government")

    def stored(self, job) -> list:
        confirm(self.client, job)
        rows = FriendlyGovAssessment.objects.order_by("year")
        return [float(score) for score in rows.values_list("score", flat=True)]

    def test_hundredths_without_a_percent_format_are_asked_about(self):
        for scores in ((0.95, 1), (0.95, 90), ("0,95", 1)):
            job = self.scores(*scores)
            self.assertEqual(self.asked(job), {"phan-tram-C": ["nhu-o", "phan-tram"]}, scores)
        asked = self.answer(self.scores(0.95, 1, "0,5", 80), **{"phan-tram-C": "phan-tram"})
        self.assertEqual(self.stored(asked), [95, 100, 50, 80])
        self.assertEqual(self.asked(self.scores(95, 0, 100, 1.5)), {})

    def test_points_are_stored_as_they_stand_where_their_owner_says_so(self):
        job = self.answer(self.scores(0.95, 1), **{"phan-tram-C": "nhu-o"})
        self.assertEqual(self.stored(job), [0.95, 1])

    def test_a_sign_of_percent_that_only_stands_beside_the_number_changes_nothing(self):
        self.assertEqual(self.stored(self.scores(95.5, 90, fmt='0.0"%"')), [95.5, 90])


class WhoseTest(DoubtCase):
    def test_places_as_titles_above_rows_say_whose_they_are(self):
        for other in ("Xã Yên Nam", "1. Xã Yên Nam", "II. PHƯỜNG ĐỒNG VĂN"):
            with self.subTest(other):
                rows = [[other], study(1), ["Quý II"], study(2), ["Xã Tiên Sơn"], study(3)]
                job = self.send(book(HEADS, *rows))
                self.assertEqual(list(errors_of(job)), ["3", "5"], "Quý II is still theirs")
                self.assertEqual(job.counts["new"], 1)

    def test_a_row_without_a_name_below_another_units_is_no_own_row(self):
        heads = ("Đơn vị", *HEADS)
        rows = [("Xã Tiên Sơn", *study(1)), (None, *study(2))]
        self.assertEqual(self.send(book(heads, *rows)).counts["new"], 2)
        rows += [("Xã Yên Nam", *study(3)), (None, *study(4)), ("Tiên Sơn", *study(5))]
        job = self.send(book(heads, *rows))
        self.assertEqual((job.counts["new"], job.counts["error"]), (3, 2))
        self.assertIn("dòng trên ghi “Xã Yên Nam”", " ".join(errors_of(job).values()))
        rows = [(13384, *study(1)), (None, *study(2)), (13369, *study(3)), (None, *study(4))]
        job = self.send(book(("Mã đơn vị", *HEADS), *rows))
        self.assertEqual((job.counts["new"], list(errors_of(job))), (2, ["A2", "A3"]))

    def test_another_place_in_the_names_of_file_and_sheet_or_below_the_table_is_asked_about(self):
        signed = ([], [None, "Yên Nam, ngày 20 tháng 12 năm 2024"], ["TM. UBND XÃ YÊN NAM"])
        for made, name in (
            (book(HEADS, study(1)), "BC_xa Yen Nam.xlsx"),
            (book(HEADS, study(1), title="Yên Nam"), "a.xlsx"),
            (book(["YÊN NAM"], HEADS, study(1)), "a.xlsx"),
            (book(HEADS, study(1), *signed), "a.xlsx"),
            (book(("Mã đơn vị", *HEADS), (None, *study(1)), *signed), "a.xlsx"),
        ):
            job = self.send(made, name=name)
            self.assertEqual(self.asked(job), {"dau-bang": ["dung"]})
            self.assertEqual(confirm(self.client, job).state, "checked")
        job = self.answer(job, dau_bang="dung")
        self.assertEqual(confirm(self.client, job).result["new"], 1)

    def test_the_own_place_and_those_above_are_not(self):
        signed = ([], ["Tiên Sơn, ngày 20 tháng 12 năm 2024"], ["TM. UBND XÃ TIÊN SƠN"])
        made = book(["THỊ XÃ DUY TIÊN"], HEADS, study(1), *signed)
        self.assertEqual(self.asked(self.send(made)), {})
        signed = ([], [None, "Yên Nam, ngày 20 tháng 12 năm 2024"])
        made = book(("Mã đơn vị", *HEADS), ("13369", *study(1)), *signed)
        self.assertEqual(self.asked(self.send(made)), {}, "a code says whose the row is")


class CapitalsTest(DoubtCase):
    def test_a_font_of_capitals_goes_through_an_import(self):
        heads = ("Ngày bắt đầu", "Tên lớp", "Đơn vị chủ trì", "Nội dung", "Số lượt người dự")
        titles = ("bồi dưỡng nghiệp vụ", "hội nghị", "lớp 1")
        rows = [(D(2024, 3, n), t, "ban dân vận", "Khác", 10) for n, t in enumerate(titles, 1)]
        rows = [[as_tcvn3(c) if isinstance(c, str) else c for c in row] for row in (heads, *rows)]
        made = book(*rows, title="Lop")
        for row in made.active.iter_rows():
            for cell in row:
                cell.font = Font(name=".VnTimeH")
        job = self.send(made, "training-course")
        self.assertIn("“BỒI DƯỠNG NGHIỆP VỤ”", errors_of(job)["B2"])
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", {"convert": "1"})
        confirm(self.client, ImportJob.objects.get(pk=job.pk))
        stored = set(TrainingCourse.objects.values_list("title", flat=True))
        self.assertEqual(stored, {title.upper() for title in titles})


class FiguresTest(FiguresCase):
    HEAD = ("TT", "Mã", "Chỉ tiêu", "ĐVT", "Kết quả")
    LINES = (
        (1, "QT01", "Số văn bản", "văn bản", 50),
        (2, "QT02", MEETINGS, "hội nghị", 40),
        (3, "TD01", "Số buổi", "buổi", 10),
    )
    WIDE = (["QT01", "QT02"], [50, 40])

    def test_the_code_of_one_beside_the_name_of_another_is_asked_about(self):
        job = self.send([f"QT03 {MEETINGS}", "QT01"], [5, 6])
        self.assertEqual(self.asked(job), {"cot-1A": ["QT03", "QT02", "-"]})
        job = self.send(self.HEAD, *self.LINES, (4, "QT03", MEETINGS, "hội nghị", 12))
        self.assertEqual(self.asked(job), {"dong-5": ["QT03", "QT02", "-"]})
        self.assertEqual(self.stored(self.answer(job, **{"dong-5": "QT03"}))["QT03"], 12)

    def test_words_of_the_own_name_do_not_excuse_others(self):
        for above in ("Cùng kỳ", "Kỳ trước", "Chưa giải quyết"):
            job = self.send(
                ["", above, None], ["QT01", "TD01", "Diễn giải"], [5, 6, None], merged=("B1:C1",)
            )
            self.assertEqual(self.asked(job), {"cot-1B": ["TD01", "-"]}, above)

    def test_a_part_of_the_year_and_several_years_are_asked_about(self):
        for title in (
            *("BÁO CÁO QUÝ I NĂM 2024", "BÁO CÁO 6 THÁNG ĐẦU NĂM 2024", "Số liệu tháng 11/2024"),
            *("GIAI ĐOẠN 2021–2024", "từ năm 2021 đến hết năm 2024"),
        ):
            self.assertEqual(self.asked(self.send([title], *self.WIDE)), {"nam": ["dung"]}, title)
        for name in ("So lieu 2021-2024.xlsx", "Quý 3.xlsx"):
            self.assertEqual(list(self.asked(self.send(*self.WIDE, name=name))), ["nam"], name)
        self.assertEqual(list(self.asked(self.send(*self.WIDE, title="Quý I"))), ["nam"])
        for title in ("Tiên Sơn, ngày 5 tháng 1 năm 2025", "QUY CHẾ 2024", "12 tháng năm 2024"):
            self.assertEqual(self.asked(self.send([title], *self.WIDE)), {}, title)

    def test_a_column_of_years_tells_whose_year_a_row_is_of(self):
        for heading, year in (
            ("Năm", 2023),
            ("Năm báo cáo", "Số liệu 2023"),
            ("Kỳ báo cáo", "BC quý I"),
        ):
            job = self.send([heading, *self.WIDE[0]], [year, *self.WIDE[1]])
            self.assertEqual(list(errors_of(job)), ["A2"], year)
        job = self.send(["Năm", *self.WIDE[0]], [2024, *self.WIDE[1]])
        self.assertEqual(self.stored(job), {"QT01": 50, "QT02": 40})

    def test_an_export_of_another_kind_of_period_is_asked_about(self):
        half = open_period(2024, actor=self.cast["tinh"], kind="half")
        out = content(self.client.get(f"/bao-cao/ky/{half.pk}/so-lieu/"))
        self.assertEqual(
            list(self.asked(upload(self.client, out, "values", period=self.period.pk))), ["nam"]
        )
        self.assertEqual(self.asked(upload(self.client, out, "values", period=half.pk)), {})
        out = content(self.client.get(f"/bao-cao/ky/{self.period.pk}/so-lieu/"))
        job = upload(self.client, out, "values", period=half.pk)
        self.assertEqual(list(self.asked(job)), ["nam"])

    def two(self, second):
        made = book(self.HEAD, *self.LINES, title="Biểu 1")
        add_rows(made.create_sheet("Biểu 2"), second)
        return upload(self.client, as_bytes(made), "values", period=self.period.pk)

    def test_several_sheets_of_figures_are_asked_about_whichever_way_they_run(self):
        lines = [(n, f"DT0{n}", "", "", n) for n in range(1, 5)]
        for second, stored in (
            ([self.HEAD, *lines], {"DT01": 1, "DT02": 2, "DT03": 3, "DT04": 4}),
            (self.WIDE, {"QT01": 50, "QT02": 40}),
        ):
            job = self.two(second)
            self.assertEqual(sorted(*self.asked(job).values()), ["Biểu 1", "Biểu 2"])
            job = self.answer(job, trang="Biểu 2")
            self.assertIn("Không đọc trang “Biểu 1” (trang không được chọn).", job.notices)
            self.assertEqual(self.stored(job), stored)
            Value.objects.all().delete()

    def test_lines_with_figures_that_are_no_indicators_are_asked_about(self):
        lost = [(4, None, "Số cuộc giao ban", "cuộc", 12), (5, "Cộng", None, None, 3)]
        job = self.send(self.HEAD, *self.LINES, *lost, (None, None, "Ghi chú chung", None, None))
        self.assertEqual(self.asked(job), {"dong-la": ["bo"]})
        (asked,) = job.layout["questions"]
        self.assertIn("Dòng 5 có số liệu", asked["text"])
        self.assertEqual(len(self.stored(self.answer(job, dong_la="bo"))), 3)

    def test_names_that_nobody_knows_beside_codes_are_no_figures(self):
        job = self.send(self.HEAD, *((n, code, "Gọi khác", "", n) for n, code, *_ in self.LINES))
        self.assertEqual(self.asked(job), {})
        self.assertEqual(self.stored(job), {"QT01": 1, "QT02": 2, "TD01": 3})

    def test_a_hidden_column_of_figures_is_asked_about(self):
        made = book(self.HEAD, *self.LINES)
        made.active.column_dimensions["E"].hidden = True
        job = upload(self.client, as_bytes(made), "values", period=self.period.pk)
        self.assertEqual(self.asked(job), {"cot-so-lieu": ["E"]})
        self.assertIn("đang ẩn", job.layout["questions"][0]["options"][0][1])
        self.assertEqual(self.stored(self.answer(job, cot_so_lieu="E"))["QT01"], 50)

    def test_figures_merged_over_lines_are_errors(self):
        job = self.send(self.HEAD, *self.LINES, merged=("E2:E3",))
        self.assertIn("Ô gộp E2:E3", " ".join(errors_of(job).values()))
        self.assertEqual(job.counts, {"error": 1})

    def test_a_heading_that_says_more_than_whose_a_column_is_is_asked_about(self):
        self.client.force_login(self.cast["huyen-349"])
        lines = [(code, "", 5, 7) for code in ("QT01", "QT02", "TD01")]
        for words in ("năm 2023", "(KH)", "quý I"):
            job = self.send(("Mã", "Chỉ tiêu", f"Xã Tiên Sơn {words}", "13363"), *lines)
            self.assertEqual(self.asked(job), {"cot-C": ["dung", "-"]}, words)
        confirm(self.client, self.answer(job, cot_C="-"))
        self.assertEqual(Value.objects.filter(report=self.report).count(), 0)
        self.assertEqual(Value.objects.count(), 3)
        job = self.send(("Mã", "Chỉ tiêu", "UBND Xã Tiên Sơn năm 2024", "13363"), *lines)
        self.assertEqual(self.asked(job), {})

    def test_a_line_that_is_the_sum_of_the_units_below_is_asked_about(self):
        self.client.force_login(self.cast["huyen-349"])
        rows = [("Xã Tiên Sơn", 50, 4), ("Xã Tiên Ngoại", 20, 3), ("Thị xã Duy Tiên", 70, 1)]
        job = self.send(("Đơn vị", "QT01", "QT02"), *rows)
        self.assertEqual(self.asked(job), {"tong-349": ["rieng", "-"]})
        self.assertEqual(confirm(self.client, job).state, "checked")
        confirm(self.client, self.answer(job, **{"tong-349": "-"}))
        self.assertEqual(Value.objects.filter(report__unit__code="349").count(), 0)
        self.assertEqual(Value.objects.count(), 4)
        job = self.send(("Đơn vị", "QT01", "QT02"), *rows)
        confirm(self.client, self.answer(job, **{"tong-349": "rieng"}))
        self.assertEqual(Value.objects.filter(report__unit__code="349").count(), 2)
        rows[2] = ("Thị xã Duy Tiên", 12, 1)
        self.assertEqual(self.asked(self.send(("Đơn vị", "QT01", "QT02"), *rows)), {})
