"""Deleting records: one after asking, the ticked ones of a list with what became of each."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from danvan.accounts.requests import person
from danvan.common.numbers import format_number, read_id
from danvan.common.views import ScopedDeleteView, ScopedView
from records.history import deletion_of
from records.models.attachment import files_of
from records.services import StaleRecord, delete_record, delete_records
from records.shown import Shown
from records.views import KindMixin

BULK_LIMIT = 500


class RecordDeleteView(KindMixin, ScopedDeleteView):
    """Delete one record, after asking."""

    template_name = "records/delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        return super().get_context_data(
            shown=Shown(self.kind, record),
            lock=self.lock,
            files=files_of(self.model, [record.pk]),
            **kwargs,
        )

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the generic one; a second press is told that it is gone already."""
        try:
            return super().post(request, *args, **kwargs)
        except Http404:
            if not deletion_of(self.model, kwargs["pk"], request.user):
                raise
        messages.info(request, "Hồ sơ này đã được xóa.")
        return redirect(self.done_url())

    def delete(self, row: Any) -> str:
        version = self.request.POST.get("version", "")
        try:
            delete_record(row, actor=person(self.request), version=read_id(version, default=0))
        except StaleRecord:
            return "Hồ sơ vừa được người khác sửa, vui lòng xem lại trước khi xóa."
        except ValidationError as error:
            return " ".join(error.messages)
        return ""

    def done_url(self) -> Any:
        return self.list_url


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
            messages.error(request, f"Mỗi lần xóa tối đa {format_number(BULK_LIMIT)} hồ sơ.")
            return redirect(self.list_url)
        if "confirmed" in request.POST:
            found: Any = delete_records(self.model, keys, actor=request.user)
            shown = {"results": found, "gone": sum(not result.problem for result in found)}
        else:
            found = self.model.objects.editable_by(request.user).filter(pk__in=keys).with_names()
            shown = {"candidates": found}
        missing = len(posted) - len(found)
        return self.render_to_response(self.get_context_data(missing=missing, **shown))
