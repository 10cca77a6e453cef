"""Pages of the nine kinds. What is generic stands in danvan/common/views.py, what differs in kinds.py."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import DecimalField, IntegerField
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic import TemplateView

from danvan.accounts.models import SavedList
from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common.numbers import read_id
from danvan.common.text import clean_line, search_key
from danvan.common.views import (
    ScopedDetailView,
    ScopedFormView,
    ScopedListView,
    ScopedView,
)
from records.days import gap_warning
from records.files import attachments
from records.filters import FILTERS
from records.forms import FORMS, FORMSETS, as_new
from records.history import HistoryLine, deletion_of, history_of
from records.kinds import RecordKind
from records.locks import RecordGone, RecordLocked, lock_of
from records.menu import year_counts
from records.models import EventRecord
from records.models.attachment import files_of
from records.services import (
    Existing,
    StaleRecord,
    save_record,
)
from records.shown import (
    Shown,
    chosen_columns,
    column_choices,
    feeds_of,
    headings,
    other_totals,
    shown_row,
    total_cells,
)
from records.years import year_of, year_spans

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


class RecordListView(KindMixin, ScopedListView):
    """The list of one kind."""

    template_name = "records/list.html"

    @cached_property
    def came_from(self) -> str:
        """The list itself: what its rows lead to comes back here."""
        return self.request.GET.urlencode()

    @property
    def sorts(self) -> dict[str, Any]:  # type: ignore[override]
        return {"-ngay": "-start_date", **self.kind.sorts}

    @property
    def summed(self) -> Any:  # type: ignore[override]
        return self.kind.totals

    def ranked(self, rows: Any) -> Any:
        """Words typed with marks: rows that have them so come first, unless an order was asked for."""
        words = clean_line(self.request.GET.get("q", "")).lower()
        if "xep" in self.request.GET or words == search_key(words):
            return rows
        return rows.exact_marks_first(words)

    def get_filterset_class(self) -> type[Any]:
        return FILTERS[self.kind.slug]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        columns = self.columns
        context["table"] = [shown_row(self.kind, row, columns) for row in context["rows"]]
        context["one_unit"] = context["filter"].one_unit
        context["headings"] = headings(self.kind, self.order, columns)
        context["total_cells"] = total_cells(self.kind, context["totals"], columns)
        context["other_totals"] = other_totals(self.kind, context["totals"], columns)
        context["saved_lists"] = [one for one in self.saved_lists if one.name]
        offered = column_choices(self.kind)
        return {**context, "columns": [(name, label, name in columns) for name, label in offered]}

    @cached_property
    def saved_lists(self) -> list[SavedList]:
        """What the person keeps of this list: under names, and without one what it opens with."""
        return list(SavedList.objects.filter(user=self.request.user, place=self.kind.slug))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns asked for, else those the person chose once, else those of the kind."""
        asked = self.request.GET.getlist("cot")
        if not asked:
            kept = next((one.query for one in self.saved_lists if not one.name), "")
            asked = QueryDict(kept).getlist("cot")
        return chosen_columns(self.kind, asked)


class RecordDetailView(KindMixin, ScopedDetailView):
    """One record with its files."""

    template_name = "records/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        return super().get_context_data(
            shown=Shown(self.kind, record),
            lock=self.lock,
            files=files_of(self.model, [record.pk]),
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


