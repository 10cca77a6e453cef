"""Yearly figures as offices send them: read whichever way they run, never under another year or unit."""

from decimal import Decimal

import openpyxl

from danvan.imports.models import ImportJob
from reports.models import Report, Value
from reports.workflow.periods import open_period
from tests.imports.offices import as_bytes, book
from tests.imports.test_values import ValuesCase
from tests.imports.tools import confirm, content, errors_of, upload

MEETINGS = "Số hội nghị quán triệt, triển khai nghị quyết, chỉ thị về công tác dân vận"
PENDING = "Trong đó: đang giải quyết"


class FiguresCase(ValuesCase):
    def setUp(self):
        self.client.force_login(self.cast["xa-13369"])

    def send(self, *rows, name="tệp.xlsx", period=None, **options) -> ImportJob:
        data = as_bytes(book(*rows, **options))
        period = (period or self.period).pk
        return upload(self.client, data, "values", name=name, period=period)

    def answer(self, job, **answers) -> ImportJob:
        given = {name.replace("_", "-"): value for name, value in answers.items()}
        self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", given)
        return ImportJob.objects.get(pk=job.pk)

    def asked(self, job) -> dict[str, list[str]]:
        return {q["id"]: [value for value, _ in q["options"]] for q in job.layout["questions"]}

    def stored(self, job) -> dict[str, Decimal]:
        done = confirm(self.client, job)
        self.assertEqual(done.state, "done", (done.message, errors_of(done)))
        values = Value.objects.filter(report=self.report)
        return dict(values.values_list("indicator__code", "number"))


class HeadingsTest(FiguresCase):
    def test_a_label_two_indicators_bear_is_asked_about(self):
        job = self.send(["Mã đơn vị", "DT07", PENDING], ["13369", 50, 10])
        self.assertEqual(self.asked(job), {"cot-1C": ["TH04", "DT10", "-"]})
        stored = self.stored(self.answer(job, **{"cot-1C": "DT10"}))
        self.assertEqual(stored, {"DT07": 50, "DT10": 10})

    def test_another_year_or_other_words_in_a_heading_are_asked_about(self):
        for words in ("(năm 2023)", "năm 2023", "kế hoạch", "so với cùng kỳ", "%", "(nữ)"):
            with self.subTest(words):
                job = self.send(["Mã đơn vị", f"QT01 {words}"], ["13369", 50])
                self.assertEqual(list(self.asked(job).values()), [["QT01", "-"]])
        job = self.send(["Mã đơn vị", "QT01 Số văn bản (năm 2024)"], ["13369", 50])
        self.assertEqual(self.stored(job), {"QT01": 50})

    def test_years_below_an_indicator_tell_its_columns_apart(self):
        job = self.send(["Mã đơn vị", "QT01", None], [None, 2023, 2024], ["13369", 40, 50])
        self.assertEqual(list(self.asked(job)), ["cot-1B"])
        self.assertEqual(self.stored(self.answer(job, **{"cot-1B": "-"})), {"QT01": 50})


class YearTest(FiguresCase):
    def test_last_years_export_is_stopped_by_the_year_it_carries(self):
        before = open_period(2023, actor=self.cast["tinh"])
        out = content(self.client.get(f"/bao-cao/ky/{before.pk}/so-lieu/"))
        job = upload(self.client, out, "values", period=self.period.pk)
        self.assertEqual(job.state, "failed")
        self.assertIn("năm 2024", job.message)
        self.assertEqual(upload(self.client, out, "values", period=before.pk).state, "checked")

    def test_a_year_in_the_title_or_the_name_of_the_file_is_asked_about(self):
        rows = [["Mã đơn vị", "QT01"], ["13369", 50]]
        for job in (
            self.send(["BIỂU SỐ LIỆU NĂM 2023"], *rows),
            self.send(*rows, name="So lieu 2023.xlsx"),
        ):
            self.assertEqual(self.asked(job), {"nam": ["dung"]})
            self.assertEqual(job.counts, {})
        self.assertEqual(self.stored(self.answer(job, nam="dung")), {"QT01": 50})
        for title in ("BIỂU SỐ LIỆU NĂM 2024 (so với năm 2023)", "Nghị quyết ngày 03/6/2013"):
            self.assertEqual(self.asked(self.send([title], *rows)), {}, title)


class WhoseTest(FiguresCase):
    def test_a_clerks_figures_need_no_code(self):
        self.assertEqual(
            self.stored(self.send(["QT01", "QT02"], [50, 20])), {"QT01": 50, "QT02": 20}
        )

    def test_two_rows_without_a_code_are_one_unit_twice(self):
        job = self.send(["Quý", "QT01", "QT02"], ["một", 50, 20], ["hai", 5, 2])
        self.assertEqual(job.counts, {"error": 2})

    def test_names_of_others_are_errors_with_and_without_a_code(self):
        for row in (["13369", "Xã Yên Nam", 50], [None, "Xã Yên Nam", 50], [None, "Yên Nam", 50]):
            with self.subTest(row):
                job = self.send(["Mã đơn vị", "Đơn vị", "QT01"], row)
                self.assertEqual(list(errors_of(job)), ["B2"])
        for name in ("Xã Tiên Sơn", "UBND xã Tiên Sơn", "X. Tiên Sơn, TX. Duy Tiên", "UBND xã"):
            with self.subTest(name):
                job = self.send(["Đơn vị", "QT01", "QT02"], [name, 50, 20])
                self.assertEqual(job.counts.get("changed"), 1, errors_of(job))

    def test_names_nobody_knows_are_asked_about_once(self):
        job = self.send(["Mã đơn vị", "Đơn vị", "QT01"], ["13369", "Khối Đảng ủy", 50])
        self.assertEqual(job.counts, {"error": 1})
        job = self.answer(job, **{"ten-don-vi": "cua-don-vi"})
        self.assertEqual(self.stored(job), {"QT01": 50})

    def test_a_board_finds_its_communes_by_name(self):
        self.client.force_login(self.cast["huyen-349"])
        rows = [["Xã Tiên Sơn", 50], ["Tiên Ngoại", 20], ["Thị trấn Quế", 9], ["Xã Không Có", 1]]
        job = self.send(["Đơn vị", "QT01"], *rows)
        self.assertEqual((job.counts["changed"], list(errors_of(job))), (2, ["A4", "A5"]))

    def test_the_head_of_another_communes_file_is_asked_about(self):
        rows = [["QT01", "QT02"], [50, 20]]
        job = self.send(["THỊ XÃ DUY TIÊN"], ["UBND XÃ YÊN NAM"], *rows)
        self.assertEqual(list(self.asked(job)), ["dau-bang"])
        job = self.send(["THỊ XÃ DUY TIÊN"], ["UBND XÃ TIÊN SƠN"], *rows)
        self.assertEqual(self.asked(job), {})


