"""What the database knows of a scope of reports: the queries of the consolidation, all set-based.

Their number does not depend on how many units, indicators or years there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Q, QuerySet, Sum

from danvan.units.models import AdministrativeUnit, Level
from reports.consolidation_figures import Definition, Facts, Part
from reports.expressions import Node, holds, names_in, parse, value
from reports.models import (
    Aggregation,
    Indicator,
    Qualifier,
    Report,
    ReportingPeriod,
    State,
    Value,
    ValueType,
)
from reports.models.period import COUNTED_KINDS

_PLACES = Decimal("0.001")


@dataclass(frozen=True)
class Scope:
    """Which reports are asked for: those of all that `unit` and its predecessors ever covered, in a
    range of years.

    `section` is the code of one section, `include_submitted` adds reports that wait for approval,
    `levels` keeps the reports of some levels only, `within` those of a queryset of units (what a
    reader may see). Raises ValueError for reversed years.
    """

    unit: AdministrativeUnit
    first_year: int
    last_year: int
    section: str | None = None
    include_submitted: bool = False
    levels: tuple[str, ...] | None = None
    within: QuerySet | None = None

    def __post_init__(self):
        if self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")

    @property
    def states(self) -> tuple[str, ...]:
        """The states whose figures count."""
        return (State.APPROVED, State.SUBMITTED) if self.include_submitted else (State.APPROVED,)

    @property
    def prior_years(self) -> tuple[int, int]:
        """The range of equal length just before."""
        length = self.last_year - self.first_year + 1
        return self.first_year - length, self.first_year - 1


class Source:
    """The rows of one scope: periods, definitions, reports. Reads each once."""

    def __init__(self, scope: Scope):
        self.scope = scope
        self.family = scope.unit.with_predecessors()
        periods = ReportingPeriod.objects.filter(
            kind__in=COUNTED_KINDS, year__range=(scope.prior_years[0], scope.last_year)
        )
        self.periods = list(periods.order_by("start"))
        self.indicator_codes: dict[int, str] = {}
        self.definitions = self._read_definitions()

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

    def units(self) -> QuerySet:
        """Return the units whose reports are the scope's."""
        units = AdministrativeUnit.objects.covered_by(self.family)
        within = self.scope.within
        return units if within is None else units.filter(pk__in=within.values("pk"))

    def reports(self, periods: Iterable[int] | None = None) -> QuerySet:
        """Return all reports of the scope, whatever their state."""
        rows = Report.objects.filter(period__in=list(self.years if periods is None else periods))
        if not self.covers_everything:
            rows = rows.filter(unit__in=self.units().values("pk"))
        return rows if self.scope.levels is None else rows.filter(level__in=self.scope.levels)

    def values(self, periods: Iterable[int]) -> QuerySet:
        """Return the figures of the included reports, blanks too: one join, units a subquery."""
        rows = Value.objects.filter(
            report__period__in=list(periods), report__state__in=self.scope.states
        )
        if not self.covers_everything:
            rows = rows.filter(report__unit__in=self.units().values("pk"))
        if self.scope.levels is not None:
            rows = rows.filter(report__level__in=self.scope.levels)
        return rows

    @cached_property
    def covers_everything(self) -> bool:
        """Tell whether all reports of the periods lie in the scope, as they do for the province.

        Then the units need not be asked of every single figure, which a third of the time went to.
        """
        outside = Report.objects.filter(period__in=[period.pk for period in self.periods])
        return not outside.exclude(unit__in=self.units().values("pk")).exists()

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

    def is_summed(self, code: str) -> bool:
        """Tell whether the figures entered for `code` add up."""
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
        rows = list(
            Indicator.objects.filter(catalogue__in=place)
            .select_related("section", "parent")
            .order_by("section__order", "order")
        )
        self.indicator_codes = {row.pk: row.code for row in rows}
        last: dict[str, Indicator] = {}
        for row in rows:
            if row.catalogue_id not in in_range:
                continue
            held = last.get(row.code)
            if held is None or place[held.catalogue_id] < place[row.catalogue_id]:
                last[row.code] = row
        ordered = sorted(last.values(), key=lambda row: (row.section.order, row.order))
        return {row.code: define(row) for row in ordered}


def define(row: Indicator) -> Definition:
    """Return the definition of a stored indicator."""
    return Definition(
        code=row.code,
        label=row.label,
        unit_of_measure=row.unit_of_measure,
        value_type=row.value_type,
        aggregation=row.aggregation,
        entry_levels=row.entry_levels,
        is_stock=row.is_stock,
        is_component=row.is_component,
        formula=parse(row.formula) if row.formula else None,
        parent_code=row.parent.code if row.parent else "",
        scale=tuple(row.scale),
        section_code=row.section.code,
        section_label=row.section.label,
    )


def read_facts(
    source: Source, periods: Iterable[int], codes: Iterable[str], *, by_unit: bool = False
) -> dict[int | None, Facts]:
    """Return the facts of the scope in `periods` for `codes` and what their formulas read.

    One entry under None, or with `by_unit` one per reporting unit. At most four queries.
    """
    periods, codes = list(periods), source.codes_of(codes)
    facts: dict[int | None, Facts] = defaultdict(Facts)
    owner = ["report__unit_id"] if by_unit else []
    if not by_unit:
        facts[None] = Facts()
    _read_units(source, periods, facts, by_unit)
    if periods:
        _read_sums(source, periods, codes, facts, owner)
        _read_distributions(source, periods, codes, facts, owner)
        _read_joint_counts(source, periods, codes, facts, owner)
    return facts


