"""What becomes of the reports of units that end: foreseen for the page, carried out, put back.

Of open periods only; closed ones never change. The structure date of a period says which units report:

- the same unit under a new name, kind or unit above: its report goes on with it;
- in a period whose units are settled before the change, reports stay: whoever follows finishes them;
- else the new units report from their first day. A report in which nothing was entered makes way, and the
  new unit's report answers for those days too; one that has something stays and ends with its unit.

Figures are neither moved nor added up: the sum over the units stays what it is.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from danvan.units.changing import Outcome
from reports.models import PeriodLog, Report, ReportingPeriod, ReportUnit, State
from reports.workflow.answering import freeze


class Fate(StrEnum):
    """What becomes of a report, in words for the page."""

    FOLLOWS = "chuyển theo đơn vị (vẫn là đơn vị cũ, chỉ đổi tên, loại hoặc cấp trên)"
    STAYS = "giữ nguyên; từ ngày hiệu lực do đơn vị kế thừa nhập tiếp"
    GIVES_WAY = "chưa nhập gì: bỏ, báo cáo của đơn vị kế thừa tính cả phần này"
    ENDS = "giữ số liệu đến trước ngày hiệu lực, do đơn vị kế thừa nhập tiếp phần còn thiếu"


@dataclass(frozen=True)
class ReportFate:
    """One report and what becomes of it."""

    report: Report
    fate: Fate


def touched_periods(day: datetime.date) -> QuerySet[ReportingPeriod]:
    """Return the periods, closed ones too, in which a unit that ends on `day` reports or is answered for."""
    last = Greatest("end", "structure_date")
    return ReportingPeriod.objects.annotate(last=last).filter(last__gte=day).order_by("start")


def foresee(outcome: Outcome, periods: Iterable[ReportingPeriod]) -> list[ReportFate]:
    """Return the reports of ended units in `periods` (open ones), and what becomes of each. One query."""
    same = outcome.same_units()
    rows = Report.objects.filter(period__in=list(periods), unit__in=[u.pk for u in outcome.ended])
    rows = rows.select_related("period", "unit__parent", "reviewer").annotate(blank=_blank())
    found = []
    for report in rows.order_by("period__start", "unit__code"):
        if report.period.structure_date < outcome.day:
            fate = Fate.STAYS
        elif report.unit_id in same:
            fate = Fate.FOLLOWS
        else:
            fate = Fate.GIVES_WAY if vars(report)["blank"] else Fate.ENDS
        found.append(ReportFate(report, fate))
    return found


def _blank() -> Case:
    """Return whether a report is as it was made: no figure, no move, no remark, no extension, no issue."""
    bare: Any = Q(state=State.DRAFT, version=0)
    for relation in Report._meta.related_objects:
        if relation.related_model is not ReportUnit:
            rows: Any = relation.related_model._base_manager
            bare &= ~Exists(rows.filter(**{relation.field.name: OuterRef("pk")}))
    return Case(When(bare, then=Value(True)), default=Value(False), output_field=BooleanField())


def new_reports(
    outcome: Outcome, periods: Iterable[ReportingPeriod], fates: Iterable[ReportFate]
) -> list[Report]:
    """Return the reports that new units have to make in open periods, not stored."""
    followed = {
        (one.report.period_id, one.report.unit.code) for one in fates if one.fate == Fate.FOLLOWS
    }
    return [
        Report(period=period, unit=unit, level=unit.level, reviewer=unit.parent or unit)
        for period in periods
        for unit in outcome.created
        if period.structure_date >= outcome.day and (period.pk, unit.code) not in followed
    ]


def carry_reports(outcome: Outcome, periods: list[ReportingPeriod], basis: str, actor: Any) -> dict:
    """Carry the open reports over; the units are stored. Return what was changed, for `restore_reports`."""
    fates = foresee(outcome, periods)
    same = outcome.same_units()
    of = {fate: [one.report for one in fates if one.fate == fate] for fate in Fate}
    gone = [report.pk for report in of[Fate.GIVES_WAY]]
    answers = list(ReportUnit.objects.filter(report__in=gone).select_related("report"))
    known = set(ReportUnit.objects.filter(period__in=periods).values_list("pk", flat=True))
    made: dict[str, Any] = {
        "withdrawn": [_columns(report) for report in of[Fate.GIVES_WAY]],
        "answers": [_columns(answer) for answer in answers],
        "followed": [[r.pk, r.unit_id, r.reviewer_id] for r in of[Fate.FOLLOWS]],
        "ended": [report.pk for report in of[Fate.ENDS]],
    }
    Report.objects.filter(pk__in=gone).delete()
    for report in of[Fate.FOLLOWS]:
        report.unit = same[report.unit_id]
        report.reviewer = report.unit.parent or report.unit
    Report.objects.bulk_update(of[Fate.FOLLOWS], ["unit", "reviewer"], batch_size=500)
    Report.objects.filter(pk__in=made["ended"]).update(until=outcome.day)
    new = Report.objects.bulk_create(new_reports(outcome, periods, fates), batch_size=500)
    made["new"] = [report.pk for report in new]
    made["periods"] = [period.pk for period in periods]
    for period in periods:
        waiting = freeze(period)
        _keep_assigned(period, answers)
        told = {fate: sum(r.period_id == period.pk for r in of[fate]) for fate in Fate}
        _log(period, "Sắp xếp đơn vị", actor, _told(basis, told, new, period, waiting))
    rows = ReportUnit.objects.filter(period__in=periods).values_list("pk", flat=True)
    made["answers_new"] = [pk for pk in rows if pk not in known]
    settled = ReportUnit.objects.filter(pk__in=made["answers_new"]).exclude(assigned_by=None)
    made["assigned"] = list(settled.values_list("pk", flat=True))
    return made


def _keep_assigned(period: ReportingPeriod, before: list[ReportUnit]) -> None:
    """Let what the board assigned go with the report it was assigned to, where one unit follows that."""
    heirs = dict(
        ReportUnit.objects.filter(period=period, is_question=False).values_list("unit", "report")
    )
    for old in before:
        if old.period_id == period.pk and old.assigned_by_id and old.unit_id != old.report.unit_id:
            heir = heirs.get(old.report.unit_id)
            waiting = ReportUnit.objects.filter(period=period, unit=old.unit_id, is_question=True)
            if heir:
                waiting.update(
                    report=heir,
                    is_question=False,
                    assigned_by=old.assigned_by_id,
                    assigned_at=old.assigned_at,
                )


def _told(
    basis: str, told: Mapping[Fate, int], new: list[Report], period: ReportingPeriod, waiting: int
) -> str:
    made = sum(report.period_id == period.pk for report in new)
    parts = [
        (made, "báo cáo mới"),
        (told[Fate.FOLLOWS], "báo cáo chuyển theo đơn vị"),
        (told[Fate.ENDS], "báo cáo giữ đến trước ngày hiệu lực"),
        (told[Fate.STAYS], "báo cáo giữ nguyên"),
        (told[Fate.GIVES_WAY], "báo cáo chưa nhập đã bỏ"),
        (waiting, "đơn vị chờ phân công"),
    ]
    return f"{basis}: " + "; ".join(f"{number} {what}" for number, what in parts if number)


def restore_reports(made: Mapping[str, Any], actor: Any) -> None:
    """Undo `carry_reports`; the caller has asked that nothing stands on it."""
    ReportUnit.objects.filter(pk__in=made["answers_new"]).delete()
    Report.objects.filter(pk__in=made["new"]).delete()
    Report.objects.bulk_create(Report(**row) for row in made["withdrawn"])
    ReportUnit.objects.bulk_create(ReportUnit(**row) for row in made["answers"])
    for pk, unit_id, reviewer_id in made["followed"]:
        Report.objects.filter(pk=pk).update(unit=unit_id, reviewer=reviewer_id)
    Report.objects.filter(pk__in=made["ended"]).update(until=None)
    for period in ReportingPeriod.objects.filter(pk__in=made["periods"]):
        _log(period, "Hoàn tác", actor, "Hoàn tác sắp xếp đơn vị: báo cáo trở lại như trước")


def entered_since(made: Mapping[str, Any]) -> list[str]:
    """Return why the reports cannot be put back: what people did in them since."""
    found = []
    closed = ReportingPeriod.objects.filter(pk__in=made["periods"], is_closed=True)
    found += [
        f"Kỳ báo cáo {str(period).lower()} đã khóa: vui lòng mở lại kỳ trước." for period in closed
    ]
    new = Report.objects.filter(pk__in=made["new"]).select_related("unit", "period")
    used = new.annotate(blank=_blank()).filter(blank=False).order_by("period__start", "unit__code")
    found += [
        f"Báo cáo {str(report.period).lower()} của {report.unit.full_name_in_text} đã có số liệu hoặc ý kiến."
        for report in used
    ]
    assigned = ReportUnit.objects.filter(pk__in=made["answers_new"], is_question=False)
    assigned = assigned.exclude(assigned_by=None).exclude(pk__in=made["assigned"])
    found += [
        f"Phần của {row.unit.full_name_in_text} đã được phân công cho {row.report.unit.full_name_in_text}."
        for row in assigned.select_related("unit", "report__unit")
    ]
    followed = {pk: unit_id for pk, unit_id, _reviewer in made["followed"]}
    heirs = set(Report.objects.filter(pk__in=followed).values_list("unit", flat=True))
    if not heirs <= set(made["units"]):
        found.append("Báo cáo chuyển theo đơn vị đã được một thay đổi sau chuyển tiếp.")
    return found


def _columns(row: Any) -> dict:
    """Return a row as JSON can keep it."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _log(period: ReportingPeriod, action: str, actor: Any, reason: str) -> None:
    PeriodLog.objects.create(period=period, action=action, actor=actor, reason=reason[:500])
