"""The texts of all units below, and the headings they stand under."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from danvan.accounts.rights import Person
from danvan.common.db.search import with_words
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import tree_order
from reports.models import GatheredText, Indicator, State, Value, ValueType
from reports.models.gathered import GatheredTextQuerySet
from reports.models.period import COUNTED_KINDS

_BETWEEN = re.compile(r"(?<=[.!?…;])\s+|\s*\n\s*")


@dataclass(frozen=True)
class TextScope:
    """Whose draft it is, and over which years."""

    unit: AdministrativeUnit
    first_year: int
    last_year: int

    def pieces(self, user: Person) -> GatheredTextQuerySet:
        """Return what was taken over so far."""
        rows = GatheredText.objects.visible_to(user)
        return rows.of(self.unit, self.first_year, self.last_year)

    def headings(self) -> dict[str, str]:
        """Return the labels of the texts that are asked in these years, by code, in order. One query."""
        asked = Indicator.objects.filter(
            value_type=ValueType.TEXT,
            catalogue__periods__kind__in=COUNTED_KINDS,
            catalogue__periods__year__range=(self.first_year, self.last_year),
        )
        rows = asked.order_by("section__order", "order", "catalogue__year")
        return dict(rows.values_list("code", "label"))

    def sources(self, user: Person, states: Iterable[str]) -> QuerySet[Value]:
        """Return the texts of reports in `states`, annotated with `used`: something was made of them."""
        taken = self.pieces(user).filter(
            report=OuterRef("report"), heading=OuterRef("indicator__code")
        )
        units = AdministrativeUnit.objects.covered_by(self.unit.with_predecessors())
        rows = Value.objects.visible_to(user).filter(
            report__unit__in=units.values("pk"),
            report__state__in=list(states),
            report__period__kind__in=COUNTED_KINDS,
            report__period__year__range=(self.first_year, self.last_year),
            indicator__value_type=ValueType.TEXT,
        )
        return rows.exclude(text="").annotate(used=Exists(taken))


SOURCE_STATES = {
    "": (State.SUBMITTED, State.APPROVED),
    "approved": (State.APPROVED,),
    "all": tuple(State),
}


def counts_by_heading(sources: QuerySet[Value]) -> dict[str, tuple[int, int]]:
    """Return, by the code of the heading, how many texts there are and how many nobody used. One query."""
    rows = sources.order_by().values_list("indicator__code")
    counted = rows.annotate(found=Count("pk"), unused=Count("pk", filter=Q(used=False)))
    return {code: (all_of_it, unused) for code, all_of_it, unused in counted}


def listed(sources: QuerySet[Value], heading: str, words: str, *, unused: bool) -> QuerySet[Value]:
    """Return the texts under `heading` in the order of the units; of units whose name has `words`."""
    rows = with_words(
        sources.filter(indicator__code=heading), words, "report__unit__name_search__contains"
    )
    if unused:
        rows = rows.filter(Q(used=False))
    order = ("report__period__start", tree_order("report__unit"))
    return rows.select_related("report__unit__parent", "report__period").order_by(*order)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text`, to be chosen from."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def stamp(text: str) -> str:
    """Return a short mark of `text`: what a person chose from is what is taken."""
    return sha256(text.encode()).hexdigest()[:16]
