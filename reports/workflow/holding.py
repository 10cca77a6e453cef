"""Which rows are locked while figures and records are written, reports moved and periods closed.

The order of all locks stands in danvan/common/db/locks.py; every function here is called inside the
transaction that writes, before it reads what it decides by.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from danvan.common.db.locks import hold, keep, locked
from reports.models import Catalogue, Report, ReportingPeriod
from reports.models.period import COUNTED_KINDS

_GONE = "Đơn vị này vừa được sắp xếp vào đơn vị khác nên báo cáo này không còn. Vui lòng xem danh sách báo cáo."


class ReportGone(ValidationError):
    """The report was withdrawn meanwhile: its unit became another one."""

    def __init__(self) -> None:
        super().__init__(_GONE)


def keep_for_records(unit_ids: Iterable[int]) -> None:
    """Keep the reports in which records of units count from being moved, and their periods from closing."""
    reports = Report.objects.filter(
        answers_for__unit__in=set(unit_ids), period__kind__in=COUNTED_KINDS
    )
    hold(ReportingPeriod, _column(reports, "period_id"))
    keep(Report, _column(reports, "pk"))


def lock_for_figures(report_ids: Iterable[int]) -> list[Report]:
    """Lock reports whose figures are written and return them as they stand now; their periods stay open.

    Raises ReportGone where one is not there any more.
    """
    wanted = set(report_ids)
    reports = Report.objects.filter(pk__in=wanted)
    hold(ReportingPeriod, _column(reports, "period_id"))
    if len(locked(reports).values_list("pk")) < len(wanted):
        raise ReportGone
    named = ("period__closed_by", "period__catalogue", "unit__parent", "reviewer")
    return list(reports.with_due_dates().select_related(*named))


def lock_for_move(report: Report, *, freezes: bool = False) -> None:
    """Lock `report` alone and read again where it stands; its period stays open meanwhile.

    With `freezes` the move may be the first submission, after which the catalogue stands still. Raises
    ReportGone.
    """
    if freezes:
        hold(Catalogue, [report.period.catalogue_id])
    hold(ReportingPeriod, [report.period_id])
    rows = locked(Report.objects.filter(pk=report.pk), alone=True)
    stands = rows.values_list("unit_id", "reviewer_id").first()
    if stands is None:
        raise ReportGone
    report.unit_id, report.reviewer_id = stands  # a change of units may have carried it on
    report.refresh_from_db(fields=["state", "version", "submitted_at", "approved_at", "period"])
    vars(report).pop("extended_until", None)  # asked anew where it counts


def hold_for_closing(period: ReportingPeriod) -> None:
    """Wait until nobody writes in `period` any more, and let nobody begin."""
    hold(ReportingPeriod, [period.pk], alone=True)


def _column(reports: QuerySet, name: str) -> Iterable[int]:
    """Return a column of reports, read only where an engine asks for it."""
    return reports.order_by().values_list(name, flat=True).distinct()
