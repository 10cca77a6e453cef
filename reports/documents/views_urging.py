"""The letter to the units whose reports are late, of just those that the reviewer's list shows."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import NO_UNIT, Action
from danvan.common.excel import safe_file_name
from danvan.common.web.downloads import attachment
from danvan.units.models import AdministrativeUnit, Level
from reports.documents.urging import urging_letter
from reports.documents.word.paper import DOCX_TYPE, ENDING
from reports.models import Report, ReportingPeriod
from reports.workflow.filters import ReviewFilter
from reports.workflow.progress import required_counts, to_review_by

URGED_AT_ONCE = 500  # units in a letter made within the request: about three seconds


@require_safe
def urge(request: PersonRequest) -> HttpResponse:
    """Send the letter to whoever is late among the filters of the queue. A wrong choice is 404."""
    request.user.require(Action.REVIEW, "Chỉ ban duyệt báo cáo mới đôn đốc các đơn vị.")
    asked = request.GET.copy()
    asked["state"] = "overdue"
    reports = Report.objects.visible_to(request.user).filter(to_review_by(request.user))
    chosen = ReviewFilter(asked, queryset=reports, request=request)
    period = chosen.period
    if period is None:
        raise Http404
    late = list(
        chosen.qs.annotate(open_remarks=Count("remarks", filter=Q(remarks__resolved_at=None)))
    )
    if not late:
        messages.info(request, "Không có đơn vị nào quá hạn nên không cần đôn đốc.")
        return redirect("reports:review")
    if is_long(request, len(late), URGED_AT_ONCE):
        return later(request, f"Lập văn bản đôn đốc {str(period).lower()}", Action.REVIEW)
    office = request.user.unit or _province(request, period)
    today = timezone.localdate()
    data = urging_letter(late, period, office, required_counts(period), today)
    return attachment(
        safe_file_name(f"Đôn đốc báo cáo {str(period).lower()}", ENDING), data, DOCX_TYPE
    )


def _province(request: PersonRequest, period: ReportingPeriod) -> AdministrativeUnit:
    """Return the office a superuser without a unit writes for. Raises PermissionDenied without any."""
    reports = Report.objects.visible_to(request.user).filter(period=period, level=Level.PROVINCE)
    first = reports.select_related("unit__parent").first()
    if first is None:
        raise PermissionDenied(NO_UNIT)
    return first.unit
