"""E5: the yearly assessment of "friendly government"."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from records.models.base import EventRecord, sorted_by, text_field
from records.models.rules import at_most, chosen, count_field, whole_field, within

WRONG_YEAR = "Năm phải từ 2000 đến 2100."


class Rating(models.IntegerChoices):
    """From low to high; the rank is what the report stores."""

    FAILED = 1, "Chưa đạt"
    AVERAGE = 2, "Trung bình"
    FAIR = 3, "Khá"
    GOOD = 4, "Tốt"
    EXCELLENT = 5, "Xuất sắc"


class Assessor(models.TextChoices):
    SELF = "self", "Tự đánh giá"
    OFFICIAL = "official", "Cấp trên công nhận"


class FriendlyGovAssessment(EventRecord):
    """One assessment per unit and year.

    The year decides where it counts, not the day it was signed (often the next January): `start_date`
    is set to the middle of the year, or the nearest day on which the unit existed.
    """

    LATER_FIELDS = frozenset({"decision", "decision_date"})
    may_be_future = True

    title = text_field("nội dung đánh giá", max_length=300)
    start_date = models.DateField("ngày tính vào kỳ", editable=False)
    end_date = models.DateField("ngày kết thúc", null=True, editable=False)
    year = whole_field("năm đánh giá", 2000, 2100, WRONG_YEAR)
    score = models.DecimalField(
        "điểm (0–100)", max_digits=5, decimal_places=2, null=True, blank=True
    )
    rating = models.IntegerField("xếp loại", choices=Rating)
    assessor = models.CharField(
        "hình thức đánh giá", max_length=20, choices=Assessor, default=Assessor.OFFICIAL
    )
    surveys = count_field("số phiếu khảo sát thu về", null=True)
    satisfied = count_field("số phiếu hài lòng, rất hài lòng", null=True)
    decision = text_field("số quyết định", max_length=60)
    decision_date = models.DateField("ngày quyết định", null=True, blank=True)

    class Meta(EventRecord.Meta):
        verbose_name = "đánh giá chính quyền thân thiện"
        verbose_name_plural = "chính quyền thân thiện"
        indexes = sorted_by("score")
        constraints = [
            *EventRecord.Meta.constraints,
            models.UniqueConstraint(
                fields=["unit", "year"],
                name="%(class)s_once_a_year",
                violation_error_message="Đơn vị đã có đánh giá của năm này.",
            ),
            *within("year", low=2000, top=2100, message=WRONG_YEAR),
            *chosen(rating=Rating, assessor=Assessor),
            *within("score", top=100),
            *within("surveys", "satisfied"),
            at_most(
                "satisfied", "surveys", "Số phiếu hài lòng không được lớn hơn số phiếu thu về."
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Chính quyền thân thiện năm {self.year}"

    def fill_blanks(self) -> None:
        """Set the counting day from the year."""
        if isinstance(self.year, int) and 2000 <= self.year <= 2100 and self.unit_id:
            day = datetime.date(self.year, 6, 30)
            if self.unit.valid_to is not None:
                day = min(day, self.unit.valid_to - datetime.timedelta(days=1))
            self.start_date = max(day, self.unit.valid_from)

    def clean(self) -> None:
        if isinstance(self.year, int) and self.year > timezone.localdate().year:
            raise ValidationError({"year": "Năm này chưa đến, vui lòng kiểm tra lại."})
        if self.start_date and isinstance(self.year, int) and self.start_date.year != self.year:
            raise ValidationError({"year": f"{self.unit} không có hiệu lực trong năm {self.year}."})
        if self.satisfied is not None and self.surveys is None:
            raise ValidationError({"surveys": "Vui lòng nhập số phiếu thu về."})
