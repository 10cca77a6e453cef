"""Checking one report's figures: the catalogue's rules, jumps, gaps to the records, sums of the units below."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from danvan.common.numbers import format_number
from danvan.units.models import Level
from reports.catalogue.expressions import holds, names_in, parse, value
from reports.figures.figure import BLANK, Figure
from reports.models import Aggregation, Indicator, Rule, Severity

# A jump needs a note if it exceeds half of last year's figure and JUMP_STEP: small counts (1 → 2) change
# all the time.
JUMP_SHARE = Decimal("0.5")
JUMP_STEP = Decimal(10)


@dataclass(frozen=True)
class Finding:
    """An error or a warning about a figure. A note at that figure settles a warning."""

    code: str
    severity: str
    message: str
    settled: bool = False
    codes: frozenset[str] = frozenset()

    @property
    def stops(self) -> bool:
        """Return whether the report cannot be sent like this."""
        return not self.settled


class RuleBook:
    """The rules and indicators that bind the units of one level in one catalogue.

    Without `whole_year` those of a part of a year or an interim period.
    """

    def __init__(self, catalogue_id: int, level: str, *, whole_year: bool = True) -> None:
        self.level, self.whole_year = level, whole_year
        self.indicators = {row.code: row for row in Indicator.objects.of([catalogue_id])}
        letter = Level(level).letter
        self.rules = [
            rule
            for rule in Rule.objects.filter(catalogue=catalogue_id).select_related("indicator")
            if (not rule.levels or letter in rule.levels) and (whole_year or not rule.whole_year)
        ]

    def lookup(self, figures: Mapping[str, Figure]) -> Callable[[str], Decimal | None]:
        """Return what the evaluator asks: typed figures as they are, computed ones from their formula."""

        def look(name: str) -> Decimal | None:
            indicator = self.indicators.get(name)
            if indicator is None:
                return None
            added = indicator.aggregation in (Aggregation.SUM, Aggregation.RATIO)
            if indicator.is_computed and added:
                return value(parse(indicator.formula), look) if indicator.formula else None
            return figures.get(name, BLANK).number

        return look

    def computed(self, figures: Mapping[str, Figure]) -> dict[str, Decimal | None]:
        """Return the figures of this report that nobody types (ratios as fractions), by code."""
        look = self.lookup(figures)
        return {
            code: look(code)
            for code, row in self.indicators.items()
            if row.is_computed and row.shown_to(self.level)
        }

    def blanks(self, figures: Mapping[str, Figure]) -> list[str]:
        """Return what the unit enters and has left blank (the six-organisation parts are optional)."""
        return [
            code
            for code, row in self.indicators.items()
            if row.entered_by(self.level)
            and not row.is_component
            and figures.get(code, BLANK).is_blank
        ]

    def check(
        self,
        figures: Mapping[str, Figure],
        *,
        prior: Mapping[str, Decimal | None] | None = None,
        counted: Mapping[str, Decimal] | None = None,
        below: Mapping[str, set[Decimal]] | None = None,
    ) -> list[Finding]:
        """Return every problem of `figures`, in the catalogue's order.

        `prior` are the numbers of the same span of last year, `counted` those of the records, `below`
        the sums of the units below (figures/below.py), by code.
        """
        found = [*self._broken(figures), *self._jumps(figures, prior or {})]
        found += self._gaps(figures, counted or {})
        found += self._copies(figures, below or {})
        order = {code: place for place, code in enumerate(self.indicators)}
        return sorted(found, key=lambda problem: (order[problem.code], problem.severity))

    def _broken(self, figures: Mapping[str, Any]) -> Iterator[Any]:
        look = self.lookup(figures)
        for rule in self.rules:
            if holds(parse(rule.expression), look) is False:
                code = self._place(rule, figures)
                settled = rule.severity == Severity.WARNING and bool(figures.get(code, BLANK).note)
                codes = frozenset(names_in(parse(rule.expression)))
                yield Finding(code, rule.severity, rule.message, settled, codes)

    def _place(self, rule: Rule, figures: Mapping[str, Any]) -> str:
        """Return the figure at which the rule's message stands: its own, or one typed here that it reads."""
        if rule.indicator.entered_by(self.level):
            return rule.indicator.code
        typed = (code for code in self.indicators if code in names_in(parse(rule.expression)))
        return next(
            (c for c in typed if self.indicators[c].entered_by(self.level)), rule.indicator.code
        )

    def _jumps(self, figures: Mapping[str, Any], prior: Any) -> Iterator[Any]:
        for code, before in prior.items():
            indicator, figure = self.indicators.get(code), figures.get(code, BLANK)
            if indicator is None or not indicator.is_number or figure.number is None:
                continue
            if is_jump(figure.number, before):
                when = "năm trước" if self.whole_year else "cùng kỳ năm trước"
                direction = "tăng" if figure.number > before else "giảm"
                told = f"{direction} mạnh so với {when} ({format_number(before)})."
                yield _doubt(code, figure, told)

    def _gaps(self, figures: Mapping[str, Any], counted: Any) -> Iterator[Any]:
        for code, number in counted.items():
            figure = figures.get(code, BLANK)
            if figure.number is not None and figure.number != number:
                told = f"khác số đếm theo hồ sơ ({format_number(number)})."
                yield _doubt(code, figure, told)

    def _copies(self, figures: Mapping[str, Any], below: Any) -> Iterator[Any]:
        for code, sums in below.items():
            figure = figures.get(code, BLANK)
            if figure.number in sums:
                shown = format_number(figure.number)
                told = (
                    f"bằng đúng tổng của các đơn vị cấp dưới ({shown}). "
                    "Chỉ nhập số của cơ quan mình; số của cấp dưới được cộng tự động."
                )
                yield _doubt(code, figure, told)


def is_jump(number: Decimal, before: Decimal) -> bool:
    """Return whether a figure is so far from that of the year before that it needs a note."""
    step = abs(number - before)
    return step > JUMP_STEP and step > before * JUMP_SHARE


def _doubt(code: str, figure: Figure, told: str) -> Finding:
    """Return the warning about one figure, which its note settles."""
    message = f"{code} {told} Nếu số đúng, vui lòng ghi giải trình."
    return Finding(code, Severity.WARNING, message, bool(figure.note), frozenset({code}))
