"""The table of measures: which indicator is counted from which kind of record, and how (measures.csv).

A record counts in the period that contains its start date. Computed indicators are not here: ratios and
totals follow from typed ones by the catalogue's formulas.

Choices that the catalogue leaves open:
- Dialogues led only by the council's chairman are kept as records but count in no DT figure: DT03 may
  not exceed DT01 + DT02, and DT04 to DT12 are parts of DT03.
- A hybrid study conference counts as online (QT04): it reached people at other places.
- Days of reception (TD01, TD03) are different days, occasions (TD02, TD04) are records.
- DC02, DC05, DC07, DC10 count agencies, enterprises, villages, not conferences: one that held two
  counts once.
- A model counts as recognised once, at its highest level by the period's end, in the period of the
  first decision of that level. The figure belongs to the unit of that level that recognised it
  ("breakdown by level is by who held it": only the province enters DV09), so a commune's model
  recognised by the province is one of the province's and no longer one of the commune's. DV12 and DV13
  follow the same unit, so that DV12 + DV13 = DV08.
- Issues count in the period they were found; where they stand is read at the period's end from their
  history. What is neither resolved nor passed on is being settled (TH02 = TH03 + TH04 + TH05).
"""

import datetime
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import models
from django.db.models import Case, Count, F, Max, Q, Sum, Value, When
from django.db.models.lookups import GreaterThan

from danvan.common.data import csv_rows
from records.kinds import KINDS, RecordKind, kind_of
from records.models import (
    DialogueConference,
    EmergingIssue,
    EventRecord,
    SkilledMobilisationModel,
)
from records.models.mobilisation_model import counted_recognitions

Aggregate = Callable[[Q], models.Expression]


@dataclass(frozen=True)
class Origin:
    """Rows measures are taken of: `rows(start, end)`, with `unit` the column that says whose they are.

    `params(unit_id, start, end)` is what the record list is filtered by to show the same rows.
    """

    kind: RecordKind
    rows: Callable[..., models.QuerySet]
    params: Callable[..., dict]
    unit: str = "unit_id"


@dataclass(frozen=True)
class Measure:
    """How one indicator is counted: `aggregate` over the origin's rows that meet `where`.

    `query` is `where` in the words of the record list's filter.
    """

    code: str
    origin: Origin
    aggregate: Aggregate
    where: Q
    query: tuple[tuple[str, str], ...]

    @property
    def expression(self) -> models.Expression:
        """The aggregate, to be annotated on rows grouped by unit."""
        return self.aggregate(self.where)

    def query_of(
        self, unit_id: int, start: datetime.date, end: datetime.date, others: Collection[int] = ()
    ) -> str:
        """Return the query string that shows the rows of a unit's figure in the record list.

        `others` are the units whose work its report answers for as well.
        """
        params = {**self.origin.params(unit_id, start, end), **dict(self.query), "gom": others}
        return urlencode(params, doseq=True)


def count() -> Aggregate:
    """Count matching rows."""
    return lambda where: Count("pk", filter=where)


def different(column: str) -> Aggregate:
    """Count different values of `column` among matching rows."""
    return lambda where: Count(column, filter=where, distinct=True)


def sum_of(*columns: str, decimal: bool = False) -> Aggregate:
    """Add columns over matching rows: 0 where none matches, blank where all that match are blank."""
    added: Any = F(columns[0])
    for column in columns[1:]:
        added = added + F(column)
    kind: models.Field = models.BigIntegerField()
    if decimal:
        kind = models.DecimalField(max_digits=18, decimal_places=3)

    def aggregate(where: Q) -> models.Expression:
        some = GreaterThan(Count("pk", filter=where), 0)
        return Case(
            When(some, then=Sum(added, filter=where, output_field=kind)),
            default=Value(0, output_field=kind),
            output_field=kind,
        )

    return aggregate


def highest(column: str = "") -> Aggregate:
    """Return the highest value of `column`; without a column 1 where any row matches."""
    return lambda where: Max(F(column) if column else Value(1), filter=where)


def _found(model: type[EventRecord]) -> Origin:
    """Records of the period by their start date."""
    return Origin(
        kind_of(model),
        lambda start, end: model.objects.between(start, end),
        lambda unit, start, end: {"unit": unit, "tu": _day(start), "den": _day(end)},
    )


def _day(day: datetime.date) -> str:
    return f"{day:%d/%m/%Y}"


_ISSUES = Origin(
    kind_of(EmergingIssue),
    lambda start, end: EmergingIssue.objects.between(start, end).with_status_on(end),
    lambda unit, start, end: {
        "unit": unit, "tu": _day(start), "den": _day(end), "tinh_den": _day(end),
    },
)  # fmt: skip
_RECOGNITIONS = Origin(
    kind_of(SkilledMobilisationModel),
    counted_recognitions,
    lambda unit, start, end: {"cn_boi": unit, "cn_tu": _day(start), "cn_den": _day(end)},
    unit="recogniser_id",
)
_REPLICATED = Origin(
    kind_of(SkilledMobilisationModel),
    lambda start, end: SkilledMobilisationModel.objects.filter(
        replicated_date__gte=start, replicated_date__lte=end
    ),
    lambda unit, start, end: {"unit": unit, "nr_tu": _day(start), "nr_den": _day(end)},
)


_ORIGINS = {
    **{kind.slug: _found(kind.model) for kind in KINDS},
    "emerging-issue": _ISSUES,
    "recognition": _RECOGNITIONS,
    "replication": _REPLICATED,
}
_COUNTS: dict[str, Callable[..., Aggregate]] = {
    "rows": count,
    "different": different,
    "sum": sum_of,
    "decimals": partial(sum_of, decimal=True),
    "highest": highest,
}


def _where(origin: Origin, query: dict[str, str]) -> Q:
    """Return the condition of a filter: a parameter is a column, values joined by commas are alternatives.

    "led_by" and "status" of issues have their own columns.
    """
    where = Q()
    for name, values in query.items():
        chosen = values.split(",")
        if name == "led_by":
            where &= DialogueConference.led_by(chosen)
        elif name == "ket_luan":
            where &= ~Q(conclusion_number="")
        elif name == "status" and origin is _ISSUES:
            where &= Q(status_on__in=chosen)
        elif origin is _RECOGNITIONS and name == "type":
            where &= Q(model__type__in=chosen)
        elif origin is _RECOGNITIONS:
            where &= Q(level__in=chosen)
        else:
            where &= Q(**{f"{name}__in": chosen})
    return where


def _measure(row: dict[str, str]) -> Measure:
    """Return the measure of a line: code, origin, what `counts`, of which columns, the list's filter."""
    origin, query = _ORIGINS[row["origin"]], dict(parse_qsl(row["filter"]))
    aggregate = _COUNTS[row["counts"]](*filter(None, row["columns"].split("+")))
    return Measure(row["code"], origin, aggregate, _where(origin, query), tuple(query.items()))


MEASURES: dict[str, Measure] = {
    row["code"]: _measure(row) for row in csv_rows(Path(__file__).with_name("measures.csv"))
}
