"""Judging the lines of the wide sheet of figures: the form's own reading, its rules and its locks."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from danvan.common.sheets import cells
from danvan.common.sheets.columns import Problem
from danvan.common.sheets.formats import PERCENT
from danvan.common.sheets.table.questions import SKIP, Question
from danvan.common.text import clean_text
from danvan.imports.checking import error_verdict
from danvan.imports.identity import NAME, UNIT, Identity, known_code
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Around, Checker, Verdict
from reports.figures.below import sums_below
from reports.figures.figure import BLANK, Figure
from reports.figures.reading import EntryProblem, read_figure
from reports.figures.rules import RuleBook
from reports.figures.stored import stored_figures
from reports.models import Indicator, Report, ReportingPeriod, ValueType
from reports.sheets.years import OF_YEAR, year_problem
from reports.workflow.moves import lock_reason

MAX_WARNINGS = 40
TWICE = "Đơn vị này có cả ở dòng {}. Mỗi đơn vị chỉ một dòng."


def indicators_of(period: ReportingPeriod) -> list[Indicator]:
    """Return the indicators somebody types in `period`, in the catalogue's order."""
    rows = Indicator.objects.filter(catalogue=period.catalogue_id).select_related("section")
    return [row for row in rows.order_by("section__order", "order") if not row.is_computed]


class ValueChecker(Checker):
    """Judges one unit's line after the other with the words and rules of the form."""

    def __init__(self, target: Any, job: ImportJob) -> None:
        super().__init__()
        self.clear = bool(job.params.get("blanks"))
        reports = target.reports_of(job)
        self.period = target.period_of(job)
        self.by_code = {report.unit.code: report for report in reports}
        units = [report.unit for report in reports]
        self.answers = job.answers
        self.identity = Identity(units, self.answers)
        self.stored = stored_figures(Report.objects.filter(pk__in=[r.pk for r in reports]))
        self.indicators = {row.code: row for row in indicators_of(self.period)}
        self.books: dict[str, RuleBook] = {}
        self.seen: dict[str, int] = {}
        self.warnings: list[str] = []
        self.more_warnings = 0
        self.kept_blanks = 0
        self.told: dict[int, dict[str, Decimal]] = {}  # unit → the numbers of its line
        self.of: dict[int, Report] = {}

    def check(self, number: int, row: Any) -> Any:
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
        self.of[report.unit_id] = report
        self.told[report.unit_id] = {
            c: f.number for c, f in merged.items() if c in row and f.number
        }
        if not changes or self._sum_question(report, ()).answered(self.answers) == SKIP:
            return Verdict(None)
        locked = lock_reason(report)
        if locked:
            return error_verdict(number, report.unit.place_name, [Problem(UNIT, locked)])
        self._warn(report, merged)
        item = [number, report.unit_id, report.pk, report.unit.place_name, changes]
        return Verdict(RowKind.CHANGED, item)

    def finish(self) -> Any:
        found = list(self.warnings)
        if self.more_warnings:
            found.append(f"và {self.more_warnings} cảnh báo khác, xem trong từng báo cáo.")
        if self.kept_blanks:
            found.append(f"{self.kept_blanks} ô trống giữ nguyên số liệu đã có.")
        return found

    def questions(self, spare: Mapping[str, set[str]], around: Around) -> list[Question]:
        """Ask as well about a unit whose line is the sum of the units below it: own figures or a total?"""
        found = super().questions(spare, around)
        for unit_id, numbers in self.told.items():
            below = [self.told[pk] for pk, r in self.of.items() if r.unit.parent_id == unit_id]
            sums: dict[str, Decimal] = {}
            for code, number in (pair for one in below for pair in one.items()):
                sums[code] = sums.get(code, Decimal(0)) + number
            equal = [code for code, n in numbers.items() if n == sums.get(code) and len(below) > 1]
            if equal:
                found.append(self._sum_question(self.of[unit_id], equal))
        return found

    @staticmethod
    def _sum_question(report: Report, codes: Sequence[str]) -> Question:
        listed = ", ".join(codes[:5]) + ("…" if len(codes) > 5 else "")
        return Question(
            f"tong-{report.unit.code}",
            f"Số liệu của {report.unit.place_name} ({listed}) bằng tổng các đơn vị trực thuộc trong tệp. Đó là "
            "số của riêng cơ quan này hay là dòng cộng?",
            (("rieng", "Số của riêng cơ quan: ghi"), (SKIP, "Dòng cộng: không dùng")),
        )

    def _report(self, number: int, row: dict) -> Report | Problem:
        cell, doubt = self.identity.resolve(row.get(UNIT, ""), row)
        doubt = doubt or year_problem(self.period, row.get(OF_YEAR, ""))
        code = doubt or known_code(cell, self.by_code, self.identity.only, " trong kỳ này")
        if isinstance(code, Problem):
            return code
        report = self.by_code[code]
        if (first := self.seen.setdefault(code, number)) != number:
            return self.double(first, number, TWICE, UNIT, code)
        self.unit_ids.add(report.unit_id)
        return report

    def _figure(self, report: Report, code: str, cell: Any, old: Figure) -> Figure:
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
            text = cells.as_text(cell, lines=True)
            return read_figure(indicator, clean_text(text), note=old.note)
        percent = "%" in indicator.unit_of_measure
        if indicator.is_number and (not isinstance(cell, str) or cell.startswith(PERCENT)):
            whole = indicator.value_type == ValueType.INTEGER
            number = cells.as_number(cell, whole=whole, percent=percent)
            if number is not None and number < 0:
                raise EntryProblem("Số liệu không được âm.")
            return Figure(number, note=old.note)
        cells.one_line(cell)
        text = cells.as_text(cell)
        if text in ("-", "–", "—"):
            cells.as_number(text, whole=True)  # says what to do
        bare = text.removesuffix("%").rstrip() if percent else text
        return read_figure(indicator, bare, note=old.note)

    def _warn(self, report: Report, merged: dict[str, Figure]) -> None:
        """Tell which rules the unit's figures would break: as in the form, they stop the sending only."""
        if report.level not in self.books:
            self.books[report.level] = RuleBook(
                self.period.catalogue_id, report.level, whole_year=self.period.is_whole_year
            )
        book = self.books[report.level]  # knows what nobody types too, and an older year may hold
        below = sums_below(report, merged, book.indicators)
        for problem in book.check(merged, below=below):
            if problem.settled:
                continue
            if len(self.warnings) < MAX_WARNINGS:
                self.warnings.append(f"{report.unit.place_name}: {problem.message}")
            else:
                self.more_warnings += 1
