"""What a board took over from the texts of the units below, for the words of one consolidation."""

from typing import Self

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.units.models import AdministrativeUnit
from reports.models.report import Report, Value


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a text that was typed in a box."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class GatheredTextQuerySet(ScopedQuerySet["GatheredText"]):
    """Pieces, scoped by the board whose draft they stand in."""

    def of(self, unit: AdministrativeUnit, first_year: int, last_year: int) -> Self:
        """Return the pieces of one consolidation, of the same unit under another name as well."""
        own = self.filter(unit__in=unit.version_keys())
        return own.filter(first_year=first_year, last_year=last_year)

    def with_source(self) -> Self:
        """Return the pieces with their reports, annotated with what stands there `now`, "" for nothing."""
        values = Value.objects.filter(
            report=OuterRef("report"), indicator__code=OuterRef("heading")
        )
        text = Coalesce(
            Subquery(values.values("text")[:1]), models.Value(""), output_field=models.TextField()
        )
        return self.select_related("report__unit__parent", "report__period", "made_by").annotate(
            now=text
        )


class GatheredText(models.Model):
    """What one report says under one heading, as the board put it into its draft.

    `snapshot` is the whole text of the source when it was taken; where the source differs today the page
    says so. A piece that is not `in_draft` only says that its source was dealt with.
    """

    unit = unit_field()
    first_year = models.PositiveSmallIntegerField("từ năm")
    last_year = models.PositiveSmallIntegerField("đến năm")
    heading = models.CharField("mục", max_length=20)
    report = models.ForeignKey(
        Report, verbose_name="báo cáo nguồn", on_delete=models.PROTECT, related_name="+"
    )
    place = models.PositiveIntegerField("thứ tự", default=0)
    text = models.TextField("lời văn")
    snapshot = models.TextField("lời văn của nguồn khi lấy", editable=False)
    in_draft = models.BooleanField("đưa vào dự thảo", default=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    made_by = person_field("người lấy")
    made_at = models.DateTimeField("lấy lúc", default=timezone.now, editable=False)

    now: str  # with_source()
    objects = GatheredTextQuerySet.as_manager()

    class Meta:
        verbose_name = "lời văn tập hợp"
        verbose_name_plural = "lời văn tập hợp"
        ordering = ["heading", "place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "first_year", "last_year", "heading", "report"],
                name="gathered_text_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.heading}: {self.text[:60]}"

    @property
    def source_changed(self) -> bool:
        """Whether the source says something else than when it was taken (with_source)."""
        return self.now != self.snapshot
