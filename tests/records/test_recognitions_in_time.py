"""Who recognised a model is who stood over its unit on the day of the decision."""

from django.urls import reverse

from danvan.units.models import AdministrativeUnit
from records.models import SkilledMobilisationModel
from tests.records.data import formset, typed
from tests.records.test_pages import PageCase


class RecognitionInTimeTest(PageCase):
    """A model of xã Tiên Sơn, which ended on 1 July 2025, typed by the board of the province."""

    def post(self, level, day):
        self.log_in("tinh")
        row = {"level": level, "decision": "12-QĐ", "date": day}
        return self.client.post(
            reverse("records:create", args=["mobilisation-model"]),
            typed("mobilisation-model", self.unit, **formset(row)),
        )

    def recogniser(self):
        return SkilledMobilisationModel.objects.get().recognitions.get().recogniser

    def test_by_the_province_that_hà_nam_became(self):
        self.assertEqual(self.post("province", "01/09/2025").status_code, 302)
        self.assertEqual(self.recogniser(), AdministrativeUnit.objects.find("37"))

    def test_by_the_province_of_its_day(self):
        self.assertEqual(self.post("province", "30/06/2025").status_code, 302)
        self.assertEqual(self.recogniser(), AdministrativeUnit.objects.get(code="35"))

    def test_never_by_a_commune_that_has_ended_nor_by_a_district_there_is_not(self):
        for level, words in (
            ("commune", "Xã Tiên Sơn không có hiệu lực vào ngày 01/09/2025"),
            ("district", "Ngày 01/09/2025 không có đơn vị cấp huyện"),
        ):
            answer = self.post(level, "01/09/2025")
            self.assertContains(answer, words, status_code=422)
        self.assertFalse(SkilledMobilisationModel.objects.exists())
