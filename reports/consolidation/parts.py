"""Facts: what the reports gave, counted and added by the database, before any rule of figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from reports.models import Qualifier

PeriodLevel = tuple[int, str]  # period id, level


class Part(NamedTuple):
    """What the reports of one cell gave for one indicator: sum, how many, how many inexact."""

    total: Decimal
    reports: int
    at_least: int = 0
    about: int = 0

    def __add__(self, other: Part) -> Part:  # type: ignore[override]
        return Part(
            self.total + other.total,
            self.reports + other.reports,
            self.at_least + other.at_least,
            self.about + other.about,
        )

    @classmethod
    def whole(cls, parts: Collection[Part]) -> Part:
        """Return all `parts` together."""
        if len(parts) == 1:
            return next(iter(parts))
        total, reports, at_least, about = Decimal(0), 0, 0, 0
        for part in parts:
            total += part.total
            reports += part.reports
            at_least += part.at_least
            about += part.about
        return cls(total, reports, at_least, about)

    @property
    def qualifier(self) -> str:
        if self.at_least:
            return Qualifier.AT_LEAST
        return Qualifier.ABOUT if self.about else Qualifier.EXACT


@dataclass(frozen=True, slots=True)
class Piece:
    """What of one report of a divided unit is here: `here` of its `of` pieces, their sum (None: nothing)."""

    here: int
    of: int
    total: Decimal | None

    def __add__(self, other: Piece) -> Piece:
        known = [piece.total for piece in (self, other) if piece.total is not None]
        return Piece(self.here + other.here, self.of, sum(known, Decimal(0)) if known else None)


@dataclass
class Facts:
    """Parts by indicator and cell, counts per rank of ratings, reports asked for and included.

    In restated facts `pieces` (by indicator, cell and unit id) tell which reports were divided, `mixed`
    the cells in which not every report is that of the very unit: nothing can be counted there.
    """

    parts: dict[str, dict[PeriodLevel, Part]] = field(default_factory=dict)
    ranks: dict[str, dict[PeriodLevel, Counter]] = field(default_factory=dict)
    units: Counter = field(default_factory=Counter)
    ended: Counter = field(default_factory=Counter)  # of the units: not there at the period's end
    included: Counter = field(default_factory=Counter)
    pieces: dict[str, dict[PeriodLevel, dict[int, Piece]]] = field(default_factory=dict)
    mixed: set[PeriodLevel] = field(default_factory=set)

    @property
    def lasting(self) -> set[PeriodLevel]:
        """The cells in which a unit was still there at the period's end."""
        return {cell for cell, count in self.units.items() if count > self.ended[cell]}

    @classmethod
    def whole(cls, several: Iterable[Facts]) -> Facts:
        """Return all of them together."""
        together = cls()
        for one in several:
            together.add(one)
        return together

    def add_part(self, code: str, cell: PeriodLevel, part: Part) -> None:
        cells = self.parts.setdefault(code, {})
        cells[cell] = cells[cell] + part if cell in cells else part

    def add_piece(self, code: str, cell: PeriodLevel, unit: int, piece: Piece) -> None:
        pieces = self.pieces.setdefault(code, {}).setdefault(cell, {})
        pieces[unit] = pieces[unit] + piece if unit in pieces else piece

    def add(self, other: Facts) -> None:
        """Add all that `other` knows: a district is its communes and itself."""
        for code, cells in other.parts.items():
            mine = self.parts.get(code)
            if mine is None:
                self.parts[code] = dict(cells)
                continue
            for cell, part in cells.items():
                mine[cell] = mine[cell] + part if cell in mine else part
        for code, cells_of_ranks in other.ranks.items():
            for place, ranks in cells_of_ranks.items():
                self.ranks.setdefault(code, {}).setdefault(place, Counter()).update(ranks)
        for code, cells_of_pieces in other.pieces.items():
            for cell, pieces in cells_of_pieces.items():
                for unit, piece in pieces.items():
                    self.add_piece(code, cell, unit, piece)
        self.units.update(other.units)
        self.ended.update(other.ended)
        self.included.update(other.included)
        self.mixed |= other.mixed
