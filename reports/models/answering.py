"""Whose work a report answers for: frozen when its period opens, so that no day of work lies between two."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import ScopedQuerySet
from reports.models.period import ReportingPeriod
from reports.models.report import Report


class ReportUnitQuerySet(ScopedQuerySet):
    """Answers for the work of units."""

    def of_others(self) -> ReportUnitQuerySet:
        """Return the answers for other units than the reporting one."""
        return self.exclude(unit=models.F("report__unit"))


class ReportUnit(models.Model):
    """`report` answers for the work of `unit` in its period: its records count in it and are locked by it.

    Every unit in force on a day of the period has exactly one: the reporting unit itself, those that became
    it inside the period, and, where a unit of the period came later, those that came from it. Of a unit that
    was split the likeliest heir answers (`is_question`) until the board has said once who does.
    """

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="answers_for")
    # The period of the report, for the constraint; the constraint serves its key.
    period = models.ForeignKey(
        ReportingPeriod, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    unit = unit_field(related_name="answered_in")
    is_question = models.BooleanField("chờ phân công", default=False)
    assigned_by = person_field("người phân công", null=True, blank=True)
    assigned_at = models.DateTimeField("phân công lúc", null=True, blank=True)

    unit_lookup = "report__unit"
    objects = ReportUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "đơn vị thuộc báo cáo"
        verbose_name_plural = "đơn vị thuộc báo cáo"
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit"],
                name="answered_once_per_period",
                violation_error_message="Đơn vị đã thuộc một báo cáo của kỳ này.",
            ),
            models.CheckConstraint(
                condition=Q(is_question=False) | Q(assigned_by=None),
                name="answer_assigned_or_open",
                violation_error_message="Đơn vị này đã được phân công.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} → {self.report}"
