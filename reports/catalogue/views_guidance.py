"""What each indicator of a year means, for whoever fills or reads it."""

from itertools import groupby

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from danvan.accounts.requests import PersonRequest
from danvan.common.outline import has_words
from reports.catalogue.views import catalogue_of
from reports.models import Catalogue, Section


@require_safe
def guidance_now(request: PersonRequest) -> HttpResponse:
    """Lead to the sentences of the last catalogue that a period asks for, words of a search taken along."""
    catalogue = Catalogue.objects.filter(periods__isnull=False).first()
    if catalogue is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    url = reverse("reports:guidance", args=[catalogue.slug])
    return redirect(f"{url}?{query}" if query else url)


@require_safe
def guidance(request: PersonRequest, year: str, section: str = "") -> HttpResponse:
    """Show the sentence of every indicator of a year, or of one section: those that hold the words of q.

    Open to everybody who is logged in: a catalogue is nobody's data.
    """
    catalogue = catalogue_of(year)
    rows = catalogue.indicators.select_related("section").order_by("section__order", "order")
    if section:
        get_object_or_404(Section, catalogue=catalogue, code=section)
        rows = rows.filter(section__code=section)
    words = request.GET.get("q", "")[:100]
    found = [row for row in rows if has_words(words, row.code, row.label, row.guidance)]
    context = {
        "catalogue": catalogue,
        "section": section,
        "words": words,
        "groups": [(part, list(held)) for part, held in groupby(found, lambda row: row.section)],
    }
    return render(request, "reports/guidance.html", context)
