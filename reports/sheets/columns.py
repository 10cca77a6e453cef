"""One period's figures as a wide sheet: units as rows, indicators as columns. Import target and export."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.numbers import MAX_FIGURE
from danvan.common.sheets.columns import Cell, Column, unit_code_column, unit_name_column
from danvan.common.sheets.table.layout import WantedTable
from danvan.common.sheets.table.questions import Question
from danvan.common.words import EMPTY
from danvan.imports.identity import Identity
from danvan.imports.models import ImportJob
from danvan.imports.targets import Around, PreviewLine, Refused, Target, digest
from danvan.units.models import Level
from danvan.units.queries import tree_order
from reports.figures.figure import BLANK, Figure, describe
from reports.figures.stored import stored_figures
from reports.figures.writing import ReportLocked, write_many
from reports.models import Indicator, Report, ReportingPeriod, Source, ValueType
from reports.sheets.checking import NAME, UNIT, ValueChecker, indicators_of
from reports.sheets.years import YEAR_COLUMN, sheet_title, year_doubts
from reports.workflow.holding import lock_for_figures
from reports.workflow.moves import lock_reason

UNITS_AT_ONCE = 500  # units whose figures an export holds in memory
UNIT_COLUMNS = (
    unit_code_column(required=True, locked=True),
    unit_name_column("Đơn vị", width=28, locked=True),
)


class ValueTarget(Target):
    """Yearly figures of many units at once."""

    slug = "values"
    title = "Số liệu báo cáo năm"
    sheet_title = "Số liệu"
    keys = (UNIT,)
    coded = True
    also = (YEAR_COLUMN,)
    instead = {UNIT: NAME}

    def form_fields(self, user: User) -> dict[str, Any]:
        periods = [(str(p.pk), str(p)) for p in ReportingPeriod.objects.all()]
        return {"period": forms.ChoiceField(label="Kỳ báo cáo", choices=periods)}

    def check_params(self, user: User, params: Any) -> dict[str, Any]:
        period = ReportingPeriod.objects.filter(pk=params.get("period")).first()
        if period is None:
            raise Refused("Kỳ báo cáo này chưa được mở.")
        return {**params, "period": str(period.pk), "year": period.year}

    def period_of(self, job: ImportJob) -> ReportingPeriod:
        """Return the period of `job`; raises Refused when it is gone."""
        try:
            return ReportingPeriod.objects.get(pk=job.params["period"])
        except (ReportingPeriod.DoesNotExist, KeyError) as error:
            raise Refused("Kỳ báo cáo này chưa được mở.") from error

    def reports_of(self, job: ImportJob) -> QuerySet:
        """Return the reports the job's owner may type, with what locks and names need."""
        rows = Report.objects.editable_by(job.owner).filter(period=job.params["period"])
        rows = rows.select_related("unit__parent", "period__closed_by", "reviewer")
        return rows.with_due_dates().order_by(tree_order("unit"))

    def columns(self, job: ImportJob) -> list[Any]:
        indicators = _entered_in(self.reports_of(job), self.period_of(job))
        return [*UNIT_COLUMNS, *map(_column, indicators)]

    def required(self, job: ImportJob) -> dict[str, str]:
        """Who answers for one unit only need not write its code."""
        return {} if self.reports_of(job).count() == 1 else super().required(job)

    def wanted(self, job: ImportJob) -> WantedTable:
        return replace(super().wanted(job), turns=True, naming=self._identity(job).naming)

    def _identity(self, job: ImportJob) -> Identity:
        units = [report.unit for report in self.reports_of(job)]
        return Identity(units, job.answers)

    def doubts(self, job: ImportJob, around: Around) -> list[Question]:
        return year_doubts(self.period_of(job), around)

    def weight(self, item: list) -> int:
        return len(item[4])

    def checker(self, job: ImportJob) -> Any:
        return ValueChecker(self, job)

    def fingerprint(self, job: ImportJob, unit_ids: Iterable[int]) -> str:
        rows = self.reports_of(job).filter(unit__in=list(unit_ids))
        may = job.owner.is_active and job.owner.can(Action.ENTER_REPORT)
        return digest(may, [(r.pk, r.version, r.state, lock_reason(r)) for r in rows])

    def hold(self, job: ImportJob, unit_ids: Iterable[int]) -> None:
        reports = Report.objects.filter(period=job.params["period"], unit__in=list(unit_ids))
        lock_for_figures(reports.order_by().values_list("pk", flat=True))

    def write(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        changes: dict[int, dict[str, Figure]] = {}
        for _, item in items:
            changes[item[2]] = {code: Figure.from_json(new) for code, _, new in item[4]}
        total = self._write(job, changes, Source.IMPORT, f"Tệp {job.file_name}"[:500])
        return {"new": 0, "changed": len(changes), "figures": total}

    def undo(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        wanted: dict[int, dict[str, Figure]] = {}
        expected: dict[int, dict[str, Figure]] = {}
        for _, item in items:
            wanted[item[2]] = {code: Figure.from_json(old) for code, old, _ in item[4]}
            expected[item[2]] = {code: Figure.from_json(new) for code, _, new in item[4]}
        stored = stored_figures(Report.objects.filter(pk__in=wanted))
        newer = sum(
            stored.get(pk, {}).get(code, BLANK) != figure
            for pk, figures in expected.items()
            for code, figure in figures.items()
        )
        if newer:
            raise Refused(f"Không hoàn tác được: {newer} số liệu đã được sửa sau lần nhập này.")
        return {"figures": self._write(job, wanted, Source.UNDO, "Hoàn tác nhập Excel")}

    def _write(
        self, job: ImportJob, changes: dict[int, dict[str, Figure]], source: Any, reason: str
    ) -> int:
        try:
            result = write_many(changes, actor=job.owner, source=source, reason=reason)
        except ReportLocked as locked:
            raise Refused(str(locked)) from locked
        return result.total

    def line(self, job: ImportJob, kind: Any, item: Any) -> Any:
        known = vars(job).get("indicators")  # read once for all lines of the job
        if known is None:
            known = {row.code: row for row in indicators_of(self.period_of(job))}
            vars(job)["indicators"] = known
        changes = tuple(
            (
                f"{code} {known[code].label}" if code in known else code,
                self._shown(known.get(code), old),
                self._shown(known.get(code), new),
            )
            for code, old, new in item[4]
        )
        return PreviewLine(item[0], item[3], changes)

    @staticmethod
    def _shown(indicator: Indicator | None, stored: dict | None) -> str:
        figure = Figure.from_json(stored)
        if indicator is None or figure == BLANK:
            return EMPTY
        return describe(indicator, figure) or EMPTY

    def after(self, job: ImportJob) -> Any:
        return "Xem báo cáo năm", reverse("reports:list")

    def template_rows(self, job: ImportJob) -> list[Any]:
        return [
            {UNIT: report.unit.code, NAME: report.unit.place_name}
            for report in self.reports_of(job)
        ]

    def guide(self, job: ImportJob) -> list[str]:
        return [
            f"Số liệu {str(self.period_of(job)).lower()}: mỗi dòng một đơn vị, mỗi cột một chỉ tiêu.",
            "Không sửa mã đơn vị. Chỉ tiêu không thuộc cấp của đơn vị thì để trống.",
            "Có thể ghi “trên 1.140” hoặc “khoảng 500” khi số liệu không chính xác tuyệt đối.",
        ]

    def export_sheet(self, user: User, period: ReportingPeriod) -> excel.Sheet:
        """Return the sheet of all figures of `period` that `user` may read."""
        reports = Report.objects.visible_to(user).filter(period=period)
        indicators = _entered_in(reports, period)
        columns = [*UNIT_COLUMNS, *map(_column, indicators)]
        named = reports.select_related("unit__parent").order_by(tree_order("unit"))
        rows = _export_rows(list(named), indicators)
        return excel.Sheet(sheet_title(self.sheet_title, period), columns, rows)


def _entered_in(reports: QuerySet, period: ReportingPeriod) -> list[Indicator]:
    """Return the indicators that a unit among `reports` (a queryset) enters: the columns of its sheet."""
    levels = set(reports.order_by().values_list("level", flat=True).distinct())
    return [row for row in indicators_of(period) if any(map(row.entered_by, levels))]


def _export_rows(reports: list[Report], indicators: Any) -> Iterator[tuple]:
    for start in range(0, len(reports), UNITS_AT_ONCE):
        some = reports[start : start + UNITS_AT_ONCE]
        figures = stored_figures(Report.objects.filter(pk__in=[report.pk for report in some]))
        for report in some:
            own = figures.get(report.pk, {})
            row = [report.unit.code, report.unit.place_name]
            row += [_cell(indicator, own.get(indicator.code, BLANK)) for indicator in indicators]
            yield tuple(row)


def _cell(indicator: Indicator, figure: Figure) -> Any:
    """Return what a sheet shows: a number where it is exact, else the words people use."""
    if indicator.is_number and figure.qualifier == "exact":
        return figure.number
    return describe(indicator, figure) or None


# Room for the largest figure that may be entered, with its separators.
_FORMATS: dict[str, str] = {ValueType.INTEGER: excel.WHOLE, ValueType.DECIMAL: excel.FRACTION}
_WIDTHS: dict[str, float] = {
    ValueType.TEXT: 40,
    ValueType.INTEGER: excel.width_of(MAX_FIGURE // 1),
    ValueType.DECIMAL: excel.width_of(MAX_FIGURE, f"{excel.WHOLE}.000"),
}


def _column(row: Indicator) -> Column:
    measure = f" ({row.unit_of_measure})" if row.unit_of_measure else ""
    choices: tuple[str, ...] = ()
    if row.value_type == ValueType.BOOLEAN:
        choices = ("Có", "Không")
    elif row.value_type == ValueType.RATING:
        choices = tuple(row.scale)
    letters = [Level.from_letter(letter).label.lower() for letter in row.entry_levels]
    return Column(
        f"{row.code} {row.label}{measure}",
        _WIDTHS.get(row.value_type, 14),
        _FORMATS.get(row.value_type, ""),
        key=row.code,
        synonyms=(row.label, f"{row.label}{measure}"),
        choices=choices,
        cell=Cell(percent="%" in row.unit_of_measure),
        hint="Nhập ở: " + ", ".join(letters) + ".",
    )


VALUES = ValueTarget()
TARGETS = (VALUES,)
