"""The table of measures: which indicator is counted from which kind of record, and how.

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
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Case, Count, F, Max, Q, Sum, Value, When
from django.db.models.lookups import GreaterThan

from danvan.units.models import Level
from records.kinds import RecordKind, kind_of
from records.models import (
    CitizenReception,
    DemocracyConference,
    DialogueConference,
    EmergingIssue,
    EventRecord,
    FriendlyGovAssessment,
    Oversight,
    SkilledMobilisationModel,
    StudyConference,
    TrainingCourse,
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


def count(where: Q) -> models.Expression:
    """Count matching rows."""
    return Count("pk", filter=where)


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


def highest(column: str | None) -> Aggregate:
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


def _rows(origin: Origin, *lines: Any) -> list[Measure]:
    """Return the measures of one origin. A line is code, aggregate, {filter parameter: values}.

    A parameter is a column; values joined by commas are alternatives. "led_by" and "status" of issues
    have their own columns.
    """
    return [
        Measure(code, origin, aggregate, _where(origin, query), tuple(query.items()))
        for code, aggregate, query in lines
    ]


def _where(origin: Origin, query: dict[str, str]) -> Q:
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


_HEADS = {"led_by": "secretary,chairman"}
_SIX = ",".join(Oversight.ORGANISATIONS)
_BOARDS = ",".join(Oversight.BOARDS)
_SETTLED = {"status": "resolved"}
_FAITH = {"field": "religion,ethnicity"}


def _reception(receiver: str, kind: str) -> dict[str, str]:
    return {"receiver": receiver, "kind": kind}


def _led(kind: str, lead: str) -> dict[str, str]:
    return {"kind": kind, "lead": lead}


ALL: list[Measure] = [
    *_rows(
        _found(StudyConference),
        ("QT02", count, {}),
        ("QT03", count, {"form": "direct"}),
        ("QT04", count, {"form": "online,hybrid"}),
        ("QT05", count, {"form": "embedded"}),
        ("QT06", sum_of("attendees"), {}),
    ),
    *_rows(
        _ISSUES,
        ("TH02", count, {}),
        ("TH03", count, _SETTLED),
        ("TH04", count, {"status": "new,running"}),
        ("TH05", count, {"status": "passed_on"}),
        ("TH07", count, {"severity": "complex,crowd"}),
        ("DC13", count, {"field": "democracy"}),
        ("TG04", count, _FAITH),
        ("TG05", count, {**_FAITH, **_SETTLED}),
    ),
    *_rows(
        _found(DialogueConference),
        ("DT01", count, {"led_by": "secretary"}),
        ("DT02", count, {"led_by": "chairman"}),
        ("DT03", count, _HEADS),
        ("DT04", count, {**_HEADS, "kind": "regular"}),
        ("DT05", count, {**_HEADS, "kind": "ad_hoc,thematic"}),
        ("DT06", sum_of("attendees"), _HEADS),
        ("DT07", sum_of("opinions"), _HEADS),
        ("DT08", sum_of("answered"), _HEADS),
        ("DT09", sum_of("resolved_later"), _HEADS),
        ("DT10", sum_of("pending"), _HEADS),
        ("DT12", count, {**_HEADS, "ket_luan": "1"}),
    ),
    *_rows(
        _found(CitizenReception),
        ("TD01", different("start_date"), _reception("secretary", "regular")),
        ("TD02", count, _reception("secretary", "ad_hoc")),
        ("TD03", different("start_date"), _reception("chairman", "regular")),
        ("TD04", count, _reception("chairman", "ad_hoc")),
        ("TD05", sum_of("people"), {}),
        ("TD06", sum_of("complaints", "denunciations", "petitions"), {}),
        ("TD07", sum_of("complaints"), {}),
        ("TD08", sum_of("denunciations"), {}),
        ("TD09", sum_of("petitions"), {}),
        ("TD10", sum_of("within_competence"), {}),
        ("TD11", sum_of("resolved"), {}),
    ),
    *_rows(
        _found(SkilledMobilisationModel),
        ("DV01", count, {}),
        ("DV02", count, {"type": "collective"}),
        ("DV03", count, {"type": "individual"}),
        ("DV04", count, {"field": "economy"}),
        ("DV05", count, {"field": "culture"}),
        ("DV06", count, {"field": "defence"}),
        ("DV07", count, {"field": "party"}),
    ),
    *_rows(
        _RECOGNITIONS,
        ("DV09", count, {"cn_cap": Level.PROVINCE.value}),
        ("DV10", count, {"cn_cap": Level.DISTRICT.value}),
        ("DV11", count, {"cn_cap": Level.COMMUNE.value}),
        ("DV12", count, {"type": "collective"}),
        ("DV13", count, {"type": "individual"}),
    ),
    *_rows(_REPLICATED, ("DV14", count, {})),
    *_rows(
        _found(FriendlyGovAssessment),
        ("CQ01", highest(None), {}),
        ("CQ02", highest("rating"), {}),
        ("CQ08", sum_of("surveys"), {}),
        ("CQ09", sum_of("satisfied"), {}),
    ),
    *_rows(
        _found(DemocracyConference),
        ("DC02", different("entity_key"), {"kind": "staff"}),
        ("DC05", different("entity_key"), {"kind": "workers"}),
        ("DC07", different("entity_key"), {"kind": "workplace"}),
        ("DC10", different("entity_key"), {"kind": "community"}),
    ),
    *_rows(
        _found(Oversight),
        ("GS01", count, _led("oversight", _SIX)),
        *((f"GS01.{lead}", count, _led("oversight", lead)) for lead in Oversight.ORGANISATIONS),
        ("GS02", count, _led("critique", _SIX)),
        *((f"GS02.{lead}", count, _led("critique", lead)) for lead in Oversight.ORGANISATIONS),
        ("GS03", sum_of("drafts"), {"kind": "critique"}),
        ("GS04", sum_of("recommendations"), {}),
        ("GS05", sum_of("accepted"), {}),
        ("GS07", count, _led("oversight", "HDND,SECTOR")),
        ("GS09", count, _led("oversight", "TTND")),
        ("GS11", count, _led("oversight", "GSDTCD")),
        ("GS12", sum_of("violations"), {"lead": _BOARDS}),
        ("GS13", sum_of("amount", decimal=True), {}),
    ),
    *_rows(
        _found(TrainingCourse),
        ("TP01", count, {"organiser": "board"}),
        ("TP02", sum_of("participants"), {"organiser": "board"}),
        ("TP03", count, {"organiser": "front,organisation"}),
        ("TP04", sum_of("participants"), {"organiser": "front,organisation"}),
        ("TP05", count, {"organiser": "government"}),
        ("TP06", sum_of("participants"), {"organiser": "government"}),
    ),
]
MEASURES: dict[str, Measure] = {measure.code: measure for measure in ALL}
