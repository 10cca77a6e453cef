"""Pages of long lists whose cost does not grow with the list.

The keys are read once, at most MAX_ROWS of them. A list that fits is short: counted, added up, its pages
numbered. A longer one is walked: a page begins behind a row (`sau`) or ends before one (`truoc`), found in
the index of the order, so that the last page costs what the first does and every row can be reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page as NumberedPage
from django.core.paginator import Paginator
from django.db.models import Count, F, Field, QuerySet, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import QueryDict

PAGE_SIZE = 50
MAX_ROWS = 2_000
WHOLE = "in"  # of the address: a short list on one page, to be printed


def nearest_page(rows: Any, size: int, asked: str | None, count: int | None = None) -> NumberedPage:
    """Return the page of `rows` an address asks for: beyond the end the last, anything else the first.

    Every numbered list asks here; `rows` is what a Paginator takes, `count` their number where it is known.
    """
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.__dict__["count"] = count
    return paginator.page(nearest_number(asked, paginator.num_pages))


def nearest_number(asked: str | None, last: int) -> int:
    """Return the number of the page nearest to the one asked for, 1 for nonsense."""
    typed = (asked or "").strip()
    if typed == "last":  # an address of Django's own lists
        return last
    return min(max(int(typed[:9]), 1), last) if typed.isascii() and typed.isdigit() else 1


@dataclass(frozen=True)
class Page:
    """The rows of one page. `previous` and `next` are the query strings of those beside it, "" for none.

    `number` and `last` are 0 on the pages of a list too long to be numbered.
    """

    rows: list
    previous: str = ""
    next: str = ""
    number: int = 0
    last: int = 0


@dataclass(frozen=True)
class Place:
    """Where a row stands in an order: its value there, None for a blank, and its key."""

    value: object
    pk: int

    def __str__(self) -> str:
        return f"{'' if self.value is None else self.value}.{self.pk}"

    @classmethod
    def read(cls, text: str, column: Field) -> Place | None:
        """Return the place that an address names, None for nonsense."""
        typed, _, pk = text.rpartition(".")
        try:
            value = column.clean(typed, None) if typed else None
        except ValidationError:
            return None
        known = pk.isdecimal() and len(pk) < 19 and (value is not None or column.null)
        return cls(value, int(pk)) if known else None


class Listing:
    """`rows` in an order: a column, "-" before it for downwards; the key decides between equals.

    Blanks come last in both directions, on every database. `count` is exact unless `more`; `totals` are the
    sums of `summed`, a column without any number left out. With `whole` a long list is counted and added up
    to its end: the one thing whose cost grows with it, so it must be asked for.
    """

    def __init__(
        self, rows: QuerySet, order: str, summed: Iterable[str] = (), *, whole: bool = False
    ) -> None:
        summed = list(summed)
        self.rows, self.name, self.downwards = rows, order.removeprefix("-"), order.startswith("-")
        self.column = rows.model._meta.get_field(self.name)
        found = list(rows.order_by().values_list("pk", *summed)[: MAX_ROWS + 1])
        self.is_short = len(found) <= MAX_ROWS
        self.keys = [key for key, *_ in found] if self.is_short else []
        self.count, self.more, self.totals = min(len(found), MAX_ROWS), not self.is_short, None
        if self.is_short:
            columns = list(zip(*found, strict=True))[1:]
            numbers = [[number for number in column if number is not None] for column in columns]
            sums = [sum(column) if column else None for column in numbers] or [None] * len(summed)
            self.totals = dict(zip(summed, sums, strict=True))
        elif whole:
            self.totals = rows.order_by().aggregate(
                all_rows=Count("pk"), **{name: Sum(name) for name in summed}
            )
            self.count, self.more = self.totals.pop("all_rows"), False

    def ordered(self) -> QuerySet:
        """Return all rows in the order, blanks last."""
        return self._in_order(self.rows)

    def _in_order(self, rows: QuerySet) -> QuerySet:
        value = F(self.name)
        sort = value.desc if self.downwards else value.asc
        return rows.order_by(sort(nulls_last=True), "-pk" if self.downwards else "pk")

    def page(self, asked: QueryDict, ranked: Any = lambda rows: rows) -> Page:
        """Return the page an address asks for, a near one for nonsense. `ranked` may reorder a short list."""
        return self._numbered(asked, ranked) if self.is_short else self._walked(asked)

    def _numbered(self, asked: QueryDict, ranked: Any) -> Page:
        # What is printed holds every row.
        size = max(self.count, 1) if WHOLE in asked else PAGE_SIZE
        last = max(1, -(-self.count // size))
        number = nearest_number(asked.get("page"), last)
        rows = self.rows.model._default_manager.filter(pk__in=self.keys)
        rows = ranked(self._in_order(rows))
        shown = rows.with_names()[(number - 1) * size : number * size]
        return Page(
            list(shown),
            _address(asked, page=number - 1) if number > 1 else "",
            _address(asked, page=number + 1) if number < last else "",
            number,
            last,
        )

    def _walked(self, asked: QueryDict) -> Page:
        place = Place.read(asked.get("truoc") or asked.get("sau", ""), self.column)
        back = place is not None and bool(asked.get("truoc"))
        rows = self._beside(place, back)
        beyond = place is not None and not back and not rows
        if beyond:
            back, rows = True, self._beside(None, True)  # behind the end: the last page
        elif place and back and len(rows) <= PAGE_SIZE:
            place, back = None, False  # near the beginning: the first page
            rows = self._beside(None, back)
        further, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
        rows = rows[::-1] if back else rows
        ends = [str(Place(getattr(row, self.name), row.pk)) for row in (rows[0], rows[-1])]
        return Page(
            rows,
            _address(asked, truoc=ends[0]) if place else "",
            _address(asked, sau=ends[1]) if (back or further) and not beyond else "",
        )

    def _beside(self, place: Place | None, back: bool) -> list:
        """Return a page and one row more behind `place` (before it, with `back`), nearest first.

        Rows with a value and blanks are two stretches, each in the order of an index. Rows are found by
        key there first, then fetched with their names.
        """
        stretches = [True, False] if self.column.null else [True]
        if back:
            stretches.reverse()
        if place:
            stretches = stretches[stretches.index(place.value is not None) :]
        found: list = []
        for valued in stretches:
            rows = self._stretch(valued, place, self.downwards != back)
            keys = rows.values("pk")[: PAGE_SIZE + 1 - len(found)]
            named = rows.model._default_manager.filter(pk__in=keys).with_names()
            found += named.order_by(*rows.query.order_by)
            if len(found) > PAGE_SIZE:
                break
            place = None  # the second stretch begins at its beginning
        return found

    def _stretch(self, valued: bool, place: Place | None, downwards: bool) -> QuerySet:
        """Return the rows with a value (or the blanks) behind `place`, in order."""
        sign = "-" if downwards else ""
        if not valued:
            rows = self.rows.filter(**{f"{self.name}__isnull": True}).order_by(f"{sign}pk")
            behind = "pk__lt" if downwards else "pk__gt"
            return rows.filter(**{behind: place.pk}) if place else rows
        rows = self.rows.order_by(f"{sign}{self.name}", f"{sign}pk")
        if place:
            compare, at = (TupleLessThan, "lte") if downwards else (TupleGreaterThan, "gte")
            # The plain bound is for SQLite, to which Django spells the pair out as an OR: no index serves that.
            return rows.filter(
                compare(Tuple(self.name, "pk"), (place.value, place.pk)),
                **{f"{self.name}__{at}": place.value},
            )
        return rows.filter(**{f"{self.name}__isnull": False}) if self.column.null else rows


def _address(asked: QueryDict, **step: Any) -> str:
    """Return the query string `asked` with another page."""
    query = asked.copy()
    for name in ("page", "sau", "truoc"):
        query.pop(name, None)
    query.update({name: str(value) for name, value in step.items()})
    return f"?{query.urlencode()}"
