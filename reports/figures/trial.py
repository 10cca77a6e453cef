"""A rule or formula of the catalogue tried on the figures of the last year: what it would have said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from danvan.accounts.models import User
from danvan.common.numbers import format_number, rounded
from danvan.common.words import EMPTY
from danvan.units.models import Level
from danvan.units.queries import tree_order
from reports.catalogue.expressions import (
    UNITS,
    Node,
    holds,
    is_condition,
    parse,
    references_in,
    value,
)
from reports.figures.figure import Figure
from reports.figures.rules import RuleBook
from reports.figures.stored import stored_figures
from reports.models import Indicator, PeriodKind, Report, ReportingPeriod, Rule, State, ValueType

MOST_REPORTS, SHOWN = 500, 8
_SENT = (State.SUBMITTED, State.APPROVED)


@dataclass
class Trial:
    """What became of an expression on the reports of `year` (0: there is none with figures).

    `counts` say how many reports gave which answer; `lines` are (unit, figures read, answer) of some: of a
    condition those that break it first. `whole` is a formula's answer on the sums of all of them.
    """

    year: int = 0
    reports: int = 0
    counts: list[tuple[str, int]] = field(default_factory=list)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    whole: str = ""


def try_row(row: Rule | Indicator, user: User) -> Trial | None:
    """Return what the expression of a valid, perhaps unsaved row says of last year's figures.

    Of the reports `user` sees that were sent, at most MOST_REPORTS. None for a row without an expression.
    """
    text = row.expression if isinstance(row, Rule) else row.formula
    if not text:
        return None
    earlier = ReportingPeriod.objects.filter(kind=PeriodKind.YEAR, year__lt=row.catalogue.year)
    period = earlier.order_by("-year").first()
    if period is None:
        return Trial()
    reports = Report.objects.visible_to(user).filter(period=period, state__in=_SENT)
    letters = row.levels if isinstance(row, Rule) else ""
    if letters:
        reports = reports.filter(level__in=[Level.from_letter(letter) for letter in letters])
    chosen = list(reports.with_names().order_by(tree_order("unit"))[:MOST_REPORTS])
    if not chosen:
        return Trial()
    found = stored_figures(Report.objects.filter(pk__in=[report.pk for report in chosen]))
    figures = {report: found.get(report.pk, {}) for report in chosen}
    book, node = RuleBook(period.catalogue_id, Level.COMMUNE), parse(text)
    trial = Trial(period.year, len(chosen))
    if is_condition(node):
        _ask(trial, node, book, figures)
    else:
        is_share = isinstance(row, Indicator) and row.value_type == ValueType.PERCENT
        _count(trial, node, book, figures, is_share=is_share)
    return trial


def _ask(
    trial: Trial, node: Node, book: RuleBook, figures: Mapping[Report, Mapping[str, Figure]]
) -> None:
    """Fill in how many reports keep a condition; those that break it are shown."""
    words = {True: "đúng", False: "sai", None: "không kiểm tra (có ô trống)"}
    answers = {report: holds(node, book.lookup(own)) for report, own in figures.items()}
    asked = list(answers.values())
    trial.counts = [(text, asked.count(answer)) for answer, text in words.items()]
    order = sorted(answers, key=lambda report: (False, None, True).index(answers[report]))
    trial.lines = [
        (report.unit.place_name, _read(node, book, figures[report]), words[answers[report]])
        for report in order[:SHOWN]
    ]


def _count(
    trial: Trial,
    node: Node,
    book: RuleBook,
    figures: Mapping[Report, Mapping[str, Figure]],
    *,
    is_share: bool,
) -> None:
    """Fill in what a formula gives for some units, and for the sums of all of them."""

    def text(number: Decimal | None) -> str:
        if number is None:
            return "để trống"
        return f"{format_number(rounded(number * 100, 1))}%" if is_share else format_number(number)

    answers = {report: value(node, book.lookup(own)) for report, own in figures.items()}
    known = [number for number in answers.values() if number is not None]
    trial.counts = [("có số", len(known)), ("để trống", len(answers) - len(known))]
    trial.lines = [
        (report.unit.place_name, _read(node, book, figures[report]), text(answers[report]))
        for report in sorted(answers, key=lambda report: answers[report] is None)[:SHOWN]
    ]
    trial.whole = text(value(node, lambda name: _sum(name, book, figures)))


def _read(node: Node, book: RuleBook, figures: Mapping[str, Figure]) -> str:
    """Return the figures an expression read: "DT01 = 3, DT03 = —"."""
    look = book.lookup(figures)
    names = sorted(references_in(node))
    return ", ".join(f"{name} = {format_number(look(name)) or EMPTY}" for name in names)


def _sum(
    name: str, book: RuleBook, figures: Mapping[Report, Mapping[str, Figure]]
) -> Decimal | None:
    """Return the sum of a figure over the reports, of one level for "DT01@X"; UNITS is their number."""
    code, _, letter = name.partition("@")
    if code == UNITS:
        return Decimal(len(figures))
    numbers = [
        number
        for report, own in figures.items()
        if (not letter or Level(report.level).letter == letter)
        and (number := book.lookup(own)(code)) is not None
    ]
    return sum(numbers, Decimal(0)) if numbers else None
