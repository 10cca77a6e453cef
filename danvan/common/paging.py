"""Pages of long lists whose cost does not grow with the list.

The whole is never counted: counting stops at MAX_ROWS, and the totals of a list that fits are taken in
the same query. Rows of a page are found by key in the index first, then fetched with their names.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import Count, QuerySet, Sum

PAGE_SIZE = 50
MAX_ROWS = 2_000


class BoundedPaginator(Paginator):
    """A Paginator over at most MAX_ROWS rows; `more` says that there are others behind them.

    `totals` are the sums of `summed` columns over all rows, None while there are more rows than counted.
    """

    def __init__(self, rows: QuerySet, summed: Iterable[str] = (), *, per_page: int = PAGE_SIZE):
        super().__init__(rows, per_page)
        head = rows.order_by()[: MAX_ROWS + 1]
        sums = {f"sum_{name}": Sum(name) for name in summed}
        found = head.aggregate(n=Count("pk"), **sums)
        self.more = found["n"] > MAX_ROWS
        self.count = min(found["n"], MAX_ROWS)
        self.totals = None if self.more else {name: found[f"sum_{name}"] for name in summed}

    def page_or_last(self, number):
        """Return the page `number`; the first for nonsense, the last for one too high."""
        try:
            return self.page(number)
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(self.num_pages)

    def page(self, number):
        """Return a page whose rows are fetched by the keys that the index gave."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = self.object_list.values("pk")[start : min(start + self.per_page, self.count)]
        rows = self.object_list.model._default_manager.filter(pk__in=keys)
        rows = rows.order_by(*(self.object_list.query.order_by or rows.model._meta.ordering))
        return self._get_page(rows.with_names(), number, self)


def sums_of(rows: QuerySet, summed: Iterable[str]) -> dict:
    """Return the sums of `summed` over all `rows`, however many: asked for, never by itself."""
    return rows.order_by().aggregate(**{name: Sum(name) for name in summed})
