"""Days that no period covers although one before and one after does (records/days.py names them)."""

import datetime

from records.days import Gap
from reports.models import ReportingPeriod
from reports.models.period import COUNTED_KINDS

_DAY = datetime.timedelta(days=1)
Span = tuple[datetime.date, datetime.date]


def gaps_between(spans: list[Span]) -> list[Gap]:
    """Return what lies between `spans`, each a first and a last day."""
    spans = sorted(spans)
    return [
        Gap(end + _DAY, start - _DAY)
        for (_, end), (start, _) in zip(spans, spans[1:], strict=False)
        if end + _DAY < start
    ]


def period_gaps() -> list[Gap]:
    """Return the gaps between the periods that were opened (settings.RECORD_GAPS)."""
    return gaps_between(_spans())


def gaps_beside(kind: str, start: datetime.date, end: datetime.date) -> list[Gap]:
    """Return the gaps that a period from `start` to `end` would leave before and after itself.

    None for interim kinds: they count nothing for the year.
    """
    if kind not in COUNTED_KINDS or start > end:
        return []
    others = _spans()
    before = [span for span in others if span[1] < start][-1:]
    after = [span for span in others if span[0] > end][:1]
    return gaps_between([*before, (start, end), *after])


def _spans() -> list[Span]:
    periods = ReportingPeriod.objects.filter(kind__in=COUNTED_KINDS).order_by("start")
    return list(periods.values_list("start", "end"))
