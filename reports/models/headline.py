"""Which indicators a board looks at first."""

from django.db import models

from danvan.accounts.models.fields import person_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.units.models import AdministrativeUnit

MOST_HEADLINES = 8


class HeadlineChoice(models.Model):
    """The indicators that the picture of a board's area begins with; codes, so that it holds for all years.

    A unit without a choice of its own follows the nearest board above it that has made one.
    """

    unit = models.OneToOneField(
        AdministrativeUnit, verbose_name="đơn vị", on_delete=models.PROTECT, related_name="+"
    )
    codes = models.JSONField("chỉ tiêu", default=list)
    chosen_by = person_field("người chọn")
    chosen_at = models.DateTimeField("chọn lúc", auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "chỉ tiêu trọng tâm"
        verbose_name_plural = "chỉ tiêu trọng tâm"

    def __str__(self) -> str:
        return f"{self.unit}: {', '.join(self.codes)}"
