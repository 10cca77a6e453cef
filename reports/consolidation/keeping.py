"""What was added up once is not added up again: the facts of a period, and the lines made of several.

The key of kept facts is a digest of the reports they come from (each with its version, which every figure
written and every move raises), of the states that count, of the indicators and their definitions, and of the
program. So a hit is right by construction, whoever asks, and a change of any of these misses. A key and the
facts kept under it are read as of one moment. Of all reports of a period and level their number and the sums
of ids and versions say as much: a version only grows, a report that takes another's place has a greater id,
and what is put back when a change of units is undone is blank. Lines have a key made of those of their facts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count

from danvan.common.db.moment import is_one_moment, one_moment
from danvan.common.ops.faults import aside
from danvan.common.ops.version import running_version
from reports.consolidation.figures import Total
from reports.consolidation.listing import joined
from reports.consolidation.parts import Facts, Part
from reports.consolidation.scope import ScopeData
from reports.models import KeptFacts, KeptFile, Qualifier

FEWEST = 20  # reports of a period for which looking is cheaper than adding
COUNTS = ("units", "included", "ended")


class PeriodKey(NamedTuple):
    """What names the facts of a period, and of how many reports they are."""

    digest: str
    reports: int

    @property
    def is_worth(self) -> bool:
        """Whether the facts are of so many reports that they are kept."""
        return self.reports >= FEWEST


@dataclass(frozen=True)
class LineFigures:
    """The figures of each indicator, and how many reports they are of."""

    figures: Mapping[str, tuple[Total, ...]]
    counts: Facts


class Keeping:
    """The facts of `data` in `periods` for `codes`, by way of what is kept.

    `keys` are those of the periods with reports: first as they stand, then of the facts that were given; None
    where these are not as of one moment, so that nothing may be kept of them.
    """

    def __init__(self, data: ScopeData, periods: Iterable[int], codes: Collection[str]) -> None:
        self.data, self.periods, self.codes = data, list(periods), codes
        self.is_one = is_one_moment(KeptFacts.objects.db)
        self.keys: dict[int, PeriodKey] | None = _keys(data, self.periods, codes)
        self.is_worth = any(key.is_worth for key in self.keys.values())
        self._found: dict[str, dict] | None = None

    def facts(self, read: Callable[[list[int]], Facts]) -> Facts:
        """Return the facts, of periods that are not kept by way of `read`."""
        keys, found = self.keys or {}, self._found
        if found is None:
            found = KeptFacts.objects.found(self._worth)
        kept = {period: key for period, key in keys.items() if key.digest in found}
        facts = self._read([one for one in self.periods if one not in kept], read, kept)
        for period, key in kept.items():
            facts.add(_unpacked(found[key.digest], period))
        return facts

    @property
    def _worth(self) -> list[str]:
        return [key.digest for key in (self.keys or {}).values() if key.is_worth]

    def _read(
        self, missing: list[int], read: Callable[[list[int]], Facts], kept: dict[int, PeriodKey]
    ) -> Facts:
        if not missing:
            return Facts()
        if not self.is_worth:
            return read(missing)
        with one_moment(KeptFacts.objects.db) as is_one:
            if not self.is_one:  # what was read before that moment may be old
                self.data = self.data.afresh()
                keys = _keys(self.data, missing, self.codes) if is_one else {}
                self.keys = kept | keys if is_one else None
            facts = read(missing)
        known = self.keys or {}
        new = {known[at].digest: at for at in missing if at in known and known[at].is_worth}
        keep_aside(KeptFacts, {key: _packed(facts, at) for key, at in new.items()})
        return facts

    def lines(self, about: object, tell: Callable[[], LineFigures]) -> LineFigures:
        """Return the lines that `tell` makes of the facts; `about` names what else they are made of."""
        key = self.key_with("lines", about)
        found = self._found = KeptFacts.objects.found(key, self._worth)
        for one in key:
            if one in found:
                return _unpacked_lines(found[one])
        told = tell()
        keep_aside(KeptFacts, dict.fromkeys(self.key_with("lines", about), _packed_lines(told)))
        return told

    def key_with(self, *others: object) -> list[str]:
        """Return the key of what is made of the facts and `others`; none where it is not kept."""
        if self.keys is None or not self.is_worth:
            return []
        return [told_digest(*others, sorted(self.keys.items()))]


def keep_aside(model: type[KeptFacts | KeptFile], new: Mapping[str, Any]) -> None:
    """Keep `new` by key beside the page: outside its transaction, and never at its cost."""

    def aside_the_page() -> None:
        with aside("facts to keep"):
            model.objects.keep(new)

    if new:
        transaction.on_commit(aside_the_page)


def _keys(data: ScopeData, periods: Iterable[int], codes: Collection[str]) -> dict[int, PeriodKey]:
    """Return the key of each period that has reports; nothing where none of them is worth keeping."""
    wanted = set(periods)
    reports: Counter[int] = Counter()
    for (period, _level), tally in data.tallies.items():
        if period in wanted:
            reports[period] += tally.asked
    if not any(number >= FEWEST for number in reports.values()):
        return {}
    defined = [data.definitions[code] for code in sorted(codes)]
    base = told_digest(running_version(), sorted(data.scope.states), defined, data.has_ended)
    asked = {
        catalogue: told_digest(base, [one for one in sorted(found.items()) if one[1] in codes])
        for catalogue, found in data.indicators.items()
    }
    catalogues = {period.pk: period.catalogue_id for period in data.periods}
    told: dict[int, list] = {}
    for period, *cell in _cells(data, wanted):
        told.setdefault(period, []).append(cell)
    return {
        period: PeriodKey(told_digest(asked.get(catalogues[period], base), cells), reports[period])
        for period, cells in told.items()
    }


def _cells(data: ScopeData, periods: set[int]) -> list[tuple]:
    """Return (period, …) for what tells the reports of a level in the scope and how each stands.

    All reports of the periods are told by their sums, and one by one only where a unit ended: that can be
    undone without a new version. Parts of the periods are told report by report.
    """
    if not (data.is_part or data.covers_everything):  # tallied as if it were all
        rows = data.reports(periods).order_by("level").values("period_id", "level")
        told = rows.annotate(reports=Count("pk"), each=joined())
        return list(told.values_list("period_id", "level", "reports", "each"))
    tallies = [(cell, one) for cell, one in sorted(data.tallies.items()) if cell[0] in periods]
    if data.is_part:
        return [(*cell, one.asked, one.each) for cell, one in tallies]
    return [(*cell, one.asked, one.keys, one.versions, one.each) for cell, one in tallies]


def told_digest(*facts: object) -> str:
    """Return what stands for `facts`: plain data, whose repr tells all of it."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _packed(facts: Facts, period: int) -> dict:
    """Return what `facts` say of one period, fit for JSON."""
    parts = {
        code: {
            level: [str(part.total), part.reports, part.at_least, part.about]
            for (place, level), part in cells.items()
            if place == period
        }
        for code, cells in facts.parts.items()
    }
    ranks = {
        code: {level: dict(ranks) for (place, level), ranks in cells.items() if place == period}
        for code, cells in facts.ranks.items()
    }
    counts = {
        name: {
            lvl: number for (place, lvl), number in getattr(facts, name).items() if place == period
        }
        for name in COUNTS
    }
    return {"parts": parts, "ranks": ranks, **counts}


