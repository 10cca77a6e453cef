"""Files of a record: attach, hand out, delete."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from danvan.common.handbook.why import Why, kind_of_error
from danvan.common.views import ScopedView
from records.files import attachments
from records.models.attachment import Attachment, files_of
from records.views import KindMixin, RecordDetailView


class AttachView(RecordDetailView):
    """Keep a file with a record."""

    action = "enter_record"
    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        record = self.object
        form = attachments.AttachForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                kept = attachments.attach(
                    record, form.cleaned_data["file"], form.media_type, actor=request.user
                )
            except ValidationError as error:
                form.add_error("file", error)
            else:
                messages.success(request, f"Đã đính kèm “{kept.name}”.")
                return redirect(record.get_absolute_url() + self.carry)
        context = self.get_context_data(attach_form=form)
        return self.render_to_response(context, status=422)


class FileView(KindMixin, ScopedView):
    """Hand out one file of a record to whoever may see the record."""

    @property
    def file(self) -> Attachment:
        return get_object_or_404(files_of(self.model, [self.object.pk]), pk=self.kwargs["file"])

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self.file
        try:
            return attachments.response_for(found, inline="xem" in request.GET)
        except FileNotFoundError:
            told = f"Tệp “{found.name}” không còn trên máy chủ."
            messages.error(request, told, extra_tags=Why.FAULT)
            return redirect(self.object)


class DetachView(FileView):
    """Delete one file of a record."""

    action = "enter_record"
    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        record, found = self.object, self.file
        try:
            attachments.detach(record, found, actor=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages), extra_tags=kind_of_error(error) or "")
        else:
            messages.success(request, f"Đã xóa tệp “{found.name}”.")
        return redirect(record.get_absolute_url() + self.carry)