class RecordFormView(KindMixin, ScopedFormView):
    """Create, edit, copy."""

    template_name = "records/form.html"
    kept_for_next = ("unit", "start_date", "kind", "year", CAME_FROM)

    @property
    def form_class(self) -> Any:
        return FORMS[self.kind.slug]

    def prepare(self) -> None:
        """A locked record is shown why, unless its kind may still tell what happened later."""
        super().prepare()
        self.locked = None if self.is_new else self.lock
        if self.locked and not self.model.LATER_FIELDS:
            raise Locked(self.locked.message)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Locked as locked:
            context = self.get_context_data(object=self.object, reason=str(locked))
            return self.response_class(
                request=request, template="records/locked.html", context=context, status=403
            )

    def get_form(self, data: Any = None, **kwargs: Any) -> Any:
        return super().get_form(data, locked=bool(self.locked), **kwargs)

    def copied(self, row: Any) -> Any:
        """Everything but days, counts and numbers of documents."""
        skipped = {"conclusion_number", "decision", "status", "year", "registered_year"}
        values = {}
        for name in self.kind.fields:
            if name == "led_by":
                values[name] = [leader for leader in row.LEADERS if getattr(row, leader)]
            elif name not in skipped and not name.endswith("date"):
                column = self.kind.column(name)
                if column.choices or not isinstance(column, IntegerField | DecimalField):
                    values[name] = column.value_from_object(row)
        return values

    def formset(self, form: Any, data: Any = None) -> Any:
        """Return the child rows of the form, None for kinds without."""
        made = FORMSETS.get(self.kind.slug)
        if made is None:
            return None
        options = {"districts": form.has_districts()}
        return made(data, instance=form.instance, prefix="recognitions", form_kwargs=options)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the generic one, with child rows."""
        try:
            self.prepare()
        except Http404:
            if gone := deletion_of(self.model, kwargs.get("pk", 0), request.user):
                return self.begin_anew(gone)
            raise
        form = self.get_form(request.POST)
        valid = form.is_valid()
        children = self.formset(form, request.POST)
        if children is not None:
            valid = children.is_valid() and valid
        form.children = children
        response = self.attempt(form) if valid else None
        return response or self.show(form, status=422)

    def attempt(self, form: Any) -> Any:
        self.twins = self.twins_of(form) if self.is_new else []
        if self.twins:
            return self.show(form, status=409)
        try:
            return super().attempt(form)
        except Existing as existing:
            messages.info(self.request, "Hồ sơ này đã được lưu, không lưu lần thứ hai.")
            return self.go_on(existing.record)
        except RecordGone:
            pk = self.kwargs["pk"]
            return self.begin_anew(deletion_of(self.model, pk, person(self.request)))
        except StaleRecord as stale:
            self.stale = stale
        except RecordLocked as locked:
            form.add_error(None, locked.messages)
        except ValidationError as error:
            errors = (
                error.message_dict
                if hasattr(error, "error_dict")
                else {NON_FIELD_ERRORS: error.messages}
            )
            for name, texts in errors.items():
                form.add_error(name if name in form.fields else None, texts)
        return None

    def twins_of(self, form: Any) -> list[EventRecord]:
        """Return what is stored with the same unit and key as the new row, but for what was saved anyway."""
        new, posted = form.instance, self.request.POST.getlist("anyway")
        key = {name: getattr(new, name) for name in self.kind.key}
        same = self.model.objects.visible_to(person(self.request)).filter(unit=new.unit, **key)
        known = [pk for text in posted if (pk := read_id(text)) is not None]
        return list(same.exclude(pk__in=known).exclude(token=form.cleaned_data["token"])[:3])

    def begin_anew(self, gone: HistoryLine | None) -> HttpResponse:
        """The row was deleted while its form was open: what was typed may be kept as a new one."""
        del self.kwargs["pk"]
        for known in ("source", "object"):
            vars(self).pop(known, None)
        self.copying = False
        self.prepare()
        form = self.get_form(as_new(self.request.POST))
        form.children = self.formset(form, form.data)
        return self.show(form, status=409, gone=gone, is_gone=True)

    def save(self, form: Any) -> Any:
        record, children = form.instance, form.children
        data = form.cleaned_data
        saved = save_record(
            record,
            actor=person(self.request),
            version=None if self.is_new else data.get("version") or 0,
            token=data.get("token") if self.is_new else None,
            then=children.save if children is not None and children.has_changed() else None,
        )
        for warning in (gap_warning(saved.start_date), *getattr(saved, "warnings", list)()):
            if warning:
                messages.warning(self.request, warning)
        return saved

    def saved_message(self, row: Any) -> str:
        year = year_of(row.start_date, year_spans())
        return f"Đã lưu {self.kind.label_in_text} “{row}”, tính vào năm báo cáo {year}."

    def go_on(self, row: Any) -> HttpResponse:
        """As the generic one, with the list the person came from."""
        if "next" in self.request.POST:
            return super().go_on(row)
        return redirect(row.get_absolute_url() + self.carry)

    def new_url(self) -> Any:
        return reverse("records:create", args=[self.kind])

    def show(self, form: Any, status: Any = 200, **context: Any) -> Any:
        stale = getattr(self, "stale", None)
        if stale:
            context["stale"] = stale.current
            context["stale_last"] = history_of(stale.current, newest=1)
            context["differences"] = form.differences(stale.current)
            form.data = form.data.copy()
            form.data["version"] = stale.current.version
        if not hasattr(form, "children"):
            form.children = self.formset(form)
        unit = form["unit"].value() if self.is_new else self.source.unit_id
        own = person(self.request).unit
        context["lock"], context["twins"] = self.locked, getattr(self, "twins", ())
        context["own_unit"] = own if own and str(unit) == str(own.pk) else None
        return super().show(form, status=status, **context)


class Locked(Exception):  # noqa: N818
    """The record of the address is locked; the message says why."""