def _read_units(source: Source, periods: list[int], facts: dict, by_unit: bool) -> None:
    """Read how many reports each cell asks for, and how many of them are included."""
    owner = ["unit_id"] if by_unit else []
    rows = source.reports(periods).order_by().values_list(*owner, "period_id", "level")
    included = Count("pk", filter=Q(state__in=source.scope.states))
    for *key, period, level, count, inside in rows.annotate(asked=Count("pk"), inside=included):
        mine = facts[key[0] if key else None]
        mine.units[period, level] += count
        mine.included[period, level] += inside


def _read_sums(
    source: Source, periods: list[int], codes: set[str], facts: dict, owner: list
) -> None:
    """Read the sums, then (few rows, an index of their own) what makes some of them inexact."""
    values = source.values(periods)
    if codes < {d.code for d in source.definitions.values() if d.value_type != ValueType.TEXT}:
        values = values.filter(indicator__in=source.ids_of(codes))
    # One period need not be grouped by: a sixth of the time on a whole country's figures.
    several = ["report__period_id"] if len(periods) > 1 else []
    group = [*owner, *several, "report__level", "indicator_id"]
    rows = values.values_list(*group).annotate(total=Sum("number"), reports=Count("number"))
    for *key, level, indicator, total, reports in rows.order_by():
        period = key.pop() if several else periods[0]
        code = source.indicator_codes[indicator]
        if reports and source.is_summed(code):
            part = Part(Decimal(total).quantize(_PLACES), reports)
            facts[key[0] if key else None].add_part(code, (period, level), part)
    group = [*owner, "report__period_id", "report__level", "indicator_id", "qualifier"]
    inexact = values.filter(~Q(qualifier=Qualifier.EXACT), number__isnull=False)
    rows = inexact.values_list(*group).annotate(count=Count("*"))
    for *key, period, level, indicator, qualifier, count in rows.order_by():
        code = source.indicator_codes[indicator]
        if source.is_summed(code):
            at_least = qualifier == Qualifier.AT_LEAST
            part = Part(Decimal(0), 0, count * at_least, count * (not at_least))
            facts[key[0] if key else None].add_part(code, (period, level), part)


def _read_distributions(
    source: Source, periods: list[int], codes: set[str], facts: dict, owner: list
) -> None:
    """Read how many reports gave each number: ratings, yes/no, and conditions on one indicator."""
    conditions = defaultdict(list)
    for code, node in _counted(source, codes):
        if node is None:
            conditions[code].append((code, None))
        elif not _is_joint(source, node):
            conditions[names_in(node).pop()].append((code, node))
    ratings = {code for code in codes if source.definitions[code].value_type == ValueType.RATING}
    wanted = ratings | set(conditions)
    if not wanted:
        return
    rows = source.values(periods).filter(indicator__in=source.ids_of(wanted), number__isnull=False)
    rows = rows.values_list(*owner, "report__period_id", "report__level", "indicator_id", "number")
    for *key, period, level, indicator, number, count in rows.annotate(count=Count("*")).order_by():
        code, mine = source.indicator_codes[indicator], facts[key[0] if key else None]
        if code in ratings:
            ranks = mine.ranks.setdefault(code, {}).setdefault((period, level), Counter())
            ranks[int(number)] += count
        for counted, node in conditions[code]:
            met = number == 1 if node is None else meets(source, node, {code: number}, level)
            if met is not None:
                mine.add_part(counted, (period, level), Part(Decimal(count if met else 0), count))


def _read_joint_counts(
    source: Source, periods: list[int], codes: set[str], facts: dict, owner: list
) -> None:
    """Read the conditions on several indicators: they are asked of each report's own figures."""
    joint = {
        code: node for code, node in _counted(source, codes) if node and _is_joint(source, node)
    }
    if not joint:
        return
    names = set().union(*(source.leaves_of(node) for node in joint.values()))
    rows = source.values(periods).filter(indicator__in=source.ids_of(names), number__isnull=False)
    columns = ("report_id", "report__period_id", "report__level", "indicator_id", "number")
    reports: dict[tuple, dict[str, Decimal]] = defaultdict(dict)
    for *key, report, period, level, indicator, number in rows.values_list(*owner, *columns):
        cell = (key[0] if key else None, report, period, level)
        reports[cell][source.indicator_codes[indicator]] = number
    for (key, _report, period, level), numbers in reports.items():
        for code, node in joint.items():
            met = meets(source, node, numbers, level)
            if met is not None:
                facts[key].add_part(code, (period, level), Part(Decimal(met), 1))


def _counted(source: Source, codes: Iterable[str]) -> list[tuple[str, Node | None]]:
    """Return the COUNT indicators among `codes` with their condition (None: their own yes/no)."""
    definitions = (source.definitions[code] for code in codes)
    return [(d.code, d.formula) for d in definitions if d.aggregation == Aggregation.COUNT]


def _is_joint(source: Source, node: Node) -> bool:
    """Tell whether a condition reads more than one entered figure of a report."""
    return len(names_in(node)) != 1 or source.leaves_of(node) != names_in(node)


def meets(source: Source, node: Node, numbers: dict[str, Decimal], level: str) -> bool | None:
    """Tell whether a report of `level` with `numbers` meets `node`; None where blanks forbid."""

    def lookup(name: str) -> Decimal | None:
        code, _at, letter = name.partition("@")
        if letter and Level(level).letter != letter:
            return None
        definition = source.definitions.get(code)
        if definition and definition.is_computed:
            return value(definition.formula, lookup)
        return numbers.get(code)

    if is_condition(node):
        return holds(node, lookup)
    number = value(node, lookup)
    return None if number is None else number > 0


def is_condition(node: Node) -> bool:
    """Tell whether an expression is true or false rather than a number."""
    return node.op in ("and", "=>", "=", "!=", "<", "<=", ">", ">=")
