"""E8: training courses for mass-mobilisation staff."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from records.models.base import EventRecord
from records.models.rules import choice_field, chosen, count_field, within


class Organiser(models.TextChoices):
    BOARD = "board", "Ban dân vận"
    FRONT = "front", "Mặt trận Tổ quốc"
    ORGANISATION = "organisation", "Tổ chức chính trị - xã hội"
    GOVERNMENT = "government", "UBND, sở, ngành"


class Topic(models.TextChoices):
    MOBILISATION = "mobilisation", "Nghiệp vụ dân vận"
    RELIGION = "religion", "Tôn giáo"
    ETHNICITY = "ethnicity", "Dân tộc"
    YOUTH = "youth", "Thanh niên"
    REFORM = "reform", "Cải cách hành chính"
    OTHER = "other", "Khác"


class TrainingCourse(EventRecord):
    """One course or training conference."""

    Organiser, Topic = Organiser, Topic

    title = models.CharField("tên lớp", max_length=300)
    organiser = choice_field("đơn vị chủ trì", Organiser)
    topic = choice_field("nội dung", Topic)
    participants = count_field("số lượt người dự")
    days = models.IntegerField(
        "số ngày",
        null=True,
        blank=True,
        validators=[
            MinValueValidator(0, "Không nhận số âm."),
            MaxValueValidator(366, "Số ngày không quá 366."),
        ],
    )

    class Meta(EventRecord.Meta):
        verbose_name = "lớp tập huấn"
        verbose_name_plural = "lớp tập huấn"
        indexes = [
            *EventRecord.Meta.indexes,
            models.Index(fields=["participants", "id"], name="%(class)s_n"),
        ]
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(organiser=Organiser, topic=Topic),
            *within("participants"),
            *within("days", top=366),
        ]
