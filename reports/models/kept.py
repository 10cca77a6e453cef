"""What was worked out once and holds as long as what it was made of: sums of reports, finished workbooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Exists, Q


class KeptQuerySet(models.QuerySet[Any]):
    """What is kept by a key that names everything it depends on: nothing is ever out of date."""

    def keep(self, new: Mapping[str, Any]) -> None:
        """Store `new` by key; the oldest beyond LIMIT go."""
        kept: Any = self.model
        rows = [kept(key=key, **{kept.HOLDS: one}) for key, one in new.items()]
        newest = models.Subquery(self.order_by("-pk").values("pk")[:1])
        with transaction.atomic(savepoint=False):  # one waiting for the disk, not two
            self.bulk_create(rows, ignore_conflicts=True)
            self.filter(pk__lte=newest - kept.LIMIT).delete()

    def found(self, whole: Collection[str], parts: Collection[str] = ()) -> dict[str, Any]:
        """Return by key what is kept of `whole`, of `parts` where nothing is. One query at most."""
        if not whole and not parts:
            return {}
        made: Any = self.model
        kept = Q(key__in=whole)
        instead = Q(key__in=parts) & ~Exists(made.objects.filter(kept))
        rows = self.filter(kept | instead if parts and whole else Q(key__in=[*whole, *parts]))
        return dict(rows.values_list("key", made.HOLDS))


class KeptRow(models.Model):
    """One thing that is kept under its key."""

    is_made_again = True  # no row of it is in a backup

    LIMIT: ClassVar[int]  # rows
    HOLDS: ClassVar[str]  # the column with what is kept

    key = models.CharField(max_length=64, unique=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class KeptFacts(KeptRow):
    """Facts of the reports of a period, or lines of several (reports/consolidation/keeping.py)."""

    LIMIT, HOLDS = 2000, "facts"  # some 20 KB each

    facts = models.JSONField()

    class Meta:
        verbose_name = "số liệu đã cộng"
        verbose_name_plural = "số liệu đã cộng"


class KeptFile(KeptRow):
    """A finished workbook of a consolidation (reports/documents/workbook/keeping.py)."""

    LIMIT, HOLDS = 300, "content"
    LARGEST = 1 << 20  # bytes; a province of 116 units is 150 KB

    content = models.BinaryField()

    class Meta:
        verbose_name = "tệp đã lập"
        verbose_name_plural = "tệp đã lập"
