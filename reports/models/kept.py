"""What was worked out once and holds as long as what it was made of: sums of reports, finished workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models


class KeptQuerySet(models.QuerySet[Any]):
    """What is kept by a key that names everything it depends on: nothing is ever out of date."""

    def keep(self, new: Mapping[str, Any]) -> None:
        """Store `new` by key; the oldest beyond LIMIT go."""
        kept: Any = self.model
        rows = [kept(key=key, **{kept.HOLDS: one}) for key, one in new.items()]
        self.bulk_create(rows, ignore_conflicts=True)
        newest = models.Subquery(self.order_by("-pk").values("pk")[:1])
        self.filter(pk__lte=newest - kept.LIMIT).delete()

    def found(self, *keys: str) -> dict[str, Any]:
        """Return by key what is kept of `keys`."""
        holds = self.model.HOLDS
        return dict(self.filter(key__in=keys).values_list("key", holds)) if keys else {}


class Kept(models.Model):
    """One thing that is kept under its key."""

    LIMIT: ClassVar[int]  # rows
    HOLDS: ClassVar[str]  # the column with what is kept

    key = models.CharField(max_length=64, unique=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class KeptFacts(Kept):
    """Facts of the reports of a period, or lines of several (reports/consolidation/keeping.py)."""

    LIMIT, HOLDS = 2000, "facts"  # some 20 KB each

    facts = models.JSONField()

    class Meta:
        verbose_name = "số liệu đã cộng"
        verbose_name_plural = "số liệu đã cộng"


class KeptFile(Kept):
    """A finished workbook of a consolidation (reports/documents/workbook/keeping.py)."""

    LIMIT, HOLDS = 300, "content"
    LARGEST = 1 << 20  # bytes; a province of 116 units is 150 KB

    content = models.BinaryField()

    class Meta:
        verbose_name = "tệp đã lập"
        verbose_name_plural = "tệp đã lập"