class DownwardsTest(FiguresCase):
    """An indicator in each line."""

    HEAD = ["TT", "Mã", "Chỉ tiêu", "ĐVT", "Kết quả", "Ghi chú"]
    LINES = (
        ["I", None, "QUÁN TRIỆT", None, None, None],
        [1, "QT01", "Số văn bản", "văn bản", 50, "đủ"],
        [2, "QT02", MEETINGS, "hội nghị", "1.140", None],
        [3, "DT10", PENDING, "ý kiến", 10, None],
    )

    def test_one_column_of_figures_is_read(self):
        job = self.send(["BÁO CÁO NĂM 2024"], self.HEAD, *self.LINES, ["NGƯỜI LẬP BIỂU"])
        self.assertEqual(self.asked(job), {})
        told = " ".join([*job.notices, *job.layout["read"]])
        self.assertIn("số liệu ở cột E", told)
        self.assertIn("NGƯỜI LẬP BIỂU", told)
        self.assertEqual(self.stored(job), {"QT01": 50, "QT02": 1140, "DT10": 10})

    def test_an_error_has_the_address_of_its_cell(self):
        job = self.send(
            self.HEAD, *self.LINES[:2], [2, "QT02", MEETINGS, "", "1.14", None], self.LINES[3]
        )
        self.assertContains(self.client.get(f"/nhap-excel/{job.pk}/"), "<b>E4</b>", html=True)
        back = content(self.client.get(f"/nhap-excel/{job.pk}/tep-loi/"))
        import io

        self.assertTrue(openpyxl.load_workbook(io.BytesIO(back)).worksheets[0]["E4"].comment)

    def test_several_columns_of_figures_are_asked_about(self):
        head = [*self.HEAD[:4], "Năm 2023", "Năm 2024"]
        lines = [[*line[:4], 7, line[4]] for line in self.LINES]
        job = self.send(head, *lines)
        self.assertEqual(self.asked(job), {"cot-so-lieu": ["E", "F"]})
        job = self.answer(job, **{"cot-so-lieu": "F"})
        self.assertIn("E “Năm 2023”", " ".join(job.notices))
        self.assertEqual(self.stored(job)["QT01"], 50)

    def test_a_single_column_of_another_year_is_asked_about(self):
        job = self.send([*self.HEAD[:4], "Năm 2023"], *(line[:5] for line in self.LINES))
        self.assertEqual(list(self.asked(job)), ["cot-so-lieu"])

    def test_without_codes_a_label_of_two_is_asked_about_a_line_twice_refused(self):
        lines = [[line[0], *line[2:]] for line in self.LINES]
        head = [self.HEAD[0], *self.HEAD[2:]]
        extra = ["4", "Số hội nghị đối thoại do xã tổ chức", "hội nghị", 3, None]
        labels = [
            c.heading.split(" ", 1)[1].rsplit(" (", 1)[0] for c in self.indicator_columns()[:4]
        ]
        lines += [[n, label, "", n, None] for n, label in enumerate(labels, 5)]
        job = self.send(head, *lines, extra)
        question, strange = self.asked(job)
        self.assertEqual((question, strange), ("dong-5", "dong-la"))
        job = self.answer(job, **{question: "-", strange: "bo"})
        self.assertIn("Số hội nghị đối thoại do xã", " ".join(job.notices))
        job = self.send(self.HEAD, *self.LINES, self.LINES[1])
        self.assertIn("cùng chỉ tiêu", job.message)

    def indicator_columns(self):
        from tests.imports.tools import columns_of

        columns = columns_of(self.cast["xa-13369"], "values", period=self.period.pk)
        return [c for c in columns if c.key.startswith("TD")]

    def test_units_across(self):
        self.client.force_login(self.cast["huyen-349"])
        head = ["Mã", "Chỉ tiêu", "Xã Tiên Sơn", "13363", "Tổng"]
        lines = [[line[1], line[2], n, n * 2, n * 3] for n, line in enumerate(self.LINES[1:], 1)]
        job = self.send(head, *lines)
        self.assertEqual(self.asked(job), {})
        self.assertIn("E “Tổng”", " ".join(job.notices))
        confirm(self.client, job)
        other = Report.objects.get(period=self.period, unit__code="13363")
        found = Value.objects.filter(report=other).values_list("indicator__code", "number")
        self.assertEqual(dict(found), {"QT01": 2, "QT02": 4, "DT10": 6})
