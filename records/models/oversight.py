"""E7: oversight and social critique."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from records.models.base import EventRecord, sorted_by
from records.models.rules import at_most, choice_field, chosen, count_field, rule, within

CRITICS = ["MT", "CD", "ND", "TN", "PN", "CCB"]  # may oversee and criticise: QĐ 217


class OversightKind(models.TextChoices):
    OVERSIGHT = "oversight", "Giám sát"
    CRITIQUE = "critique", "Phản biện xã hội"


class Lead(models.TextChoices):
    MT = "MT", "Mặt trận Tổ quốc"
    CD = "CD", "Công đoàn"
    ND = "ND", "Hội Nông dân"
    TN = "TN", "Đoàn Thanh niên"
    PN = "PN", "Hội Liên hiệp Phụ nữ"
    CCB = "CCB", "Hội Cựu chiến binh"
    HDND = "HDND", "Hội đồng nhân dân"
    SECTOR = "SECTOR", "Ngành liên quan"
    TTND = "TTND", "Ban Thanh tra nhân dân"
    GSDTCD = "GSDTCD", "Ban Giám sát đầu tư của cộng đồng"


class OversightFormat(models.TextChoices):
    DELEGATION = "delegation", "Đoàn giám sát"
    DOCUMENTS = "documents", "Nghiên cứu, xem xét văn bản"
    JOIN = "join", "Tham gia giám sát"
    CONFERENCE = "conference", "Hội nghị phản biện"
    DRAFT = "draft", "Gửi dự thảo lấy ý kiến"
    DIALOGUE = "dialogue", "Đối thoại"


class Oversight(EventRecord):
    """One oversight or one critique; `title` is its subject."""

    ORGANISATIONS = CRITICS

    title = models.CharField("nội dung giám sát, phản biện", max_length=300)
    kind = choice_field("loại", OversightKind)
    lead = choice_field("đơn vị chủ trì", Lead)
    form = choice_field("hình thức", OversightFormat, blank=True)
    drafts = count_field("số dự thảo văn bản được phản biện", null=True)
    recommendations = count_field("số kiến nghị", null=True)
    accepted = count_field("số kiến nghị được tiếp thu, giải quyết", null=True)
    violations = count_field("số vụ việc vi phạm phát hiện", null=True)
    amount = models.DecimalField(
        "giá trị kiến nghị thu hồi, giảm trừ (triệu đồng)",
        max_digits=13,
        decimal_places=3,
        null=True,
        blank=True,
    )

    class Meta(EventRecord.Meta):
        verbose_name = "cuộc giám sát, phản biện"
        verbose_name_plural = "giám sát, phản biện xã hội"
        indexes = sorted_by("recommendations")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(kind=OversightKind, lead=Lead),
            *chosen(blank=True, form=OversightFormat),
            *within("drafts", "recommendations", "accepted", "violations"),
            *within("amount", top=1_000_000_000),
            rule(
                "critique_lead",
                Q(kind="oversight") | Q(lead__in=CRITICS),
                "Phản biện xã hội do Mặt trận Tổ quốc hoặc tổ chức chính trị - xã hội chủ trì.",
                "lead",
            ),
            at_most("accepted", "recommendations", "Số được tiếp thu lớn hơn số kiến nghị."),
        ]

    def clean(self) -> None:
        super().clean()
        if self.accepted is not None and self.recommendations is None:
            raise ValidationError({"recommendations": "Vui lòng nhập số kiến nghị."})
