"""The life of a report: one table of allowed moves, each made atomically and written down.

    draft ──submit──▶ submitted ──approve──▶ approved
                        │   ▲                    │
                     return │ submit          reopen (reason)
                        ▼   │                    ▼
                      returned              reopened ──submit──▶ submitted

A move compares and sets state and version in one UPDATE: of two people at once one succeeds, the
other gets a message. Business rules of state live here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from danvan.accounts.audit.writing import audited_update
from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import area_reported_by, area_visible_to, own_units
from danvan.common.handbook.why import Why
from danvan.units.organisations import board_name, office_name
from reports.models import Report, State, Transition
from reports.models.report import EDITABLE_STATES
from reports.workflow.holding import ReportGone, lock_for_move


class MoveRefused(Exception):  # noqa: N818
    """The move cannot be made now; the message says why, in Vietnamese, `why` of what kind it is."""

    def __init__(self, message: str, why: Why = Why.MOVED_ON) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Move:
    """One line of the table: who (owner or reviewer) may take a report from which states to which."""

    action: str
    label: str
    done: str
    from_states: tuple[State, ...]
    to_state: State
    by_reviewer: bool
    needs_reason: bool = False
    guarded: bool = False  # only through its own service, which brings the check (submission.py)

    @property
    def right(self) -> Action:
        """The right of the table in accounts/rights.py that the move asks for."""
        return Action.REVIEW if self.by_reviewer else Action.ENTER_REPORT


MOVES = {
    move.action: move
    for move in (
        Move(
            "submit",
            "Gửi báo cáo",
            "Đã gửi báo cáo",
            EDITABLE_STATES,
            State.SUBMITTED,
            by_reviewer=False,
            guarded=True,
        ),
        Move("approve", "Duyệt", "Đã duyệt", (State.SUBMITTED,), State.APPROVED, True),
        Move("return", "Trả lại để sửa", "Đã trả lại", (State.SUBMITTED,), State.RETURNED, True),
        Move("reopen", "Mở lại để sửa", "Đã mở lại", (State.APPROVED,), State.REOPENED, True, True),
    )
}


def lock_reason(report: Report) -> str:
    """Return why figures of `report` cannot be changed now and whom to ask; "" while they can."""
    if closed := closed_reason(report):
        return closed
    reviewer = board_name(report.reviewer, report.period.end)
    if report.state == State.SUBMITTED:
        return (
            f"Báo cáo đã gửi và đang chờ duyệt nên không sửa được. Nếu cần sửa, vui lòng đề nghị "
            f"{reviewer} trả lại."
        )
    if report.state == State.APPROVED:
        return f"Báo cáo đã được duyệt. Nếu cần sửa, vui lòng đề nghị {reviewer} mở lại."
    return ""


def closed_reason(report: Report) -> str:
    """Return who closed the period, when, and whom to ask; "" while open or while an extension runs."""
    period = report.period
    if not period.is_closed:
        return ""
    until, at = report.extension_end, period.closed_at
    if until and until >= timezone.localdate():
        return ""
    when = f" lúc {timezone.localtime(at):%H:%M ngày %d/%m/%Y}" if at else ""
    who = f" ({period.closed_by})" if period.closed_by else ""
    ended = f" Thời gian gia hạn đã hết ngày {until:%d/%m/%Y}." if until else ""
    return (
        f"Kỳ báo cáo {str(period).lower()} đã khóa{when}{who}.{ended} Nếu cần sửa, vui lòng đề nghị "
        f"cấp trên gia hạn cho đơn vị."
    )


def may_enter(report: Report, user: User) -> bool:
    """Return whether `user` may type figures of `report`, as far as unit and role decide."""
    return user.can(Action.ENTER_REPORT) and report.unit in area_reported_by(user)


def may_review(report: Report, user: User) -> bool:
    """Return whether `user` may return, approve or reopen: an officer of the reviewing unit or of one above it.

    Only a unit with nobody above reviews its own report.
    """
    if not user.can(Action.REVIEW):
        return False
    if user.is_superuser:
        return True
    if report.unit_id in {unit.pk for unit in own_units(user)}:
        return report.reviewer_id == report.unit_id
    return report.reviewer in area_visible_to(user)


def allowed_moves(report: Report, user: User) -> list[Move]:
    """Return the moves `user` may make with `report` as it stands; the page shows these as buttons."""
    if closed_reason(report):
        return []
    entering, reviewing = may_enter(report, user), may_review(report, user)
    return [
        move
        for move in MOVES.values()
        if report.state in move.from_states and (reviewing if move.by_reviewer else entering)
    ]


def make_move(
    report: Report,
    action: str,
    *,
    user: User,
    version: int | None = None,
    reason: str = "",
    before: Callable[[Report], None] | None = None,
) -> Transition:
    """Take `report` along the table's line `action` and return the log row. Refreshes `report`.

    `version` is the one the person looked at; the same move by the same person on it a second time (a
    double click) answers with the first. `before` runs inside the transaction with the locked report and
    may raise MoveRefused; a guarded move cannot be made without it. Raises PermissionDenied without the
    right, MoveRefused when the state, version, period or reason forbids it. `report` must have been
    fetched through the user's scope. Unknown actions raise KeyError.
    """
    move = MOVES[action]
    if move.guarded and before is None:
        raise ValueError(f"The move “{action}” is guarded: make it through its own service.")
    with transaction.atomic():
        try:
            lock_for_move(report, freezes=move.to_state == State.SUBMITTED)
        except ReportGone as gone:
            raise MoveRefused(str(gone.message)) from gone
        _require_right(report, move, user)
        if repeated := _made_already(report, move, user, version):
            return repeated
        _check(report, move, version)
        if before:
            before(report)
        _check_reason(report, move, reason)
        return _take(report, move, user, reason)


def _require_right(report: Report, move: Move, user: User) -> None:
    allowed = may_review(report, user) if move.by_reviewer else may_enter(report, user)
    if not allowed:
        raise PermissionDenied(
            f"Anh/chị không có quyền “{move.label.lower()}” đối với báo cáo này."
        )


def _made_already(report: Report, move: Move, user: User, version: int | None) -> Transition | None:
    """Return the log row of this very move where the same button was pressed twice, else None."""
    if version is None or report.version != version + 1:
        return None
    return last_made_by(report, move.action, user)


def last_made_by(report: Report, action: str, user: User) -> Transition | None:
    """Return the last move of `report` where it stands so by `action` of `user`, else None."""
    last = report.transitions.first()
    if last is None or (last.action, last.actor_id) != (action, user.pk):
        return None
    return last if report.state == last.to_state else None


def _check(report: Report, move: Move, version: int | None) -> None:
    if closed := closed_reason(report):
        raise MoveRefused(closed, Why.LOCKED)
    if report.state not in move.from_states:
        raise MoveRefused(
            f"Báo cáo đang ở trạng thái “{report.get_state_display()}”, có thể người khác vừa xử lý. "
            "Vui lòng xem lại."
        )
    if version is not None and version != report.version:
        raise MoveRefused(
            "Báo cáo vừa được người khác thay đổi sau khi anh/chị mở trang. Vui lòng xem lại rồi làm lại."
        )


def _check_reason(report: Report, move: Move, reason: str) -> None:
    if move.needs_reason and not reason:
        raise MoveRefused("Vui lòng ghi lý do.")
    if (
        move.action == "return"
        and not reason
        and not report.remarks.filter(resolved_at=None).exists()
    ):
        raise MoveRefused("Vui lòng ghi lý do trả lại hoặc nhận xét ít nhất một chỉ tiêu.")


def _take(report: Report, move: Move, user: User, reason: str) -> Transition:
    now = timezone.now()
    stamps = {State.SUBMITTED: {"submitted_at": now}, State.APPROVED: {"approved_at": now}}.get(
        move.to_state, {"approved_at": None}
    )
    moved = Report.objects.filter(pk=report.pk, state=report.state, version=report.version).update(
        state=move.to_state, version=F("version") + 1, **stamps
    )
    if not moved:
        raise MoveRefused("Báo cáo vừa được người khác xử lý. Vui lòng xem lại.")
    if move.to_state == State.APPROVED:
        open_ones = report.remarks.filter(resolved_at=None)
        audited_update(open_ones, resolved_at=now, resolved_by_id=user.pk)
    row = Transition.objects.create(
        report=report,
        action=move.action,
        from_state=report.state,
        to_state=move.to_state,
        actor=user,
        actor_unit=office_name(user.unit, report.period.end),
        reason=reason,
    )
    report.refresh_from_db(fields=["state", "version", "submitted_at", "approved_at"])
    return row


@dataclass(frozen=True)
class BulkLine:
    """What became of one report of a bulk move."""

    report: Report
    done: bool
    message: str
    why: Why | None = None


def move_many(
    reports: list[Report], action: str, *, user: User, versions: Mapping[int, int]
) -> list[BulkLine]:
    """Make the same move with many reports, each in its own transaction, and say what became of each.

    `versions` are those the person looked at, by report id: a report sent again since then is not approved.
    """
    lines = []
    for report in reports:
        try:
            make_move(report, action, user=user, version=versions[report.pk])
        except (MoveRefused, PermissionDenied) as error:
            why = getattr(error, "why", Why.RIGHT)
            lines.append(BulkLine(report, False, str(error), why))
        else:
            lines.append(BulkLine(report, True, f"{MOVES[action].done}."))
    return lines
