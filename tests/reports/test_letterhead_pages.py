"""The pages of the letterheads as offices use them: look, set from a day on, mend, take back."""

import datetime

from django.forms import model_to_dict
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import AuditEntry
from danvan.units.models import AdministrativeUnit
from reports.documents.letterhead import default_row, letterhead_on
from reports.models import OfficeLetterhead
from tests.budget import queries_of
from tests.cast import build_cast

DAY = datetime.date(2024, 6, 1)


class LetterheadPagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.unit = cls.cast["xa-13369"].unit

    def log_in(self, name):
        self.client.force_login(self.cast[name])

    def url(self, name="letterhead", *more, unit=None):
        return reverse(f"documents:{name}", args=[(unit or self.unit).pk, *more])

    def typed(self, unit=None, **fields):
        row = default_row(unit or self.unit, DAY)
        values = model_to_dict(row, exclude=["id", "unit"])
        return {**values, "valid_from": "01/06/2024", **fields}

    def test_the_office_sets_its_letterhead_from_a_day_on(self):
        self.log_in("xa-13369")
        form = self.client.get(self.url("letterhead_new"), {"ngay": "01/06/2024"})
        self.assertContains(form, 'value="ĐẢNG ỦY XÃ TIÊN SƠN"')
        self.assertContains(form, 'value="01/06/2024"')
        answer = self.client.post(
            self.url("letterhead_new"),
            self.typed(
                post="PHÓ BÍ THƯ", signer="Nguyễn  Văn A", recipients="- Thị ủy,\r\n- Lưu VP."
            ),
        )
        self.assertRedirects(answer, self.url())
        row = OfficeLetterhead.objects.get()
        self.assertEqual((row.signer, row.recipients), ("Nguyễn Văn A", "Thị ủy\nLưu VP"))
        page = self.client.get(self.url(), {"ngay": "31/12/2024"})
        for text in (
            "PHÓ BÍ THƯ",
            "Nguyễn Văn A",
            "- Lưu VP.",
            "T/M ĐẢNG ỦY",
            "do đơn vị đặt từ 01/06/2024",
        ):
            self.assertContains(page, text)
        before = self.client.get(self.url(), {"ngay": "31/05/2024"})
        self.assertContains(before, "mặc định")
        self.assertTrue(AuditEntry.objects.filter(content_type__model="officeletterhead").exists())

    def test_its_board_does_as_well_and_others_do_not(self):
        self.log_in("huyen-349")
        self.assertRedirects(self.client.post(self.url("letterhead_new"), self.typed()), self.url())
        for name, status in (("xa-13363", 404), ("huyen-350", 404), ("lanhdao", 403)):
            with self.subTest(name):
                self.log_in(name)
                answer = self.client.post(
                    self.url("letterhead_new"), self.typed(valid_from="02/06/2024")
                )
                self.assertEqual(answer.status_code, status)
        self.assertEqual(OfficeLetterhead.objects.count(), 1)
        self.log_in("lanhdao")
        self.assertNotContains(self.client.get(self.url()), "Đặt thể thức mới")

    def test_what_is_refused_stays_in_the_form(self):
        self.log_in("xa-13369")
        answer = self.client.post(
            self.url("letterhead_new"),
            self.typed(symbol="BC/ĐU", signer="ThS. Nguyễn Văn A", valid_from="31/02/2024"),
        )
        self.assertEqual(answer.status_code, 422)
        for text in ("Ký hiệu chưa đúng", "Chỉ ghi họ tên", 'value="31/02/2024"', 'value="BC/ĐU"'):
            self.assertContains(answer, text, status_code=422)

    def test_two_from_one_day_are_refused(self):
        self.log_in("xa-13369")
        self.client.post(self.url("letterhead_new"), self.typed())
        again = self.client.post(self.url("letterhead_new"), self.typed(signer="Trần Văn B"))
        self.assertContains(again, "đã có thể thức áp dụng từ ngày này", status_code=422)

    def test_who_opened_before_another_saved_is_told(self):
        self.log_in("xa-13369")
        self.client.post(self.url("letterhead_new"), self.typed())
        row = OfficeLetterhead.objects.get()
        page = self.client.get(self.url("letterhead_edit", row.pk))
        stamp = page.context["form"]["row_stamp"].value()
        OfficeLetterhead.objects.update(place="Hòa Mạc")
        answer = self.client.post(
            self.url("letterhead_edit", row.pk), self.typed(place="Duy Tiên", row_stamp=stamp)
        )
        self.assertContains(answer, "vừa được người khác sửa", status_code=422)
        self.assertContains(answer, "Hòa Mạc", status_code=422)

    def test_filled_in_for_a_state_document(self):
        self.log_in("tinh")
        page = self.client.get(
            self.url("letterhead_new", unit=self.cast["tinh"].unit), {"the_thuc": "state"}
        )
        self.assertContains(page, 'value="ỦY BAN NHÂN DÂN TỈNH HÀ NAM"')
        self.assertContains(page, 'value="/BC-UBND"')

    def test_taken_back(self):
        self.log_in("xa-13369")
        self.client.post(self.url("letterhead_new"), self.typed(signer="Nguyễn Văn A"))
        row = OfficeLetterhead.objects.get()
        self.assertRedirects(self.client.post(self.url("letterhead_delete", row.pk)), self.url())
        self.assertEqual(letterhead_on(self.unit, DAY).signer, "")

    def test_a_row_of_another_office_is_not_reached_through_ones_own(self):
        self.log_in("xa-13363")
        other = self.cast["xa-13363"].unit
        row = default_row(self.unit, DAY)
        row.valid_from = DAY
        row.save()
        for name in ("letterhead_edit", "letterhead_delete"):
            answer = self.client.post(self.url(name, row.pk, unit=other), self.typed())
            self.assertEqual(answer.status_code, 404)

    def test_the_list_of_offices(self):
        row = default_row(self.unit, DAY)
        row.valid_from = DAY
        row.save()
        self.log_in("huyen-349")
        url = reverse("documents:letterheads")
        page = self.client.get(url, {"ngay": "31/12/2024", "q": "tiên sơn"})
        self.assertContains(page, "Do đơn vị đặt từ 01/06/2024", count=1)
        self.assertNotContains(page, "Tiên Ngoại")
        self.assertNotContains(self.client.get(url, {"ngay": "01/01/2024"}), "Do đơn vị đặt")
        wrong = self.client.get(url, {"ngay": "32/13/2024", "page": "99"})
        self.assertContains(wrong, "Ngày chưa đúng")
        self.log_in("tinh")
        self.assertLessEqual(len(queries_of(self.client, url)), 12)
        self.assertContains(self.client.get(url, {"ngay": "31/12/2024"}), "Trang 1 / 3")

    def test_every_unit_of_the_province_has_a_page_without_a_gap(self):
        self.log_in("tinh")
        for code in ("35", "349", "350", "347", "13369", "13384"):
            unit = AdministrativeUnit.objects.find(code, on=DAY)
            page = self.client.get(self.url(unit=unit), {"ngay": "31/12/2024"})
            self.assertNotContains(page, "{")
            self.assertContains(page, "Nơi nhận:")
