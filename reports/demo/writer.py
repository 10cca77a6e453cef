"""Putting the demonstration into the database: periods, figures, moves and remarks, in bulk."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from danvan.accounts.models import User
from danvan.common.ops import append_only
from danvan.units.models import AdministrativeUnit
from danvan.units.organisations import office_name
from reports.demo.accounts import make_accounts
from reports.demo.figures import YearFigures, demo_figures, showcase_of
from reports.demo.records_writer import insert_records
from reports.demo.scenario import (
    EXTENSION_REASON,
    Course,
    Scene,
    open_course,
    open_due,
    past_course,
)
from reports.demo.totals import DEMO_DATA
from reports.demo.units import demo_unit, filled_boards, make_bodies, units_of
from reports.figures.figure import Figure
from reports.figures.writing import write_figures, write_many
from reports.models import (
    DeadlineExtension,
    FigureChange,
    PeriodLog,
    Remark,
    Report,
    ReportingPeriod,
    Source,
    State,
    Transition,
)
from reports.workflow.periods import default_dates, open_period
from reports.workflow.submission import measure_deviations

EXTENSION_DAYS = 5


class DemoRefused(Exception):  # noqa: N818
    """The database is not one to put demonstration figures into; the message says why."""


@dataclass
class Loaded:
    """What a run did."""

    accounts: int = 0
    years: tuple[int, ...] = ()
    figures: int = 0
    records: int = 0


@transaction.atomic
def load(scene: Scene, today: datetime.date, *, with_records: bool = True) -> Loaded:
    """Load accounts and the years of `scene` that are missing; `today` places the open year's deadline.

    Raises DemoRefused when a year holds real figures or another scene, and then nothing is written.
    """
    make_bodies(scene.bodies, scene.province)
    units = units_of(scene.open_year)
    _require_own_database(scene, today, units)
    accounts, created = make_accounts(units)
    present = set(ReportingPeriod.objects.values_list("year", flat=True))
    missing = tuple(year for year in scene.years if year not in present)
    loaded = Loaded(created, missing)
    boards = filled_boards(scene.years) if missing else []
    figures = demo_figures(boards)
    for year in missing:
        one = _Year(scene, year, accounts, today)
        loaded.figures += one.load_figures(figures[year])
        _count_rows()
        if with_records and year in scene.record_years:
            rows = {
                code: row for one in boards if one.year == year for code, row in one.rows.items()
            }
            # What was done is written down the day after.
            until = today - datetime.timedelta(days=2)
            loaded.records += insert_records(units, accounts, one.period, rows, until=until)
        one.finish(figures[year])
        for report in one.reports if year == scene.open_year else ():
            if report.submitted_at:
                measure_deviations(report)
    return loaded


def _require_own_database(
    scene: Scene, today: datetime.date, units: list[AdministrativeUnit]
) -> None:
    """Raise DemoRefused where the scene would stand beside something that is not of it."""
    periods = ReportingPeriod.objects.filter(year__in=scene.years)
    if real := periods.filter(is_demo=False).first():
        raise DemoRefused(
            f"The year {real.year} is already open with real figures; "
            "demonstration data belongs into an empty database."
        )
    if {unit.root_code for unit in units} != {scene.province}:
        raise DemoRefused(
            f"There are units outside {scene.place}; demonstration data belongs into an empty database."
        )
    if any(period.reports.count() != len(units_of(period.year)) for period in periods):
        raise DemoRefused(
            "The database holds another demonstration; each belongs into a database of its own."
        )
    if today < scene.first_day:
        raise DemoRefused(f"The scene plays after {scene.first_day}; today is {today}.")


def _count_rows() -> None:
    """Update the planner's statistics: what follows joins thousands of the new rows.

    Autovacuum would do it only after the transaction. Our tables alone: PostgreSQL's own ones are shared
    with other databases, whose work would wait for this transaction.
    """
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


class _Year:
    """One year on its way into the database."""

    def __init__(
        self, scene: Scene, year: int, accounts: dict[int, User], today: datetime.date
    ) -> None:
        self.scene, self.year, self.accounts, self.today = scene, year, accounts, today
        self.is_open = year == scene.open_year
        self.dates = default_dates(year) | (open_due(today) if self.is_open else {})

    def load_figures(self, figures: YearFigures) -> int:
        """Open the year, write figures and history; return the number of figures."""
        self.period = self._open()
        self.reports = list(self.period.reports.select_related("unit__parent", "reviewer__parent"))
        self.courses = {report.pk: self._course(report) for report in self.reports}
        written = write_many(
            {report.pk: self._filled(report, figures) for report in self.reports},
            actor=None,
            source=Source.DEMO,
        ).total
        self._set_states()
        self._write_history()
        self._extend()
        self._date_ledger()
        return written

    def finish(self, figures: YearFigures) -> None:
        """Do what comes after the submissions: the showcase's correction, closing the year."""
        if self.is_open:
            self._correct_showcase(figures)
        if self.year not in self.scene.still_open:
            self._close()

    def _open(self) -> ReportingPeriod:
        period = open_period(self.year, is_demo=True, actor=self._province(), **self.dates)
        moment = _moment(datetime.date(self.year, 11, 15))
        with append_only.unprotected(connection, PeriodLog._meta.db_table):
            PeriodLog.objects.filter(period=period).update(at=moment)
        return period

    def _province(self) -> User:
        return next(user for user in self.accounts.values() if user.username == "tinh")

    def _course(self, report: Report) -> Course:
        unit = demo_unit(report.unit)
        if self.is_open:
            return open_course(unit, report.reviewer.code, self.year, self.today)
        return past_course(unit, self.year, self.dates)

    def _filled(self, report: Report, figures: YearFigures) -> dict[str, Figure]:
        sections = self.courses[report.pk].sections
        row = figures[report.unit.code]
        shown = self.is_open and report.unit.code == showcase_of(self.year)
        blank = DEMO_DATA["showcase_blank"] if shown else ()
        return {c: figure for c, figure in row.items() if c[:2] in sections and c not in blank}

    def _set_states(self) -> None:
        """Put each report where its course ends: state, version, times as its moves leave them."""
        for report in self.reports:
            course = self.courses[report.pk]
            times = {step.to_state: step.at for step in course.steps}
            report.state = course.state
            report.version = int(bool(course.sections)) + len(course.steps)
            report.saved_at = course.saved_at
            report.submitted_at = times.get(State.SUBMITTED)
            report.approved_at = times.get(State.APPROVED)
        Report.objects.bulk_update(
            self.reports,
            ["state", "version", "saved_at", "submitted_at", "approved_at"],
            batch_size=200,
        )

    def _write_history(self) -> None:
        """Write the moves and remarks, oldest first, dated when they are said to have happened."""
        indicators = {row.code: row for row in self.period.catalogue.indicators.all()}
        moves, remarks = [], []
        for report in self.reports:
            course, state = self.courses[report.pk], State.DRAFT
            for step in course.steps:
                unit = report.unit if step.action == "submit" else report.reviewer
                office = office_name(unit, report.period.end)
                actor = self.accounts.get(unit.pk)
                moves.append(
                    Transition(
                        report=report, action=step.action, from_state=state,
                        to_state=step.to_state, actor=actor, actor_unit=office, at=step.at,
                    )
                )  # fmt: skip
                state = step.to_state
                if step.action == "return":
                    done = course.steps[-1].at if course.state == State.APPROVED else None
                    author = actor or self._province()  # of an office that ended
                    remarks += [
                        Remark(
                            report=report, indicator=indicators[code], text=text, author=author,
                            author_unit=office, created_at=step.at, resolved_at=done,
                            resolved_by=author if done else None,
                        )
                        for code, text in course.remarks
                    ]  # fmt: skip
        moves.sort(key=lambda move: move.at)
        Transition.objects.bulk_create(moves, batch_size=500)
        _create_dated(Remark, remarks, "created_at")

    def _extend(self) -> None:
        until = self.today + datetime.timedelta(days=EXTENSION_DAYS)
        DeadlineExtension.objects.bulk_create(
            DeadlineExtension(
                report=report,
                until=until,
                reason=EXTENSION_REASON,
                granted_by=self.accounts[report.reviewer_id],
            )
            for report in self.reports
            if self.courses[report.pk].extended
        )

    def _date_ledger(self) -> None:
        """Date the ledger lines like the saving they stand for, not like the loading."""
        # By key, without order or join: without statistics PostgreSQL took minutes.
        saved = Report.objects.filter(pk=OuterRef("report")).order_by().values("saved_at")
        lines = FigureChange.objects.filter(report__in=[report.pk for report in self.reports])
        with append_only.unprotected(connection, FigureChange._meta.db_table):
            lines.update(at=Subquery(saved))

    def _correct_showcase(self, figures: YearFigures) -> None:
        """Let the clerk of the showcase commune have begun to correct what was returned."""
        showcase = showcase_of(self.year)
        report = next(report for report in self.reports if report.unit.code == showcase)
        before = figures[showcase]["DT07"]
        corrected = Figure(number=Decimal(64), note=before.note)
        actor = self.accounts[report.unit_id]
        write_figures(report, {"DT07": corrected}, actor=actor, source=Source.FORM)

    def _close(self) -> None:
        moment, actor = _moment(datetime.date(self.year + 1, 1, 20)), self._province()
        self.period.is_closed, self.period.closed_at, self.period.closed_by = True, moment, actor
        self.period.save(update_fields=["is_closed", "closed_at", "closed_by"])
        PeriodLog.objects.create(
            period=self.period, action=PeriodLog.CLOSED, actor=actor, at=moment
        )


def _create_dated(model: Any, rows: list, name: str) -> None:
    """Create `rows` whose auto_now_add field `name` must keep the moment it was given."""
    moments = [getattr(row, name) for row in rows]
    model.objects.bulk_create(rows, batch_size=500)
    for row, moment in zip(rows, moments, strict=True):
        setattr(row, name, moment)
    model.objects.bulk_update(rows, [name], batch_size=200)


def _moment(day: datetime.date) -> datetime.datetime:
    """Return nine o'clock of `day`, local time."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))
