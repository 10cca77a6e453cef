"""Opening, closing and reopening reporting periods, and later due dates for single units."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.rights import Action, Person
from danvan.accounts.scope import own_units
from danvan.common.db.locks import hold
from danvan.units.models import AdministrativeUnit, Level, UnitSuccession
from danvan.units.queries import tree_order
from reports.catalogue.loading import catalogue_for
from reports.models import Catalogue, DeadlineExtension, PeriodLog, Report, ReportingPeriod
from reports.models.period import COUNTED_KINDS, FIRST_YEAR, LAST_YEAR
from reports.workflow.answering import freeze
from reports.workflow.holding import hold_for_closing
from reports.workflow.moves import may_review

MAX_EXTENSION = datetime.timedelta(days=366)
_ALL = 0  # number of no period: who opens one holds the list of them alone


def default_dates(year: int) -> dict[str, datetime.date]:
    """Return the dates a yearly period has unless told otherwise.

    15 December of the year before to 14 December, as state reports count (Article 12, Decree
    09/2019/NĐ-CP); Party boards set their own by letter, so every date can be given.
    """
    return {
        "start": datetime.date(year - 1, 12, 15),
        "end": datetime.date(year, 12, 14),
        "structure_date": datetime.date(year, 12, 14),
        "due_commune": datetime.date(year, 12, 20),
        "due_district": datetime.date(year, 12, 25),
        "due_province": datetime.date(year, 12, 31),
    }


def open_period(
    year: int, *, actor: User | None, is_demo: bool = False, **overrides: Any
) -> ReportingPeriod:
    """Open reporting for `year` and return the period. `actor` is None on the command line only.

    Makes the year's catalogue where there is none, one report for every unit in force on the structure
    date, and the list of units whose work each report answers for: from then on these lists stand.
    `overrides` are fields of ReportingPeriod. Raises PermissionDenied, ValidationError (Vietnamese) for
    dates that clash or a year already open.
    """
    if actor is not None:
        actor.require(Action.MANAGE_PERIOD)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValidationError({"year": f"Năm phải từ {FIRST_YEAR} đến {LAST_YEAR}."})
    with transaction.atomic():
        period = ReportingPeriod(year=year, is_demo=is_demo, **{**default_dates(year), **overrides})
        units = AdministrativeUnit.objects.on(period.structure_date)
        period.catalogue = catalogue_for(
            year,
            districts=units.filter(level=Level.DISTRICT).exists(),
            bodies=units.filter(level=Level.BODY).exists(),
        )
        hold(Catalogue, [period.catalogue_id])
        hold(ReportingPeriod, [_ALL], alone=True)
        period.full_clean()
        period.save()
        made = _make_reports(period)
        if not made:
            raise ValidationError(
                f"Không có đơn vị nào có hiệu lực ngày {period.structure_date:%d/%m/%Y}. "
                "Vui lòng nạp danh sách đơn vị trước."
            )
        waiting = freeze(period)
        told = f"{made} đơn vị" + (f", {waiting} đơn vị cũ chờ phân công" if waiting else "")
        PeriodLog.objects.create(period=period, action=PeriodLog.OPENED, actor=actor, reason=told)
    return period


def _make_reports(period: ReportingPeriod) -> int:
    """Freeze the unit list: one report per unit, reviewed by the board above on that day, else by itself.

    A commune reviews nothing: what a body below it reports goes to the board of the commune.
    """
    above = dict(AdministrativeUnit.objects.with_parents_on(period.structure_date))
    reports = []
    for unit in above:
        reviewer = above[unit]
        if reviewer and reviewer.level == Level.COMMUNE:
            reviewer = above[reviewer]
        reports.append(
            Report(period=period, unit=unit, level=unit.level, reviewer=reviewer or unit)
        )
    Report.objects.bulk_create(reports, batch_size=1000)
    return len(reports)


@dataclass(frozen=True)
class Opening:
    """What opening a period would do: who reports, and who is new or gone since `before` (None: no period).

    `ended` are units with the names of those that took their place, "" where none is known.
    """

    period: ReportingPeriod
    before: ReportingPeriod | None
    by_level: list[tuple[Level, int]]
    added: list[AdministrativeUnit]
    ended: list[tuple[AdministrativeUnit, str]]
    waiting: int
    units: frozenset[int]


def rehearse_opening(year: int, *, actor: User, **overrides: Any) -> Opening:
    """Return what `open_period` would do, and leave everything as it is. Raises as it does.

    It is really opened and taken back, so that whatever would refuse it then refuses it now.
    """
    with transaction.atomic():
        period = open_period(year, actor=actor, **overrides)
        opening = _compared(period)
        transaction.set_rollback(True)
    return opening


def _compared(period: ReportingPeriod) -> Opening:
    earlier = ReportingPeriod.objects.filter(structure_date__lte=period.structure_date)
    before = earlier.exclude(pk=period.pk).order_by("-structure_date", "-pk").first()
    units = AdministrativeUnit.objects.select_related("parent").in_tree_order()
    now = list(units.filter(reports__period=period))
    then = list(units.filter(reports__period=before)) if before else []
    firsts = UnitSuccession.objects.first_versions()
    same = {firsts.get(u.pk, u.pk) for u in now} & {firsts.get(u.pk, u.pk) for u in then}
    ended = [unit for unit in then if firsts.get(unit.pk, unit.pk) not in same]
    heirs: dict[int, list[str]] = {}
    arrows = UnitSuccession.objects.filter(predecessor__in=ended).select_related("successor")
    for arrow in arrows.order_by(tree_order("successor")):
        heirs.setdefault(arrow.predecessor_id, []).append(arrow.successor.full_name)
    levels = Counter(unit.level for unit in now)
    return Opening(
        period,
        before,
        [(level, levels[level]) for level in Level if levels[level]],
        [u for u in now if firsts.get(u.pk, u.pk) not in same] if before else [],
        [(unit, ", ".join(heirs.get(unit.pk, ()))) for unit in ended],
        period.answers.filter(is_question=True).count(),
        frozenset(unit.pk for unit in now),
    )


def close_period(period: ReportingPeriod, *, user: User, reason: str = "") -> None:
    """Close `period`: its figures and records stand still. Idempotent."""
    user.require(Action.MANAGE_PERIOD)
    _set_closed(period, user, True, reason)


def reopen_period(period: ReportingPeriod, *, user: User, reason: str) -> None:
    """Open a closed period again; a reason is asked. Raises ValidationError without one."""
    user.require(Action.MANAGE_PERIOD)
    if not reason:
        raise ValidationError({"reason": "Vui lòng ghi lý do mở lại kỳ báo cáo."})
    _set_closed(period, user, False, reason)


def _set_closed(period: ReportingPeriod, user: User, closed: bool, reason: str) -> None:
    with transaction.atomic():
        hold_for_closing(period)
        changed = ReportingPeriod.objects.filter(pk=period.pk, is_closed=not closed).update(
            is_closed=closed,
            closed_at=timezone.now() if closed else None,
            closed_by=user if closed else None,
        )
        if changed:
            action = PeriodLog.CLOSED if closed else PeriodLog.REOPENED
            PeriodLog.objects.create(period=period, action=action, actor=user, reason=reason)
    period.refresh_from_db()


def extend_deadline(
    report: Report, *, user: User, until: datetime.date, reason: str
) -> DeadlineExtension:
    """Give one unit a later due date.

    Raises PermissionDenied to all but its reviewer, ValidationError for a day passed, one over a year away
    (a typing mistake would leave a closed report open for years) or a missing reason.
    """
    user.require(Action.EXTEND_DEADLINE)
    if not may_review(report, user):
        raise PermissionDenied("Anh/chị không có quyền gia hạn cho đơn vị này.")
    if until < timezone.localdate():
        raise ValidationError({"until": "Ngày gia hạn đã qua, vui lòng chọn ngày khác."})
    if until > timezone.localdate() + MAX_EXTENSION:
        raise ValidationError({"until": "Chỉ gia hạn được tối đa một năm, vui lòng xem lại năm."})
    if until <= report.period.due_date_of(report.level) and not report.period.is_closed:
        due = report.period.due_date_of(report.level)
        raise ValidationError({"until": f"Ngày gia hạn phải sau hạn nộp chung ({due:%d/%m/%Y})."})
    if not reason:
        raise ValidationError({"reason": "Vui lòng ghi lý do gia hạn."})
    return DeadlineExtension.objects.create(
        report=report, until=until, reason=reason, granted_by=user
    )


def extend_many(
    reports: Iterable[Report], *, user: User, until: datetime.date, reason: str
) -> None:
    """Give several units the same later due date, all or none. Raises as `extend_deadline`.

    A ValidationError names the unit it is about.
    """
    with transaction.atomic():
        for report in reports:
            try:
                extend_deadline(report, user=user, until=until, reason=reason)
            except ValidationError as error:
                told = f"{report.unit.place_name}: {' '.join(error.messages)}"
                raise ValidationError(told) from error


def periods_for(user: Person) -> list[ReportingPeriod]:
    """Return all periods, newest first, with what `current_among` and consolidation ask of them. One query."""
    units = [unit.pk for unit in own_units(user)]
    own = Report.objects.filter(period=OuterRef("pk"), unit__in=units)
    extended = DeadlineExtension.objects.filter(
        report__period=OuterRef("pk"), report__unit__in=units
    ).order_by("-pk")
    periods = (
        ReportingPeriod.objects.with_tiers()
        .with_ends()
        .annotate(is_own=Exists(own), extended_until=Subquery(extended.values("until")[:1]))
    )
    return list(periods)


def counted_among(periods: Iterable[ReportingPeriod]) -> list[ReportingPeriod]:
    """Return those of `periods` that count in yearly consolidations, oldest first."""
    return sorted((one for one in periods if one.kind in COUNTED_KINDS), key=lambda one: one.start)


def current_among(periods: Iterable[ReportingPeriod], user: Person) -> ReportingPeriod | None:
    """Return, of `periods_for(user)`, the one that person works on now.

    Of the open ones in which the own unit reports it is the one whose due date, extension included,
    comes next for its level; when all are past, the last. A quarter opened meanwhile does not hide the
    year. Without any, the newest open one, else the newest.
    """
    today = timezone.localdate()
    level = user.unit.level if user.unit else Level.PROVINCE

    def place(period: ReportingPeriod) -> tuple[int, int]:
        known = vars(period)
        extended = known["extended_until"]
        due = max(day for day in (period.due_date_of(level), extended) if day)
        if period.is_closed and not (extended and extended >= today):
            return 3, -period.start.toordinal()
        if user.unit and not known["is_own"]:
            return 2, -period.start.toordinal()
        return (0, due.toordinal()) if due >= today else (1, -due.toordinal())

    return min(periods, key=place, default=None)
