"""What a change of units would do, before anything is written: for the page that asks for confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.scope import units_editable_by
from danvan.imports.models import UNWRITTEN, ImportJob
from danvan.units.changing import Outcome, work_out
from danvan.units.heirs import likelihood
from danvan.units.models import AdministrativeUnit
from records.days import records_on
from records.models import SkilledMobilisationModel
from records.models.base import LAST_DAY
from reports.models import (
    DeadlineExtension,
    PublishedIssue,
    Report,
    ReportingPeriod,
    State,
    UnitChange,
)
from reports.restructuring.fates import Fate, ReportFate, foresee, new_reports, touched_periods

SENT = (State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True)
class AccountFate:
    """An account of a unit that ends: where it may go, and goes unless told otherwise ("": nowhere)."""

    user: User
    choices: tuple[AdministrativeUnit, ...]
    proposed: str
    is_same: bool  # the unit goes on under a new name: nothing is asked


@dataclass
class Foresight:
    """Everything the page of a change shows before it is applied."""

    outcome: Outcome
    periods: list[ReportingPeriod]
    reports: list[ReportFate]
    new: list[Report]
    accounts: list[AccountFate]
    records: dict[int, int]  # on the day or later, by ended unit
    receivers: dict[AdministrativeUnit, AdministrativeUnit]
    models: int
    issues: int
    extensions: list[DeadlineExtension]
    jobs: int

    @property
    def asked(self) -> list[AccountFate]:
        """The accounts about which the board is asked."""
        return [one for one in self.accounts if not one.is_same]


def look_ahead(change: UnitChange, user: User) -> Foresight:
    """Return what `change` would do. The number of queries does not grow with the units.

    Raises ValidationError with every sentence that stands against it.
    """
    outcome = work_out(change.plan())
    problems = out_of_scope(outcome, user)
    periods = list(touched_periods(change.day))
    problems += [
        f"Ngày {change.day:%d/%m/%Y} nằm trong hoặc trước kỳ báo cáo {str(period).lower()} đã khóa. "
        "Vui lòng mở lại kỳ đó, hoặc xem lại ngày hiệu lực."
        for period in periods
        if period.is_closed
    ]
    reports = foresee(outcome, periods)
    problems += [_sent(one.report) for one in reports if _counted_too_much(one, change)]
    if problems:
        raise ValidationError(problems)
    ended = [unit.pk for unit in outcome.ended]
    models = SkilledMobilisationModel.objects.filter(unit__in=ended)
    return Foresight(
        outcome=outcome,
        periods=periods,
        reports=reports,
        new=new_reports(outcome, periods, reports),
        accounts=account_fates(outcome),
        records=records_on(change.day, LAST_DAY, ended),
        receivers=receivers(outcome),
        models=models.exclude(status=SkilledMobilisationModel.Status.STOPPED).count(),
        issues=PublishedIssue.objects.filter(unit__in=ended).count(),
        extensions=list(
            DeadlineExtension.objects.filter(
                report__in=[one.report.pk for one in reports], until__gte=timezone.localdate()
            ).select_related("report__unit", "report__period")
        ),
        jobs=ImportJob.objects.filter(unit__in=ended, state__in=UNWRITTEN).count(),
    )


def _counted_too_much(one: ReportFate, change: UnitChange) -> bool:
    sent = one.report.submitted_at
    return bool(
        one.fate == Fate.ENDS
        and one.report.state in SENT
        and sent
        and timezone.localdate(sent) >= change.day
    )


def _sent(report: Report) -> str:
    return (
        f"Báo cáo {str(report.period).lower()} của {report.unit.full_name_in_text} đã gửi sau ngày hiệu "
        "lực nên có thể đã tính cả việc của đơn vị mới. Vui lòng trả lại hoặc mở lại báo cáo đó trước."
    )


def out_of_scope(outcome: Outcome, user: User) -> list[str]:
    """Return a sentence for each unit of the change that lies outside the area of `user`."""
    if user.is_superuser:
        return []
    new = {id(unit) for unit in outcome.created}
    stored = [arrow.successor for arrow in outcome.arrows if id(arrow.successor) not in new]
    stored += [
        unit.parent for unit in outcome.created if unit.parent and id(unit.parent) not in new
    ]
    units = {unit.pk: unit for unit in (*stored, *outcome.ended)}
    own = set(units_editable_by(user).filter(pk__in=units).values_list("pk", flat=True))
    found = [
        f"{unit.full_name} nằm ngoài phạm vi của anh/chị. Vui lòng đề nghị quản trị viên ghi thay đổi này."
        for pk, unit in units.items()
        if pk not in own
    ]
    if any(unit.parent is None for unit in outcome.created):
        found.append("Đơn vị cấp tỉnh do quản trị viên ghi. Vui lòng đề nghị quản trị viên.")
    return found


def receivers(outcome: Outcome) -> dict[AdministrativeUnit, AdministrativeUnit]:
    """Return, for each ended unit, the one that its later records go to.

    The likeliest heir, as reports are answered for; a district without heir leaves them to the unit above.
    """
    share = {(a.predecessor_id, a.successor.code): a.share for a in outcome.arrows}
    heirs_of, found = outcome.heirs(), {}
    for unit in outcome.ended:
        heirs = heirs_of[unit.pk] or [outcome.above[unit.pk]]
        found[unit] = min(
            heirs, key=lambda heir: likelihood(unit, heir, share.get((unit.pk, heir.code)))
        )
    return found


def account_fates(outcome: Outcome) -> list[AccountFate]:
    """Return the accounts of ended units. An account only goes to a unit of the same level: rights stay."""
    same, heirs = outcome.same_units(), outcome.heirs()
    ended = {unit.pk: unit for unit in outcome.ended}
    people = User.objects.filter(unit__in=ended).select_related("unit__parent").order_by("username")
    found = []
    for user in people:
        unit = ended[user.unit_id]
        choices = tuple(heir for heir in heirs[unit.pk] if heir.level == unit.level)
        proposed = choices[0].code if len(choices) == 1 else ""
        found.append(AccountFate(user, choices, proposed, unit.pk in same))
    return found


def destinations(
    accounts: list[AccountFate], chosen: Mapping[int, str]
) -> dict[User, AdministrativeUnit | None]:
    """Return where each account goes: what was chosen, else what is proposed. Raises ValidationError."""
    found: dict[User, AdministrativeUnit | None] = {}
    for one in accounts:
        code = one.proposed if one.is_same else chosen.get(one.user.pk, one.proposed)
        units = {unit.code: unit for unit in one.choices}
        if code and code not in units:
            raise ValidationError(f"Vui lòng chọn lại đơn vị cho tài khoản {one.user.username}.")
        found[one.user] = units.get(code)
    return found
