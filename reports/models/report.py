"""A unit's report of a period: its figures, where it stands, what was remarked and every change."""

import datetime
from typing import Any, Self, cast

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.rights import Person
from danvan.accounts.scope import ScopedQuerySet, area_reported_by
from danvan.units.models import Level
from reports.models.indicator import Indicator
from reports.models.period import ReportingPeriod, due_field


class State(models.TextChoices):
    """Where a report stands; reports/workflow/moves.py holds the table of moves."""

    DRAFT = "draft", "Đang soạn"
    SUBMITTED = "submitted", "Chờ duyệt"
    RETURNED = "returned", "Trả lại để sửa"
    APPROVED = "approved", "Đã duyệt"
    REOPENED = "reopened", "Mở lại để sửa"


EDITABLE_STATES = (State.DRAFT, State.RETURNED, State.REOPENED)


def area_of(report: str = "") -> models.Case:
    """Return the area that a report, reached by `report`, is counted in.

    A commune's in that of its district, a body's in that of the board that reviews it, a board's in its own.
    """
    below = models.When(
        **{f"{report}level__in": (Level.COMMUNE, Level.BODY)}, then=f"{report}reviewer"
    )
    return models.Case(below, default=f"{report}unit")


class ReportQuerySet(ScopedQuerySet["Report"]):
    """Reports, scoped by the reporting unit."""

    def editable_by(self, user: Person) -> Self:
        """As the base; what became the own unit left its open reports to it."""
        return self._within(user, area_reported_by(user).rows())

    def with_names(self) -> Self:
        return self.select_related("period", "unit__parent", "reviewer")

    def with_due_dates(self) -> Self:
        """Return the reports annotated with `extended_until` (None without extension), in one query."""
        newest = (
            cast(Any, self.model)
            .extensions.rel.related_model.objects.filter(report=models.OuterRef("pk"))
            .order_by("-pk")
            .values("until")[:1]
        )
        return self.annotate(extended_until=models.Subquery(newest))

    def with_open_remarks(self) -> Self:
        """Return the reports annotated with whether a remark is not resolved yet, as `has_remarks`."""
        rows = cast(Any, self.model).remarks.rel.related_model.objects.filter(resolved_at=None)
        return self.annotate(has_remarks=models.Exists(rows.filter(report=models.OuterRef("pk"))))

    def awaited(self) -> Self:
        """Return the reports still to be sent that can be, annotated with `due`, extension included."""
        general = models.Case(
            *(models.When(level=v, then=models.F(f"period__{due_field(v)}")) for v in Level)
        )
        rows = self.with_due_dates().filter(state__in=EDITABLE_STATES)
        rows = rows.filter(Q(period__is_closed=False) | Q(extended_until__gte=timezone.localdate()))
        return rows.annotate(due=Greatest(general, Coalesce("extended_until", general)))

    def overdue(self) -> Self:
        """Return the reports still to be sent although their due date, extension included, has passed."""
        today = timezone.localdate()
        passed = Q(pk__in=[])
        for level in Level:
            passed |= Q(level=level, **{f"period__{due_field(level)}__lt": today})
        behind = self.with_due_dates().filter(passed, state__in=EDITABLE_STATES)
        return behind.filter(Q(extended_until=None) | Q(extended_until__lt=today))


