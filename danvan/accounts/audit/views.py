"""The audit pages: who changed what, who came and was refused; for superusers and, in their area, boards."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from django_filters.views import FilterView

from danvan.accounts.audit.events import describe_event
from danvan.accounts.audit.filters import AuditFilter, SecurityFilter
from danvan.accounts.audit.writing import ACTION_LABELS, SOURCE_LABELS, changes_of
from danvan.accounts.jobs.pages import is_long, later
from danvan.accounts.models import User
from danvan.accounts.models.trail import AuditEntry, SecurityEvent, role_in_words
from danvan.accounts.requests import PersonRequest, person
from danvan.accounts.rights import Action
from danvan.common import excel
from danvan.common.db.replica import may_lag
from danvan.common.db.streaming import streamed
from danvan.common.excel import DATE_TIME
from danvan.common.own_lists import SEEN, OwnList, own_list
from danvan.common.paging import Listing
from danvan.common.sheets.columns import Column
from danvan.common.words import EMPTY

EXPORT_LIMIT = 50_000
ROWS_AT_ONCE = 10_000  # written within the request: about three seconds
NEWEST_FIRST = "-id"
FOLDED = 4  # an entry with more changes shows the first three and folds the rest


def expect_auditor(user: User) -> None:
    """Raise PermissionDenied unless the rights table lets `user` read the trail."""
    user.require(Action.VIEW_AUDIT, "Chỉ các ban dân vận và quản trị viên được xem nhật ký.")


# Heading, width and what fills a cell: a function of the described row, or its key.
LogColumn = tuple[str, float, str | Callable[[Any], Any]]


@method_decorator(may_lag, name="dispatch")
class AuditorView(FilterView):
    """A filtered log for auditors alone, as a page or (`as_file`) as the workbook `title` of `columns`.

    An invalid filter shows nothing, never everything. The rows of `model` are scoped and have
    `with_names`; `described` turns one into what a line shows. The page has columns of its own: the time,
    and those of `shown`, each with the headings of the workbook it tells, its own first. `plain` ones are not
    usual, and written as in the workbook.
    """

    strict = True
    as_file = False
    title: str
    place: str
    columns: Sequence[LogColumn]
    shown: dict[str, tuple[str, ...]]
    plain: tuple[str, ...] = ()
    described: Callable[[Any], dict]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        expect_auditor(person(request))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.as_file:
            return super().get(request, *args, **kwargs)
        rows = self.get_filterset(self.get_filterset_class()).rows()
        if is_long(request, rows[:EXPORT_LIMIT], ROWS_AT_ONCE):
            return later(request, f"Tải {self.title.lower()} ra Excel", Action.VIEW_AUDIT)
        columns = self.told_by(self.own.columns if SEEN in request.GET else self.shown)
        heads = [
            Column(heading, width, "" if at else DATE_TIME)
            for at, (heading, width, _) in enumerate(columns)
        ]
        sheet = excel.Sheet("Nhật ký", heads, self.lines(rows, columns))
        name = f"{self.title} {timezone.localdate():%d-%m-%Y}"
        return excel.download(name, lambda file: excel.stream_rows(file, sheet))

    @cached_property
    def own(self) -> OwnList:
        """The log as its reader likes it."""
        choices = [(name, headings[0]) for name, headings in self.shown.items()]
        usual = [name for name in self.shown if name not in self.plain]
        return own_list(self.request, self.place, choices, usual)

    def told_by(self, names: Iterable[str]) -> list[LogColumn]:
        """Return the columns of the workbook that tell what the columns `names` of the page do, in order."""
        headings = {
            self.columns[0][0],
            *(heading for name in names for heading in self.shown[name]),
        }
        return [column for column in self.columns if column[0] in headings]

    def get_queryset(self) -> QuerySet:
        return self.model.objects.visible_to(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Listing(self.object_list, NEWEST_FIRST).page(self.request.GET)
        lines = [self.described(row) for row in page.rows]
        known = people_known(self.request.user, page.rows)
        plain = self.told_by(name for name in self.own.columns if name in self.plain)[1:]
        for line in lines:
            line["plain"] = [filled(column, line) for column in plain]
        told = {"own": self.own, "plain": [heading for heading, *_ in plain]}
        return super().get_context_data(page=page, lines=lines, known=known, **told, **kwargs)

    def lines(self, rows: Any, columns: Sequence[LogColumn]) -> Iterator[tuple]:
        """Yield the newest 50,000 of `rows` for the sheet; a last line tells of others."""
        for number, row in enumerate(streamed(rows.with_names()[: EXPORT_LIMIT + 1], 500)):
            if number == EXPORT_LIMIT:
                told = (
                    f"Chỉ gồm {number} dòng mới nhất. Vui lòng lọc theo ngày để tải phần còn lại."
                )
                yield (None, told, *[""] * (len(columns) - 2))
                return
            said = self.described(row)
            yield tuple(filled(column, said) for column in columns)


def filled(column: LogColumn, line: dict) -> Any:
    """Return the cell of `column` in the described `line`."""
    fill = column[2]
    return line[fill] if isinstance(fill, str) else fill(line)


def people_known(user: User, rows: Iterable[Any]) -> set[int]:
    """Return who of the people named in `rows` has a history that `user` may open."""
    named = {pk for row in rows for pk in (row.actor_id, getattr(row, "user_id", None)) if pk}
    return set(User.objects.visible_to(user).filter(pk__in=named).values_list("pk", flat=True))


def described(entry: AuditEntry) -> dict:
    """Return one entry as the page and the sheet show it."""
    model = entry.content_type.model_class()
    changes = changes_of(entry)
    folds = len(changes) > FOLDED
    return {
        "at": entry.timestamp,
        "who": str(entry.actor) if entry.actor else "Hệ thống",
        "who_pk": entry.actor_id,
        "who_unit": entry.actor_unit,
        "who_role": role_in_words(entry.actor_role),
        "action": ACTION_LABELS.get(entry.action, ""),
        "kind": capfirst(model._meta.verbose_name) if model else "",
        "what": entry.object_repr,
        "unit": entry.unit.place_name if entry.unit else "",
        "source": SOURCE_LABELS.get(entry.source, entry.source),
        "address": entry.remote_addr or "",
        "request_id": entry.cid or "",
        "changes": changes,
        "first": changes[: FOLDED - 1] if folds else changes,
        "rest": changes[FOLDED - 1 :] if folds else [],
    }


def event_line(event: SecurityEvent) -> dict:
    """Return one security event as the page and the sheet show it."""
    return {"event": event, "detail": describe_event(event)}


def _told(line: dict) -> str:
    changes = line["changes"]
    return "; ".join(f"{label}: {old or EMPTY} → {new or EMPTY}" for label, old, new in changes)


class AuditView(AuditorView):
    """Changes of rows, newest first."""

    model = AuditEntry
    template_name = "accounts/audit.html"
    filterset_class = AuditFilter
    described = staticmethod(described)
    title = "Nhật ký thay đổi"
    place = "log-changes"
    columns = (
        *(("Lúc", 18, "at"), ("Người thực hiện", 24, "who"), ("Đơn vị khi đó", 28, "who_unit")),
        *(("Vai trò khi đó", 20, "who_role"), ("Việc", 10, "action"), ("Loại dữ liệu", 20, "kind")),
        *(("Đối tượng", 36, "what"), ("Thuộc đơn vị", 28, "unit"), ("Nội dung", 60, _told)),
        *(("Nguồn", 16, "source"), ("Địa chỉ mạng", 16, "address")),
        ("Mã yêu cầu", 34, "request_id"),
    )
    shown = {
        "who": ("Người thực hiện", "Đơn vị khi đó", "Vai trò khi đó", "Nguồn"),
        "action": ("Việc",),
        "what": ("Đối tượng", "Loại dữ liệu", "Thuộc đơn vị"),
        "changes": ("Nội dung",),
        "address": ("Địa chỉ mạng",),
        "request": ("Mã yêu cầu",),
    }
    plain = ("address", "request")


class SecurityLogView(AuditorView):
    """Logins, refusals, changes of accounts, exports and imports, newest first."""

    model = SecurityEvent
    template_name = "accounts/security_log.html"
    filterset_class = SecurityFilter
    described = staticmethod(event_line)
    title = "Nhật ký bảo mật"
    place = "log-security"
    columns = (
        ("Lúc", 18, lambda line: line["event"].at),
        ("Tài khoản", 24, lambda line: line["event"].username),
        ("Đơn vị", 28, lambda line: unit.place_name if (unit := line["event"].unit) else ""),
        ("Việc", 24, lambda line: line["event"].get_kind_display()),
        ("Chi tiết", 40, "detail"),
        ("Người thực hiện", 24, lambda line: str(line["event"].actor or "")),
        ("Địa chỉ mạng", 16, lambda line: line["event"].address or ""),
        ("Trang", 40, lambda line: line["event"].path),
        ("Mã yêu cầu", 34, lambda line: line["event"].request_id),
    )
    shown = {
        "what": ("Việc", "Chi tiết"),
        "account": ("Tài khoản", "Đơn vị"),
        "who": ("Người thực hiện",),
        "address": ("Địa chỉ mạng",),
        "page": ("Trang",),
        "request": ("Mã yêu cầu",),
    }
    plain = ("request",)


@require_safe
@may_lag
def user_history(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Everything about one account: what was done to it, what it did, where it logged in."""
    person = get_object_or_404(
        User.objects.visible_to(request.user).select_related("unit__parent"), pk=pk
    )
    expect_auditor(request.user)
    entries = AuditEntry.objects.visible_to(request.user)
    about = entries.filter(
        content_type__app_label="accounts", content_type__model="user", object_id=pk
    )
    done = Listing(entries.filter(actor=person), NEWEST_FIRST).page(request.GET)
    events = SecurityEvent.objects.visible_to(request.user).filter(user=person)
    context = {
        "person": person,
        "about": [described(entry) for entry in about.with_names()[:50]],
        "done": [described(entry) for entry in done.rows],
        "known": set(),  # the person's own pages would lead back here
        "page": done,
        "events": [event_line(event) for event in events.with_names()[:50]],
    }
    return render(request, "accounts/user_history.html", context)
