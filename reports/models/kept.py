"""Sums of a period that were read once and hold as long as what they were made of."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

LIMIT = 2000  # rows that are kept: some 20 KB each


class KeptFactsQuerySet(models.QuerySet["KeptFacts"]):
    """Facts by a key that names everything they depend on: nothing is ever out of date."""

    def keep(self, facts: Mapping[str, dict]) -> None:
        """Store `facts` by key; the oldest beyond LIMIT go."""
        rows = [self.model(key=key, facts=one) for key, one in facts.items()]
        self.bulk_create(rows, ignore_conflicts=True)
        newest = models.Subquery(self.order_by("-pk").values("pk")[:1])
        self.filter(pk__lte=newest - LIMIT).delete()


class KeptFacts(models.Model):
    """The facts of some reports of one period (reports/consolidation/keeping.py makes and reads them)."""

    key = models.CharField(max_length=64, unique=True)
    facts = models.JSONField()

    objects = KeptFactsQuerySet.as_manager()

    class Meta:
        verbose_name = "số liệu đã cộng"
        verbose_name_plural = "số liệu đã cộng"

    def __str__(self) -> str:
        return self.key
