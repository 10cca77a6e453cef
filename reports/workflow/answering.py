"""Which report answers for whose work: written when a period opens, settled once where a unit was split."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import ended_before, own_units
from danvan.units.heirs import heirs_of
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.queries import AdministrativeUnitQuerySet, UnitSuccessionQuerySet, tree_order
from records.answering import UnitDays
from reports.models import PeriodLog, Report, ReportingPeriod, ReportUnit
from reports.models.period import COUNTED_KINDS
from reports.workflow.holding import hold_for_closing
from reports.workflow.moves import lock_reason


@dataclass(frozen=True)
class UnitQuestion:
    """A unit that was split in the period, the report that answers for now, and those that may."""

    answer: ReportUnit
    choices: tuple[Report, ...]


def heirs_in(
    period: ReportingPeriod,
    standing: Collection[int],
    units: AdministrativeUnitQuerySet,
    arrows: UnitSuccessionQuerySet,
) -> dict[int, list[int]]:
    """Return, by unit id, the reporting units (`standing`) that may answer for it, likeliest first.

    Of all units in force on a day of the period, and of earlier versions of them: what happened later to a
    record of an old version (a model replicated) is told of the same unit. Four queries for any number.
    """
    found = heirs_of(
        units.between(period.start, max(period.end, period.structure_date)),
        arrows.values_list("predecessor", "successor", "share"),
        standing,
        period.structure_date,
    )
    later = set(units.filter(valid_from__gt=period.end).values_list("pk", flat=True))
    found = {pk: heirs for pk, heirs in found.items() if pk in standing or pk not in later}
    renames = arrows.renames().order_by("-date")
    for old, new in renames.values_list("predecessor", "successor"):
        if new in found:
            found.setdefault(old, found[new])
    return found


def freeze(period: ReportingPeriod) -> int:
    """Write whose work each report of `period` answers for; return how many units wait for the board.

    What is written already stays as it is: only units without an answer get one.
    """
    reports = dict(Report.objects.filter(period=period).values_list("unit", "pk"))
    found = heirs_in(
        period, reports.keys(), AdministrativeUnit.objects.all(), UnitSuccession.objects.all()
    )
    known = set(ReportUnit.objects.filter(period=period).values_list("unit", flat=True))
    rows = [
        ReportUnit(
            period=period, unit_id=pk, report_id=reports[heirs[0]], is_question=len(heirs) > 1
        )
        for pk, heirs in found.items()
        if pk not in known and heirs
    ]
    ReportUnit.objects.bulk_create(rows, batch_size=1000)
    return sum(row.is_question for row in rows)


def questions(period: ReportingPeriod) -> list[UnitQuestion]:
    """Return the units of `period` that wait for the board, in the order of the tree."""
    waiting = ReportUnit.objects.filter(period=period, is_question=True)
    waiting = waiting.select_related("unit__parent", "report__unit")
    rows = list(waiting.order_by(tree_order("unit")))
    if not rows:
        return []
    named = Report.objects.filter(period=period).select_related("unit__parent", "period")
    reports = {report.unit_id: report for report in named}
    found = heirs_in(
        period, reports.keys(), AdministrativeUnit.objects.all(), UnitSuccession.objects.all()
    )
    return [
        UnitQuestion(row, tuple(reports[pk] for pk in found.get(row.unit_id, [row.report.unit_id])))
        for row in rows
    ]


def assign(period: ReportingPeriod, choices: Mapping[int, int], *, user: User) -> int:
    """Settle who answers for split units: {unit id: report id}; return how many were settled.

    Raises PermissionDenied without the right to manage periods, ValidationError (Vietnamese) for a unit
    that waits no longer, a report that is not among its heirs', or a report of the two concerned that is
    locked: what it answers for was counted when it was sent. Nothing is settled then.
    """
    user.require(Action.MANAGE_PERIOD, "Chỉ ban dân vận cấp tỉnh được phân công đơn vị chia tách.")
    with transaction.atomic():
        hold_for_closing(period)  # nothing is counted, sent or written in it meanwhile
        waiting = {question.answer.unit_id: question for question in questions(period)}
        if not choices.keys() <= waiting.keys():
            raise ValidationError("Có đơn vị vừa được người khác phân công. Vui lòng xem lại.")
        asked = [(waiting[unit_id], report_id) for unit_id, report_id in choices.items()]
        touched = {question.answer.report_id for question, _pk in asked} | set(choices.values())
        rows = Report.objects.filter(pk__in=touched).with_due_dates()
        reports = rows.select_related("unit", "period__closed_by", "reviewer__parent").in_bulk()
        for question, report_id in asked:
            if report_id not in {report.pk for report in question.choices}:
                raise ValidationError(f"Vui lòng chọn đơn vị nhận phần của {question.answer.unit}.")
            if report_id != question.answer.report_id:
                _require_open(question, reports[question.answer.report_id], reports[report_id])
        now = timezone.now()
        for question, report_id in asked:
            ReportUnit.objects.filter(pk=question.answer.pk, is_question=True).update(
                report=report_id, is_question=False, assigned_by=user, assigned_at=now
            )
        PeriodLog.objects.bulk_create(
            PeriodLog(
                period=period,
                action="Phân công",
                actor=user,
                reason=f"{question.answer.unit.place_name} → {reports[report_id].unit}"[:500],
            )
            for question, report_id in asked
        )
    return len(asked)


def _require_open(question: UnitQuestion, *reports: Report) -> None:
    for report in reports:
        if reason := lock_reason(report):
            raise ValidationError(
                f"Chưa chuyển được phần của {question.answer.unit.full_name_in_text}: báo cáo của "
                f"{report.unit.full_name_in_text} đang khóa. {reason}"
            )


def answered_by(user: User) -> list[UnitDays]:
    """Return for which days of other units the user's own unit answers (settings.RECORD_ANSWERS).

    Also for what a unit that became it did in a period in which it ended and left its report to finish.
    """
    own = own_units(user)
    whose = Q(report__unit__in=own)
    whose |= Q(report__unit__in=ended_before(user), report__until__isnull=False)
    rows = ReportUnit.objects.filter(whose, period__kind__in=COUNTED_KINDS).exclude(unit__in=own)
    return [
        UnitDays(*row)
        for row in rows.values_list("unit", "period__start", "period__end").distinct()
    ]


@dataclass(frozen=True)
class Share:
    """What a report answers for beside its own unit: the days of `unit` from `first` to `last`."""

    unit: AdministrativeUnit
    first: datetime.date
    last: datetime.date
    is_question: bool


def shares_of(report: Report, answers: Iterable[ReportUnit]) -> list[Share]:
    """Return the other units whose work in the period `report` answers for, of its `answers` for others."""
    period, shares = report.period, []
    for row in answers:
        unit = row.unit
        last = unit.valid_to - datetime.timedelta(days=1) if unit.valid_to else period.end
        first, last = max(unit.valid_from, period.start), min(last, period.end)
        if first <= last:  # not an earlier version, ended before the period
            shares.append(Share(unit, first, last, row.is_question))
    return shares
