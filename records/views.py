"""Pages of the nine kinds. What is generic stands in danvan/common/views.py, what differs in kinds.py."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic import TemplateView
from django_filters.views import FilterView

from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common.handbook.why import Why, kind_of_error
from danvan.common.numbers import format_number, read_id
from danvan.common.own_lists import OwnList, own_list
from danvan.common.paging import Listing
from danvan.common.text import clean_line, search_key
from danvan.common.views import ScopedDetailView, ScopedView
from records.files import attachments
from records.filters import FILTERS
from records.history import deletion_of, history_of
from records.kinds import RecordKind
from records.locks import lock_of
from records.menu import year_counts
from records.models import EventRecord
from records.models.attachment import files_of
from records.services import StaleRecord, delete_record, delete_records
from records.shown import (
    column_choices,
    feeds_of,
    groups_of,
    headings,
    other_totals,
    shown_row,
    total_cells,
)
from records.years import year_of, year_spans

BULK_LIMIT = 500
CAME_FROM = "ds"


class KindMixin(ScopedView):
    """Takes the kind from the address, and from which list the person came."""

    @property
    def kind(self) -> RecordKind:
        return self.kwargs["kind"]

    @property
    def model(self) -> type[EventRecord]:
        return self.kind.model

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_enter = self.request.user.can(Action.ENTER_RECORD)
        known = {"kind": self.kind, "can_enter": can_enter, "came_from": self.came_from}
        known |= {"carry": self.carry, "list_url": self.list_url}
        return super().get_context_data(**{**kwargs, **known})

    @cached_property
    def came_from(self) -> str:
        """The filters, order and page of the list the person came from, as a query string."""
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        return QueryDict(asked.get(CAME_FROM, "")[:1000]).urlencode()

    @property
    def carry(self) -> str:
        """The query string by which the next page knows that list as well; "" for a list without any."""
        return f"?{urlencode({CAME_FROM: self.came_from})}" if self.came_from else ""

    @property
    def list_url(self) -> str:
        """The address of the list as the person left it."""
        url = reverse("records:list", args=[self.kind])
        return f"{url}?{self.came_from}" if self.came_from else url

    @cached_property
    def lock(self) -> Any:
        """The lock on the record of the address, None while it may be changed."""
        return lock_of(self.object)


class StartView(ScopedView, TemplateView):
    """Quick entry: nine tiles with this year's counts."""

    template_name = "records/start.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.require_right()
        year, counts = year_counts(self.request)
        can_enter = person(self.request).can(Action.ENTER_RECORD)
        return super().get_context_data(year=year, counts=counts, can_enter=can_enter, **kwargs)


class RecordListView(KindMixin, FilterView):
    """The list of one kind: filtered, sorted by day or by the kind's number, paged.

    The kind's totals are added up with the count while the list is short; else on request (?tong=1).
    """

    template_name = "records/list.html"
    strict = True

    @cached_property
    def came_from(self) -> str:
        """The list itself: what its rows lead to comes back here."""
        return self.request.GET.urlencode()

    def get_queryset(self) -> QuerySet:
        """Start from what the person may read."""
        self.require_right()
        return self.model.objects.visible_to(self.request.user)

    @property
    def sorts(self) -> dict[str, str]:
        """The whitelist of orders: address value → column, "-" for downwards; the first is the usual one."""
        return {"-ngay": "-start_date", **self.kind.sorts}

    @property
    def order(self) -> str:
        """The order asked for, the usual one where it is not on the whitelist."""
        asked = self.request.GET.get("xep", "")
        return asked if asked in self.sorts else next(iter(self.sorts))

    def ranked(self, rows: Any) -> Any:
        """Words typed with marks: rows that have them so come first, unless an order was asked for."""
        words = clean_line(self.request.GET.get("q", "")).lower()
        if "xep" in self.request.GET or words == search_key(words):
            return rows
        return rows.exact_marks_first(words)

    def get_filterset_class(self) -> type[Any]:
        return FILTERS[self.kind.slug]

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        kind, asked, rows, columns = self.kind, self.request.GET, object_list, self.own.columns
        listing = Listing(rows, self.sorts[self.order], kind.totals, whole="tong" in asked)
        page = listing.page(asked, self.ranked)
        return super().get_context_data(
            object_list=rows,
            listing=listing,
            page=page,
            rows=page.rows,
            totals=listing.totals,
            order=self.order,
            one_unit=self.filterset.one_unit,
            table=[shown_row(kind, row, columns) for row in page.rows],
            headings=headings(kind, self.order, columns),
            total_cells=total_cells(kind, listing.totals, columns),
            other_totals=other_totals(kind, listing.totals, columns),
            own=self.own,
            **kwargs,
        )

    @cached_property
    def own(self) -> OwnList:
        """The list as the person likes it."""
        choices = column_choices(self.kind)
        return own_list(self.request, self.kind.slug, choices, self.kind.columns)