def _unpacked(kept: dict, period: int) -> Facts:
    """Return what `_packed` made."""
    facts = Facts()
    for code, cells in kept["parts"].items():
        for level, (total, *counts) in cells.items():
            facts.add_part(code, (period, level), Part(Decimal(total), *counts))
    for code, cells in kept["ranks"].items():
        facts.ranks[code] = {
            (period, level): Counter({int(rank): number for rank, number in ranks.items()})
            for level, ranks in cells.items()
        }
    for name in COUNTS:
        counter = Counter({(period, level): number for level, number in kept[name].items()})
        setattr(facts, name, counter)
    return facts


_NAMES = list(Total._fields)
_NUMBERS = [_NAMES.index(name) for name in ("number", "numerator", "denominator", "low", "high")]
_EXACTNESS, _RANKS = _NAMES.index("qualifier"), _NAMES.index("ranks")
_USUAL = list(Total())


def _packed_lines(lines: LineFigures) -> dict:
    """Return lines fit for JSON. A figure is a list without what is as usual at its end; each stands once."""
    totals: dict[Total, int] = {}
    figures = [
        [code, [totals.setdefault(one, len(totals)) for one in row]]
        for code, row in lines.figures.items()
    ]
    counts = {
        name: [[*cell, number] for cell, number in getattr(lines.counts, name).items()]
        for name in COUNTS
    }
    return {"figures": figures, "totals": [_plain(one) for one in totals], "counts": counts}


def _plain(figure: Total) -> list:
    told = [getattr(figure, name) for name in _NAMES]
    for place in _NUMBERS:
        told[place] = None if told[place] is None else str(told[place])
    while told and told[-1] == _USUAL[len(told) - 1]:
        told.pop()
    return told


def _unpacked_lines(kept: dict) -> LineFigures:
    """Return what `_packed_lines` made."""
    totals = [_figure(told) for told in kept["totals"]]
    counts = Facts()
    for name, cells in kept["counts"].items():
        setattr(counts, name, Counter({(pk, level): number for pk, level, number in cells}))
    figures = {code: tuple(totals[n] for n in row) for code, row in kept["figures"]}
    return LineFigures(figures, counts)


def _figure(told: list) -> Total:
    for place in _NUMBERS:
        if place < len(told) and told[place] is not None:
            told[place] = Decimal(told[place])
    if len(told) > _EXACTNESS:
        told[_EXACTNESS] = Qualifier(told[_EXACTNESS])
    if len(told) > _RANKS:
        told[_RANKS] = tuple((name, count) for name, count in told[_RANKS])
    return Total(*told)
