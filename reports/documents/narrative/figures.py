"""How the figure of a line reads within a sentence: noun, levels, change, best and last units.

Every number comes from reports/consolidation/words.py, as page and workbook show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from danvan.common.numbers import format_number
from danvan.units.models import Level
from reports.catalogue.expressions import UNITS, references_in
from reports.consolidation.figures import Definition, Total
from reports.consolidation.summary import Consolidation, Line
from reports.consolidation.units import Breakdown, UnitRow
from reports.consolidation.words import besides, figure_text
from reports.documents.narrative.spans import prior_text
from reports.models import Aggregation, Qualifier, ValueType

NAMED = 3  # units that are named as best or as last


@dataclass(frozen=True)
class ToldFigures:
    """The lines of one consolidation, as sentences show them.

    `several` tells whether many units report (then levels are named), `breakdown` gives the units where
    the best and the last are asked for.
    """

    found: Consolidation
    several: bool
    breakdown: Breakdown | None = None

    def line(self, code: str) -> Line | None:
        """Return the line of an indicator that may be told, None for an unknown or a blank one.

        Of one unit alone nothing is told that counts units.
        """
        line = self.found.lines.get(code)
        if line is None or line.total.is_blank:
            return None
        return None if not self.several and counts_units(line.definition, self.found) else line

    def plain(self, line: Line) -> str:
        """Return the figure alone: "trên 1.140", "90,5%", "Tốt: 60 đơn vị; Khá: 3 đơn vị"."""
        return with_unit(line.total, line.definition)

    def full(self, line: Line, noun: str, rest: str) -> str:
        """Return the figure with its noun, the levels, and what must be said beside it."""
        text = self.plain(line)
        if noun:
            text = f"{text} {noun}"
        if rest:
            text = f"{text}{'' if rest.startswith(',') else ' '}{rest}"
        said = besides(line.total, line.definition, self.found.scope)
        if levels := self.levels(line, noun):
            said = [levels, *said]
        return f"{text} ({'; '.join(said)})" if said else text

    def levels(self, line: Line, noun: str) -> str:
        """Return "3 hội nghị cấp tỉnh; 22 hội nghị cấp huyện"; "" where one level alone has figures."""
        if line.definition.is_ratio or line.total.ranks:
            return ""
        shown = [(level, total) for level, total in line.by_level.items() if total.number]
        if len(shown) < 2:
            return ""
        return "; ".join(
            " ".join(filter(None, (figure_text(t, line.definition), noun, named(level))))
            for level, t in shown
        )

    def change(self, line: Line, noun: str) -> str:
        """Return "tăng 12 hội nghị so với năm 2022"; "" where nothing changed or can be compared."""
        if line.change is None or self.found.prior_years is None or line.total.ranks:
            return ""
        number = line.definition.shown(line.change)
        if not number:
            return ""
        exact = line.total.qualifier == line.prior.qualifier == Qualifier.EXACT
        words = ["tăng" if number > 0 else "giảm", "" if exact else Qualifier.ABOUT.label]
        words += [format_number(abs(number)), noun if not line.definition.is_ratio else _POINTS]
        return " ".join(filter(None, [*words, "so với", prior_text(self.found)]))

    def best(self, code: str) -> str:
        """Return the units with the highest figure: "Xã A (12), xã B (12)"; "" where none stands out."""
        return self._extreme(code, highest=True)

    def last(self, code: str) -> str:
        """Return the units with the lowest figure; those without a figure are not among them."""
        return self._extreme(code, highest=False)

    def _extreme(self, code: str, *, highest: bool) -> str:
        rows = _rows(self.breakdown, code)
        numbers = {row.figures[code].number for row in rows} - {None}
        if self.breakdown is None or len(numbers) < 2:
            return ""
        asked = max(numbers, key=_number) if highest else min(numbers, key=_number)
        units = [row for row in rows if row.figures[code].number == asked]
        definition = next(d for d in self.breakdown.columns if d.code == code)
        names = [
            f"{row.unit.full_name_in_text} ({with_unit(row.figures[code], definition)})"
            for row in units[:NAMED]
        ]
        more = f" và {len(units) - NAMED} đơn vị khác" if len(units) > NAMED else ""
        return f"{', '.join(names)}{more}"


_POINTS = "điểm phần trăm"


def _number(number: Decimal | None) -> Decimal:
    return Decimal(0) if number is None else number


def _rows(breakdown: Breakdown | None, code: str) -> list[UnitRow]:
    """Return the rows directly below, what an office entered itself left out; none for a rating."""
    if breakdown is None or code not in breakdown.total.figures:
        return []
    return [row for row in breakdown.total.parts if not row.is_own]


def with_unit(total: Total, definition: Definition) -> str:
    """Return a figure as a sentence shows it: as the page does, a ratio with its sign."""
    if total.ranks:
        if len(total.ranks) == 1 and total.ranks[0][1] == 1:
            return total.ranks[0][0]
        return "; ".join(f"{name}: {format_number(count)} đơn vị" for name, count in total.ranks)
    text = figure_text(total, definition)
    return f"{text}%" if text and definition.is_ratio else text


def named(level: str) -> str:
    """Return a level as a sentence names it: "cấp tỉnh"."""
    label = Level(level).label
    return f"{label[:1].lower()}{label[1:]}"


def counts_units(definition: Definition, found: Consolidation) -> bool:
    """Tell whether it counts units, or is a ratio of such counts: of a single unit that says nothing."""
    if definition.aggregation == Aggregation.COUNT:
        return True
    if definition.value_type != ValueType.PERCENT or definition.formula is None:
        return False
    return any(
        name.startswith(UNITS) or _is_count(name.partition("@")[0], found)
        for name in references_in(definition.formula)
    )


def _is_count(code: str, found: Consolidation) -> bool:
    line = found.lines.get(code)
    return line is not None and line.definition.aggregation == Aggregation.COUNT


def is_zero(total: Total) -> bool:
    """Tell whether a figure is known and 0."""
    return total.number == 0 and not total.ranks
