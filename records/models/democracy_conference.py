"""E6: conferences of grassroots democracy in agencies, enterprises and villages."""

from typing import Any

from django.db import models

from danvan.common.text import search_key
from records.models.base import EventRecord, sorted_by
from records.models.rules import choice_field, chosen, count_field, within


class DemocracyKind(models.TextChoices):
    STAFF = "staff", "Hội nghị cán bộ, công chức, viên chức"
    WORKERS = "workers", "Hội nghị người lao động"
    WORKPLACE = "workplace", "Đối thoại tại nơi làm việc"
    COMMUNITY = "community", "Hội nghị cộng đồng dân cư"


class DemocracyConference(EventRecord):
    """One conference; `title` is the agency, enterprise or village that held it.

    The figures count entities, not conferences ("số cơ quan đã tổ chức"): `entity_key` is the folded
    name, so that two spellings of one village in one unit are one.
    """

    title = models.CharField("cơ quan, doanh nghiệp, thôn tổ chức", max_length=300)
    kind = choice_field("loại hội nghị", DemocracyKind)
    attendees = count_field("số người dự", null=True)
    resolutions = count_field("số nội dung, nghị quyết thông qua", null=True)
    entity_key = models.CharField(max_length=300, editable=False, blank=True)

    class Meta(EventRecord.Meta):
        verbose_name = "hội nghị dân chủ cơ sở"
        verbose_name_plural = "hội nghị dân chủ cơ sở"
        indexes = sorted_by("attendees")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(kind=DemocracyKind),
            *within("attendees", "resolutions"),
        ]

    def derive(self) -> None:
        super().derive()
        self.entity_key = search_key(self.title)[:300]

    def facts(self) -> Any:
        """The derived key is no fact of its own."""
        self.entity_key = search_key(self.title)[:300]
        return super().facts()
