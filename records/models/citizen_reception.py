"""E3: days on which leaders receive citizens."""

from django.db import models
from django.db.models import F, Q

from records.models.base import EventRecord, sorted_by, text_field
from records.models.rules import at_most, choice_field, chosen, count_field, rule, within


class Receiver(models.TextChoices):
    SECRETARY = "secretary", "Bí thư cấp ủy"
    CHAIRMAN = "chairman", "Chủ tịch UBND"
    COUNCIL = "council", "Thường trực HĐND"


class ReceptionKind(models.TextChoices):
    REGULAR = "regular", "Định kỳ"
    AD_HOC = "ad_hoc", "Đột xuất"


class CitizenReception(EventRecord):
    """One day of reception. `petitions_total` is complaints, denunciations and petitions together."""

    title = text_field("nội dung chính")
    receiver = choice_field("người tiếp", Receiver)
    kind = choice_field("loại", ReceptionKind)
    people = count_field("số lượt công dân được tiếp")
    groups = count_field("số đoàn đông người", default=0, blank=True)
    complaints = count_field("đơn khiếu nại", default=0, blank=True)
    denunciations = count_field("đơn tố cáo", default=0, blank=True)
    petitions = count_field("kiến nghị, phản ánh", default=0, blank=True)
    within_competence = count_field("thuộc thẩm quyền", default=0, blank=True)
    resolved = count_field("đã giải quyết (thuộc thẩm quyền)", default=0, blank=True)

    class Meta(EventRecord.Meta):
        verbose_name = "buổi tiếp công dân"
        verbose_name_plural = "tiếp công dân"
        indexes = sorted_by("people")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(receiver=Receiver, kind=ReceptionKind),
            *within("people", "groups", "complaints", "denunciations", "petitions"),
            *within("within_competence", "resolved"),
            rule(
                "competence_max",
                Q(within_competence__lte=F("complaints") + F("denunciations") + F("petitions")),
                "Không được lớn hơn tổng số đơn, vụ việc tiếp nhận.",
                "within_competence",
            ),
            at_most(
                "resolved", "within_competence", "Số đã giải quyết lớn hơn số thuộc thẩm quyền."
            ),
        ]

    def fill_blanks(self) -> None:
        """Nothing said about a kind of petition is none of it."""
        for field in self._meta.fields:
            if field.default == 0 and getattr(self, field.name) is None:
                setattr(self, field.name, 0)