class RecordPage(KindMixin, ScopedDetailView):
    """A page that shows one record in words, with its files."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups, files = groups_of(self.kind, self.object), files_of(self.model, [self.object.pk])
        return super().get_context_data(groups=groups, lock=self.lock, files=files, **kwargs)


class RecordDetailView(RecordPage):
    """One record with what it counts in."""

    template_name = "records/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        return super().get_context_data(
            attach_form=kwargs.pop("attach_form", None) or attachments.AttachForm(),
            may_edit=person(self.request).can(Action.ENTER_RECORD) and self.may_edit(record),
            feeds=feeds_of(record, person(self.request)),
            year=year_of(record.start_date, year_spans()),
            **kwargs,
        )


class HistoryView(KindMixin, ScopedDetailView):
    """Who changed what, when: old and new values."""

    template_name = "records/history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(entries=history_of(self.object), **kwargs)


class RecordDeleteView(RecordPage):
    """Delete one record, after asking."""

    action = Action.ENTER_RECORD
    template_name = "records/delete.html"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete it, or say on the page why not; a second press is told that it is gone already."""
        version = read_id(request.POST.get("version", ""), default=0)
        try:
            name = str(self.object)
            delete_record(self.object, actor=request.user, version=version)
        except Http404:
            if not deletion_of(self.model, kwargs["pk"], request.user):
                raise
            messages.info(request, "Hồ sơ này đã được xóa.")
        except StaleRecord:
            told = "Hồ sơ vừa được người khác sửa, vui lòng xem lại trước khi xóa."
            return self.refuse(told, Why.CONFLICT)
        except ValidationError as error:
            return self.refuse(" ".join(error.messages), kind_of_error(error))
        else:
            messages.success(request, f"Đã xóa “{name}”.")
        return redirect(self.list_url)

    def refuse(self, told: str, why: Why | None) -> HttpResponse:
        return self.render_to_response(self.get_context_data(problem=told, why=why), status=409)


class BulkDeleteView(KindMixin, ScopedView, TemplateView):
    """Delete the ticked rows: first a page that lists them, then what became of each."""

    action = "enter_record"
    http_method_names = ["post"]
    template_name = "records/bulk_delete.html"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_right()
        posted = set(request.POST.getlist("pk"))
        keys = {key for text in posted if (key := read_id(text)) is not None}
        if not keys:
            messages.warning(request, "Vui lòng đánh dấu ít nhất một hồ sơ để xóa.")
            return redirect(self.list_url)
        if len(posted) > BULK_LIMIT:
            told = f"Mỗi lần xóa tối đa {format_number(BULK_LIMIT)} hồ sơ."
            messages.error(request, told, extra_tags=Why.LIMIT)
            return redirect(self.list_url)
        if "confirmed" in request.POST:
            found: Any = delete_records(self.model, keys, actor=request.user)
            shown = {"results": found, "gone": sum(not result.problem for result in found)}
        else:
            found = self.model.objects.editable_by(request.user).filter(pk__in=keys).with_names()
            shown = {"candidates": found}
        missing = len(posted) - len(found)
        return self.render_to_response(self.get_context_data(missing=missing, **shown))
