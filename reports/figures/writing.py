"""The only code that writes figures: values, the ledger line of each change and the report's version, together.

Form, import, command and undo all come through here, so a figure is never changed without a line that says
who, when, how, from what to what. Nothing else may create, change or delete a Value.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from danvan.accounts.audit import context
from danvan.accounts.models import User
from danvan.accounts.models.trail import stand_ins
from danvan.accounts.rights import Action, standing
from danvan.common.db.bulk import insert_many
from danvan.common.words import column_named
from danvan.units.organisations import office_name
from reports.figures.figure import BLANK, Figure, check_figure
from reports.figures.stored import figures_of
from reports.models import FigureChange, Indicator, Report, Value
from reports.workflow.holding import ReportGone, lock_for_figures
from reports.workflow.moves import lock_reason

BATCH = 1000
_VALUE = ("report", "indicator", "number", "qualifier", "text", "note")
_LINE = (
    *("report", "indicator", "old", "new", "version", "actor", "actor_unit", "actor_role"),
    *("on_behalf", "source", "reason", "request_id", "at"),
)


@dataclass(frozen=True)
class Conflict:
    """A figure that somebody else changed meanwhile: what stands there now, by whom and when."""

    current: Figure
    actor: str
    at: datetime


class StaleFigures(Exception):  # noqa: N818
    """Somebody else changed the same figures since the page was opened; nothing was written."""

    def __init__(self, conflicts: dict[str, Conflict]) -> None:
        self.conflicts = conflicts
        super().__init__(", ".join(conflicts))


class ReportLocked(Exception):  # noqa: N818
    """The report takes no figures now; the message says why and whom to ask."""


@dataclass(frozen=True)
class WriteResult:
    """What was really written: changed codes per report id."""

    changed: dict[int, list[str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(len(codes) for codes in self.changed.values())


def figures_at(report: Report, version: int, current: Mapping[str, Figure]) -> dict[str, Figure]:
    """Return the figures as they were at `version`, by rolling `current` back along the ledger."""
    figures = dict(current)
    later = report.changes.filter(version__gt=version).select_related("indicator")
    for change in later.order_by("-pk"):
        figures[change.indicator.code] = Figure.from_json(change.old)
    return figures


def write_figures(
    report: Report,
    changes: Mapping[str, Figure],
    *,
    actor: User | None,
    source: str,
    reason: str = "",
    version: int | None = None,
) -> WriteResult:
    """Write `changes` (indicator code → Figure; BLANK empties) to one report.

    `version` is the report version the figures were typed against; without it they are taken as typed
    against what is stored now. Codes left as they were at that version are not changes. Raises
    StaleFigures, ReportLocked, ValidationError (a dict by code); then nothing is written. Refreshes
    `report`.
    """
    with transaction.atomic():
        (locked,) = _locked([report.pk])
        _take_over(report, locked)
        if version is not None and version < locked.version:
            changes = _without_stale(locked, changes, version)
        result = _written([locked], {locked.pk: changes}, actor, source, reason)
    _take_over(report, locked)
    return result


def _take_over(report: Report, locked: Report) -> None:
    """Let a report at hand stand as its row stands under the lock."""
    for name in ("state", "version", "filled", "saved_at", "period"):
        setattr(report, name, getattr(locked, name))


def _without_stale(
    report: Report, changes: Mapping[str, Figure], version: int
) -> dict[str, Figure]:
    """Return what the person really changed since `version`; raise StaleFigures where others did too."""
    current = figures_of(report)
    base = figures_at(report, version, current)
    mine = {code: fig for code, fig in changes.items() if fig != base.get(code, BLANK)}
    clashing = [
        code
        for code, figure in mine.items()
        if current.get(code, BLANK) not in (base.get(code, BLANK), figure)
    ]
    if clashing:
        theirs = report.changes.filter(indicator__code__in=clashing)
        raise StaleFigures(conflicts_in(theirs, current))
    return mine


def conflicts_in(
    changes: models.QuerySet[FigureChange], current: Mapping[str, Figure]
) -> dict[str, Conflict]:
    """Return what stands now where others made `changes`, and who was the last, by code."""
    return {
        change.indicator.code: Conflict(
            current.get(change.indicator.code, BLANK), str(change.actor or "hệ thống"), change.at
        )
        for change in changes.order_by("pk").select_related("actor", "indicator")
    }


def write_many(
    changes: Mapping[int, Mapping[str, Figure]],
    *,
    actor: User | None,
    source: str,
    reason: str = "",
) -> WriteResult:
    """Write the figures of many reports ({report id: {code: Figure}}), all or none.

    A fixed number of queries. Raises PermissionDenied where `actor` (None on the command line only) may not
    enter one of them, ReportLocked (names the unit), ValidationError; then nothing is written.
    """
    with transaction.atomic():
        return _written(_locked(changes), changes, actor, source, reason)


def _written(
    reports: list[Report],
    changes: Mapping[int, Mapping[str, Figure]],
    actor: User | None,
    source: str,
    reason: str,
) -> WriteResult:
    """Write the figures of `reports`, which are locked, where they may be written now."""
    _require_right(actor, changes)
    for report in reports:
        if locked := lock_reason(report):
            raise ReportLocked(f"{report.unit}: {locked}" if len(reports) > 1 else locked)
    batch = _Batch(reports, changes)
    batch.write(actor, source, reason)
    return WriteResult(batch.changed)


def _locked(ids: Iterable[int]) -> list[Report]:
    try:
        return lock_for_figures(ids)
    except ReportGone as gone:
        raise ReportLocked(gone.message) from gone


def _require_right(actor: User | None, ids: Collection[int]) -> None:
    if actor is None:
        return
    actor.require(Action.ENTER_REPORT, "Anh/chị chỉ được xem, không được nhập số liệu.")
    if Report.objects.editable_by(actor).filter(pk__in=list(ids)).count() != len(ids):
        raise PermissionDenied("Anh/chị không được nhập số liệu của đơn vị này.")


class _Batch:
    """The rows to create, change and delete so that `wanted` figures stand in `reports`."""

    def __init__(self, reports: list[Report], wanted: Mapping[int, Mapping[str, Figure]]) -> None:
        self.reports = {report.pk: report for report in reports}
        self.created: list[tuple] = []
        self.updated: list[Value] = []
        self.deleted: list[int] = []
        self.lines: dict[int, list[tuple]] = {}
        self.changed: dict[int, list[str]] = {}
        indicators = self._indicators(wanted)
        stored = {
            (value.report_id, value.indicator_id): value
            for value in Value.objects.filter(report__in=self.reports)
        }
        for report in reports:
            for code, figure in wanted[report.pk].items():
                indicator = indicators.get((report.period.catalogue_id, code))
                self._plan(report, code, indicator, stored, figure)

    def _indicators(self, wanted: Any) -> dict[tuple[int, str], Indicator]:
        catalogues = {report.period.catalogue_id for report in self.reports.values()}
        codes = {code for figures in wanted.values() for code in figures}
        rows = Indicator.objects.filter(catalogue__in=catalogues, code__in=codes)
        return {(row.catalogue_id, row.code): row for row in rows}

    def _plan(self, report: Any, code: str, indicator: Any, stored: Any, figure: Figure) -> None:
        if indicator is None or not indicator.entered_by(report.level):
            raise ValidationError({code: "Chỉ tiêu này không do đơn vị nhập."})
        value = stored.get((report.pk, indicator.pk))
        old = Figure.of(value) if value else BLANK
        if figure == old:
            return
        try:
            check_figure(indicator, figure)
        except ValidationError as error:
            raise ValidationError({code: error.messages}) from error
        if figure == BLANK:
            self.deleted.append(value.pk)
        elif value is None:
            number = _stored(Value, "number", figure.number)
            row = (report.pk, indicator.pk, number, figure.qualifier, figure.text, figure.note)
            self.created.append(row)
        else:
            self.updated.append(_filled(value, figure))
        sides = (_stored(FigureChange, "old", side.as_json()) for side in (old, figure))
        self.lines.setdefault(report.pk, []).append((indicator.pk, *sides))
        self.changed.setdefault(report.pk, []).append(code)

    def write(self, actor: User | None, source: str, reason: str) -> None:
        """Write values, ledger lines and versions. Nothing to change writes nothing."""
        if not self.lines:
            return
        # Rows, not instances: 10,000 figures and their lines are 20,000 rows to write.
        insert_many(Value, _VALUE, self.created)
        Value.objects.bulk_update(
            self.updated, ["number", "qualifier", "text", "note"], batch_size=BATCH
        )
        Value.objects.filter(pk__in=self.deleted).delete()
        insert_many(FigureChange, _LINE, self._ledger(actor, str(source), reason))
        self._count()

    def _ledger(self, actor: User | None, *door: str) -> Iterator[tuple]:
        """Yield the lines as _LINE; who signs, and as what, is asked once per report."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        asked = context.current().request_id
        units = {report.unit_id for report in self.reports.values()}
        others = stand_ins(actor, units) if actor is not None else {}
        for pk, lines in self.lines.items():
            report = self.reports[pk]
            who: tuple[Any, ...] = (None, "", "", False)
            if actor is not None:
                office = office_name(actor.unit, report.period.end)
                who = (actor.pk, office, str(standing(actor)), bool(others[report.unit_id]))
            for line in lines:
                yield (pk, *line, report.version + 1, *who, *door, asked, now)

    def _count(self) -> None:
        """Raise the versions and count what is filled, in one update for equal counts.

        The locked rows are told as well: nobody else changes them meanwhile.
        """
        filled = dict(
            Value.objects.filter(report__in=list(self.changed), indicator__is_component=False)
            .filter(Q(number__isnull=False) | ~Q(text=""))
            .values_list("report")
            .annotate(Count("pk"))
        )
        by_count: dict[int, list[int]] = {}
        now = timezone.now()
        for pk in self.changed:
            report = self.reports[pk]
            report.version, report.saved_at = report.version + 1, now
            report.filled = filled.get(pk, 0)
            by_count.setdefault(report.filled, []).append(pk)
        for count, ids in by_count.items():
            Report.objects.filter(pk__in=ids).update(
                version=F("version") + 1, filled=count, saved_at=now
            )


def _stored(model: type[models.Model], column: str, data: Any) -> Any:
    """Return `data` as the database takes it in a column of `model`."""
    return column_named(model, column).get_db_prep_save(data, connection)


def _filled(value: Value, figure: Figure) -> Value:
    value.number, value.qualifier = figure.number, figure.qualifier
    value.text, value.note = figure.text, figure.note
    return value
