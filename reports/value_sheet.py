"""One period's figures as a wide sheet: units as rows, indicators as columns. Import target and export."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.core.exceptions import PermissionDenied
from import_export import fields, resources

from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.sheets import cells
from danvan.common.text import clean_text
from danvan.imports.checking import error_verdict
from danvan.imports.models import ImportJob, Kind
from danvan.imports.targets import Checker, Column, Line, Problem, Refused, Target, Verdict, digest
from danvan.units.models import Level
from reports.entry import EntryProblem, read_figure
from reports.figures import BLANK, Figure, ReportLocked, write_many
from reports.models import Indicator, Report, ReportingPeriod, Source, Value, ValueType
from reports.rules import RuleBook, describe
from reports.workflow import lock_reason

MAX_WARNINGS = 40
UNIT, NAME = "unit", "unit_name"


class ValueResource(resources.Resource):
    """The fixed columns of the sheet; the indicators of the year follow them."""

    unit = fields.Field(attribute="unit__code", column_name="Mã đơn vị", readonly=True)
    unit_name = fields.Field(attribute="unit__name", column_name="Đơn vị", readonly=True)

    class Meta:
        import_id_fields = ("unit",)


def indicators_of(period: ReportingPeriod) -> list[Indicator]:
    """Return the indicators somebody types in `period`, in the catalogue's order."""
    rows = Indicator.objects.filter(catalogue=period.catalogue_id).select_related("section")
    return [row for row in rows.order_by("section__order", "order") if not row.is_computed]


def stored_figures(reports) -> dict[int, dict[str, Figure]]:
    """Return report id → code → Figure of `reports` (a queryset), in one query."""
    found: dict[int, dict[str, Figure]] = {}
    values = Value.objects.filter(report__in=reports.values("pk"))
    columns = ("report_id", "indicator__code", "number", "qualifier", "text", "note")
    for report_id, code, *figure in values.values_list(*columns):
        found.setdefault(report_id, {})[code] = Figure(*figure)
    return found


