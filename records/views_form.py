"""The form of a record: create, edit, copy, and what to do where the row moved on while it was open."""

import copy
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import DecimalField, IntegerField
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic.base import TemplateResponseMixin

from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common.numbers import read_id
from danvan.common.web import shell
from records.days import gap_warning
from records.forms import FORMS, FORMSETS, as_change, as_new, emptied
from records.history import HistoryLine, deletion_of, history_of
from records.locks import RecordGone
from records.models import EventRecord
from records.services import Existing, StaleRecord, save_record, says_otherwise
from records.views import CAME_FROM, KindMixin
from records.years import year_of

STORED_OTHERWISE = (
    "Hồ sơ này đã được lưu với nội dung khác. Vui lòng sửa ở hồ sơ đã lưu rồi bỏ nội dung này."
)


class Locked(Exception):  # noqa: N818
    """The record of the address is locked; the message says why."""


class RecordFormView(KindMixin, TemplateResponseMixin):
    """Create, edit and copy with one form. Nothing typed is lost: every refusal shows the form again."""

    action = Action.ENTER_RECORD
    template_name = "records/form.html"
    # What "Lưu và nhập tiếp" keeps.
    kept_for_next = ("unit", "start_date", "kind", "year", CAME_FROM)
    copying = False
    twins: list[EventRecord] = []

    @cached_property
    def source(self) -> Any:
        """The row of the address, None on a page that creates one."""
        return self.object if "pk" in self.kwargs else None

    @property
    def is_new(self) -> bool:
        """Return whether a new row will be made."""
        return self.source is None or self.copying

    def prepare(self) -> None:
        """Ask for right and row before anything else.

        Of a locked record it is shown why, unless its kind may still tell what happened later.
        """
        if self.source is None:
            self.require_right()
        self.locked = None if self.is_new else self.lock
        if self.locked and not self.model.LATER_FIELDS:
            raise Locked(self.locked.message)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Locked as locked:
            if self.wants_json:
                return JsonResponse({"told": [str(locked)]}, status=403)
            context = self.get_context_data(object=self.object, reason=str(locked))
            return self.response_class(
                request=request, template="records/locked.html", context=context, status=403
            )

    def get_initial(self) -> dict[str, Any]:
        """Return what the form begins with: of a copy the other row, else what the address asks for."""
        initial = {"token": uuid.uuid4()} if self.is_new else {"version": self.source.version}
        asked = self.request.GET
        begun = {name: asked[name] for name in self.kept_for_next if name in asked}
        return {**(self.copied(self.source) if self.copying else begun), **initial}

    def get_form(self, data: Any = None, row: Any = None) -> Any:
        row = row or (None if self.is_new else self.source)
        options = {"user": self.request.user, "locked": bool(self.locked), "instance": row}
        return FORMS[self.kind.slug](data, initial=self.get_initial(), **options)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        form = self.get_form()
        if not shell.is_asked(request):
            return self.show(form)
        form.children = self.formset(form)
        for one in (form, *(form.children or ())):
            emptied(one)
        return shell.keepable(self.show(form, **shell.frame()), request)

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
        options = {"districts": form.has_districts(), "told": form.told}
        return made(data, instance=form.instance, prefix="recognitions", form_kwargs=options)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Store the form with its child rows and go on, or show it again with everything typed."""
        try:
            self.prepare()
        except Http404:
            if gone := deletion_of(self.model, kwargs.get("pk", 0), request.user):
                return self.begin_anew(gone)
            raise
        if (before := self.sent_before()) and (response := self.answered_again(before)):
            return response
        form, valid = self.judged(request.POST)
        response = self.attempt(form) if valid else None
        return response or self.show(form, status=422)

    def judged(self, posted: Any, row: Any = None) -> tuple[Any, bool]:
        """Return the form with its child rows for what was posted, and whether it may be stored."""
        form = self.get_form(posted, row)
        valid = form.is_valid()
        form.children = self.formset(form, posted)
        if form.children is not None:
            valid = form.children.is_valid() and valid
        return form, valid

    def sent_before(self) -> Any:
        """Return the row as it may stand because this very form was sent before and its answer got lost."""
        posted = self.request.POST
        if not self.is_new:
            version = read_id(posted.get("version", "")) or 0
            return self.source if 0 < version < self.source.version else None
        user = person(self.request)
        try:
            made = self.model.objects.filter(
                token=uuid.UUID(posted.get("token", "")), created_by=user
            )
        except ValueError:
            return None
        return made.visible_to(user).with_names().first()

    def answered_again(self, before: EventRecord) -> Any:
        """Answer a form that was sent before; None where it is to be treated like any other change.

        One that says what is stored gets the answer it missed. One that was corrected since is shown as
        a change of the row that it made.
        """
        form, valid = self.judged(as_change(self.request.POST, before), copy.copy(before))
        children = form.children is not None and form.children.has_changed()
        if valid and not children and not says_otherwise(form.instance, before):
            messages.info(self.request, "Hồ sơ này đã được lưu, không lưu lần thứ hai.")
            return self.go_on(before)
        if not self.is_new:
            return None
        if self.wants_json:
            told = [STORED_OTHERWISE] if valid else self.refusals(form)
            return JsonResponse({"told": told}, status=409 if valid else 422)
        self.source, self.copying = before, False
        differences = form.differences(before)
        return self.show(form, status=409, made=before, differences=differences)

    def attempt(self, form: Any) -> Any:
        """Save and return the way on; None when it was refused (the form carries the reason)."""
        self.twins = self.twins_of(form) if self.is_new else []
        if self.twins:
            return self.show(form, status=409)
        try:
            row = self.save(form)
            year = year_of(row.start_date, form.years)
            told = f"Đã lưu {self.kind.label_in_text} “{row}”, tính vào báo cáo năm {year}."
            messages.success(self.request, told)
            return self.go_on(row)
        except Existing as existing:  # sent twice at one moment
            return self.answered_again(existing.record)
        except RecordGone:
            pk = self.kwargs["pk"]
            return self.begin_anew(deletion_of(self.model, pk, person(self.request)))
        except StaleRecord as stale:
            self.stale = stale
        except ValidationError as error:
            for name, errors in error.update_error_dict({}).items():
                form.add_error(name if name in form.fields else None, errors)
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

    def go_on(self, row: Any) -> HttpResponse:
        """Return the redirect after saving: the row, or an empty form that keeps what repeats."""
        if self.wants_json:
            told = [str(message) for message in messages.get_messages(self.request)]
            return JsonResponse({"saved": row.get_absolute_url(), "told": told})
        if "next" not in self.request.POST:
            return redirect(row.get_absolute_url() + self.carry)
        posted = self.request.POST
        kept = {name: posted[name] for name in self.kept_for_next if posted.get(name)}
        return redirect(f"{reverse('records:create', args=[self.kind])}?{urlencode(kept)}")

    def refusals(self, form: Any, is_gone: bool = False, **context: Any) -> list[str]:
        """Return in words why `form` was not stored, for a page that does not show the form."""
        if is_gone:
            return ["Hồ sơ này vừa bị xóa."]
        if hasattr(self, "stale"):
            return ["Người khác vừa sửa hồ sơ này."]
        if self.twins:
            return ["Đã có hồ sơ giống hồ sơ này."]
        forms = (form, *(getattr(form, "children", None) or ()))
        return [
            f"{one.fields[name].label}: {text}" if name in one.fields else text
            for one in forms
            for name, texts in one.errors.items()
            for text in texts
        ]

    @property
    def wants_json(self) -> bool:
        """Return whether a script sends what was kept while there was no line."""
        return self.request.headers.get("Accept") == "application/json"

    def show(self, form: Any, status: Any = 200, **context: Any) -> Any:
        stale = getattr(self, "stale", None)
        if self.wants_json:
            return JsonResponse({"told": self.refusals(form, **context)}, status=status)
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
        context["lock"], context["twins"] = self.locked, self.twins
        context["own_unit"] = own if own and str(unit) == str(own.pk) else None
        context = {**context, "form": form, "object": self.source, "is_new": self.is_new}
        return self.render_to_response(self.get_context_data(**context), status=status)
