"""Whose demonstration records are made, and what all nine kinds need: days, shares, titles."""

import datetime
from dataclasses import dataclass
from typing import Any

from records.models import EventRecord
from reports.demo.board import DemoUnit, Numbers
from reports.demo.chance import apportion, between, noise
from reports.demo.texts import words
from reports.workflow.periods import default_dates

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Holder:
    """Whose records are made, by which account, of which year and up to which day, from what numbers."""

    unit_id: int
    user_id: int
    unit: DemoUnit
    year: int
    end: datetime.date
    row: Numbers

    def __getitem__(self, code: str) -> int:
        return int(self.row.get(code, 0))

    def each(self, **codes: str) -> list[str]:
        """Return each name as often as the figure of its code says, in the order given."""
        return [name for name, code in codes.items() for _ in range(self[code])]

    def days(self, count: int, kind: str, *, last: int = 0) -> list[datetime.date]:
        """Return `count` working days of the period in order, evenly spread; none in the `last` days."""
        start, end = default_dates(self.year)["start"], self.end - last * DAY
        length, shift = (end - start).days, noise("day", kind, self.unit.code, self.year)
        return [_working_day(start, end, int((n + shift) * length / count)) for n in range(count)]

    def shares(self, total: int, count: int, kind: str) -> list[int]:
        """Return `total` spread over `count` records, each near the mean."""
        keys = [f"{n:04d}" for n in range(count)]
        weights = {k: between(0.7, 1.3, kind, self.unit.code, self.year, k) for k in keys}
        shares = apportion(total, weights)
        return [shares[key] for key in keys]

    def title(self, kind: str, n: int) -> str:
        """Return a title for the n-th record of a kind."""
        choices = words(kind)
        return choices[(int(noise(kind, self.unit.code) * 97) + n) % len(choices)]

    def make(self, model: type[EventRecord], day: datetime.date, **fields: Any) -> EventRecord:
        """Return an unsaved record of the holder, written down the day after."""
        zone = datetime.timezone(datetime.timedelta(hours=7))
        written = datetime.datetime.combine(day + DAY, datetime.time(9), zone)
        return model(
            unit_id=self.unit_id,
            created_by_id=self.user_id,
            start_date=day,
            created_at=written,
            updated_at=written,
            **fields,
        )


def _working_day(start: datetime.date, end: datetime.date, offset: int) -> datetime.date:
    """Return the day `offset` after `start`, moved off a weekend and kept inside the period."""
    day = start + offset * DAY
    day += {5: -DAY, 6: DAY}.get(day.weekday(), 0 * DAY)
    return min(max(day, start), end)
