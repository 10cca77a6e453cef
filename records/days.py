"""Days that lie between two reporting periods: a record of such a day counts in no report.

Records know nothing of periods (imports run one way); the setting RECORD_GAPS names the function that
does. It returns the first and last days of what lies between the periods that were opened.
"""

import datetime
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.utils.module_loading import import_string

from danvan.common.numbers import format_number
from records.kinds import KINDS


@dataclass(frozen=True)
class Gap:
    """From `first` to `last` no period was opened, though one before and one after was."""

    first: datetime.date
    last: datetime.date

    def __str__(self) -> str:
        if self.first == self.last:
            return f"ngày {self.first:%d/%m/%Y}"
        return f"từ ngày {self.first:%d/%m/%Y} đến ngày {self.last:%d/%m/%Y}"


def gaps() -> list[Gap]:
    """Return the days between the opened periods. One query."""
    return import_string(settings.RECORD_GAPS)() if settings.RECORD_GAPS else []


def gap_warning(day: datetime.date) -> str:
    """Return what to tell who saved a record of `day`; "" where the day lies in a period or after all."""
    for gap in gaps():
        if gap.first <= day <= gap.last:
            return (
                f"Ngày {day:%d/%m/%Y} không thuộc kỳ báo cáo nào ({gap} chưa mở kỳ), nên hồ sơ này chưa "
                "được tính vào báo cáo nào. Vui lòng xem lại ngày hoặc báo ban dân vận cấp tỉnh."
            )
    return ""


def records_on(
    first: datetime.date, last: datetime.date, unit_ids: Collection[int] | None = None
) -> Counter[int]:
    """Return how many records lie on the days, by unit id; of all units unless told otherwise."""
    found: Counter[int] = Counter()
    for kind in KINDS:
        rows = kind.model.objects.between(first, last)
        if unit_ids is not None:
            rows = rows.filter(unit__in=unit_ids)
        found.update(dict(rows.order_by().values_list("unit").annotate(Count("pk"))))
    return found


def with_number(gap: Gap) -> str:
    """Return the days of a gap and the number of records on them, as both are named before opening."""
    number = records_on(gap.first, gap.last).total()
    return f"{gap}: {format_number(number)} hồ sơ"
