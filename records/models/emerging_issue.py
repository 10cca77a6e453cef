"""E9: issues among the people, and how they were settled. Sensitive: the unit and those above only."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from danvan.accounts.audit.lines import Told, create_audited
from danvan.accounts.audit.writing import audited_bulk_create, audited_update
from danvan.accounts.models.fields import person_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.text import search_key
from records.models.base import TO_COME, EventRecord, RecordQuerySet, sorted_by, text_field
from records.models.rules import at_least, choice_field, chosen, count_field, rule, within

Day = TypeVar("Day", datetime.date, str)


class IssueField(models.TextChoices):
    LAND = "land", "Đất đai"
    CLEARANCE = "clearance", "Giải phóng mặt bằng"
    ENVIRONMENT = "environment", "Môi trường"
    POLICY = "policy", "Chế độ, chính sách"
    RELIGION = "religion", "Tôn giáo"
    ETHNICITY = "ethnicity", "Dân tộc"
    LABOUR = "labour", "Lao động"
    DEMOCRACY = "democracy", "Dân chủ ở cơ sở"
    OTHER = "other", "Khác"


class IssueSeverity(models.TextChoices):
    NORMAL = "normal", "Thông thường"
    COMPLEX = "complex", "Phức tạp, kéo dài"
    CROWD = "crowd", "Đông người"


class IssueState(models.TextChoices):
    NEW = "new", "Mới"
    RUNNING = "running", "Đang giải quyết"
    PASSED_ON = "passed_on", "Chuyển cấp trên"
    RESOLVED = "resolved", "Đã giải quyết"


class EmergingIssueQuerySet(RecordQuerySet):
    """Issues, and where they stood on a day."""

    def with_status_on(self, day: datetime.date) -> Self:
        """Annotate `status_on`: where each issue stood at the end of `day`."""
        last = IssueStatus.objects.filter(issue=models.OuterRef("pk"), date__lte=day)
        return self.annotate(
            status_on=Coalesce(
                models.Subquery(last.order_by("-date", "-pk").values("status")[:1]),
                models.Value(IssueState.NEW.value),
            )
        )


class EmergingIssue(EventRecord):
    """One issue; `title` is its summary, `start_date` the day it was found.

    `status` since `status_date` is the last line of its history (IssueStatus), which save_history keeps.
    """

    Status = IssueState
    inherited = False  # a successor unit does not read those of its predecessors

    LATER_FIELDS = frozenset({
        "status", "status_date", "resolved_date", "outcome", "handler", "due_date", "note",
        "end_date",
    })  # fmt: skip

    DAYS = ("start_date", "status_date")

    title = models.CharField("tóm tắt vấn đề", max_length=300)
    start_date = models.DateField("ngày phát hiện")
    field = choice_field("lĩnh vực", IssueField)
    severity = choice_field("mức độ", IssueSeverity, default=IssueSeverity.NORMAL)
    people = count_field("số người liên quan", null=True)
    status = choice_field("tình trạng", IssueState, default=IssueState.NEW)
    status_date = models.DateField(
        "tình trạng từ ngày",
        blank=True,
        help_text="Để trống: ngày hôm nay, hoặc ngày giải quyết xong.",
    )
    handler = text_field("cơ quan, người giải quyết")
    due_date = models.DateField("hạn giải quyết", null=True, blank=True)
    resolved_date = models.DateField("ngày giải quyết xong", null=True, blank=True)
    outcome = text_field("kết quả giải quyết", lines=3)

    objects = EmergingIssueQuerySet.as_manager()  # type: ignore[misc]

    class Meta(EventRecord.Meta):
        verbose_name = "vấn đề phát sinh"
        verbose_name_plural = "vấn đề phát sinh"
        indexes = sorted_by("people")
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(field=IssueField, severity=IssueSeverity, status=IssueState),
            *within("people"),
            at_least("status_date", "start_date", "Không được trước ngày phát hiện."),
            at_least("resolved_date", "start_date", "Không được trước ngày phát hiện."),
            at_least("due_date", "start_date", "Không được trước ngày phát hiện."),
            rule(
                "resolved_has_date",
                Q(status="resolved", resolved_date__isnull=False)
                | (~Q(status="resolved") & Q(resolved_date__isnull=True)),
                "Nhập ngày giải quyết xong khi và chỉ khi tình trạng là “Đã giải quyết”.",
                "resolved_date",
            ),
        ]

    def fill_blanks(self) -> None:
        """A resolved issue stands so since the day it was resolved, a new one since it was found."""
        if self.status == self.Status.RESOLVED and self.resolved_date:
            self.status_date = self.resolved_date
        elif self.status_date is None:
            new = self.pk is None and self.status == self.Status.NEW
            self.status_date = self.start_date if new else timezone.localdate()

    def clean(self) -> None:
        super().clean()
        today = timezone.localdate()
        for name in ("status_date", "resolved_date"):
            day = getattr(self, name)
            if day and day > today:
                raise ValidationError({name: TO_COME})
        last = self.history.last() if self.pk else None
        moves = last is not None and self.status_date and last.status != self.status
        if last and moves and self.status_date < last.date:
            where = "resolved_date" if self.status == self.Status.RESOLVED else "status_date"
            stood = last.get_status_display().lower()
            raise ValidationError({where: f"Vấn đề đã “{stood}” từ ngày {last.date:%d/%m/%Y}."})

    def first_history(self) -> list[IssueStatus]:
        """Return the lines a new issue begins with: found, and where it stands by now."""
        lines = first_lines(self.start_date, self.status, self.status_date)
        return [IssueStatus(issue=self, status=status, date=day) for status, day in lines]

    def save_history(self, actor: Any = None) -> None:
        """Bring the history up to the row: a new status is a new line, a corrected day corrects the line."""
        lines = list(self.history.all())
        if not lines:
            new = self.first_history()
            for line in new:
                line.actor = actor
            audited_bulk_create(new)
            return
        last = lines[-1]
        if last.status != self.status:
            self.history.create(status=self.status, date=self.status_date, actor=actor)
        elif last.date != self.status_date and len(lines) > 1:
            day = max(self.status_date, lines[-2].date)
            audited_update(self.history.filter(pk=last.pk), date=day)
        audited_update(self.history.filter(pk=lines[0].pk), date=self.start_date)

    def facts(self) -> Any:
        """Finding counts on its day, every later state on the day it began."""
        facts = {(*point, "found"): fact for point, fact in super().facts().items()}
        if self.pk:
            for line in self.history.all():
                facts[(self.unit_id, line.date, line.pk)] = line.status
        return facts


class IssueStatus(models.Model):
    """Where an issue stood from `date` on."""

    inherited = False
    issue = models.ForeignKey(EmergingIssue, on_delete=models.CASCADE, related_name="history")
    status = choice_field("tình trạng", IssueState)
    date = models.DateField("từ ngày")
    actor = person_field(null=True, db_index=False)
    at = models.DateTimeField("ghi lúc", default=timezone.now)

    unit_lookup = "issue__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "diễn biến tình trạng"
        verbose_name_plural = "diễn biến tình trạng"
        ordering = ["date", "pk"]
        indexes = [models.Index(fields=["issue", "date"], name="issuestatus_by_date")]
        constraints: ClassVar[list[Any]] = [*chosen(status=IssueState)]

    def __str__(self) -> str:
        return f"{self.get_status_display()} từ {self.date:%d/%m/%Y}"

    def get_additional_data(self) -> dict:
        """Say in the trail which issue it is about."""
        return {"record": self.issue_id}


def first_lines(found: Day, status: str, since: Day) -> list[tuple[str, Day]]:
    """Return (status, day) of the lines an issue begins with: found, and where it stands by now."""
    new = (IssueState.NEW.value, found)
    return [new] if status == IssueState.NEW else [new, (status, since)]


def begin_histories(
    columns: Sequence[str], rows: Iterable[Sequence], keys: Iterable[int], *, actor: Any
) -> None:
    """Write the first lines of issues that records/services.py just inserted, each with its entry."""
    at = [columns.index(name) for name in ("unit_id", "start_date", "status", "status_date")]
    lines, told = [], []
    for key, row in zip(keys, rows, strict=True):
        unit_id, *state = (row[index] for index in at)
        for status, day in first_lines(*state):
            lines.append((key, status, day))
            name = f"{IssueState(status).label} từ {'/'.join(reversed(day.split('-')))}"
            told.append(Told(name, search_key(name), unit_id, f'{{"record": {key}}}'))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    create_audited(
        IssueStatus, ("issue_id", "status", "date"), lines, {"actor_id": actor.pk, "at": now}, told
    )
