"""Which reports are asked for, and their rows: periods, definitions, units, figures. All set-based."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from danvan.units.models import AdministrativeUnit, Level, UnitSuccession
from reports.catalogue.expressions import Node, names_in
from reports.consolidation.figures import Definition
from reports.consolidation.listing import (
    ListedReport,
    Tally,
    first_lacking,
    reports_listed,
    tallied,
    told_tallies,
)
from reports.consolidation.parts import PeriodLevel
from reports.consolidation.restating import PieceKey, Restating, restate
from reports.models import Aggregation, Indicator, Report, ReportingPeriod, State, Value
from reports.models.report import ReportQuerySet

FEW = 1000  # reports: so many are listed once, for rows by unit as well


@dataclass(frozen=True, eq=False)
class ReadBefore:
    """What a page has read already, for the figures it then asks for; None is what it has not.

    The periods that count, oldest first and with `has_ended`; the indicators of those asked for and of as
    many years before; the first versions of units, where any were asked for; the reader's own unit with its
    predecessors; units by id, each with the one above it.
    """

    periods: list[ReportingPeriod] | None = None
    indicators: list[Any] | None = None  # as `defining` gives them
    firsts: dict[int, int] = field(default_factory=dict)
    family: Sequence[AdministrativeUnit] = ()
    units: Mapping[int, AdministrativeUnit] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """Which reports are asked for: those of all that `unit` and its predecessors ever covered, in a
    range of years.

    `section` is the code of one section, `include_submitted` adds reports that wait for approval,
    `levels` keeps the reports of some levels only, `within` those of a queryset of units (what a
    reader may see). `interim` asks for one interim period instead of the years, which are then its own;
    `any_state` for reports whatever their state: an office's own, before it is sent. With `as_of` the
    figures are told in the units of that day (restating.py). Raises ValueError for reversed years.
    """

    unit: AdministrativeUnit
    first_year: int
    last_year: int
    section: str | None = None
    include_submitted: bool = False
    levels: tuple[str, ...] | None = None
    within: QuerySet | None = None
    interim: ReportingPeriod | None = None
    any_state: bool = False
    as_of: datetime.date | None = None
    known: ReadBefore = field(default=ReadBefore(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")

    @property
    def states(self) -> tuple[str, ...]:
        if self.any_state:
            return tuple(State.values)
        return (State.APPROVED, State.SUBMITTED) if self.include_submitted else (State.APPROVED,)

    @property
    def prior_years(self) -> tuple[int, int]:
        """The range of equal length just before."""
        length = self.last_year - self.first_year + 1
        return self.first_year - length, self.first_year - 1


class ScopeData:
    """The rows of one scope: periods, definitions, reports. Reads each once.

    In the units of another day the unit of `scope` is the one of that day.
    Raises NotRestatable where the figures cannot be told in the units of the day asked for.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        first, last = scope.prior_years[0], scope.last_year
        if scope.known.periods is not None:
            self.periods = [one for one in scope.known.periods if first <= one.year <= last]
        else:
            periods = ReportingPeriod.objects.filter(year__range=(first, last))
            self.periods = list(periods.alike(scope.interim).order_by("start").with_ends())
        self.indicator_codes: dict[int, str] = {}
        self.indicators: dict[int, dict[int, str]] = {}  # of each catalogue: code by id
        self.definitions = self._read_definitions()
        self.restating: Restating | None = None
        self._only: Collection[int] | None = None
        if scope.as_of:
            vars(self).update(vars(self.restated(scope.as_of)))

    @cached_property
    def family(self) -> list[AdministrativeUnit]:
        """The unit and its predecessors."""
        known = self.scope.known.family
        return [*known] if self.scope.unit in known[:1] else self.scope.unit.with_predecessors()

    def firsts(self, among: Iterable[AdministrativeUnit]) -> dict[int, int]:
        """Return the first version of every unit that had several; nothing where none of `among` has two."""
        return self.scope.known.firsts or UnitSuccession.objects.first_versions(among)

    @cached_property
    def listed(self) -> list[ListedReport]:
        """The reports of the years one by one, whatever their state. One query, none for a part."""
        if not self.is_part:
            return reports_listed(self.reports())
        years, levels = self.years, self.scope.levels or tuple(Level)
        return [one for one in self._of_part if one.period_id in years and one.level in levels]

    @cached_property
    def _of_part(self) -> list[ListedReport]:
        """All reports of the periods, of a part of a province: so few that they are counted here. One query."""
        rows = Report.objects.filter(period__in=[period.pk for period in self.periods])
        return reports_listed(rows.filter(unit__in=self.units().values("pk")))

    @cached_property
    def reporting(self) -> dict[int, AdministrativeUnit]:
        """The units of the listed reports by id, each with the one above it. One query where not known."""
        units = AdministrativeUnit.objects.filter(pk__in=self.reports().values("unit"))
        return units.by_id({one.unit_id for one in self.listed}, self.scope.known.units)

    def missing(self, most: int | None) -> tuple[list[ListedReport], dict[int, AdministrativeUnit]]:
        """Return the reports of the years that are not included, the first `most` (None: all); their units.

        Where reports are many, as each year was, the missing are asked for by themselves.
        """
        states = self.scope.states
        if most is None or self.is_part or self.restating or self.asked <= FEW:
            return [one for one in self.listed if one.state not in states][:most], self.reporting
        periods = first_lacking(self.years, self.tallies, most)
        told = reports_listed(self.reports(periods).exclude(state__in=states), most)
        ids = {one.unit_id for one in told}
        units = AdministrativeUnit.objects.filter(pk__in=ids)
        return told, units.by_id(ids, self.scope.known.units)

    def of(self, units: Collection[int]) -> ScopeData:
        """Return the same for the reports of `units` (ids of its reporting units) alone."""
        if self._only is not None and set(units) == set(self._only):
            return self
        narrower = self.afresh()
        narrower._only = units
        return narrower

    def afresh(self) -> ScopeData:
        """Return the same without what was read of its reports before."""
        again = copy.copy(self)
        for read in ("_tallied", "_of_part", "listed", "reporting"):
            vars(again).pop(read, None)
        return again

    def restated(self, day: datetime.date) -> ScopeData:
        """Return the same in the units of `day`. Raises NotRestatable."""
        told = self.afresh()
        vars(told).pop("family", None)
        scope = self.scope
        told.restating = restate(scope.unit, day, self.periods, scope.within, scope.known.units)
        told._only = told.restating.sources
        told.scope = replace(scope, unit=told.restating.unit, as_of=day)
        return told

    def of_row(self, keys: Iterable[int | PieceKey]) -> ScopeData:
        """Return the same for a row of the table by unit, named by the keys of its facts."""
        if not self.restating:
            return self.of([key for key in keys if isinstance(key, int)])
        restating = self.restating.narrowed(keys)
        narrower = copy.copy(self.of(restating.sources))
        narrower.restating = restating
        return narrower

    def years_between(self, first: int, last: int) -> dict[int, int]:
        """Return {period id: year} of the periods of a range, in order of time."""
        return {period.pk: period.year for period in self.periods if first <= period.year <= last}

    @property
    def years(self) -> dict[int, int]:
        """The periods of the range itself."""
        return self.years_between(self.scope.first_year, self.scope.last_year)

    @property
    def prior(self) -> dict[int, int]:
        """The periods of the range before; empty unless each of its years is known."""
        first, last = self.scope.prior_years
        periods = self.years_between(first, last)
        return periods if set(periods.values()) == set(range(first, last + 1)) else {}

    @property
    def asked(self) -> int:
        """How many reports the years ask for."""
        return sum(one.asked for (at, _level), one in self.tallies.items() if at in self.years)

    @property
    def has_ended(self) -> bool:
        """Whether a unit ended inside one of the periods."""
        return any(vars(period)["has_ended"] for period in self.periods)

    def units(self) -> QuerySet:
        if self._only is not None:
            return AdministrativeUnit.objects.filter(pk__in=self._only)
        units = AdministrativeUnit.objects.covered_by(self.family)
        within = self.scope.within
        return units if within is None else units.filter(pk__in=within.values("pk"))

    def reports(self, periods: Iterable[int] | None = None) -> ReportQuerySet:
        """Return all reports of the scope, whatever their state."""
        rows = Report.objects.filter(period__in=list(self.years if periods is None else periods))
        if not self.covers_everything:
            rows = rows.filter(unit__in=self.units().values("pk"))
        return rows if self.scope.levels is None else rows.filter(level__in=self.scope.levels)

    def values(self, periods: Iterable[int], *, counted: bool = False) -> QuerySet:
        """Return the figures of the included reports, blanks too: one join, units a subquery.

        A unit that ended inside the period did something until then, but nothing of it is there at the
        end: its stocks are left out, or its successor would have them a second time. With `counted` all
        of its figures are, for what counts units.
        """
        rows = Value.objects.filter(
            report__period__in=list(periods), report__state__in=self.scope.states
        )
        if self.has_ended:
            still = [code for code, one in self.definitions.items() if one.stands_still]
            gone = Q(report__until__isnull=False)
            rows = rows.exclude(gone if counted else gone & Q(indicator__in=self.ids_of(still)))
        if not self.covers_everything:
            rows = rows.filter(report__unit__in=self.units().values("pk"))
        if self.scope.levels is not None:
            rows = rows.filter(report__level__in=self.scope.levels)
        return rows

    @property
    def covers_everything(self) -> bool:
        """Whether all reports of the periods lie in the scope, as they do for the province.

        Then the figures need no condition on units, which took a third of the time.
        """
        if self.restating and self._only is self.restating.sources:
            return self.restating.covers_everything
        return self._tallied[1]

    @property
    def tallies(self) -> dict[PeriodLevel, Tally]:
        """How many reports of each period and level lie in the scope."""
        found, levels = self._tallied[0], self.scope.levels
        return {at: n for at, n in found.items() if levels is None or at[1] in levels}

    @property
    def is_part(self) -> bool:
        """Whether reports are told one by one: of a part of a province, or of few units restated."""
        few = self.restating is not None and self.restating.is_few
        return few or self.scope.unit.level != Level.PROVINCE

    @cached_property
    def _tallied(self) -> tuple[dict[PeriodLevel, Tally], bool]:
        """The tallies of all levels, and whether no report of the periods lies outside. One query."""
        if self.is_part:
            return told_tallies(self._of_part, self.scope.states), False
        reports = Report.objects.filter(period__in=[period.pk for period in self.periods])
        return tallied(reports, self.units(), self.scope.states)

    def codes_of(self, codes: Iterable[str]) -> set[str]:
        """Return `codes` with all that their formulas read, and so on."""
        found, waiting = set(), list(codes)
        while waiting:
            code = waiting.pop()
            if code not in found and code in self.definitions:
                found.add(code)
                formula = self.definitions[code].formula
                waiting.extend(names_in(formula) if formula else ())
        return found

    def with_groups(self, codes: Iterable[str]) -> set[str]:
        """Return codes_of(`codes`) with all "trong đó" of one figure together: they are divided together."""
        parents = {code: row.parent_code or code for code, row in self.definitions.items()}
        wanted = {parents[code] for code in self.codes_of(codes)}
        return self.codes_of(code for code, parent in parents.items() if parent in wanted)

    def is_summed(self, code: str) -> bool:
        """Return whether the figures entered for `code` add up."""
        definition = self.definitions.get(code)
        return bool(
            definition and definition.aggregation == Aggregation.SUM and not definition.is_computed
        )

    def leaves_of(self, node: Node) -> set[str]:
        """Return what is entered of all that `node` reads."""
        return {c for c in self.codes_of(names_in(node)) if not self.definitions[c].is_computed}

    def ids_of(self, codes: Iterable[str]) -> list[int]:
        """Return the ids the indicators of `codes` have in all catalogues of the scope."""
        wanted = set(codes)
        return [pk for pk, code in self.indicator_codes.items() if code in wanted]

    def _read_definitions(self) -> dict[str, Definition]:
        """Return the definitions by code, in the order of the last catalogue that has them."""
        place = {period.catalogue_id: number for number, period in enumerate(self.periods)}
        in_range = {p.catalogue_id for p in self.periods if p.pk in self.years}
        known = self.scope.known.indicators
        known = defining(place) if known is None else known
        last: dict[str, Any] = {}
        for row in (row for row in known if row.catalogue_id in place):
            self.indicator_codes[row.pk] = row.code
            self.indicators.setdefault(row.catalogue_id, {})[row.pk] = row.code
            if row.catalogue_id in in_range:
                held = last.get(row.code)
                if held is None or place[held.catalogue_id] < place[row.catalogue_id]:
                    last[row.code] = row
        ordered = sorted(last.values(), key=lambda row: (row.section__order, row.order))
        return {row.code: Definition.of_row(row) for row in ordered}


def defining(catalogues: Iterable[int]) -> list[Any]:
    """Return what defines the indicators of some catalogues, as named tuples in the order of the form."""
    rows = Indicator.objects.filter(catalogue__in=list(catalogues)).order_by(
        "section__order", "order"
    )
    return list(rows.values_list(*_DEFINING, named=True))


_DEFINING = (
    *("pk", "catalogue_id", "section__order", "order", "measure"),
    *("code", "label", "unit_of_measure", "value_type", "entry_levels", "aggregation", "is_stock"),
    *("is_component", "formula", "scale", "parent__code", "section__code", "section__label"),
)
