"""Submitting a report: every rule is checked again, in the transaction of the move."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from danvan.accounts.models import User
from reports.counting.counting import counted_for
from reports.figures.below import sums_below
from reports.figures.figure import Figure
from reports.figures.rules import Finding, RuleBook
from reports.figures.stored import figures_of, prior_numbers
from reports.models import Report, Transition, Value
from reports.workflow.moves import MoveRefused, make_move


class NotReady(MoveRefused):
    """The figures do not allow the submission: problems to mend, or blanks to confirm."""

    def __init__(self, problems: list[Finding], blanks: list[str]) -> None:
        self.problems, self.blanks = problems, blanks
        if problems:
            message = f"Chưa gửi được: còn {len(problems)} chỗ cần xem lại."
        else:
            message = f"Còn {len(blanks)} chỉ tiêu chưa nhập."
        super().__init__(message)


def submit(
    report: Report, *, user: User, version: int | None = None, blanks_confirmed: bool = False
) -> Transition:
    """Send `report` for review and return the log row.

    Raises NotReady while a rule is broken, a warning has no note, or blanks are not confirmed; otherwise
    as moves.make_move. Stores with each figure what the records gave at this moment.
    """

    def check(locked: Report) -> None:
        period = locked.period
        book = RuleBook(period.catalogue_id, locked.level, whole_year=period.is_whole_year)
        figures = figures_of(locked)
        counted = counted_for(locked, book.indicators.values())
        problems = _findings(locked, book, figures, counted)
        stopping = [problem for problem in problems if problem.stops]
        blanks = book.blanks(figures)
        if stopping or (blanks and not blanks_confirmed):
            raise NotReady(stopping, blanks)
        _store_counted(locked, counted)
        _store_deviations(locked, problems, figures)

    return make_move(report, "submit", user=user, version=version, before=check)


def _findings(
    report: Report, book: RuleBook, figures: Mapping[str, Figure], counted: Mapping[str, Decimal]
) -> list[Finding]:
    below = sums_below(report, figures, book.indicators)
    return book.check(figures, prior=prior_numbers(report), counted=counted, below=below)


def measure_deviations(report: Report) -> None:
    """Store what a submission stores for the reviewer, of a report that came in by another door (demo)."""
    book = RuleBook(report.period.catalogue_id, report.level)
    figures = figures_of(report)
    _store_deviations(report, _findings(report, book, figures, counted_for(report)), figures)


def _store_deviations(
    report: Report, problems: Iterable[Finding], figures: Mapping[str, Figure]
) -> None:
    """Keep with the report how many of its figures deviate and how many are explained."""
    Report.objects.filter(pk=report.pk).update(
        deviating=len({problem.code for problem in problems}),
        explained=sum(bool(figure.note) for figure in figures.values()),
    )


def _store_counted(report: Report, counted: Mapping[str, Decimal]) -> None:
    """Keep the counted numbers with the report: a record changed later does not change a closed report."""
    values = list(report.values.select_related("indicator"))
    changed = []
    for value in values:
        number = counted.get(value.indicator.code)
        if value.counted != number:
            value.counted = number
            changed.append(value)
    Value.objects.bulk_update(changed, ["counted"], batch_size=500)
