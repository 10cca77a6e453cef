"""The page of one yearly report: what stands at each figure, ready for a template; no query in a loop."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from danvan.common.numbers import format_change, format_number, rounded
from danvan.common.words import EMPTY
from danvan.units.queries import tree_order
from reports.counting.counting import counted_for, links_behind
from reports.figures.below import sums_below
from reports.figures.entries import Entry, EntrySection
from reports.figures.figure import BLANK, Figure, computed_text, describe
from reports.figures.reading import EntryProblem, read_figure, typed_form
from reports.figures.rules import Finding, RuleBook
from reports.figures.stored import figures_of, figures_with_prior, numbers_in
from reports.figures.writing import Conflict, conflicts_in
from reports.models import Indicator, Remark, Report, ReportUnit, State, Transition

NOTE, QUALIFIER = "-note", "-q"


class EntrySheet:
    """A report opened for reading or typing. `read` takes a posted form; the page shows what was typed."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.version = report.version
        period = report.period
        self.book = RuleBook(period.catalogue_id, report.level, whole_year=period.is_whole_year)
        self.stored, self.prior = figures_with_prior(report)
        self.typed: dict[str, tuple[str, str, str]] = {}
        self.errors: dict[str, str] = {}
        self.conflicts: Mapping[str, Conflict] = {}
        self.locked = ""

    # Read lazily: a plain save needs none of these and takes a third of the time.

    @cached_property
    def counted(self) -> dict[str, Decimal]:
        """The figures counted from records, by code."""
        return counted_for(self.report, self.book.indicators.values())

    @cached_property
    def links(self) -> dict:
        """The lists of records behind the counted figures, by code."""
        rows = self.book.indicators.values()
        return links_behind([self.report], indicators=rows, answers=self.answers)

    @cached_property
    def answers(self) -> list[ReportUnit]:
        """What the report answers for beside the work of its own unit."""
        if not getattr(self.report, "has_others", True):
            return []
        answers = self.report.answers_for.of_others().select_related("unit__parent")
        return list(answers.order_by(tree_order("unit")))

    @cached_property
    def all_remarks(self) -> list[Remark]:
        return list(self.report.remarks.select_related("author", "indicator"))

    @property
    def remarks(self) -> list[Remark]:
        """The open ones."""
        return [remark for remark in self.all_remarks if remark.resolved_at is None]

    @cached_property
    def log(self) -> list[Transition]:
        """The moves of the report, newest first."""
        return list(self.report.transitions.select_related("actor"))

    @cached_property
    def before_return(self) -> dict[str, Figure]:
        """What the figures changed since the last return or reopening were until then, by code."""
        back = next(
            (m.at for m in self.log if m.to_state in (State.RETURNED, State.REOPENED)), None
        )
        if back is None:
            return {}
        changes = self.report.changes.filter(at__gt=back)
        return {
            change.indicator.code: Figure.from_json(change.old)
            for change in changes.select_related("indicator")  # newest first: the oldest stays
        }

    def editable(self) -> list[Indicator]:
        """Return the indicators typed at this level."""
        return [row for row in self.book.indicators.values() if row.entered_by(self.report.level)]

    def read(self, posted: Mapping[str, str]) -> dict[str, Figure]:
        """Return the readable figures of a posted form; remember what was typed and what cannot be read.

        A field that was not posted is untouched, so a script may send only what changed.
        """
        figures = {}
        for indicator in self.editable():
            code = indicator.code
            if code not in posted:
                continue
            stored = self.stored.get(code, BLANK)
            typed = posted[code]
            qualifier = posted.get(code + QUALIFIER, stored.qualifier)
            note = posted.get(code + NOTE, stored.note)
            self.typed[code] = (typed, qualifier, note)
            try:
                figures[code] = read_figure(indicator, typed, qualifier, note)
            except EntryProblem as problem:
                self.errors[code] = str(problem)
        return figures

    def proposals(self, wanted: str) -> dict[str, Figure]:
        """Return the records' figures for `wanted`: a code, a section code or "all"."""
        return {
            row.code: Figure(
                number=self.counted[row.code], note=self.stored.get(row.code, BLANK).note
            )
            for row in self.editable()
            if row.code in self.counted and wanted in (row.code, row.section.code, "all")
        }

    def forget(self, codes: Any) -> None:
        """Show what is stored for `codes` instead of what was typed (it has been saved)."""
        for code in codes:
            self.typed.pop(code, None)

    def reload(self) -> None:
        """Read stored figures and version again after a write."""
        self.stored = figures_of(self.report)
        self.version = self.report.version

    def catch_up(
        self, version: int, *, written: Collection[str] = (), clashing: Mapping[str, Conflict] = {}
    ) -> set[str]:
        """Take over what others saved since `version`, so that the page's next save cannot undo it.

        `written` are the codes this page has just saved, `clashing` those it could not. A figure that
        clashes or cannot be read keeps what was typed, with the other's figure beside it. Returns the
        codes taken over. Call after `reload`.
        """
        later: Mapping[str, Conflict] = {}
        if self.version > version + bool(written):  # each save raises it by one
            later = conflicts_in(self.report.changes.filter(version__gt=version), self.stored)
        theirs = {code: conflict for code, conflict in later.items() if code not in written}
        unread = {code: conflict for code, conflict in theirs.items() if code in self.errors}
        self.conflicts = {**unread, **clashing}
        taken = theirs.keys() - self.conflicts.keys()
        self.forget(taken)
        return taken

    def fields_of(self, codes: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the stored figures of `codes` as the form's fields hold them, by code."""
        fields = {}
        for code in codes:
            figure = self.stored.get(code, BLANK)
            typed = typed_form(self.book.indicators[code], figure)
            fields[code] = {
                code: typed,
                code + QUALIFIER: figure.qualifier,
                code + NOTE: figure.note,
            }
        return fields

    def problems(self) -> list[Finding]:
        """Return what the rules say of the stored figures."""
        return self.book.check(
            self.stored,
            prior=numbers_in(self.prior),
            counted=self.counted,
            below=sums_below(self.report, self.stored, self.book.indicators),
        )

    def blanks(self) -> list[str]:
        return self.book.blanks(self.stored)

    def sections(self) -> list[EntrySection]:
        """Return the page: every figure shown to this level, by section."""
        problems, remarks = defaultdict(list), defaultdict(list)
        for problem in self.problems():
            problems[problem.code].append(problem)
        for remark in self.remarks:
            if remark.indicator:
                remarks[remark.indicator.code].append(remark)
        computed = self.book.computed(self.stored)
        computed_prior = self.book.computed(self.prior)
        pages: dict[int, EntrySection] = {}
        for indicator in self.book.indicators.values():
            if not indicator.shown_to(self.report.level):
                continue
            page = pages.setdefault(
                indicator.section_id, EntrySection(len(pages) + 1, indicator.section)
            )
            entry = self._entry(indicator, computed, computed_prior)
            entry.problems, entry.remarks = problems[entry.code], remarks[entry.code]
            page.entries.append(entry)
        return list(pages.values())

    def _entry(self, indicator: Indicator, computed: Any, computed_prior: Any) -> Entry:
        code = indicator.code
        figure, before = self.stored.get(code, BLANK), self.prior.get(code, BLANK)
        entry = Entry(
            indicator, shown=describe(indicator, figure), prior=describe(indicator, before)
        )
        if indicator.is_computed:
            entry.shown = computed_text(indicator, computed.get(code))
            entry.prior = computed_text(indicator, computed_prior.get(code))
            return entry
        stored = (typed_form(indicator, figure), figure.qualifier, figure.note)
        entry.typed, entry.qualifier, entry.note = self.typed.get(code, stored)
        entry.counted = format_number(self.counted.get(code))
        if entry.counted:
            entry.records_url = self.links.get((self.report.pk, code), "")
        entry.error = self.errors.get(code, "")
        entry.conflict = self.conflicts.get(code)
        if entry.conflict:
            entry.conflict_shown = describe(indicator, entry.conflict.current) or EMPTY
        entry.change = _change(figure.number, before.number) if indicator.is_number else ""
        if code in self.before_return:
            entry.was = describe(indicator, self.before_return[code])
            entry.changed = entry.was != entry.shown
        return entry


class BlankSheet(EntrySheet):
    """The form of a report without figures, remarks and findings (danvan/common/web/shell.py)."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.version, self.stored = 0, {}
        self.counted, self.links, self.all_remarks = {}, {}, []
        self.prior, self.before_return = {}, {}

    def problems(self) -> list[Finding]:
        """Nothing is said of what is not there."""
        return []

    def blanks(self) -> list[str]:
        """Nor is anything missing."""
        return []


def _change(number: Decimal | None, before: Decimal | None) -> str:
    """Return the change against last year in per cent, "" where there is nothing to compare with."""
    if number is None or not before:
        return ""
    return f"{format_change(rounded((number - before) * 100 / before, 0))}%"
