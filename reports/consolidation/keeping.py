"""What was added up once is not added up again: the facts of a period, kept with what they were made of.

The key of kept facts is a digest of the reports they come from (each with its version, which every figure
written and every move raises), of the states that count, of the indicators and their definitions. So a hit
is right by construction, whoever asks, and a change of any of these misses. Of all reports of a period and
level their number and the sums of ids and versions say as much: a version only grows, a report that takes
another's place has a greater id, and what is put back when a change of units is undone is blank.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Aggregate, CharField, Count, Value
from django.db.models.functions import Concat

from danvan.common.ops.faults import aside
from reports.consolidation.parts import Facts, Part
from reports.consolidation.scope import ScopeData
from reports.models import KeptFacts

FEWEST = 20  # reports of a period for which looking is cheaper than adding
COUNTS = ("units", "included", "ended")
Read = Callable[[list[int]], Facts]


def kept_or_read(data: ScopeData, periods: list[int], codes: Collection[str], read: Read) -> Facts:
    """Return the facts of `data` in `periods` for `codes`, those that are not kept by way of `read`."""
    keys = _keys(data, periods, codes)
    kept = KeptFacts.objects.filter(key__in=keys.values()).values_list("key", "facts")
    found: dict[str, dict] = dict(kept) if keys else {}
    missing = [period for period in periods if keys.get(period) not in found]
    facts = read(missing)
    if new := {keys[period]: _packed(facts, period) for period in missing if period in keys}:
        transaction.on_commit(partial(_keep, new))
    for period, key in keys.items():
        if key in found:
            facts.add(_unpacked(found[key], period))
    return facts


def _keep(new: dict[str, dict]) -> None:
    """Keep facts beside the page: outside its transaction, and never at its cost."""
    with aside("facts to keep"):
        KeptFacts.objects.keep(new)


def _keys(data: ScopeData, periods: list[int], codes: Collection[str]) -> dict[int, str]:
    """Return the key of each period whose facts are worth keeping."""
    same = sorted(data.scope.states), [data.definitions[code] for code in sorted(codes)]
    base = _digest(same)
    asked = {
        catalogue: _digest(base, [one for one in sorted(found.items()) if one[1] in codes])
        for catalogue, found in data.indicators.items()
    }
    catalogues = {period.pk: period.catalogue_id for period in data.periods}
    told: dict[int, list] = {}
    reports: Counter[int] = Counter()
    for (period, _level), tally in data.tallies.items():
        reports[period] += tally.asked
    worth = [period for period in periods if reports[period] >= FEWEST]
    for period, *cell in _cells(data, worth) if worth else ():
        told.setdefault(period, []).append(cell)
    return {
        period: _digest(asked.get(catalogues[period], base), cells)
        for period, cells in told.items()
    }


def _cells(data: ScopeData, periods: list[int]) -> Iterable[tuple]:
    """Return (period, level, reports, …) in the scope, and what tells them and how each stands.

    Parts of the periods are told report by report; so are those with a unit that ended, as that can be
    undone without a new version.
    """
    ended = any(vars(period)["has_ended"] for period in data.periods)
    if data.covers_everything and data.scope.levels is None and not ended:
        cells = sorted(data.tallies.items())
        return [
            (*cell, one.asked, one.keys, one.versions) for cell, one in cells if cell[0] in periods
        ]
    parts = [[Value(":"), name] for name in ("pk", "version", "state", "until")]
    each = _Joined(Concat(*itertools.chain(*parts), output_field=CharField()))
    rows = data.reports(periods).order_by("level").values("period_id", "level")
    return rows.annotate(reports=Count("pk"), each=each).values_list(
        "period_id", "level", "reports", "each"
    )


def _digest(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()


class _Joined(Aggregate):
    """The texts of many rows as one. Their order is the engine's: another one only misses."""

    function, template = "group_concat", "%(function)s(%(expressions)s)"

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the same in PostgreSQL's words."""
        template = "%(function)s(%(expressions)s, ',')"
        return self.as_sql(*args, function="string_agg", template=template, **kwargs)


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
