"""The sentences of all nine kinds: everybody reads them, the provincial board edits them."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.outline import has_words
from danvan.common.stale import StaleFormMixin
from records.guidance.sentences import field_label, guided_fields, sentences_of, shipped_sentence
from records.kinds import KINDS, RecordKind
from records.models import FieldGuidance


class GuidanceForm(StaleFormMixin):
    class Meta:
        model = FieldGuidance
        fields = ("text",)
        labels = {"text": "Câu hướng dẫn"}
        widgets = {"text": forms.Textarea(attrs={"rows": 3, "maxlength": 250})}


@require_safe
def guidance(request: PersonRequest) -> HttpResponse:
    """Show the sentences of all kinds that hold the words of q."""
    words = request.GET.get("q", "")[:100]
    groups = []
    for kind, told in zip(KINDS, sentences_of(*KINDS), strict=True):
        lines = [(name, field_label(kind, name), text) for name, text in told.items()]
        if found := [line for line in lines if has_words(words, kind.label, *line[1:])]:
            groups.append((kind, found))
    may_edit = request.user.can(Action.MANAGE_CATALOGUE)
    context = {"groups": groups, "words": words, "may_edit": may_edit}
    return render(request, "records/guidance.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, kind: RecordKind, field: str) -> HttpResponse:
    """Write the board's sentence on a field, or take the shipped one again ("shipped")."""
    request.user.require(
        Action.MANAGE_CATALOGUE, "Chỉ ban dân vận cấp tỉnh được sửa câu hướng dẫn."
    )
    if field not in guided_fields(kind):
        raise Http404
    place = f"{reverse('records:guidance')}#{kind}-{field}"
    stored = FieldGuidance.objects.filter(kind=kind.slug, field=field).first()
    if "shipped" in request.POST:
        if stored:
            stored.delete()
        messages.success(request, "Đã dùng lại câu ban đầu.")
        return redirect(place)
    row = stored or FieldGuidance(kind=kind.slug, field=field, text=shipped_sentence(kind, field))
    with transaction.atomic():
        form = GuidanceForm(request.POST or None, instance=row)
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, "Đã lưu câu hướng dẫn.")
            return redirect(place)
    context = {
        "form": form,
        "kind": kind,
        "label": field_label(kind, field),
        "shipped": shipped_sentence(kind, field),
        "edited": stored,
    }
    status = 422 if form.errors else 200
    return render(request, "records/guidance_edit.html", context, status=status)
