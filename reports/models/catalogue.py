"""The indicator catalogue as data: one whole catalogue per year, so a closed year keeps its own."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from danvan.common.handbook.why import Why
from danvan.common.text import clean_line
from danvan.units.models import AdministrativeUnit, Level


class Catalogue(models.Model):
    """The indicators of one year.

    Where the districts ended inside a year that is told in parts, its later parts have one of their own.
    """

    year = models.PositiveSmallIntegerField(
        "năm", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    two_tiers = models.BooleanField("từ khi không còn cấp huyện", default=False, editable=False)

    class Meta:
        verbose_name = "danh mục chỉ tiêu"
        verbose_name_plural = "danh mục chỉ tiêu"
        ordering = ["-year", "-two_tiers"]
        constraints = [
            models.UniqueConstraint(fields=["year", "two_tiers"], name="catalogue_of_a_year")
        ]

    def __str__(self) -> str:
        return f"Danh mục chỉ tiêu năm {self.when}"

    @property
    def when(self) -> str:
        """Return the year, and which part of it, in words."""
        return f"{self.year} (từ khi không còn cấp huyện)" if self.two_tiers else str(self.year)

    @property
    def slug(self) -> str:
        """Return what its addresses call it."""
        return f"{self.year}-2" if self.two_tiers else str(self.year)

    @property
    def has_districts(self) -> bool:
        """Return whether anything is asked of districts: of a year after they ended nothing is."""
        return self.indicators.filter(entry_levels__contains="H").exists()

    @property
    def levels(self) -> list[Level]:
        """The levels that can be asked in the year, highest first; bodies where there are any."""
        bodies = AdministrativeUnit.objects.filter(level=Level.BODY).exists()
        there = {Level.DISTRICT: self.has_districts, Level.BODY: bodies}
        return [level for level in Level if there.get(level, True)]

    @property
    def is_frozen(self) -> bool:
        """Return whether reports of the year were ever submitted: from then on the catalogue stands still."""
        return self.periods.filter(reports__submitted_at__isnull=False).exists()

    @property
    def is_opened(self) -> bool:
        """Return whether a period asks for these indicators: then none is added, dropped or redefined.

        Wording and rules may still be mended until the first report is submitted.
        """
        return self.periods.exists()


class CatalogueRow(models.Model):
    """Base of what hangs on a catalogue and must not change once it is frozen."""

    # What may change although reports were sent: words that help, on which no figure hangs.
    MENDABLE: frozenset[str] = frozenset()

    catalogue = models.ForeignKey(
        Catalogue, verbose_name="danh mục", on_delete=models.CASCADE, related_name="%(class)ss"
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.catalogue_id and not self._is_only_mended():
            self._refuse_frozen()

    def check_deletion(self) -> None:
        """Raise ValidationError where the row must stay."""
        self._refuse_frozen()

    def _is_only_mended(self) -> bool:
        """Return whether the row differs from the stored one in MENDABLE columns at most."""
        old = type(self)._base_manager.filter(pk=self.pk).first() if self.MENDABLE else None
        if old is None:
            return False
        columns = (f for f in self._meta.concrete_fields if f.name not in self.MENDABLE)
        return all(getattr(self, f.attname) == getattr(old, f.attname) for f in columns)

    def _refuse_frozen(self) -> None:
        if self.catalogue.is_frozen:
            raise ValidationError(
                f"Danh mục năm {self.catalogue.year} đã có báo cáo gửi lên nên không sửa được nữa. "
                "Vui lòng sửa danh mục của năm sau.",
                code=Why.CATALOGUE,
            )


class Section(CatalogueRow):
    """A theme of the report: "Đối thoại của người đứng đầu"."""

    code = models.CharField("mã mục", max_length=10)
    label = models.CharField("tên mục", max_length=200)
    order = models.PositiveSmallIntegerField("thứ tự", default=0)

    class Meta:
        verbose_name = "mục"
        verbose_name_plural = "mục"
        ordering = ["catalogue", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "code"],
                name="section_code_in_catalogue",
                violation_error_message="Danh mục đã có mục mang mã này.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        super().clean()
        self.code, self.label = clean_line(self.code).upper(), clean_line(self.label)
        if not re.fullmatch(r"[A-Z]{1,10}", self.code):
            raise ValidationError({"code": "Mã mục chỉ gồm chữ cái in hoa không dấu."})

    def check_deletion(self) -> None:
        super().check_deletion()
        if self.indicators.exists():
            raise ValidationError(
                "Không xóa được mục còn chỉ tiêu. Vui lòng chuyển các chỉ tiêu trước."
            )


def indicator_levels() -> list[tuple[str, str]]:
    """Return the sets of entering levels an indicator may have, as (letters, label)."""
    names = {level.letter: level.short for level in Level}
    areas = ("X", "H", "T", "XH", "XT", "HT", "XHT")
    sets = (*areas, "K", *(f"{letters}K" for letters in areas))
    labels = {
        letters: ", ".join(names[letter] for letter in letters).capitalize() for letters in sets
    }
    return [("", "Không nhập (tự tính)"), *labels.items()]
