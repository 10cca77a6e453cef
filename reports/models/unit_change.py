"""A change of units as a board enters it: a resolution, and what it merges, splits, renames or ends."""

import re
from decimal import Decimal

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.units.changing import NewUnit, Plan, Transfer


class ChangeState(models.TextChoices):
    """Where a change stands."""

    DRAFT = "draft", "Đang soạn"
    APPLIED = "applied", "Đã ghi"
    UNDONE = "undone", "Đã hoàn tác"


class UnitChange(models.Model):
    """One change. `units` and `moves` are what was typed, by code (danvan/units/changing.py has the words).

    `made` is what was written when it was applied, by key, so that it can be undone. `unit` is the unit
    whose area changes; none while a superuser has not said.
    """

    unit = unit_field(related_name="changes", null=True, editable=False)
    number = models.CharField("số nghị quyết", max_length=60, help_text="Ví dụ 1674/NQ-UBTVQH15")
    issued_on = models.DateField("ngày ban hành")
    issuer = models.CharField(
        "cơ quan ban hành", max_length=150, default="Ủy ban Thường vụ Quốc hội"
    )
    day = models.DateField(
        "hiệu lực từ ngày", help_text="Đơn vị cũ hết hiệu lực và đơn vị mới bắt đầu từ ngày này."
    )
    units = models.JSONField(default=list, editable=False)
    moves = models.JSONField(default=list, editable=False)
    state = models.CharField(
        "trạng thái", max_length=7, choices=ChangeState, default=ChangeState.DRAFT, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    made = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    created_by = person_field(editable=False)
    created_at = models.DateTimeField("lập lúc", default=timezone.now, editable=False)
    applied_by = person_field(null=True, editable=False)
    applied_at = models.DateTimeField("ghi lúc", null=True, editable=False)
    undone_by = person_field(null=True, editable=False)
    undone_at = models.DateTimeField("hoàn tác lúc", null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "sắp xếp đơn vị"
        verbose_name_plural = "sắp xếp đơn vị"
        ordering = ["-day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ChangeState.DRAFT) | Q(applied_at__isnull=False),
                name="change_applied_at",
            )
        ]

    def __str__(self) -> str:
        return f"Nghị quyết {self.number} ngày {self.issued_on:%d/%m/%Y}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is applied and its day has not come."""
        return self.state == ChangeState.APPLIED and self.day > timezone.localdate()

    @property
    def state_name(self) -> str:
        """Where it stands, in words: a change of a later day waits."""
        return "Chờ đến ngày" if self.is_waiting else self.get_state_display()

    def plan(self) -> Plan:
        """Return what was typed as a plan."""
        found = re.search(r"\d\S*", self.number)
        return Plan(
            day=self.day,
            units=tuple(NewUnit(**row) for row in self.units),
            moves=tuple(
                Transfer(row["old"], row["new"], Decimal(row["share"]) if row["share"] else None)
                for row in self.moves
            ),
            basis=f"NQ {found[0]}" if found else self.number,
        )
