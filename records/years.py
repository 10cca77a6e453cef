"""Reporting years as spans of days: a record of 20 December belongs to the next year's report.

The dates of a year are data of its period; the setting RECORD_YEARS names the function that knows them.
A year that was not opened runs from 15 December to 14 December (domain 5.4).
"""

import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

Span = tuple[datetime.date, datetime.date]


def year_spans() -> dict[int, Span]:
    """Return the spans of the years that were opened. One query."""
    return import_string(settings.RECORD_YEARS)() if settings.RECORD_YEARS else {}


def span_of(year: int, spans: dict[int, Span]) -> Span:
    """Return first and last day of the reporting year `year`."""
    usual = datetime.date(year - 1, 12, 15), datetime.date(year, 12, 14)
    return spans.get(year, usual)


def year_of(day: datetime.date, spans: dict[int, Span]) -> int:
    """Return the reporting year that `day` counts in."""
    for year in (day.year, day.year + 1, day.year - 1):
        start, end = span_of(year, spans)
        if start <= day <= end:
            return year
    return day.year


def working_year(spans: dict[int, Span]) -> int:
    """Return the year people log for: today's where it was opened, else the last one opened."""
    today = year_of(timezone.localdate(), spans)
    return today if today in spans or not spans else max(spans)


def days_logged(spans: dict[int, Span]) -> Span:
    """Return the days people log now: the working year and the weeks after it in which it is reported."""
    start, end = span_of(working_year(spans), spans)
    return start, max(end, min(timezone.localdate(), end + datetime.timedelta(days=60)))
