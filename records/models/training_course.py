"""E8: training courses for mass-mobilisation staff."""

from django.db import models

from danvan.common.numbers import NEGATIVE
from records.models.base import EventRecord, sorted_by
from records.models.rules import choice_field, chosen, count_field, whole_field, within


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

    title = models.CharField("tên lớp", max_length=300)
    organiser = choice_field("đơn vị chủ trì", Organiser)
    topic = choice_field("nội dung", Topic)
    participants = count_field("số lượt người dự")
    days = whole_field("số ngày", 0, 366, NEGATIVE, "Số ngày không quá 366.", null=True)

    class Meta(EventRecord.Meta):
        verbose_name = "lớp tập huấn"
        verbose_name_plural = "lớp tập huấn"
        indexes = sorted_by("participants")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(organiser=Organiser, topic=Topic),
            *within("participants"),
            *within("days", top=366),
        ]
