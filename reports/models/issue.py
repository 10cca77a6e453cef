"""What was sent out: a consolidation as it was signed, kept for good."""

from __future__ import annotations

import json
import uuid
import zlib
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import ScopedQuerySet
from reports.models.period import COUNTED_KINDS, ReportingPeriod
from reports.models.report import Report


class DocumentKind(models.TextChoices):
    """Kinds of document that a consolidation is sent out as; numbers run for each by itself."""

    REPORT = "BC", "Báo cáo"
    NOTICE = "TB", "Thông báo"


def packed(data: Any) -> bytes:
    """Return `data` as an issue keeps it: JSON in one spelling, compressed."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


class PublishedIssueQuerySet(ScopedQuerySet):
    """Issues, scoped by the unit whose figures they are."""

    def with_names(self) -> PublishedIssueQuerySet:
        """Return the issues with what a line about them shows; what is frozen is read when asked for."""
        rows = self.select_related("unit__parent", "replaces", "replaced_by")
        return rows.defer("content", "units", "replaces__content", "replaces__units").defer(
            "replaced_by__content", "replaced_by__units"
        )

    def with_touched(self) -> PublishedIssueQuerySet:
        """Annotate `touched` (a report was changed or moved since) and `periods_now` (of its years)."""
        reports = IssuedReport.objects.filter(issue=OuterRef("pk"))
        moved = reports.filter(~Q(report__version=F("version")))
        counted = ReportingPeriod.objects.filter(
            kind__in=COUNTED_KINDS,
            year__gte=OuterRef("first_year"),
            year__lte=OuterRef("last_year"),
        )
        counted = counted.order_by().annotate(count=Func(F("pk"), function="COUNT"))
        return self.annotate(touched=Exists(moved), periods_now=Subquery(counted.values("count")))


class PublishedIssue(models.Model):
    """One consolidation that was sent out: frozen with number, date, letterhead and figures.

    `content` and `units` are packed JSON (reports/documents/issues/): what every page of the issue shows,
    and the figures unit by unit. `sha256` is over both and over the columns named in SEALED. Numbers run
    in a `register` of an office (`register_unit` is its first version): a term of the committee, or a
    year. A later issue replaces an earlier one and says so; nothing here is ever changed.
    """

    SEALED = (
        "kind", "register", "number", "symbol", "title", "first_year", "last_year", "section",
        "include_submitted", "edition", "missing_reason", "periods", "expected", "included", "issued_unit",
    )  # fmt: skip

    unit = unit_field(related_name="issues")
    register_unit = unit_field(None, editable=False)
    kind = models.CharField("loại văn bản", max_length=4, choices=DocumentKind)
    register = models.CharField("sổ văn bản", max_length=20)
    number = models.PositiveIntegerField("số")
    symbol = models.CharField("ký hiệu", max_length=40)
    date = models.DateField("ngày văn bản")
    title = models.CharField("trích yếu", max_length=300)
    first_year = models.PositiveSmallIntegerField("từ năm")
    last_year = models.PositiveSmallIntegerField("đến năm")
    section = models.CharField("mục", max_length=10, blank=True)
    include_submitted = models.BooleanField("cả báo cáo chờ duyệt", default=False)
    edition = models.PositiveSmallIntegerField("lần", default=1)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    missing_reason = models.CharField("lý do thiếu báo cáo", max_length=1000, blank=True)
    periods = models.PositiveSmallIntegerField("số kỳ báo cáo")
    expected = models.PositiveIntegerField("số báo cáo phải có")
    included = models.PositiveIntegerField("số báo cáo có trong số liệu")
    content = models.BinaryField()
    units = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    issued_by = person_field()
    issued_unit = models.CharField("đơn vị ban hành khi đó", max_length=150, blank=True)
    issued_at = models.DateTimeField("ban hành lúc", default=timezone.now, editable=False)
    token = models.UUIDField(null=True, unique=True, editable=False)

    append_only = True
    touched: bool  # with_touched()
    periods_now: int
    objects = PublishedIssueQuerySet.as_manager()

    class Meta:
        verbose_name = "văn bản đã ban hành"
        verbose_name_plural = "văn bản đã ban hành"
        ordering = ["-date", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["register_unit", "kind", "register", "number"],
                name="issue_number_once",
                violation_error_message="Số văn bản này đã được dùng.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} số {self.number:02d}{self.symbol}"

    def get_absolute_url(self) -> str:
        """Return the address of the issue's page."""
        return reverse("issues:detail", args=[self.pk])

    @cached_property
    def frozen(self) -> dict[str, Any]:
        """What every page of the issue shows."""
        return json.loads(zlib.decompress(self.content))

    @cached_property
    def frozen_units(self) -> dict[str, Any]:
        """The figures unit by unit."""
        return json.loads(zlib.decompress(self.units))

    def seal(self) -> str:
        """Return the checksum of everything the issue says, computed anew from what is stored."""
        said = {name: getattr(self, name) for name in self.SEALED}
        said |= {
            "unit": self.unit.code,
            "date": self.date.isoformat(),
            "issued_at": self.issued_at.isoformat(timespec="milliseconds"),
            "issued_by": self.issued_by_id,
            "replaces": self.replaces_id,
        }
        text = json.dumps(said, ensure_ascii=False, sort_keys=True)
        parts = (text.encode(), *(zlib.decompress(blob) for blob in (self.content, self.units)))
        return sha256(b"\n".join(parts)).hexdigest()


class IssuedReport(models.Model):
    """A report that an issue asked for, as it stood then: a later version means the figures may differ."""

    issue = models.ForeignKey(
        PublishedIssue, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField("phiên bản khi đó")
    state = models.CharField("trạng thái khi đó", max_length=9)

    append_only = True
    unit_lookup = "issue__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "báo cáo trong văn bản"
        verbose_name_plural = "báo cáo trong văn bản"
        constraints = [
            models.UniqueConstraint(fields=["issue", "report"], name="report_once_in_issue")
        ]

    def __str__(self) -> str:
        return f"{self.issue_id}: {self.report_id} v{self.version}"


class FileKind(models.TextChoices):
    """The files of an issue: made from what is frozen, and the signed paper as it was scanned or signed."""

    WORKBOOK = "xlsx", "Biểu Excel"
    DOCUMENT = "docx", "Văn bản Word"
    SIGNED = "pdf", "Bản đã ký (PDF)"


def issue_file_name(file: IssueFile, filename: str) -> str:
    """Return where a file is kept: a random name, never the typed one."""
    return f"issues/{uuid.uuid4().hex}"


class IssueFile(models.Model):
    """One file of an issue, kept as it was made or handed in; a later signed paper stands before an earlier."""

    issue = models.ForeignKey(PublishedIssue, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField("loại tệp", max_length=4, choices=FileKind)
    name = models.CharField("tên tệp", max_length=200)
    file = models.FileField("tệp", upload_to=issue_file_name, max_length=100)
    size = models.PositiveIntegerField("dung lượng")
    sha256 = models.CharField(max_length=64)
    made_by = person_field(null=True)
    made_at = models.DateTimeField("lúc", default=timezone.now, editable=False)

    append_only = True
    unit_lookup = "issue__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "tệp của văn bản"
        verbose_name_plural = "tệp của văn bản"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "kind"], condition=~Q(kind="pdf"), name="issue_file_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
