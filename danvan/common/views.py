"""Generic pages over scoped rows: list, detail, form, delete. They know no app.

A model's default manager offers visible_to(user) and editable_by(user); user.can(action) answers the
rights table. Outside the area 404, inside without the right 403, wrong method 405.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin, TemplateResponseMixin
from django_filters.views import FilterView

from danvan.common.paging import Listing

READ_ONLY = "Anh/chị chỉ có quyền xem trang này, không có quyền sửa."


class ScopedView(ContextMixin, View):
    """Base of all: `model`, and the right `action` that the page asks for."""

    model: Any = None
    action: Any = "view"
    request: Any  # its user is known behind the login

    def require_right(self) -> None:
        """Raise PermissionDenied (403) without the page's right."""
        if not self.request.user.can(self.action):
            raise PermissionDenied(READ_ONLY)

    def rows(self) -> Any:
        """Return the rows the person may read, with their names."""
        return self.model._default_manager.visible_to(self.request.user).with_names()

    @cached_property
    def object(self) -> Any:
        """The row of the address. 404 outside the area, 403 inside without the right to change it."""
        try:
            found = self.rows().get(pk=self.kwargs["pk"])
        except self.model.DoesNotExist as error:
            raise Http404 from error
        self.require_right()
        if self.action != "view" and not self.may_edit(found):
            raise PermissionDenied(READ_ONLY)
        return found

    def may_edit(self, row: Any) -> bool:
        """Return whether the unit tree lets the person write `row`."""
        return self.model._default_manager.editable_by(self.request.user).filter(pk=row.pk).exists()


class ScopedListView(ScopedView, FilterView):
    """A filtered, sorted, paged list. `sorts` is the whitelist: address value → column, "-" for downwards.

    `summed` columns are added up with the count while the list is short; else on request (?tong=1).
    """

    strict = True
    sorts: dict[str, str] = {}
    summed: Iterable[str] = ()

    def get_queryset(self) -> QuerySet:
        """Start from what the person may read."""
        self.require_right()
        return self.model._default_manager.visible_to(self.request.user)

    @property
    def order(self) -> str:
        """The order asked for, the first of the whitelist where it is not on it."""
        asked = self.request.GET.get("xep", "")
        return asked if asked in self.sorts else next(iter(self.sorts))

    def ranked(self, rows: Iterable[Any]) -> Any:
        """Return the rows of a short list, best hits first; an order of its own where it has one."""
        return rows

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        rows = object_list if object_list is not None else self.object_list
        asked = self.request.GET
        listing = Listing(rows, self.sorts[self.order], self.summed, whole="tong" in asked)
        page = listing.page(asked, self.ranked)
        context = ContextMixin.get_context_data(self, **kwargs)
        return {
            **context,
            "listing": listing,
            "page": page,
            "rows": page.rows,
            "totals": listing.totals,
            "order": self.order,
        }


class ScopedDetailView(ScopedView, TemplateView):
    """One row."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(object=self.object, **kwargs)


class ScopedFormView(ScopedView, TemplateResponseMixin):
    """Create, edit and copy with one form.

    `save(form)` stores through the app's service and returns the row; it may raise what `refuse`
    turns into an answer. What was typed is never lost: every refusal shows the form again.
    """

    action: Any = "enter_record"
    form_class: Any = None
    kept_for_next: tuple[str, ...] = ()  # what "Lưu và nhập tiếp" keeps
    copying = False

    @cached_property
    def source(self) -> Any:
        """The row of the address, None on a page that creates one."""
        return self.object if "pk" in self.kwargs else None

    @property
    def is_new(self) -> bool:
        """Return whether a new row will be made."""
        return self.source is None or self.copying

    def get_initial(self) -> dict:
        """Return what the form begins with: of a copy the other row, else what the address asks for."""
        initial = {"token": uuid.uuid4()} if self.is_new else {"version": self.source.version}
        if self.copying:
            return {**self.copied(self.source), **initial}
        asked = {
            name: self.request.GET[name] for name in self.kept_for_next if name in self.request.GET
        }
        return {**asked, **initial}

    def copied(self, row: Any) -> dict:
        raise NotImplementedError

    def get_form(self, data: Any = None, **kwargs: Any) -> forms.BaseForm:
        if not self.is_new:
            kwargs["instance"] = self.source
        return self.form_class(data, user=self.request.user, initial=self.get_initial(), **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        return self.show(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Store the form and go on, or show it again with everything typed."""
        self.prepare()
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        response = self.attempt(form)
        return response or self.show(form, status=422)

    def prepare(self) -> None:
        """Ask for right and row before anything else."""
        if self.source is None:
            self.require_right()

    def attempt(self, form: forms.BaseForm) -> Any:
        """Save and return the way on; None when it was refused (the form carries the reason)."""
        row = self.save(form)
        messages.success(self.request, self.saved_message(row))
        return self.go_on(row)

    def save(self, form: forms.BaseForm) -> Any:
        """Store the valid form and return the row."""
        raise NotImplementedError

    def saved_message(self, row: Any) -> str:
        return "Đã lưu."

    def go_on(self, row: Any) -> HttpResponse:
        """Return the redirect after saving: the row, or an empty form that keeps what repeats."""
        if "next" in self.request.POST:
            kept = {name: self.request.POST.get(name, "") for name in self.kept_for_next}
            return redirect(f"{self.new_url()}?{urlencode({k: v for k, v in kept.items() if v})}")
        return redirect(row.get_absolute_url())

    def new_url(self) -> str:
        raise NotImplementedError

    def show(self, form: forms.BaseForm, status: int = 200, **context: Any) -> HttpResponse:
        context = self.get_context_data(
            form=form, object=self.source, is_new=self.is_new, **context
        )
        return self.render_to_response(context, status=status)


class ScopedDeleteView(ScopedView, TemplateResponseMixin):
    """Ask, then delete by POST. `delete(row)` goes through the app's service."""

    action = "enter_record"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(object=self.object))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = str(self.object)
        if refused := self.delete(self.object):
            context = self.get_context_data(object=self.object, problem=refused)
            return self.render_to_response(context, status=409)
        messages.success(request, f"Đã xóa “{name}”.")
        return redirect(self.done_url())

    def delete(self, row: Any) -> str:
        """Delete `row`; return why it could not be, "" when it is gone."""
        raise NotImplementedError

    def done_url(self) -> str:
        raise NotImplementedError
