"""The working sheet of one year: figures of all units while they are being made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reports.demo.chance import apportion, between, noise, split
from reports.demo.totals import DemoTotals

Numbers = dict[str, int | Decimal]
GROWTH = 0.02


@dataclass(frozen=True)
class DemoUnit:
    """A reporting unit as far as the figures depend on it.

    `parts` are the units it was made of, by the code they had, each with the share that came here: what a
    merged commune does goes on from what its parts did. None for a unit that nothing became.
    """

    code: str
    letter: str
    name: str
    parts: tuple[tuple[str, float], ...] = ()

    def habit(self, low: float, high: float, key: str) -> float:
        """Return what the unit does of `key` in a year by its size; the same in all years."""
        return sum(
            between(low, high, key, code) * between(0.75, 1.25, "size", code) * share
            for code, share in self.parts or ((self.code, 1.0),)
        )


@dataclass
class Board:
    """`rows` holds the numbers by unit code and indicator code; the texts come last."""

    year: int
    units: Iterable[DemoUnit]
    totals: DemoTotals
    rows: dict[str, Numbers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.units = list(self.units)
        self.rows = {unit.code: {} for unit in self.units}

    def of(self, letters: str) -> list[DemoUnit]:
        return [unit for unit in self.units if unit.letter in letters]

    @property
    def upper(self) -> str:
        """The letters of those that enter what districts entered: communes where there are none."""
        return "HT" if self.of("H") else "XT"

    def spread(self, code: str, by: str = "") -> None:
        """Share out the totals of `code`; with `by` in proportion to that figure."""
        for letter, whole in self.totals.sums.get(code, {}).items():
            weights = {
                unit.code: float(self.rows[unit.code][by]) if by else self._weight(code, unit)
                for unit in self.of(letter)
            }
            for unit, number in apportion(whole, weights).items():
                self.rows[unit][code] = number

    def _weight(self, code: str, unit: DemoUnit) -> float:
        lasting = between(0.4, 1.6, code, unit.code)
        return lasting * between(0.92, 1.08, code, unit.code, self.year)

    def each(self, code: str, ranges: Mapping[str, tuple[float, float]], places: int = 0) -> None:
        """Give every unit of the levels in `ranges` its own number, a little different by year."""
        for letter, (low, high) in ranges.items():
            for unit in self.of(letter):
                number = unit.habit(low, high, code)
                number *= between(0.92, 1.08, code, unit.code, self.year)
                number *= 1 + GROWTH * (self.year - 2021)
                exact = Decimal(str(round(number, places))) if places else round(number)
                self.rows[unit.code][code] = exact

    def constant(self, code: str, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Give every unit a number that is the same in all years (villages, agencies)."""
        for letter, (low, high) in ranges.items():
            for unit in self.of(letter):
                self.rows[unit.code][code] = round(unit.habit(low, high, code))

    def rare(self, code: str, letters: str, most: int, chance: float) -> None:
        """Give units 0 … `most`; each single one happens with `chance`."""
        for unit in self.of(letters):
            hits = (noise(code, unit.code, self.year, n) < chance for n in range(most))
            self.rows[unit.code][code] = sum(hits)

    def times(self, code: str, by: str, low: float, high: float, letters: str = "XHT") -> None:
        """Give `code` as so many for each one of `by`, a unit keeping its habit over the years."""
        for unit in self.of(letters):
            each = between(low, high, code, unit.code)
            each *= between(0.93, 1.07, code, unit.code, self.year)
            self.rows[unit.code][code] = round(float(self.rows[unit.code][by]) * each)

    def part(self, code: str, of: str, low: float, high: float, letters: str = "XHT") -> None:
        """Give `code` as a part of `of`, never more than it."""
        self.times(code, of, low, min(high, 1), letters)
        for unit in self.of(letters):
            row = self.rows[unit.code]
            row[code] = min(row[code], row[of])

    def parts(self, whole: str, shares: Mapping[str, float], letters: str = "XHT") -> None:
        """Split `whole` into parts that add up to it exactly."""
        for unit in self.of(letters):
            row = self.rows[unit.code]
            row.update(split(int(row[whole]), shares, whole, unit.code, self.year))
