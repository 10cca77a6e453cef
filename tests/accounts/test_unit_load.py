"""Units loaded in the browser by a superuser: a province of the register, or a file in its form."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import AuditEntry, User
from danvan.units.models import AdministrativeUnit

HEADER = "code,name,level,parent_code,valid_from,valid_to,successor_codes,source\n"
ROWS = "90,Tỉnh A,province,,2020-01-01,,,\n901,Xã An,commune,90,2020-01-01,,,\n"


class LoadPageTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.root = User.objects.create(username="root", is_superuser=True)
        cls.url = reverse("accounts:units_load")

    def setUp(self):
        self.client.force_login(self.root)

    def upload(self, text, header=HEADER):
        file = SimpleUploadedFile("a.csv", (header + text).encode())
        return self.client.post(self.url, {"file": file}, follow=True)

    def test_a_province_of_the_register(self):
        page = self.client.get(self.url)
        self.assertContains(page, "Tỉnh Ninh Bình")
        page = self.client.post(self.url, {"province": "37"}, follow=True)
        self.assertContains(page, "700 đơn vị mới")
        entries = AuditEntry.objects.filter(content_type__model="administrativeunit")
        self.assertEqual(entries.filter(actor=self.root, source="form").count(), 700)
        page = self.client.post(self.url, {"province": "37"}, follow=True)
        self.assertContains(page, "0 đơn vị mới, 0 đơn vị được sửa, 700 đơn vị không đổi")

    def test_a_file_also_as_excel_writes_it(self):
        self.assertContains(self.upload(ROWS), "2 đơn vị mới")
        again = self.upload(ROWS.replace(",", ";"), HEADER.replace(",", ";"))
        self.assertContains(again, "2 đơn vị không đổi")

    def test_what_is_wrong_is_named_and_nothing_is_loaded(self):
        for text, words in (
            (
                ROWS + "902,Bình,commune,90,2020-01-01,,,\n",
                "Dòng 4, cột name: “Bình” không bắt đầu",
            ),
            (ROWS + "902,Xã Bình,commune,77,2020-01-01,,,\n", "không có đơn vị 77 có hiệu lực"),
            ("", "Tệp không có đơn vị nào."),
        ):
            with self.subTest(words):
                self.assertContains(self.upload(text), words, status_code=422)
        self.assertContains(self.client.post(self.url), "Vui lòng chọn một tệp", status_code=422)
        self.assertFalse(AdministrativeUnit.objects.exists())

    def test_a_unit_with_data_is_not_changed_by_a_file(self):
        self.upload(ROWS)
        User.objects.create(username="xa", unit=AdministrativeUnit.objects.get(code="901"))
        page = self.upload(ROWS.replace("Xã An", "Phường An"))
        self.assertContains(page, "Xã An (mã 901) đang có dữ liệu", status_code=422)
        self.assertContains(self.upload(ROWS.replace("Tỉnh A", "Tỉnh B")), "1 đơn vị được sửa")
        self.assertEqual(str(AdministrativeUnit.objects.get(code="901")), "Xã An")

    def test_the_way_to_it(self):
        self.assertContains(self.client.get(reverse("restructuring:list")), self.url)
