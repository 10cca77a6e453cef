"""An office's own Word templates as it uses them: hand in, try, use from a day on, go back."""

import datetime
import re
from io import BytesIO

import docx
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse

from reports.documents.narrative.drafting import template_on
from reports.documents.narrative.names import named_code
from reports.documents.narrative.shipped import TEMPLATE_KINDS, template_file
from reports.documents.word.paper import DOCX_TYPE
from reports.models import State, TemplateUse, WordTemplate
from tests.cast import YEAR, build_cast, build_world
from tests.reports.consolidation_data import enter, set_state
from tests.reports.hostile_templates import related, said
from tests.reports.word import W, paragraphs, part, value


class TemplatePagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        cls.unit = cls.world.report.unit
        enter(cls.world.period, "13369", DT01=2)
        set_state(cls.world.period, "13369", State.SUBMITTED)

    def setUp(self):
        self.client.force_login(self.cast["xa-13369"])

    def url(self, name="templates", *more, unit=None):
        return reverse(f"documents:{name}", args=[(unit or self.unit).pk, *more])

    def hand_in(self, data, name="Mẫu xã.docx"):
        return self.client.post(self.url(), {"file": SimpleUploadedFile(name, data)})

    def report(self, **data):
        return self.client.get(reverse("reports:report_word", args=[self.world.report.pk]), data)

    def test_from_the_shipped_template_to_the_own_and_back(self):
        page = self.client.get(reverse("documents:letterhead", args=[self.unit.pk]))
        self.assertContains(page, self.url())
        page = self.client.get(self.url())
        self.assertContains(page, "mẫu có sẵn")
        shipped = self.client.get(self.url("template_shipped"))
        self.assertEqual(shipped["Content-Type"], DOCX_TYPE)
        document = docx.Document(BytesIO(shipped.content))
        document.add_paragraph(
            "Riêng bí thư: {{ DT01.tong }} hội nghị, nơi ít nhất {{ DT01.thap_nhat }}."
        )
        file = BytesIO()
        document.save(file)
        self.assertRedirects(self.hand_in(file.getvalue()), self.url())
        row = WordTemplate.objects.get()
        self.assertEqual(
            (row.name, row.asks_units, row.made_by.username), ("Mẫu xã", True, "xa-13369")
        )
        tried = paragraphs(self.client.get(self.url("template_preview", row.pk)).content)
        self.assertIn("Riêng bí thư: 2 hội nghị, nơi ít nhất .", tried)
        self.assertEqual(self.client.get(self.url("template", row.pk)).content, file.getvalue())
        self.assertNotIn(tried[-1], paragraphs(self.report().content))
        use = {"template": row.pk, "since": f"01/06/{YEAR}"}
        self.assertRedirects(self.client.post(self.url("template_use"), use), self.url())
        self.assertIn(tried[-1], paragraphs(self.report().content))
        self.assertContains(self.client.get(self.url()), "mẫu “Mẫu xã”")
        made = TemplateUse.objects.get()
        answer = self.client.post(self.url("template_take_back", made.pk))
        self.assertRedirects(answer, self.url())
        self.assertNotIn(tried[-1], paragraphs(self.report().content))

    def test_a_later_choice_holds_from_its_day_on(self):
        self.hand_in(said("{{ ky }}"))
        row = WordTemplate.objects.get()
        for template, since in ((row.pk, "01/06/2023"), ("", "01/01/2024")):
            self.client.post(self.url("template_use"), {"template": template, "since": since})
        days = [datetime.date(*day) for day in ((2023, 5, 31), (2023, 12, 31), (2024, 1, 1))]
        self.assertEqual([template_on(self.unit, day) for day in days], [None, row, None])
        self.client.post(self.url("template_use"), {"template": row.pk, "since": "01/01/2024"})
        self.assertEqual(template_on(self.unit, days[2]), row)
        self.assertEqual(TemplateUse.objects.count(), 2)

    def test_mistakes_are_told_and_nothing_is_kept(self):
        for data, name, told in (
            (said("Có {{ DT99.tong }} hội nghị"), "a.docx", "“DT99”"),
            (said("Có {{ DT99.tong }} hội nghị"), "a.docx", "Đoạn: “Có {{ DT99.tong }} hội nghị”"),
            (said("{{ ky }}"), "a.docm", "có thể chứa macro"),
            (said("{{ ky }}"), "a.doc", "dạng Word cũ"),
            (related("image", "http://a/b.png"), "a.docx", "liên kết ra ngoài"),
            (b"", "a.docx", "Tệp rỗng"),
            (bytes(6 * 1024 * 1024), "a.docx", "Tệp quá lớn (tối đa 5 MB)"),
        ):
            with self.subTest(told):
                page = self.hand_in(data, name)
                self.assertEqual(page.status_code, 422)
                self.assertIn(told, page.context["form"].errors["file"][0])
        self.assertContains(self.client.post(self.url()), "Vui lòng chọn tệp.", status_code=422)
        self.assertEqual(WordTemplate.objects.count(), 0)

    def test_wrong_choices_are_told(self):
        for typed, told in (
            ({"since": "31/02/2024"}, "Ngày chưa đúng"),
            ({"since": ""}, "Vui lòng ghi ngày"),
            ({"since": "01/01/1900"}, "2000"),
            ({"since": "01/01/2024", "template": "999"}, "Không có mẫu này"),
        ):
            with self.subTest(typed):
                answer = self.client.post(self.url("template_use"), typed)
                self.assertContains(answer, told, status_code=422)

    def test_the_template_of_another_office_is_none_of_ours(self):
        self.hand_in(said("{{ ky }}"))
        row = WordTemplate.objects.get()
        other = self.cast["xa-13363"].unit
        self.client.force_login(self.cast["xa-13363"])
        self.assertEqual(self.client.get(self.url("template", row.pk)).status_code, 404)
        self.assertEqual(self.client.get(self.url("template", row.pk, unit=other)).status_code, 404)
        used = self.client.post(
            self.url("template_use", unit=other), {"template": row.pk, "since": "01/01/2024"}
        )
        self.assertContains(used, "Không có mẫu này", status_code=422)

    def test_a_template_that_no_longer_works_says_so_and_offers_the_shipped_one(self):
        self.hand_in(said("{{ ky }}"))
        row = WordTemplate.objects.get()
        with row.file.open("wb") as file:
            file.write(said("{{ mat_roi }}"))
        use = {"template": row.pk, "since": "01/01/2024"}
        self.client.post(self.url("template_use"), use)
        page = self.report()
        self.assertContains(page, "“mat_roi”", status_code=422)
        again = re.search(r'href="([^"]*mau_goc=1)"', page.content.decode())[1]
        self.assertIn("BÁO CÁO", paragraphs(self.report(**{again.strip("?")[:-2]: "1"}).content))

    def test_the_page_of_names_has_every_name_that_templates_use(self):
        page = self.client.get(self.url("template_names")).content.decode()
        told = set(re.findall(r"<code>(\w+)</code>", page))
        loops = {"doan", "dong", "ten", "so", "muc_con", "o"}
        for kind in TEMPLATE_KINDS:
            text = "\n".join(paragraphs(template_file(kind).read_bytes()))
            used = set(re.findall(r"\{\{ (\w+)|\bin (\w+) %|\bif (\w+) %", text))
            self.assertEqual({n for names in used for n in names if n} - told - loops, set(), kind)
        codes = self.world.period.catalogue.indicators.exclude(value_type="TEXT")
        self.assertEqual(
            {named_code(c) for c in codes.values_list("code", flat=True)} - told, set()
        )

    def test_the_shipped_template_is_dressed_as_the_office_writes(self):
        data = self.client.get(self.url("template_shipped")).content
        margins = part(data).find(f".//{W}pgMar")
        self.assertEqual(round(float(value(margins, "left")) * 25.4 / 1440), 30)
        self.assertIn("{{ co_quan_ban_hanh }}", paragraphs(data))
