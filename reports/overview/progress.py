"""How far the reports of a period are: by area, by day before the due date, and what needs a look."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Subquery
from django.utils import timezone

from danvan.units.kinds import Level
from reports.consolidation.scope import ScopeData
from reports.models import Report, ReportingPeriod, State
from reports.models.report import EDITABLE_STATES, area_of
from reports.workflow.progress import TO_SEND

BEFORE, AFTER = -30, 15  # days around the due date that the curve shows
MOST_LOOKS = 5


@dataclass(frozen=True)
class Row:
    """One report, as far as it is counted here."""

    pk: int
    period_id: int
    unit_id: int
    area_id: int
    level: str
    state: str
    due: datetime.date
    until: datetime.date
    sent: datetime.date | None
    deviating: int
    explained: int
    is_overdue: bool

    @property
    def says(self) -> str:
        """Where the report stands, in words."""
        return f"{State(self.state).label}, quá hạn" if self.is_overdue else State(self.state).label

    @property
    def kind(self) -> str:
        """How the report is drawn: late before anything else."""
        if self.is_overdue:
            return "late"
        return {
            State.APPROVED: "approved",
            State.SUBMITTED: "sent",
            State.RETURNED: "returned",
        }.get(State(self.state), "draft")


def read_reports(
    data: ScopeData, periods: Iterable[ReportingPeriod]
) -> tuple[list[Row], datetime.date | None]:
    """Return the reports of `periods` in the scope of `data`, and when units of its years last changed.

    One query.
    """
    known = {period.pk: period for period in periods}
    columns: list[Any] = ["pk", "period_id", "unit_id", area_of(), "level", "state"]
    columns += ["extended_until", "submitted_at", "deviating", "explained", "changed"]
    today, rows = timezone.localdate(), []
    last = max(period.structure_date for period in data.periods)
    # Not data.reports(): of so few the condition on units costs less than to ask whether it is needed.
    mine = Report.objects.filter(unit__in=data.units().values("pk"))
    gone = mine.filter(period__in=list(data.years), unit__valid_to__lte=last)
    changed = Subquery(gone.order_by("-unit__valid_to").values("unit__valid_to")[:1])
    reports = mine.filter(period__in=list(known)).with_due_dates().annotate(changed=changed)
    found = list(reports.order_by().values_list(*columns))
    for pk, period, unit, area, level, state, extended, sent, odd, told, _changed in found:
        due = known[period].due_date_of(level)
        until = max(due, extended) if extended else due
        rows.append(
            Row(
                *(pk, period, unit, area, level, state, due, until),
                timezone.localdate(sent) if sent else None,
                *(odd or 0, told or 0),
                state in EDITABLE_STATES and today > until,
            )
        )
    return rows, found[0][-1] if found else None


def tally(rows: Iterable[Row]) -> dict[str, int]:
    """Return the counts of reports/workflow/progress.py for `rows`: by state, to be sent, overdue, all."""
    counts: Counter = Counter()
    for row in rows:
        counts["all"] += 1
        counts[row.state] += 1
        counts["to_send"] += row.state in TO_SEND
        counts["overdue"] += row.is_overdue
    names = ("all", "to_send", "overdue", *State.values)
    return {name: counts[name] for name in names}


@dataclass(frozen=True)
class Look:
    """What needs a look: how many reports deviate, how many of their figures, and which most."""

    deviating: int
    figures: int
    explained: int
    unexplained: int
    most: tuple[Row, ...]


@dataclass(frozen=True)
class Curve:
    """The share of reports that were sent, in percent, by day before (−) and after the due date."""

    year: int
    points: tuple[tuple[int, float], ...]
    is_running: bool
    period_id: int


@dataclass(frozen=True)
class PeriodProgress:
    """One period as it stands: counts, by area, by unit, day by day beside the year before."""

    period: ReportingPeriod
    rows: tuple[Row, ...]
    counts: dict[str, int]
    areas: dict[int, dict[str, int]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()

    @property
    def sent(self) -> int:
        return self.counts[State.SUBMITTED] + self.counts[State.APPROVED]

    @property
    def next_due(self) -> tuple[str, datetime.date] | None:
        """Who has to send next, in words, and until when; None where nobody has time left."""
        today = timezone.localdate()
        ahead = [row for row in self.rows if row.state in EDITABLE_STATES and row.until >= today]
        first = min(ahead, key=lambda row: row.until, default=None)
        if first is None:
            return None
        return Level(first.level).label.lower() if len(self.rows) > 1 else "", first.until

    @property
    def look(self) -> Look:
        odd = [row for row in self.rows if row.deviating]
        most = sorted(odd, key=lambda row: (row.explained - row.deviating, -row.deviating, row.pk))
        return Look(
            len(odd),
            sum(row.deviating for row in odd),
            sum(min(row.explained, row.deviating) for row in odd),
            sum(row.explained < row.deviating for row in odd),
            tuple(most[:MOST_LOOKS]),
        )


def progress_of(
    period: ReportingPeriod, before: ReportingPeriod | None, rows: list[Row]
) -> PeriodProgress:
    """Return how far `period` is, with the curve of the period `before` it."""
    mine = [row for row in rows if row.period_id == period.pk]
    areas: dict[int, list[Row]] = defaultdict(list)
    for row in mine:
        areas[row.area_id].append(row)
    found = {area: tally(held) for area, held in areas.items()} if len(areas) > 1 else {}
    periods = [one for one in (before, period) if one]
    curves = (_curve(one, [row for row in rows if row.period_id == one.pk]) for one in periods)
    drawn = tuple(one for one in curves if one.points)
    return PeriodProgress(period, tuple(mine), tally(mine), found, drawn)


def _curve(period: ReportingPeriod, rows: list[Row]) -> Curve:
    """Return how the reports of a period came in; of a running one up to today.

    Each report is held against the due date of its own level. One that was returned counts again when it
    is sent again.
    """
    today = timezone.localdate()
    sent = Counter((row.sent - row.due).days for row in rows if row.sent and _is_sent(row))
    running = not period.is_closed and any(not _is_sent(row) for row in rows)
    last = min(AFTER, max((today - row.due).days for row in rows)) if running and rows else AFTER
    points, done = [], sum(count for day, count in sent.items() if day < BEFORE)
    for day in range(BEFORE, last + 1):
        done += sent[day]
        points.append((day, 100 * done / len(rows)))
    return Curve(period.year, tuple(points) if rows else (), running, period.pk)


def _is_sent(row: Row) -> bool:
    return row.state in (State.SUBMITTED, State.APPROVED)
