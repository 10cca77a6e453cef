"""Figures taken from the records: what would change, what was changed, and back again."""

from dataclasses import dataclass

from django.db.models import QuerySet

from danvan.accounts.models import User
from reports.figures.figure import BLANK, Figure, describe
from reports.figures.form import EntrySheet
from reports.figures.stored import figures_of
from reports.figures.writing import write_figures
from reports.models import FigureChange, Indicator, Report, Source


@dataclass(frozen=True)
class Offer:
    """One figure that the records give otherwise than it stands; an explained one is not ticked by itself."""

    indicator: Indicator
    old: str
    new: str
    note: str

    @property
    def ticked(self) -> bool:
        """Whether it is taken unless the person says otherwise."""
        return not self.note


@dataclass(frozen=True)
class Taken:
    """What one taking changed: (code, old, new), and where on the form that is told.

    `place` is the code of the only figure, else of the only section, else "".
    """

    version: int
    lines: list[tuple[str, str, str]]
    place: str


def offers_of(sheet: EntrySheet, wanted: str) -> list[Offer]:
    """Return what taking `wanted` (a code, a section code or "all") would change, in the form's order."""
    offers = []
    for code, figure in sheet.proposals(wanted).items():
        indicator, stored = sheet.book.indicators[code], sheet.stored.get(code, BLANK)
        if figure != stored:
            old, new = describe(indicator, stored), describe(indicator, figure)
            offers.append(Offer(indicator, old, new, stored.note))
    return offers


def taken_at(report: Report, version: int, user: User) -> Taken | None:
    """Return what `user` took in `version`, None where nothing was or where it is not as it was left."""
    changes = list(_changes(report, version, user))
    if not changes:
        return None
    stored = figures_of(report)
    for change in changes:
        if stored.get(change.indicator.code, BLANK) != Figure.from_json(change.new):
            return None
    lines = [
        (
            change.indicator.code,
            describe(change.indicator, Figure.from_json(change.old)),
            describe(change.indicator, Figure.from_json(change.new)),
        )
        for change in changes
    ]
    sections = {change.indicator.section.code for change in changes}
    place = lines[0][0] if len(lines) == 1 else sections.pop() if len(sections) == 1 else ""
    return Taken(version, lines, place)


def give_back(report: Report, version: int, user: User) -> int:
    """Put the figures back that `user` took in `version`; return how many there were.

    Raises as write_figures: StaleFigures where one of them was changed since.
    """
    old = {
        change.indicator.code: Figure.from_json(change.old)
        for change in _changes(report, version, user)
    }
    if old:
        write_figures(
            report,
            old,
            actor=user,
            source=Source.UNDO,
            reason="Dùng lại số trước khi lấy từ hồ sơ",
            version=version,
        )
    return len(old)


def _changes(report: Report, version: int, user: User) -> QuerySet[FigureChange]:
    lines = FigureChange.objects.filter(
        report=report, version=version, source=Source.RECORDS, actor=user
    )
    return lines.select_related("indicator__section").order_by("pk")
