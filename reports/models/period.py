"""Reporting periods: what is asked, from whom, until when."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from danvan.accounts.models.fields import person_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.units.kinds import AREA_LEVELS
from danvan.units.models import Level
from reports.models.catalogue import Catalogue

FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_LENGTH = datetime.timedelta(days=400)


class PeriodKind(models.TextChoices):
    """YEAR and PART count in yearly consolidations; HALF and QUARTER are interim and never do.

    PART is one of several periods that together make a year whose units changed on the way (2025).
    """

    YEAR = "year", "Cả năm"
    PART = "part", "Một phần năm (khi sắp xếp đơn vị)"
    HALF = "half", "Sáu tháng"
    QUARTER = "quarter", "Quý"


def due_field(level: str) -> str:
    """Return the column of a period with the due date of `level`; bodies send with the communes."""
    return f"due_{Level.COMMUNE if level == Level.BODY else Level(level)}"


COUNTED_KINDS = (PeriodKind.YEAR, PeriodKind.PART)


_NOT_ALWAYS = (Level.DISTRICT, Level.BODY)


class PeriodQuerySet(models.QuerySet["ReportingPeriod"]):
    """Periods."""

    def with_tiers(self) -> PeriodQuerySet:
        """Return the periods with what `tiers` asks, in one query."""
        return self.annotate(
            **{f"has_{at}": models.Exists(self._asked().filter(level=at)) for at in _NOT_ALWAYS}
        )

    def with_ends(self) -> PeriodQuerySet:
        """Return the periods with whether a unit ended in them, as `has_ended`."""
        return self.annotate(has_ended=models.Exists(self._asked().filter(until__isnull=False)))

    def alike(self, interim: ReportingPeriod | None) -> PeriodQuerySet:
        """Return the periods that count, or of all years those of the span and kind of an `interim` one."""
        if interim is None:
            return self.filter(kind__in=COUNTED_KINDS)
        return self.filter(kind=interim.kind, end__month=interim.end.month)

    def counted(self) -> list[ReportingPeriod]:
        """Return the periods that count in yearly consolidations, oldest first, `with_ends`. One query."""
        return list(self.filter(kind__in=COUNTED_KINDS).order_by("start").with_ends())

    def _asked(self) -> models.QuerySet:
        reports: Any = self.model.reports.rel.related_model
        return reports.objects.filter(period=models.OuterRef("pk"))


class ReportingPeriod(models.Model):
    """A time span that units report on. Opening it freezes the catalogue and the units that report."""

    year = models.PositiveSmallIntegerField(
        "năm", validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    kind = models.CharField("loại kỳ", max_length=7, choices=PeriodKind, default=PeriodKind.YEAR)
    start = models.DateField("từ ngày")
    end = models.DateField("đến ngày")
    structure_date = models.DateField(
        "ngày chốt danh sách đơn vị", help_text="Các đơn vị có hiệu lực ngày này phải báo cáo."
    )
    catalogue = models.ForeignKey(
        Catalogue, verbose_name="danh mục", on_delete=models.PROTECT, related_name="periods"
    )
    due_commune = models.DateField("hạn nộp cấp xã")
    due_district = models.DateField("hạn nộp cấp huyện")
    due_province = models.DateField("hạn nộp cấp tỉnh")
    is_closed = models.BooleanField("đã khóa", default=False)
    is_demo = models.BooleanField("số liệu minh họa", default=False)
    closed_at = models.DateTimeField("khóa lúc", null=True, blank=True)
    closed_by = person_field("người khóa", null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = "kỳ báo cáo"
        verbose_name_plural = "kỳ báo cáo"
        ordering = ["-start"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "start"],
                name="period_kind_start",
                violation_error_message="Đã có kỳ báo cáo cùng loại bắt đầu từ ngày này.",
            ),
            models.UniqueConstraint(
                fields=["year"],
                condition=Q(kind="year"),
                name="period_one_per_year",
                violation_error_message="Năm này đã mở kỳ báo cáo.",
            ),
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="period_end_after_start",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == PeriodKind.YEAR:
            return f"Năm {self.year}"
        return f"{self.get_kind_display()} {self.year} ({self.start:%d/%m}–{self.end:%d/%m/%Y})"

    def clean(self) -> None:
        """Refuse dates that belong to another year, due dates long before the end and a year told twice."""
        super().clean()
        if not (self.start and self.end and self.year):
            return  # the fields have reported it already
        self._clean_span()
        for level in AREA_LEVELS:
            due = self.due_date_of(level)
            if due and self.end - due > datetime.timedelta(days=92):
                told = "Hạn nộp sớm hơn ngày kết thúc kỳ quá 3 tháng, vui lòng xem lại."
                raise ValidationError({due_field(level): told})
        overlapping = ReportingPeriod.objects.filter(
            kind__in=COUNTED_KINDS, start__lte=self.end, end__gte=self.start
        ).exclude(pk=self.pk)
        if self.kind in COUNTED_KINDS and overlapping.exists():
            raise ValidationError(
                f"Khoảng thời gian này trùng với kỳ “{overlapping.first()}”, số liệu sẽ bị tính hai lần."
            )

    def _clean_span(self) -> None:
        if not self.start.year <= self.year <= self.end.year:
            span = f"{self.start:%d/%m/%Y} – {self.end:%d/%m/%Y}"
            told = f"Năm {self.year} không khớp thời gian của kỳ ({span})."
            raise ValidationError({"year": told})
        month = datetime.timedelta(days=31)
        if self.structure_date and not self.start <= self.structure_date <= self.end + month:
            raise ValidationError(
                {"structure_date": "Ngày chốt danh sách đơn vị phải nằm trong kỳ báo cáo."}
            )
        if self.end - self.start > MAX_LENGTH:
            raise ValidationError({"end": "Kỳ báo cáo dài quá một năm, vui lòng xem lại ngày."})

    def due_date_of(self, level: str) -> datetime.date:
        return getattr(self, due_field(level))

    @property
    def tiers(self) -> list[Level]:
        """The levels that report, highest first: since 1 July 2025 without districts, some with bodies."""
        known = vars(self)  # lists annotate it beforehand (with_tiers)
        for level in _NOT_ALWAYS:
            if f"has_{level}" not in known:
                known[f"has_{level}"] = self.reports.filter(level=level).exists()
        return [level for level in Level if known.get(f"has_{level}", True)]

    @property
    def dues(self) -> list[tuple[str, datetime.date]]:
        """The due dates as people read them: ("xã", day), …, lowest level first."""
        names: dict[str, list[str]] = {}
        for level in self.tiers:
            names.setdefault(due_field(level), []).append(level.short)
        return [(", ".join(names[name]), getattr(self, name)) for name in reversed(names)]

    @property
    def is_whole_year(self) -> bool:
        """Whether the period is a year: a part or an interim period is held against nothing yearly."""
        return self.kind == PeriodKind.YEAR


class PeriodLog(models.Model):
    """What was done to a period: opened, closed, reopened; by whom and why."""

    OPENED, CLOSED, REOPENED = "Mở kỳ", "Khóa kỳ", "Mở lại kỳ"

    period = models.ForeignKey(ReportingPeriod, on_delete=models.PROTECT, related_name="log")
    action = models.CharField("việc", max_length=20)
    actor = person_field(null=True)
    reason = models.CharField("lý do", max_length=500, blank=True)
    at = models.DateTimeField("lúc", default=timezone.now, editable=False)

    append_only = True

    class Meta:
        verbose_name = "nhật ký kỳ báo cáo"
        verbose_name_plural = "nhật ký kỳ báo cáo"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.period}: {self.action}"


class DeadlineExtension(models.Model):
    """A later due date for one unit's report, with its reason. The newest one counts.

    While it runs the report may be entered even in a closed period; it locks itself again afterwards.
    """

    report = models.ForeignKey(
        "reports.Report",
        verbose_name="báo cáo",
        on_delete=models.CASCADE,
        related_name="extensions",
    )
    until = models.DateField("gia hạn đến hết ngày")
    reason = models.CharField("lý do", max_length=500)
    granted_by = person_field("người gia hạn")
    granted_at = models.DateTimeField("lúc", auto_now_add=True)

    unit_lookup = "report__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "gia hạn"
        verbose_name_plural = "gia hạn"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.report}: đến {self.until:%d/%m/%Y}"
