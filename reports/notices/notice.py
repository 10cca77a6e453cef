"""One notice in words: what happened to the own report, or what comes up."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from reports.models import (
    DeadlineExtension,
    NoticeKind,
    PeriodLog,
    Report,
    State,
    Transition,
)

SOON = datetime.timedelta(days=3)
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Notice:
    """What is told of `report`, since when. `mark` tells this notice from others of its kind."""

    kind: NoticeKind
    at: datetime.datetime
    report: Report
    mark: str
    title: str
    by: str = ""
    reason: str = ""

    @property
    def told(self) -> str:
        """When it happened, by whom and why; of a due date the day from which it is told."""
        at = timezone.localtime(self.at)
        line = f"{at:%d/%m/%Y}" + (f" lúc {at:%H:%M}, {self.by}" if self.by else "")
        return f"{line}: “{self.reason}”" if self.reason else line


def of_move(move: Transition) -> Notice:
    """Return the notice of a move; its report carries the period."""
    period = str(move.report.period).lower()
    kind, title = {
        State.SUBMITTED: (NoticeKind.SUBMITTED, f"Báo cáo {period} đã được gửi"),
        State.RETURNED: (NoticeKind.RETURNED, f"Báo cáo {period} được trả lại để sửa"),
        State.REOPENED: (NoticeKind.RETURNED, f"Báo cáo {period} được mở lại để sửa"),
        State.APPROVED: (NoticeKind.APPROVED, f"Báo cáo {period} đã được duyệt"),
    }[State(move.to_state)]
    by = move.actor_unit or str(move.actor or "")
    return Notice(kind, move.at, move.report, str(move.pk), title, by, move.reason)


def of_extension(row: DeadlineExtension) -> Notice:
    """Return the notice of a later due date."""
    title = (
        f"Báo cáo {str(row.report.period).lower()} được gia hạn đến hết ngày {row.until:%d/%m/%Y}"
    )
    by = str(row.granted_by)
    return Notice(
        NoticeKind.EXTENDED, row.granted_at, row.report, str(row.pk), title, by, row.reason
    )


def of_period(line: PeriodLog, report: Report) -> Notice:
    """Return the notice of a period opened, closed or reopened, in which `report` is the own one."""
    closed = line.action == PeriodLog.CLOSED
    kind = NoticeKind.CLOSED if closed else NoticeKind.OPENED
    done = {PeriodLog.OPENED: "đã mở", PeriodLog.CLOSED: "đã khóa"}.get(line.action, "được mở lại")
    due = "" if closed else f", hạn nộp {report.due_date:%d/%m/%Y}"
    title = f"Kỳ báo cáo {str(report.period).lower()} {done}{due}"
    # The log of an opening counts units, which says nothing to one of them.
    reason = "" if line.action == PeriodLog.OPENED else line.reason
    return Notice(kind, line.at, report, str(line.pk), title, str(line.actor or ""), reason)


def of_due_date(report: Report, today: datetime.date) -> Notice:
    """Return the notice that `report`, not yet sent, is due soon or late; it stands since that day began."""
    due, period = report.due_date, str(report.period).lower()
    if due < today:
        kind, since, title = NoticeKind.LATE, due + _DAY, f"Báo cáo {period} đã quá hạn nộp"
    else:
        kind, since, title = NoticeKind.SOON, due - SOON, f"Báo cáo {period} sắp đến hạn nộp"
    at = timezone.make_aware(datetime.datetime.combine(since, datetime.time()))
    return Notice(kind, at, report, due.isoformat(), f"{title} ({due:%d/%m/%Y})")