class ValueTarget(Target):
    """Yearly figures of many units at once."""

    slug = "values"
    title = "Số liệu báo cáo năm"
    sheet_title = "Số liệu"
    keys = (UNIT,)

    def form_fields(self, user):
        periods = [(str(p.pk), str(p)) for p in ReportingPeriod.objects.all()]
        return {"period": forms.ChoiceField(label="Kỳ báo cáo", choices=periods)}

    def check_params(self, user, params):
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

    def reports_of(self, job: ImportJob):
        """Return the reports the job's owner may type, with what locks and names need."""
        rows = Report.objects.editable_by(job.owner).filter(period=job.params["period"])
        rows = rows.select_related("unit__parent", "period__closed_by", "reviewer")
        return rows.with_due_dates().order_by("unit__path")

    def columns(self, job):
        period = self.period_of(job)
        levels = set(self.reports_of(job).order_by().values_list("level", flat=True).distinct())
        found = [
            Column(UNIT, "Mã đơn vị", True, ("Mã", "Mã xã", "Mã ĐVHC"), 11, "@", locked=True),
            Column(NAME, "Đơn vị", False, ("Tên đơn vị", "Xã, phường"), 28, locked=True),
        ]
        for row in indicators_of(period):
            if any(row.entered_by(level) for level in levels):
                found.append(_column(row))
        return found

    def matcher(self, job):
        """Headings are matched by their whole text, by label, or by the code they begin with."""
        match, known = super().matcher(job)
        codes = {column.key for column in self.columns(job)}

        def by_code(text: str) -> str | None:
            first = text.split(None, 1)[0].strip(":.-–").upper() if text.strip() else ""
            return match(text) or (first if first in codes else None)

        return by_code, {*known, *(code.lower() for code in codes)}

    def checker(self, job):
        return ValueChecker(self, job)

    def fingerprint(self, job, unit_ids):
        rows = self.reports_of(job).filter(unit__in=list(unit_ids))
        may = job.owner.is_active and job.owner.can(Action.ENTER_REPORT)
        return digest(may, [(r.pk, r.version, r.state, lock_reason(r)) for r in rows])

    def write(self, job, items):
        changes: dict[int, dict[str, Figure]] = {}
        for _, item in items:
            changes[item[2]] = {code: Figure.from_json(new) for code, _, new in item[4]}
        total = self._write(job, changes, Source.IMPORT, f"Tệp {job.file_name}"[:500])
        return {"new": 0, "changed": len(changes), "figures": total}

    def undo(self, job, items):
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

    def _write(self, job, changes, source, reason) -> int:
        if not job.owner.can(Action.ENTER_REPORT):
            raise PermissionDenied("Anh/chị chỉ được xem, không được nhập số liệu.")
        if Report.objects.editable_by(job.owner).filter(pk__in=changes).count() != len(changes):
            raise PermissionDenied("Anh/chị không được nhập số liệu của đơn vị này.")
        request_id = f"import-{job.pk}"
        try:
            result = write_many(
                changes, actor=job.owner, source=source, reason=reason, request_id=request_id
            )
        except ReportLocked as locked:
            raise Refused(str(locked)) from locked
        return result.total

    def line(self, job, kind, item):
        if not hasattr(job, "indicators"):
            job.indicators = {row.code: row for row in indicators_of(self.period_of(job))}
        changes = tuple(
            (
                f"{code} {job.indicators[code].label}" if code in job.indicators else code,
                self._shown(job, code, old),
                self._shown(job, code, new),
            )
            for code, old, new in item[4]
        )
        return Line(item[0], item[3], changes)

    @staticmethod
    def _shown(job, code: str, figure: dict | None) -> str:
        figure = Figure.from_json(figure)
        if code not in job.indicators or figure == BLANK:
            return "(trống)"
        return describe(job.indicators[code], figure) or "(trống)"

    def template_rows(self, job):
        return [
            {UNIT: report.unit.code, NAME: report.unit.place_name}
            for report in self.reports_of(job)
        ]

    def guide(self, job):
        return [
            f"Số liệu {str(self.period_of(job)).lower()}: mỗi dòng một đơn vị, mỗi cột một chỉ tiêu.",
            "Không sửa mã đơn vị. Chỉ tiêu không thuộc cấp của đơn vị thì để trống.",
            "Có thể ghi “trên 1.140” hoặc “khoảng 500” khi số liệu không chính xác tuyệt đối.",
        ]

    def export_sheet(self, user, period: ReportingPeriod) -> excel.Sheet:
        """Return the sheet of all figures of `period` that `user` may read."""
        reports = Report.objects.visible_to(user).filter(period=period)
        figures = stored_figures(reports)
        indicators = indicators_of(period)
        columns = [excel.Column("Mã đơn vị", 11), excel.Column("Đơn vị", 28)]
        for row in indicators:
            column = _column(row)
            columns.append(excel.Column(column.heading, column.width, column.fmt))
        named = reports.select_related("unit__parent").order_by("unit__path")
        rows = _export_rows(named, figures, indicators)
        return excel.Sheet(f"{self.sheet_title} {period.year}", tuple(columns), rows)


def _export_rows(reports, figures, indicators) -> Iterator[tuple]:
    for report in reports:
        own = figures.get(report.pk, {})
        row = [report.unit.code, report.unit.place_name]
        row += [_cell(indicator, own.get(indicator.code, BLANK)) for indicator in indicators]
        yield tuple(row)


def _cell(indicator: Indicator, figure: Figure):
    """Return what a sheet shows: a number where it is exact, else the words people use."""
    if indicator.is_number and figure.qualifier == "exact":
        return figure.number
    return describe(indicator, figure) or None


def _column(row: Indicator) -> Column:
    measure = f" ({row.unit_of_measure})" if row.unit_of_measure else ""
    choices: tuple[str, ...] = ()
    if row.value_type == ValueType.BOOLEAN:
        choices = ("Có", "Không")
    elif row.value_type == ValueType.RATING:
        choices = tuple(row.scale)
    letters = [Level.from_letter(letter).label.lower() for letter in row.entry_levels]
    return Column(
        key=row.code,
        heading=f"{row.code} {row.label}{measure}",
        synonyms=(row.label, f"{row.label}{measure}"),
        width=40 if row.value_type == ValueType.TEXT else 14,
        fmt={ValueType.INTEGER: excel.WHOLE, ValueType.DECIMAL: excel.FRACTION}.get(
            row.value_type, ""
        ),
        choices=choices,
        hint="Nhập ở: " + ", ".join(letters) + ".",
    )


