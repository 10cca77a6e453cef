"""What a reviewer remarks at single figures: taken while a report waits for review, open until settled."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone

from danvan.accounts.audit.writing import audited_bulk_create, audited_update
from danvan.units.organisations import office_name
from reports.models import Indicator, Remark, Report, State

MAX_LENGTH = Remark._meta.get_field("text").max_length


def keep_remarks(report: Report, typed: dict[str, str], user) -> None:
    """Store remarks ({indicator code: text}); raise ValidationError for one too long or on no such figure."""
    if not typed:
        return
    if report.state != State.SUBMITTED:
        raise ValidationError("Chỉ nhận xét được khi báo cáo đang chờ duyệt. Vui lòng xem lại.")
    if too_long := [code for code, text in typed.items() if len(text) > MAX_LENGTH]:
        raise ValidationError(f"Nhận xét ở {', '.join(too_long)} quá dài (tối đa 1.000 ký tự).")
    rows = Indicator.objects.filter(catalogue=report.period.catalogue_id, code__in=typed)
    known = {row.code: row for row in rows}
    if unknown := set(typed) - set(known):
        raise ValidationError(f"Không có chỉ tiêu {', '.join(sorted(unknown))}.")
    audited_bulk_create(
        Remark(
            report=report,
            indicator=known[code],
            text=text,
            author=user,
            author_unit=office_name(user.unit, report.period.end),
        )
        for code, text in typed.items()
    )


def settle(remark: Remark, user) -> None:
    """Mark `remark` as settled by `user`; one settled already keeps who did it."""
    open_ones = Remark.objects.visible_to(user).filter(pk=remark.pk, resolved_at=None)
    audited_update(open_ones, resolved_at=timezone.now(), resolved_by_id=user.pk)
