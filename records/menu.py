"""The rail's record menu: nine kinds with this year's counts, in one query per page."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import IntegerField, Subquery
from django.urls import reverse
from django.utils.module_loading import import_string

from danvan.accounts.models import Job
from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.numbers import format_number
from records.kinds import KINDS, RecordKind
from records.years import span_of, working_year, year_spans

MOST = 1_000  # counting stops here: the menu must not cost more in a province with many records


class _CountOf(Subquery):
    """The number of rows of a subquery, itself limited."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class KindCount:
    """How many records of a kind the person sees in the working year; `text` says "1.000+" beyond."""

    kind: RecordKind
    number: int
    year: int

    @property
    def url(self) -> str:
        """The address of the list of just these records."""
        return f"{reverse('records:list', args=[self.kind])}?nam={self.year}"

    @property
    def text(self) -> str:
        return f"{format_number(MOST)}+" if self.number > MOST else format_number(self.number)


def year_counts(request: PersonRequest) -> tuple[int, list[KindCount]]:
    """Return the working year and the nine counts, read once per request.

    The unread notices are counted with them (`request.unread`; settings.RECORD_NEWS says which they are), and
    the own jobs that ended unseen or are not done yet.
    """
    if not hasattr(request, "record_counts"):
        spans = getattr(request, "year_spans", None) or year_spans()
        request.year_spans, year = spans, working_year(spans)
        start, end = span_of(year, spans)
        counts = {}
        for kind in KINDS:
            rows = kind.model.objects.visible_to(request.user).between(start, end).order_by()
            counts[f"n_{kind.model.__name__.lower()}"] = _CountOf(rows.values("pk")[: MOST + 1])
        for at, rows in enumerate(import_string(settings.RECORD_NEWS)(request.user)):
            counts[f"news_{at}"] = _CountOf(rows.order_by().values("pk")[: MOST + 1])
        jobs = Job.objects.visible_to(request.user).order_by()
        counts |= {
            "jobs_done": _CountOf(jobs.told().values("pk")),
            "jobs_open": _CountOf(jobs.open().values("pk")),
        }
        me = get_user_model().objects.filter(pk=request.user.pk).order_by()
        numbers = me.annotate(**counts).values_list(*counts).get()
        found = [
            KindCount(kind, number, year) for kind, number in zip(KINDS, numbers, strict=False)
        ]
        *request.unread, request.jobs_done, request.jobs_open = numbers[len(found) :]
        request.record_counts = year, found
    return request.record_counts


def record_lines(request: PersonRequest) -> list[dict]:
    """Return the menu lines of the nine kinds, as danvan/navigation.py makes them."""
    if not request.user.can(Action.VIEW):
        return []
    year, counts = year_counts(request)
    group = f"Hồ sơ công tác {year}"
    return [
        {"label": count.kind.menu, "url": count.url, "group": group, "count": count.text}
        for count in counts
    ]
