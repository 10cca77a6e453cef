"""Word templates that an office handed in, and from which day on it uses which."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import ScopedQuerySet
from reports.models.letterhead import IN_THIS_CENTURY


def template_file_name(row: WordTemplate, filename: str) -> str:
    """Return where a template is kept: a random name, never the typed one."""
    return f"templates/{uuid.uuid4().hex}"


class WordTemplate(models.Model):
    """A template of an office's reports, as it was handed in; a changed one is another row."""

    unit = unit_field(related_name="word_templates")
    name = models.CharField("tên mẫu", max_length=120)
    file = models.FileField("tệp", upload_to=template_file_name, max_length=100)
    size = models.PositiveIntegerField("dung lượng")
    sha256 = models.CharField(max_length=64)
    asks_units = models.BooleanField("nêu đơn vị cao nhất, thấp nhất", default=False)
    made_by = person_field(null=True)
    made_at = models.DateTimeField("lúc", default=timezone.now, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "mẫu Word"
        verbose_name_plural = "mẫu Word"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def read(self) -> bytes:
        """Return the file."""
        with self.file.open("rb") as stored:
            return stored.read()


class TemplateUse(models.Model):
    """From `valid_from` on an office's documents are made by `template`, None for the shipped one."""

    unit = unit_field(related_name="template_uses")
    template = models.ForeignKey(
        WordTemplate,
        verbose_name="mẫu",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="uses",
    )
    valid_from = models.DateField("áp dụng từ ngày", validators=IN_THIS_CENTURY)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "lần áp dụng mẫu Word"
        verbose_name_plural = "các lần áp dụng mẫu Word"
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="template_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.template or 'Mẫu có sẵn'}, từ {self.valid_from:%d/%m/%Y}"
