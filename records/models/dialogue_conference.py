"""E2: dialogues of the heads of Party committee and government with the people."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from records.models.base import EventRecord, sorted_by, text_field
from records.models.rules import (
    at_least,
    at_most,
    choice_field,
    chosen,
    count_field,
    rule,
    within,
)


class DialogueKind(models.TextChoices):
    REGULAR = "regular", "Định kỳ"
    AD_HOC = "ad_hoc", "Đột xuất"
    THEMATIC = "thematic", "Chuyên đề"


class Audience(models.TextChoices):
    PEOPLE = "people", "Nhân dân"
    MEMBERS = "members", "Đoàn viên, hội viên"
    STAFF = "staff", "Cán bộ, công chức, viên chức"
    BUSINESS = "business", "Doanh nghiệp"
    DIGNITARIES = "dignitaries", "Chức sắc, chức việc"


class DialogueFormat(models.TextChoices):
    DIRECT = "direct", "Trực tiếp"
    ONLINE = "online", "Trực tuyến"


class DialogueConference(EventRecord):
    """One dialogue; `title` is its topic. It may count for the secretary and the chairman alike.

    `led_by` has several values; three columns keep it countable in one set-based query on any database.
    """

    LEADERS = {
        "led_by_secretary": "Bí thư cấp ủy",
        "led_by_chairman": "Chủ tịch UBND",
        "led_by_council": "Chủ tịch HĐND",
    }
    NOTICE_DAYS, RESULT_DAYS = 7, 10  # Law on local government 72/2025, article 43

    title = models.CharField("chủ đề", max_length=300)
    led_by_secretary = models.BooleanField("bí thư cấp ủy chủ trì, tham dự", default=False)
    led_by_chairman = models.BooleanField("chủ tịch UBND chủ trì, tham dự", default=False)
    led_by_council = models.BooleanField("chủ tịch HĐND chủ trì, tham dự", default=False)
    kind = choice_field("loại đối thoại", DialogueKind)
    audience = choice_field("đối tượng", Audience, blank=True)
    form = choice_field("hình thức", DialogueFormat, blank=True, default=DialogueFormat.DIRECT)
    attendees = count_field("số người dự")
    opinions = count_field("số ý kiến, kiến nghị")
    answered = count_field("trả lời tại hội nghị", default=0, blank=True)
    resolved_later = count_field("giải quyết sau hội nghị", default=0, blank=True)
    pending = count_field(
        "đang giải quyết", default=None, blank=True, help_text="Để trống: máy tự tính phần còn lại."
    )
    conclusion_number = text_field("số thông báo kết luận", max_length=60)
    conclusion_date = models.DateField("ngày thông báo kết luận", null=True, blank=True)
    notice_date = models.DateField("ngày thông báo trước", null=True, blank=True)
    result_date = models.DateField("ngày công khai kết quả", null=True, blank=True)

    class Meta(EventRecord.Meta):
        verbose_name = "hội nghị đối thoại"
        verbose_name_plural = "hội nghị đối thoại"
        indexes = sorted_by("attendees")
        constraints = [
            *EventRecord.Meta.constraints,
            *within("attendees", "opinions", "answered", "resolved_later", "pending"),
            rule(
                "led_by_someone",
                Q(led_by_secretary=True) | Q(led_by_chairman=True) | Q(led_by_council=True),
                "Vui lòng chọn ít nhất một người chủ trì, tham dự.",
            ),
            rule(
                "opinions_sum",
                Q(opinions=F("answered") + F("resolved_later") + F("pending")),
                "Số ý kiến phải bằng tổng đã trả lời, giải quyết sau và đang giải quyết.",
                "opinions",
            ),
            at_most("notice_date", "start_date", "Thông báo trước không được sau ngày đối thoại."),
            at_least(
                "result_date", "start_date", "Ngày công khai không được trước ngày đối thoại."
            ),
            at_least(
                "conclusion_date", "start_date", "Ngày kết luận không được trước ngày đối thoại."
            ),
            *chosen(kind=DialogueKind),
            *chosen(blank=True, audience=Audience, form=DialogueFormat),
        ]

    @staticmethod
    def led_by(leaders: Iterable[str]) -> Q:
        """Return the condition for dialogues of one of `leaders` ("secretary", "chairman", "council")."""
        return Q(*((f"led_by_{leader}", True) for leader in leaders), _connector=Q.OR)

    @property
    def leaders(self) -> str:
        """The leaders in words."""
        return ", ".join(label for name, label in self.LEADERS.items() if getattr(self, name))

    def fill_blanks(self) -> None:
        """Blank parts of the opinions: nothing said is 0, what is left is pending."""
        self.answered, self.resolved_later = self.answered or 0, self.resolved_later or 0
        parts = (self.opinions, self.answered, self.resolved_later)
        if self.pending is None and all(isinstance(part, int) for part in parts):
            self.pending = max(0, self.opinions - self.answered - self.resolved_later)

    def clean(self) -> None:
        super().clean()
        if self.conclusion_date and not self.conclusion_number:
            raise ValidationError({"conclusion_number": "Vui lòng nhập số thông báo kết luận."})

    def warnings(self) -> list[str]:
        """Return what departs from the law's terms; it may be saved all the same."""
        found = []
        if self.notice_date and (self.start_date - self.notice_date).days < self.NOTICE_DAYS:
            found.append(f"Thông báo trước chưa đủ {self.NOTICE_DAYS} ngày theo quy định.")
        if self.result_date and (self.result_date - self.start_date).days > self.RESULT_DAYS:
            found.append(f"Công khai kết quả chậm quá {self.RESULT_DAYS} ngày theo quy định.")
        return found
