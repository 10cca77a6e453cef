"""E1: conferences at which documents on mass mobilisation are studied."""

from django.db import models

from records.models.base import EventRecord, sorted_by
from records.models.rules import at_most, choice_field, chosen, count_field, within


class StudyFormat(models.TextChoices):
    DIRECT = "direct", "Trực tiếp"
    ONLINE = "online", "Trực tuyến"
    HYBRID = "hybrid", "Trực tiếp kết hợp trực tuyến"
    EMBEDDED = "embedded", "Lồng ghép sinh hoạt chi bộ, hội nghị khác"


class StudyConference(EventRecord):
    """One study conference; `title` is the document studied."""

    title = models.CharField("văn bản được quán triệt", max_length=300)
    form = choice_field("hình thức", StudyFormat)
    attendees = count_field("số người dự")
    party_members = count_field("trong đó đảng viên", null=True)

    class Meta(EventRecord.Meta):
        verbose_name = "hội nghị quán triệt"
        verbose_name_plural = "hội nghị quán triệt"
        indexes = sorted_by("attendees")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(form=StudyFormat),
            *within("attendees", "party_members"),
            at_most("party_members", "attendees", "Số đảng viên không được lớn hơn số người dự."),
        ]
