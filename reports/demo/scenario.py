"""How far each demonstration report has come, and what its history looks like. Pure."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from danvan.units.models import Level
from reports.demo.board import DemoUnit
from reports.demo.chance import between, noise, pick
from reports.demo.figures import showcase_of
from reports.demo.totals import DEMO_DATA, YEARS
from reports.models import State
from reports.models.period import due_field

# Districts whose communes were given more time: there the deadline is still to come.
EXTENDED_DISTRICTS = ("349", "350", "352", "353")
EXTENSION_REASON = "Gia hạn để các đơn vị rà soát, đối chiếu số liệu với hồ sơ."
Dates = dict[str, datetime.date]  # by the columns of a period
_SECTIONS = ["QT", "TH", "DT", "TD", "DV", "CQ", "DC", "GS", "TP", "TG", "KT", "VD", "NX"]


@dataclass(frozen=True)
class Scene:
    """A first look: where it plays, its years, which of them have records and which are not closed."""

    province: str
    place: str
    years: tuple[int, ...]
    record_years: tuple[int, ...]
    still_open: tuple[int, ...]
    first_day: datetime.date
    bodies: tuple[str, ...] = ()

    @property
    def open_year(self) -> int:
        """The year that people are working on."""
        return self.years[-1]


HA_NAM = Scene("35", "Hà Nam", YEARS, YEARS[1:], (2023, 2024), first_day=datetime.date(2024, 12, 1))
# Today: the three former provinces up to 2024, then one without districts.
NINH_BINH = Scene(
    "37",
    "Ninh Bình",
    (*YEARS, 2025, 2026),
    (2026,),
    (2026,),
    datetime.date(2026, 10, 1),
    bodies=("Công an tỉnh", "Quân sự tỉnh", "các cơ quan Đảng tỉnh", "Ủy ban nhân dân tỉnh"),
)


@dataclass(frozen=True)
class Step:
    """One move of the history."""

    action: str
    to_state: State
    at: datetime.datetime


@dataclass(frozen=True)
class Course:
    """The course of one report: which sections are filled, its moves, the remarks it was given."""

    sections: frozenset[str]
    saved_at: datetime.datetime | None = None
    steps: tuple[Step, ...] = ()
    remarks: list[list[str]] = field(default_factory=list)  # code and text
    extended: bool = False

    @property
    def state(self) -> State:
        """Where the report stands at the end."""
        return self.steps[-1].to_state if self.steps else State.DRAFT


_ALL = frozenset(_SECTIONS)
_SUBMIT, _RETURN, _APPROVE = (
    ("submit", State.SUBMITTED),
    ("return", State.RETURNED),
    ("approve", State.APPROVED),
)


def open_due(today: datetime.date) -> Dates:
    """Return the due dates of the open year: the communes' has just passed, others are to come."""
    days = {"due_commune": -2, "due_district": 10, "due_province": 18}
    return {name: today + datetime.timedelta(days=number) for name, number in days.items()}


def past_course(unit: DemoUnit, year: int, dates: Dates) -> Course:
    """Return the course of a past year's report: approved, some late, some only after a return."""
    key = (unit.code, year)
    late = noise("late", *key) < 0.05
    days = -1 if late else int(between(0, 12, "sent", *key))
    due = dates[due_field(Level.from_letter(unit.letter))]
    sent = due - datetime.timedelta(days=days)
    moves, remarks = [_SUBMIT, _APPROVE], []
    if unit.letter == "X" and noise("returned", *key) < 0.1:
        moves, remarks = [_SUBMIT, _RETURN, _SUBMIT, _APPROVE], [_remark(key)]
    return _course(_ALL, sent, moves, remarks, key)


def open_course(unit: DemoUnit, reviewer: str, year: int, today: datetime.date) -> Course:
    """Return how far the report of the open `year` has come by `today`; `reviewer` is a unit code."""
    key = (unit.code, year)
    sent = today - datetime.timedelta(days=int(between(4, 15, "sent", *key)))
    chance = noise("state", unit.code)
    if unit.code == showcase_of(year):
        sent = today - datetime.timedelta(days=5)
        told = DEMO_DATA["showcase_remarks"]
        return _course(_ALL, sent, [_SUBMIT, _RETURN], told, key, extended=True)
    if unit.letter in "HT":
        # Boards write their own part last: most have begun, none has sent.
        return _draft(int(between(2, 9, "sections", *key)), today, key, extended=False)
    extended = reviewer in EXTENDED_DISTRICTS if year in YEARS else noise("extended", *key) < 0.6
    if chance < 0.4:
        return _course(_ALL, sent, [_SUBMIT, _APPROVE], [], key)
    if chance < 0.62:
        return _course(_ALL, sent, [_SUBMIT], [], key)
    if chance < 0.72:
        return _course(_ALL, sent, [_SUBMIT, _RETURN], [_remark(key)], key, extended=extended)
    if chance < 0.91:
        return _draft(int(between(4, 13, "sections", *key)), today, key, extended)
    return Course(frozenset(), extended=extended)


def _remark(key: tuple) -> list[str]:
    return pick(DEMO_DATA["remarks"], "remark", *key)


def _draft(sections: int, today: datetime.date, key: tuple, extended: bool) -> Course:
    saved = today - datetime.timedelta(days=int(between(1, 6, "saved", *key)))
    return Course(frozenset(_SECTIONS[:sections]), _hour(saved, "saved", *key), extended=extended)


def _course(
    sections: Any, sent: datetime.date, moves: Any, remarks: Any, key: tuple, extended: Any = False
) -> Course:
    """Return a course whose moves follow one another by a day at working hours."""
    steps = tuple(
        Step(action, state, _hour(sent + datetime.timedelta(days=n), action, n, *key))
        for n, (action, state) in enumerate(moves)
    )
    saved = steps[0].at - datetime.timedelta(minutes=int(between(5, 50, "before", *key)))
    return Course(sections, saved, steps, list(remarks), extended)


def _hour(day: datetime.date, *key: Any) -> datetime.datetime:
    """Return a moment of the working day, Vietnamese time."""
    minutes = int(between(7.5 * 60, 16.5 * 60, "hour", *key))
    zone = datetime.timezone(datetime.timedelta(hours=7))
    return datetime.datetime.combine(day, datetime.time(minutes // 60, minutes % 60), zone)