class ValueChecker(Checker):
    """Judges one unit's line after the other with the words and rules of the form."""

    def __init__(self, target: ValueTarget, job: ImportJob):
        self.convert = bool(job.params.get("convert"))
        self.clear = bool(job.params.get("blanks"))
        reports = target.reports_of(job)
        self.period = target.period_of(job)
        self.by_code = {report.unit.code: report for report in reports}
        self.stored = stored_figures(Report.objects.filter(pk__in=[r.pk for r in reports]))
        self.indicators = {row.code: row for row in indicators_of(self.period)}
        self.books: dict[str, RuleBook] = {}
        self.seen: dict[str, int] = {}
        self.unit_ids: set[int] = set()
        self.warnings: list[str] = []
        self.more_warnings = 0
        self.kept_blanks = 0

    def check(self, number, row):
        report = self._report(number, row)
        if isinstance(report, Problem):
            return error_verdict(number, cells.shown(row.get(NAME, ""))[:120], [report])
        own = self.stored.get(report.pk, {})
        problems, changes, merged = [], [], dict(own)
        for code, cell in row.items():
            if code in (UNIT, NAME) or code not in self.indicators:
                continue
            old = own.get(code, BLANK)
            try:
                new = self._figure(report, code, cell, old)
            except (EntryProblem, cells.CellProblem) as problem:
                allowed = getattr(problem, "allowed", ())
                problems.append(Problem(code, str(problem), cells.shown(cell), allowed))
                continue
            if cell.__class__ is Problem:
                problems.append(cell)
            elif new != old:
                changes.append([code, old.as_json(), new.as_json()])
                merged[code] = new
        if problems:
            return error_verdict(number, report.unit.place_name, problems)
        if not changes:
            return Verdict(None)
        locked = lock_reason(report)
        if locked:
            return error_verdict(number, report.unit.place_name, [Problem(UNIT, locked)])
        self._warn(report, merged)
        item = [number, report.unit_id, report.pk, report.unit.place_name, changes]
        return Verdict(Kind.CHANGED, item, weight=len(changes))

    def finish(self):
        found = list(self.warnings)
        if self.more_warnings:
            found.append(f"và {self.more_warnings} cảnh báo khác, xem trong từng báo cáo.")
        if self.kept_blanks:
            found.append(f"{self.kept_blanks} ô trống giữ nguyên số liệu đã có.")
        return found

    def _report(self, number: int, row: dict) -> Report | Problem:
        cell = row.get(UNIT, "")
        if isinstance(cell, Problem):
            return cell
        try:
            code = cells.as_code(cell)
        except cells.CellProblem as problem:
            return Problem(UNIT, str(problem), cells.shown(cell))
        if not code:
            return Problem(UNIT, "Vui lòng nhập mã đơn vị.")
        report = self.by_code.get(code) or self.by_code.get(code.lstrip("0"))
        if report is None:
            return Problem(
                UNIT,
                f"Mã “{code[:20]}” không phải đơn vị anh/chị được nhập trong kỳ này.",
                cells.shown(cell),
            )
        if code in self.seen:
            return Problem(UNIT, f"Đơn vị này đã có ở dòng {self.seen[code]}.", cells.shown(cell))
        self.seen[code] = number
        self.unit_ids.add(report.unit_id)
        return report

    def _figure(self, report: Report, code: str, cell, old: Figure) -> Figure:
        """Return the figure a cell stands for; a blank keeps what is stored unless asked to clear."""
        indicator = self.indicators[code]
        if cell.__class__ is Problem:
            return old
        if cells.is_blank(cell):
            if old.is_blank:
                return old
            self.kept_blanks += not self.clear
            return BLANK if self.clear else old
        if not indicator.entered_by(report.level):
            raise EntryProblem("Chỉ tiêu này không do cấp của đơn vị nhập, vui lòng để trống.")
        if indicator.value_type == ValueType.TEXT:
            text = cells.as_text(cell, lines=True, convert=self.convert)
            return read_figure(indicator, clean_text(text), note=old.note)
        if indicator.is_number and not isinstance(cell, str):
            whole = indicator.value_type == ValueType.INTEGER
            number = cells.as_number(cell, whole=whole)
            if number < 0:
                raise EntryProblem("Số liệu không được âm.")
            return Figure(number, note=old.note)
        if isinstance(cell, str):
            cells.as_number("0" if cell.strip() not in ("-", "–", "—") else cell, whole=True)
        return read_figure(indicator, cells.as_text(cell), note=old.note)

    def _warn(self, report: Report, merged: dict[str, Figure]) -> None:
        """Tell which rules the unit's figures would break: as in the form, they stop the sending only."""
        if report.level not in self.books:
            self.books[report.level] = RuleBook(self.period.catalogue_id, report.level)
        for problem in self.books[report.level].check(merged):
            if problem.settled:
                continue
            if len(self.warnings) < MAX_WARNINGS:
                self.warnings.append(f"{report.unit.place_name}: {problem.message}")
            else:
                self.more_warnings += 1


VALUES = ValueTarget()
TARGETS = (VALUES,)