class Report(models.Model):
    """One report per period and unit, made when the period opens: together they are the frozen unit list.

    `reviewer` is the unit above on the structure date; a unit without one reviews its own report.
    `version` grows with every saved change and every move; a form that carries an older one is stale.
    """

    period = models.ForeignKey(
        ReportingPeriod, verbose_name="kỳ báo cáo", on_delete=models.PROTECT, related_name="reports"
    )
    unit = unit_field(related_name="reports")
    reviewer = unit_field("đơn vị duyệt", related_name="reports_to_review")
    level = models.CharField("cấp", max_length=8, choices=Level, editable=False)
    # The unit ended inside the period and another one reports the rest: what was done before this day.
    until = models.DateField("số liệu đến trước ngày", null=True, editable=False)
    state = models.CharField("trạng thái", max_length=9, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0, editable=False)
    filled = models.PositiveSmallIntegerField("đã nhập", default=0, editable=False)
    # As of the last submission; None before the first.
    deviating = models.PositiveSmallIntegerField("chỉ tiêu lệch", null=True, editable=False)
    explained = models.PositiveSmallIntegerField("có giải trình", null=True, editable=False)
    saved_at = models.DateTimeField("lưu lúc", null=True, editable=False)
    submitted_at = models.DateTimeField("gửi lúc", null=True, editable=False)
    approved_at = models.DateTimeField("duyệt lúc", null=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "báo cáo"
        verbose_name_plural = "báo cáo"
        ordering = ["period", "unit__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit"],
                name="report_once_per_period",
                violation_error_message="Đơn vị đã có báo cáo của kỳ này.",
            )
        ]
        indexes = [
            models.Index(fields=["period", "reviewer", "state"], name="report_queue"),
            models.Index(fields=["period", "level"], name="report_tiers"),
            models.Index(fields=["period"], name="report_ended", condition=Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.unit} – {self.period}"

    @property
    def extension_end(self) -> datetime.date | None:
        """The last day of the newest extension. Lists annotate it beforehand (with_due_dates)."""
        if not hasattr(self, "extended_until"):
            newest = self.extensions.first()
            self.extended_until = newest.until if newest else None
        return self.extended_until

    @property
    def due_date(self) -> datetime.date:
        """The day the report is due, extension included."""
        return max(filter(None, (self.extension_end, self.period.due_date_of(self.level))))

    @property
    def settled_at(self) -> datetime.datetime | None:
        """When the report was approved or, before that, sent; lists show it."""
        return self.approved_at if self.state == State.APPROVED else self.submitted_at

    @property
    def is_late(self) -> bool:
        """Return whether the due date passed without a submission (or it was submitted after it)."""
        day = timezone.localdate(self.submitted_at) if self.submitted_at else timezone.localdate()
        return day > self.due_date

    @property
    def is_overdue(self) -> bool:
        """Return whether the report is still to be sent although its due date has passed."""
        return self.state in EDITABLE_STATES and timezone.localdate() > self.due_date


class Qualifier(models.TextChoices):
    """How exact a figure is. A sum with an "at least" part is "at least"."""

    EXACT = "exact", "Số chính xác"
    AT_LEAST = "at_least", "trên"
    ABOUT = "about", "khoảng"

    @property
    def prefix(self) -> str:
        """What stands before the number: "trên ", "khoảng ", nothing where it is exact."""
        return "" if self is Qualifier.EXACT else f"{self.label} "


class Value(models.Model):
    """A report's figure for one indicator. A blank figure is not zero: it has no number.

    Yes/no is stored as 1/0, a rating as its rank (1 the lowest). `counted` is what the records gave when
    the report was submitted. Written only by reports/figures/writing.py, which keeps the ledger.
    """

    # The unique constraint and value_by_indicator serve these keys; more indexes would slow down writes.
    report = models.ForeignKey(
        Report, on_delete=models.CASCADE, related_name="values", db_index=False
    )
    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, related_name="values", db_index=False
    )
    number = models.DecimalField("số", max_digits=15, decimal_places=3, null=True, blank=True)
    text = models.TextField("lời văn", blank=True)
    qualifier = models.CharField(
        "mức chính xác", max_length=8, choices=Qualifier, default=Qualifier.EXACT
    )
    note = models.CharField("giải trình", max_length=1000, blank=True)
    counted = models.DecimalField(
        "số theo hồ sơ", max_digits=15, decimal_places=3, null=True, blank=True, editable=False
    )

    unit_lookup = "report__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "số liệu"
        verbose_name_plural = "số liệu"
        constraints = [
            models.UniqueConstraint(fields=["report", "indicator"], name="value_once_per_report"),
            models.CheckConstraint(
                condition=Q(number=None) | Q(number__gte=0),
                name="value_not_negative",
                violation_error_message="Số liệu không được âm.",
            ),
        ]
        # The consolidation reads sums and qualifiers from these alone (manage.py benchmark consolidation).
        indexes = [
            models.Index(fields=["indicator", "report", "number"], name="value_by_indicator"),
            models.Index(
                fields=["report", "indicator", "qualifier"],
                name="value_inexact",
                condition=~Q(qualifier="exact") & Q(number__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id}: {self.number if self.number is not None else self.text}"


class Source(models.TextChoices):
    """How a figure came in: by form, workbook, records, command …"""

    FORM = "form", "Biểu nhập"
    IMPORT = "import", "Tệp Excel"
    RECORDS = "records", "Lấy từ hồ sơ"
    COMMAND = "command", "Dòng lệnh"
    UNDO = "undo", "Hoàn tác"
    DEMO = "demo", "Số liệu minh họa"


class FigureChangeQuerySet(ScopedQuerySet["FigureChange"]):
    """Lines of the ledger."""

    def with_names(self) -> Self:
        return self.select_related("report__unit__parent", "report__period", "indicator", "actor")


class FigureChange(models.Model):
    """One line of the ledger of figures: append-only, written with the change in one transaction.

    `old` and `new` are {number, qualifier, text, note}, numbers as strings; None where there was nothing.
    Unit and role are those of the day, whatever becomes of the account.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="changes")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField("phiên bản báo cáo")
    old = models.JSONField("cũ", null=True)
    new = models.JSONField("mới", null=True)
    actor = person_field(null=True)
    actor_unit = models.CharField("đơn vị khi đó", max_length=150, blank=True)
    actor_role = models.CharField("vai trò khi đó", max_length=20, blank=True)
    on_behalf = models.BooleanField("nhập thay", default=False)
    source = models.CharField("nguồn", max_length=8, choices=Source)
    reason = models.CharField("lý do", max_length=500, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    at = models.DateTimeField("lúc", auto_now_add=True)

    append_only = True
    unit_lookup = "report__unit"
    objects = FigureChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "thay đổi số liệu"
        verbose_name_plural = "thay đổi số liệu"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["report", "version"], name="change_by_version")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.indicator_id} v{self.version}"


class Remark(models.Model):
    """What the reviewer says of one figure (without indicator: of the whole report) until it is resolved."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="remarks")
    indicator = models.ForeignKey(
        Indicator,
        verbose_name="chỉ tiêu",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    text = models.CharField("ý kiến", max_length=1000)
    author = person_field()
    author_unit = models.CharField("đơn vị nhận xét", max_length=150, blank=True)
    created_at = models.DateTimeField("lúc", auto_now_add=True)
    resolved_at = models.DateTimeField("xong lúc", null=True, blank=True)
    resolved_by = person_field(null=True, blank=True)

    unit_lookup = "report__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "ý kiến duyệt"
        verbose_name_plural = "ý kiến duyệt"
        ordering = ["indicator__order", "pk"]

    def __str__(self) -> str:
        return self.text


class Transition(models.Model):
    """One move of a report through the workflow: who, from, to, when and why."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="transitions")
    action = models.CharField("việc", max_length=10)
    from_state = models.CharField("từ", max_length=9, choices=State)
    to_state = models.CharField("đến", max_length=9, choices=State)
    actor = person_field(null=True)
    actor_unit = models.CharField("đơn vị khi đó", max_length=150, blank=True)
    reason = models.CharField("lý do", max_length=1000, blank=True)
    at = models.DateTimeField("lúc", default=timezone.now, editable=False)

    append_only = True
    unit_lookup = "report__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "bước xử lý"
        verbose_name_plural = "bước xử lý"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.from_state} → {self.to_state}"
