"""What the provincial board says of a field in place of the sentence that is shipped."""

from django.core.exceptions import ValidationError
from django.db import models

from danvan.common.text import clean_line


class FieldGuidance(models.Model):
    """The board's sentence on one field of a kind; without a row the shipped one stands (records/guidance)."""

    kind = models.CharField("loại hồ sơ", max_length=40, editable=False)
    field = models.CharField("ô", max_length=40, editable=False)
    text = models.CharField("câu hướng dẫn", max_length=250)

    class Meta:
        verbose_name = "câu hướng dẫn của ô hồ sơ"
        verbose_name_plural = "câu hướng dẫn của ô hồ sơ"
        constraints = [
            models.UniqueConstraint(fields=["kind", "field"], name="field_guidance_once"),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        """Keep the sentence in one clean line; only spaces are no sentence."""
        super().clean()
        self.text = clean_line(self.text)
        if not self.text:
            raise ValidationError({"text": "Vui lòng viết câu hướng dẫn."})
