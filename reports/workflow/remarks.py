"""What a reviewer remarks at single figures: taken while a report waits for review, open until settled."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from danvan.accounts.audit.writing import audited_bulk_create, audited_update
from danvan.accounts.models import User
from danvan.units.organisations import office_name
from reports.models import Indicator, Remark, Report, State
from reports.workflow.holding import lock_for_move
from reports.workflow.moves import may_review

MAX_LENGTH = Remark._meta.get_field("text").max_length


def keep_remarks(report: Report, typed: dict[str, str], user: User) -> None:
    """Store remarks ({indicator code: text}) of the reviewer; those that stand there already are left alone.

    Raises PermissionDenied, ValidationError for one too long, on no such figure, or at a report that does
    not wait for review (any more).
    """
    if not typed:
        return
    with transaction.atomic():
        lock_for_move(report)
        _require_reviewer(report, user)
        if report.state != State.SUBMITTED:
            raise ValidationError("Chỉ nhận xét được khi báo cáo đang chờ duyệt. Vui lòng xem lại.")
        audited_bulk_create(_new_remarks(report, typed, user))


def _new_remarks(report: Report, typed: dict[str, str], user: User) -> list[Remark]:
    if too_long := [code for code, text in typed.items() if len(text) > (MAX_LENGTH or 0)]:
        raise ValidationError(f"Nhận xét ở {', '.join(too_long)} quá dài (tối đa 1.000 ký tự).")
    rows = Indicator.objects.filter(catalogue=report.period.catalogue_id, code__in=typed)
    known = {row.code: row for row in rows}
    if unknown := set(typed) - set(known):
        raise ValidationError(f"Không có chỉ tiêu {', '.join(sorted(unknown))}.")
    own = report.remarks.filter(author=user, resolved_at=None)
    standing = set(own.values_list("indicator__code", "text"))
    unit = office_name(user.unit, report.period.end)
    return [
        Remark(report=report, indicator=known[code], text=text, author=user, author_unit=unit)
        for code, text in typed.items()
        if (code, text) not in standing
    ]


def settle(remark: Remark, user: User) -> None:
    """Mark `remark` as settled by its reviewer `user`; one settled already keeps who did it.

    Raises PermissionDenied.
    """
    _require_reviewer(remark.report, user)
    open_ones = Remark.objects.visible_to(user).filter(pk=remark.pk, resolved_at=None)
    audited_update(open_ones, resolved_at=timezone.now(), resolved_by_id=user.pk)


def _require_reviewer(report: Report, user: User) -> None:
    if not may_review(report, user):
        raise PermissionDenied("Chỉ đơn vị duyệt mới được nhận xét báo cáo này.")
