"""The figures of the newspaper stand in the Word draft in sentences; what it says the page says too."""

import random
import re
import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from tests.reports.word import paragraphs

# The 17 figures of the article (domain reference, 1.1) as sentences carry them.
TWO_YEARS = {
    1: "241 hội nghị đối thoại (3 hội nghị cấp tỉnh; 22 hội nghị cấp huyện; 216 hội nghị cấp xã)",
    2: "323 hội nghị đối thoại (3 hội nghị cấp tỉnh; 40 hội nghị cấp huyện; 280 hội nghị cấp xã)",
    3: "972 mô hình “Dân vận khéo” được công nhận "
    "(21 mô hình cấp tỉnh; 246 mô hình cấp huyện; 705 mô hình cấp xã)",
    4: "UBND tỉnh tặng Bằng khen cho 21 tập thể",
    6: "Tỷ lệ UBND cấp huyện triển khai mô hình đạt 100%",
    7: "Chưa xảy ra vụ việc vi phạm nào liên quan đến thực hiện dân chủ ở cơ sở.",
    8: "Tỷ lệ cơ quan, đơn vị tổ chức hội nghị cán bộ, công chức, viên chức đạt 100%",
}
THREE_YEARS = {
    10: "chủ trì 684 cuộc giám sát (",
    11: "163 hội nghị phản biện xã hội (",
    12: "HĐND và các ngành liên quan thực hiện trên 1.140 cuộc giám sát (",
    13: "Thông qua ban thanh tra nhân dân, đã giám sát 563 cuộc",
    14: "Thông qua ban giám sát đầu tư của cộng đồng, đã giám sát 578 cuộc",
    15: "chủ trì 16 hội nghị, lớp tập huấn (",
    16: "cho 2.361 lượt cán bộ làm công tác dân vận",
    17: "tập huấn cho trên 14.600 lượt cán bộ (",
}
# Rates of which the article says "above" in every year: (sentence, least).
RATES = {
    5: (r"Tỷ lệ UBND cấp xã thực hiện tốt mô hình đạt ([\d,]+)%.*?từng năm ([\d,]+)[–%]", 90),
    9: (r"tổ chức hội nghị người lao động đạt ([\d,]+)%.*?từng năm ([\d,]+)[–%]", 80),
}
NUMBER = re.compile(r"\d+(?:\.\d{3})*(?:,\d+)?")


class DemoDrafts(TestCase):
    @classmethod
    def setUpTestData(cls):
        with override_settings(DEBUG=True):
            call_command("load_demo", without_records=True, stdout=StringIO())

    def draft(self, unit, years, *more):
        """Return the paragraphs of the file that the command writes."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "f.docx")
            call_command(
                *("export_narrative", "--unit", unit, "--years", years, "--output", str(file)),
                *more,
                stdout=StringIO(),
            )
            return paragraphs(file.read_bytes())

    def test_the_figures_of_the_article_stand_in_sentences_with_their_levels(self):
        for years, expected in (("2021-2022", TWO_YEARS), ("2021-2023", THREE_YEARS)):
            text = "\n".join(self.draft("35", years))
            for number, said in expected.items():
                self.assertIn(said, text, number)
            for number, (pattern, least) in RATES.items():
                found = re.search(pattern, text)
                self.assertIsNotNone(found, number)
                for rate in found.groups():
                    self.assertGreaterEqual(float(rate.replace(",", ".")), least, number)

    def test_the_outline_is_that_of_the_central_board(self):
        texts = self.draft("35", "2022")
        headings = [text for text in texts if re.match(r"(PHẦN )?[IV1-6]+\. ", text)]
        self.assertEqual(
            [heading.partition(". ")[0] for heading in headings][:13],
            ["PHẦN I", "I", "II", *"123456", "III", "IV", "PHẦN II", "I"],
        )
        self.assertIn("PHẦN I. KẾT QUẢ CÔNG TÁC DÂN VẬN NĂM 2022", headings)
        self.assertIn("Số liệu minh họa, không phải số liệu thật.", texts)

    def test_every_figure_of_ranges_drawn_at_random_stands_on_the_page(self):
        drawn = random.Random(2026)
        self.client.force_login(User.objects.get(username="tinh"))
        for _range in range(3):
            code = drawn.choice(["35", "347", "349", "351", "352", "353", "13369", "13441"])
            first = drawn.randint(2021, 2024)
            last = drawn.randint(first, 2024)
            unit = AdministrativeUnit.objects.filter(code=code).earliest("valid_from")
            page = self.client.get(
                reverse("reports:consolidation"), {"unit": code, "first": first, "last": last}
            )
            shown = set(NUMBER.findall(page.content.decode())) | {str(last - first + 1)}
            found = page.context["found"]
            with self.subTest(unit=unit, first=first, last=last):
                self.assertEqual((found.scope.first_year, found.scope.last_year), (first, last))
                texts = self.draft(code, f"{first}-{last}")
                said = texts[: texts.index("PHỤ LỤC")]
                sentences = [text for text in said if text.endswith(".") and "cuộc" in text]
                self.assertGreater(len(sentences), 3)
                for text in sentences:
                    self.assertLessEqual(set(NUMBER.findall(text)), shown, text)

    def test_best_and_last_units_are_named_where_asked(self):
        asked = "\n".join(self.draft("35", "2021-2022", "--best-and-last"))
        self.assertRegex(
            asked, r"Đơn vị có số liệu cao nhất là \w+ .+? \(\d+\); thấp nhất là .+? \(\d+\)\."
        )
        self.assertNotIn("cao nhất", "\n".join(self.draft("35", "2021-2022")))

    def test_the_appendix_has_every_indicator_of_the_page(self):
        self.client.force_login(User.objects.get(username="tinh"))
        page = self.client.get(reverse("reports:consolidation"), {"unit": "35", "first": 2022})
        texts = self.draft("35", "2022")
        appendix = texts[texts.index("PHỤ LỤC") :]
        labels = {text.removeprefix("– ") for text in appendix}
        for line in page.context["found"].lines.values():
            self.assertIn(line.definition.label, labels)

    def test_the_buttons_send_the_same_draft(self):
        self.client.force_login(User.objects.get(username="tinh"))
        asked = {"unit": "35", "first": 2021, "last": 2022}
        page = self.client.get(reverse("reports:consolidation"), asked)
        self.assertContains(page, "Dự thảo Word")
        answer = self.client.get(page.context["word_url"])
        self.assertEqual(paragraphs(answer.content), self.draft("35", "2021-2022"))
        ranked = paragraphs(self.client.get(page.context["ranked_url"]).content)
        self.assertEqual(ranked, self.draft("35", "2021-2022", "--best-and-last"))

    def test_a_draft_of_one_section_has_that_section_alone(self):
        self.client.force_login(User.objects.get(username="tinh"))
        asked = {"unit": "35", "first": 2021, "last": 2022, "section": "DT"}
        page = self.client.get(reverse("reports:consolidation"), asked)
        texts = paragraphs(self.client.get(page.context["word_url"]).content)
        headings = [text for text in texts if re.match(r"(PHẦN )?[IVX]+\. ", text)]
        self.assertEqual(
            headings,
            ["III. ĐỐI THOẠI CỦA NGƯỜI ĐỨNG ĐẦU", "III. Đối thoại của người đứng đầu"],
        )
        self.assertIn(TWO_YEARS[1], "\n".join(texts))
